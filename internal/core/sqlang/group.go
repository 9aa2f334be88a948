package sqlang

import (
	"slices"

	"github.com/weirmesh/weir/internal/core/column"
)

// grouping is what expressions behind GROUP BY may name: its keys, and aggregates
// over the rows of a group.
type grouping struct {
	b     *binder
	rows  *scope // of the rows that are grouped
	node  *Group
	keys  []value
	ids   []int // of keys
	found []aggregated
}

// aggregated is an aggregate that an expression asked for.
type aggregated struct {
	Aggregate
	id int
}

// grouped binds GROUP BY, HAVING and the SELECT list.
func (b *binder) grouped(sc *scope, n Node, s *selectStmt, hidden []Source) (Node, error) {
	if err := b.notYet(firstPlace(s), groups); err != nil {
		return nil, err
	}
	g := &grouping{b: b, rows: sc, node: &Group{Of: n, WindowEnd: -1}}
	if len(s.Group) == 0 {
		return nil, b.errorf(firstPlace(s), "HAVING needs GROUP BY").WithFix("group by what tells the rows of the result apart")
	}
	if err := g.bindKeys(s); err != nil {
		return nil, err
	}
	if err := g.windows(s); err != nil {
		return nil, err
	}
	for _, k := range g.keys {
		hidden = merge(hidden, indirect(k.from)...)
	}
	over := &scope{b: b, relations: sc.relations, grouped: g}
	var out Node = g.node
	if s.Having != nil {
		cond, err := over.condition(s.Having, "HAVING")
		if err != nil {
			return nil, err
		}
		out, hidden = &Filter{Of: out, Cond: cond.Expr}, merge(hidden, indirect(cond.from)...)
	}
	p, err := b.project(over, out, s, hidden)
	if err != nil {
		return nil, err
	}
	g.finish()
	return p, nil
}

// finish gives the node what expressions asked for.
func (g *grouping) finish() {
	g.b.outs[g.node] = g.ids
	for _, a := range g.found {
		g.node.Aggregates = append(g.node.Aggregates, a.Aggregate)
		g.b.outs[g.node] = append(g.b.outs[g.node], a.id)
	}
}

func (g *grouping) bindKeys(s *selectStmt) error {
	for _, n := range s.Group {
		n, err := g.named(n, s)
		if err != nil {
			return err
		}
		v, err := g.rows.expr(n)
		if err != nil {
			return err
		}
		if v.untyped {
			return g.b.errorf(v.At, "a value of the statement makes no groups").WithFix("group by columns")
		}
		if v.Type.Kind == column.JSON {
			return g.b.errorf(v.At, "json has no equality").WithFix("group by a text of it: a ->> 'field'")
		}
		g.addKey(v)
	}
	return nil
}

func (g *grouping) addKey(v value) int {
	if i := slices.IndexFunc(g.keys, func(k value) bool { return sameExpr(k.Expr, v.Expr) }); i >= 0 {
		return i
	}
	g.keys = append(g.keys, v)
	g.node.Keys = append(g.node.Keys, v.Expr)
	c := Column{Name: v.name, Type: v.Type, Nullable: v.Nullable, Classification: v.class, From: v.from}
	if v.column != nil {
		c.Doc, c.Unit = v.column.Doc, v.column.Unit
	}
	g.ids = append(g.ids, g.b.attr(c))
	return len(g.keys) - 1
}

// named gives what GROUP BY 1, or GROUP BY with the name of a result's column,
// stands for.
func (g *grouping) named(n *node, s *selectStmt) (*node, error) {
	switch {
	case n.AConst != nil && n.AConst.Int != nil:
		i := n.AConst.Int.Value
		if i < 1 || i > int64(len(s.Targets)) {
			return nil, g.b.errorf(n.AConst.At, "there is no column %d in the SELECT list", i).WithFix("use 1 to %d", len(s.Targets))
		}
		return s.Targets[i-1].ResTarget.Val, nil
	case n.ColumnRef != nil && len(n.ColumnRef.Fields) == 1:
		path, star := words(n.ColumnRef.Fields)
		if _, err := g.rows.path(path, n.ColumnRef.At); star || err == nil {
			return n, nil
		}
		for _, t := range s.Targets {
			if t.ResTarget.Name == path[0] {
				return t.ResTarget.Val, nil
			}
		}
	}
	return n, nil
}

// windows makes the end of the rows' windows a key, and their begin beside it.
func (g *grouping) windows(s *selectStmt) error {
	if err := g.sessionsOf(); err != nil {
		return err
	}
	f := g.b.facts(g.node.Of)
	if f.final && f.end < 0 {
		return g.windowsAgain(f, s)
	}
	if f.end < 0 {
		return nil
	}
	if !g.by(f.end) && !g.by(f.start) {
		return g.b.errorf(firstPlace(s), "the rows are in windows, and GROUP BY does not name them").WithFix("group by window_start and window_end too")
	}
	if f.start >= 0 {
		g.addKey(g.b.ref(f.start, 0))
	}
	g.node.WindowEnd = g.addKey(g.b.ref(f.end, 0))
	return nil
}

// by reports whether a column is a key.
func (g *grouping) by(ids ...int) bool {
	return slices.ContainsFunc(g.keys, func(k value) bool { return isOneOf(k.Expr, ids) })
}

// windowsAgain: groups of what windows gave come with their window if it is a
// key. Else they are for ever.
func (g *grouping) windowsAgain(f facts, s *selectStmt) error {
	switch {
	case !g.by(f.windows...):
		return nil
	case !slices.Contains(f.windows, f.time):
		return g.b.errorf(firstPlace(s), "the end of the window was not passed on").WithFix("select window_end in the query within")
	}
	g.node.WindowEnd = g.addKey(g.b.ref(f.time, 0))
	return nil
}

// expr binds what is a key or an aggregate; false: neither, and its parts are to
// be asked.
func (g *grouping) expr(n *node) (value, bool, error) {
	if n == nil || n.AConst != nil {
		return value{}, false, nil
	}
	if c := n.FuncCall; c != nil && c.Over == nil && aggregates[lastName(c.Name)] {
		v, err := g.aggregate(c, lastName(c.Name))
		return v, true, err
	}
	v, err := g.rows.expr(n)
	if err == nil {
		if i := slices.IndexFunc(g.keys, func(k value) bool { return sameExpr(k.Expr, v.Expr) }); i >= 0 {
			ref := g.b.ref(g.ids[i], v.At)
			ref.name = v.name
			return ref, true, nil
		}
	}
	if n.ColumnRef == nil && n.AIndirection == nil {
		return value{}, false, nil
	}
	if err == nil {
		err = g.b.errorf(v.At, "%s is neither in GROUP BY nor in an aggregate", v.name).WithFix("group by it too, or take one of its values: max(%s)", quoted(v.name))
	}
	return value{}, true, err
}

// aggregate binds a call of count, sum, avg, min or max.
func (g *grouping) aggregate(c *call, name string) (value, error) {
	args, err := g.rows.exprs(c.Args)
	if err != nil {
		return value{}, err
	}
	a := Aggregate{Func: name, Distinct: c.Distinct, Type: column.Type{Kind: column.Int64}}
	v := value{name: name}
	switch {
	case c.Star && name == "count":
	case c.Star || len(args) != 1:
		return v, g.b.errorf(c.At, "%s needs one argument", name).WithFix("write %s(column); count(*) counts rows", name)
	default:
		if args, err = g.argument(&a, args, c.At); err != nil {
			return v, err
		}
		v = v.madeOf(args...)
	}
	if c.Distinct && name != "count" {
		return v, g.b.errorf(c.At, "%s(DISTINCT ...) is not supported", name).WithFix("use count(DISTINCT ...), or leave DISTINCT out: min and max do not need it")
	}
	if c.Filter != nil {
		cond, err := g.rows.condition(c.Filter, "FILTER")
		if err != nil {
			return v, err
		}
		a.Filter = cond.Expr
		v.from = merge(v.from, indirect(cond.from)...)
	}
	return g.add(a, v, c.At), nil
}

// argument finds the row of the table that fits.
func (g *grouping) argument(a *Aggregate, args []value, at int) ([]value, error) {
	f, err := g.b.overload(a.Func, at, args)
	if err != nil {
		return nil, err
	}
	if args, err = g.b.fit(f, args); err != nil {
		return nil, err
	}
	a.Arg, a.Type = args[0].Expr, f.result([]column.Type{args[0].Type})
	if a.Distinct && args[0].Type.Kind == column.JSON {
		return nil, g.b.errorf(at, "json has no equality").WithFix("count a text of it: a ->> 'field'")
	}
	return args, nil
}

// add gives the column of an aggregate; equal ones share it.
func (g *grouping) add(a Aggregate, v value, at int) value {
	i := slices.IndexFunc(g.found, func(o aggregated) bool {
		return o.Func == a.Func && o.Distinct == a.Distinct && sameExpr(o.Arg, a.Arg) && sameExpr(o.Filter, a.Filter)
	})
	if i < 0 {
		nullable := a.Func != "count" && (a.Filter != nil || a.Arg.Nullable)
		id := g.b.attr(Column{Name: a.Func, Type: a.Type, Nullable: nullable, Classification: v.class, From: v.from})
		g.found = append(g.found, aggregated{a, id})
		i = len(g.found) - 1
	}
	out := g.b.ref(g.found[i].id, at)
	out.column = nil
	return out
}

// sameExpr reports whether two expressions always give the same.
func sameExpr(a, b *Expr) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Type != b.Type || a.Func != b.Func || len(a.Args) != len(b.Args) {
		return false
	}
	switch a.Kind {
	case ColumnRef:
		return a.Column == b.Column
	case Literal:
		return a.Value.IsNull(0) == b.Value.IsNull(0) && literalWords(a) == literalWords(b)
	}
	return slices.EqualFunc(a.Args, b.Args, sameExpr)
}

// Results of aggregates.

func total(args []column.Type) column.Type {
	switch t := args[0]; t.Kind {
	case column.Int32:
		return column.Type{Kind: column.Int64}
	case column.Int64:
		return decimal(column.MaxPrecision, 0)
	case column.Decimal:
		return column.Type{Kind: column.Decimal, Precision: column.MaxPrecision, Scale: t.Scale}
	default:
		return t
	}
}

func mean(args []column.Type) column.Type {
	switch t := args[0]; t.Kind {
	case column.Int32, column.Int64, column.Decimal:
		return column.Type{Kind: column.Decimal, Precision: column.MaxPrecision, Scale: max(t.Scale, minQuotient)}
	default:
		return t
	}
}

func aggregateFunctions() []*Function {
	g := "Aggregates"
	values := append(slices.Clone(numbers), column.Interval)
	rows := []*Function{
		{Group: g, Name: "count(*)", Form: "count(*)", Shape: "count(*)", Null: Never, result: is(column.Int64), Doc: "how many rows; FILTER (WHERE ...) behind any aggregate counts only some", Example: "count(*) FILTER (WHERE paid)"},
		row(Function{Group: g, Name: "count", Params: anything, Null: Never, result: is(column.Int64), Doc: "how many that are not null; count(DISTINCT a): how many different ones", Example: "count(DISTINCT customer)"}),
	}
	rows = append(rows, each(values, 1, Function{Group: g, Name: "sum", result: total, Doc: "the sum: of integer a bigint, of bigint a numeric", Example: "sum(amount)"})...)
	rows = append(rows, each(values, 1, Function{Group: g, Name: "avg", result: mean, Doc: "the mean: of whole numbers and numerics a numeric with at least 6 digits behind the point", Example: "avg(amount)"})...)
	sortable := slices.DeleteFunc(slices.Clone(ordered), func(k column.Kind) bool {
		return k == column.Bool || k == column.Bytes || k == column.UUID
	})
	rows = append(rows, each(sortable, 1, Function{Group: g, Name: "min", Doc: "the least", Example: "min(amount)"})...)
	return append(rows, each(sortable, 1, Function{Group: g, Name: "max", Doc: "the greatest", Example: "max(amount)"})...)
}
