package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/core/policy"
)

func (a *API) policyRoutes() {
	add(a, route{method: http.MethodGet, path: "/policies", summary: "List policies: built in, the mesh's, the domains'"}, a.policies)
	add(a, route{method: http.MethodPost, path: "/policies", summary: "Add a policy", status: http.StatusCreated}, a.createPolicy)
	add(a, route{method: http.MethodGet, path: "/policies/{name}", summary: "Show a policy"}, a.policy)
	add(a, route{method: http.MethodPatch, path: "/policies/{name}", summary: "Edit a policy, or switch it on or off"}, a.editPolicy)
	add(a, route{method: http.MethodDelete, path: "/policies/{name}", summary: "Remove a policy that is not built in", status: http.StatusNoContent}, a.deletePolicy)
	add(a, route{method: http.MethodPost, path: "/policy-trials", summary: "Say which products a policy would find something about, before it is added"}, a.tryPolicy)
}

func (a *API) policies(ctx context.Context, _ weir.Principal, in *struct {
	Paging
	Domain string `query:"domain" maxLength:"63" doc:"Those that this domain's products are judged by."`
}) (*many[client.Policy], error) {
	from, err := place(in.Cursor)
	if err != nil {
		return nil, err
	}
	all, err := a.Catalog.Policies(ctx, in.Domain)
	if err != nil {
		return nil, err
	}
	out := &many[client.Policy]{Body: client.List[client.Policy]{Items: []client.Policy{}}}
	for i := min(from, len(all)); i < len(all); i++ {
		if len(out.Body.Items) == in.Limit {
			out.Body.Next = strconv.Itoa(i)
			break
		}
		out.Body.Items = append(out.Body.Items, policyOf(all[i].Policy, all[i].Rev))
	}
	return out, nil
}

func (a *API) policy(ctx context.Context, _ weir.Principal, in *Named) (*one[client.Policy], error) {
	p, err := a.Catalog.Policy(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return shown(policyOf(p.Policy, p.Rev), uint64(p.Rev)), nil
}

func (a *API) createPolicy(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewPolicy
}) (*one[client.Policy], error) {
	call, err := in.of(p, "policy.add", in.Body)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.CreatePolicy(ctx, call, newPolicy(in.Body))
	return wrotePolicy(ctx, a, r, err)
}

func (a *API) editPolicy(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.PolicyEdit
}) (*one[client.Policy], error) {
	call, err := in.of(p, "policy.edit", in.Name, in.Body)
	if err != nil {
		return nil, err
	}
	b := in.Body
	r, err := a.Catalog.EditPolicy(ctx, call, in.Name, catalog.PolicyEdit{
		Severity: (*weir.Severity)(b.Severity), When: (*weir.PolicyWhen)(b.When), Expression: b.Expression, Message: b.Message, Fix: b.Fix, Enabled: b.Enabled,
	})
	return wrotePolicy(ctx, a, r, err)
}

func (a *API) deletePolicy(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
}) (*none, error) {
	call, err := in.of(p, "policy.remove", in.Name)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.DeletePolicy(ctx, call, in.Name)
	return gone(r), err
}

// triedAtOnce is how many products a part of a trial looks at.
const triedAtOnce = 100

func (a *API) tryPolicy(ctx context.Context, p weir.Principal, in *struct {
	Cursor string `query:"cursor" maxLength:"512" doc:"Where the part before ended, as its next said."`
	Body   client.Trial
}) (*answered[client.Tried], error) {
	tried, err := a.Catalog.TryPolicy(ctx, p, catalog.Trial{
		Policy: newPolicy(in.Body.Policy), Product: in.Body.Product, After: in.Cursor, Limit: triedAtOnce,
	})
	if err != nil {
		return nil, err
	}
	out := client.Tried{Checked: tried.Checked, Items: []client.TriedProduct{}, Next: tried.Next}
	for _, t := range tried.Products {
		out.Items = append(out.Items, client.TriedProduct{Product: t.Name, Finding: finding(t.Finding)})
	}
	return &answered[client.Tried]{out}, nil
}

func newPolicy(n client.NewPolicy) catalog.NewPolicy {
	return catalog.NewPolicy{
		Name: n.Name, Severity: weir.Severity(n.Severity), When: weir.PolicyWhen(n.When), Expression: n.Expression, Message: n.Message, Fix: n.Fix, Disabled: n.Disabled,
	}
}

func wrotePolicy(ctx context.Context, a *API, r weir.Receipt, err error) (*one[client.Policy], error) {
	if err != nil {
		return nil, err
	}
	out, err := wrote(ctx, a, r, weir.NounPolicy, func(_ context.Context, _ *names, p *weir.Policy, rev weir.Revision) (client.Policy, error) {
		return policyOf(p, rev), nil
	})
	if err == nil {
		out.Location = "/api/v1/policies/" + out.Body.Name
	}
	return out, err
}

func policyOf(p *weir.Policy, rev weir.Revision) client.Policy {
	rule := catalog.RuleOf(p)
	out := client.Policy{
		Name: p.Name, Domain: weir.DomainOfPolicy(p.Name), BuiltIn: p.BuiltIn, Enabled: p.Enabled, Severity: string(p.Severity),
		When: string(rule.When), Expression: rule.Expression, Message: rule.Message, Fix: rule.Fix, Revision: uint64(rev),
	}
	if rev > 0 {
		out.UID, out.Created = p.UID.String(), p.Created
	}
	return out
}

// finding is what a policy says about a product.
func finding(f policy.Finding) client.Warning {
	return client.Warning{Rule: f.Policy, Severity: string(f.Severity), Message: f.Msg, Fix: f.Fix, Where: f.Where, Failed: f.Failed}
}

func findings(all catalog.Findings) []client.Warning {
	out := make([]client.Warning, len(all))
	for i, f := range all {
		out[i] = finding(f)
	}
	return out
}

// findings is what the policies say about a product as it is.
func (n *names) findings(ctx context.Context, p *weir.Product) ([]client.Warning, error) {
	if n.judge == nil {
		n.judge = n.api.Catalog.Judge(n.v)
	}
	found, err := n.judge.Product(ctx, p)
	return findings(found), err
}
