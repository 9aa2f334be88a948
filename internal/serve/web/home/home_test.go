package home_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/home"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// answers is an API that answers by the path; of anything else there is nothing.
type answers map[string]string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	text, ok := a[strings.TrimPrefix(r.URL.Path, "/api/v1")]
	if !ok {
		text = `{"items":[]}`
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// A query of somebody's domains that does not run stands among what fails, with
// the reason and what to do; one that people let rest does not.
func TestStoppedQueriesFail(t *testing.T) {
	t.Parallel()
	api := answers{"/queries": `{"items":[
		{"name":"edge.counts","state":"stopped","why":"an input is gone"},
		{"name":"edge.retried","state":"running","status":{"error":"the cluster does not answer"}},
		{"name":"edge.rests","state":"paused","status":{"error":"was stopped"}},
		{"name":"edge.runs","state":"running","status":{"running":true}}]}`}
	page := shown(t, api)
	for _, want := range []string{"its query is stopped: an input is gone", `href="/products/edge.counts/query"`, "weir query start edge.counts", "its query has an error: the cluster does not answer"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, none := range []string{"edge.rests", "edge.runs"} {
		if strings.Contains(page, none) {
			t.Errorf("%s is told as a failure", none)
		}
	}
}

// A product that somebody may know of is news to them, also if who made it, and
// how, is not theirs to see.
func TestNewProductsAreNews(t *testing.T) {
	t.Parallel()
	page := shown(t, answers{"/products": `{"items":[{"name":"shop.old","owner":"bo","created":"2026-01-01T00:00:00Z"},{"name":"shop.new","owner":"bo","created":"2026-11-01T00:00:00Z"}]}`})
	newer, older := strings.Index(page, ">shop.new<"), strings.Index(page, ">shop.old<")
	if newer < 0 || older < newer {
		t.Errorf("the newer product stands at %d, the older at %d", newer, older)
	}
}

// shown is the page as an API's answers make it.
func shown(t *testing.T, api answers) string {
	t.Helper()
	r := &site.Request{Request: httptest.NewRequest(http.MethodGet, "/", nil), API: client.Over(api, ""), Me: site.Person{Name: "ada", Teams: []string{"edge"}}, Now: time.Unix(1_800_000_000, 0)}
	a, err := home.Family().Routes[0].Handle(r)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := a.Body.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
