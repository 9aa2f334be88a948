package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

// uncounted is measures where nothing was counted.
type uncounted struct{}

func (uncounted) Flows(context.Context, time.Time, time.Time) ([]weir.Usage, error) { return nil, nil }
func (uncounted) Coverage(context.Context) (weir.Coverage, error)                   { return weir.Coverage{}, nil }

// TestLineageAsItWas: before something was made it is not told, and after it ended
// a time before still tells of it.
func TestLineageAsItWas(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("edge")
	ctx := t.Context()
	_, err := m.admin.CreateProduct(ctx, client.NewProduct{Name: "edge.views", Encoding: "json"})
	must(t, err)
	made := time.Now()
	now, err := m.admin.Lineage(ctx, "edge.views", client.LineageQuestion{})
	must(t, err)
	if len(now.Nodes) != 1 || now.Nodes[0].Name != "edge.views" {
		t.Errorf("now it is %+v", now.Nodes)
	}
	m.ended(m.admin.DeleteProduct(ctx, "edge.views", true))
	if _, err := m.admin.Lineage(ctx, "edge.views", client.LineageQuestion{}); err == nil {
		t.Error("what is gone is told of now")
	}
	then, err := m.admin.Lineage(ctx, "edge.views", client.LineageQuestion{At: made})
	if err != nil || len(then.Nodes) != 1 {
		t.Errorf("then it was %+v, %v", then.Nodes, err)
	}
	if _, err := m.admin.Lineage(ctx, "edge.views", client.LineageQuestion{At: made.Add(-time.Hour)}); err == nil {
		t.Error("what was not yet made is told of")
	}
}

// TestWhatEndsNamesWhomItHurts: the answer that ends a product names who depends on it, and
// nobody where nobody does.
func TestWhatEndsNamesWhomItHurts(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("edge")
	ctx := t.Context()
	for _, name := range []string{"edge.views", "edge.alone"} {
		_, err := m.admin.CreateProduct(ctx, client.NewProduct{Name: name, Encoding: "json"})
		must(t, err)
	}
	m.app("tracker", "edge")
	_, err := m.admin.Declare(ctx, "edge.views", "tracker", client.NewPlan{})
	must(t, err)
	for path, want := range map[string]string{
		"/products/edge.views": "application tracker",
		"/products/edge.alone": "",
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodDelete, m.url+"/api/v1"+path, nil)
		must(t, err)
		req.Header.Set("Authorization", "Bearer "+m.token)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, res.Body.Close())
		if got := res.Header.Get("Weir-Hurts"); res.StatusCode >= 300 || got != want {
			t.Errorf("%s: %s, hurts %q", path, res.Status, got)
		}
	}
}
