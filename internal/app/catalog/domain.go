package catalog

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// NewDomain asks for a domain.
type NewDomain struct {
	Name, Team, Description string
}

// CreateDomain makes a domain that a team owns.
func (c *Catalog) CreateDomain(ctx context.Context, call weir.Call, cmd NewDomain) (weir.Receipt, error) {
	d := &weir.Domain{UID: c.uid(), Name: cmd.Name, Description: cmd.Description, Created: c.now().UTC()}
	if err := weir.NotOwn(call.By, d.Name); err != nil {
		return weir.Receipt{}, err
	}
	return c.writer.Submit(ctx, call.Decision("domain.create", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		if err := rights.Must(call.By, rights.Create, rights.Thing{Noun: weir.NounDomain}, d.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		t, _, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, Name: cmd.Team})
		if err != nil {
			return weir.Outcome{}, err
		}
		d.Team = t.UID
		r := c.result()
		r.put(nil, 0, d)
		r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.FollowDomain(ctx, v, d) })
		return r.outcome("domain.created", d)
	}))
}

// DomainEdit says what shall change; nil stays.
type DomainEdit struct {
	Team, Description *string
}

// EditDomain changes a domain. Its team is a mesh admin's to change.
func (c *Catalog) EditDomain(ctx context.Context, call weir.Call, name string, cmd DomainEdit) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("domain.edit", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		d, rev, err := c.domain(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *d
		if cmd.Description != nil {
			next.Description = *cmd.Description
		}
		if cmd.Team != nil {
			if err := rights.Must(call.By, rights.Create, rights.Thing{Noun: weir.NounDomain}, d.Ref()); err != nil {
				return weir.Outcome{}, err
			}
			t, _, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, Name: *cmd.Team})
			if err != nil {
				return weir.Outcome{}, err
			}
			next.Team = t.UID
		}
		r := c.result()
		r.put(d, rev, &next)
		return r.outcome("domain.changed", &next)
	}))
}

// DeleteDomain ends a domain that holds nothing any more, no topic either, with
// its policies and the roles on it.
func (c *Catalog) DeleteDomain(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("domain.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		d, rev, err := c.domain(ctx, v, call, rights.Delete, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		r.endRoles(ctx, v, d.UID)
		r.endPolicies(ctx, v, d.UID)
		r.end(d, rev)
		return r.outcome("domain.deleted", d)
	}))
}

// domain finds one with which the caller may do something.
func (c *Catalog) domain(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, name string) (*weir.Domain, weir.Revision, error) {
	d, rev, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, Name: name})
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, rights.Thing{Noun: weir.NounDomain, Domain: d.UID}, d.Ref()); err != nil {
		return nil, 0, err
	}
	return d, rev, call.Check(d.Ref(), rev)
}
