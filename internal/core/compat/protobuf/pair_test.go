package protobuf_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
	rules "github.com/weirmesh/weir/internal/core/compat/protobuf"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// side is one schema of a pair: a text, which is proto3 if it does not say, and
// behind lines of "--- NAME" what it imports.
type side struct {
	text    string
	imports []schema.Reference
}

func readSide(in string) side {
	parts := strings.Split("\n"+strings.TrimSpace(in), "\n--- ")
	s := side{text: dialect(parts[0])}
	for _, p := range parts[1:] {
		name, text, _ := strings.Cut(p, "\n")
		s.imports = append(s.imports, schema.Reference{Name: name, Source: schema.Source{Text: dialect(text)}})
	}
	return s
}

func dialect(text string) string {
	text = strings.TrimSpace(text) + "\n"
	if strings.HasPrefix(text, "syntax") || strings.HasPrefix(text, "edition") {
		return text
	}
	return "syntax = \"proto3\";\n" + text
}

func (s side) parse() (*protobuf.Schema, error) {
	return protobuf.Parse(schema.Source{Text: s.text, References: s.imports})
}

// canRead is the checker as levels call it.
func canRead(reader, writer schema.Schema) []schema.Mismatch {
	return rules.CanRead(reader.(*protobuf.Schema), writer.(*protobuf.Schema))
}

// verdicts are the two halves of FULL.
func verdicts(older, newer *protobuf.Schema) (backward, forward compat.Verdict) {
	earlier := []compat.Version{{Version: 1, Schema: older}}
	return compat.Check(weir.CompatBackward, newer, earlier, canRead),
		compat.Check(weir.CompatForward, newer, earlier, canRead)
}

// TestPairs is the behaviour of every rule, in both directions.
func TestPairs(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/pairs", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			older, newer := parsePair(t, d.Input)
			backward, forward := verdicts(older, newer)
			full := compat.Check(weir.CompatFull, newer, []compat.Version{{Version: 1, Schema: older}}, canRead)
			if full.Compatible() != (backward.Compatible() && forward.Compatible()) {
				t.Errorf("FULL is not BACKWARD and FORWARD")
			}
			return tell("backward", backward) + tell("forward", forward)
		})
	})
}

func parsePair(t *testing.T, in string) (older, newer *protobuf.Schema) {
	t.Helper()
	a, b, ok := strings.Cut(in, "\n=>\n")
	if !ok {
		t.Fatal("a pair is two schemas with => between")
	}
	older, err := readSide(a).parse()
	if err != nil {
		t.Fatalf("older: %v", err)
	}
	if newer, err = readSide(b).parse(); err != nil {
		t.Fatalf("newer: %v", err)
	}
	return older, newer
}

func tell(direction string, v compat.Verdict) string {
	if v.Compatible() {
		return direction + ": compatible\n"
	}
	var b strings.Builder
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "%s: %s\n  reader %q, writer %q\n", direction, f.Mismatch, f.Reader, f.Writer)
	}
	return b.String()
}
