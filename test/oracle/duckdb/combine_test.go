package duckdb_test

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
)

// lookup is a stream beside the rows that a table has when its records come.
func (m *maker) lookup(depth int) rel {
	l, r := m.stream(depth-1), m.product(mesh[2:])
	if m.pick(3) == 2 {
		r = m.choose(r)
	}
	v, w := m.over(l, "x"), m.over(r, "y")
	on := []string{}
	their := []string{}
	for _, k := range r.key {
		kind := kindOf(r, k)
		e := v.expr(kind, m.pick(2))
		if !strings.Contains(e.ours, "x.") {
			if e = m.columnLike(l, kind); e.ours == "" {
				return m.choose(l)
			}
		}
		on, their = append(on, e.ours+" = y."+k), append(their, e.theirs+" = y."+k)
	}
	if m.pick(3) == 2 {
		c := (writer{t: m.t, cols: slices.Concat(v.cols, w.cols)}).condition()
		on, their = append(on, c.ours), append(their, c.theirs)
	}
	var s list
	out := m.keep(&s, l, "x")
	both := writer{t: m.t, cols: slices.Concat(v.cols, w.cols)}
	for range 1 + m.pick(3) {
		s.add([]func() expr{w.some, both.maybe}[m.pick(2)](), m.name("c"))
	}
	word := []string{" JOIN ", " LEFT JOIN "}[m.pick(2)]
	left, sinistra := m.from(l, "x")
	right, _ := m.from(r, "y")
	out.cols = s.cols
	out.ours = "SELECT " + strings.Join(s.ours, ", ") + " FROM " + left + word + right + " ON " + strings.Join(on, " AND ")
	out.theirs = "SELECT " + strings.Join(s.theirs, ", ") + l.hidden("x") + " FROM " + sinistra + word + "(" + r.versions + ") AS y ON " +
		strings.Join(their, " AND ") + " AND y._n < x._n AND x._n < y._to WHERE " + all(s.good...)
	return out
}

func kindOf(r rel, name string) column.Kind {
	return r.cols[slices.IndexFunc(r.cols, func(c col) bool { return c.name == name })].kind
}

// join is two tables, or the groups of windows.
func (m *maker) join(l, r rel) rel {
	meets := m.meets(l, r)
	if l.table != r.table || !l.table && len(meets) == 0 {
		return m.choose(l)
	}
	if l.table && m.pick(4) == 3 {
		r = l
	}
	v, w := m.over(l, "x"), m.over(r, "y")
	both := writer{t: m.t, cols: slices.Concat(v.cols, w.cols)}
	outer := m.pick(2) == 1
	var pairs [][2]string // column names
	switch {
	case !l.table:
		pairs = append(pairs, meets[m.pick(len(meets))])
	case outer || m.pick(2) == 1:
		for _, k := range r.key {
			pairs = append(pairs, [2]string{"", k})
		}
	default:
		pairs = append(pairs, [2]string{"", r.cols[m.pick(len(r.cols))].name})
	}
	var on, their []string
	var fixed []string // columns of the left
	for _, p := range pairs {
		e := like(0, "x."+p[0])
		if p[0] == "" {
			e = v.leaf(kindOf(r, p[1]))
		}
		if !strings.HasPrefix(e.ours, "x.") {
			if e = m.columnLike(l, kindOf(r, p[1])); e.ours == "" {
				return m.choose(l)
			}
		}
		fixed = append(fixed, strings.TrimPrefix(e.ours, "x."))
		on, their = append(on, e.ours+" = y."+p[1]), append(their, e.theirs+" = y."+p[1])
	}
	if m.pick(3) == 2 {
		c := both.condition()
		on, their = append(on, c.ours), append(their, c.theirs)
	}
	var s list
	out := m.keep(&s, l, "x")
	if l.table {
		out.key = m.joinedKey(&s, l, r, out.key, fixed, pairs)
	}
	for range 1 + m.pick(3) {
		s.add(both.maybe(), m.name("c"))
	}
	word := map[bool]string{false: " JOIN ", true: " LEFT JOIN "}[outer]
	left, sinistra := m.from(l, "x")
	right, destra := m.from(r, "y")
	out.cols = s.cols
	out.ours = "SELECT " + strings.Join(s.ours, ", ") + " FROM " + left + word + right + " ON " + strings.Join(on, " AND ")
	out.theirs = "SELECT " + strings.Join(s.theirs, ", ") + l.hidden("x") + " FROM " + sinistra + word + destra + " ON " + strings.Join(their, " AND ") +
		" WHERE " + all(s.good...)
	return out
}

// meets are the columns by which groups of windows can meet.
func (m *maker) meets(l, r rel) (pairs [][2]string) {
	for _, a := range l.bounds {
		for _, b := range r.bounds {
			if a.before == b.before {
				pairs = append(pairs, [2]string{a.name, b.name})
			}
		}
	}
	return pairs
}

func (m *maker) columnLike(r rel, kind column.Kind) expr {
	for _, c := range r.cols {
		if c.kind == kind {
			return like(kind, "x."+c.name)
		}
	}
	return expr{}
}

// joinedKey is what tells the rows of a join of tables apart; mine is the key of
// the left.
func (m *maker) joinedKey(s *list, l, r rel, mine, fixed []string, pairs [][2]string) []string {
	var asked []string
	for _, p := range pairs {
		asked = append(asked, p[1])
	}
	covered := func(key, by []string) bool {
		return !slices.ContainsFunc(key, func(k string) bool { return !slices.Contains(by, k) })
	}
	if covered(r.key, asked) {
		return mine
	}
	var others []string
	for _, k := range r.key {
		others = append(others, m.pass(s, r, k, "y"))
	}
	if covered(l.key, fixed) {
		return others
	}
	return slices.Concat(mine, others)
}
