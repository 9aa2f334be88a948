package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/lineage"
	"github.com/weirmesh/weir/internal/core/rights"
)

func (a *API) planRoutes() {
	add(a, route{method: http.MethodGet, path: "/plans", summary: "List what applications will read"}, a.plans)
	add(a, route{method: http.MethodPut, path: "/products/{name}/plans/{application}", summary: "Declare that an application will read a product, and ask to be allowed to"}, a.declare)
	add(a, route{method: http.MethodPost, path: "/products/{name}/plans/{application}/decline", summary: "Decline an application that asked to read a product"}, a.decline)
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
		Product: in.Name, Application: in.Application, Fields: in.Body.Fields, Due: in.Body.Due, Note: in.Body.Note, Ask: in.Body.Ask,
	})
	if err != nil {
		return nil, err
	}
	return wrote(ctx, a, r, weir.NounPlan, plan)
}

func (a *API) decline(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Application string `path:"application" maxLength:"63"`
	Body        client.Declining
}) (*one[client.Plan], error) {
	call, err := in.of(p, "access.decline", in.Name, in.Application, in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Granting.Decline(ctx, call, in.Name, in.Application, in.Body.Why)
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
	out.Asked = moment(e.Asked)
	if w := e.Answer; w != nil {
		out.Answer = &client.PlanAnswer{At: w.At, By: w.By.Name, Allowed: w.Allowed, Why: w.Why}
	}
	out.Access, err = n.planAccess(ctx, e)
	return out, err
}

// planAccess says whether the application may read what it plans to.
func (n *names) planAccess(ctx context.Context, e *weir.Plan) (string, error) {
	may, err := n.reads(ctx, e)
	switch {
	case err != nil:
		return "", err
	case may:
		return "may", nil
	case e.Waits():
		return "asked", nil
	case e.Answer != nil && !e.Answer.Allowed:
		return "declined", nil
	}
	return "no", nil
}

// reads is the rule of access, for an application that nobody logs in as here.
func (n *names) reads(ctx context.Context, e *weir.Plan) (bool, error) {
	p, _, err := weir.Find[*weir.Product](ctx, n.v, weir.Ref{Noun: weir.NounProduct, UID: e.Product})
	if err != nil {
		return false, err
	}
	d, _, err := weir.Find[*weir.Domain](ctx, n.v, weir.Ref{Noun: weir.NounDomain, UID: p.Domain})
	if err != nil {
		return false, err
	}
	_, _, err = n.v.Get(ctx, weir.Ref{Noun: weir.NounAccess, Name: e.Name})
	if err != nil && !weir.NotFound.In(err) {
		return false, err
	}
	stage := p.Stage()
	return rights.OnTopic(rights.TopicFacts{
		OwnDomain: d.Team == e.Team && !d.UID.Own(), Product: true, Mesh: p.Visibility == weir.VisibleMesh, Open: p.Access == weir.AccessOpen, Allowed: err == nil,
		Closed: stage == weir.Deprecated, Ended: stage == weir.Retired,
	}).Has(rights.Read), nil
}
