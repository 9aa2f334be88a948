package activity

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
)

func render(t *testing.T, v View) string {
	t.Helper()
	var b bytes.Buffer
	if err := answer(v).Body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What stands in an address is the filter, and the filter's address is it.
func TestAddressIsTheFilter(t *testing.T) {
	t.Parallel()
	want := client.EntryFilter{
		By: "ann", About: "product/edge.clicks", Noun: "product", What: "product.edit", Door: "web", Result: "refused",
		Since: "7d", Until: "1h", Why: "a b&c", Cursor: "17", Limit: perPage,
	}
	u, err := url.Parse(href(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, filterOf(u.Query())); diff != "" {
		t.Error(diff)
	}
	if got := href(client.EntryFilter{Limit: perPage}); got != Path {
		t.Errorf("no filter is at %s", got)
	}
}

// The drawer's command lists what the page shows, whatever was typed.
func TestCommand(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]client.EntryFilter{
		"weir audit list --limit 50":                           {},
		"weir audit list --by ann --noun product --limit 50":   {By: "ann", Noun: "product"},
		`weir audit list --why 'it'\''s; rm -rf /' --limit 50`: {Why: "it's; rm -rf /"},
	} {
		if got := command(f); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// An entry says who, what, when and why; its things are links if they live.
func TestEntry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 12, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		change  func(*client.Entry)
		has, no []string
	}{
		"living":  {func(*client.Entry) {}, []string{"published edge.clicks", `href="/products/edge.clicks"`, "The shop asked for it", "Every click", "revision 1"}, []string{"may not edit"}},
		"gone":    {func(e *client.Entry) { e.Thing.Gone = true }, []string{"published edge.clicks"}, []string{`href="/products/edge.clicks"`}},
		"refused": {func(e *client.Entry) { *e = refused(now) }, []string{"may not edit", "7 times"}, nil},
		"secret": {func(e *client.Entry) {
			e.Changes[0].Fields = []client.EntryField{{Path: "password", Secret: true, New: json.RawMessage(`"hunter2"`)}}
		}, []string{"it is not shown"}, []string{"hunter2"}},
		"html": {func(e *client.Entry) { e.Words, e.Why = "<script>alert(1)</script>", "<img src=x>" }, []string{"&lt;script&gt;"}, []string{"<script>alert", "<img"}},
	} {
		one := canned(now, 0)
		c.change(&one)
		got := render(t, View{Now: now, Lines: lines([]client.Entry{one})})
		for _, text := range c.has {
			if !strings.Contains(got, text) {
				t.Errorf("%s: without %q", name, text)
			}
		}
		for _, text := range c.no {
			if strings.Contains(got, text) {
				t.Errorf("%s: with %q", name, text)
			}
		}
	}
}

// A filter that is none is shown with what is wrong, and is kept.
func TestFilterThatIsNone(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		a := s.Answer()
		var b bytes.Buffer
		if err := a.Body.Render(context.Background(), &b); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if s.Name != "activity/no-filter" {
			continue
		}
		if a.Status != 400 || !strings.Contains(b.String(), "names nothing") || !strings.Contains(b.String(), `value="users"`) {
			t.Errorf("%d %s", a.Status, b.String())
		}
	}
}
