package flow_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestGroupsOfWindowsAreGroupedAgainOnce: the greatest count of each window comes
// with it, and nothing of it is kept.
func TestGroupsOfWindowsAreGroupedAgainOnce(t *testing.T) {
	t.Parallel()
	f := mustNew(t, windowed(&sqlang.Group{
		Of: perWindow(0), WindowEnd: 0, Keys: []*sqlang.Expr{ref(1, timestamp)},
		Aggregates: []sqlang.Aggregate{{Func: "max", Arg: ref(2, bigint), Type: bigint}}, Columns: columnsOf(timestamp, bigint),
	}))
	got := [][]string{
		feed(t, f, at(0, 1, 7), at(0, 2, 8), at(0, 3, 8), at(0, 11, 5)),
		feed(t, f, at(0, 12, 9), at(0, 30, 1)),
	}
	want := [][]string{{"+1 1970-01-01 00:00:00.00001 2"}, {"+1 1970-01-01 00:00:00.00002 1"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if f.Keep(); f.State() > 1000 {
		t.Fatalf("%d bytes are kept", f.State())
	}
}
