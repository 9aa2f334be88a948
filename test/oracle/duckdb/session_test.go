package duckdb_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
)

// sessions are those of some rows. Which rows come too late depends on the rows
// before them, so that they are told by going through all, and DuckDB has a table
// with the session of each row.
type sessions struct {
	table string
	rows  string // DuckDB's: _n, whose, and when in microseconds
	gap   int64  // in microseconds
}

// session is the groups of sessions, which come when these are over.
func (m *maker) session() rel {
	r := m.product(mesh[:2])
	if x := m.choose(r); x.time != "" && m.pick(2) == 1 {
		r = x
	}
	w := m.over(r, "x")
	keys := []col{w.cols[m.pick(len(w.cols))]}
	if k := w.cols[m.pick(len(w.cols))]; m.pick(2) == 1 && k != keys[0] {
		keys = append(keys, k)
	}
	where := like(column.Bool, "true")
	if m.pick(2) == 1 {
		where = w.condition()
	}
	s := sessions{table: m.name("sessions"), gap: int64(1+m.pick(8)) * 1_000_000}
	s.rows = fmt.Sprintf("SELECT x._n, concat_ws('|', %s), epoch_us(x.%s) FROM (%s) AS x WHERE %s AND x.%[2]s IS NOT NULL ORDER BY 1",
		whose(keys), r.time, r.theirs, where.theirs)
	m.sessions = append(m.sessions, s)
	return m.grouped(r, s, keys, where)
}

func whose(keys []col) string {
	var texts []string
	for _, k := range keys {
		texts = append(texts, "coalesce(CAST("+k.name+" AS varchar), 'NULL')")
	}
	return strings.Join(texts, ", ")
}

// grouped groups by the sessions of some keys. Their bounds are so many seconds
// before no end that another window has.
func (m *maker) grouped(r rel, s sessions, keys []col, where expr) rel {
	name := r.ours
	if !r.base {
		name = m.named(r)
	}
	var l list
	end := m.name("c")
	out := rel{final: true, time: end, bounds: []bound{{end, -1}}}
	l.add(like(column.Timestamp, "x.window_end"), end)
	by := []string{"x.window_end"}
	if m.pick(2) == 1 {
		start := m.name("c")
		l.add(like(column.Timestamp, "x.window_start"), start)
		out.bounds = append(out.bounds, bound{start, -2})
		by = append(by, "x.window_start")
	}
	for _, k := range keys {
		l.add(like(k.kind, k.name), m.name("c"))
		by = append(by, k.name)
	}
	having := m.aggregates(m.over(r, "x"), &l)
	out.cols = l.cols
	groups := " GROUP BY " + strings.Join(by, ", ")
	out.ours = fmt.Sprintf("SELECT %s FROM SESSION(%s, %s, INTERVAL '%d seconds') AS x WHERE %s", strings.Join(l.ours, ", "), name, r.time, s.gap/1_000_000, where.ours) +
		groups + having.ours
	out.theirs = fmt.Sprintf("SELECT %s, min(x._came) AS _n, NULL::timestamp AS _mark FROM (SELECT q.*, s.window_start, s.window_end, s._came FROM (%s) AS q JOIN %s AS s ON s._n = q._n WHERE s._e <= {E}) AS x WHERE %s",
		strings.Join(l.theirs, ", "), r.theirs, s.table, all(l.good...)) + groups + having.theirs
	return out
}

// seat is a row with its session, once this is over.
type seat struct {
	n, at, start, end int64
	whose             string
	epoch             int // in which the session was over
}

// hold makes the table of the sessions.
func (r *run) hold(ctx context.Context, db *sql.DB, s sessions) error {
	rows, err := r.seats(ctx, db, s)
	if err != nil {
		return fmt.Errorf("%s: %w", s.rows, err)
	}
	var tuples []string
	for _, x := range r.seated(rows, s.gap) {
		tuples = append(tuples, fmt.Sprintf("(%d, '%s', '%s', %d, %d)", x.n, stamp(x.start), stamp(x.end), x.epoch, r.marks[x.epoch].n))
	}
	_, err = db.ExecContext(ctx, table(s.table, []string{"_n bigint", "window_start timestamp", "window_end timestamp", "_e integer", "_came bigint"}, tuples))
	return err
}

func (r *run) seats(ctx context.Context, db *sql.DB, s sessions) (out []seat, err error) {
	found, err := db.QueryContext(ctx, strings.ReplaceAll(s.rows, "{E}", strconv.Itoa(len(r.marks)-1)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var x seat
		if err := found.Scan(&x.n, &x.whose, &x.at); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, found.Err()
}

// seated goes through rows as they came, epoch by epoch, and gives those of
// sessions that are over. A row whose own session would be over is late, unless
// there is an open one that it joins.
func (r *run) seated(rows []seat, gap int64) (out []seat) {
	open := map[string][]seat{}
	for epoch, mark := range r.marks {
		for ; len(rows) > 0 && rows[0].n < mark.n; rows = rows[1:] {
			x, from := rows[0], r.kept[rows[0].n]
			near := func(y seat) bool { return max(x.at-y.at, y.at-x.at) < gap }
			if !from.marked || x.at+gap > from.mark || slices.ContainsFunc(open[x.whose], near) {
				open[x.whose] = append(open[x.whose], x)
			}
		}
		for whose, all := range open {
			var over []seat
			over, open[whose] = ended(all, gap, mark)
			for _, x := range over {
				x.epoch = epoch
				out = append(out, x)
			}
		}
	}
	return out
}

// ended parts the rows of a key into those whose sessions are over, and others.
func ended(all []seat, gap int64, mark watermark) (over, others []seat) {
	slices.SortFunc(all, func(a, b seat) int { return int(a.at - b.at) })
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].at-all[n-1].at < gap {
			n++
		}
		start, end := all[0].at, all[n-1].at+gap
		for _, x := range all[:n] {
			if x.start, x.end = start, end; mark.known && end <= mark.at {
				over = append(over, x)
				continue
			}
			others = append(others, x)
		}
		all = all[n:]
	}
	return over, others
}
