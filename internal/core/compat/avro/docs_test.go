package avro_test

import (
	"os"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
)

// TestExamplesOfTheDocs: the table of changes in the docs says what is so. The
// last two columns are the rule that is broken; empty: none.
func TestExamplesOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../docs/reference/compatibility-avro.md")
	if err != nil {
		t.Fatal(err)
	}
	const id, missing = `{"name":"id","type":"long"}`, "READER_FIELD_MISSING_DEFAULT_VALUE"
	one := func(typ string) string { return record("R", `{"name":"f","type":`+typ+`}`) }
	with := func(field string) string { return record("R", id+","+field) }
	enum := func(symbols string) string { return one(`{"type":"enum","name":"E","symbols":[` + symbols + `]}`) }
	for _, c := range []struct{ change, earlier, next, backward, forward string }{
		{"add a field with a default", record("R", id), with(`{"name":"a","type":"int","default":0}`), "", ""},
		{"add a field without one", record("R", id), with(`{"name":"a","type":"int"}`), missing, ""},
		{"remove a field that had a default", with(`{"name":"a","type":"int","default":0}`), record("R", id), "", ""},
		{"remove a field that had none", with(`{"name":"a","type":"int"}`), record("R", id), "", missing},
		{"rename a field, with the old name as alias", with(`{"name":"a","type":"int"}`), with(`{"name":"b","type":"int","aliases":["a"]}`), "", missing},
		{"`int` becomes `long`", one(`"int"`), one(`"long"`), "", "TYPE_MISMATCH"},
		{"`string` becomes `[\"null\", \"string\"]`", one(`"string"`), one(`["null","string"]`), "", "TYPE_MISMATCH"},
		{"add a symbol to an enum", enum(`"A"`), enum(`"A","B"`), "", "MISSING_ENUM_SYMBOLS"},
		{"add a branch to a union", one(`["null","int"]`), one(`["null","int","string"]`), "", "MISSING_UNION_BRANCH"},
		{"move a record to another namespace", record("a.R", id), record("b.R", id), "", ""},
		{"rename a record, with the old name as alias", record("R", id), strings.Replace(record("S", id), `"name":"S"`, `"name":"S","aliases":["R"]`, 1), "", "NAME_MISMATCH"},
		{"change a doc or a property", record("R", id), strings.Replace(record("R", id), `"name":"R"`, `"name":"R","doc":"x","p":1`, 1), "", ""},
	} {
		if !strings.Contains(string(page), "| "+c.change+" |") {
			t.Errorf("the docs do not have %q", c.change)
		}
		earlier := []compat.Version{{Version: 1, Schema: mustParse(t, c.earlier)}}
		for level, want := range map[weir.Compatibility]string{weir.CompatBackward: c.backward, weir.CompatForward: c.forward} {
			v := compat.Check(level, mustParse(t, c.next), earlier, canRead)
			if v.Compatible() != (want == "") || want != "" && v.Findings[0].Rule != want {
				t.Errorf("%s, %s: %v, want %q", c.change, level, v.Findings, want)
			}
		}
	}
}
