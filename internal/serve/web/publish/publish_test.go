package publish

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

func render(t *testing.T, v FormView) string {
	t.Helper()
	var b bytes.Buffer
	if err := formAnswer(v).Body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What is typed is what is asked for: nothing is made up, and nothing dropped.
func TestRequest(t *testing.T) {
	t.Parallel()
	got := request(url.Values{
		"as": {" edge.clicks "}, "owner": {"ann"}, "description": {"Every click\nof ours "}, "kind": {"table"}, "encoding": {"avro"}, "schema": {` {"type":"long"} `},
		"key": {"userid, at"}, "tags": {"area:web\r\nsource:tracker"}, "quality": {"raw"}, "sla": {""}, "acceptTerms": {"on"}, "acceptedTerms": {"0f"},
	})
	raw := "raw"
	want := client.NewPublication{
		As: "edge.clicks", Owner: "ann", Description: "Every click\nof ours", Kind: "table", Encoding: "avro", Schema: `{"type":"long"}`,
		Key: []string{"userid", "at"}, AcceptTerms: true, AcceptedTerms: "0f",
		Telling: client.Telling{Quality: &raw, Tags: []string{"area:web", "source:tracker"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := request(url.Values{}); got.AcceptTerms {
		t.Error("an empty form accepts the terms")
	}
}

// A refusal stands at the fields that it names, and what was typed stays.
func TestRefusalIsAtItsFields(t *testing.T) {
	t.Parallel()
	typed := url.Values{"as": {"edge.clicks"}, "description": {`He said "<b>hi</b>"`}, "schema": {"{not json"}}
	v := FormView{
		Topic: client.UnpublishedTopic{Name: "edge._private.clicks"}, Known: true, Typed: typed,
		Terms: client.PublishingTerms{Text: "Be *kind*.", SHA256: "abc123"}, Problem: missing(),
	}
	page := render(t, v)
	for _, want := range []string{
		"nobody knows how far its data can be trusted", "terms of publishing are not accepted", "2 things are missing",
		"{not json", "&lt;b&gt;hi", `value="edge.clicks"`, `value="abc123"`, "<em>kind</em>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("without %q", want)
		}
	}
	if strings.Contains(page, "<b>hi") {
		t.Error("what was typed is HTML")
	}
	if n := strings.Count(page, `class="field-error"`); n != 2 {
		t.Errorf("%d errors at fields", n)
	}
	if formAnswer(v).Status != 400 {
		t.Error("a refused form is answered as if it were taken")
	}
}

// The drawer's command does what the form does.
func TestSameCommand(t *testing.T) {
	t.Parallel()
	got := same("edge._private.clicks", request(url.Values{"as": {"edge.clicks"}, "description": {"It's all"}, "acceptTerms": {"on"}, "schema": {"{}"}}), "Asked\nfor").Command
	want := `weir product publish edge._private.clicks --as edge.clicks --description 'It'\''s all' --schema FILE --reason 'Asked for' --accept-terms`
	if got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}

func TestStoriesRender(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		var b bytes.Buffer
		if err := s.Answer().Body.Render(context.Background(), &b); err != nil || b.Len() == 0 {
			t.Errorf("%s: %v", s.Name, err)
		}
	}
}

// The form for a product that is proposed begins with what it tells and what the
// plan of its query says, and asks for what is typed.
func TestProposedIsFilledFromThePlan(t *testing.T) {
	t.Parallel()
	p := client.Product{Name: "edge.seen", Owner: "ann", Description: "What was seen", Access: "request", Kind: "stream", Encoding: "avro", Key: []string{"userid"}, About: client.About{Type: "aggregate", Lifecycle: "proposed"}}
	q := &client.Query{Inputs: []string{"edge.pageviews"}, AtEnd: true, Result: &client.QueryResult{EventTime: "at", Depth: 3, Classification: map[string]string{"userid": "personal", "n": "public"}}}
	typed := planned(p, q)
	var b bytes.Buffer
	if err := shownProposed(ProposedView{Product: p, Query: q, Typed: typed, Terms: client.PublishingTerms{Text: "Be *kind*."}}).Body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"What was seen", `value="at"`, "userid (personal)", "edge.pageviews", "It holds nothing of before", "<em>kind</em>", `<option value="request" selected>`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("without %q", want)
		}
	}
	typed.Set("quality", "raw")
	got := publication(typed)
	if got.Quality == nil || *got.Quality != "raw" || *got.Access != "request" || *got.Visibility != "mesh" || *got.EventTime != "at" || got.SLA != nil {
		t.Errorf("%+v", got)
	}
	if s := sameProposed(p.Name, got); !strings.HasPrefix(s.Command, "weir product publish edge.seen --owner ann --description 'What was seen' --type aggregate --quality raw") {
		t.Error(s.Command)
	}
}
