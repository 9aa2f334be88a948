package avro_test

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	lib "github.com/twmb/avro"

	checker "github.com/weirmesh/weir/internal/core/compat/avro"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// TestResolutionRules prints the verdict and the findings for each pair of the
// file, and what twmb/avro says where that is something else.
func TestResolutionRules(t *testing.T) {
	t.Parallel()
	pairs := 0
	datadriven.RunTest(t, "testdata/pairs", func(t *testing.T, d *datadriven.TestData) string {
		reader, writer, ok := strings.Cut(d.Input, "\n")
		if d.Cmd != "read" || !ok {
			d.Fatalf(t, "want read with two lines: a reader's schema and a writer's")
		}
		pairs++
		r, w := mustParse(t, reader), mustParse(t, writer)
		ms := checker.CanRead(r, w)
		out := "yes\n"
		if len(ms) > 0 {
			out = "no\n"
		}
		for _, m := range ms {
			out += m.String() + "\n"
		}
		if says := library(t, r, w); says != (len(ms) == 0) {
			out += "twmb/avro: " + map[bool]string{true: "yes", false: "no"}[says] + "\n"
		}
		return out
	})
	if pairs < 64 {
		t.Errorf("%d pairs, want at least 64", pairs)
	}
}

// library asks twmb/avro whether the reader can read.
func library(t testing.TB, reader, writer *avro.Schema) bool {
	t.Helper()
	return lib.CheckCompatibility(mustAvro(t, writer), mustAvro(t, reader)) == nil
}

func mustAvro(t testing.TB, s *avro.Schema) *lib.Schema {
	t.Helper()
	a, err := s.Avro()
	if err != nil {
		t.Fatal(err)
	}
	return a
}
