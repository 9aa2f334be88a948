package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/audit"
)

func (a *API) meshRoutes() {
	add(a, route{method: http.MethodGet, path: "/mesh", summary: "Show the mesh and this node"}, a.mesh)
	add(a, route{method: http.MethodGet, path: "/audit", summary: "List what was decided and refused, newest first"}, a.entries)
	add(a, route{method: http.MethodGet, path: "/audit/verification", summary: "Check the chain of the whole ledger"}, a.verify)
	add(a, route{method: http.MethodGet, path: "/export", summary: "Export every living entity, without secrets"}, a.export)
}

func (a *API) mesh(ctx context.Context, p weir.Principal, _ *struct{}) (*one[client.Mesh], error) {
	var out *one[client.Mesh]
	err := a.view(ctx, func(v weir.View) error {
		got, err := v.List(ctx, weir.Query{Noun: weir.NounMesh, Scope: weir.Everything, Limit: 1})
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

func (a *API) entries(ctx context.Context, p weir.Principal, in *struct {
	Paging
	By    string `query:"by" maxLength:"63" doc:"A person's name."`
	About string `query:"about" maxLength:"200" doc:"noun/name, such as product/membership.users; also of what is gone, and noun/uid."`
}) (*many[client.Entry], error) {
	f := audit.Filter{By: in.By, Limit: in.Limit}
	if in.Cursor != "" {
		n, err := strconv.ParseUint(in.Cursor, 10, 64)
		if err != nil || n == 0 {
			return nil, weir.Errorf(weir.Invalid, "%q is no cursor of this list", in.Cursor).At("cursor").WithFix("use the next of an earlier page")
		}
		f.Before = weir.Offset(n)
	}
	var err error
	if f.Ref, err = about(in.About); err != nil {
		return nil, err
	}
	got, err := a.Audit.List(ctx, p, f)
	if err != nil {
		return nil, err
	}
	out := &many[client.Entry]{Body: client.List[client.Entry]{Items: []client.Entry{}}}
	for _, r := range got.Records {
		e := entry(r)
		if !p.Has(weir.RoleMeshAdmin) && r.Entry.By.UID != p.Ref.UID {
			e.Through = client.Through{Door: e.Through.Door} // from where others came is theirs to know
		}
		out.Body.Items = append(out.Body.Items, e)
	}
	if err := a.knownRoles(ctx, p, out.Body.Items); err != nil {
		return nil, err
	}
	if got.Next != 0 {
		out.Body.Next = strconv.FormatUint(uint64(got.Next), 10)
	}
	return out, nil
}

// about reads noun/name or noun/uid.
func about(s string) (weir.Ref, error) {
	if s == "" {
		return weir.Ref{}, nil
	}
	noun, name, ok := strings.Cut(s, "/")
	if !ok || name == "" {
		return weir.Ref{}, weir.Errorf(weir.Invalid, "%q names nothing", s).At("about").WithFix("write noun/name, such as product/membership.users")
	}
	if u, err := weir.ParseUID(name); err == nil {
		return weir.Ref{Noun: weir.Noun(noun), UID: u}, nil
	}
	return weir.Ref{Noun: weir.Noun(noun), Name: name}, nil
}

func entry(r weir.Record) client.Entry {
	e := r.Entry
	out := client.Entry{
		Name: strconv.FormatUint(uint64(r.Offset), 10), Offset: uint64(r.Offset), Hash: r.Hash.String(), At: e.At,
		Who: e.By.Name, Noun: string(e.By.Noun), What: e.Op, Why: e.Why,
		Through: client.Through{Door: e.Via.Door, Address: e.Via.Address},
	}
	if !e.Via.Token.IsZero() {
		out.Through.Token = e.Via.Token.String()
	}
	for _, c := range e.Changes {
		ch := client.EntryChange{
			Noun: string(c.Ref.Noun), Name: c.Ref.Name, UID: c.Ref.UID.String(), Revision: uint64(c.Rev), Deleted: c.Deleted,
		}
		for _, d := range c.Diff {
			ch.Fields = append(ch.Fields, client.EntryField{Path: d.Path, Old: d.Old, New: d.New, Secret: d.Secret})
		}
		out.Changes = append(out.Changes, ch)
	}
	if f := e.Refusal; f != nil {
		out.Refusal = &client.EntryRefusal{Noun: string(f.Ref.Noun), Name: f.Ref.Name, Msg: f.Msg, Count: f.Count, First: f.First, Last: f.Last}
	}
	return out
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
