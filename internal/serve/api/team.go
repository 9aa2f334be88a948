package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func (a *API) teamRoutes() {
	add(a, route{method: http.MethodGet, path: "/teams", summary: "List teams"}, a.teams)
	add(a, route{method: http.MethodPost, path: "/teams", summary: "Create a team", status: http.StatusCreated}, a.createTeam)
	add(a, route{method: http.MethodGet, path: "/teams/{name}", summary: "Show a team"}, a.team)
	add(a, route{method: http.MethodPatch, path: "/teams/{name}", summary: "Edit a team"}, a.editTeam)
	add(a, route{method: http.MethodDelete, path: "/teams/{name}", summary: "Delete a team", status: http.StatusNoContent}, a.deleteTeam)
	add(a, route{method: http.MethodPut, path: "/teams/{name}/members/{person}", summary: "Add a member"}, a.addMember)
	add(a, route{method: http.MethodDelete, path: "/teams/{name}/members/{person}", summary: "Remove a member", status: http.StatusNoContent}, a.removeMember)
}

func (a *API) teams(ctx context.Context, p weir.Principal, in *Paging) (*many[client.Team], error) {
	return page(ctx, a, weir.ListQuery{Noun: weir.NounTeam, Scope: p.Scope()}, *in, team)
}

func (a *API) team(ctx context.Context, p weir.Principal, in *Named) (*one[client.Team], error) {
	return get(ctx, a, p, weir.NounTeam, in.Name, team)
}

func (a *API) createTeam(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewTeam
}) (*one[client.Team], error) {
	call, err := in.of(p, "team.create", in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.CreateTeam(ctx, call, in.Body.Name, in.Body.Description)
	return wroteTeam(ctx, a, r, err)
}

func (a *API) editTeam(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.TeamEdit
}) (*one[client.Team], error) {
	call, err := in.of(p, "team.edit", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.EditTeam(ctx, call, in.Name, in.Body.Description)
	return wroteTeam(ctx, a, r, err)
}

// member is a person in a team.
type member struct {
	Write
	Named
	Person string `path:"person" maxLength:"63"`
}

func (a *API) addMember(ctx context.Context, p weir.Principal, in *member) (*one[client.Team], error) {
	call, err := in.of(p, "team.add", in.Name, in.Person)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.AddMember(ctx, call, in.Name, in.Person)
	return wroteTeam(ctx, a, r, err)
}

func (a *API) removeMember(ctx context.Context, p weir.Principal, in *member) (*none, error) {
	call, err := in.of(p, "team.remove", in.Name, in.Person)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.RemoveMember(ctx, call, in.Name, in.Person)
	return gone(r), err
}

func (a *API) deleteTeam(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*none, error) {
	call, err := in.of(p, "team.delete", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.DeleteTeam(ctx, call, in.Name)
	return gone(r), err
}

func wroteTeam(ctx context.Context, a *API, r weir.Receipt, err error) (*one[client.Team], error) {
	if err != nil {
		return nil, err
	}
	out, err := wrote(ctx, a, r, weir.NounTeam, team)
	if err == nil {
		out.Location = "/api/v1/teams/" + out.Body.Name
	}
	return out, err
}

func team(ctx context.Context, n *names, t *weir.Team, rev weir.Revision) (client.Team, error) {
	out := client.Team{
		Name: t.Name, UID: t.UID.String(), Description: t.Description, Members: []string{},
		Revision: uint64(rev), Created: t.Created,
	}
	for _, m := range t.Members {
		name, err := n.of(ctx, weir.NounPerson, m)
		if err != nil {
			return out, err
		}
		out.Members = append(out.Members, name)
	}
	return out, nil
}
