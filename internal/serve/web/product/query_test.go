package product_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// derived is a fake whose product a query makes.
func derived(t *testing.T, change func(*client.Query)) *fake {
	f := newFake(t)
	q := client.Query{
		Name: "edge.pageviews", State: "running", Statement: "SELECT a < 1 AS low FROM edge.clicks", Inputs: []string{"edge.clicks"}, Application: "query-1", Epoch: "200ms", OnFailure: "aside", Run: 1, Revision: 9,
		Status: &client.QueryStatus{Running: true, RowsIn: 1234, RowsOut: 77, Lag: 5},
		Result: &client.QueryResult{Mode: "append", Depth: 1, Schema: []client.QueryColumn{{Name: "low", Type: "BOOLEAN"}}, Lineage: []client.QueryLineage{
			{Column: "low", Product: "edge.clicks", Field: "a", Direct: true}, {Column: "low", Product: "other.hidden", Field: "b"},
		}},
	}
	if change != nil {
		change(&q)
	}
	f.product.Query, f.query = q.Name, &q
	return f
}

// The page of a derived product shows its query: the statement, how it runs,
// what each column is made of, and the commands that change it.
func TestQueryOfADerivedProduct(t *testing.T) {
	t.Parallel()
	f := derived(t, func(q *client.Query) { q.Status.Error = "the cluster does not answer" })
	a, body := f.do(http.MethodGet, "/products/edge.pageviews/query", nil, nil)
	has(t, body, "SELECT a &lt; 1 AS low FROM edge.clicks", "1.23 k", "records that it has not read yet", "The last error: the cluster does not answer",
		`href="/products/edge.clicks/fields?q=a"`, "other.hidden.b", `name="revision" value="9"`, "Pause</button>", "Stop</button>")
	if strings.Contains(body, "/products/other.hidden") {
		t.Error("it leads to a product that the viewer may not know of")
	}
	var commands []string
	for _, s := range a.Same {
		commands = append(commands, s.Command)
	}
	if got, want := strings.Join(commands, "; "), "weir query show edge.pageviews; weir query pause edge.pageviews; weir query start edge.pageviews; weir query stop edge.pageviews"; got != want {
		t.Errorf("the drawer says %s, want %s", got, want)
	}
	_, body = f.do(http.MethodGet, "/products/edge.pageviews/readers", nil, nil)
	has(t, body, `href="/products/edge.pageviews/query"`)
}

// A query that Weir stopped says why, and can go on or begin anew.
func TestStoppedQuerySaysWhy(t *testing.T) {
	t.Parallel()
	f := derived(t, func(q *client.Query) { q.State, q.Why, q.Status = "stopped", "an input is gone", nil })
	_, body := f.do(http.MethodGet, "/products/edge.pageviews/query", nil, nil)
	has(t, body, "Weir stopped it: an input is gone", "it was not run since the node started", "Start</button>", "Begin anew</button>")
}

// Who owns nothing of it gets no button, and of what no query makes nothing is
// said.
func TestQueryForOthers(t *testing.T) {
	t.Parallel()
	f := derived(t, nil)
	f.me = site.Person{Name: "zoe", Teams: []string{"growth"}}
	a, body := f.do(http.MethodGet, "/products/edge.pageviews/query", nil, nil)
	if strings.Contains(body, "<button type=\"submit\"") || len(a.Same) != 1 {
		t.Errorf("zoe is offered to change it: %v", a.Same)
	}
	f.product.Query = ""
	if _, body = f.do(http.MethodGet, "/products/edge.pageviews/readers", nil, nil); strings.Contains(body, "/query") {
		t.Error("there is a part for a query that is not known")
	}
}

// A change names the query as it was looked at, leads back, and says what was
// done; a refusal stands on the page.
func TestQueryIsChanged(t *testing.T) {
	t.Parallel()
	f := derived(t, nil)
	a, _ := f.do(http.MethodPost, "/products/edge.pageviews/query/pause", url.Values{"revision": {"9"}}, nil)
	if a.Redirect != "/products/edge.pageviews/query" || a.Same[0].Command != "weir query pause edge.pageviews" || f.query.State != "paused" {
		t.Errorf("%+v, %s", a, f.query.State)
	}
	a, body := f.do(http.MethodPost, "/products/edge.pageviews/query/stop", url.Values{"revision": {"9"}}, nil)
	if a.Status != http.StatusPreconditionFailed || f.query.State != "paused" {
		t.Errorf("%d, %s", a.Status, f.query.State)
	}
	has(t, body, "somebody else changed the query")
	a, _ = f.do(http.MethodPost, "/products/edge.pageviews/query/start", url.Values{"revision": {"10"}, "begin": {"on"}}, nil)
	if a.Same[0].Command != "weir query start edge.pageviews --from-beginning" || f.query.Run != 2 {
		t.Errorf("%+v, run %d", a, f.query.Run)
	}
}

// changeQuery does what a request asks of the query.
func (f *fake) changeQuery(w http.ResponseWriter, r *http.Request, do string) {
	q := f.query
	if m := r.Header.Get("If-Match"); (do != "" || r.Method == http.MethodDelete) && m != `"`+itoa(q.Revision)+`"` {
		f.answer(w, http.StatusPreconditionFailed, client.Problem{Status: 412, Detail: "it is at revision " + itoa(q.Revision)})
		return
	}
	switch do {
	case "/pause":
		q.State, q.Revision = "paused", q.Revision+1
	case "":
		if r.Method == http.MethodDelete {
			f.query.State = "gone"
			w.WriteHeader(http.StatusNoContent)
			return
		}
	case "/start":
		q.State, q.Run, q.Revision = "running", q.Run+1, q.Revision+1
	}
	f.answer(w, 200, q)
}

// aside answers with a record that was set aside.
func (f *fake) aside(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(client.RecordsFrom, "0:1,*")
	w.Header().Set("Trailer", client.RecordsEnd)
	defer w.Header().Set(client.RecordsEnd, client.EndOfRecords)
	if r.URL.Query().Has("until") {
		return // there are no more
	}
	_, err := w.Write([]byte(`{"partition":0,"offset":1,"timestamp":"2026-11-01T00:00:00Z","key":null,"value":null,"headers":[` +
		`{"key":"weir.from","value":"edge.clicks.v1/2/77"},{"key":"weir.failed","value":"1:9: <b>division by zero"},{"key":"weir.step","value":"compute"}]}` + "\n"))
	if err != nil {
		f.t.Error(err)
	}
}

// Records that a query could not compute stand on its page, each with its place
// and the reason.
func TestQueryFailuresHaveReasons(t *testing.T) {
	t.Parallel()
	f := derived(t, func(q *client.Query) { q.Aside, q.Status.Aside = "edge._private.pageviews-aside", 12 })
	_, body := f.do(http.MethodGet, "/products/edge.pageviews/query", nil, nil)
	has(t, body, "The newest 1 of 12", "edge._private.pageviews-aside", "1:9: &lt;b&gt;division by zero", `href="/products/edge.clicks/records/2/77"`, "edge.clicks 2:77")
}

// A page that is watched takes in how the query runs; what one can do with it
// comes only when it is not what the page has.
func TestQueryIsWatched(t *testing.T) {
	t.Parallel()
	f := derived(t, nil)
	f.head = http.Header{"Hx-Request": {"true"}}
	a, body := f.do(http.MethodGet, "/products/edge.pageviews/query", nil, nil)
	has(t, body, `id="query-live"`, `hx-trigger="every 2s"`, `id="query-how" hx-swap-oob="true"`, `id="query-do"`, "Pause</button>")
	if !a.Bare || strings.Contains(body, "SELECT a") {
		t.Error("it is not a part of the page")
	}
	_, seen, _ := strings.Cut(body, "seen=")
	seen, _, _ = strings.Cut(seen, `"`)
	_, body = f.do(http.MethodGet, "/products/edge.pageviews/query?seen="+seen, nil, nil)
	if has(t, body, "1.23 k"); strings.Contains(body, `id="query-do"`) {
		t.Error("buttons that the page has are sent again")
	}
	f.query.State, f.query.Revision = "paused", 10
	_, body = f.do(http.MethodGet, "/products/edge.pageviews/query?seen="+seen, nil, nil)
	has(t, body, `id="query-do"`, "Start</button>", `name="revision" value="10"`, `hx-trigger="every 10s"`)
}

// A query is removed by who writes its name; a refusal keeps what was typed.
func TestQueryIsRemoved(t *testing.T) {
	t.Parallel()
	f := derived(t, nil)
	_, body := f.do(http.MethodGet, "/products/edge.pageviews/query/delete", nil, nil)
	has(t, body, "Write edge.pageviews", `name="revision" value="9"`)
	a, body := f.do(http.MethodPost, "/products/edge.pageviews/query/delete", url.Values{"revision": {"9"}, "confirm": {"edge"}, "reason": {"over"}}, nil)
	if a.Status != http.StatusBadRequest || f.query.State == "gone" {
		t.Errorf("%d, %s", a.Status, f.query.State)
	}
	has(t, body, "the name is not the product", `value="over"`, `value="edge"`)
	if a, _ = f.do(http.MethodPost, "/products/edge.pageviews/query/delete", url.Values{"revision": {"8"}, "confirm": {"edge.pageviews"}}, nil); a.Status != http.StatusPreconditionFailed {
		t.Errorf("another revision: %d", a.Status)
	}
	a, _ = f.do(http.MethodPost, "/products/edge.pageviews/query/delete", url.Values{"revision": {"9"}, "confirm": {"edge.pageviews"}}, nil)
	if a.Redirect != "/products/edge.pageviews" || f.query.State != "gone" || a.Same[0].Command != "weir query delete edge.pageviews" {
		t.Errorf("%+v, %s", a, f.query.State)
	}
}

// What only its domain knows of can be published from the page of its query.
func TestQueryOfAProposedProductLeadsToPublishing(t *testing.T) {
	t.Parallel()
	f := derived(t, func(q *client.Query) { q.Lifecycle = "proposed" })
	f.product.Lifecycle = "proposed"
	_, body := f.do(http.MethodGet, "/products/edge.pageviews/query", nil, nil)
	has(t, body, `href="/products/edge.pageviews/publish"`, "Let others find it")
}
