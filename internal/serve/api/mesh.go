package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func (a *API) meshRoutes() {
	add(a, route{method: http.MethodGet, path: "/mesh", summary: "Show the mesh and this node"}, a.mesh)
	a.auditRoutes()
	add(a, route{method: http.MethodGet, path: "/audit/verification", summary: "Check the chain of the whole ledger"}, a.verify)
	add(a, route{method: http.MethodGet, path: "/export", summary: "Export every living entity, without secrets"}, a.export)
}

func (a *API) mesh(ctx context.Context, p weir.Principal, _ *struct{}) (*one[client.Mesh], error) {
	var out *one[client.Mesh]
	err := a.view(ctx, func(v weir.View) error {
		got, err := v.List(ctx, weir.ListQuery{Noun: weir.NounMesh, Scope: weir.Everything, Limit: 1})
		if err != nil {
			return err
		}
		if len(got.Items) == 0 {
			return weir.Errorf(weir.Unavailable, "the mesh is not there yet")
		}
		r := got.Items[0].Entity.Ref()
		m := client.Mesh{Name: r.Name, UID: r.UID.String(), Version: a.Version, Kafka: a.Node.Kafka(), Registry: a.Node.Registry(), Cluster: a.Node.Cluster()}
		if !p.Has(weir.RoleMeshAdmin) {
			m.Cluster.Problems = nil // they name topics
		}
		out = shown(m, uint64(got.Items[0].Rev))
		return nil
	})
	return out, err
}

func (a *API) verify(ctx context.Context, p weir.Principal, _ *struct{}) (*struct{ Body client.Verification }, error) {
	head, err := a.Audit.Verify(ctx, weir.Call{By: p})
	if err != nil {
		return nil, err
	}
	return &struct{ Body client.Verification }{client.Verification{
		Entries: uint64(head.Offset), Hash: head.Hash.String(), Ledger: a.Ledger.UID().String(),
	}}, nil
}

func (a *API) export(ctx context.Context, p weir.Principal, _ *struct{}) (*struct{ Body json.RawMessage }, error) {
	got, err := a.Audit.Export(ctx, weir.Call{By: p})
	if err != nil {
		return nil, err
	}
	b, err := weir.Canonical(got)
	return &struct{ Body json.RawMessage }{b}, err
}
