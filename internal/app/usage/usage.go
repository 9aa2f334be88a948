// Package usage tells who reads and writes what, how much and since when; what a
// product holds now, how fast it is written, and by which groups it is read; and
// how an application gets on: how far it is behind, and what it was refused.
//
// Who may know of a product sees the counts of all together. Who may watch it,
// or the application, or is the person, sees that one by name; everybody else is
// added up as others. A product that one may not know of is in no answer.
//
// What was not measured is unknown, not zero: every answer says since when
// there are counts and what is missing.
package usage

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
)

// Config is what Usages needs. Every field is required.
type Config struct {
	State    weir.State
	Measures weir.Measures
	Observer weir.Observer
	Gateway  Gateway
	Topic    func(name string) (of weir.Ref, ok bool) // whose a topic of the cluster is
	Now      func() time.Time
}

// Usages is the use case.
type Usages struct {
	cfg     Config
	counted *cache[asked, []weir.Usage]
	extents *cache[string, weir.Extent]
	groups  *cache[string, weir.Groups]
	follows *cache[string, weir.Follows] // by application
	health  *cache[struct{}, []weir.BrokerHealth]
	lasts   *many[string, time.Time]       // by topic
	month   *many[weir.UID, weir.Turnover] // of the last 30 days
	day     *many[weir.UID, weir.Turnover]
}

// freshFor is how long what was asked for is told again.
const freshFor = 3 * time.Second

// turnsFor is how long sums over days are told again.
const turnsFor = 15 * time.Second

// New makes the use case.
func New(c Config) *Usages {
	return &Usages{
		cfg:     c,
		counted: newCache[asked, []weir.Usage](freshFor, c.Now),
		extents: newCache[string, weir.Extent](freshFor, c.Now),
		groups:  newCache[string, weir.Groups](freshFor, c.Now),
		follows: newCache[string, weir.Follows](freshFor, c.Now),
		health:  newCache[struct{}, []weir.BrokerHealth](freshFor, c.Now),
		lasts:   newMany[string, time.Time](freshFor, c.Now),
		month:   newMany[weir.UID, weir.Turnover](turnsFor, c.Now),
		day:     newMany[weir.UID, weir.Turnover](turnsFor, c.Now),
	}
}

// Party is somebody who moved records of something.
type Party struct {
	weir.Usage
	Team string // the application's
	Gone bool   // who moved them, or what, does not exist any more
}

// Hidden adds up what one may not see by name.
type Hidden struct {
	Count          int // of applications and persons
	Records, Bytes int64
}

// Report is who moved records in a time.
type Report struct {
	Of                           weir.Ref // the product, stream or application
	From, Until                  time.Time
	Coverage                     weir.Coverage
	Parties                      []Party // the most recent first
	HiddenReaders, HiddenWriters Hidden
	Hours                        []weir.UsageHour
}

// Of tells who read and wrote a product or a private stream. Errors: Invalid for
// a time that is none, NotFound, Unavailable.
func (u *Usages) Of(ctx context.Context, p weir.Principal, of weir.Ref, since time.Duration) (Report, error) {
	e, err := u.find(ctx, p, of)
	if err != nil {
		return Report{}, err
	}
	r, q, err := u.report(ctx, e.Ref(), since)
	if err != nil {
		return r, err
	}
	q.Of = e.Ref().UID
	all, err := u.usage(ctx, q)
	if err != nil {
		return r, err
	}
	if r.Hours, err = u.cfg.Measures.Hours(ctx, q); err != nil {
		return r, err
	}
	readers, writers := map[weir.UID]bool{}, map[weir.UID]bool{}
	err = u.each(ctx, p, all, func(one weir.Usage, party Party, named bool) {
		switch {
		case named:
			r.Parties = append(r.Parties, party)
		case one.Direction == weir.Reading:
			r.HiddenReaders.add(readers, one)
		default:
			r.HiddenWriters.add(writers, one)
		}
	})
	return r, err
}

// add counts one more passage of somebody.
func (h *Hidden) add(seen map[weir.UID]bool, one weir.Usage) {
	if !seen[one.Who.UID] {
		seen[one.Who.UID] = true
		h.Count++
	}
	h.Records += one.Records
	h.Bytes += one.Bytes
}

// OfApplication tells what an application read and wrote, as far as one may see
// it. Errors as of Of.
func (u *Usages) OfApplication(ctx context.Context, p weir.Principal, name string, since time.Duration) (Report, error) {
	e, err := u.find(ctx, p, weir.Ref{Noun: weir.NounApplication, Name: name})
	if err != nil {
		return Report{}, err
	}
	r, q, err := u.report(ctx, e.Ref(), since)
	if err != nil {
		return r, err
	}
	q.Who = e.Ref().UID
	all, err := u.usage(ctx, q)
	if err != nil {
		return r, err
	}
	err = u.each(ctx, p, all, func(one weir.Usage, party Party, named bool) {
		if named {
			r.Parties = append(r.Parties, party)
			q.Among = append(q.Among, one.Of.UID)
		}
	})
	if err != nil || len(q.Among) == 0 {
		return r, err
	}
	r.Hours, err = u.cfg.Measures.Hours(ctx, q)
	return r, err
}

// report begins a report since a time ago, and the question that it needs.
func (u *Usages) report(ctx context.Context, of weir.Ref, since time.Duration) (r Report, q weir.UsageQuery, err error) {
	if since <= 0 || since > weir.MeasuredFor {
		return r, q, weir.Errorf(weir.Invalid, "usage since %s ago", since).At("since").
			WithFix("use a time up to %s, for which counts are kept", weir.Duration(weir.MeasuredFor))
	}
	now := u.cfg.Now().UTC()
	r = Report{Of: of, From: now.Add(-since).Truncate(time.Hour), Until: now}
	r.Coverage, err = u.cfg.Measures.Coverage(ctx)
	return r, weir.UsageQuery{From: r.From}, err
}

// view calls fn with the state as it is. Nothing slow is done meanwhile: there
// are few views.
func (u *Usages) view(ctx context.Context, fn func(weir.View) error) error {
	v, done, err := u.cfg.State.View(ctx)
	if err != nil {
		return err
	}
	defer done()
	return fn(v)
}

// find gets what a principal may know of.
func (u *Usages) find(ctx context.Context, p weir.Principal, of weir.Ref) (e weir.Entity, err error) {
	err = u.view(ctx, func(v weir.View) error {
		e, _, err = weir.Known[weir.Entity](ctx, v, p, of)
		return err
	})
	return e, err
}

// each tells of every passage whether the principal may see it by name, and as
// what.
func (u *Usages) each(ctx context.Context, p weir.Principal, all []weir.Usage, fn func(one weir.Usage, party Party, named bool)) error {
	return u.view(ctx, func(v weir.View) error {
		see := newSeer(v, p)
		for _, one := range all {
			party, named, err := see.party(ctx, one)
			if err != nil {
				return err
			}
			fn(one, party, named)
		}
		return nil
	})
}

// asked is a question whose answer is kept for a moment.
type asked struct {
	of, who weir.UID
	from    time.Time
}

// usage asks the measures, at most every few seconds for the same.
func (u *Usages) usage(ctx context.Context, q weir.UsageQuery) ([]weir.Usage, error) {
	return u.counted.get(ctx, asked{q.Of, q.Who, q.From}, func(ctx context.Context) ([]weir.Usage, error) { return u.cfg.Measures.Usage(ctx, q) })
}
