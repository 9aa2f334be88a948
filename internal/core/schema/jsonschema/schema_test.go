package jsonschema_test

import (
	"testing"

	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

func mustParse(t testing.TB, text string, refs ...schema.Reference) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Parse(schema.Source{Text: text, References: refs})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// TestCanonical shows the form in which the registry stores and returns texts.
func TestCanonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		`true`:                                {`true`, `true`},
		` { "type" : "object",  "$id":"a" } `: {`{"type":"object","$id":"a"}`, `{"$id":"a","type":"object"}`},
		`{"maximum":1.50E+2,"minimum":-0.0}`:  {`{"maximum":1.50E+2,"minimum":-0.0}`, `{"maximum":1.50E+2,"minimum":-0.0}`},
		`{"title":"\u00e9\/\u0001\n\"\\😀\ud83d\ude00"}`: {`{"title":"é/\u0001\n\"\\😀😀"}`, `{"title":"é/\u0001\n\"\\😀😀"}`},
		`{"b":[3,1,{"d":null,"c":[]}],"a":false}`:       {`{"b":[3,1,{"d":null,"c":[]}],"a":false}`, `{"a":false,"b":[3,1,{"c":[],"d":null}]}`},
	} {
		s := mustParse(t, text)
		if s.Canonical() != want[0] || s.Normalized() != want[1] {
			t.Errorf("%s: canonical %s, normalized %s", text, s.Canonical(), s.Normalized())
		}
	}
}
