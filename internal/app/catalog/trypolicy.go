package catalog

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/policy"
)

// Trial asks which products a policy would find something about, before it is
// added.
type Trial struct {
	Policy  NewPolicy
	Product string // this one alone; empty: every product that it would judge
	After   string // the cursor
	Limit   int    // products; 0: 100
}

// Tried is a part of a trial. Next is the cursor of the part after it, empty at
// the end.
type Tried struct {
	Checked  int
	Products []TriedProduct // those about which something was found
	Next     string
}

// TriedProduct is a product that does not keep the policy.
type TriedProduct struct {
	Name    string
	Finding policy.Finding
}

// maxTrial bounds the time of one part of a trial.
const maxTrial = 3 * time.Second

// TryPolicy judges the products that the caller may know of by one policy, which
// need not exist. Nothing is changed. A policy about publishing is tried as if
// the caller published each of them now, with a record in its topic.
func (c *Catalog) TryPolicy(ctx context.Context, by weir.Principal, t Trial) (Tried, error) {
	p := t.Policy.policy(c)
	if err := c.understood(p); err != nil {
		return Tried{}, err
	}
	v, done, err := c.state.View(ctx)
	if err != nil {
		return Tried{}, err
	}
	defer done()
	trial, err := c.trial(ctx, v, by, p)
	if err != nil {
		return Tried{}, err
	}
	if t.Product != "" {
		one, _, err := weir.Known[*weir.Product](ctx, v, by, weir.Ref{Noun: weir.NounProduct, Name: t.Product})
		if err != nil {
			return Tried{}, err
		}
		err = trial.one(ctx, one)
		return trial.out, err
	}
	return trial.all(ctx, t)
}

// trial is one on its way.
type trial struct {
	judge *Judge
	by    weir.Principal
	rule  *policy.Compiled
	on    weir.Ref
	out   Tried
}

func (c *Catalog) trial(ctx context.Context, v weir.View, by weir.Principal, p *weir.Policy) (*trial, error) {
	compiler, err := c.rules.known()
	if err != nil {
		return nil, err
	}
	t := &trial{judge: c.Judge(v), by: by}
	if t.on, err = c.policyPlace(ctx, v, p.Name); err != nil {
		return nil, err
	}
	p.On = t.on
	if err := p.Validate(); err != nil {
		return nil, err
	}
	t.rule, err = compiler.Compile(RuleOf(p))
	return t, err
}

// all tries products page by page, for as long as there is time.
func (t *trial) all(ctx context.Context, asked Trial) (Tried, error) {
	q := weir.ListQuery{Noun: weir.NounProduct, Scope: t.by.Scope(), After: asked.After, Limit: asked.Limit}
	if t.on.Noun == weir.NounDomain {
		q.Refers = []weir.UID{t.on.UID}
	}
	page, err := t.judge.v.List(ctx, q)
	if err != nil {
		return Tried{}, err
	}
	until := t.judge.c.now().Add(maxTrial)
	for _, it := range page.Items {
		p, ok := it.Entity.(*weir.Product)
		if !ok {
			return Tried{}, weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
		}
		if err := t.one(ctx, p); err != nil {
			return Tried{}, err
		}
		if t.judge.c.now().After(until) && p != page.Items[len(page.Items)-1].Entity {
			page.Next = p.Name
			break
		}
	}
	t.out.Next = page.Next
	return t.out, nil
}

// one tries one product; a domain's policy is not about those of others.
func (t *trial) one(ctx context.Context, p *weir.Product) error {
	if t.on.Noun == weir.NounDomain && p.Domain != t.on.UID {
		return weir.Errorf(weir.Invalid, "a policy of the %s does not judge %s", t.on, p.Ref()).At("product").
			WithFix("try a product of the %s", t.on)
	}
	known, err := t.judge.c.fieldsOf(ctx, p)
	if err != nil {
		return err
	}
	facts, err := t.judge.facts(ctx, p, described(known, p.Fields))
	if err != nil {
		return err
	}
	at := &policy.Publish{Topic: p.OnCluster(), By: t.by.Ref.Name, Roles: rolesOn(t.by, p.Domain), Records: 1, Accepted: true}
	found, err := policy.Judge(ctx, []*policy.Compiled{t.rule}, policy.Facts{Product: facts, Publish: at})
	t.out.Checked++
	for _, f := range found {
		t.out.Products = append(t.out.Products, TriedProduct{p.Name, f})
	}
	return err
}
