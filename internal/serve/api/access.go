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
	q, err := a.ofParties(ctx, p, weir.NounAccess, in.Product, in.Application)
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

func (a *API) revoke(ctx context.Context, p weir.Principal, in *between) (*hurting, error) {
	call, err := in.of(p, "access.revoke", in.Name, in.Application)
	if err != nil {
		return nil, err
	}
	hurts := a.hurts(ctx, p, in.Application) // what it makes of what it reads
	r, err := a.Granting.Revoke(ctx, call, in.Name, in.Application)
	if err != nil {
		return nil, err
	}
	a.settled(ctx, r)
	return gone(r).hurting(hurts), nil
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
