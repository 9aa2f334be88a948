package flow_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// perWindow counts the numbers of each window of ten microseconds: number,
// end, how many.
func perWindow(input int) *sqlang.Group {
	scan := &sqlang.Scan{Input: input, Fields: []int{0, 1}, Columns: columnsOf(timestamp, bigint), Time: 0}
	w := &sqlang.Window{Of: scan, Time: 0, Size: 10, Slide: 10, Columns: columnsOf(timestamp, bigint, timestamp, timestamp)}
	return &sqlang.Group{Of: w, WindowEnd: 1, Keys: []*sqlang.Expr{ref(1, bigint), ref(3, timestamp)},
		Aggregates: []sqlang.Aggregate{{Func: "count", Type: bigint}}, Columns: columnsOf(bigint, timestamp, bigint)}
}

func windowed(root sqlang.Node) *sqlang.Plan {
	p := planOfTwo(root, sqlang.Append)
	p.EventTime = 1
	return p
}

// at is a record with a time and a number.
func at(input int, time, n int64) change {
	return change{input: input, row: []*int64{&time, &n}}
}

// feed gives each input its records, moves the watermark on and says what came.
func feed(t *testing.T, f *flow.Flow, in ...change) []string {
	t.Helper()
	for input := range 2 {
		var of []change
		for _, c := range in {
			if c.input == input {
				of = append(of, c)
			}
		}
		if len(of) == 0 {
			continue
		}
		if out, failed, err := f.Step(input, batchOf(of)); err != nil || len(out)+len(notLate(failed)) > 0 {
			t.Fatal(out, failed, err)
		}
	}
	out, _, err := f.Advance()
	if err != nil {
		t.Fatal(err)
	}
	return marked(out)
}

// TestTheFirstOfAWindowComesOnce: the row with the greatest count of each window
// is a stream, and nothing of it is kept.
func TestTheFirstOfAWindowComesOnce(t *testing.T) {
	t.Parallel()
	f := mustNew(t, windowed(&sqlang.Top{
		Of: perWindow(0), Partition: []*sqlang.Expr{ref(1, timestamp)}, Order: []sqlang.Order{{Expr: ref(2, bigint), Descending: true}, {Expr: ref(0, bigint)}},
		N: 1, Columns: columnsOf(bigint, timestamp, bigint),
	}))
	got := [][]string{
		feed(t, f, at(0, 1, 7), at(0, 2, 8), at(0, 3, 8), at(0, 11, 5)),
		feed(t, f, at(0, 12, 9), at(0, 13, 4), at(0, 30, 1)),
		feed(t, f, at(0, 14, 4), at(0, 31, 1)),
	}
	want := [][]string{{"+1 8 1970-01-01 00:00:00.00001 2"}, {"+1 4 1970-01-01 00:00:00.00002 1"}, nil}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if f.Keep(); f.State() > 1000 {
		t.Fatalf("%d bytes are kept", f.State())
	}
	if f.Late() != 1 {
		t.Fatalf("%d late", f.Late())
	}
}

// TestWindowsAreJoinedOnce: groups of two inputs meet in their window; a left one
// without a partner comes once, too, and nothing is kept.
func TestWindowsAreJoinedOnce(t *testing.T) {
	t.Parallel()
	f := mustNew(t, windowed(&sqlang.Join{
		Left: perWindow(0), Right: perWindow(1), Outer: true, LeftKey: []*sqlang.Expr{ref(0, bigint), ref(1, timestamp)},
		RightKey: []*sqlang.Expr{ref(0, bigint), ref(1, timestamp)}, Columns: columnsOf(bigint, timestamp, bigint, bigint, timestamp, bigint),
	}))
	got := [][]string{
		feed(t, f, at(0, 1, 7), at(0, 2, 8), at(1, 5, 8), at(1, 6, 8), at(0, 15, 8)),
		feed(t, f, at(1, 12, 8)),
		feed(t, f, at(0, 30, 1), at(1, 30, 1)),
	}
	want := [][]string{
		nil, // the watermark is the least of both inputs
		{"+1 7 1970-01-01 00:00:00.00001 1 NULL NULL NULL", "+1 8 1970-01-01 00:00:00.00001 1 8 1970-01-01 00:00:00.00001 2"},
		{"+1 8 1970-01-01 00:00:00.00002 1 8 1970-01-01 00:00:00.00002 1"},
	}
	for _, rows := range got {
		slices.Sort(rows)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}
