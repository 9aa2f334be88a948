package catalog_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
)

func TestParseSearch(t *testing.T) {
	t.Parallel()
	word := func(text string) weir.SearchWord { return weir.SearchWord{Text: text} }
	for text, want := range map[string]weir.SearchQuery{
		"":                 {},
		"  \t\n":           {},
		"page View":        {Words: []weir.SearchWord{word("page"), word("View")}},
		`"page view" -bot`: {Words: []weir.SearchWord{{Text: "page view", Phrase: true}, {Text: "bot", Not: true}}},
		`-"page view"x`:    {Words: []weir.SearchWord{{Text: "page view", Phrase: true, Not: true}, word("x")}},
		"a-b":              {Words: []weir.SearchWord{word("a-b")}},
		`say"it`:           {Words: []weir.SearchWord{word(`say"it`)}},
		"tag:area=finance classification:personal email": {
			Words:   []weir.SearchWord{word("email")},
			Filters: []weir.SearchFilter{{Facet: "tag:area", Value: "finance"}, {Facet: "classification", Value: "personal"}},
		},
		"tag:pii tag:area=":         {Filters: []weir.SearchFilter{{Facet: "tag", Value: "pii"}, {Facet: "tag:area"}}},
		`Domain:edge -KIND:"table"`: {Filters: []weir.SearchFilter{{Facet: "domain", Value: "edge"}, {Facet: "kind", Value: "table", Not: true}}},
		`tag:"Area=a b"`:            {Filters: []weir.SearchFilter{{Facet: "tag:area", Value: "a b"}}},
		`"http://x"`:                {Words: []weir.SearchWord{{Text: "http://x", Phrase: true}}},
	} {
		got, err := catalog.ParseSearch(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		`a "b`:                    `character 3, "\"b": the quote is not closed`,
		`é domain:"b`:             `character 3, "domain:\"b": the quote is not closed`,
		"http://x":                `character 1, "http://x": there is no facet "http"`,
		"x kind: y":               `character 3, "kind:": kind: has no value`,
		"-":                       `character 1, "-": there is no word`,
		`""`:                      "there is no word",
		"\xff":                    "no UTF-8",
		strings.Repeat("x", 2049): "2049 bytes",
		strings.Repeat("x ", 17):  "17 words",
	} {
		_, err := catalog.ParseSearch(text)
		if !weir.Invalid.In(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// FuzzParseSearch: every text is a query within the bounds, or refused as
// Invalid at the query.
func FuzzParseSearch(f *testing.F) {
	for _, s := range []string{"a b", `"a b" -c`, "tag:area=finance", `-domain:"x y" z`, `"`, ":", "-:", "a:b:c", "\x00", "\xff", "é:ü", `-"`, "tag:=", "tag:a=b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := catalog.ParseSearch(text)
		if err != nil {
			if !weir.Invalid.In(err) || !strings.HasPrefix(err.(*weir.Error).Where, "q") || !utf8.ValidString(err.(*weir.Error).Msg) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if err := q.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, w := range q.Words {
			if w.Text == "" || !strings.Contains(text, w.Text) {
				t.Fatalf("%q has the word %q", text, w.Text)
			}
		}
		for _, f := range q.Filters {
			if f.Facet == "" {
				t.Fatalf("%q has a filter without a facet", text)
			}
		}
	})
}
