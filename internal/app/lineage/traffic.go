package lineage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/lineage"
)

// How old counts may be that are told again: a moment, or, where adding them up
// takes long, many times that long.
const (
	freshFor  = 2 * time.Second
	freshFold = 50
	freshMost = time.Minute
)

// traffic keeps the counts of one span.
type traffic struct {
	turn  chan struct{} // held while they are added up
	since time.Duration
	at    time.Time
	took  time.Duration
	of    *lineage.Traffic
	cover weir.Coverage
}

func (t *traffic) init() { t.turn = make(chan struct{}, 1) }

// fresh reports whether counts can be told again.
func (t *traffic) fresh(since time.Duration, now time.Time) bool {
	age := now.Sub(t.at)
	return t.of != nil && t.since == since && age >= 0 && age < min(max(freshFor, freshFold*t.took), freshMost)
}

// counts gives what was counted lately. What cannot be asked is a problem in the
// answer.
func (l *Lineage) counts(ctx context.Context, since time.Duration, out *Answer) (*lineage.Traffic, error) {
	t := &l.counted
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return nil, weir.Errorf(weir.Unavailable, "the counts are not added up yet").Because(ctx.Err())
	}
	now := l.cfg.Now()
	out.From = now.Add(-since).UTC().Truncate(time.Hour)
	if t.fresh(since, now) {
		out.Coverage = t.cover
		return t.of, nil
	}
	of, cover, err := l.added(ctx, out.From, time.Time{})
	if err != nil {
		out.Problems = append(out.Problems, public(err))
		return of, nil
	}
	out.Coverage = cover
	*t = traffic{turn: t.turn, since: since, at: now, took: l.cfg.Now().Sub(now), of: of, cover: cover}
	return of, nil
}

// added adds up what was counted in a time.
func (l *Lineage) added(ctx context.Context, from, until time.Time) (*lineage.Traffic, weir.Coverage, error) {
	cover, err := l.cfg.Measures.Coverage(ctx)
	if err != nil {
		return nil, cover, err
	}
	counted, err := l.cfg.Measures.Flows(ctx, from, until)
	if !until.IsZero() { // counts are by the hour, and that of the time is in them whole
		counted = slices.DeleteFunc(counted, func(u weir.Usage) bool { return u.First.After(until) })
	}
	return lineage.NewTraffic(counted), cover, err
}

// public is an error as people are told of it.
func public(err error) string {
	var e *weir.Error
	if errors.As(err, &e) && e.Kind != weir.Internal {
		return e.Public()
	}
	return weir.KindOf(err).String()
}
