package access

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Granting is the use cases of allowing and revoking.
type Granting struct {
	writer weir.Writer
	now    func() time.Time
	home   weir.UID
}

// Config is what Granting needs. Every field is required.
type Config struct {
	Writer weir.Writer
	Now    func() time.Time
	Home   weir.UID // the mesh
}

// New makes the use cases.
func New(c Config) *Granting { return &Granting{writer: c.Writer, now: c.Now, home: c.Home} }

// Allow lets an application read a product. One that was allowed before stays
// so, and nothing is written. An application that could not see the product
// would gain nothing and is refused. One that had asked has its answer by it.
func (g *Granting) Allow(ctx context.Context, call weir.Call, product, application string) (weir.Receipt, error) {
	a := &weir.Access{UID: weir.NewUID(g.now()), Name: product + "/" + application, Created: g.now().UTC()}
	return g.writer.Submit(ctx, call.Decision("access.allow", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, app, err := g.parties(ctx, v, call, rights.Allow, product, application)
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := useful(ctx, v, p, app); err != nil {
			return weir.Outcome{}, err
		}
		if old, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounAccess, Name: a.Name}); err == nil {
			answer, err := weir.Public(old)
			return weir.Outcome{Answer: answer}, err
		} else if !weir.NotFound.In(err) {
			return weir.Outcome{}, err
		}
		if err := taking(ctx, v, p); err != nil {
			return weir.Outcome{}, err
		}
		a.Product, a.Application, a.Domain, a.Team = p.UID, app.UID, p.Domain, app.Team
		c, err := weir.NewChange(g.home, nil, 0, a)
		if err != nil {
			return weir.Outcome{}, err
		}
		told, err := g.tell(ctx, v, a.Name, &weir.Answer{At: a.Created, By: call.By.Ref, Allowed: true})
		if err != nil {
			return weir.Outcome{}, err
		}
		return answered("access.allowed", a, append([]weir.Change{c}, told...)...)
	}))
}

// Revoke takes an application's right to read a product away, on open
// connections too. NotFound when it was never allowed.
func (g *Granting) Revoke(ctx context.Context, call weir.Call, product, application string) (weir.Receipt, error) {
	return g.writer.Submit(ctx, call.Decision("access.revoke", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, _, err := g.parties(ctx, v, call, rights.Revoke, product, application)
		if err != nil {
			return weir.Outcome{}, err
		}
		a, rev, err := weir.Find[*weir.Access](ctx, v, weir.Ref{Noun: weir.NounAccess, Name: product + "/" + application})
		if weir.NotFound.In(err) {
			err = notAllowed(p, application)
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		return answered("access.revoked", a, weir.DeleteChange(g.home, a, rev))
	}))
}

func notAllowed(p *weir.Product, application string) error {
	e := weir.Errorf(weir.NotFound, "application %s was not allowed to read %s", application, p.Name)
	if p.Access == weir.AccessOpen {
		return e.WithFix("an open product is read by every application; close it: weir product edit %s --access request", p.Name)
	}
	return e.WithFix("see who was: weir access list --product %s", p.Name)
}

// parties finds the product and the application, and refuses who may not
// decide about the product.
func (g *Granting) parties(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, product, application string) (*weir.Product, *weir.Application, error) {
	r := weir.Ref{Noun: weir.NounProduct, Name: product}
	p, _, err := weir.Known[*weir.Product](ctx, v, call.By, r)
	if err != nil {
		return nil, nil, err
	}
	if err := rights.Must(call.By, verb, rights.OfProduct(weir.NounAccess, p), p.Ref()); err != nil {
		return nil, nil, err
	}
	a, _, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, Name: application})
	if err == nil && a.Ending {
		err = weir.Errorf(weir.NotFound, "application %s is being deleted", application)
	}
	return p, a, err
}

// useful refuses to allow what would have no effect.
func useful(ctx context.Context, v weir.View, p *weir.Product, a *weir.Application) error {
	d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, UID: p.Domain})
	if err != nil {
		return err
	}
	if p.Visibility == weir.VisibleDomain && d.Team != a.Team {
		return weir.Errorf(weir.Conflict, "%s is visible to its domain only, so %s could not see it", p.Name, a.Name).
			WithFix("make it visible first: weir product edit %s --visibility mesh --access request", p.Name)
	}
	return nil
}

// taking refuses new readers of a product that ends or has ended, and names its
// successor.
func taking(ctx context.Context, v weir.View, p *weir.Product) error {
	stage := p.Stage()
	if stage != weir.Deprecated && stage != weir.Retired {
		return nil
	}
	e := weir.Errorf(weir.Conflict, "%s is %s, so nobody new reads it", p.Name, stage).
		WithFix("bring it back first: weir product activate %s", p.Name)
	e.Ref = p.Ref()
	if p.Successor.IsZero() {
		return e
	}
	s, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounProduct, UID: p.Successor})
	if err != nil {
		return err
	}
	return e.WithFix("use its successor: %s", s.Ref().Name)
}

func answered(event string, a *weir.Access, all ...weir.Change) (weir.Outcome, error) {
	answer, err := weir.Public(a)
	return weir.Outcome{Changes: all, Answer: answer, Events: []weir.Event{{Type: event, Ref: a.Ref()}}}, err
}
