package product_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/product"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// fake is an API with one product, of which somebody else may change something
// at any time.
type fake struct {
	t       *testing.T
	product client.Product
	doc     string
	edits   []map[string]any
	refuse  map[string]client.Problem // by path
	query   *client.Query             // that makes it; nil: none
	me      site.Person
	head    http.Header // of what is asked

	plans        []client.Plan
	applications []client.Application
}

func newFake(t *testing.T) *fake {
	return &fake{t: t, me: site.Person{Name: "ada"}, refuse: map[string]client.Problem{}, product: client.Product{
		Name: "edge.pageviews", Domain: "edge", Team: "edge", Owner: "ada", Encoding: "json", KeyEncoding: "string", Access: "open", Visibility: "mesh", Kind: "stream",
		About: client.About{Type: "source-aligned", Lifecycle: "active", Purpose: "old purpose"}, Status: client.Status{Topic: "ready"}, Partitions: 1, Revision: 4,
	}}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/products/edge.pageviews")
	if do, ok := strings.CutPrefix(path, "/api/v1/queries/edge.pageviews"); ok && f.query != nil {
		f.changeQuery(w, r, do)
		return
	}
	if strings.HasPrefix(path, "/api/v1/streams/") {
		f.aside(w, r)
		return
	}
	if p, ok := f.refuse[path]; ok {
		f.answer(w, p.Status, p)
		return
	}
	switch {
	case r.Method == http.MethodPatch:
		if m := r.Header.Get("If-Match"); m != "" && m != `"`+itoa(f.product.Revision)+`"` {
			f.answer(w, http.StatusPreconditionFailed, client.Problem{Status: 412, Detail: "it is at revision " + itoa(f.product.Revision)})
			return
		}
		var edit map[string]any
		if err := json.NewDecoder(r.Body).Decode(&edit); err != nil {
			f.t.Error(err)
		}
		f.edits = append(f.edits, edit)
		f.product.Revision++
		f.answer(w, 200, f.product)
	case path == "/api/v1/plans":
		f.answer(w, 200, client.List[client.Plan]{Items: f.plans})
	case path == "/api/v1/applications":
		f.answer(w, 200, client.List[client.Application]{Items: f.applications})
	case path == "":
		f.answer(w, 200, f.product)
	case path == "/documentation":
		_, err := io.WriteString(w, f.doc)
		if err != nil {
			f.t.Error(err)
		}
	case path == "/fields":
		f.answer(w, 200, client.ProductFields{Fields: []client.ProductField{{Path: "email", Type: "string"}}})
	default:
		f.answer(w, 404, client.Problem{Status: 404, Detail: "there is nothing"})
	}
}

func itoa(n uint64) string { b, _ := json.Marshal(n); return string(b) }

func (f *fake) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		f.t.Error(err)
	}
}

func (f *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	f.ServeHTTP(w, r)
	return w.Result(), nil
}

// do asks a page, or sends its form, and gives the answer with its text.
func (f *fake) do(method, target string, form url.Values, keep site.Keep) (site.Answer, string) {
	f.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	maps.Copy(r.Header, f.head)
	mux := http.NewServeMux()
	var out site.Answer
	for _, route := range product.Family().Routes {
		mux.HandleFunc(route.Method+" "+route.Path, func(_ http.ResponseWriter, r *http.Request) {
			var err error
			out, err = route.Handle(&site.Request{
				Request: r, API: client.Over(f, ""), Me: f.me, Mesh: site.Mesh{HTTP: "http://127.0.0.1:1"}, Now: time.Unix(1_800_000_000, 0), Keep: keep,
			})
			if err != nil {
				f.t.Fatal(err)
			}
		})
	}
	mux.ServeHTTP(httptest.NewRecorder(), r)
	var b bytes.Buffer
	if out.Body != nil {
		if err := out.Body.Render(f.t.Context(), &b); err != nil {
			f.t.Fatal(err)
		}
	}
	return out, b.String()
}

func has(t *testing.T, body string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(body, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

// A form sends what was changed, with the revision that was looked at.
func TestEditSendsWhatWasChanged(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	a, _ := f.do(http.MethodPost, "/products/edge.pageviews/edit", url.Values{
		"revision": {"4"}, "was-purpose": {"old purpose"}, "purpose": {"mine\r\nall"}, "was-usage": {"same"}, "usage": {"same"}, "tags": {"a:b\n\nc:d"}, "slos": {"freshness=2m\navailability=99.5%"},
	}, nil)
	if a.Redirect == "" || len(f.edits) != 1 {
		t.Fatalf("%+v, %v", a, f.edits)
	}
	b, err := json.Marshal(f.edits[0])
	if err != nil {
		t.Fatal(err)
	}
	want := `{"purpose":"mine\nall","slos":[{"property":"freshness","unit":"s","value":120},{"property":"availability","unit":"percent","value":99.5}],"tags":["a:b","c:d"]}`
	if string(b) != want {
		t.Errorf("it sends %s", b)
	}
}

// Two people edit at once: the second is told, sees both, and loses nothing that
// was typed; what only the first changed stays as the first wrote it.
func TestSecondEditorIsShownTheDifference(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.product.Purpose, f.product.Usage, f.product.Revision = "their purpose", "their usage", 5
	form := url.Values{"revision": {"4"}, "was-purpose": {"old purpose"}, "purpose": {"my purpose"}, "was-limitations": {""}, "limitations": {"my limits"}}
	for name, v := range map[string]string{"type": "source-aligned", "owner": "ada"} {
		form.Set(name, v)
		form.Set("was-"+name, v)
	}
	a, body := f.do(http.MethodPost, "/products/edge.pageviews/edit", form, nil)
	if a.Status != http.StatusPreconditionFailed || len(f.edits) != 0 {
		t.Fatalf("%d, %v", a.Status, f.edits)
	}
	has(t, body, "Somebody else changed the same", "their purpose", "my purpose</textarea>", "my limits</textarea>", "their usage</textarea>", `name="revision" value="5"`, `name="was-purpose" value="their purpose"`)
}

func TestSecondWriterOfDocumentationIsShownTheDifference(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.product.Documentation, f.doc, f.product.Revision = "x", "# Title\n\ntheir line\n", 7
	a, body := f.do(http.MethodPost, "/products/edge.pageviews/documentation/edit", url.Values{"revision": {"4"}, "text": {"# Title\r\n\r\nmy line"}}, nil)
	if a.Status != http.StatusPreconditionFailed {
		t.Fatal(a.Status)
	}
	has(t, body, "Somebody else changed", "their line", "my line</textarea>", `name="revision" value="7"`)
}

// What was typed before a session ended is in the form again, and what it began
// with, too.
func TestFormAfterTheSessionEnded(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	_, body := f.do(http.MethodGet, "/products/edge.pageviews/edit", nil, site.Keep{"purpose": {"typed"}, "was-purpose": {"older"}, "revision": {"2"}})
	has(t, body, "typed</textarea>", `name="was-purpose" value="older"`, `name="revision" value="2"`)
}

// A refusal stands in the form, beside what was typed.
func TestRefusalKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	_, body := f.do(http.MethodPost, "/products/edge.pageviews/edit", url.Values{"revision": {"4"}, "slos": {"speed"}, "purpose": {"kept"}}, nil)
	has(t, body, "is no objective", "kept</textarea>", "speed</textarea>")
	_, body = f.do(http.MethodPost, "/products/edge.pageviews/delete", url.Values{"revision": {"4"}, "confirm": {"edge"}, "reason": {"because"}}, nil)
	has(t, body, "the name is not the product", `value="because"`)
}

// What may not be read is said, and no value of a record is on the page.
func TestRecordsThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	no := client.Problem{Status: http.StatusForbidden, Detail: "person ada may not read the records", Fix: "weir access allow"}
	f.refuse["/records"], f.refuse["/profile"] = no, no
	_, body := f.do(http.MethodGet, "/products/edge.pageviews/records", nil, nil)
	has(t, body, "You may not read its records", "weir access allow")
	_, body = f.do(http.MethodGet, "/products/edge.pageviews/fields", nil, nil)
	has(t, body, "no profile", "you may not read its records", "email")
}

// What nobody measured says so.
func TestUnknownIsNotMeasured(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	_, body := f.do(http.MethodGet, "/products/edge.pageviews/readers", nil, nil)
	if n := strings.Count(body, ">not measured<"); n != 6 {
		t.Errorf("%d of 6 facts say that they are not measured", n)
	}
	if strings.Contains(body, "Nobody has read this product yet") {
		t.Error("what is not known is told as nobody")
	}
}

// Every story can be drawn, and nothing that people wrote can run.
func TestStories(t *testing.T) {
	t.Parallel()
	for _, s := range product.Family().Stories {
		t.Run(strings.TrimPrefix(s.Name, "product/"), func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			if err := s.Answer().Body.Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			low := strings.ToLower(b.String())
			for _, bad := range []string{"<script>", `href="javascript:`, "<img src=x", " style="} {
				if strings.Contains(low, bad) {
					t.Errorf("it holds %s", bad)
				}
			}
		})
	}
}
