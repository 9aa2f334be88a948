package sqlang

import (
	"slices"
	"strings"
)

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
