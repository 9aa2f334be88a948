package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
)

func (a *API) termRoutes() {
	add(a, route{method: http.MethodGet, path: "/terms", summary: "List the glossary"}, a.terms)
	add(a, route{method: http.MethodPost, path: "/terms", summary: "Create a term", status: http.StatusCreated}, a.createTerm)
	add(a, route{method: http.MethodGet, path: "/terms/{name}", summary: "Show a term"}, a.term)
	add(a, route{method: http.MethodPatch, path: "/terms/{name}", summary: "Edit a term"}, a.editTerm)
	add(a, route{method: http.MethodDelete, path: "/terms/{name}", summary: "Delete a term to which no field points", status: http.StatusNoContent}, a.deleteTerm)
}

func (a *API) terms(ctx context.Context, p weir.Principal, in *Paging) (*many[client.Term], error) {
	return page(ctx, a, weir.ListQuery{Noun: weir.NounTerm, Scope: p.Scope()}, *in, term)
}

func (a *API) term(ctx context.Context, p weir.Principal, in *Named) (*one[client.Term], error) {
	return get(ctx, a, p, weir.NounTerm, in.Name, term)
}

func (a *API) createTerm(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewTerm
}) (*one[client.Term], error) {
	call, err := in.of(p, "term.create", in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.CreateTerm(ctx, call, catalog.NewTerm(in.Body))
	return wroteTerm(ctx, a, r, err)
}

func (a *API) editTerm(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.TermEdit
}) (*one[client.Term], error) {
	call, err := in.of(p, "term.edit", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.EditTerm(ctx, call, in.Name, catalog.TermEdit(in.Body))
	return wroteTerm(ctx, a, r, err)
}

func (a *API) deleteTerm(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*none, error) {
	call, err := in.of(p, "term.delete", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.DeleteTerm(ctx, call, in.Name)
	return gone(r), err
}

func wroteTerm(ctx context.Context, a *API, r weir.Receipt, err error) (*one[client.Term], error) {
	if err != nil {
		return nil, err
	}
	out, err := wrote(ctx, a, r, weir.NounTerm, term)
	if err == nil {
		out.Location = "/api/v1/terms/" + out.Body.Name
	}
	return out, err
}

func term(_ context.Context, _ *names, t *weir.Term, rev weir.Revision) (client.Term, error) {
	return client.Term{
		Name: t.Name, UID: t.UID.String(), Title: t.Title, Definition: t.Definition, Revision: uint64(rev), Created: t.Created,
	}, nil
}
