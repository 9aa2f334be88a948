package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func (a *API) accessRoutes() {
	add(a, route{method: http.MethodGet, path: "/access", summary: "List who was allowed to read what"}, a.accesses)
	add(a, route{method: http.MethodPut, path: "/products/{name}/access/{application}", summary: "Allow an application to read a product"}, a.allow)
	add(a, route{method: http.MethodDelete, path: "/products/{name}/access/{application}", summary: "Revoke it", status: http.StatusNoContent}, a.revoke)
}

func (a *API) accesses(ctx context.Context, p weir.Principal, in *struct {
	Paging
	Product     string `query:"product" maxLength:"127"`
	Application string `query:"application" maxLength:"63"`
}) (*many[client.Access], error) {
	q := weir.ListQuery{Noun: weir.NounAccess, Scope: p.Scope()}
	err := a.view(ctx, func(v weir.View) error {
		for _, r := range []weir.Ref{{Noun: weir.NounProduct, Name: in.Product}, {Noun: weir.NounApplication, Name: in.Application}} {
			if r.Name == "" {
				continue
			}
			e, _, err := weir.Known[weir.Entity](ctx, v, p, r)
			if err != nil {
				return err
			}
			q.Refers = append(q.Refers, e.Ref().UID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page(ctx, a, q, in.Paging, allowed)
}

// between is a product and an application.
type between struct {
	Write
	Named
	Application string `path:"application" maxLength:"63"`
}

func (a *API) allow(ctx context.Context, p weir.Principal, in *between) (*one[client.Access], error) {
	call, err := in.of(p, "access.allow", in.Name, in.Application)
	if err != nil {
		return nil, err
	}
	r, err := a.Granting.Allow(ctx, call, in.Name, in.Application)
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, r, weir.NounAccess, allowed)
}

func (a *API) revoke(ctx context.Context, p weir.Principal, in *between) (*none, error) {
	call, err := in.of(p, "access.revoke", in.Name, in.Application)
	if err != nil {
		return nil, err
	}
	r, err := a.Granting.Revoke(ctx, call, in.Name, in.Application)
	if err == nil {
		a.settled(ctx, r)
	}
	return gone(r), err
}

func allowed(ctx context.Context, n *names, e *weir.Access, rev weir.Revision) (client.Access, error) {
	p, err := n.of(ctx, weir.NounProduct, e.Product)
	if err != nil {
		return client.Access{}, err
	}
	app, err := n.of(ctx, weir.NounApplication, e.Application)
	return client.Access{
		Name: e.Name, UID: e.UID.String(), Product: p, Application: app, Revision: uint64(rev), Created: e.Created,
	}, err
}
