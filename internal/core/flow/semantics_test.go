package flow_test

import (
	"testing"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// TestSemanticsAreWhatTheReferenceSays runs the cases of its table.
func TestSemanticsAreWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	var compiler sqlang.Compiler
	for _, r := range sqlang.SemanticRows() {
		if len(r.Cases) == 0 {
			t.Errorf("%s has no case", r.What)
		}
		for _, c := range r.Cases {
			if got := valueOf(t, &compiler, c.Expr); got != c.Here {
				t.Errorf("%s is %s, want %s", c.Expr, got, c.Here)
			}
		}
	}
}

// valueOf is what an expression gives as text over a record whose n is 1.
func valueOf(t *testing.T, c *sqlang.Compiler, expr string) string {
	t.Helper()
	plan, err := c.Compile("SELECT ("+expr+")::text AS r, n FROM d.p", one{})
	if err != nil {
		return sqlang.Failure
	}
	in := &column.Batch{N: 1, Columns: []*column.Vector{{Type: bigint, Ints: []int64{1}}}}
	out, failed, err := mustNew(t, plan).Step(0, in)
	switch {
	case err != nil:
		t.Fatal(err)
	case len(failed) > 0:
		return sqlang.Failure
	case out[0].Columns[0].IsNull(0):
		return "null"
	}
	return flow.Texts(out[0].Columns[0])[0]
}
