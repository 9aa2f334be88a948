package sqlang_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
)

// TestExamplesGiveWhatTheReferenceSays runs the example of each row of the table.
func TestExamplesGiveWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	for _, f := range scalars() {
		example, want, ok := strings.Cut(f.Example, " gives ")
		if !ok {
			t.Errorf("%s has no example", f.Form)
			continue
		}
		if got := computed(t, example); !sameValue(got, want) {
			t.Errorf("%s: %s gives %s, and the reference says %s", f.Form, example, got, want)
		}
	}
}

// computed is what flows make of an expression, as text.
func computed(t *testing.T, expr string) string {
	t.Helper()
	p, err := compiler.Compile("SELECT ("+expr+")::text AS x FROM each.kinds", everything(""))
	if err != nil {
		return err.Error()
	}
	f, err := flow.New(p)
	if err != nil {
		return err.Error()
	}
	out, failed, err := f.Step(0, &column.Batch{N: 1, From: make([]column.Origin, 1)})
	if err != nil || len(failed) > 0 || len(out) != 1 || out[0].N != 1 {
		t.Errorf("%s: %d batches, failed %v, %v", expr, len(out), failed, err)
		return ""
	}
	v := out[0].Columns[0]
	if v.IsNull(0) {
		return "null"
	}
	return string(v.Texts[0])
}

// sameValue compares numbers as numbers.
func sameValue(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return a == b || err == nil && err2 == nil && x == y
}
