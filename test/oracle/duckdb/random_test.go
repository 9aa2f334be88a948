package duckdb_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/column"
)

// col is a column that an expression may name.
type col struct {
	name string
	kind column.Kind
}

// expr is an expression as we and as DuckDB write it.
type expr struct {
	ours, theirs string
	kind         column.Kind
	good         string // DuckDB's condition that it can be computed; empty: always
}

// writer makes random expressions over some columns.
type writer struct {
	t    *rapid.T
	cols []col // their names with that of the input
}

func (w writer) pick(n int) int { return even(w.t, n) }

// like is an expression that is written the same by both.
func like(kind column.Kind, format string, args ...expr) expr {
	return unlike(kind, format, format, args...)
}

// unlike is an expression that is written differently.
func unlike(kind column.Kind, ours, theirs string, args ...expr) expr {
	var o, t []any
	for _, a := range args {
		o, t = append(o, a.ours), append(t, a.theirs)
	}
	return expr{ours: fmt.Sprintf(ours, o...), theirs: fmt.Sprintf(theirs, t...), kind: kind}
}

// kinds are those of the columns.
func (w writer) kinds() []column.Kind {
	out := []column.Kind{column.Int64}
	for _, c := range w.cols {
		out = append(out, c.kind)
	}
	return out
}

// some is an expression of some kind, mostly a column.
func (w writer) some() expr {
	kinds := w.kinds()
	return w.expr(kinds[w.pick(len(kinds))], w.pick(3))
}

// maybe is one that may fail, sometimes.
func (w writer) maybe() expr {
	switch w.pick(10) {
	case 8:
		a, b := w.expr(column.Int64, 0), w.expr(column.Int64, 0)
		e := unlike(column.Int64, "(%s / %s)", "(%s // %s)", a, b)
		e.good = fmt.Sprintf("(%s IS NULL OR %s IS NULL OR %s <> 0)", a.theirs, b.theirs, b.theirs)
		return e
	case 9:
		a := w.expr(column.Text, 0)
		e := unlike(column.Int64, "CAST(%s AS bigint)", "TRY_CAST(%s AS bigint)", a)
		e.good = fmt.Sprintf("(%s IS NULL OR %s IS NOT NULL)", a.theirs, e.theirs)
		return e
	}
	return w.some()
}

// leaf is a column of a kind, or a value.
func (w writer) leaf(kind column.Kind) expr {
	var of []string
	for _, c := range w.cols {
		if c.kind == kind {
			of = append(of, c.name)
		}
	}
	if n := len(of); n > 0 && w.pick(6) < 5 {
		return like(kind, of[w.pick(n)])
	}
	return like(kind, w.literal(kind))
}

func (w writer) literal(kind column.Kind) string {
	one := func(of ...string) string { return of[w.pick(len(of))] }
	switch kind {
	case column.Int64:
		return one("CAST(1 AS bigint)", "CAST(0 AS bigint)", "CAST(3 AS bigint)")
	case column.Int32:
		return one("1", "0", "5")
	case column.Decimal:
		return one("CAST(1.5 AS numeric(10,2))", "CAST(0 AS numeric(10,2))")
	case column.Float64:
		return one("CAST(0.5 AS double precision)", "CAST(2 AS double precision)")
	case column.Bool:
		return one("true", "false")
	case column.Timestamp:
		return "TIMESTAMP '" + stamp(began.UnixMicro()) + "'"
	case column.Date:
		return "DATE '2026-11-22'"
	}
	return one("CAST('a' AS text)", "CAST('ab' AS text)", "CAST('' AS text)")
}

// expr is an expression of a kind that can always be computed.
func (w writer) expr(kind column.Kind, depth int) expr {
	if depth <= 0 {
		return w.leaf(kind)
	}
	sub := func(k column.Kind) expr { return w.expr(k, depth-1) }
	switch n := w.pick(9); {
	case n == 0:
		return like(kind, "coalesce(%s, %s)", sub(kind), sub(kind))
	case n == 1:
		return like(kind, "CASE WHEN %s THEN %s ELSE %s END", sub(column.Bool), sub(kind), sub(kind))
	case n == 2:
		return like(kind, "CASE WHEN %s THEN %s END", sub(column.Bool), sub(kind))
	case n == 3:
		return like(kind, "nullif(%s, %s)", sub(kind), sub(kind))
	case n == 4 && kind != column.Bool:
		return like(kind, []string{"greatest(%s, %s)", "least(%s, %s)"}[w.pick(2)], sub(kind), sub(kind))
	}
	return w.own(kind, sub)
}

// own is an expression that its kind has for itself.
func (w writer) own(kind column.Kind, sub func(column.Kind) expr) expr {
	switch kind {
	case column.Int64, column.Int32:
		return w.whole(kind, sub)
	case column.Decimal:
		return [](func() expr){
			func() expr { return like(kind, "(%s + %s)", sub(kind), sub(kind)) },
			func() expr { return like(kind, "(%s - %s)", sub(kind), sub(kind)) },
			func() expr { return like(kind, "abs(%s)", sub(kind)) },
			func() expr { return like(kind, "(- %s)", sub(kind)) },
		}[w.pick(4)]()
	case column.Float64:
		return like(kind, []string{"(%s + %s)", "(%s - %s)"}[w.pick(2)], sub(kind), sub(kind))
	case column.Timestamp:
		return like(kind, []string{"(%s + INTERVAL '10 seconds')", "date_trunc('minute', %s)"}[w.pick(2)], sub(kind))
	case column.Date:
		return like(kind, []string{"(%s + 1)", "(%s - 1)"}[w.pick(2)], sub(kind))
	case column.Bool:
		return w.truth(sub)
	}
	switch w.pick(4) {
	case 0:
		return like(kind, "(%s || %s)", sub(kind), sub(kind))
	case 1:
		return like(kind, "concat(%s, %s)", sub(kind), sub(kind))
	case 2:
		return like(kind, "CAST(%s AS text)", sub(column.Int64))
	}
	return like(kind, []string{"upper(%s)", "left(%s, 1)", "reverse(%s)"}[w.pick(3)], sub(kind))
}

func (w writer) whole(kind column.Kind, sub func(column.Kind) expr) expr {
	switch w.pick(6) {
	case 0:
		return like(kind, "(%s - %s)", sub(kind), sub(kind))
	case 1:
		return like(kind, "(%s * %s)", sub(kind), like(kind, w.literal(kind)))
	case 2:
		return like(kind, "abs(%s)", sub(kind))
	case 3:
		name := map[column.Kind]string{column.Int64: "bigint", column.Int32: "integer"}[kind]
		return like(kind, "CAST(length(%s) AS "+name+")", sub(column.Text))
	}
	return like(kind, "(%s + %s)", sub(kind), sub(kind))
}

// truth is a condition. What is behind AND and OR is computed here only where it
// counts, and by DuckDB always.
func (w writer) truth(sub func(column.Kind) expr) expr {
	kinds := w.kinds()
	kind := kinds[w.pick(len(kinds))]
	compare := []string{"=", "<>", "<", "<=", ">", ">="}[w.pick(6)]
	switch w.pick(9) {
	case 0:
		return unlike(column.Bool, "(%s AND %s)", "(CASE WHEN (%[1]s) IS FALSE THEN false ELSE %[1]s AND %[2]s END)", sub(column.Bool), sub(column.Bool))
	case 1:
		return unlike(column.Bool, "(%s OR %s)", "(CASE WHEN (%[1]s) IS TRUE THEN true ELSE %[1]s OR %[2]s END)", sub(column.Bool), sub(column.Bool))
	case 2:
		return like(column.Bool, "(NOT %s)", sub(column.Bool))
	case 3:
		return like(column.Bool, []string{"(%s IS NULL)", "(%s IS NOT NULL)"}[w.pick(2)], sub(kind))
	case 4:
		return like(column.Bool, []string{"(%s IS DISTINCT FROM %s)", "(%s IS NOT DISTINCT FROM %s)"}[w.pick(2)], sub(kind), sub(kind))
	case 5:
		return like(column.Bool, "(%s IN (%s, %s))", sub(kind), sub(kind), sub(kind))
	case 6:
		return like(column.Bool, "(%s LIKE 'a%%')", sub(column.Text))
	}
	return like(column.Bool, "(%s "+compare+" %s)", sub(kind), sub(kind))
}

// condition is a condition of a depth that is worth it.
func (w writer) condition() expr {
	return w.truth(func(k column.Kind) expr { return w.expr(k, w.pick(2)) })
}

// all joins conditions by AND; none is true.
func all(conditions ...string) string {
	var real []string
	for _, c := range conditions {
		if c != "" {
			real = append(real, c)
		}
	}
	if len(real) == 0 {
		return "true"
	}
	return strings.Join(real, " AND ")
}
