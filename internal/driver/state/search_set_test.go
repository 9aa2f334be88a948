package state_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/driver/state"
)

// Few documents and many are kept in two ways, which nobody can tell apart.
func TestFewDocumentsAreASetToo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const all = 1000
		ids := func(label string, most int) []uint32 {
			return rapid.SliceOfN(rapid.Uint32Range(0, all-1), 0, most).Draw(t, label)
		}
		in, others := ids("in", 300), ids("others", rapid.SampledFrom([]int{3, 20, 300}).Draw(t, "most"))
		var and, without []int
		for i := range uint32(all) {
			if !slices.Contains(in, i) {
				continue
			}
			if slices.Contains(others, i) {
				and = append(and, int(i))
			} else {
				without = append(without, int(i))
			}
		}
		gotAnd, gotWithout, common := state.Kept(all, in, others)
		if d := cmp.Diff(and, gotAnd) + cmp.Diff(without, gotWithout); d != "" || common != len(and) {
			t.Fatalf("%d in both, want %d; %s", common, len(and), d)
		}
	})
}
