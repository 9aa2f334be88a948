package flow_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// countsOf counts the numbers of a stream.
func countsOf() *sqlang.Plan {
	return planOfTwo(&sqlang.Group{Of: scanOf(0, false), WindowEnd: -1, Keys: []*sqlang.Expr{ref(0, bigint)},
		Aggregates: []sqlang.Aggregate{{Func: "count", Type: bigint}}, Columns: columnsOf(bigint, bigint)}, sqlang.Upsert, 0)
}

// origins are records of one number, of the partitions that are given.
func origins(n int64, from ...column.Origin) *column.Batch {
	var rows []change
	for range from {
		rows = append(rows, change{row: []*int64{&n, &n}})
	}
	b := batchOf(rows)
	b.From = from
	return b
}

// TestAGroupNamesItsRecords: of each partition the first and the last record that
// came into it, and how many did, through epochs that are kept, undone and lost.
func TestAGroupNamesItsRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f, state := mustNew(t, countsOf()), map[string]string{}
		want, next := map[int64][]column.Range{}, [3]int64{}
		for range rapid.IntRange(1, 12).Draw(t, "epochs") {
			n, p := rapid.Int64Range(0, 2).Draw(t, "number"), rapid.Int32Range(0, 2).Draw(t, "partition")
			next[p] += rapid.Int64Range(0, 3).Draw(t, "others between")
			out, _, err := f.Step(0, origins(n, column.Origin{Partition: p, Offset: next[p]}))
			if err != nil {
				t.Fatal(err)
			}
			named := column.Range{Partition: p, First: next[p], Last: next[p], Count: 1}
			now := []column.Range{named}
			for _, r := range want[n] {
				if r.Partition == p {
					now[0].First, now[0].Count = r.First, r.Count+1
				} else {
					now = append(now, r)
				}
			}
			slices.SortFunc(now, func(a, b column.Range) int { return int(a.Partition - b.Partition) })
			if d := cmp.Diff([][]column.Range{now}, out[0].Made); d != "" {
				t.Fatal(d)
			}
			switch rapid.SampledFrom([]string{"keep", "undo", "lose"}).Draw(t, "end") {
			case "undo":
				f.Undo()
				continue
			case "lose":
				collect(f, state)
				f = restored(t, countsOf(), state)
			default:
				collect(f, state)
				f.Keep()
			}
			want[n] = now
			next[p]++
		}
	})
}

// TestARowNamesSomePartitions: of the others it counts the records, also when it
// comes out of a join.
func TestARowNamesSomePartitions(t *testing.T) {
	t.Parallel()
	var from []column.Origin
	for k := range int32(weir.MaxProvenance + 36) {
		from = append(from, column.Origin{Partition: k, Offset: 7})
	}
	f := mustNew(t, countsOf())
	var made []column.Range
	for range 2 {
		out, _, err := f.Step(0, origins(1, from...))
		if err != nil {
			t.Fatal(err)
		}
		made = out[0].Made[0]
		for i := range from {
			from[i].Offset++
		}
	}
	last := made[weir.MaxProvenance]
	if len(made) != weir.MaxProvenance+1 || last.Input != column.Further || last.Count != 72 || made[63] != (column.Range{Partition: 63, First: 7, Last: 8, Count: 2}) {
		t.Fatalf("%d places, the last ones %v", len(made), made[63:])
	}
	joined := mustNew(t, countsAndTable())
	if _, _, err := joined.Step(0, origins(1, from...)); err != nil {
		t.Fatal(err)
	}
	out, _, err := joined.Step(1, origins(1, column.Origin{Input: 1, Offset: 5}))
	if err != nil || len(out[0].Made[0]) != weir.MaxProvenance+1 || out[0].Made[0][weir.MaxProvenance].Count != 36+1 {
		t.Fatal(out, err)
	}
}

// countsAndTable joins countsOf with a table.
func countsAndTable() *sqlang.Plan {
	return planOfTwo(&sqlang.Join{Left: countsOf().Root, Right: scanOf(1, true), LeftKey: []*sqlang.Expr{ref(0, bigint)}, RightKey: []*sqlang.Expr{ref(0, bigint)},
		Columns: columnsOf(bigint, bigint, bigint, bigint)}, sqlang.Upsert, 0)
}

// TestAJoinNamesBothSides: what a row of a table over groups was made of is that
// of the group and of the other side, and stays so when the state is restored.
func TestAJoinNamesBothSides(t *testing.T) {
	t.Parallel()
	f := mustNew(t, countsAndTable())
	if _, _, err := f.Step(0, origins(1, column.Origin{Partition: 2, Offset: 4}, column.Origin{Partition: 2, Offset: 9}, column.Origin{Partition: 3, Offset: 1})); err != nil {
		t.Fatal(err)
	}
	state := map[string]string{}
	collect(f, state)
	again, err := flow.NewShards(countsAndTable(), 3, atOnce)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range state {
		if err := again.Restore([]byte(k), []byte(v)); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []*flow.Flow{f, again} {
		out, _, err := f.Step(1, origins(1, column.Origin{Input: 1, Offset: 5}))
		if err != nil || len(out) != 1 {
			t.Fatal(out, err)
		}
		if got := fmt.Sprint(from(out[0], 0)); got != " (0:4-9/2) (0:1-1/1) (1:5-5/1)" {
			t.Fatal(got)
		}
	}
}

// TestRowsOfJoinedWindowsHaveTheirTime: that of the last record of the left.
func TestRowsOfJoinedWindowsHaveTheirTime(t *testing.T) {
	t.Parallel()
	f := mustNew(t, windowed(&sqlang.Join{Left: perWindow(0), Right: perWindow(1), LeftKey: []*sqlang.Expr{ref(1, timestamp)}, RightKey: []*sqlang.Expr{ref(1, timestamp)},
		Columns: columnsOf(bigint, timestamp, bigint, bigint, timestamp, bigint)}))
	for _, c := range []change{at(0, 3, 7), at(0, 8, 7), at(1, 4, 9), at(0, 30, 1), at(1, 30, 1)} {
		b := batchOf([]change{c})
		b.Time[0], b.From[0].Offset = *c.row[0], *c.row[0]
		if _, _, err := f.Step(c.input, b); err != nil {
			t.Fatal(err)
		}
	}
	out, _, err := f.Advance()
	if err != nil || len(out) != 1 || out[0].N != 1 {
		t.Fatal(out, err)
	}
	if got := from(out[0], 0); out[0].Time[0] != 8 || out[0].From[0].Offset != 8 || got != " (0:3-8/2) (1:4-4/1)" {
		t.Fatalf("at %d, of %v, made of %s", out[0].Time[0], out[0].From[0], got)
	}
}
