package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/identity"
)

func (a *API) personRoutes() {
	add(a, route{method: http.MethodGet, path: "/people", summary: "List people"}, a.people)
	add(a, route{method: http.MethodPost, path: "/people", summary: "Create a person", status: http.StatusCreated}, a.createPerson)
	add(a, route{method: http.MethodGet, path: "/people/{name}", summary: "Show a person"}, a.person)
	add(a, route{method: http.MethodDelete, path: "/people/{name}", summary: "Delete a person", status: http.StatusNoContent}, a.deletePerson)
	add(a, route{method: http.MethodPost, path: "/people/{name}/password", summary: "Set a person's password"}, a.setPassword)
	a.roleRoutes()
}

func (a *API) people(ctx context.Context, p weir.Principal, in *Paging) (*many[client.Person], error) {
	return page(ctx, a, weir.ListQuery{Noun: weir.NounPerson, Scope: p.Scope()}, *in, person)
}

func (a *API) person(ctx context.Context, p weir.Principal, in *Named) (*one[client.Person], error) {
	return get(ctx, a, p, weir.NounPerson, in.Name, person)
}

func (a *API) createPerson(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewPerson
}) (*one[client.Person], error) {
	call, err := in.of(p, "person.create", in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.CreatePerson(ctx, call, in.Body.Name)
	return personWithPassword(ctx, a, r, err)
}

func (a *API) setPassword(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.NewPassword
}) (*one[client.Person], error) {
	call, err := in.of(p, "person.password", in.Name, in.Body.Password != "")
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.SetPassword(ctx, call, in.Name, in.Body.Password)
	if in.Body.Password != "" {
		r.Password = "" // the caller has it
	}
	return personWithPassword(ctx, a, r, err)
}

func personWithPassword(ctx context.Context, a *API, r identity.WithPassword, err error) (*one[client.Person], error) {
	if err != nil {
		return nil, err
	}
	out, err := wrote(ctx, a, r.Receipt, weir.NounPerson, person)
	if err == nil {
		out.Body.Password = r.Password
		out.Location = "/api/v1/people/" + out.Body.Name
	}
	return out, err
}

func (a *API) deletePerson(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*none, error) {
	call, err := in.of(p, "person.delete", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.DeletePerson(ctx, call, in.Name)
	return gone(r), err
}

func person(ctx context.Context, n *names, p *weir.Person, rev weir.Revision) (client.Person, error) {
	out := client.Person{
		Name: p.Name, UID: p.UID.String(), Roles: []string{}, Teams: []string{},
		Revision: uint64(rev), Created: p.Created,
	}
	for _, b := range p.Roles {
		if b.On.Noun == weir.NounMesh { // what others are on is in the list of roles, to those who may know of it
			out.Roles = append(out.Roles, string(b.Role))
		}
	}
	err := weir.All(ctx, n.v, weir.ListQuery{Noun: weir.NounTeam, Scope: weir.Everything, Refers: []weir.UID{p.UID}}, func(it weir.Item) error {
		out.Teams = append(out.Teams, it.Entity.Ref().Name)
		return nil
	})
	return out, err
}
