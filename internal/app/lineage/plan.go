package lineage

import (
	"context"
	"strconv"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

func count(n int, what string) string {
	if n != 1 && what != "more" {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

// NewPlan is what a team declares: an application of its own will read a product.
type NewPlan struct {
	Product, Application string
	Fields               []string // none: it does not say which
	Due                  string   // a day; empty: it does not say when
	Note                 string
	Ask                  bool // for the right to, too
}

// Declare puts a plan on record, or changes one. It gives no right to read; it can
// ask for it. What was asked before stays asked, and after a refusal it can be
// asked again. Errors: Denied to who is not of the application's team, NotFound,
// Conflict when it may read already, or could gain nothing by the right.
func (l *Lineage) Declare(ctx context.Context, call weir.Call, cmd NewPlan) (weir.Receipt, error) {
	uid, now, event := weir.NewUID(l.cfg.Now()), l.cfg.Now().UTC(), "plan.declared"
	return l.cfg.Writer.Submit(ctx, call.Decision("plan.declare", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, app, err := l.parties(ctx, v, call, rights.Create, cmd.Product, cmd.Application)
		if err != nil {
			return weir.Outcome{}, err
		}
		if app.Query {
			return weir.Outcome{}, weir.Errorf(weir.Conflict, "application %s is a query's, and a query says itself what it reads", app.Name)
		}
		next := &weir.Plan{
			UID: uid, Name: p.Name + "/" + app.Name, Product: p.UID, Application: app.UID, Domain: p.Domain, Team: app.Team,
			Fields: cmd.Fields, Due: cmd.Due, Note: cmd.Note, By: call.By.Ref, Created: now,
		}
		old, rev, err := weir.Find[*weir.Plan](ctx, v, weir.Ref{Noun: weir.NounPlan, Name: next.Name})
		var prev weir.Entity
		switch {
		case err == nil:
			next.UID, next.Created, prev = old.UID, old.Created, old
			next.Asked, next.Answer = old.Asked, old.Answer
		case !weir.NotFound.In(err):
			return weir.Outcome{}, err
		}
		if cmd.Ask && !next.Waits() {
			if err := askable(ctx, v, p, app); err != nil {
				return weir.Outcome{}, err
			}
			next.Asked, next.Answer, event = now, nil, "access.asked"
		}
		c, err := weir.NewChange(l.cfg.Home, prev, rev, next)
		if err != nil {
			return weir.Outcome{}, err
		}
		return planned(event, next, c)
	}))
}

// askable refuses to ask for a right that an application has, or that would give
// it nothing.
func askable(ctx context.Context, v weir.View, p *weir.Product, app *weir.Application) error {
	d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, UID: p.Domain})
	if err != nil {
		return err
	}
	_, _, err = weir.Find[*weir.Access](ctx, v, weir.Ref{Noun: weir.NounAccess, Name: p.Name + "/" + app.Name})
	if err != nil && !weir.NotFound.In(err) {
		return err
	}
	closed := p.Stage() == weir.Deprecated || p.Stage() == weir.Retired
	has := rights.OnTopic(rights.TopicFacts{
		OwnDomain: d.Team == app.Team && !d.UID.Own(), Product: true, Mesh: p.Visibility == weir.VisibleMesh, Open: p.Access == weir.AccessOpen,
		Allowed: err == nil, Closed: closed, Ended: p.Stage() == weir.Retired,
	})
	switch {
	case has.Has(rights.Read):
		return weir.Errorf(weir.Conflict, "application %s may read %s already", app.Name, p.Name).At("ask").WithFix("declare the plan without asking")
	case !has.Has(rights.See):
		return weir.Errorf(weir.Conflict, "%s is visible to its domain only, so %s could not see it", p.Name, app.Name).At("ask").WithFix("declare the plan without asking, and ask its owner to make it visible")
	case closed:
		return weir.Errorf(weir.Conflict, "%s is %s, so nobody new reads it", p.Name, p.Stage()).At("ask").WithFix("use its successor, if it has one: weir product show %s", p.Name)
	}
	return nil
}

// Withdraw takes a plan back. Errors: Denied, NotFound.
func (l *Lineage) Withdraw(ctx context.Context, call weir.Call, product, application string) (weir.Receipt, error) {
	return l.cfg.Writer.Submit(ctx, call.Decision("plan.withdraw", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		if _, _, err := l.parties(ctx, v, call, rights.Delete, product, application); err != nil {
			return weir.Outcome{}, err
		}
		old, rev, err := weir.Find[*weir.Plan](ctx, v, weir.Ref{Noun: weir.NounPlan, Name: product + "/" + application})
		if weir.NotFound.In(err) {
			return weir.Outcome{}, weir.Errorf(weir.NotFound, "application %s has no plan to read %s", application, product).
				WithFix("see which there are: weir app plan list")
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := call.Check(old.Ref(), rev); err != nil {
			return weir.Outcome{}, err
		}
		return planned("plan.withdrawn", old, weir.DeleteChange(l.cfg.Home, old, rev))
	}))
}

func planned(event string, p *weir.Plan, c weir.Change) (weir.Outcome, error) {
	answer, err := weir.Public(p)
	return weir.Outcome{Changes: []weir.Change{c}, Answer: answer, Events: []weir.Event{{Type: event, Ref: p.Ref()}}}, err
}

// parties finds product and application, and refuses who may not decide about the
// application.
func (l *Lineage) parties(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, product, application string) (*weir.Product, *weir.Application, error) {
	p, _, err := weir.Known[*weir.Product](ctx, v, call.By, weir.Ref{Noun: weir.NounProduct, Name: product})
	if err != nil {
		return nil, nil, err
	}
	a, _, err := weir.Known[*weir.Application](ctx, v, call.By, weir.Ref{Noun: weir.NounApplication, Name: application})
	if err == nil && a.Ending {
		err = weir.Errorf(weir.NotFound, "application %s is being deleted", application)
	}
	if err != nil {
		return nil, nil, err
	}
	return p, a, rights.Must(call.By, verb, rights.Thing{Noun: weir.NounPlan, Team: a.Team}, a.Ref())
}
