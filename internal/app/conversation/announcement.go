package conversation

import (
	"context"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// readFor is how long ago an application may have read a product to be told.
const readFor = 30 * 24 * time.Hour

// Announce tells the consumers of a product something. Errors: Denied, NotFound,
// Invalid for a text that is none, Limit.
func (c *Conversation) Announce(ctx context.Context, call weir.Call, product, text string) (weir.Receipt, error) {
	counted, err := c.counted(ctx, call.By, product)
	if err != nil {
		return weir.Receipt{}, err
	}
	uid, now := weir.NewUID(c.cfg.Now()), c.cfg.Now().UTC()
	return c.cfg.Writer.Submit(ctx, call.Decision("announcement.make", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, err := find(ctx, v, call.By, product)
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := rights.Must(call.By, rights.Create, rights.OfProduct(weir.NounAnnouncement, p), p.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		a := &weir.Announcement{UID: uid, Product: p.UID, Domain: p.Domain, Text: text, By: call.By.Ref, Created: now}
		if a.Name, err = next(ctx, v, weir.NounAnnouncement, p, weir.MaxAnnouncements); err != nil {
			return weir.Outcome{}, err
		}
		if a.To, err = consumers(ctx, v, p, counted); err != nil {
			return weir.Outcome{}, err
		}
		change, err := weir.NewChange(c.cfg.Home, nil, 0, a)
		return outcome("announcement.made", a, change, err)
	}))
}

// Withdraw takes an announcement back. Errors: Denied, NotFound, Conflict.
func (c *Conversation) Withdraw(ctx context.Context, call weir.Call, product string, n int) (weir.Receipt, error) {
	return c.cfg.Writer.Submit(ctx, call.Decision("announcement.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		a, rev, of, err := numbered[*weir.Announcement](ctx, v, call.By, weir.NounAnnouncement, product, n)
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := rights.Must(call.By, rights.Delete, thingOf(a, of), a.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		if err := call.Check(a.Ref(), rev); err != nil {
			return weir.Outcome{}, err
		}
		return outcome("announcement.deleted", a, weir.DeleteChange(c.cfg.Home, a, rev), nil)
	}))
}

// Announcement is one of a product's, by its number. NotFound.
func (c *Conversation) Announcement(ctx context.Context, p weir.Principal, product string, number int) (Said[*weir.Announcement], error) {
	return one[*weir.Announcement](ctx, c.cfg.State, p, weir.NounAnnouncement, product, number)
}

// Announcements lists what was announced about a product, the newest first.
// NotFound for one that the caller does not know of.
func (c *Conversation) Announcements(ctx context.Context, p weir.Principal, product string, part Part) ([]Said[*weir.Announcement], string, error) {
	return about[*weir.Announcement](ctx, c.cfg.State, p, weir.NounAnnouncement, product, part)
}

// Announced lists what was announced to the teams of a person, and about what they
// answer for, the newest first.
func (c *Conversation) Announced(ctx context.Context, p weir.Principal) (Mine[*weir.Announcement], error) {
	made := func(a *weir.Announcement) time.Time { return a.Created }
	return mine(ctx, c.cfg.State, p, weir.NounAnnouncement, made, func(Said[*weir.Announcement]) bool { return true })
}

// counted is who read a product lately, before the queue; nobody of one that the
// caller does not know of.
func (c *Conversation) counted(ctx context.Context, by weir.Principal, product string) ([]weir.Usage, error) {
	v, done, err := c.cfg.State.View(ctx)
	if err != nil {
		return nil, err
	}
	p, err := find(ctx, v, by, product)
	done()
	if err != nil {
		if weir.NotFound.In(err) {
			err = nil // it is refused inside, on record
		}
		return nil, err
	}
	return c.cfg.Measures.Usage(ctx, weir.UsageQuery{Of: p.UID, Direction: weir.Reading, From: c.cfg.Now().Add(-readFor)})
}

// consumers are the teams whose applications read a product, may read it, or plan
// to; without the team that owns it. Of one that its domain alone knows of nobody
// else is told, whoever read it before.
func consumers(ctx context.Context, v weir.View, p *weir.Product, counted []weir.Usage) ([]weir.UID, error) {
	if p.Visibility == weir.VisibleDomain {
		return nil, nil
	}
	var teams []weir.UID
	for _, n := range []weir.Noun{weir.NounAccess, weir.NounPlan} {
		err := weir.All(ctx, v, weir.ListQuery{Noun: n, Scope: weir.Everything, Refers: []weir.UID{p.UID}}, func(it weir.Item) error {
			switch e := it.Entity.(type) {
			case *weir.Access:
				teams = append(teams, e.Team)
			case *weir.Plan:
				teams = append(teams, e.Team)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	readers, err := teamsOf(ctx, v, counted)
	if err != nil {
		return nil, err
	}
	d, _, err := weir.Find[*weir.Domain](ctx, v, weir.Ref{Noun: weir.NounDomain, UID: p.Domain})
	if err != nil {
		return nil, err
	}
	teams = append(teams, readers...)
	slices.SortFunc(teams, func(a, b weir.UID) int { return slices.Compare(a[:], b[:]) })
	teams = slices.DeleteFunc(slices.Compact(teams), func(u weir.UID) bool { return u == d.Team })
	return teams[:min(len(teams), weir.MaxTold)], nil
}

// teamsOf are the teams of the applications that were counted and live.
func teamsOf(ctx context.Context, v weir.View, counted []weir.Usage) ([]weir.UID, error) {
	var teams []weir.UID
	for _, u := range counted {
		if u.Who.Noun != weir.NounApplication || u.Who.UID.IsZero() {
			continue
		}
		a, _, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, UID: u.Who.UID})
		switch {
		case err == nil && !a.Ending:
			teams = append(teams, a.Team)
		case err != nil && !weir.NotFound.In(err):
			return nil, err
		}
	}
	return teams, nil
}
