package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirmesh/weir/client"
)

// TestSearch: what was just written is found, with the place of the match, the
// counts, and the word that was meant.
func TestSearch(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("edge")
	_, err := m.admin.CreateProduct(t.Context(), client.NewProduct{
		Name: "edge.pageviews", Description: "Each visit of a page", Encoding: "avro",
		Schema: `{"type":"record","name":"V","fields":[{"name":"userAgent","type":"string","doc":"The browser"}]}`,
	})
	must(t, err)
	f, err := m.admin.Search(t.Context(), client.Search{Text: "useragnet domain:edge", Facets: true})
	must(t, err)
	if len(f.Items) != 1 || f.Total != 1 || f.Items[0].Name != "edge.pageviews" || f.Items[0].Format != "avro" || f.Items[0].Domain != "edge" {
		t.Fatalf("%+v", f)
	}
	if got := fmt.Sprint(f.Items[0].Matches); got != "[{field userAgent [{userAgent true}]}]" {
		t.Error(got)
	}
	if got := fmt.Sprint(f.Corrected); got != "[{useragnet useragent}]" {
		t.Error(got)
	}
	if got := fmt.Sprint(f.Facets[0]); got != "{noun [{product 1}] 0}" {
		t.Error(got)
	}
	names, err := m.admin.Suggest(t.Context(), "page", "product")
	must(t, err)
	if got := fmt.Sprint(names); got != "[{product edge.pageviews}]" {
		t.Error(got)
	}
}

// TestSearchTellsNothingOfWhatIsHidden: two people ask the same; who may not
// know of a product gets the answers of a mesh without it.
func TestSearchTellsNothingOfWhatIsHidden(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("trade")
	stranger := m.person("stranger")
	_, err := m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "trade.open", Description: "Seen by everybody, finance"})
	must(t, err)
	ask := func() string {
		var b strings.Builder
		for _, q := range []string{"", "wombats", "wombatz", "wom", "finance", "financf", "domain:trade", "kind:stream", `"pay of wombats"`, "-finance", "x:y", `"`} {
			f, err := stranger.Search(t.Context(), client.Search{Text: q, Facets: true})
			fmt.Fprintf(&b, "%s: %+v %v\n", q, f, err)
		}
		for _, p := range []string{"", "trade.", "wom"} {
			named, err := stranger.Suggest(t.Context(), p, "")
			fmt.Fprintf(&b, "%s: %v %v\n", p, named, err)
		}
		return b.String()
	}
	before := ask()
	_, err = m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "trade.wombats", Description: "The pay of wombats in finance", Visibility: "domain"})
	must(t, err)
	if f, err := m.admin.Search(t.Context(), client.Search{Text: "wombats"}); err != nil || f.Total != 1 {
		t.Fatalf("%+v %v", f, err)
	}
	if after := ask(); after != before {
		t.Errorf("before\n%s\nand with what is hidden\n%s", before, after)
	}
}

// TestSearchBadInput: no text makes a search fail in another way than by a
// refusal that says where.
func TestSearchBadInput(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	for q, want := range map[string]string{
		`page "view`:              `character 6, \"\\\"view\": the quote is not closed`,
		"a color:red":             `there is no facet \"color\"`,
		"kind:":                   "kind: has no value",
		"tag:":                    "such as tag:area=finance",
		"-":                       "there is no word",
		strings.Repeat("x", 9999): "use at most 2048",
		strings.Repeat("a ", 20):  "use at most 16 and 32",
	} {
		status, body := m.raw("GET", "/search?q="+url.QueryEscape(q), "", nil)
		if status != 400 || !strings.Contains(body, want) || !strings.Contains(body, `"where":"q"`) {
			t.Errorf("%.40s: %d %s", q, status, body)
		}
	}
	for _, path := range []string{"/search?limit=0", "/search?limit=201", "/search?cursor=x", "/search?cursor=-1", "/search?what=1", "/search/names?noun=person", "/search?q=%00%ff"} {
		if status, body := m.raw("GET", path, "", nil); status != 400 && status != 422 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	for _, q := range []string{"page OR x", "NEAR(a b)", "{name}", "a*", "'", "\x00", "(((", "%", "page\x01view", "💩", "^a + b"} {
		if status, body := m.raw("GET", "/search?q="+url.QueryEscape(q), "", nil); status != 200 {
			t.Errorf("%q: %d %s", q, status, body)
		}
	}
	dir := os.Getenv("WEIR_CORPORA")
	if dir == "" {
		t.Skip("SKIPPED: WEIR_CORPORA is not set, so nothing was searched with the naughty strings")
	}
	b, err := os.ReadFile(filepath.Join(dir, "strings", "blns.json"))
	must(t, err)
	var naughty []string
	must(t, json.Unmarshal(b, &naughty))
	for _, s := range naughty {
		for _, path := range []string{"/search?q=", "/search/names?prefix="} {
			if status, body := m.raw("GET", path+url.QueryEscape(s), "", nil); status >= 500 {
				t.Errorf("%q: %d %s", s, status, body)
			}
		}
	}
}
