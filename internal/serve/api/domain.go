package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
)

func (a *API) domainRoutes() {
	add(a, route{method: http.MethodGet, path: "/domains", summary: "List domains"}, a.domains)
	add(a, route{method: http.MethodPost, path: "/domains", summary: "Create a domain", status: http.StatusCreated}, a.createDomain)
	add(a, route{method: http.MethodGet, path: "/domains/{name}", summary: "Show a domain"}, a.domain)
	add(a, route{method: http.MethodPatch, path: "/domains/{name}", summary: "Edit a domain"}, a.editDomain)
	add(a, route{method: http.MethodDelete, path: "/domains/{name}", summary: "Delete a domain", status: http.StatusNoContent}, a.deleteDomain)
}

func (a *API) domains(ctx context.Context, p weir.Principal, in *Paging) (*many[client.Domain], error) {
	return page(ctx, a, weir.ListQuery{Noun: weir.NounDomain, Scope: p.Scope()}, *in, domain)
}

func (a *API) domain(ctx context.Context, p weir.Principal, in *Named) (*one[client.Domain], error) {
	return get(ctx, a, p, weir.NounDomain, in.Name, domain)
}

func (a *API) createDomain(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewDomain
}) (*one[client.Domain], error) {
	call, err := in.of(p, "domain.create", in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.CreateDomain(ctx, call, catalog.NewDomain{Name: in.Body.Name, Team: in.Body.Team, Description: in.Body.Description})
	return wroteDomain(ctx, a, r, err)
}

func (a *API) editDomain(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.DomainEdit
}) (*one[client.Domain], error) {
	call, err := in.of(p, "domain.edit", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.EditDomain(ctx, call, in.Name, catalog.DomainEdit{Team: in.Body.Team, Description: in.Body.Description})
	return wroteDomain(ctx, a, r, err)
}

func (a *API) deleteDomain(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*none, error) {
	call, err := in.of(p, "domain.delete", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.DeleteDomain(ctx, call, in.Name)
	return gone(r), err
}

func wroteDomain(ctx context.Context, a *API, r weir.Receipt, err error) (*one[client.Domain], error) {
	if err != nil {
		return nil, err
	}
	out, err := wrote(ctx, a, r, weir.NounDomain, domain)
	if err == nil {
		out.Location = "/api/v1/domains/" + out.Body.Name
	}
	return out, err
}

func domain(ctx context.Context, n *names, d *weir.Domain, rev weir.Revision) (client.Domain, error) {
	team, err := n.of(ctx, weir.NounTeam, d.Team)
	return client.Domain{
		Name: d.Name, UID: d.UID.String(), Team: team, Description: d.Description,
		Revision: uint64(rev), Created: d.Created,
	}, err
}

// inDomain narrows a list to one domain.
type inDomain struct {
	Paging
	Domain string `query:"domain" maxLength:"63" doc:"Only this domain's."`
}

// query is the list's query; NotFound when there is no such domain.
func (in inDomain) query(ctx context.Context, a *API, p weir.Principal, n weir.Noun) (weir.ListQuery, error) {
	q := weir.ListQuery{Noun: n, Scope: p.Scope()}
	if in.Domain == "" {
		return q, nil
	}
	err := a.view(ctx, func(v weir.View) error {
		d, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounDomain, Name: in.Domain})
		if err == nil {
			q.Refers = []weir.UID{d.Ref().UID}
		}
		return err
	})
	return q, err
}
