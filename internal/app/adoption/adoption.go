// Package adoption tells how the mesh is taken up: domains, products and consumers
// over time, what lacks an owner, documentation or a consumer, when each domain had
// its first product and its first consumer, and how long it took from a request to
// the first record.
//
// A product counts from when it is more than proposed until it ends. A consumer is
// an application, a query's too, that was given records of a product of another
// team. People who look over HTTP are none, and what Weir itself offers does not
// count. What was not counted is not zero: the
// answer says since when there are counts.
//
// Everybody is told of what they may know: of products by their readers, of whom a
// consumer is by the right to watch the product or the application.
package adoption

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
)

// measures says who was given what.
type measures interface {
	// Flows adds up all that was counted in a time.
	Flows(ctx context.Context, from, until time.Time) ([]weir.Usage, error)
	Coverage(ctx context.Context) (weir.Coverage, error)
}

// Config is what Adoption needs. Every field is required.
type Config struct {
	State    weir.State
	Ledger   weir.Ledger
	Measures measures
	Now      func() time.Time
}

// Adoption is the use case.
type Adoption struct {
	cfg  Config
	turn chan struct{} // held while somebody looks
	past history
	flow []weir.Usage // as it was counted last
	seen weir.Coverage
	at   time.Time
	took time.Duration
}

// New makes the use case.
func New(c Config) *Adoption {
	return &Adoption{cfg: c, turn: make(chan struct{}, 1), past: newHistory()}
}

// Bounds of an answer.
const (
	Points   = 12  // of the time
	maxNames = 100 // of products that lack something
	lately   = 30 * 24 * time.Hour
)

// How old counts may be that are told again: a moment, or, where adding them up
// takes long, many times that long.
const (
	freshFor  = 5 * time.Second
	freshFold = 50
	freshMost = 10 * time.Minute
)

// Span is how far one point of the time is from the next.
type Span string

// The spans.
const (
	Day   Span = "day"
	Week  Span = "week"
	Month Span = "month"
)

// Answer is how the mesh is taken up, as one caller may know it.
type Answer struct {
	At       time.Time
	Points   []Point // the oldest first; the last is now
	Reading  int     // consumers of the last 30 days
	Domains  []Domain
	Lacking  Lacking
	Requests Requests
	Coverage weir.Coverage
}

// Point is how much there was at the end of a span. Consumers are those that had
// begun by then.
type Point struct {
	Until     time.Time
	Domains   int
	Products  int
	Consumers int
}

// Domain is how one domain is taken up.
type Domain struct {
	Name, Team    string
	Products      int
	Consumers     int // of the last 30 days
	Since         time.Time
	FirstProduct  First
	FirstConsumer First
	Lacking       Lacking
}

// First is what came first; zero At: there is none yet, as far as is known. No
// name: the caller may not know of it, or it is gone.
type First struct {
	Name string
	At   time.Time
}

// Lacking are products without somebody or something.
type Lacking struct{ Owner, Documentation, Consumer Some }

// Some are products, the first of them by name.
type Some struct {
	Count int
	Names []string
}

func (s *Some) add(name string) {
	s.Count++
	if len(s.Names) < maxNames {
		s.Names = append(s.Names, name)
	}
}

// Requests is how long it took from a request to read, or a plan, or the right to,
// whichever was first, to the first record.
type Requests struct {
	Done    int
	Waiting int // that had no record yet
	Median  time.Duration
	Most    time.Duration // nine in ten took no longer
}

// Tell says how the mesh is taken up. Errors: Invalid for a span that is none,
// Unavailable when the ledger or the counts cannot be read in time.
func (a *Adoption) Tell(ctx context.Context, p weir.Principal, by Span) (Answer, error) {
	now := a.cfg.Now().UTC()
	ends, err := ends(by, now)
	if err != nil {
		return Answer{}, err
	}
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return Answer{}, weir.Errorf(weir.Unavailable, "others are asking, too").WithFix("try again in a moment")
	}
	if err := a.past.follow(ctx, a.cfg.Ledger); err != nil {
		return Answer{}, weir.Errorf(weir.Unavailable, "the ledger is not read to its end yet").Because(err).WithFix("ask again in a moment: it goes on where it was")
	}
	if err := a.count(ctx); err != nil {
		return Answer{}, err
	}
	v, done, err := a.cfg.State.View(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer done()
	l := &look{ctx: ctx, v: v, p: p, scope: p.Scope(), past: &a.past, now: now}
	return l.answer(ends, a.flow, a.seen)
}

// ends are the ends of the spans, the oldest first; the last is now.
func ends(by Span, now time.Time) ([]time.Time, error) {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	var back func(n int) time.Time
	switch by {
	case Day:
		back = func(n int) time.Time { return day.AddDate(0, 0, 1-n) }
	case Week:
		monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		back = func(n int) time.Time { return monday.AddDate(0, 0, 7*(1-n)) }
	case Month:
		first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
		back = func(n int) time.Time { return first.AddDate(0, 1-n, 0) }
	default:
		return nil, weir.Errorf(weir.Invalid, "%q is no span", string(by)).At("by").WithFix("use %s, %s or %s", Day, Week, Month)
	}
	out := make([]time.Time, 0, Points)
	for n := Points - 1; n > 0; n-- {
		out = append(out, back(n))
	}
	return append(out, now), nil
}

// count adds up who was given what, unless it was just done.
func (a *Adoption) count(ctx context.Context) error {
	now := a.cfg.Now()
	age := now.Sub(a.at)
	if !a.at.IsZero() && age >= 0 && age < min(max(freshFor, freshFold*a.took), freshMost) {
		return nil
	}
	cover, err := a.cfg.Measures.Coverage(ctx)
	if err != nil {
		return err
	}
	flow, err := a.cfg.Measures.Flows(ctx, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	a.flow, a.seen, a.at, a.took = flow, cover, now, a.cfg.Now().Sub(now)
	return nil
}
