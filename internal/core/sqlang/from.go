package sqlang

import (
	"slices"
	"strings"
)

// What flows cannot do yet is refused by its name here, so that no plan is made
// that does not run.
type feature string

const (
	unions    feature = "UNION ALL"
	lookups   feature = "a join with a table"
	bothKept  feature = "a join in which both sides change"
	groups    feature = "GROUP BY"
	windows   feature = "a window"
	topRows   feature = "row_number()"
	subselect feature = "a query in FROM"
)

// supported are the features that flows run, and for the others what to do.
var supported = map[feature]string{
	unions:    "",
	lookups:   "",
	subselect: "",
	bothKept:  "",
	groups:    "",
	windows:   "",
	topRows:   "",
}

// notYet refuses a feature that flows do not run.
func (b *binder) notYet(at int, f feature) error {
	if instead := supported[f]; instead != "" {
		return b.errorf(at, "%s is not supported yet", f).WithFix("%s", instead)
	}
	return nil
}

// env is the names that WITH gave to queries, the last one first.
type env struct {
	name  string
	query *selectStmt
	outer *env // what the query itself may name, and those before
}

// with adds the queries that WITH names. They are bound where they are used.
func (b *binder) with(s *selectStmt, e *env) (*env, error) {
	if s.With == nil {
		return e, nil
	}
	for _, n := range s.With.Queries {
		c := n.CommonTableExpr
		if c == nil || c.Query == nil || c.Query.SelectStmt == nil {
			return nil, b.errorf(s.With.At, "WITH needs a SELECT").WithFix("write WITH name AS (SELECT ...)")
		}
		e = &env{name: c.Name, query: c.Query.SelectStmt, outer: e}
	}
	return e, nil
}

func (e *env) find(name string) *env {
	for ; e != nil; e = e.outer {
		if e.name == name {
			return e
		}
	}
	return nil
}

// from is what stands in FROM: rows, the names of their columns, and the sources
// on which they depend by conditions.
type from struct {
	node      Node
	relations []*relation
	hidden    []Source
}

// placeOf is where something in FROM stands.
func placeOf(n *node) int {
	switch {
	case n.RangeVar != nil:
		return n.RangeVar.At
	case n.JoinExpr != nil:
		return placeOf(n.JoinExpr.Right)
	case n.RangeSubselect != nil && n.RangeSubselect.Query.SelectStmt != nil:
		return firstPlace(n.RangeSubselect.Query.SelectStmt)
	case n.RangeFunction != nil:
		if c := tableFunction(n.RangeFunction); c != nil {
			return c.At
		}
	}
	return 0
}

// tableFunction is the call that a function in FROM is.
func tableFunction(f *rangeFunction) *call {
	if len(f.Functions) != 1 || f.Functions[0].List == nil || len(f.Functions[0].List.Items) == 0 {
		return nil
	}
	return f.Functions[0].List.Items[0].FuncCall
}

func (b *binder) fromItem(n *node, e *env) (*from, error) {
	switch {
	case n.RangeVar != nil && n.RangeVar.Schema == "":
		if q := e.find(n.RangeVar.Name); q != nil {
			return b.subquery(q.query, q.outer, aliasOf(n.RangeVar.Alias, n.RangeVar.Name), n.RangeVar.At)
		}
		return b.scan(n.RangeVar)
	case n.RangeVar != nil:
		return b.scan(n.RangeVar)
	case n.JoinExpr != nil:
		return b.join(n.JoinExpr, e)
	case n.RangeSubselect != nil && n.RangeSubselect.Query.SelectStmt != nil:
		return b.subquery(n.RangeSubselect.Query.SelectStmt, e, aliasOf(n.RangeSubselect.Alias, ""), placeOf(n))
	}
	if n.RangeFunction != nil {
		return b.windowed(n.RangeFunction, e)
	}
	return nil, b.errorf(placeOf(n), "this cannot stand in FROM").WithFix("name a product, or a query in brackets")
}

func aliasOf(a *alias, name string) string {
	if a != nil {
		return a.Name
	}
	return name
}

// subquery makes a relation of a query.
func (b *binder) subquery(s *selectStmt, e *env, name string, at int) (*from, error) {
	n, err := b.query(s, e)
	if err != nil {
		return nil, err
	}
	return &from{node: n, relations: []*relation{{alias: name, at: at, columns: b.outs[n]}}}, nil
}

// union binds UNION ALL. Columns are those of the first query by name; types are
// those that all go into.
func (b *binder) union(s *selectStmt, e *env) (Node, error) {
	if s.Op != "SETOP_UNION" || !s.All {
		return nil, b.errorf(firstPlace(s.Right), "%s is not supported", strings.TrimPrefix(s.Op, "SETOP_")).WithFix("use UNION ALL, and a key in the result that tells its rows apart")
	}
	u := &Union{}
	defer func(was bool) { b.unnamed = was }(b.unnamed)
	for i, part := range parts(s) {
		b.unnamed = b.unnamed || i > 0
		n, err := b.query(part, e)
		if err != nil {
			return nil, err
		}
		if b.facts(n).table {
			return nil, b.errorf(firstPlace(part), "a UNION ALL of tables has no key").WithFix("union streams, or join the tables")
		}
		u.Of = append(u.Of, n)
	}
	if err := b.notYet(firstPlace(s), unions); err != nil {
		return nil, err
	}
	return u, b.agree(u, s)
}

// parts are the queries of a union, without its brackets. What the union itself
// names by WITH is none of theirs.
func parts(s *selectStmt) []*selectStmt {
	return slices.Concat(inside(s.Left), inside(s.Right))
}

// inside are the queries of a side of a union.
func inside(s *selectStmt) []*selectStmt {
	if s.Op == "SETOP_UNION" && s.All && s.With == nil {
		return parts(s)
	}
	return []*selectStmt{s}
}

// agree gives all queries of a union the same types, and the union its columns.
func (b *binder) agree(u *Union, s *selectStmt) error {
	first := b.outs[u.Of[0]]
	for i, n := range u.Of {
		if got := len(b.outs[n]); got != len(first) {
			return b.errorf(firstPlace(parts(s)[i]), "the queries of a UNION have %d and %d columns", len(first), got).WithFix("select as many in each")
		}
	}
	for i := range first {
		if err := b.agreeOn(u, i); err != nil {
			return err
		}
	}
	for i, id := range first {
		c := b.attrs[id]
		for _, n := range u.Of[1:] {
			c = both(c, b.attrs[b.outs[n][i]])
		}
		b.outs[u] = append(b.outs[u], b.attr(c))
	}
	return nil
}

// both is a column that has values of two.
func both(a, o Column) Column {
	a.Nullable = a.Nullable || o.Nullable
	a.Classification = strictest(a.Classification, o.Classification)
	a.From = merge(a.From, o.From...)
	if a.Doc != o.Doc {
		a.Doc = ""
	}
	if a.Unit != o.Unit {
		a.Unit = ""
	}
	return a
}

// agreeOn converts one column of each query to the type that all go into.
func (b *binder) agreeOn(u *Union, i int) error {
	vs := make([]value, len(u.Of))
	for k, n := range u.Of {
		p, ok := n.(*Project)
		if !ok {
			p = b.again(n)
			u.Of[k] = p
		}
		vs[k] = value{Expr: p.Exprs[i], untyped: b.loose[b.outs[p][i]]}
	}
	vs, t, err := b.unify(vs, "a column of UNION")
	if err != nil {
		return err
	}
	for k, v := range vs {
		p := u.Of[k].(*Project)
		id := b.outs[p][i]
		p.Exprs[i] = v.Expr
		b.attrs[id].Type = t
		b.loose[id] = false
	}
	return nil
}

// again is a projection of all the columns of a node.
func (b *binder) again(n Node) *Project {
	p := &Project{Of: n}
	for _, id := range b.outs[n] {
		p.Exprs = append(p.Exprs, b.ref(id, 0).Expr)
		b.outs[p] = append(b.outs[p], b.attr(b.attrs[id]))
	}
	return p
}

// unionFacts: key and time are those that all have at the same places.
func (b *binder) unionFacts(u *Union) facts {
	out := facts{time: -1, start: -1, end: -1}
	ids := b.outs[u]
	var keys []int
	at := -1
	for i, n := range u.Of {
		f := b.facts(n)
		k := indicesOf(b.outs[n], f.key)
		t := slices.Index(b.outs[n], f.time)
		if i == 0 {
			keys, at = k, t
		}
		if !slices.Equal(keys, k) {
			keys = nil
		}
		if at != t {
			at = -1
		}
		out.delay = max(out.delay, f.delay)
	}
	for _, k := range keys {
		out.key = append(out.key, ids[k])
	}
	out.keyed = keys != nil
	if at >= 0 {
		out.time = ids[at]
	}
	return out
}

// join binds two sides.
func (b *binder) join(j *joinExpr, e *env) (*from, error) {
	left, err := b.fromItem(j.Left, e)
	if err != nil {
		return nil, err
	}
	right, err := b.fromItem(j.Right, e)
	if err != nil {
		return nil, err
	}
	at := placeOf(j.Right)
	if err := b.joinable(j, left, right, at); err != nil {
		return nil, err
	}
	n := &Join{Left: left.node, Right: right.node, Outer: j.Type == "JOIN_LEFT"}
	n.Lookup = !b.facts(left.node).table && b.facts(right.node).table
	out := &from{node: n, relations: slices.Concat(left.relations, right.relations)}
	on, err := b.conjuncts(&scope{b: b, relations: out.relations, at: at}, j.On)
	if err != nil {
		return nil, err
	}
	out.hidden = merge(left.hidden, right.hidden...)
	for _, c := range on {
		out.hidden = merge(out.hidden, indirect(c.from)...)
	}
	bindOn := b.bothOn
	if n.Lookup {
		bindOn = b.lookupOn
	}
	if err := bindOn(n, on, left, right, at); err != nil {
		return nil, err
	}
	if n.Outer {
		b.makeNullable(right)
	}
	return out, nil
}

// joinable refuses joins by their kind and their sides.
func (b *binder) joinable(j *joinExpr, left, right *from, at int) error {
	switch {
	case j.Type == "JOIN_RIGHT":
		return b.errorf(at, "RIGHT JOIN is not supported").WithFix("swap both sides and write LEFT JOIN")
	case j.Type != "JOIN_INNER" && j.Type != "JOIN_LEFT":
		return b.errorf(at, "%s JOIN is not supported", strings.TrimPrefix(j.Type, "JOIN_")).WithFix("use JOIN or LEFT JOIN")
	case j.On == nil:
		return b.errorf(at, "the join has no ON: each row would meet each").WithFix("write ON a.x = b.x")
	}
	if err := distinctNames(b, left, right, at); err != nil {
		return err
	}
	lf, rf := b.facts(left.node), b.facts(right.node)
	l, r := lf.table, rf.table
	switch {
	case lf.final && rf.final && !l && !r:
		return b.notYet(at, bothKept)
	case !l && r && !scanned(right.node):
		return b.errorf(at, "a lookup in what is grouped is not supported yet").WithFix("make a product of that query, and look up in it")
	case !l && r:
		return b.notYet(at, lookups)
	case !l:
		return b.errorf(at, "a join of two streams would have to keep both for ever").WithFix("join with a table: make a table of one of them")
	case !r:
		return b.errorf(at, "a table cannot look up in a stream").WithFix("swap both sides: the stream stands on the left, the table on the right")
	}
	return b.notYet(at, bothKept)
}

// scanned reports whether rows are those of a product, of which some columns and
// some rows may be left out.
func scanned(n Node) bool {
	switch n := n.(type) {
	case *Scan:
		return true
	case *Filter:
		return scanned(n.Of)
	case *Project:
		return scanned(n.Of)
	}
	return false
}

func distinctNames(b *binder, left, right *from, at int) error {
	for _, l := range left.relations {
		for _, r := range right.relations {
			if l.alias == r.alias && l.alias != "" {
				return b.errorf(at, "two inputs are named %s", l.alias).WithFix("give one of them another name: AS name")
			}
		}
	}
	return nil
}

// conjuncts are the conditions that ON joins by AND.
func (b *binder) conjuncts(sc *scope, n *node) ([]value, error) {
	if n.BoolExpr != nil && n.BoolExpr.Op == "AND_EXPR" {
		var all []value
		for _, a := range n.BoolExpr.Args {
			vs, err := b.conjuncts(sc, a)
			if err != nil {
				return nil, err
			}
			all = append(all, vs...)
		}
		return all, nil
	}
	v, err := sc.condition(n, "ON")
	return []value{v}, err
}

// lookupOn finds in a join's conditions what the table's key is equal to; the
// others are asked of the pair.
func (b *binder) lookupOn(n *Join, on []value, left, right *from, at int) error {
	f := b.facts(right.node)
	n.LeftKey, n.RightKey = make([]*Expr, len(f.key)), make([]*Expr, len(f.key))
	var rest []value
	for _, c := range on {
		l, r, ok := b.sides(c.Expr, left, right)
		k := -1
		if ok && r.Kind == ColumnRef {
			k = slices.Index(f.key, r.Column)
		}
		if k < 0 || n.LeftKey[k] != nil {
			rest = append(rest, c)
			continue
		}
		n.LeftKey[k], n.RightKey[k] = l, r
	}
	if !f.keyed || slices.Contains(n.LeftKey, nil) {
		return b.errorf(at, "the table is not joined on its key, %s", listOf(f.keyNames)).WithFix("write ON with %s = something of the other side; cast that side if the types differ", listOf(f.keyNames))
	}
	return b.alsoOn(n, rest)
}

// alsoOn asks conditions of each pair of a join.
func (b *binder) alsoOn(n *Join, rest []value) error {
	if len(rest) == 0 {
		return nil
	}
	cond := rest[0]
	if len(rest) > 1 {
		var err error
		if cond, err = b.call("and", cond.At, rest...); err != nil {
			return err
		}
	}
	n.Cond = cond.Expr
	return nil
}

// bothOn finds what is equal on both sides of a join that keeps both, and what
// tells the rows of the result apart.
func (b *binder) bothOn(n *Join, on []value, left, right *from, at int) error {
	var rest []value
	for _, c := range on {
		l, r, ok := b.sides(c.Expr, left, right)
		if !ok {
			rest = append(rest, c)
			continue
		}
		n.LeftKey, n.RightKey = append(n.LeftKey, l), append(n.RightKey, r)
	}
	if len(n.LeftKey) == 0 {
		return b.errorf(at, "the join has no equality: each row would meet each").WithFix("write ON a.x = b.x")
	}
	if err := b.alsoOn(n, rest); err != nil {
		return err
	}
	l, r := b.facts(left.node), b.facts(right.node)
	if !l.table && !b.withinWindow(n, l, r) {
		return b.errorf(at, "groups in windows are joined by their windows").WithFix("write ON a.window_end = b.window_end AND ...")
	}
	return b.joinedFacts(n, l, r, at)
}

// withinWindow reports whether both sides meet within a window alone: by the
// ends, or by the begins of windows that are as long. Others are not over at once.
func (b *binder) withinWindow(n *Join, l, r facts) bool {
	for i, left := range n.LeftKey {
		right := n.RightKey[i]
		if !isOneOf(left, l.windows) || !isOneOf(right, r.windows) {
			continue
		}
		here, ok := b.spans[left.Column]
		if there, known := b.spans[right.Column]; ok && known && here == there {
			return true
		}
	}
	return false
}

func isOneOf(e *Expr, ids []int) bool { return e.Kind == ColumnRef && slices.Contains(ids, e.Column) }

// joinedFacts: a row of a side whose key is asked for has one partner at most, so
// the key of the other tells rows apart; else both keys do.
func (b *binder) joinedFacts(n *Join, l, r facts, at int) error {
	f := l
	f.keyed = l.keyed && r.keyed
	switch {
	case covers(n.RightKey, r.key):
	case n.Outer && l.table:
		return b.errorf(at, "a LEFT JOIN of tables is on the key of the right one, %s", listOf(r.keyNames)).WithFix("write ON with %s = a column of the left, or JOIN", listOf(r.keyNames))
	case covers(n.LeftKey, l.key):
		f.key, f.keyNames = r.key, r.keyNames
	default:
		f.key, f.keyNames = slices.Concat(l.key, r.key), slices.Concat(l.keyNames, r.keyNames)
	}
	f.top, f.rank = nil, 0
	f.windows = l.windows
	b.joins[n] = f
	return nil
}

// covers reports whether each of some columns is one of the expressions.
func covers(es []*Expr, ids []int) bool {
	for _, id := range ids {
		if !slices.ContainsFunc(es, func(e *Expr) bool { return isOneOf(e, []int{id}) }) {
			return false
		}
	}
	return len(ids) > 0
}

func listOf(names []string) string { return list(names, 10) }

// sides splits an equality into what is of the left alone and of the right alone.
func (b *binder) sides(e *Expr, left, right *from) (l, r *Expr, ok bool) {
	if e.Kind != Call || !strings.HasPrefix(e.Func, "=(") {
		return nil, nil, false
	}
	l, r = e.Args[0], e.Args[1]
	if left.owns(r) && right.owns(l) {
		l, r = r, l
	}
	return l, r, left.owns(l) && right.owns(r)
}

// owns reports whether an expression is over columns of these rows alone, and at
// least one.
func (f *from) owns(e *Expr) bool {
	if e.Kind == ColumnRef {
		return slices.ContainsFunc(f.relations, func(r *relation) bool { return r.has(e.Column) })
	}
	some := false
	for _, a := range e.Args {
		if a.Kind != Literal {
			if !f.owns(a) {
				return false
			}
			some = true
		}
	}
	return some
}

func (r *relation) has(id int) bool {
	for _, f := range r.fields {
		if f == id {
			return true
		}
	}
	return slices.Contains(r.columns, id)
}

// makeNullable: a row of the left without a partner has nulls here.
func (b *binder) makeNullable(f *from) {
	for _, r := range f.relations {
		r.nullable = true
		for _, id := range r.fields {
			b.attrs[id].Nullable = true
		}
		for _, id := range r.columns {
			b.attrs[id].Nullable = true
		}
	}
}
