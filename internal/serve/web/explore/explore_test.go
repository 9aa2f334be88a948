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
		if q := r.URL.Query(); q.Has("product") {
			queries = append(queries, "facts of "+strings.Join(q["product"], " "))
		} else {
			queries = append(queries, q.Get("q")+q.Get("prefix"))
		}
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

// What was measured of all hits is asked once; a product of which nothing is
// known says so, and so do all when nothing can be said.
func TestHitsSayWhatWasMeasured(t *testing.T) {
	t.Parallel()
	const two = `{"items":[{"noun":"product","name":"edge.fast"},{"noun":"domain","name":"edge"},{"noun":"product","name":"edge.slow"},{"noun":"product","name":"edge.empty"},{"noun":"product","name":"edge.unknown"},{"noun":"product","name":"edge.past"}],"total":6}`
	facts := `{"dayFrom":"1969-12-31T21:00:00Z","items":[
		{"product":"edge.fast","perSecond":21.4,"minutes":[1,2],"day":99,"last":"1969-12-31T23:59:58Z","readers":3},
		{"product":"edge.slow","perSecond":0.001,"minutes":[],"day":340,"last":"1969-12-31T20:00:00Z","readers":1},
		{"product":"edge.empty","perSecond":0,"minutes":[],"day":0,"empty":true,"readers":0},
		{"product":"edge.past","perSecond":0,"minutes":[],"day":0,"last":"1969-12-31T23:59:00Z","readers":0}]}`
	body, queries := ask(t, "/explore?q=edge", func(q url.Values) string {
		if q.Has("product") {
			return facts
		}
		return two
	})
	if want := "facts of edge.fast edge.slow edge.empty edge.unknown edge.past"; queries[len(queries)-1] != want || len(queries) != 2 {
		t.Errorf("it asks %q", queries)
	}
	body = strings.Join(strings.Fields(body), " ")
	for _, want := range []string{
		"21.4/s", ">2 s ago</time>", "3 readers", "340 in 3 h", ">4 h ago</time>", "1 reader", "no record yet", "no readers",
		"rate not measured", "last record not known", "readers not measured", "records a minute over time",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(body, "rate not measured"); n != 2 {
		t.Errorf("%d products say that their rate was not measured, not those of which nothing is known, and whose records come past the gateway", n)
	}
	body, _ = ask(t, "/explore?q=edge", func(q url.Values) string {
		if q.Has("product") {
			return "no answer"
		}
		return two
	})
	if n := strings.Count(body, "rate not measured"); n != 5 {
		t.Errorf("%d products say that nothing was measured", n)
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
	if !strings.Contains(body, "other-domain") || len(queries) != 3 {
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

// What is typed into the frame's box is completed by names, each an option that
// leads to its thing; several words are a search, not a name.
func TestNames(t *testing.T) {
	t.Parallel()
	named := func(url.Values) string {
		return `{"items":[{"noun":"product","name":"edge.a<b"},{"noun":"domain","name":"edge"},{"noun":"term","name":"edges & ends"}]}`
	}
	body, queries := ask(t, "/explore/names?q=ed", named)
	for _, want := range []string{`data-href="/products/edge.a%3Cb"`, "edge.a&lt;b", `data-href="/domains/edge"`, `id="search-name-2"`, `role="option"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the names lack %s: %s", want, body)
		}
	}
	if len(queries) != 1 || queries[0] != "ed" {
		t.Errorf("it asks %q", queries)
	}
	for _, target := range []string{"/explore/names", "/explore/names?q=page+view", "/explore/names?q=" + strings.Repeat("x", 201)} {
		if body, queries := ask(t, target, named); body != "" || len(queries) != 0 {
			t.Errorf("%s asks %q and gives %s", target, queries, body)
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
