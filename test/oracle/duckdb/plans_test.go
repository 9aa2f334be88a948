package duckdb_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestPlansAgreeWithDuckDB: a random statement runs over random inserts, updates
// and deletes, in epochs that are kept, undone, or lost with the flow, which is
// then made anew of its changes, each time in another number of shards. At the end of each epoch that is kept, what came
// out makes the rows that DuckDB gives of all that was consumed.
func TestPlansAgreeWithDuckDB(t *testing.T) {
	t.Parallel()
	var compiler sqlang.Compiler
	db := duck(t)
	rapid.Check(t, func(t *rapid.T) {
		s := randomStatement(t)
		plan, err := compiler.Compile(s.ours, meshCatalog{})
		if err != nil {
			t.Fatalf("%s\nis refused: %v", s.ours, err)
		}
		run := newRun(t, plan)
		for epoch := range rapid.IntRange(1, 5).Draw(t, "epochs") {
			run.epoch(epoch)
		}
		run.compare(db, s)
	})
}

// duck is a DuckDB in memory that thinks little about statements, with the logs of
// all sources: empty, and each made anew for a statement that reads it.
func duck(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "?threads=1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	settings := []string{"PRAGMA disable_optimizer"}
	for i := range mesh {
		settings = append(settings, table(mesh[i].name, mesh[i].columns(), nil))
	}
	for _, s := range settings {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// run is a flow with what it was given and what it gave.
type run struct {
	t        *rapid.T
	plan     *sqlang.Plan
	flow     *flow.Flow
	sources  []int // that the plan reads, as mesh has them
	timed    map[int]bool
	assigned bool

	state   map[string]string // as the changelog has it
	kept    []record
	rows    map[string]string // of a table, by their keys
	stream  []string
	marks   []watermark // one for each epoch that was kept
	results [][]string
}

func newRun(t *rapid.T, plan *sqlang.Plan) *run {
	r := &run{t: t, plan: plan, timed: map[int]bool{}, state: map[string]string{}, rows: map[string]string{}, assigned: rapid.Bool().Draw(t, "assigned")}
	for _, in := range plan.Inputs {
		r.sources = append(r.sources, slices.IndexFunc(mesh, func(s source) bool { return "d."+s.name == in.Name }))
	}
	r.findTimed(plan.Root, false)
	r.flow = r.restored()
	return r
}

// findTimed finds the sources whose rows come into windows.
func (r *run) findTimed(n sqlang.Node, within bool) {
	switch n := n.(type) {
	case *sqlang.Scan:
		if within && !n.Table {
			r.timed[r.sources[n.Input]] = true
		}
		return
	case *sqlang.Window, *sqlang.Session:
		within = true
	}
	for _, in := range n.In() {
		r.findTimed(in, within)
	}
}

// together does n things at once.
func together(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// restored is a new flow with the state of the changelog, of any number of shards.
func (r *run) restored() *flow.Flow {
	f, err := flow.NewShards(r.plan, rapid.IntRange(1, 3).Draw(r.t, "shards"), together)
	if err != nil {
		r.t.Fatalf("%s\ndoes not run: %v", r.plan.SQL, err)
	}
	for k, v := range r.state {
		if err := f.Restore([]byte(k), []byte(v)); err != nil {
			r.t.Fatal(err)
		}
	}
	for i := range r.plan.Inputs {
		if r.assigned {
			f.Assign(i, []int32{0, 1})
		}
	}
	return f
}

// epoch gives some records and ends the epoch in one of the ways.
func (r *run) epoch(epoch int) {
	mark := watermark{}
	if len(r.marks) > 0 {
		mark = r.marks[len(r.marks)-1]
	}
	records := slices.Clone(r.kept)
	for range rapid.IntRange(0, 14).Draw(r.t, "records") {
		x := drawn(r.t, r.sources, epoch)
		x.n, x.epoch, x.mark, x.marked = int64(len(records)), len(r.marks), mark.at, mark.known
		records = append(records, x)
	}
	out := r.steps(records[len(r.kept):])
	switch rapid.SampledFrom([]string{"keep", "keep", "undo", "lose", "crash"}).Draw(r.t, "end") {
	case "undo":
		r.flow.Undo()
		return
	case "crash":
		r.flow = r.restored()
		return
	case "lose":
		r.collect()
		r.flow = r.restored()
	default:
		r.collect()
		r.flow.Keep()
	}
	r.kept = records
	r.marks = append(r.marks, mark.next(records, r.timed, r.assigned))
	r.apply(out)
}

func (r *run) collect() {
	for k, v := range r.flow.Changes() {
		if r.state[string(k)] = string(v); v == nil {
			delete(r.state, string(k))
		}
	}
}

// change is a row that came, or went.
type change struct {
	key, row string
	weight   int32
}

// steps gives records to the flow, some of an input together whose places are in
// order, and advances.
func (r *run) steps(records []record) (out []change) {
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].source == records[0].source && records[n].partition >= records[n-1].partition && rapid.IntRange(0, 4).Draw(r.t, "together") > 0 {
			n++
		}
		input := slices.Index(r.sources, records[0].source)
		got, _, err := r.flow.Step(input, r.batch(input, records[:n]))
		if err != nil {
			r.t.Fatalf("%s\nstops: %v", r.plan.SQL, err)
		}
		out, records = append(out, r.changes(got)...), records[n:]
	}
	got, _, err := r.flow.Advance()
	if err != nil {
		r.t.Fatalf("%s\nstops: %v", r.plan.SQL, err)
	}
	return append(out, r.changes(got)...)
}

// batch is records as the scans of an input have them.
func (r *run) batch(input int, records []record) *column.Batch {
	b := &column.Batch{N: len(records)}
	for _, x := range records {
		weight := int32(1)
		if x.gone {
			weight = -1
		}
		b.Weights, b.Time = append(b.Weights, weight), append(b.Time, x.stamp)
		b.From = append(b.From, column.Origin{Input: int32(input), Partition: x.partition, Offset: x.n})
	}
	for _, scan := range r.plan.Scans(input) {
		for k, field := range scan.Fields {
			v := column.Make(scan.Columns[k].Type, len(records))
			for i, x := range records {
				if field == sqlang.TimestampField {
					v.Ints[i] = x.stamp
				} else if err := set(v, i, x.values[field]); err != nil {
					r.t.Fatal(err)
				}
			}
			b.Columns = append(b.Columns, v)
		}
	}
	return b
}

func (r *run) changes(batches []*column.Batch) (out []change) {
	for _, b := range batches {
		for i := range b.N {
			c := change{weight: b.Weight(i)}
			for k, v := range b.Columns {
				text := textOf(v, i)
				c.row += text + " | "
				if slices.Contains(r.plan.Key, k) {
					c.key += text + " | "
				}
			}
			out = append(out, c)
		}
	}
	return out
}

// apply makes rows of what came out.
func (r *run) apply(changes []change) {
	for _, c := range changes {
		switch {
		case r.plan.Mode == sqlang.Append && c.weight == 1:
			r.stream = append(r.stream, c.row)
		case r.plan.Mode == sqlang.Upsert && c.weight == 1:
			r.rows[c.key] = c.row
		case r.plan.Mode == sqlang.Upsert && c.weight == -1 && r.rows[c.key] != "":
			delete(r.rows, c.key)
		default:
			r.t.Fatalf("%s\ngives %+v where there is no such row", r.plan.SQL, c)
		}
	}
	rows := slices.Clone(r.stream)
	if r.plan.Mode == sqlang.Upsert {
		rows = slices.Collect(maps.Values(r.rows))
	}
	slices.Sort(rows)
	r.results = append(r.results, rows)
}

// compare asks DuckDB for the rows at the end of each epoch that was kept.
func (r *run) compare(db *sql.DB, s statement) {
	if len(r.results) == 0 {
		return
	}
	ctx := context.Background() // the test has a deadline
	for _, table := range logs(r.sources, r.kept, r.marks) {
		if _, err := db.ExecContext(ctx, table); err != nil {
			r.t.Fatalf("%s\n%v", table, err)
		}
	}
	for _, x := range s.sessions {
		if err := r.hold(ctx, db, x); err != nil {
			r.t.Fatal(err)
		}
	}
	for e, ours := range r.results {
		query := strings.NewReplacer("{E}", strconv.Itoa(e), "{W}", r.marks[e].String()).Replace(s.theirs)
		theirs, err := r.ask(ctx, db, query)
		if err != nil {
			r.t.Fatalf("%s\nDuckDB does not run\n%s\n%v", s.ours, query, err)
		}
		if !slices.Equal(ours, theirs) {
			r.t.Fatalf("%s\n\nafter epoch %d gives\n%s\nand not, as DuckDB says,\n%s\n\nof %s\nwatermarks %v\n\n%s\n\n%s", s.ours, e,
				lines(ours, theirs), lines(theirs, ours), r.given(e), r.marks[:e+1], r.plan, query)
		}
	}
}

// lines are the rows that the other does not have.
func lines(rows, other []string) string {
	rest := slices.Clone(other)
	var b strings.Builder
	for _, row := range rows {
		if i := slices.Index(rest, row); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
			continue
		}
		b.WriteString("  " + row + "\n")
	}
	return b.String()
}

// given is what was consumed until an epoch.
func (r *run) given(epoch int) string {
	var b strings.Builder
	for _, x := range r.kept {
		if x.epoch <= epoch {
			word := ""
			if x.gone {
				word = "gone "
			}
			fmt.Fprintf(&b, "\n  %d, epoch %d: %s%s/%d %s at %s", x.n, x.epoch, word, mesh[x.source].name, x.partition, strings.Join(x.values, " "), stamp(x.stamp))
		}
	}
	return b.String()
}

// ask gives the rows of a query in order.
func (r *run) ask(ctx context.Context, db *sql.DB, query string) ([]string, error) {
	found, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	values := make([]sql.NullString, len(r.plan.Columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	rows := []string{}
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		row := ""
		for i, v := range values {
			row += theirText(r.plan.Columns[i].Type.Kind, v) + " | "
		}
		rows = append(rows, row)
	}
	slices.Sort(rows)
	return rows, found.Err()
}

// theirText is a value of DuckDB's as textOf has ours.
func theirText(k column.Kind, v sql.NullString) string {
	if !v.Valid {
		return "NULL"
	}
	switch k {
	case column.Decimal:
		return plain(v.String)
	case column.Float64:
		f, err := strconv.ParseFloat(v.String, 64)
		if err == nil {
			return number(f)
		}
	}
	return v.String
}

// plain is a number without zeros that say nothing.
func plain(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func number(f float64) string {
	if f == 0 {
		f = 0 // of -0 too
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// textOf is a value as text.
func textOf(v *column.Vector, i int) string {
	if v.IsNull(i) {
		return "NULL"
	}
	switch v.Kind {
	case column.Bool:
		return strconv.FormatBool(v.Ints[i] != 0)
	case column.Float64:
		return number(v.Floats[i])
	case column.Decimal:
		return plain(string(v.Decimals[i].AppendDecimal(nil, v.Scale)))
	case column.Timestamp:
		return stamp(v.Ints[i])
	case column.Date:
		return time.Unix(v.Ints[i]*86400, 0).UTC().Format(time.DateOnly)
	case column.Text:
		return string(v.Texts[i])
	}
	return strconv.FormatInt(v.Ints[i], 10)
}
