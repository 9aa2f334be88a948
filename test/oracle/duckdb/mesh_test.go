package duckdb_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// source is a product that random statements read, and a log of DuckDB's.
type source struct {
	name   string
	fields []sqlang.Field
	key    []string // of a table
	time   string   // the field with the event time; empty: the record's own
}

func (s source) table() bool { return len(s.key) > 0 }

func typed(path string, k column.Kind) sqlang.Field {
	f := sqlang.Field{Path: path, Type: column.Type{Kind: k}, Nullable: true}
	if k == column.Decimal {
		f.Type.Precision, f.Type.Scale = 10, 2
	}
	return f
}

// mesh is two streams and three tables.
var mesh = []source{
	{name: "s", time: "ts", fields: []sqlang.Field{
		typed("k", column.Int64), typed("v", column.Int32), typed("t", column.Text), typed("d", column.Decimal),
		typed("f", column.Float64), typed("x", column.Bool), typed("ts", column.Timestamp)}},
	{name: "r", fields: []sqlang.Field{typed("k", column.Int64), typed("t", column.Text), typed("d", column.Decimal), typed("y", column.Date)}},
	{name: "a", key: []string{"id"}, fields: []sqlang.Field{
		typed("id", column.Int64), typed("k", column.Int64), typed("v", column.Int32), typed("t", column.Text), typed("d", column.Decimal)}},
	{name: "b", key: []string{"id"}, fields: []sqlang.Field{
		typed("id", column.Text), typed("k", column.Int64), typed("f", column.Float64), typed("x", column.Bool)}},
	{name: "c", key: []string{"k", "t"}, fields: []sqlang.Field{
		typed("k", column.Int64), typed("t", column.Text), typed("v", column.Int32), typed("y", column.Date)}},
}

const delay = 5 * time.Second

// meshCatalog gives the products of the mesh, of the domain d.
type meshCatalog struct{}

func (meshCatalog) Input(_, name string) (*sqlang.Input, error) {
	i := slices.IndexFunc(mesh, func(s source) bool { return s.name == name })
	if i < 0 {
		return nil, weir.Errorf(weir.NotFound, "there is no product %s", name)
	}
	s := mesh[i]
	in := &sqlang.Input{Name: "d." + name, Major: 1, Topic: "d." + name, Kind: weir.KindStream, Fields: s.fields, Key: s.key, Time: s.time}
	if s.table() {
		in.Kind = weir.KindTable
	} else {
		in.Delay = weir.Duration(delay)
	}
	return in, nil
}

// record is one of a source: "NULL" is null.
type record struct {
	source    int
	values    []string
	gone      bool // of a table: there is no row of this key any more
	partition int32
	stamp     int64 // the record's own time, in microseconds
	n         int64 // its place among all that came
	epoch     int
	mark      int64 // the watermark when it came
	marked    bool  // there was one
}

// began is about when records were made.
var began = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

func stamp(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.999999")
}

// moments are some around a second.
func moments(t *rapid.T, second int) int64 {
	return began.Add(time.Duration(second+rapid.IntRange(-12, 12).Draw(t, "second"))*time.Second).UnixMicro() + rapid.SampledFrom([]int64{0, 0, 1, 500_000}).Draw(t, "micros")
}

// drawn is a random record of an epoch, which takes about ten seconds.
func drawn(t *rapid.T, sources []int, epoch int) record {
	r := record{source: sources[even(t, len(sources))]}
	s := mesh[r.source]
	r.stamp = moments(t, 10*epoch)
	r.gone = s.table() && even(t, 4) == 3
	for _, f := range s.fields {
		key := slices.Contains(s.key, f.Path)
		switch {
		case r.gone && !key, !key && even(t, 7) == 6:
			r.values = append(r.values, "NULL")
		default:
			r.values = append(r.values, few(t, f.Type.Kind, epoch))
		}
	}
	r.partition = int32(even(t, 2))
	if s.table() { // a key stands in one
		r.partition = int32(len(strings.Join(r.values[:len(s.key)], "")) % 2)
	}
	return r
}

// even is a number below n, of which small ones are no more likely.
func even(t *rapid.T, n int) int {
	return rapid.Custom(func(t *rapid.T) int {
		v := 0
		for range 6 {
			v = 2*v + bit(rapid.Bool().Draw(t, ""))
		}
		return v % n
	}).Draw(t, "pick")
}

// few are values that meet often.
func few(t *rapid.T, k column.Kind, epoch int) string {
	pick := func(of ...string) string { return of[even(t, len(of))] }
	switch k {
	case column.Int64:
		return pick("0", "1", "2", "3")
	case column.Int32:
		return pick("0", "1", "-2", "5")
	case column.Decimal:
		return pick("0.00", "1.50", "-2.25", "3.10")
	case column.Float64:
		return pick("0", "0.5", "-1.5", "2")
	case column.Bool:
		return pick("true", "false")
	case column.Timestamp:
		return stamp(moments(t, 10*epoch))
	case column.Date:
		return pick("2026-11-21", "2026-11-22", "2026-12-01")
	}
	return pick("a", "b", "ab", "B", "7", "")
}

// time is the event time of a record; false: it is null.
func (r record) time() (int64, bool) {
	s := mesh[r.source]
	if s.time == "" {
		return r.stamp, true
	}
	v := r.values[slices.IndexFunc(s.fields, func(f sqlang.Field) bool { return f.Path == s.time })]
	if v == "NULL" {
		return 0, false
	}
	t, err := column.ParseTimestamp([]byte(v))
	return t, err == nil
}

// logs is what makes DuckDB's logs of the records of some sources, and of the
// watermarks: a statement for each.
func logs(sources []int, records []record, marks []watermark) (out []string) {
	for _, i := range sources {
		var rows []string
		for _, r := range records {
			if r.source == i {
				rows = append(rows, r.tuple())
			}
		}
		out = append(out, table(mesh[i].name, mesh[i].columns(), rows))
	}
	var rows []string
	for _, m := range marks {
		rows = append(rows, fmt.Sprintf("(%d, %s)", m.n, m))
	}
	return append(out, table("marks", []string{"_n bigint", "wm timestamp"}, rows))
}

// columns are those of the source's log.
func (s source) columns() (out []string) {
	for _, f := range s.fields {
		out = append(out, f.Path+" "+f.Type.String())
	}
	return append(out, "_timestamp timestamp", "_n bigint", "_e integer", "_gone boolean", "_mark timestamp")
}

// table makes a table of rows, in one statement.
func table(name string, columns, rows []string) string {
	names, casts := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		column, kind, _ := strings.Cut(c, " ")
		names[i], casts[i] = column, "CAST("+column+" AS "+kind+") AS "+column
	}
	end := ""
	if len(rows) == 0 {
		rows, end = []string{"(" + strings.Repeat("NULL, ", len(columns)-1) + "NULL)"}, " LIMIT 0"
	}
	return "CREATE OR REPLACE TABLE " + name + " AS SELECT " + strings.Join(casts, ", ") + " FROM (VALUES " + strings.Join(rows, ", ") + ") AS v(" +
		strings.Join(names, ", ") + ")" + end
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r record) tuple() string {
	var b strings.Builder
	b.WriteByte('(')
	for _, v := range r.values {
		b.WriteString(quoted(v) + ", ")
	}
	mark := watermark{at: r.mark, known: r.marked}
	fmt.Fprintf(&b, "'%s', %d, %d, %t, %s)", stamp(r.stamp), r.n, r.epoch, r.gone, mark)
	return b.String()
}

func quoted(v string) string {
	if v == "NULL" {
		return v
	}
	return "'" + v + "'"
}

// watermark is how far event time had come when an epoch ended.
type watermark struct {
	n     int64 // of what comes next
	at    int64
	known bool
}

// String is the watermark in SQL.
func (w watermark) String() string {
	if !w.known {
		return "NULL::timestamp"
	}
	return "TIMESTAMP '" + stamp(w.at) + "'"
}

// next is the watermark behind some records: the least of the latest times of
// all partitions of the sources that count, less the delay. It never goes back.
func (w watermark) next(records []record, timed map[int]bool, assigned bool) watermark {
	type place struct {
		source    int
		partition int32
	}
	latest := map[place]int64{}
	for _, r := range records {
		at, ok := r.time()
		p := place{r.source, r.partition}
		if was, known := latest[p]; ok && (!known || at > was) {
			latest[p] = at
		}
	}
	out := watermark{n: int64(len(records))}
	for source := range timed {
		seen := 0
		for p, at := range latest {
			if p.source != source {
				continue
			}
			seen++
			if at -= delay.Microseconds(); !out.known || at < out.at {
				out.at, out.known = at, true
			}
		}
		if seen == 0 || assigned && seen < 2 {
			return watermark{n: out.n, at: w.at, known: w.known}
		}
	}
	if w.known && w.at > out.at {
		out.at = w.at
	}
	return out
}
