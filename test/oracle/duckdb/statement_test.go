package duckdb_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/column"
)

// rel is a query in our words and in DuckDB's. Where theirs gives rows of a
// stream, these have _n, when they came, and _mark, the watermark of then.
type rel struct {
	ours, theirs string
	versions     string // of a table in which can be looked up: each row that there ever was, from _n until _to
	base         bool   // ours is the name of a product
	cols         []col
	table        bool
	key          []string // of a table
	time         string   // the event time of a stream; empty: it has none
	final        bool     // rows of windows, which come once
	bounds       []bound  // columns that tell which window
}

// bound is a column that is so many seconds before the end of its row's window.
type bound struct {
	name   string
	before int
}

// bounded reports whether a column tells which window.
func (r rel) bounded(name string) bool {
	return slices.ContainsFunc(r.bounds, func(b bound) bool { return b.name == name })
}

// statement is a query that is whole.
type statement struct {
	ours, theirs string
	sessions     []sessions // that theirs needs
}

// maker makes random statements.
type maker struct {
	t     *rapid.T
	names int
	with  [][3]string // name, ours, theirs

	sessions []sessions
}

// random is a statement of any shape.
func randomStatement(t *rapid.T) statement {
	m := &maker{t: t}
	r := m.any(1 + m.pick(3))
	if r.base {
		r = m.choose(r)
	}
	var ours, theirs []string
	for _, w := range m.with {
		ours = append(ours, w[0]+" AS ("+w[1]+")")
		theirs = append(theirs, w[0]+" AS ("+w[2]+")")
	}
	s := statement{ours: r.ours, sessions: m.sessions}
	var texts []string
	for _, c := range r.cols {
		texts = append(texts, "CAST(z."+c.name+" AS varchar)")
	}
	s.theirs = "SELECT " + strings.Join(texts, ", ") + " FROM (" + r.theirs + ") AS z"
	if len(ours) > 0 {
		s.ours = "WITH " + strings.Join(ours, ", ") + " " + s.ours
		s.theirs = "WITH " + strings.Join(theirs, ", ") + " " + s.theirs
	}
	return s
}

func (m *maker) pick(n int) int { return even(m.t, n) }

func (m *maker) name(prefix string) string {
	m.names++
	return prefix + fmt.Sprint(m.names)
}

// from is a query as it stands in FROM, under a name.
func (m *maker) from(r rel, alias string) (ours, theirs string) {
	switch {
	case r.base:
		return r.ours + " AS " + alias, "(" + r.theirs + ") AS " + alias
	case m.pick(3) == 2:
		name := m.named(r)
		return name + " AS " + alias, name + " AS " + alias
	}
	return "(" + r.ours + ") AS " + alias, "(" + r.theirs + ") AS " + alias
}

// named puts a query into WITH.
func (m *maker) named(r rel) string {
	name := m.name("w")
	m.with = append(m.with, [3]string{name, r.ours, r.theirs})
	return name
}

// over writes expressions over a query, but for the columns that tell which
// window: these are passed on as they are.
func (m *maker) over(r rel, alias string) writer {
	w := writer{t: m.t}
	for _, c := range r.cols {
		if !r.bounded(c.name) {
			w.cols = append(w.cols, col{alias + "." + c.name, c.kind})
		}
	}
	return w
}

// Each of these is a query of some depth.

func (m *maker) any(depth int) rel {
	switch m.pick(5) {
	case 0:
		return m.stream(depth)
	case 1:
		return m.final(depth)
	case 2:
		return m.session()
	}
	return m.table(depth)
}

func (m *maker) stream(depth int) rel {
	if depth <= 0 {
		return m.product(mesh[:2])
	}
	switch m.pick(6) {
	case 0:
		return m.product(mesh[:2])
	case 1:
		return m.union(depth)
	case 2, 3:
		return m.lookup(depth)
	case 4:
		return m.final(depth)
	}
	return m.choose(m.stream(depth - 1))
}

func (m *maker) table(depth int) rel {
	if depth <= 0 {
		return m.product(mesh[2:])
	}
	switch m.pick(8) {
	case 0:
		return m.product(mesh[2:])
	case 1, 2:
		return m.join(m.table(depth-1), m.table(depth-1))
	case 3, 4, 5:
		return m.group(m.any(depth - 1))
	case 6:
		r := m.any(depth - 1)
		if top := m.top(r, r.cols[m.pick(len(r.cols))].name); top.table {
			return top
		}
	}
	return m.choose(m.table(depth - 1))
}

func (m *maker) final(depth int) rel {
	switch m.pick(8) {
	case 7:
		return m.session()
	case 5:
		if r := m.choose(m.windows(m.plain(depth - 1))); len(r.bounds) > 0 && r.bounds[0].before == 0 {
			return m.within(r)
		}
	case 6:
		return m.top(m.opened(m.plain(depth-1)), "window_end")
	case 3:
		return m.choose(m.windows(m.plain(depth - 1)))
	case 1:
		l, r := m.windows(m.plain(depth-1)), m.windows(m.plain(depth-2))
		return m.join(l, r)
	case 2:
		r := m.windows(m.plain(depth - 1))
		return m.top(r, r.bounds[m.pick(len(r.bounds))].name)
	}
	return m.windows(m.plain(depth - 1))
}

// plain is a stream with event time that is in no window.
func (m *maker) plain(depth int) rel {
	if depth <= 0 {
		return m.product(mesh[:2])
	}
	switch m.pick(4) {
	case 0:
		r := m.union(0)
		if r.time != "" {
			return r
		}
	case 1:
		r := m.lookup(0)
		if r.time != "" {
			return r
		}
	case 2:
		r := m.choose(m.product(mesh[:2]))
		if r.time != "" {
			return r
		}
	}
	return m.product(mesh[:2])
}

// product is one of the mesh.
func (m *maker) product(of []source) rel {
	s := of[m.pick(len(of))]
	r := rel{ours: "d." + s.name, base: true, table: s.table(), key: s.key, time: s.time}
	var names []string
	for _, f := range s.fields {
		r.cols = append(r.cols, col{f.Path, f.Type.Kind})
		names = append(names, f.Path)
	}
	list := strings.Join(names, ", ")
	if !s.table() {
		if s.time == "" {
			r.time = "_timestamp"
			r.cols = append(r.cols, col{r.time, column.Timestamp})
			list += ", _timestamp"
		}
		r.theirs = "SELECT " + list + ", _n, _mark FROM " + s.name + " WHERE _e <= {E}"
		return r
	}
	key := strings.Join(s.key, ", ")
	r.theirs = "SELECT " + list + " FROM (SELECT *, row_number() OVER (PARTITION BY " + key + " ORDER BY _n DESC) AS _r FROM " + s.name +
		" WHERE _e <= {E}) AS q WHERE _r = 1 AND NOT _gone"
	r.versions = "SELECT " + list + ", _n, _to FROM (SELECT *, coalesce(lead(_n) OVER (PARTITION BY " + key + " ORDER BY _n), 1000000) AS _to FROM " + s.name +
		") AS q WHERE NOT _gone"
	return r
}

// hidden are the columns that theirs has besides.
func (r rel) hidden(alias string) string {
	if r.table {
		return ""
	}
	return ", " + alias + "._n, " + alias + "._mark"
}

// list is a SELECT list as it grows.
type list struct {
	ours, theirs []string
	cols         []col
	good         []string
}

func (l *list) add(e expr, name string) {
	l.ours, l.theirs = append(l.ours, e.ours+" AS "+name), append(l.theirs, e.theirs+" AS "+name)
	l.cols = append(l.cols, col{name, e.kind})
	if e.good != "" {
		l.good = append(l.good, e.good)
	}
}

// pass adds a column as it is, and gives its new name.
func (m *maker) pass(l *list, r rel, name, alias string) string {
	i := slices.IndexFunc(r.cols, func(c col) bool { return c.name == name })
	to := m.name("c")
	l.add(like(r.cols[i].kind, alias+"."+name), to)
	return to
}

// keep adds the columns that say what rows are: the key of a table, mostly the
// event time and the windows of a stream.
func (m *maker) keep(l *list, r rel, alias string) (out rel) {
	out = rel{table: r.table, final: r.final}
	if r.table {
		for _, k := range r.key {
			out.key = append(out.key, m.pass(l, r, k, alias))
		}
		return out
	}
	for _, b := range r.bounds {
		if m.pick(5) > 0 {
			to := m.pass(l, r, b.name, alias)
			out.bounds = append(out.bounds, bound{to, b.before})
			if b.name == r.time {
				out.time = to
			}
		}
	}
	if !r.final && r.time != "" && m.pick(5) > 0 {
		out.time = m.pass(l, r, r.time, alias)
	}
	return out
}

// choose is a projection with a condition.
func (m *maker) choose(r rel) rel {
	var l list
	out := m.keep(&l, r, "x")
	w := m.over(r, "x")
	for range 1 + m.pick(3) {
		l.add(w.maybe(), m.name("c"))
	}
	where := expr{ours: "true", theirs: "true"}
	if m.pick(3) > 0 {
		if where = w.condition(); m.pick(8) == 7 {
			e := w.maybe()
			where = unlike(column.Bool, "(%s IS NOT NULL)", "(%s IS NOT NULL)", e)
			where.good = e.good
		}
	}
	ours, theirs := m.from(r, "x")
	end := " WHERE " + all(append([]string{where.theirs, where.good}, l.good...)...)
	out.cols = l.cols
	out.ours = "SELECT " + strings.Join(l.ours, ", ") + " FROM " + ours + " WHERE " + where.ours
	out.theirs = "SELECT " + strings.Join(l.theirs, ", ") + r.hidden("x") + " FROM " + theirs + end
	if r.versions != "" {
		out.versions = "SELECT " + strings.Join(l.theirs, ", ") + ", x._n, x._to FROM (" + r.versions + ") AS x" + end
	}
	return out
}

// union is two streams, one behind the other.
func (m *maker) union(depth int) rel {
	a, b := m.stream(depth-1), m.stream(depth-1)
	if m.pick(3) == 2 {
		b = a
	}
	var x, y list
	out := rel{}
	if a.time != "" && b.time != "" && !a.final && !b.final {
		out.time = m.pass(&x, a, a.time, "x")
		m.pass(&y, b, b.time, "y")
	}
	v, w := m.over(a, "x"), m.over(b, "y")
	for range 1 + m.pick(3) {
		e := v.some()
		x.add(e, m.name("c"))
		y.add(w.expr(e.kind, m.pick(2)), m.name("c"))
	}
	out.cols = x.cols
	one, uno := m.from(a, "x")
	two, due := m.from(b, "y")
	out.ours = "SELECT " + strings.Join(x.ours, ", ") + " FROM " + one + " UNION ALL SELECT " + strings.Join(y.ours, ", ") + " FROM " + two
	out.theirs = "SELECT " + strings.Join(x.theirs, ", ") + a.hidden("x") + " FROM " + uno + " UNION ALL SELECT " + strings.Join(y.theirs, ", ") + b.hidden("y") + " FROM " + due
	return out
}
