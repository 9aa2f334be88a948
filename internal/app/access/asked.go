package access

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// tell answers an application that asked to read a product, if it waits.
func (g *Granting) tell(ctx context.Context, v weir.View, plan string, a *weir.Answer) ([]weir.Change, error) {
	old, rev, err := weir.Find[*weir.Plan](ctx, v, weir.Ref{Noun: weir.NounPlan, Name: plan})
	switch {
	case weir.NotFound.In(err), err == nil && !old.Waits():
		return nil, nil
	case err != nil:
		return nil, err
	}
	next := *old
	next.Answer = a
	c, err := weir.NewChange(g.home, old, rev, &next)
	return []weir.Change{c}, err
}

// Decline tells an application that asked to read a product that it may not, and
// why. What it plans stays on record, and it can ask again. Errors: Denied to who
// may not allow it, NotFound when it did not ask, Conflict when it has its answer.
func (g *Granting) Decline(ctx context.Context, call weir.Call, product, application, why string) (weir.Receipt, error) {
	now := g.now().UTC()
	return g.writer.Submit(ctx, call.Decision("access.decline", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, _, err := g.parties(ctx, v, call, rights.Allow, product, application)
		if err != nil {
			return weir.Outcome{}, err
		}
		name := p.Name + "/" + application
		old, rev, err := weir.Find[*weir.Plan](ctx, v, weir.Ref{Noun: weir.NounPlan, Name: name})
		if weir.NotFound.In(err) || err == nil && old.Asked.IsZero() {
			return weir.Outcome{}, weir.Errorf(weir.NotFound, "application %s did not ask to read %s", application, p.Name).WithFix("see who did: weir access asked")
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		if old.Answer != nil {
			return weir.Outcome{}, weir.Errorf(weir.Conflict, "application %s has its answer already", application).WithFix("see it: weir app plan list --product %s", p.Name)
		}
		if err := call.Check(old.Ref(), rev); err != nil {
			return weir.Outcome{}, err
		}
		next := *old
		next.Answer = &weir.Answer{At: now, By: call.By.Ref, Why: why}
		c, err := weir.NewChange(g.home, old, rev, &next)
		if err != nil {
			return weir.Outcome{}, err
		}
		answer, err := weir.Public(&next)
		return weir.Outcome{Changes: []weir.Change{c}, Answer: answer, Events: []weir.Event{{Type: "access.declined", Ref: next.Ref()}}}, err
	}))
}
