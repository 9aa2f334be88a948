package jsonschema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// TestParse prints what comes of texts: the refusal, or the fields, or whether
// records fit. A line "ref NAME TEXT" is a reference of the schema, "ref> NAME
// TEXT" one of the reference before, "record TEXT" a record.
func TestParse(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/parse", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			src, records := input(d)
			s, err := jsonschema.Parse(src)
			if err != nil {
				return refusal(err)
			}
			if again, err := jsonschema.Parse(schema.Source{Text: s.Canonical(), References: src.References}); err != nil || again.Canonical() != s.Canonical() {
				t.Errorf("the canonical form is not its own: %v", err)
			}
			switch d.Cmd {
			case "fields":
				return fieldList(s)
			case "judge":
				return judged(t, s, records)
			}
			return fmt.Sprintf("draft %d\n", s.Draft())
		})
	})
}

func input(d *datadriven.TestData) (schema.Source, []string) {
	var src schema.Source
	var lines, records []string
	for _, line := range strings.Split(d.Input, "\n") {
		key, rest, _ := strings.Cut(line, " ")
		name, text, _ := strings.Cut(rest, " ")
		ref := schema.Reference{Name: name, Source: schema.Source{Text: text}}
		switch key {
		case "ref":
			src.References = append(src.References, ref)
		case "ref>":
			last := &src.References[len(src.References)-1]
			last.References = append(last.References, ref)
		case "record":
			records = append(records, rest)
		default:
			lines = append(lines, line)
		}
	}
	src.Text = strings.Join(lines, "\n")
	return src, records
}

func refusal(err error) string {
	var e *weir.Error
	if !errors.As(err, &e) {
		return "NOT ONE OF OURS: " + err.Error() + "\n"
	}
	return e.Kind.String() + ": " + e.Public() + "\n"
}

func fieldList(s *jsonschema.Schema) string {
	var b strings.Builder
	for _, f := range s.Fields() {
		fmt.Fprintf(&b, "%s: %s", f.Path, f.Type)
		if f.Optional {
			b.WriteString(", optional")
		}
		if f.Number != 0 {
			fmt.Fprintf(&b, " #%d", f.Number)
		}
		if f.HasDefault {
			fmt.Fprintf(&b, " = %s", f.Default)
		}
		if len(f.Values) > 0 {
			fmt.Fprintf(&b, " {%s}", strings.Join(f.Values, ", "))
		}
		if f.Doc != "" {
			fmt.Fprintf(&b, " %q", f.Doc)
		}
		if len(f.Tags) > 0 {
			fmt.Fprintf(&b, " %v", f.Tags)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func judged(t *testing.T, s *jsonschema.Schema, records []string) string {
	t.Helper()
	var b strings.Builder
	for _, r := range records {
		d := json.NewDecoder(strings.NewReader(r))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			b.WriteString(refusal(err))
		} else {
			b.WriteString("fits\n")
		}
	}
	return b.String()
}

// FuzzParse: no text makes the parser panic, and the canonical form of what is
// taken is its own.
func FuzzParse(f *testing.F) {
	for _, b := range bombs() {
		if len(b.src.Text) < 4000 {
			f.Add(b.src.Text)
		}
	}
	for _, s := range []string{
		`{"$id":"http://x/y","definitions":{"a":{"$id":"#b","type":"integer"}},"items":[{"$ref":"#b"}],"additionalItems":{"$ref":"y#/definitions/a"}}`,
		`{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicRef":"#x","$defs":{"y":{"$dynamicAnchor":"x","prefixItems":[true]}}}`,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","properties":{"a":{"$recursiveRef":"#","$ref":"#/$defs/z"}},"$defs":{"z":{"unevaluatedProperties":false}}}`,
		`{"dependencies":{"a":["b"],"c":{"not":{}}},"patternProperties":{"^x":{"const":1e2}},"enum":[]}`,
		`{"$ref":"#/a~1b/%25/0","a/b":{"%":[{"type":"null"}]}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := jsonschema.Parse(schema.Source{Text: text})
		if err != nil {
			var e *weir.Error
			if !errors.As(err, &e) || e.Kind != weir.Invalid && e.Kind != weir.Limit || e.Fix == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		s.Fields()
		_ = s.Validate(map[string]any{"a": []any{json.Number("1"), nil, "x"}})
		for _, form := range []string{s.Canonical(), s.Normalized()} {
			again, err := jsonschema.Parse(schema.Source{Text: form})
			if err != nil {
				t.Fatalf("%q: %q: %v", text, form, err)
			}
			if again.Normalized() != s.Normalized() || form == s.Canonical() && again.Canonical() != form {
				t.Fatalf("%q: %q: %q", text, form, again.Canonical())
			}
		}
	})
}
