package duckdb_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
)

// aggregate is one over the rows of a group.
func (m *maker) aggregate(w writer, good *[]string) expr {
	filter := expr{}
	if m.pick(4) == 3 {
		filter = w.condition()
	}
	n, arg := m.pick(8), w.some()
	if n > 0 && m.pick(8) == 7 {
		arg = w.maybe()
	}
	if arg.good != "" {
		if filter.theirs != "" {
			arg.good = "((" + filter.theirs + ") IS NOT TRUE OR " + arg.good + ")"
		}
		*good = append(*good, arg.good)
	}
	call := func(kind column.Kind, name, as string) expr {
		ours, theirs := fmt.Sprintf(name, arg.ours), fmt.Sprintf(name, arg.theirs)
		if filter.ours != "" {
			ours += " FILTER (WHERE " + filter.ours + ")"
			theirs += " FILTER (WHERE " + filter.theirs + ")"
		}
		if as != "" {
			theirs = "CAST(" + theirs + " AS " + as + ")"
		}
		return expr{ours: ours, theirs: theirs, kind: kind}
	}
	sums := map[column.Kind][2]any{
		column.Int32: {column.Int64, "bigint"}, column.Int64: {column.Decimal, "numeric(20,0)"},
		column.Decimal: {column.Decimal, "numeric(24,6)"}, column.Float64: {column.Float64, ""},
	}
	sum, summed := sums[arg.kind]
	switch {
	case n == 0:
		arg = expr{}
		return call(column.Int64, "count(*)%s", "")
	case n == 1:
		return call(column.Int64, "count(%s)", "")
	case n == 2:
		return call(column.Int64, "count(DISTINCT %s)", "")
	case n <= 4 && summed:
		return call(sum[0].(column.Kind), "sum(%s)", sum[1].(string))
	case n == 5 && summed && arg.kind == column.Float64:
		return call(column.Float64, "avg(%s)", "")
	case n == 5 && summed:
		e := call(column.Decimal, "avg(%s)", "")
		e.theirs = mean(call(arg.kind, "sum(%s)", "numeric(24,6)").theirs, call(arg.kind, "count(%s)", "").theirs)
		return e
	}
	if arg.kind == column.Bool {
		return call(column.Int64, "count(%s)", "")
	}
	return call(arg.kind, []string{"min(%s)", "max(%s)"}[m.pick(2)], "")
}

// mean is a quotient with six digits behind the point, rounded half away from
// zero: DuckDB has it in double precision.
func mean(sum, count string) string {
	s := "CAST(" + sum + " * CAST(1000000 AS numeric(7,0)) AS hugeint)"
	n := "CAST(" + count + " AS hugeint)"
	whole := "(sign(" + s + ") * ((2 * abs(" + s + ") + " + n + ") // (2 * " + n + ")))"
	return "(CAST(" + whole + " AS numeric(20,0)) * CAST(0.000001 AS numeric(7,6)))"
}

// keys are what a group is by: columns, and what is made of them.
func (m *maker) keys(w writer) (out []expr) {
	for range 1 + m.pick(2) {
		e := w.some()
		if !strings.Contains(e.ours, "x.") {
			e = like(w.cols[0].kind, w.cols[0].name)
		}
		out = append(out, e)
	}
	return out
}

// group is rows in groups for ever.
func (m *maker) group(r rel) rel {
	w := m.over(r, "x")
	if len(w.cols) == 0 {
		return m.choose(r)
	}
	var s list
	out := rel{table: true}
	var by, per []string
	for _, k := range m.keys(w) {
		name := m.name("c")
		s.add(k, name)
		out.key = append(out.key, name)
		by, per = append(by, k.ours), append(per, k.theirs)
	}
	having := m.aggregates(w, &s)
	ours, theirs := m.from(r, "x")
	out.cols = s.cols
	out.ours = "SELECT " + strings.Join(s.ours, ", ") + " FROM " + ours + " GROUP BY " + strings.Join(by, ", ") + having.ours
	out.theirs = "SELECT " + strings.Join(s.theirs, ", ") + " FROM " + theirs + " WHERE " + all(s.good...) + " GROUP BY " + strings.Join(per, ", ") + having.theirs
	return out
}

// aggregates adds some, and gives a HAVING.
func (m *maker) aggregates(w writer, s *list) (having expr) {
	for range 1 + m.pick(3) {
		s.add(m.aggregate(w, &s.good), m.name("c"))
	}
	if m.pick(4) == 3 {
		e := m.aggregate(w, &s.good)
		having = unlike(column.Bool, " HAVING %s IS NOT NULL", " HAVING %s IS NOT NULL", e)
		if e.kind == column.Int64 {
			having = unlike(column.Bool, " HAVING %s > 1", " HAVING %s > 1", e)
		}
	}
	return having
}

// windows is the groups of windows, which come when these are over.
func (m *maker) windows(r rel) rel { return m.within(m.opened(r)) }

// opened is the rows of a stream in windows, as they stand in FROM.
func (m *maker) opened(r rel) rel {
	size, slide := 10, 10
	if m.pick(3) == 2 {
		slide = 5
	}
	if m.pick(4) == 3 {
		size = 20
	}
	name := r.ours
	if !r.base {
		name = m.named(r)
	}
	out := rel{base: true, final: true, time: "window_end"}
	out.cols = append(slices.Clone(r.cols), col{"window_start", column.Timestamp}, col{"window_end", column.Timestamp})
	out.bounds = []bound{{"window_end", 0}, {"window_start", size}}
	out.ours = fmt.Sprintf("TUMBLE(%s, %s, INTERVAL '%d seconds')", name, r.time, size)
	if slide != size {
		out.ours = fmt.Sprintf("HOP(%s, %s, INTERVAL '%d seconds', INTERVAL '%d seconds')", name, r.time, slide, size)
	}
	var names []string
	for _, c := range r.cols {
		names = append(names, "q."+c.name)
	}
	const second = 1_000_000
	at := "epoch_us(q." + r.time + ")"
	begin := fmt.Sprintf("(%s // %d - i.i) * %d", at, slide*second, slide*second)
	all := fmt.Sprintf("SELECT %s, q._mark, make_timestamp(%s) AS window_start, make_timestamp(%s + %d) AS window_end FROM (%s) AS q, (SELECT unnest(range(0, %d)) AS i) AS i WHERE %s + %d > %s",
		strings.Join(names, ", "), begin, begin, size*second, r.theirs, size/slide, begin, size*second, at)
	out.theirs = "SELECT q.* EXCLUDE (_mark), (SELECT min(m._n) FROM marks AS m WHERE m.wm >= q.window_end) AS _n, NULL::timestamp AS _mark FROM (" + all +
		") AS q WHERE (q._mark IS NULL OR q.window_end > q._mark) AND q.window_end <= {W}"
	return out
}

// within is the groups of rows within their windows.
func (m *maker) within(r rel) rel {
	w := m.over(r, "x")
	var s list
	out := rel{final: true}
	var by, per []string
	for _, b := range r.bounds {
		if b.before > 0 && m.pick(2) == 0 {
			continue
		}
		to := m.pass(&s, r, b.name, "x")
		out.bounds = append(out.bounds, bound{to, b.before})
		by, per = append(by, "x."+b.name), append(per, "x."+b.name)
	}
	out.time = out.bounds[0].name
	if len(w.cols) > 0 && m.pick(3) > 0 {
		for _, k := range m.keys(w) {
			s.add(k, m.name("c"))
			by, per = append(by, k.ours), append(per, k.theirs)
		}
	}
	having := m.aggregates(w, &s)
	ours, theirs := m.from(r, "x")
	out.cols = s.cols
	out.ours = "SELECT " + strings.Join(s.ours, ", ") + " FROM " + ours + " GROUP BY " + strings.Join(by, ", ") + having.ours
	out.theirs = "SELECT " + strings.Join(s.theirs, ", ") + ", min(x._n) AS _n, NULL::timestamp AS _mark FROM " + theirs + " WHERE " + all(s.good...) +
		" GROUP BY " + strings.Join(per, ", ") + having.theirs
	return out
}

// top is the first rows of each partition by a column. All columns are part of the order, so
// that it leaves nothing open.
func (m *maker) top(r rel, by string) rel {
	names := make([]string, 0, len(r.cols))
	for _, c := range r.cols {
		names = append(names, c.name)
	}
	parts := []string{by}
	if m.pick(3) == 2 {
		parts = append(parts, names[m.pick(len(names))])
	}
	parts = slices.Compact(parts)
	within := slices.ContainsFunc(parts, r.bounded)
	var order, ordine []string
	at := m.pick(len(names))
	for _, n := range slices.Concat(names[at:], names[:at]) {
		word, nulls := [][2]string{{"", " NULLS LAST"}, {" DESC", " NULLS FIRST"}, {" NULLS FIRST", " NULLS FIRST"}, {" DESC NULLS LAST", " NULLS LAST"}}[m.pick(4)], ""
		order = append(order, "x."+n+word[0])
		direction, _, _ := strings.Cut(word[0], " NULLS")
		ordine = append(ordine, "x."+n+direction+word[1]+nulls)
	}
	rank, most := m.name("n"), 1+m.pick(3)
	var inner, outer list
	ranked := rel{table: true, cols: append(slices.Clone(r.cols), col{rank, column.Int64}), bounds: r.bounds}
	ranked.table, ranked.final = !within || !r.final, within && r.final
	if ranked.final {
		ranked.time = r.time
	}
	ranked.key = slices.Clone(parts)
	if most != 1 {
		ranked.key = append(ranked.key, rank)
	}
	for _, c := range r.cols {
		inner.add(like(c.kind, "x."+c.name), c.name)
	}
	window := func(order []string) string {
		by := make([]string, len(parts))
		for i, p := range parts {
			by[i] = "x." + p
		}
		return ", row_number() OVER (PARTITION BY " + strings.Join(by, ", ") + " ORDER BY " + strings.Join(order, ", ") + ") AS " + rank
	}
	ours, theirs := m.from(r, "x")
	out := m.keep(&outer, ranked, "y")
	for range 1 + m.pick(2) {
		outer.add(m.over(ranked, "y").some(), m.name("c"))
	}
	where := fmt.Sprintf(" AS y WHERE y.%s <= %d", rank, most)
	out.cols = outer.cols
	out.ours = "SELECT " + strings.Join(outer.ours, ", ") + " FROM (SELECT " + strings.Join(inner.ours, ", ") + window(order) + " FROM " + ours + ")" + where
	out.theirs = "SELECT " + strings.Join(outer.theirs, ", ") + ranked.hidden("y") + " FROM (SELECT " + strings.Join(inner.theirs, ", ") + r.hidden("x") + window(ordine) +
		" FROM " + theirs + ")" + where
	return out
}
