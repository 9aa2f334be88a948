package api_test

import (
	"context"
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
