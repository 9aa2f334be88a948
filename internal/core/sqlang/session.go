package sqlang

import (
	"slices"

	"github.com/weirmesh/weir"
)

// sessions binds SESSION(input, time, gap). Whose sessions they are is said by
// GROUP BY.
func (b *binder) sessions(in *from, c *call) (*from, error) {
	n := &Session{Of: in.node}
	if err := b.windowTime(n, in, c.Args[1]); err != nil {
		return nil, err
	}
	gap, err := b.lengths(c)
	if err != nil {
		return nil, err
	}
	n.Gap = gap[0]
	b.open[n] = c.At
	return b.windowColumns(n, in), nil
}

// sessionFacts: rows know their session, and come when it is over.
func (b *binder) sessionFacts(n *Session) facts {
	f := b.facts(n.Of)
	f.start, f.end = b.bounds[n][0], b.bounds[n][1]
	if _, open := b.open[n]; !open {
		f.final, f.windows, f.time, f.delay = true, b.bounds[n], f.end, weir.Duration(0)
	}
	return f
}

// sessionsOf says whose the sessions of rows are that are grouped: of what has the
// same keys, but for the window. What WHERE leaves out makes no sessions.
func (g *grouping) sessionsOf() error {
	n, conds := g.node.Of, []*Filter(nil)
	for {
		f, ok := n.(*Filter)
		if !ok {
			break
		}
		n, conds = f.Of, append(conds, f)
	}
	s, ok := n.(*Session)
	if !ok {
		return nil
	}
	bounds := g.b.bounds[s]
	for _, k := range g.keys {
		if usesAny(k.Expr, bounds) {
			if k.Kind != ColumnRef {
				return g.b.errorf(k.At, "this depends on the session that it would make").WithFix("group by window_start and window_end as they are")
			}
			continue
		}
		s.By = append(s.By, copied(k.Expr))
	}
	for _, f := range slices.Backward(conds) {
		if usesAny(f.Cond, bounds) {
			return g.b.errorf(f.Cond.At, "sessions are made of what WHERE keeps: it cannot ask for them").WithFix("ask in HAVING")
		}
		s.Of = &Filter{Of: s.Of, Cond: f.Cond}
	}
	delete(g.b.open, s)
	g.node.Of = s
	return nil
}

func usesAny(e *Expr, ids []int) bool {
	return isOneOf(e, ids) || slices.ContainsFunc(e.Args, func(a *Expr) bool { return usesAny(a, ids) })
}

// copied is the same expression for another node.
func copied(e *Expr) *Expr {
	c := *e
	c.Args = make([]*Expr, len(e.Args))
	for i, a := range e.Args {
		c.Args[i] = copied(a)
	}
	return &c
}

// ungrouped refuses sessions that nothing groups.
func (b *binder) ungrouped() error {
	first := -1
	for _, at := range b.open {
		if first < 0 || at < first {
			first = at
		}
	}
	if first >= 0 {
		return b.errorf(first, "SESSION without GROUP BY right over it does not say whose sessions").WithFix("write SELECT user, window_start, window_end, count(*) AS n FROM SESSION(...) GROUP BY user, window_start, window_end")
	}
	return nil
}

func (b *binder) numberSession(n *Session) []int {
	ids := b.number(n.Of)
	n.Time = slices.Index(ids, b.times[n])
	renumber(ids, n.By...)
	out := slices.Concat(ids, b.bounds[n])
	for _, id := range out {
		n.Columns = append(n.Columns, b.attrs[id])
	}
	return out
}
