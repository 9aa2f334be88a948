package flow_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// change is one record of an input: numbers, of which nil is null; in a table
// one that is gone has its key alone.
type change struct {
	input     int
	row       []*int64
	gone      bool
	partition int32
	advance   bool // no record: the watermark moves on
}

// batchOf is records of one input as a batch.
func batchOf(changes []change) *column.Batch {
	b := &column.Batch{N: len(changes), Weights: make([]int32, len(changes)), Time: make([]int64, len(changes))}
	for k := range changes[0].row {
		v := column.Make(bigint, len(changes))
		for i, c := range changes {
			if c.row[k] == nil || c.gone && k > 0 {
				v.SetNull(i)
			} else {
				v.Ints[i] = *c.row[k]
			}
		}
		b.Columns = append(b.Columns, v)
	}
	for i, c := range changes {
		b.Weights[i] = 1
		if c.gone {
			b.Weights[i] = -1
		}
		b.From = append(b.From, column.Origin{Input: int32(c.input), Partition: c.partition, Offset: int64(i)})
	}
	return b
}

// epochs runs random records through a flow whose epochs are kept, undone, or
// lost with the flow, which is then made anew of its changes. After each kept
// one, check gets all records that were kept, and what came out, batch by batch,
// of those.
func epochs(t *rapid.T, plan func() *sqlang.Plan, record *rapid.Generator[change], check func(in []change, out []string)) {
	f := mustNew(t, plan())
	kept, state := []change{}, map[string]string{}
	var told []string
	for range rapid.IntRange(1, 6).Draw(t, "epochs") {
		var in []change
		var out []string
		for range rapid.IntRange(0, 4).Draw(t, "steps") {
			input := record.Draw(t, "first")
			step := []change{input}
			for range rapid.IntRange(0, 5).Draw(t, "more") {
				if c := record.Draw(t, "record"); c.input == input.input {
					step = append(step, c)
				}
			}
			got, failed, err := f.Step(input.input, batchOf(step))
			if err != nil {
				t.Fatal(err)
			}
			if failed = notLate(failed); len(failed) > 0 {
				t.Fatalf("failed: %v", failed[0].Err)
			}
			in, out = append(in, step...), append(out, marked(got)...)
		}
		if p := plan(); p.EventTime >= 0 {
			got, _, err := f.Advance()
			if err != nil {
				t.Fatal(err)
			}
			in, out = append(in, change{advance: true}), append(out, marked(got)...)
		}
		switch rapid.SampledFrom([]string{"keep", "keep", "undo", "lose", "crash"}).Draw(t, "end") {
		case "undo":
			f.Undo()
			continue
		case "crash":
			f = restored(t, plan(), state)
			continue
		case "lose":
			collect(f, state)
			f = restored(t, plan(), state)
		default:
			collect(f, state)
			f.Keep()
		}
		kept, told = append(kept, in...), append(told, out...)
		check(kept, told)
	}
}

// notLate are the rows that failed, without those that came late.
func notLate(failed []flow.Failed) []flow.Failed {
	return slices.DeleteFunc(failed, func(x flow.Failed) bool { return errors.Is(x.Err, flow.ErrLate) })
}

func collect(f *flow.Flow, state map[string]string) {
	for k, v := range f.Changes() {
		if v == nil {
			delete(state, string(k))
		} else {
			state[string(k)] = string(v)
		}
	}
}

func restored(t *rapid.T, p *sqlang.Plan, state map[string]string) *flow.Flow {
	f := mustNew(t, p)
	for k, v := range state {
		if err := f.Restore([]byte(k), []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// marked is the rows of batches, each with its weight before it.
func marked(batches []*column.Batch) (out []string) {
	for _, b := range batches {
		for i := range b.N {
			row := fmt.Sprintf("%+d", b.Weight(i))
			for _, c := range b.Columns {
				row += " " + flow.Texts(c)[i]
			}
			out = append(out, row)
		}
	}
	return out
}

// table is what a table that makes out has at the end: the rows by their keys,
// which are the first columns.
func table(t *rapid.T, out []string, keys int) map[string]string {
	rows := map[string]string{}
	for _, r := range out {
		var words []string
		for w := range wordsOf(r[3:]) {
			words = append(words, w)
		}
		key := fmt.Sprint(words[:keys])
		switch r[:2] {
		case "+1":
			rows[key] = r[3:]
		case "-1":
			if _, ok := rows[key]; !ok {
				t.Fatalf("a row went that was not there: %s", r)
			}
			delete(rows, key)
		default:
			t.Fatalf("a weight: %s", r)
		}
	}
	return rows
}

func wordsOf(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for w := ""; s != ""; {
			if _, err := fmt.Sscan(s, &w); err != nil || !yield(w) {
				return
			}
			s = s[min(len(s), len(w)+1):]
		}
	}
}

func some(v int64) *int64 { return &v }

// small are numbers that meet often, and nulls.
func small(most int64) *rapid.Generator[*int64] {
	return rapid.Custom(func(t *rapid.T) *int64 {
		v := rapid.Int64Range(-1, most).Draw(t, "v")
		if v < 0 {
			return nil
		}
		return &v
	})
}

// records are those of a stream 0 (key, number) and a table 1 (key, number).
func records(streams ...bool) *rapid.Generator[change] {
	return rapid.Custom(func(t *rapid.T) change {
		input := rapid.IntRange(0, len(streams)-1).Draw(t, "input")
		c := change{input: input, row: []*int64{small(4).Draw(t, "key"), small(3).Draw(t, "number")}}
		if !streams[input] {
			c.row[0] = some(rapid.Int64Range(0, 4).Draw(t, "key of a table"))
			c.gone = rapid.IntRange(0, 3).Draw(t, "gone") == 0
		}
		return c
	})
}

func show(v *int64) string {
	if v == nil {
		return "NULL"
	}
	return fmt.Sprint(*v)
}

func scanOf(input int, isTable bool) *sqlang.Scan {
	s := &sqlang.Scan{Input: input, Fields: []int{0, 1}, Columns: columnsOf(bigint, bigint), Table: isTable, Time: -1}
	if isTable {
		s.Key = []int{0}
	}
	return s
}

func planOfTwo(root sqlang.Node, mode sqlang.Mode, key ...int) *sqlang.Plan {
	p := planOf(root)
	p.Inputs = append(p.Inputs, &sqlang.Input{Name: "d.q"})
	p.Mode, p.Key = mode, key
	return p
}

// TestLookupsSeeTheTableAsItIs: a row of the stream is paired with the row that
// the table has when it comes, through epochs that are kept, undone or lost.
func TestLookupsSeeTheTableAsItIs(t *testing.T) {
	t.Parallel()
	cond := func() *sqlang.Expr { return fn(boolean, "<(bigint,bigint)", ref(1, bigint), ref(3, bigint)) }
	tests := []struct {
		name      string
		outer     bool
		cond      bool
		subselect bool // the table is a subquery
	}{
		{"inner", false, false, false}, {"left", true, false, false}, {"inner with a condition", false, true, false},
		{"left with a condition", true, true, false}, {"inner, of a subquery", false, false, true}, {"left with a condition, of a subquery", true, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan := func() *sqlang.Plan {
				j := &sqlang.Join{Left: scanOf(0, false), Right: scanOf(1, true), Lookup: true, Outer: tt.outer,
					LeftKey: []*sqlang.Expr{ref(0, bigint)}, RightKey: []*sqlang.Expr{ref(0, bigint)}, Columns: columnsOf(bigint, bigint, bigint, bigint)}
				if tt.subselect {
					j.Right = &sqlang.Filter{Of: j.Right, Cond: fn(boolean, "is not null(bigint)", ref(1, bigint))}
				}
				if tt.cond {
					j.Cond = cond()
				}
				return planOfTwo(j, sqlang.Append)
			}
			rapid.Check(t, func(t *rapid.T) {
				epochs(t, plan, records(true, false), func(in []change, out []string) {
					if d := cmp.Diff(lookedUp(in, tt.outer, tt.cond, tt.subselect), out); d != "" {
						t.Fatal(d)
					}
				})
			})
		})
	}
}

func lookedUp(in []change, outer, cond, notNull bool) (out []string) {
	rows := map[int64]*int64{}
	for _, c := range in {
		key, v := c.row[0], c.row[1]
		if c.input == 1 {
			rows[*key] = v
			if c.gone {
				delete(rows, *key)
			}
			continue
		}
		var other *int64
		found := false
		if key != nil {
			other, found = rows[*key]
		}
		if notNull && other == nil || cond && (other == nil || v == nil || *v >= *other) {
			found = false
		}
		switch {
		case found:
			out = append(out, fmt.Sprintf("+1 %s %s %s %s", show(key), show(v), show(key), show(other)))
		case outer:
			out = append(out, fmt.Sprintf("+1 %s %s NULL NULL", show(key), show(v)))
		}
	}
	return out
}

// TestTablesStayTables: a filter and a projection of a table make the table that
// they would make of all its rows at once; a row that is filtered away goes.
func TestTablesStayTables(t *testing.T) {
	t.Parallel()
	plan := func() *sqlang.Plan {
		root := &sqlang.Project{
			Of:      &sqlang.Filter{Of: scanOf(0, true), Cond: fn(boolean, ">(bigint,bigint)", ref(1, bigint), number(0))},
			Exprs:   []*sqlang.Expr{ref(0, bigint), fn(bigint, "*(bigint,bigint)", ref(1, bigint), number(2))},
			Columns: columnsOf(bigint, bigint),
		}
		p := planOf(root)
		p.Mode, p.Key = sqlang.Upsert, []int{0}
		return p
	}
	rapid.Check(t, func(t *rapid.T) {
		epochs(t, plan, records(false), func(in []change, out []string) {
			want := map[string]string{}
			for _, c := range in {
				key := "[" + show(c.row[0]) + "]"
				delete(want, key)
				if !c.gone && c.row[1] != nil && *c.row[1] > 0 {
					want[key] = fmt.Sprintf("%d %d", *c.row[0], *c.row[1]*2)
				}
			}
			if d := cmp.Diff(want, table(t, out, 1)); d != "" {
				t.Fatal(d)
			}
		})
	})
}

// TestStateIsBounded: what needs more than it may stops with a way out, and
// going back frees it.
func TestStateIsBounded(t *testing.T) {
	t.Parallel()
	p := planOf(scanOf(0, true))
	p.Mode, p.Key = sqlang.Upsert, []int{0}
	f := mustNew(t, p)
	f.Bound(100_000)
	for k := int64(0); ; k++ {
		_, _, err := f.Step(0, batchOf([]change{{row: []*int64{&k, &k}}}))
		if err != nil {
			break
		}
		if f.Keep(); k > 10_000 {
			t.Fatalf("%d keys in %d bytes", k, f.State())
		}
	}
	before := f.State()
	if f.Undo(); f.State() >= before || f.State() > 100_000 {
		t.Fatalf("%d bytes, %d before", f.State(), before)
	}
	if n := len(slices.Collect(maps.Keys(maps.Collect(asStrings(f))))); n != 0 {
		t.Fatalf("%d changes", n)
	}
}

func asStrings(f *flow.Flow) func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		for k, v := range f.Changes() {
			if !yield(string(k), string(v)) {
				return
			}
		}
	}
}
