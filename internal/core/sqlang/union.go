package sqlang

import (
	"slices"
	"strings"
)

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
