package jsonschema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	compat "github.com/weirmesh/weir/internal/core/compat/jsonschema"
	"github.com/weirmesh/weir/internal/core/schema"
)

// TestPairs prints the verdict on pairs of schemas, both ways; the files are
// the rules as a reviewer reads them. "draft" gives both schemas a draft; "ref
// NAME" is a text to which both may refer.
func TestPairs(t *testing.T) {
	t.Parallel()
	pairs := 0
	datadriven.Walk(t, "testdata/pairs", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			pairs++
			return verdict(t, d)
		})
	})
	if pairs < 80 {
		t.Errorf("%d pairs", pairs)
	}
}

func verdict(t *testing.T, d *datadriven.TestData) string {
	var older, newer string
	var refs []schema.Reference
	for _, line := range strings.Split(d.Input, "\n") {
		key, text, _ := strings.Cut(line, " ")
		switch key {
		case "old":
			older = withDraft(d.Cmd, text)
		case "new":
			newer = withDraft(d.Cmd, text)
		case "ref":
			name, text, _ := strings.Cut(text, " ")
			refs = append(refs, schema.Reference{Name: name, Source: schema.Source{Text: text}})
		default:
			d.Fatalf(t, "what is %q?", line)
		}
	}
	o, n := mustParse(t, older, refs...), mustParse(t, newer, refs...)
	return findings("backward", compat.CanRead(n, o)) + findings("forward", compat.CanRead(o, n))
}

// withDraft says the draft that a command names, as draft-7.
func withDraft(cmd, text string) string {
	url := map[string]string{
		"draft-4": "http://json-schema.org/draft-04/schema#", "draft-6": "http://json-schema.org/draft-06/schema#", "draft-7": "http://json-schema.org/draft-07/schema#",
		"draft-2019-09": "https://json-schema.org/draft/2019-09/schema", "draft-2020-12": "https://json-schema.org/draft/2020-12/schema",
	}[cmd]
	if body, ok := strings.CutPrefix(text, "{"); ok {
		return strings.Replace(fmt.Sprintf(`{"$schema":%q,%s`, url, body), ",}", "}", 1)
	}
	return text
}

func findings(direction string, ms []schema.Mismatch) string {
	if len(ms) == 0 {
		return direction + ": yes\n"
	}
	s := direction + ": no\n"
	for _, m := range ms {
		s += "  " + m.String() + "\n"
	}
	return s
}

// TestSchemasAreShared: one schema serves many comparisons at once.
func TestSchemasAreShared(t *testing.T) {
	t.Parallel()
	old, next := mustParse(t, `{"enum":["ab","a"]}`), mustParse(t, `{"type":"string","minLength":2}`)
	done := make(chan int)
	for range 8 {
		go func() { done <- len(compat.CanRead(next, old)) }()
	}
	for range 8 {
		if n := <-done; n != 1 {
			t.Errorf("%d findings", n)
		}
	}
}
