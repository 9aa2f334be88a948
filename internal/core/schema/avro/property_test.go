package avro_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
	"github.com/weirmesh/weir/internal/core/schema/avro/avrotest"
)

// TestRandomSchemas: for every schema, its canonical and normalized texts mean
// the same, are their own, and the library that reads records takes it.
func TestRandomSchemas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := avrotest.Draw(t).Text()
		s, err := avro.Parse(schema.Source{Text: text})
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if err := consistent(s); err != "" {
			t.Fatalf("%s\n%s", text, err)
		}
		a, err := s.Avro()
		if err != nil {
			t.Fatalf("%s\n%v", text, err)
		}
		if got := string(a.Canonical()); got != s.CanonicalForm() {
			t.Fatalf("canonical form\n%s\nof the library\n%s", s.CanonicalForm(), got)
		}
	})
}

// consistent says what is wrong with the texts of a schema that stands alone.
func consistent(s *avro.Schema) string {
	c, err := avro.Parse(schema.Source{Text: s.Canonical()})
	if err != nil {
		return "the canonical text is refused: " + err.Error() + "\n" + s.Canonical()
	}
	n, err := avro.Parse(schema.Source{Text: s.Normalized()})
	switch {
	case err != nil:
		return "the normalized text is refused: " + err.Error() + "\n" + s.Normalized()
	case c.Canonical() != s.Canonical():
		return "canonical of canonical:\n" + c.Canonical() + "\n" + s.Canonical()
	case n.Normalized() != s.Normalized() || n.Canonical() != s.Normalized() || c.Normalized() != s.Normalized():
		return "normalized of normalized:\n" + n.Normalized() + "\n" + n.Canonical() + "\n" + s.Normalized()
	case c.CanonicalForm() != s.CanonicalForm() || n.CanonicalForm() != s.CanonicalForm():
		return "the meaning changes: " + s.CanonicalForm() + "\n" + c.CanonicalForm() + "\n" + n.CanonicalForm()
	case len(s.Fields()) != len(c.Fields()):
		return "the fields change"
	}
	return ""
}
