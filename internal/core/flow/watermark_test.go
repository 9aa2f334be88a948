package flow_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

var timestamp = column.Type{Kind: column.Timestamp}

// windowPlan groups (time, number) by the windows of the time and the number's
// remainder by two; a row may come 2 microseconds late.
func windowPlan(size, slide int64) *sqlang.Plan {
	columns := columnsOf(bigint, bigint)
	columns[0].Type = timestamp
	scan := &sqlang.Scan{Fields: []int{0, 1}, Columns: columns, Time: 0}
	windowed := slices.Concat(columns, columnsOf(timestamp, timestamp))
	w := &sqlang.Window{Of: scan, Time: 0, Size: size, Slide: slide, Columns: windowed}
	g := &sqlang.Group{
		Of: w, WindowEnd: 1,
		Keys:       []*sqlang.Expr{fn(bigint, "%(bigint,bigint)", ref(1, bigint), number(2)), ref(3, timestamp)},
		Aggregates: allAggregates(),
	}
	g.Columns = columnsOf(bigint, timestamp)
	for _, a := range g.Aggregates {
		g.Columns = append(g.Columns, columnsOf(a.Type)...)
	}
	p := planOf(g)
	p.Inputs[0].Delay = weir.Duration(2 * time.Microsecond)
	p.EventTime = 1
	return p
}

// TestWindowsAreGivenOnce: each window's groups come once, when the watermark
// has passed its end, with all rows that were not late; through epochs that are
// kept, undone or lost.
func TestWindowsAreGivenOnce(t *testing.T) {
	t.Parallel()
	record := rapid.Custom(func(t *rapid.T) change {
		return change{
			row:       []*int64{some(rapid.Int64Range(-8, 40).Draw(t, "time")), small(5).Draw(t, "number")},
			partition: rapid.Int32Range(0, 1).Draw(t, "partition"),
		}
	})
	for _, w := range [][2]int64{{5, 5}, {6, 2}, {7, 3}} {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			t.Parallel()
			plan := func() *sqlang.Plan { return windowPlan(w[0], w[1]) }
			rapid.Check(t, func(t *rapid.T) {
				epochs(t, plan, record, func(in []change, out []string) {
					if d := cmp.Diff(closedWindows(in, w[0], w[1]), out); d != "" {
						t.Fatal(d)
					}
				})
			})
		})
	}
}

// windowKey is a group, in the order in which they come.
type windowKey struct {
	end int64
	key string
}

func closedWindows(in []change, size, slide int64) (out []string) {
	groups := map[windowKey][]*int64{}
	latest := map[int32]int64{}
	const never = -1 << 62
	mark := int64(never)
	for _, c := range in {
		if c.advance {
			mark = max(mark, leastOf(latest, never)-2)
			out = append(out, closeAt(groups, mark)...)
			continue
		}
		at := *c.row[0]
		if was, ok := latest[c.partition]; !ok || at > was {
			latest[c.partition] = at
		}
		for end := at - at%slide - slide - size; end <= at+size; end++ {
			if start := end - size; start%slide == 0 && start <= at && at < end && end > mark {
				key := "NULL"
				if c.row[1] != nil {
					key = fmt.Sprint(*c.row[1] % 2)
				}
				groups[windowKey{end, key}] = append(groups[windowKey{end, key}], c.row[1])
			}
		}
	}
	return out
}

func leastOf(latest map[int32]int64, never int64) int64 {
	least, any := never, false
	for _, t := range latest {
		if !any || t < least {
			least, any = t, true
		}
	}
	return least
}

func closeAt(groups map[windowKey][]*int64, mark int64) (out []string) {
	var keys []windowKey
	for k := range groups {
		if k.end <= mark {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b windowKey) int {
		if a.end != b.end {
			return int(a.end - b.end)
		}
		order := []string{"NULL", "0", "1"}
		return slices.Index(order, a.key) - slices.Index(order, b.key)
	})
	for _, k := range keys {
		end := time.UnixMicro(k.end).UTC().Format("2006-01-02 15:04:05.999999")
		out = append(out, fmt.Sprintf("+1 %s %s %s", k.key, end, folded(groups[k])))
		delete(groups, k)
	}
	return out
}

// rowAt is a record of a partition with a time.
func rowAt(partition int32, t int64) change {
	return change{row: []*int64{some(t), some(1)}, partition: partition}
}

func mustStep(t *testing.T, f *flow.Flow, in ...change) {
	t.Helper()
	if _, failed, err := f.Step(0, batchOf(in)); err != nil || len(failed) > 0 {
		t.Fatal(err, failed)
	}
}

func mustAdvance(t *testing.T, f *flow.Flow) int {
	t.Helper()
	out, _, err := f.Advance()
	if err != nil {
		t.Fatal(err)
	}
	return len(marked(out))
}

// TestTheWatermarkWaits: for every partition that was assigned, and for none
// that is idle; late rows are counted.
func TestTheWatermarkWaits(t *testing.T) {
	t.Parallel()
	f := mustNew(t, windowPlan(10, 10))
	f.Assign(0, []int32{0, 1, 2})
	mustStep(t, f, rowAt(0, 5), rowAt(0, 30), rowAt(1, 25))
	if n := mustAdvance(t, f); n != 0 {
		t.Fatalf("%d rows before partition 2 was heard of", n)
	}
	if _, ok := f.Watermark(); ok {
		t.Fatal("a watermark without partition 2")
	}
	f.Idle(0, 2, true)
	if n := mustAdvance(t, f); n != 1 {
		t.Fatalf("%d rows, want the window of 5", n)
	}
	if w, ok := f.Watermark(); !ok || w != 23 {
		t.Fatalf("watermark %d, want 25-2", w)
	}
	_, failed, err := f.Step(0, batchOf([]change{rowAt(2, 7), rowAt(1, 9), rowAt(1, 21)}))
	if err != nil || f.Late() != 2 || len(failed) != 2 || !errors.Is(failed[0].Err, flow.ErrLate) || failed[0].Origin.Offset != 1 {
		t.Fatalf("%d late rows, want 2; %v, %v", f.Late(), failed, err)
	}
	f.Idle(0, 2, false)
	mustStep(t, f, rowAt(0, 99), rowAt(1, 99))
	if n := mustAdvance(t, f); n != 0 {
		t.Fatalf("%d rows while partition 2 is at 7", n)
	}
	mustStep(t, f, rowAt(2, 99))
	if n := mustAdvance(t, f); n != 2 {
		t.Fatalf("%d rows, want the windows of 21 and 30", n)
	}
}

// TestALateRowIsHandedOutOnce: also if it is too late for several windows, and
// in time for another.
func TestALateRowIsHandedOutOnce(t *testing.T) {
	t.Parallel()
	f := mustNew(t, windowPlan(12, 3))
	mustStep(t, f, rowAt(0, 30))
	mustAdvance(t, f) // the watermark is 28
	_, failed, err := f.Step(0, batchOf([]change{rowAt(0, 20), rowAt(0, 21), rowAt(0, 27)}))
	if err != nil || f.Late() != 2 || len(failed) != 2 || failed[0].Origin.Offset != 0 || failed[1].Origin.Offset != 1 {
		t.Fatalf("%d late rows, want 2; %v, %v", f.Late(), failed, err)
	}
	if !strings.Contains(failed[0].Err.Error(), "ends at 1970-01-01T00:00:00.000021Z was given when the watermark was 1970-01-01T00:00:00.000028Z") {
		t.Error(failed[0].Err)
	}
}

// TestWhatIsCompleteIsGiven: when nothing follows, every window that is open is
// given once.
func TestWhatIsCompleteIsGiven(t *testing.T) {
	t.Parallel()
	f := mustNew(t, windowPlan(10, 10))
	mustStep(t, f, rowAt(0, 5), rowAt(0, 15), rowAt(1, 25))
	for _, want := range []int{3, 0} {
		out, failed, err := f.Complete()
		if err != nil || len(failed) > 0 {
			t.Fatal(err, failed)
		}
		n := 0
		for _, b := range out {
			n += b.N
		}
		if n != want {
			t.Fatalf("%d rows, want %d", n, want)
		}
	}
}

// TestRowsWithoutTimeFail: a row whose event time is null is in no window.
func TestRowsWithoutTimeFail(t *testing.T) {
	t.Parallel()
	f := mustNew(t, windowPlan(10, 10))
	_, failed, err := f.Step(0, batchOf([]change{{row: []*int64{nil, some(1)}}, rowAt(0, 1)}))
	if err != nil || len(failed) != 1 || failed[0].Origin.Offset != 0 {
		t.Fatal(err, failed)
	}
}
