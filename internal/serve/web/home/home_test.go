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
	r := &site.Request{Request: httptest.NewRequest(http.MethodGet, "/", nil), API: client.Over(api, ""), Me: site.Person{Name: "ada", Teams: []string{"edge"}}, Now: time.Unix(1_800_000_000, 0)}
	a, err := home.Family().Routes[0].Handle(r)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := a.Body.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"its query is stopped: an input is gone", `href="/products/edge.counts/query"`, "weir query start edge.counts", "its query has an error: the cluster does not answer"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, none := range []string{"edge.rests", "edge.runs"} {
		if strings.Contains(b.String(), none) {
			t.Errorf("%s is told as a failure", none)
		}
	}
}
