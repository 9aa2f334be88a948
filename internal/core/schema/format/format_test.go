package format_test

import (
	"fmt"
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

// TestTop: the fields at the top are all there, also behind one in which there
// are more than a walk goes into, and those below are not among them.
func TestTop(t *testing.T) {
	t.Parallel()
	deep := `{"type":"record","name":"r0","fields":[{"name":"x","type":"int"}]}`
	for i := 1; i < 40; i++ { // each one twice in the next: 2^39 places
		deep = fmt.Sprintf(`{"type":"record","name":"r%d","fields":[{"name":"a","type":%s},{"name":"b","type":"r%d"}]}`, i, deep, i-1)
	}
	avro := `{"type":"record","name":"top","fields":[{"name":"deep","type":` + deep + `},{"name":"last","type":"int"}]}`
	defs := `"r0":{"properties":{"x":{}}}`
	for i := 1; i < 40; i++ {
		defs += fmt.Sprintf(`,"r%d":{"properties":{"a":{"$ref":"#/$defs/r%d"},"b":{"$ref":"#/$defs/r%d"}}}`, i, i-1, i-1)
	}
	json := `{"$defs":{` + defs + `},"properties":{"deep":{"$ref":"#/$defs/r39"}},"allOf":[{"properties":{"last":{}}}]}`
	proto := "syntax = \"proto3\";\nmessage Top { R39 deep = 1; int32 last = 2; }\nmessage R0 { int32 x = 1; }\n"
	for i := 1; i < 40; i++ {
		proto += fmt.Sprintf("message R%d { R%d a = 1; R%d b = 2; }\n", i, i-1, i-1)
	}
	for f, text := range map[weir.SchemaFormat]string{weir.FormatAvro: avro, weir.FormatJSON: json, weir.FormatProtobuf: proto} {
		if got := fmt.Sprint(format.Top(parse(t, f, text))); got != "[deep last]" {
			t.Errorf("%s: %s", f, got)
		}
	}
	if got := format.Top(parse(t, weir.FormatAvro, `["null",`+texts[weir.FormatAvro][0]+`]`)); fmt.Sprint(got) != "[f]" {
		t.Errorf("a record or null: %v", got)
	}
	if got := format.Top(parse(t, weir.FormatAvro, `"string"`)); len(got) != 0 {
		t.Errorf("no record: %v", got)
	}
}
