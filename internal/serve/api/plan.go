package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/lineage"
)

func (a *API) planRoutes() {
	add(a, route{method: http.MethodGet, path: "/plans", summary: "List what applications will read"}, a.plans)
	add(a, route{method: http.MethodPut, path: "/products/{name}/plans/{application}", summary: "Declare that an application will read a product"}, a.declare)
	add(a, route{method: http.MethodDelete, path: "/products/{name}/plans/{application}", summary: "Take that back", status: http.StatusNoContent}, a.withdraw)
}

func (a *API) plans(ctx context.Context, p weir.Principal, in *struct {
	Paging
	Product     string `query:"product" maxLength:"127"`
	Application string `query:"application" maxLength:"63"`
}) (*many[client.Plan], error) {
	q, err := a.ofParties(ctx, p, weir.NounPlan, in.Product, in.Application)
	if err != nil {
		return nil, err
	}
	return page(ctx, a, q, in.Paging, plan)
}

// ofParties asks for what refers to a product, an application, or both, as far as
// they are named.
func (a *API) ofParties(ctx context.Context, p weir.Principal, n weir.Noun, product, application string) (weir.ListQuery, error) {
	q := weir.ListQuery{Noun: n, Scope: p.Scope()}
	err := a.view(ctx, func(v weir.View) error {
		for _, r := range []weir.Ref{{Noun: weir.NounProduct, Name: product}, {Noun: weir.NounApplication, Name: application}} {
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
	return q, err
}

func (a *API) declare(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Application string `path:"application" maxLength:"63"`
	Body        client.NewPlan
}) (*one[client.Plan], error) {
	call, err := in.of(p, "plan.declare", in.Name, in.Application, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Lineage.Declare(ctx, call, lineage.NewPlan{
		Product: in.Name, Application: in.Application, Fields: in.Body.Fields, Due: in.Body.Due, Note: in.Body.Note,
	})
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, r, weir.NounPlan, plan)
}

func (a *API) withdraw(ctx context.Context, p weir.Principal, in *between) (*none, error) {
	call, err := in.of(p, "plan.withdraw", in.Name, in.Application)
	if err != nil {
		return nil, err
	}
	r, err := a.Lineage.Withdraw(ctx, call, in.Name, in.Application)
	return gone(r), err
}

func plan(ctx context.Context, n *names, e *weir.Plan, rev weir.Revision) (client.Plan, error) {
	out := client.Plan{
		Name: e.Name, UID: e.UID.String(), Fields: e.Fields, Due: e.Due, Note: e.Note, By: e.By.Name, Revision: uint64(rev), Created: e.Created,
	}
	var err error
	for _, of := range []struct {
		to   *string
		noun weir.Noun
		uid  weir.UID
	}{{&out.Product, weir.NounProduct, e.Product}, {&out.Application, weir.NounApplication, e.Application}, {&out.Team, weir.NounTeam, e.Team}} {
		if *of.to, err = n.of(ctx, of.noun, of.uid); err != nil {
			return out, err
		}
	}
	return out, nil
}
