package snippet_test

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/snippet"
)

func facts(e weir.Encoding, k weir.KeyEncoding) snippet.Facts {
	return snippet.Facts{
		Product: "edge.pageviews", Topic: "edge.pageviews.v1", Encoding: e, KeyEncoding: k,
		Kafka: "kafka.example:9092", HTTP: "http://weir.example:8080", Registry: "http://weir.example:8081",
	}
}

// Every snippet of every pair of encodings has the mesh's values and leaves no
// gap; that each runs is shown by test/accept/snippets.py.
func TestSnippetsHoldTheMeshsValues(t *testing.T) {
	t.Parallel()
	for _, e := range weir.Encodings() {
		for _, k := range weir.KeyEncodings() {
			all, err := snippet.All(facts(e, k))
			if err != nil {
				t.Fatal(err)
			}
			if len(all) != len(snippet.Languages()) {
				t.Fatalf("%d snippets", len(all))
			}
			for _, s := range all {
				check(t, s, e, k)
			}
		}
	}
}

func check(t *testing.T, s snippet.Snippet, e weir.Encoding, k weir.KeyEncoding) {
	t.Helper()
	want := []string{"kafka.example:9092", "edge.pageviews.v1", "WEIR_APP", "WEIR_PASSWORD"}
	if s.Lang == "curl" {
		want = []string{"http://weir.example:8080/api/v1/products/edge.pageviews/records", "WEIR_TOKEN"}
	}
	if f := facts(e, k); f.HasSchema() && s.Lang != "curl" && s.Lang != "kcat" && s.Lang != "java" && !(s.Lang == "go" && e == weir.EncodingJSONSchema) {
		want = append(want, "http://weir.example:8081")
	}
	for _, w := range want {
		if !strings.Contains(s.Text, w) {
			t.Errorf("%s of %s with keys of %s lacks %q", s.Lang, e, k, w)
		}
	}
	if strings.Contains(s.Text, "<no value>") || strings.Contains(s.Text, "{{") || strings.Contains(s.Text, "\n\n\n\n") {
		t.Errorf("%s of %s with keys of %s has a gap:\n%s", s.Lang, e, k, s.Text)
	}
	if s.Lang == "go" {
		if _, err := parser.ParseFile(token.NewFileSet(), s.File, s.Text, parser.SkipObjectResolution); err != nil {
			t.Errorf("%s with keys of %s: %v", e, k, err)
		}
	}
}

func TestUnknownLanguage(t *testing.T) {
	t.Parallel()
	if _, err := snippet.Of(facts(weir.EncodingJSON, weir.KeyString), "cobol"); !weir.Invalid.In(err) {
		t.Errorf("cobol: %v", err)
	}
}
