package explore_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/explore"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// ask renders the page as a browser gets it, with the API answering by answers:
// a query to a document.
func ask(t *testing.T, target string, answer func(url.Values) string) (body string, queries []string) {
	t.Helper()
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		queries = append(queries, r.URL.Query().Get("q")+r.URL.Query().Get("prefix"))
		if _, err := w.Write([]byte(answer(r.URL.Query()))); err != nil {
			t.Error(err)
		}
	})
	r := &site.Request{Request: httptest.NewRequest(http.MethodGet, target, nil), API: client.Over(inside{api}, ""), Now: time.Unix(0, 0)}
	for _, route := range explore.Family().Routes {
		if route.Path == r.URL.Path {
			a, err := route.Handle(r)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := a.Body.Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			return b.String(), queries
		}
	}
	t.Fatal("no route")
	return "", nil
}

// inside calls a handler for a request.
type inside struct{ http.Handler }

func (in inside) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in.ServeHTTP(w, r)
	return w.Result(), nil
}

const found = `{"items":[{"noun":"product","name":"edge.pageviews","uid":"u","matches":[{"place":"field","of":"pageid","parts":[{"text":"page","found":true},{"text":"id <b>"}]}]}],"total":1,
	"facets":[{"name":"domain","values":[{"value":"edge","count":1},{"value":"x","count":2}]}]}`

// The state is in the address, and becomes a query in which no choice can be
// taken for anything else.
func TestStateBecomesAQuery(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{
		"/explore":                               `noun:product`,
		"/explore?q=page+view":                   `page view`,
		"/explore?q=page&f=domain%3Dedge":        `page domain:"edge"`,
		"/explore?f=domain%3Da+b":                `domain:"a b" noun:product`,
		"/explore?f=noun%3Dterm":                 `noun:"term"`,
		"/explore?f=tag%3Aarea%3Dfinance":        `tag:"area=finance" noun:product`,
		"/explore?f=tag%3DPII":                   `tag:"PII" noun:product`,
		"/explore?f=domain%3Dx%22+owner%3A%22me": `noun:product`,
		"/explore?f=nothing&f=%3Dx&f=x%3D":       `noun:product`,
	} {
		_, queries := ask(t, target, func(url.Values) string { return found })
		if queries[0] != want {
			t.Errorf("%s asks %q, not %q", target, queries[0], want)
		}
	}
}

func TestMatchesAreMarkedAndNamed(t *testing.T) {
	t.Parallel()
	body, _ := ask(t, "/explore?q=page", func(url.Values) string { return found })
	for _, want := range []string{"matched in field pageid", "<mark>page</mark>", "id &lt;b&gt;", `href="/products/edge.pageviews"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// A facet of which a value is chosen lists the others as they would be without
// the choice.
func TestChosenFacetListsTheOthers(t *testing.T) {
	t.Parallel()
	body, queries := ask(t, "/explore?q=page&f=domain%3Dedge", func(q url.Values) string {
		if q.Get("q") == "page" {
			return `{"items":[],"total":9,"facets":[{"name":"domain","values":[{"value":"other-domain","count":8},{"value":"edge","count":1}]}]}`
		}
		return found
	})
	if !strings.Contains(body, "other-domain") || len(queries) != 2 {
		t.Errorf("%q is asked, and the page is without the other domain", queries)
	}
}

func TestNothingFoundSaysWhatIsNear(t *testing.T) {
	t.Parallel()
	body, _ := ask(t, "/explore?q=page+kafka", func(q url.Values) string {
		switch {
		case q.Get("prefix") == "pag":
			return `{"items":[{"noun":"term","name":"page"}]}`
		case q.Has("prefix"):
			return `{"items":[]}`
		case q.Get("q") == "page":
			return `{"items":[],"total":3}`
		}
		return `{"items":[],"total":0,"facets":[]}`
	})
	for _, want := range []string{"Nothing found", "without “kafka”", "3 things", "page</a>", "/domains"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// Every story can be drawn, and nothing in it can run.
func TestStories(t *testing.T) {
	t.Parallel()
	for _, s := range explore.Family().Stories {
		var b strings.Builder
		if err := s.Answer().Body.Render(t.Context(), &b); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if low := strings.ToLower(b.String()); strings.Contains(low, "<script>") || strings.Contains(low, "javascript:") || strings.Contains(low, " onerror=") {
			t.Errorf("%s holds a script", s.Name)
		}
	}
}
