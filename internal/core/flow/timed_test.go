package flow_test

import (
	"testing"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestTheTimesOfWindowsAloneCount: a stream that is read for windows, and once
// more without its event time, has the watermark of its event time. The records'
// own times, which may be later, close no window.
func TestTheTimesOfWindowsAloneCount(t *testing.T) {
	t.Parallel()
	var compiler sqlang.Compiler
	plan, err := compiler.Compile(`SELECT window_start AS at, count(*) AS n FROM TUMBLE(shop.orders, created, INTERVAL '1 minute')
		GROUP BY window_start, window_end UNION ALL SELECT TIMESTAMP '2026-01-01' AS at, id AS n FROM shop.orders`, newShop())
	if err != nil {
		t.Fatal(err)
	}
	const minute = 60_000_000
	b := &column.Batch{N: 1, Time: []int64{1000 * minute}, From: make([]column.Origin, 1)}
	for _, scan := range plan.Scans(0) {
		for _, c := range scan.Columns {
			v := column.Make(c.Type, 1)
			if c.Type.Kind == column.Timestamp {
				v.Ints[0] = 3 * minute
			}
			b.Columns = append(b.Columns, v)
		}
	}
	f := mustNew(t, plan)
	if _, _, err := f.Step(0, b); err != nil {
		t.Fatal(err)
	}
	out, _, err := f.Advance()
	if err != nil || len(out) > 0 {
		t.Errorf("%d batches of windows that are open, %v", len(out), err)
	}
	if mark, _ := f.Watermark(); mark != 3*minute-5_000_000 {
		t.Errorf("the watermark is %d", mark)
	}
}
