package lineage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

func render(t *testing.T, a site.Answer) string {
	t.Helper()
	var b bytes.Buffer
	if err := a.Body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What stands in an address is what the API is asked; what is none is refused with
// where and what to do.
func TestQuestion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked Asked
		want  client.LineageQuestion
		where string
	}{
		{Asked{}, client.LineageQuestion{}, ""},
		{Asked{Field: "a.b", Direction: "up", Depth: "2", Since: "6h"}, client.LineageQuestion{Field: "a.b", Up: true, Depth: 2, Since: "6h"}, ""},
		{Asked{At: "2026-03-01"}, client.LineageQuestion{At: time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)}, ""},
		{Asked{At: "2026-03-01T12:30"}, client.LineageQuestion{At: time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)}, ""},
		{Asked{At: "2026-03-01T12:30:00Z"}, client.LineageQuestion{At: time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)}, ""},
		{Asked{At: "yesterday"}, client.LineageQuestion{}, "at"},
		{Asked{Depth: "far"}, client.LineageQuestion{}, "depth"},
		{Asked{Depth: "-1"}, client.LineageQuestion{}, "depth"},
		{Asked{Depth: "1001"}, client.LineageQuestion{}, "depth"},
	} {
		got, err := c.asked.question()
		var p *client.Problem
		switch {
		case c.where == "" && err != nil:
			t.Errorf("%+v: %v", c.asked, err)
		case c.where != "" && (!errors.As(err, &p) || p.Where != c.where || p.Fix == ""):
			t.Errorf("%+v: %v", c.asked, err)
		case c.where == "" && !cmp.Equal(c.want, got):
			t.Errorf("%+v: %s", c.asked, cmp.Diff(c.want, got))
		}
	}
}

// The drawer's commands tell what the page tells, whatever stands in its address.
func TestSame(t *testing.T) {
	t.Parallel()
	v := View{Name: "edge.clicks", Asked: Asked{Field: "who", Direction: "down", Depth: "2", At: "2026-03-01", Since: "6h; ls"}}
	want := []site.Same{
		{
			Command: "weir lineage 'edge.clicks#who' --down --depth 2 --at 2026-03-01 --since '6h; ls'", Method: "GET",
			Path: "/api/v1/lineage/edge.clicks?at=2026-03-01T23%3A59%3A59Z&depth=2&direction=down&field=who&since=6h%3B+ls",
		},
		{
			Command: "weir impact 'edge.clicks#who' --depth 2 --at 2026-03-01 --since '6h; ls'", Method: "GET",
			Path: "/api/v1/impact/edge.clicks?at=2026-03-01T23%3A59%3A59Z&depth=2&field=who&since=6h%3B+ls",
		},
	}
	if diff := cmp.Diff(want, same(v)); diff != "" {
		t.Error(diff)
	}
}

// The picture has the boxes and edges of the answer, at their places, and how each
// edge is known.
func TestPicture(t *testing.T) {
	t.Parallel()
	var got picture
	if err := json.Unmarshal([]byte(pictureOf(storyMany()).text()), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Boxes) != 8 || len(got.Edges) != 7 || len(got.Made) != 5 {
		t.Fatalf("%d boxes, %d edges, %d fields", len(got.Boxes), len(got.Edges), len(got.Made))
	}
	e := got.Edges[0]
	if got.Boxes[e[0]].Name != "exchange" || got.Boxes[e[1]].Name != "execution.stocktrades" || got.Texts[e[2]] != "traffic: writes" || e[4] != 1_204_113 {
		t.Errorf("%v", e)
	}
	var styles []int64
	for _, e := range got.Edges {
		styles = append(styles, e[3])
	}
	if diff := cmp.Diff([]int64{plainEdge, plainEdge, plainEdge, plainEdge, fadedEdge, declaredEdge, plainEdge}, styles); diff != "" {
		t.Error(diff)
	}
	if m := got.Made[2]; got.Boxes[m.From].Name != "membership.users" || m.Column != "*" || m.Direct || got.Boxes[m.Query].Kind != "query" {
		t.Errorf("%+v", m)
	}
}

// A closed box has no name, no page and no lineage, in the tables and in the
// picture.
func TestClosedBox(t *testing.T) {
	t.Parallel()
	v := storyClosed()
	for _, b := range pictureOf(v).Boxes {
		if b.Kind == "closed" && (b.Name != "" || b.Page != "" || b.Follow != "" || b.Team != "" || b.Domain != "" || b.Has != nil) {
			t.Errorf("%+v", b)
		}
	}
	page := render(t, answer(v))
	for _, has := range []string{"not for you to see", "4 that are not for you to see", "and 1 more that you may not see by name"} {
		if !strings.Contains(page, has) {
			t.Errorf("without %q", has)
		}
	}
}

// Each state says what it is, and tables are bounded by rows.
func TestStates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of  func() View
		has []string
	}{
		"alone":    {storyAlone, []string{"Nothing is known to come here or go from here"}},
		"past":     {storyPast, []string{"This is how it was at 2026-03-01", "How it is now"}},
		"question": {storyWrong, []string{"yesterday", "write a day"}},
		"counts":   {storyUncounted, []string{"The counts are missing", "12 things are left out", "Nothing was counted yet"}},
		"field":    {storyField, []string{"execution.stocktrades#price", "application", "fraud-scoring", "The teams to talk to:"}},
		"masked":   {storyMany, []string{"masked by sha256", "membership.users#regionid", "condition, join or grouping"}},
		"large":    {storyLarge, []string{"and 9,949 more, which the command lists"}},
	} {
		page := render(t, answer(c.of()))
		for _, text := range c.has {
			if !strings.Contains(page, text) {
				t.Errorf("%s: without %q", name, text)
			}
		}
	}
}

// Names of others are text, wherever they stand.
func TestNamesAreText(t *testing.T) {
	t.Parallel()
	v := storyMany()
	v.Lineage.Fields[0].Field = `"><script>alert(1)</script>`
	v.Choices = []string{`'"><img src=x onerror=alert(1)>`}
	if page := render(t, answer(v)); strings.Contains(page, "<script>alert") || strings.Contains(page, "<img") {
		t.Error("a name became a tag")
	}
}
