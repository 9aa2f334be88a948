package sqlang

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// expr types an expression over the columns that are in scope.
func (s *scope) expr(n *node) (value, error) {
	if s.grouped != nil {
		if v, done, err := s.grouped.expr(n); done || err != nil {
			return v, err
		}
	}
	switch {
	case n == nil:
		return value{}, weir.Errorf(weir.Internal, "an expression is missing")
	case n.ColumnRef != nil:
		return s.columnRef(n.ColumnRef)
	case n.AConst != nil:
		return s.constant(n.AConst)
	case n.AExpr != nil:
		return s.operator(n.AExpr)
	case n.AIndirection != nil:
		return s.access(n.AIndirection)
	case n.BoolExpr != nil:
		return s.junction(n.BoolExpr)
	case n.NullTest != nil:
		return s.test(n.NullTest.Arg, n.NullTest.Test, n.NullTest.At)
	case n.BooleanTest != nil:
		return s.test(n.BooleanTest.Arg, n.BooleanTest.Test, n.BooleanTest.At)
	case n.CaseExpr != nil:
		return s.caseExpr(n.CaseExpr)
	case n.CoalesceExpr != nil:
		return s.named("coalesce", n.CoalesceExpr.Args, n.CoalesceExpr.At)
	case n.MinMaxExpr != nil:
		return s.named(map[string]string{"IS_GREATEST": "greatest", "IS_LEAST": "least"}[n.MinMaxExpr.Op], n.MinMaxExpr.Args, n.MinMaxExpr.At)
	case n.TypeCast != nil:
		return s.typeCast(n.TypeCast)
	case n.FuncCall != nil:
		return s.funcCall(n.FuncCall)
	}
	return value{}, s.b.errorf(s.at, "this is not an expression").WithFix("see docs/reference/sql.md")
}

func (s *scope) exprs(ns []*node) ([]value, error) {
	out := make([]value, len(ns))
	for i, n := range ns {
		v, err := s.expr(n)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

func (s *scope) constant(c *constant) (value, error) {
	v := value{size: 1}
	switch {
	case c.Null:
		v.untyped = true
		v.Expr = nullOf(column.Type{}, c.At)
	case c.Int != nil:
		v.Expr = intOf(column.Int32, c.Int.Value, c.At)
	case c.Num != nil:
		e, err := numberOf(c.Num.Value, c.At)
		if err != nil {
			return v, s.b.errorf(c.At, "%s %s", clip(c.Num.Value), err).WithFix("write it with fewer, or as double precision: '1e100'::double precision")
		}
		v.Expr = e
	case c.Text != nil:
		v.untyped = true
		v.Expr = textOf(c.Text.Value, c.At)
	case c.Bool != nil:
		v.Expr = intOf(column.Bool, map[bool]int64{true: 1}[c.Bool.Value], c.At)
		v.name = "bool"
	}
	return v, nil
}

// operatorWords are operators by the words that PostgreSQL's parser has for
// them; a ! before one is NOT.
var operatorWords = map[string]string{"!=": "<>", "~~": "like", "~~*": "ilike", "LIKE": "like", "ILIKE": "ilike", "^": "power"}

func (s *scope) operator(o *operator) (value, error) {
	name := lastName(o.Name)
	if len(o.Name) > 1 {
		return value{}, s.b.errorf(o.At, "OPERATOR(...) is not supported").WithFix("write the operator alone")
	}
	switch o.Kind {
	case "AEXPR_IN":
		return s.in(o, name == "<>")
	case "AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN":
		return s.between(o, o.Kind == "AEXPR_NOT_BETWEEN")
	case "AEXPR_DISTINCT":
		return s.named("is distinct from", []*node{o.Left, o.Right}, o.At)
	case "AEXPR_NOT_DISTINCT":
		return s.named("is not distinct from", []*node{o.Left, o.Right}, o.At)
	case "AEXPR_NULLIF":
		return s.named("nullif", []*node{o.Left, o.Right}, o.At)
	case "AEXPR_OP", "AEXPR_LIKE", "AEXPR_ILIKE":
		return s.plainOperator(o, name)
	}
	what := strings.TrimPrefix(o.Kind, "AEXPR_")
	return value{}, s.b.errorf(o.At, "%s is not supported", strings.ReplaceAll(what, "_", " ")).WithFix("use =, IN, LIKE, BETWEEN or a regular expression: a ~ '...'")
}

func (s *scope) plainOperator(o *operator, name string) (value, error) {
	if o.Left == nil {
		return s.sign(o, name)
	}
	negated := false
	if len(name) > 1 && name[0] == '!' && name != "!=" {
		name, negated = name[1:], true
	}
	if w, ok := operatorWords[name]; ok {
		name = w
	}
	v, err := s.named(name, []*node{o.Left, o.Right}, o.At)
	if err != nil || !negated {
		return v, err
	}
	return s.b.call("not", o.At, v)
}

// sign is an operator before its only operand.
func (s *scope) sign(o *operator, name string) (value, error) {
	v, err := s.expr(o.Right)
	if err != nil {
		return v, err
	}
	if name == "+" {
		if _, ok := wider(v.Type.Kind, column.Float64); ok {
			return v, nil
		}
	}
	return s.b.call(name, o.At, v)
}

func (s *scope) named(name string, args []*node, at int) (value, error) {
	vs, err := s.exprs(args)
	if err != nil {
		return value{}, err
	}
	return s.b.call(name, at, vs...)
}

func (s *scope) in(o *operator, negated bool) (value, error) {
	if o.Right == nil || o.Right.List == nil {
		return value{}, s.b.errorf(o.At, "IN needs a list").WithFix("write IN (1, 2, 3)")
	}
	v, err := s.named("in", append([]*node{o.Left}, o.Right.List.Items...), o.At)
	if err != nil || !negated {
		return v, err
	}
	return s.b.call("not", o.At, v)
}

func (s *scope) between(o *operator, negated bool) (value, error) {
	if o.Right == nil || o.Right.List == nil || len(o.Right.List.Items) != 2 {
		return value{}, s.b.errorf(o.At, "BETWEEN needs two bounds").WithFix("write a BETWEEN 1 AND 2")
	}
	low, err := s.named(">=", []*node{o.Left, o.Right.List.Items[0]}, o.At)
	if err != nil {
		return low, err
	}
	high, err := s.named("<=", []*node{o.Left, o.Right.List.Items[1]}, o.At)
	if err != nil {
		return high, err
	}
	v, err := s.b.call("and", o.At, low, high)
	if err != nil || !negated {
		return v, err
	}
	return s.b.call("not", o.At, v)
}

func (s *scope) junction(j *junction) (value, error) {
	name := map[string]string{"AND_EXPR": "and", "OR_EXPR": "or", "NOT_EXPR": "not"}[j.Op]
	return s.named(name, j.Args, j.At)
}

// tests are IS TRUE and the like, by the parser's words.
var tests = map[string]string{
	"IS_NULL": "is null", "IS_NOT_NULL": "is not null", "IS_TRUE": "is true", "IS_NOT_TRUE": "is not true",
	"IS_FALSE": "is false", "IS_NOT_FALSE": "is not false", "IS_UNKNOWN": "is null", "IS_NOT_UNKNOWN": "is not null",
}

func (s *scope) test(arg *node, word string, at int) (value, error) {
	return s.named(tests[word], []*node{arg}, at)
}

// caseExpr types both forms of CASE. What is compared decides on the value, so
// it is as direct a source as what is given.
func (s *scope) caseExpr(c *caseExpr) (value, error) {
	conds, results, err := s.branches(c)
	if err != nil {
		return value{}, err
	}
	hasElse := c.Else != nil
	if hasElse {
		v, err := s.expr(c.Else)
		if err != nil {
			return value{}, err
		}
		results = append(results, v)
	}
	results, t, err := s.b.unify(results, "CASE")
	if err != nil {
		return value{}, err
	}
	e := &Expr{Kind: Case, Type: t, At: c.At, Nullable: !hasElse}
	for i, r := range results {
		if i < len(conds) {
			e.Args = append(e.Args, conds[i].Expr)
		}
		e.Args = append(e.Args, r.Expr)
		e.Nullable = e.Nullable || r.Nullable
	}
	v := value{Expr: e, name: "case"}.madeOf(append(conds, results...)...)
	if hasElse && results[len(results)-1].name != "" {
		v.name = results[len(results)-1].name
	}
	return v, s.b.tooLarge(v)
}

func (s *scope) branches(c *caseExpr) (conds, results []value, err error) {
	for _, n := range c.When {
		w := n.CaseWhen
		var cond value
		if c.Arg != nil {
			cond, err = s.named("=", []*node{c.Arg, w.Cond}, w.At)
		} else {
			cond, err = s.condition(w.Cond, "WHEN")
		}
		if err != nil {
			return nil, nil, err
		}
		result, err := s.expr(w.Result)
		if err != nil {
			return nil, nil, err
		}
		conds, results = append(conds, cond), append(results, result)
	}
	return conds, results, nil
}

// condition is an expression that must be a boolean.
func (s *scope) condition(n *node, clause string) (value, error) {
	v, err := s.expr(n)
	if err != nil {
		return v, err
	}
	if v.untyped {
		return s.b.coerce(v, column.Type{Kind: column.Bool}, false)
	}
	if v.Type.Kind != column.Bool {
		return v, s.b.errorf(v.At, "%s needs a boolean, this is %s", clause, v.Type).WithFix("compare it with something")
	}
	return v, nil
}

func (s *scope) typeCast(c *typeCast) (value, error) {
	v, err := s.expr(c.Arg)
	if err != nil {
		return v, err
	}
	v, name := withUnit(v, c.Type)
	t, err := s.b.typeOf(&name, max(name.At, 0))
	if err != nil {
		return v, err
	}
	out, err := s.b.coerce(v, t, true)
	if err != nil {
		return v, err
	}
	if out.name == "" {
		out.name = lastName(c.Type.Names)
	}
	return out, nil
}

// unitMasks are the units of INTERVAL '1' DAY by PostgreSQL's number for them.
var unitMasks = map[int64]string{1 << 2: "year", 1 << 1: "month", 1 << 3: "day", 1 << 10: "hour", 1 << 11: "minute", 1 << 12: "second"}

// withUnit puts the unit of INTERVAL '1' DAY into the text, and gives the type
// without it. The syntax stays as it is: what WITH names is bound at each use.
func withUnit(v value, t typeName) (value, typeName) {
	if lastName(t.Names) != "interval" || len(t.Mods) != 1 || t.Mods[0].AConst == nil || t.Mods[0].AConst.Int == nil {
		return v, t
	}
	unit, ok := unitMasks[t.Mods[0].AConst.Int.Value]
	if !ok || !v.untyped || v.isNull() {
		return v, t
	}
	t.Mods = nil
	v.Expr = textOf(string(v.Value.Texts[0])+" "+unit, v.At)
	return v, t
}

// lastName is a name without what stands before its last dot.
func lastName(ns []*node) string {
	if len(ns) == 0 || ns[len(ns)-1].String == nil {
		return ""
	}
	return ns[len(ns)-1].String.Value
}

// otherNames are names of functions that PostgreSQL's parser or people use for
// one of the table.
var otherNames = map[string]string{"position": "strpos", "trim": "btrim", "pow": "power", "log": "log10", "jsonb_array_length": "json_array_length", "jsonb_typeof": "json_typeof"}

// notRepeatable are functions that would give something else when a record is
// read again.
var notRepeatable = []string{
	"now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "age",
	"random", "random_normal", "setseed", "gen_random_uuid", "uuid_generate_v4", "nextval", "currval", "lastval", "txid_current",
	"current_setting", "pg_sleep", "version",
}

// notThere are functions whose absence has a better answer than a list.
var notThere = map[string]refusal{
	"timezone":    {"AT TIME ZONE is not supported: timestamps are UTC", "add an interval"},
	"like_escape": {"ESCAPE is not supported", `the character that takes away a meaning is \`},
	"to_char":     {"to_char is not supported", "cast to text, or use extract"},
	"tumble":      {"TUMBLE stands in FROM", "write FROM TUMBLE(domain.product, time, INTERVAL '1 minute')"},
	"hop":         {"HOP stands in FROM", "write FROM HOP(domain.product, time, INTERVAL '1 minute', INTERVAL '5 minutes')"},
	"session":     {"SESSION stands in FROM", "write FROM SESSION(domain.product, time, INTERVAL '10 minutes')"},
}

func (s *scope) funcCall(c *call) (value, error) {
	name := lastName(c.Name)
	if err := s.plainCall(c, name); err != nil {
		return value{}, err
	}
	if other, ok := otherNames[name]; ok {
		name = other
	}
	v, err := s.named(name, c.Args, c.At)
	if err != nil {
		return v, err
	}
	v.name = lastName(c.Name)
	return v, nil
}

// plainCall refuses what only aggregates and windows have, and functions that
// cannot be.
func (s *scope) plainCall(c *call, name string) error {
	r, refused := notThere[name]
	_, window := windowFunctions[name]
	switch {
	case slices.Contains(notRepeatable, name):
		return s.b.errorf(c.At, "%s() would give something else when a record is read again", name).WithFix("use the record's time: _timestamp, or a field")
	case refused:
		return s.b.errorf(c.At, "%s", r.what).WithFix("%s", r.fix)
	case aggregates[name] && c.Over == nil:
		return s.b.errorf(c.At, "%s is over many rows, and there is no GROUP BY, or it stands within another, in WHERE or in GROUP BY", name).WithFix("group by what tells the rows of the result apart; conditions over groups stand in HAVING")
	case !isWord(name):
		return s.b.unknownFunction(name, c.At)
	case c.Over != nil || window:
		return s.b.errorf(c.At, "%s() OVER (...) is not supported here", name).WithFix("row_number() OVER (PARTITION BY ... ORDER BY ...) AS n is a column of a query in FROM, of which the one around keeps WHERE n <= 3")
	case c.Star || c.Distinct || c.Filter != nil:
		return s.b.errorf(c.At, "%s is no aggregate", name).WithFix("leave *, DISTINCT and FILTER out")
	}
	return nil
}

// aggregates are functions over many rows.
var aggregates = map[string]bool{"count": true, "sum": true, "avg": true, "min": true, "max": true}

// windowFunctions are functions that only stand before OVER.
var windowFunctions = map[string]bool{"row_number": true, "rank": true, "dense_rank": true, "lag": true, "lead": true, "first_value": true, "last_value": true}
