package flow_test

import (
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// aggregates are the functions over many rows: groups compute them.
const aggregates = "Aggregates"

// TestEveryFunctionRuns: what a statement may use, flows compute.
func TestEveryFunctionRuns(t *testing.T) {
	t.Parallel()
	for _, f := range sqlang.Functions() {
		if f.Group != aggregates && !flow.Runs(f.Form) {
			t.Errorf("%s is not computed", f.Form)
		}
	}
}

// one is a mesh with one product of one field.
type one struct{}

func (one) Input(string, string) (*sqlang.Input, error) {
	return &sqlang.Input{Name: "d.p", Major: 1, Topic: "d.p", Kind: weir.KindStream,
		Fields: []sqlang.Field{{Path: "n", Type: bigint}}}, nil
}

// TestExamplesGiveWhatTheySay: each example of the reference, from its text to
// its value.
func TestExamplesGiveWhatTheySay(t *testing.T) {
	t.Parallel()
	var compiler sqlang.Compiler
	tried := map[string]bool{}
	for _, f := range sqlang.Functions() {
		if tried[f.Example] || f.Group == aggregates {
			continue
		}
		tried[f.Example] = true
		text, want, ok := strings.Cut(f.Example, " gives ")
		if !ok {
			t.Errorf("%s has no example", f.Form)
			continue
		}
		plan, err := compiler.Compile("SELECT ("+text+")::text AS r, n FROM d.p", one{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		in := &column.Batch{N: 1, Columns: []*column.Vector{{Type: bigint, Ints: []int64{1}}}}
		out, failed, err := mustNew(t, plan).Step(0, in)
		if err != nil || len(failed) > 0 || len(out) != 1 {
			t.Errorf("%s: %v %v", text, err, failed)
			continue
		}
		if got := strings.ToLower(flow.Texts(out[0].Columns[0])[0]); got != strings.ToLower(want) && !sameNumber(got, want) {
			t.Errorf("%s gives %s, want %s", text, got, want)
		}
	}
}

// sameNumber takes 2.00 and 2 for the same.
func sameNumber(a, b string) bool {
	x, err := column.ParseDecimal([]byte(a), 10)
	y, other := column.ParseDecimal([]byte(b), 10)
	return err == nil && other == nil && x == y
}
