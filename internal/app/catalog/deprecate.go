package catalog

import (
	"context"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Deprecate says that a product will end: who reads it goes on, nobody new
// begins. The applications and persons who read it in the last 30 days, and could
// because it is open, are allowed to from now on. successor is the product to use instead; empty: none.
func (c *Catalog) Deprecate(ctx context.Context, call weir.Call, name, successor string) (weir.Receipt, error) {
	counted, err := c.countedOf(ctx, call.By, name)
	if err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("product.deprecate", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.product(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *p
		next.Lifecycle = weir.Deprecated
		if next.Successor, err = c.successor(ctx, v, call, p, successor); err != nil {
			return weir.Outcome{}, err
		}
		readers, err := c.readersIn(ctx, v, p, counted)
		if err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		if p.Access == weir.AccessOpen && p.Stage() == weir.Active {
			next.Kept = people(counted)
			c.keepReaders(r, p, readers)
		}
		r.put(p, rev, &next)
		return r.staged("product.deprecated", &next, tellReaders("product.deprecated", &next, successor, readers))
	}))
}

// successor finds the product to use instead: another one, which is there to
// stay, and which everybody sees who sees this one.
func (c *Catalog) successor(ctx context.Context, v weir.View, call weir.Call, p *weir.Product, name string) (weir.UID, error) {
	if name == "" {
		return weir.UID{}, nil
	}
	s, _, err := weir.Known[*weir.Product](ctx, v, call.By, weir.Ref{Noun: weir.NounProduct, Name: name})
	if err != nil {
		return weir.UID{}, err
	}
	bad := func(msg string) (weir.UID, error) {
		return weir.UID{}, weir.Errorf(weir.Invalid, "%s cannot succeed %s: %s", s.Name, p.Name, msg).At("successor").WithFix("name another product, or none")
	}
	switch {
	case s.UID == p.UID:
		return bad("it is the same")
	case s.Stage() != weir.Active:
		return bad("it is " + string(s.Stage()) + " itself")
	case s.Visibility == weir.VisibleDomain && (p.Visibility == weir.VisibleMesh || p.Domain != s.Domain):
		return bad("not everybody who sees " + p.Name + " may know of it")
	}
	return s.UID, nil
}

// people are the persons who read something, each once.
func people(counted []weir.Usage) []weir.UID {
	var out []weir.UID
	for _, u := range counted {
		if u.Who.Noun == weir.NounPerson && !u.Who.UID.IsZero() && !slices.Contains(out, u.Who.UID) {
			out = append(out, u.Who.UID)
		}
	}
	return out
}

// keepReaders allows those who read an open product to go on.
func (c *Catalog) keepReaders(r *result, p *weir.Product, readers []Reader) {
	for _, reader := range readers {
		if reader.Allowed || reader.Own {
			continue
		}
		r.put(nil, 0, &weir.Access{
			UID: c.uid(), Name: p.Name + "/" + reader.Name, Product: p.UID, Application: reader.Application,
			Domain: p.Domain, Team: reader.Team, Created: c.now().UTC(),
		})
	}
}

// Retire says that a product has ended, though its records are kept: its own
// domain alone reads it.
func (c *Catalog) Retire(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	counted, err := c.countedOf(ctx, call.By, name)
	if err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("product.retire", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.product(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		readers, err := c.readersIn(ctx, v, p, counted)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *p
		next.Lifecycle = weir.Retired
		r := c.result()
		r.put(p, rev, &next)
		return r.staged("product.retired", &next, ended("product.retired", &next, readers))
	}))
}

// Activate takes back that a product is deprecated or retired. Those who were
// allowed to go on stay allowed.
func (c *Catalog) Activate(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("product.activate", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := c.product(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		if p.Stage() == weir.Proposed {
			return weir.Outcome{}, weir.Errorf(weir.Conflict, "%s is proposed to its domain, and was never published", p.Name).
				WithFix("publish it: weir product publish %s", p.Name)
		}
		next := *p
		if p.Stage() != weir.Active {
			next.Lifecycle, next.Successor, next.Kept = "", weir.UID{}, nil
		}
		r := c.result()
		r.put(p, rev, &next)
		return r.outcome("product.activated", &next)
	}))
}

// staged is the outcome of another stage of a product's life; no change, no
// events.
func (r *result) staged(event string, p *weir.Product, events []weir.Event) (weir.Outcome, error) {
	out, err := r.outcome(event, p)
	if len(r.changes) > 0 {
		out.Events = events
	}
	return out, err
}
