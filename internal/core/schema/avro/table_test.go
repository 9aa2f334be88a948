package avro_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// TestSchemas shows what becomes of texts: canonical and normalized form, the
// fields, or why a text is refused. The canonical forms in the file are what
// the Java library writes for the same text; where they are not, it says so.
func TestSchemas(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"canonical", "fields", "references", "refused"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			refs := map[string]schema.Reference{}
			datadriven.RunTest(t, "testdata/"+file, func(t *testing.T, d *datadriven.TestData) string {
				return run(t, d, refs)
			})
		})
	}
}

// run runs one case. The argument "with" names the references of a text.
func run(t *testing.T, d *datadriven.TestData, known map[string]schema.Reference) string {
	src := schema.Source{Text: d.Input}
	for _, a := range d.CmdArgs {
		if a.Key == "with" {
			for _, name := range a.Vals {
				src.References = append(src.References, known[name])
			}
		}
	}
	if d.Cmd == "reference" {
		known[d.CmdArgs[0].Key] = schema.Reference{Name: d.CmdArgs[0].Key, Source: src}
		return ""
	}
	s, err := avro.Parse(src)
	if err != nil {
		return refusal(t, err)
	}
	switch d.Cmd {
	case "canonical":
		return canonical(t, s, src.References)
	case "resolved":
		return s.Resolved() + "\n" + s.CanonicalForm() + "\n"
	case "fields":
		return fields(s)
	}
	return "taken: " + s.Canonical() + "\n"
}

func refusal(t *testing.T, err error) string {
	var e *weir.Error
	if !errors.As(err, &e) || e.Fix == "" || e.Kind != weir.Invalid && e.Kind != weir.Limit {
		t.Errorf("%v: not an error that says what to do", err)
	}
	return e.Public() + "\n"
}

// canonical prints both forms and checks that the first is its own.
func canonical(t *testing.T, s *avro.Schema, refs []schema.Reference) string {
	again, err := avro.Parse(schema.Source{Text: s.Canonical(), References: refs})
	if err != nil || again.Canonical() != s.Canonical() || again.Normalized() != s.Normalized() {
		t.Errorf("%s is not its own canonical form: %v", s.Canonical(), err)
	}
	if _, err := s.Avro(); err != nil {
		t.Error(err)
	}
	if s.Normalized() == s.Canonical() {
		return s.Canonical() + "\n"
	}
	return s.Canonical() + "\nnormalized " + s.Normalized() + "\n"
}

func fields(s *avro.Schema) string {
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
		if len(f.Tags) > 0 {
			fmt.Fprintf(&b, ", tags %v", f.Tags)
		}
		if f.Doc != "" {
			fmt.Fprintf(&b, ", %q", f.Doc)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestWhatJavaWroteComesBack: texts as Schema.toString writes them.
func TestWhatJavaWroteComesBack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`"string"`,
		`["null","int"]`,
		`{"type":"string","avro.java.string":"String"}`,
		`{"type":"record","name":"C","namespace":"a.b","doc":"","fields":[{"name":"f","type":"int","default":3,"order":"ignore","aliases":["g"],"q":{"b":1,"a":2}},{"name":"h","type":["null","C"],"default":null}],"p":1,"aliases":["x","y.z"]}`,
		`{"type":"enum","name":"E","namespace":"n","doc":"d","symbols":["A","B"],"default":"A","order":"x","z":[1.5,1000.0,"é\u0001/"],"aliases":["F","q.G","H"]}`,
		`{"type":"fixed","name":"F","size":4,"logicalType":"decimal","precision":5,"scale":2}`,
		`{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"record","name":"S","namespace":"x.y","fields":[{"name":"b","type":"R"},{"name":"c","type":{"type":"fixed","name":"T","namespace":"","size":1}},{"name":"d","type":"T"},{"name":"e","type":"S"}]}}]}`,
		`{"type":"record","name":"R","namespace":"x","fields":[{"name":"a","type":{"type":"fixed","name":"int","size":1}},{"name":"b","type":"x.int"},{"name":"c","type":"int"}]}`,
		`{"type":"record","name":"R","fields":[{"name":"d","type":"double","default":1.0E10},{"name":"n","type":"double","default":"NaN"}]}`,
	} {
		if got := mustParse(t, text).Canonical(); got != text {
			t.Errorf("\ngot  %s\nwant %s", got, text)
		}
	}
}
