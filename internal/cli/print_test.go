package cli

import (
	"bytes"
	"testing"
)

type thing struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

func TestForms(t *testing.T) {
	t.Parallel()
	cols := []column[thing]{{"NAME", func(x thing) string { return x.Name }}, {"TAG", func(x thing) string { return x.Tags[0] }}}
	items := []thing{{"a", []string{"x\x1b[31m"}}, {"bb", []string{"two\nlines"}}}
	for form, want := range map[string]string{
		"table": "NAME  TAG\na     x\ufffd[31m\nbb    two lines\n",
		"json":  "[\n  {\n    \"name\": \"a\",\n    \"tags\": [\n      \"x\\u001b[31m\"\n    ]\n  },\n  {\n    \"name\": \"bb\",\n    \"tags\": [\n      \"two\\nlines\"\n    ]\n  }\n]\n",
		"yaml":  "- name: a\n  tags:\n    - \"x\\e[31m\"\n- name: bb\n  tags:\n    - |-\n      two\n      lines\n",
	} {
		var b bytes.Buffer
		c := &cli{Streams: Streams{Out: &b}, format: form}
		if err := printAll(c, items, cols); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%s: got %q, want %q", form, b.String(), want)
		}
	}
}

func TestEmptyListIsAList(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	c := &cli{Streams: Streams{Out: &b}, format: "json"}
	if err := printAll(c, []thing{}, nil); err != nil || b.String() != "[]\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}
