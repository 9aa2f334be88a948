package format_test

import (
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// texts is one schema of each language, and one that cannot read its records.
var texts = map[weir.SchemaFormat][2]string{
	weir.FormatAvro:     {`{"type":"record","name":"a","fields":[{"name":"f","type":"int"}]}`, `{"type":"record","name":"a","fields":[{"name":"f","type":"string"}]}`},
	weir.FormatJSON:     {`{"type":"object","properties":{"f":{"type":"integer"}}}`, `{"type":"object","properties":{"f":{"type":"string"}}}`},
	weir.FormatProtobuf: {"syntax = \"proto3\";\nmessage A { int32 f = 1; }\n", "syntax = \"proto3\";\nmessage A { string f = 1; }\n"},
}

// TestEachLanguage: a text is read by its own language, compared by its rules,
// and never with another language's.
func TestEachLanguage(t *testing.T) {
	t.Parallel()
	for f, text := range texts {
		one, other := parse(t, f, text[0]), parse(t, f, text[1])
		if one.Format() != f {
			t.Errorf("%s is read as %s", f, one.Format())
		}
		if ms := format.CanRead(one, one); len(ms) > 0 {
			t.Errorf("%s cannot read itself: %v", f, ms)
		}
		if ms := format.CanRead(other, one); len(ms) == 0 || ms[0].Rule == "FORMAT_CHANGED" {
			t.Errorf("%s: a string reads a number: %v", f, ms)
		}
		for g := range texts {
			ms := format.CanRead(one, parse(t, g, texts[g][0]))
			if changed := len(ms) == 1 && ms[0].Rule == "FORMAT_CHANGED"; changed != (f != g) {
				t.Errorf("%s reads %s: %v", f, g, ms)
			}
		}
	}
}

// TestUnknownLanguage: a language that is not known is refused, and says which
// are; what a language refuses gives no schema.
func TestUnknownLanguage(t *testing.T) {
	t.Parallel()
	if s, err := format.Parse("XML", schema.Source{Text: "<a/>"}); s != nil || !weir.Invalid.In(err) {
		t.Errorf("%v, %v", s, err)
	}
	for f := range texts {
		if s, err := format.Parse(f, schema.Source{Text: "{{{"}); s != nil || !weir.Invalid.In(err) {
			t.Errorf("%s: %v, %v", f, s, err)
		}
	}
}

func parse(t *testing.T, f weir.SchemaFormat, text string) schema.Schema {
	t.Helper()
	s, err := format.Parse(f, schema.Source{Text: text})
	if err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	return s
}
