package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/policy"
	"github.com/weirmesh/weir/internal/core/rights"
)

// NewPolicy asks for a policy of the mesh, or of a domain: then its name begins
// with the domain's and a dot. Severity and moment are warning and always unless
// said.
type NewPolicy struct {
	Name       string
	Severity   weir.Severity
	When       weir.PolicyWhen
	Expression string
	Message    string
	Fix        string
	Disabled   bool
}

// PolicyEdit says what shall change; nil stays. Of one that is built in, only
// severity and whether it is enabled do.
type PolicyEdit struct {
	Severity   *weir.Severity
	When       *weir.PolicyWhen
	Expression *string
	Message    *string
	Fix        *string
	Enabled    *bool
}

// RuleOf is a policy of the ledger with what it says, which of a built-in one
// the program knows.
func RuleOf(p *weir.Policy) policy.Rule {
	r := policy.Rule{Name: p.Name, Severity: p.Severity, When: p.When, Expression: p.Expression, Message: p.Message, Fix: p.Fix}
	if known, ok := builtIn(p.Name); ok && p.BuiltIn {
		known.Severity = p.Severity
		return known
	}
	return r
}

func builtIn(name string) (policy.Rule, bool) {
	all := policy.BuiltIn()
	i := slices.IndexFunc(all, func(r policy.Rule) bool { return r.Name == name })
	if i < 0 {
		return policy.Rule{}, false
	}
	return all[i], true
}

// policy is the entity that the command asks for.
func (n NewPolicy) policy(c *Catalog) *weir.Policy {
	return &weir.Policy{
		UID: c.uid(), Name: n.Name, Enabled: !n.Disabled, Severity: or(n.Severity, weir.SeverityWarning), When: or(n.When, weir.WhenAlways),
		Expression: n.Expression, Message: n.Message, Fix: n.Fix, Created: c.now().UTC(),
	}
}

// CreatePolicy adds a policy. It is judged from then on; who wants to know first
// what breaks it tries it ([Catalog.TryPolicy]).
func (c *Catalog) CreatePolicy(ctx context.Context, call weir.Call, cmd NewPolicy) (weir.Receipt, error) {
	p := cmd.policy(c)
	if err := c.understood(p); err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("policy.add", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		on, err := c.policyPlace(ctx, v, p.Name)
		if err != nil {
			return weir.Outcome{}, err
		}
		p.On = on
		if err := rights.Must(call.By, rights.Create, policyThing(p), p.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		if err := c.freePolicy(ctx, v, p); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		r.put(nil, 0, p)
		return r.outcome("policy.added", p)
	}))
}

// understood refuses what cannot be judged, before the queue.
func (c *Catalog) understood(p *weir.Policy) error {
	if p.Expression == "" || p.Message == "" {
		p.On.Noun = weir.NounMesh
		if weir.DomainOfPolicy(p.Name) != "" {
			p.On.Noun = weir.NounDomain
		}
		return p.Validate() // it says what is missing
	}
	compiler, err := c.rules.known()
	if err == nil {
		_, err = compiler.Compile(RuleOf(p))
	}
	return err
}

// policyPlace is the mesh, or the domain that a policy's name begins with.
func (c *Catalog) policyPlace(ctx context.Context, v weir.View, name string) (weir.Ref, error) {
	r := weir.Ref{Noun: weir.NounMesh, UID: c.home}
	if domain := weir.DomainOfPolicy(name); domain != "" {
		r = weir.Ref{Noun: weir.NounDomain, Name: domain}
	}
	e, _, err := v.Get(ctx, r)
	if err != nil {
		return weir.Ref{}, err
	}
	return e.Ref(), nil
}

// policyThing is a policy as the table of rights knows it.
func policyThing(p *weir.Policy) rights.Thing {
	t := rights.Thing{Noun: weir.NounPolicy}
	if p.On.Noun == weir.NounDomain {
		t.Domain = p.On.UID
	}
	return t
}

// freePolicy refuses a name that is taken, and one policy too many.
func (c *Catalog) freePolicy(ctx context.Context, v weir.View, p *weir.Policy) error {
	_, known := builtIn(p.Name)
	_, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounPolicy, Name: p.Name})
	if known || err == nil {
		return taken(p.Ref(), p.Ref().String()+" exists already").WithFix("choose another name, or change it: weir policy edit %s", p.Name)
	}
	if !weir.NotFound.In(err) {
		return err
	}
	n := 0
	err = weir.All(ctx, v, policiesOn(p.On.UID), func(it weir.Item) error {
		if own, ok := it.Entity.(*weir.Policy); ok && !own.BuiltIn {
			n++
		}
		return nil
	})
	if err == nil && n >= weir.MaxPolicies {
		e := weir.Errorf(weir.Limit, "the %s has %d policies", p.On, n).WithFix("remove one first, or say two in one expression; there are at most %d", weir.MaxPolicies)
		e.Ref = p.Ref()
		return e
	}
	return err
}

func policiesOn(u weir.UID) weir.ListQuery {
	return weir.ListQuery{Noun: weir.NounPolicy, Scope: weir.Everything, Refers: []weir.UID{u}}
}

// EditPolicy changes a policy, or how the mesh has set one that is built in.
func (c *Catalog) EditPolicy(ctx context.Context, call weir.Call, name string, cmd PolicyEdit) (weir.Receipt, error) {
	if err := c.tryEdit(ctx, name, cmd); err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("policy.edit", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.policy(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next, err := cmd.apply(p)
		if err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		if rev > 0 || next != *p {
			r.put(entityBefore(p, rev), rev, &next)
		}
		return r.outcome("policy.changed", &next)
	}))
}

// entityBefore is what the ledger had of it: nothing of a built-in one that was
// never changed.
func entityBefore(p *weir.Policy, rev weir.Revision) weir.Entity {
	if rev == 0 {
		return nil
	}
	return p
}

// tryEdit refuses an expression that cannot be judged, before the queue.
func (c *Catalog) tryEdit(ctx context.Context, name string, cmd PolicyEdit) error {
	if cmd.Expression == nil && cmd.Message == nil && cmd.Fix == nil && cmd.When == nil {
		return nil
	}
	v, done, err := c.state.View(ctx)
	if err != nil {
		return err
	}
	p, _, err := c.policyNamed(ctx, v, name)
	done()
	if err != nil {
		return err
	}
	next, err := cmd.apply(p)
	if err != nil {
		return err
	}
	return c.understood(&next)
}

// apply is the policy after the edit.
func (e PolicyEdit) apply(p *weir.Policy) (weir.Policy, error) {
	next := *p
	if p.BuiltIn && (e.When != nil || e.Expression != nil || e.Message != nil || e.Fix != nil) {
		return next, weir.Errorf(weir.Invalid, "what the built-in policy %s says does not change", p.Name).At("expression").
			WithFix("change its severity; or switch it off (weir policy disable %s) and add your own: weir policy show %s -o yaml is its text", p.Name, p.Name)
	}
	set(&next.Severity, e.Severity)
	set(&next.When, e.When)
	set(&next.Expression, e.Expression)
	set(&next.Message, e.Message)
	set(&next.Fix, e.Fix)
	set(&next.Enabled, e.Enabled)
	return next, nil
}

// DeletePolicy ends a policy. One that is built in is switched off instead.
func (c *Catalog) DeletePolicy(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("policy.remove", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.policy(ctx, v, call, rights.Delete, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		if p.BuiltIn {
			e := weir.Errorf(weir.Invalid, "the policy %s is built in", name).WithFix("switch it off: weir policy disable %s", name)
			e.Ref = p.Ref()
			return weir.Outcome{}, e
		}
		r := c.result()
		r.end(p, rev)
		return r.outcome("policy.removed", p)
	}))
}

// endPolicies takes away the policies of a domain that ends.
func (r *result) endPolicies(ctx context.Context, v weir.View, domain weir.UID) {
	if r.err != nil {
		return
	}
	r.err = weir.All(ctx, v, policiesOn(domain), func(it weir.Item) error {
		r.end(it.Entity, it.Rev)
		return nil
	})
}

// policy finds one with which the caller may do something.
func (c *Catalog) policy(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, name string) (*weir.Policy, weir.Revision, error) {
	p, rev, err := c.policyNamed(ctx, v, name)
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, policyThing(p), weir.Ref{Noun: weir.NounPolicy, Name: name}); err != nil {
		return nil, 0, err
	}
	return p, rev, since(ctx, v, call, p.Ref(), call.Check(p.Ref(), rev))
}

// policyNamed finds a policy by name. A built-in one that the ledger does not
// know has revision 0.
func (c *Catalog) policyNamed(ctx context.Context, v weir.View, name string) (*weir.Policy, weir.Revision, error) {
	p, rev, err := weir.Find[*weir.Policy](ctx, v, weir.Ref{Noun: weir.NounPolicy, Name: name})
	known, ok := builtIn(name)
	if !weir.NotFound.In(err) || !ok {
		return p, rev, err
	}
	mesh, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounMesh, UID: c.home})
	if err != nil {
		return nil, 0, err
	}
	return c.unset(known, mesh.Ref()), 0, nil
}

// unset is a built-in policy as it is before the mesh sets it.
func (c *Catalog) unset(r policy.Rule, mesh weir.Ref) *weir.Policy {
	return &weir.Policy{UID: c.uid(), Name: r.Name, On: mesh, BuiltIn: true, Enabled: true, Severity: r.Severity, Created: c.now().UTC()}
}

// PolicyItem is a policy with its revision, 0 of a built-in one that the mesh
// left as it is.
type PolicyItem struct {
	*weir.Policy
	Rev weir.Revision
}

// Policies lists every policy: those built in, the mesh's by name, the domains'
// by name. With a domain's name: those that its products are judged by.
func (c *Catalog) Policies(ctx context.Context, domain string) ([]PolicyItem, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	all, err := c.policiesOfMesh(ctx, v)
	if err != nil {
		return nil, err
	}
	q := weir.ListQuery{Noun: weir.NounPolicy, Scope: weir.Everything}
	if domain != "" {
		d, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounDomain, Name: domain})
		if err != nil {
			return nil, err
		}
		q.Refers = []weir.UID{d.Ref().UID}
	}
	own, err := listPolicies(ctx, v, q)
	return append(all, slices.DeleteFunc(own, func(p PolicyItem) bool { return p.On.Noun != weir.NounDomain })...), err
}

// Policy gets one policy.
func (c *Catalog) Policy(ctx context.Context, name string) (PolicyItem, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return PolicyItem{}, err
	}
	defer done()
	p, rev, err := c.policyNamed(ctx, v, name)
	return PolicyItem{p, rev}, err
}

// policiesOfMesh lists those that every product is judged by: built in, as the
// mesh has set them, then its own. One of the mesh's own that has the name of a
// built-in one, which came later, stands in its place.
func (c *Catalog) policiesOfMesh(ctx context.Context, v weir.View) ([]PolicyItem, error) {
	own, err := listPolicies(ctx, v, policiesOn(c.home))
	if err != nil {
		return nil, err
	}
	mesh, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounMesh, UID: c.home})
	if err != nil {
		return nil, err
	}
	var all []PolicyItem
	for _, known := range policy.BuiltIn() {
		i := slices.IndexFunc(own, func(p PolicyItem) bool { return p.Name == known.Name })
		if i < 0 {
			all = append(all, PolicyItem{c.unset(known, mesh.Ref()), 0})
			continue
		}
		all = append(all, own[i])
		own = slices.Delete(own, i, i+1)
	}
	return append(all, slices.DeleteFunc(own, func(p PolicyItem) bool { return p.BuiltIn })...), nil
}

func listPolicies(ctx context.Context, v weir.View, q weir.ListQuery) ([]PolicyItem, error) {
	var all []PolicyItem
	err := weir.All(ctx, v, q, func(it weir.Item) error {
		p, ok := it.Entity.(*weir.Policy)
		if !ok {
			return weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
		}
		all = append(all, PolicyItem{p, it.Rev})
		return nil
	})
	slices.SortStableFunc(all, func(a, b PolicyItem) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}
