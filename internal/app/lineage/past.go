package lineage

import (
	"context"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/lineage"
)

// Bounds of looking back: how long reading the ledger may take, and how many
// graphs of earlier times are kept.
const (
	pastTakes = 30 * time.Second
	pastKept  = 2
)

// past is graphs of earlier times.
type past struct {
	turn  chan struct{} // held by who uses or makes one
	kept  []*earlier    // the one that was used last at the end
	final map[weir.UID][]weir.UID
	seen  weir.Offset // that final shows
}

// earlier is the graph at an offset, which never changes.
type earlier struct {
	at    weir.Offset
	since time.Time // of the entry there
	until time.Time // of the next one; zero: there is none yet
	graph *lineage.Graph
}

func (p *past) init() { p.turn, p.final = make(chan struct{}, 1), map[weir.UID][]weir.UID{} }

// then tells how it was.
func (l *Lineage) then(ctx context.Context, p weir.Principal, a Asking, out Answer) (Answer, error) {
	if a.At.After(out.At) {
		return out, weir.Errorf(weir.Invalid, "%s is not past yet", a.At.UTC().Format(time.RFC3339)).At("at").WithFix("give a time before now, or none")
	}
	ctx, cancel := context.WithTimeout(ctx, pastTakes)
	defer cancel()
	if err := l.follow(ctx); err != nil {
		return out, err
	}
	select {
	case l.past.turn <- struct{}{}:
		defer func() { <-l.past.turn }()
	case <-ctx.Done():
		return out, weir.Errorf(weir.Unavailable, "others are looking back, too").WithFix("try again in a moment")
	}
	e, err := l.earlier(ctx, a.At)
	if err != nil {
		return out, err
	}
	out.Past = true
	out.At, out.Offset, out.From = a.At.UTC(), e.at, a.At.Add(-a.Since).UTC().Truncate(time.Hour)
	counts, cover, err := l.added(ctx, out.From, a.At)
	if err != nil {
		out.Problems = append(out.Problems, public(err))
	}
	out.Coverage = cover
	see := looker{seer: seer{p: p, scope: p.Scope()}, final: l.past.final, now: l.thing}
	return out, l.draw(ctx, e.graph, see, counts, a, &out)
}

// thing is what something is now.
func (l *Lineage) thing(u weir.UID) (lineage.Thing, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.graph.Thing(u)
}

// earlier finds or makes the graph of a time, and learns who could know last of
// what there was. The turn is held.
func (l *Lineage) earlier(ctx context.Context, at time.Time) (*earlier, error) {
	p := &l.past
	if i := slices.IndexFunc(p.kept, func(e *earlier) bool { return e.holds(at) }); i >= 0 {
		e := p.kept[i]
		p.kept = append(slices.Delete(p.kept, i, i+1), e)
		return e, l.learn(ctx, p.seen+1, nil)
	}
	e := &earlier{graph: lineage.New()}
	if err := l.learn(ctx, 0, func(r weir.Record) error { return e.take(r, at) }); err != nil {
		return nil, weir.Errorf(weir.Unavailable, "the ledger cannot be read back that far").Because(err).WithFix("ask about a time again later")
	}
	if e.until.IsZero() {
		return e, nil // the next entry may still belong to it
	}
	p.kept = append(p.kept, e)
	if len(p.kept) > pastKept {
		p.kept = p.kept[1:]
	}
	return e, nil
}

// holds reports whether the graph is that of a time.
func (e *earlier) holds(at time.Time) bool { return !at.Before(e.since) && at.Before(e.until) }

// take takes an entry in, if it is not later than a time.
func (e *earlier) take(r weir.Record, at time.Time) error {
	if !e.until.IsZero() {
		return nil
	}
	if r.Entry.At.After(at) {
		e.until = r.Entry.At
		return nil
	}
	e.at, e.since = r.Offset, r.Entry.At
	return apply(e.graph, r)
}

// learn reads the ledger on, and learns who could know of what last.
func (l *Lineage) learn(ctx context.Context, from weir.Offset, also func(weir.Record) error) error {
	return l.cfg.Ledger.Read(ctx, from, func(r weir.Record) error {
		for _, c := range r.Entry.Changes {
			l.past.final[c.Ref.UID] = c.Domains
		}
		l.past.seen = max(l.past.seen, r.Offset)
		if also == nil {
			return nil
		}
		return also(r)
	})
}
