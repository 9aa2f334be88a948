package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/identity"
)

func (a *API) applicationRoutes() {
	add(a, route{method: http.MethodGet, path: "/applications", summary: "List applications"}, a.applications)
	add(a, route{method: http.MethodPost, path: "/applications", summary: "Create an application", status: http.StatusCreated}, a.createApplication)
	add(a, route{method: http.MethodGet, path: "/applications/{name}", summary: "Show an application"}, a.application)
	add(a, route{method: http.MethodPatch, path: "/applications/{name}", summary: "Edit an application"}, a.editApplication)
	add(a, route{method: http.MethodDelete, path: "/applications/{name}", summary: "Delete an application", status: http.StatusNoContent}, a.deleteApplication)
	add(a, route{method: http.MethodPost, path: "/applications/{name}/credential", summary: "Give new credentials; the ones before end"}, a.rotateCredential)
	add(a, route{method: http.MethodDelete, path: "/applications/{name}/credential", summary: "End the credentials", status: http.StatusNoContent}, a.revokeCredential)
}

func (a *API) applications(ctx context.Context, p weir.Principal, in *Paging) (*many[client.Application], error) {
	return page(ctx, a, weir.ListQuery{Noun: weir.NounApplication, Scope: p.Scope()}, *in, applicationFor(p))
}

func (a *API) application(ctx context.Context, p weir.Principal, in *Named) (*one[client.Application], error) {
	return get(ctx, a, p, weir.NounApplication, in.Name, applicationFor(p))
}

func (a *API) createApplication(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewApplication
}) (*one[client.Application], error) {
	call, err := in.of(p, "application.create", in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.CreateApplication(ctx, call, identity.NewApplication{Name: in.Body.Name, Team: in.Body.Team, Description: in.Body.Description})
	return wroteApplication(ctx, a, p, r, err)
}

func (a *API) editApplication(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.ApplicationEdit
}) (*one[client.Application], error) {
	call, err := in.of(p, "application.edit", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.EditApplication(ctx, call, in.Name, in.Body.Description)
	return wroteApplication(ctx, a, p, identity.WithPassword{Receipt: r}, err)
}

func (a *API) rotateCredential(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*one[client.Application], error) {
	call, err := in.of(p, "application.rotate", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.RotateCredential(ctx, call, in.Name)
	return wroteApplication(ctx, a, p, r, err)
}

func wroteApplication(ctx context.Context, a *API, p weir.Principal, r identity.WithPassword, err error) (*one[client.Application], error) {
	if err != nil {
		return nil, err
	}
	out, err := wrote(ctx, a, r.Receipt, weir.NounApplication, applicationFor(p))
	if err == nil {
		out.Body.Password = r.Password
		out.Location = "/api/v1/applications/" + out.Body.Name
	}
	return out, err
}

func (a *API) revokeCredential(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*none, error) {
	call, err := in.of(p, "application.revoke", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.RevokeCredential(ctx, call, in.Name)
	if err == nil {
		a.settled(ctx, r)
	}
	return gone(r), err
}

func (a *API) deleteApplication(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*hurting, error) {
	call, err := in.of(p, "application.delete", in.Name)
	if err != nil {
		return nil, err
	}
	hurts := a.hurts(ctx, p, in.Name)
	r, err := a.Identity.DeleteApplication(ctx, call, in.Name)
	if err != nil {
		return nil, err
	}
	a.settled(ctx, r)
	e, err := decodeAnswer(weir.NounApplication, r.Answer)
	if err != nil {
		return nil, err
	}
	return going(r, a.until(ctx, func(ctx context.Context, v weir.View) bool {
		_, _, err := v.Get(ctx, e.Ref())
		return weir.NotFound.In(err)
	})).hurting(hurts), nil
}

// applicationFor shows an application as a principal may see it.
func applicationFor(p weir.Principal) func(context.Context, *names, *weir.Application, weir.Revision) (client.Application, error) {
	return func(ctx context.Context, n *names, e *weir.Application, rev weir.Revision) (client.Application, error) {
		team, err := n.of(ctx, weir.NounTeam, e.Team)
		if err != nil {
			return client.Application{}, err
		}
		out := client.Application{
			Name: e.Name, UID: e.UID.String(), Team: team, Description: e.Description, Ending: e.Ending, Query: e.Query,
			Revision: uint64(rev), Created: e.Created, Username: e.Name, Bootstrap: n.api.Node.Kafka(), Credentials: "hidden",
		}
		if !p.Scope().Knows([]weir.UID{e.Team}) {
			return out, nil
		}
		c, err := n.v.List(ctx, weir.ListQuery{Noun: weir.NounCredential, Scope: weir.Everything, Refers: []weir.UID{e.UID}, Limit: 1})
		out.Credentials = "none"
		if len(c.Items) > 0 {
			out.Credentials = "active"
		}
		return out, err
	}
}
