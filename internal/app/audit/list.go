package audit

import (
	"context"
	"slices"
	"time"

	"github.com/weirmesh/weir"
)

// Filter narrows a list of entries; what is zero does not.
type Filter struct {
	By           weir.Ref // a person, an application or Weir itself; without a noun the first of these that has the name
	Ref          weir.Ref // the thing that changed, living or gone
	Noun         weir.Noun
	Op           string // an operation, or all of a noun
	Door         string
	Result       weir.Result
	Since, Until string // a time (RFC 3339), or how long ago
	Why          string // a part of the reason
	Before       weir.Offset
	Limit        int
}

// Entry is an entry as one viewer may see it.
type Entry struct {
	weir.Record
	Words string   // what was done, after the name of who did it
	Thing weir.Ref // what it was done to; no noun: nothing
	Gone  bool     // the thing does not live any more, or the viewer may not know of it
}

// Page is a part of a list of entries. Next is the cursor of the part after it,
// 0 at the end.
type Page struct {
	Entries []Entry
	Next    weir.Offset
}

// List gives entries, newest first: those whose changes the caller may know
// of, and the caller's own. A page may be short, or empty, and have a next one.
func (a *Audit) List(ctx context.Context, p weir.Principal, f Filter) (Page, error) {
	v, done, err := a.state.View(ctx)
	if err != nil {
		return Page{}, err
	}
	defer done()
	q, err := a.query(ctx, v, p, f)
	if err != nil {
		return Page{}, err
	}
	q.Before, q.Limit = f.Before, f.Limit
	page, err := v.Entries(ctx, q)
	if err == nil && len(page.Records) == 0 && page.Next == 0 && f.Before == 0 {
		err = meant(ctx, v, p, f)
	}
	if err != nil {
		return Page{}, err
	}
	return shown(ctx, v, p, page)
}

// Await returns once there is an entry behind an offset, or with ctx's error.
func (a *Audit) Await(ctx context.Context, after weir.Offset) error {
	return a.state.Wait(ctx, after+1)
}

// Follow gives the entries behind an offset, the oldest first, and the offset up
// to which it looked. It asks who the caller is after it saw how far that is: an
// entry behind the one that took a right away is never shown by that right.
func (a *Audit) Follow(ctx context.Context, who func(context.Context) (weir.Principal, error), f Filter, after weir.Offset) ([]Entry, weir.Offset, error) {
	v, done, err := a.state.View(ctx)
	if err != nil {
		return nil, after, err
	}
	defer done()
	p, err := who(ctx)
	if err != nil {
		return nil, after, err
	}
	q, err := a.query(ctx, v, p, f)
	if err != nil {
		return nil, after, err
	}
	q.Asc, q.After = true, after
	page, err := v.Entries(ctx, q)
	if err != nil {
		return nil, after, err
	}
	at := page.Next
	if at == 0 {
		at = max(after, v.Offset())
	}
	out, err := shown(ctx, v, p, page)
	return out.Entries, at, err
}

// Head is the offset of the newest entry that the state shows.
func (a *Audit) Head(ctx context.Context) (weir.Offset, error) {
	v, done, err := a.state.View(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	return v.Offset(), nil
}

// query is what the state is asked.
func (a *Audit) query(ctx context.Context, v weir.View, p weir.Principal, f Filter) (weir.EntryQuery, error) {
	q := weir.EntryQuery{
		Scope: p.Scope(), Own: p.Ref.UID, Noun: f.Noun, Op: f.Op, Door: f.Door, Result: f.Result, Why: f.Why,
	}
	if f.Noun != "" && !slices.Contains(weir.Nouns(), f.Noun) {
		return q, weir.Errorf(weir.Invalid, "%q is no noun", f.Noun).At("noun").WithFix("use one of %v", weir.Nouns())
	}
	if f.Result != "" && f.Result != weir.Done && f.Result != weir.Refused {
		return q, weir.Errorf(weir.Invalid, "%q is no result", f.Result).At("result").WithFix("use %s or %s", weir.Done, weir.Refused)
	}
	if f.Ref != (weir.Ref{}) {
		q.About = withParts(f.Ref)
	}
	now := a.now()
	var err error
	if q.Since, err = moment("since", f.Since, now); err != nil {
		return q, err
	}
	if q.Until, err = moment("until", f.Until, now); err != nil {
		return q, err
	}
	q.By, err = author(ctx, v, f.By)
	return q, err
}

// moment reads a time, or how long ago it was; empty is none.
func moment(where, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && t.Year() > 1700 && t.Year() < 2200 { // what nanoseconds can count
		return t, nil
	}
	if d, err := weir.ParseDuration(s); err == nil && d != weir.Forever {
		return now.Add(-time.Duration(d)), nil
	}
	return time.Time{}, weir.Errorf(weir.Invalid, "%q is no time", s).At(where).
		WithFix("write a time such as 2026-11-21T15:00:00Z, or how long ago it is, such as 2h or 7d")
}

// author is who is meant by a name without a noun: a living person, else a
// living application, else Weir itself, else a person who had the name.
func author(ctx context.Context, v weir.View, r weir.Ref) (weir.Ref, error) {
	if r == (weir.Ref{}) || r.Noun != "" {
		return r, nil
	}
	for _, n := range []weir.Noun{weir.NounPerson, weir.NounApplication} {
		_, _, err := v.Get(ctx, weir.Ref{Noun: n, Name: r.Name})
		if err == nil {
			return weir.Ref{Noun: n, Name: r.Name}, nil
		}
		if !weir.NotFound.In(err) {
			return r, err
		}
	}
	if r.Name == weir.System.Name {
		return weir.System, nil
	}
	return weir.Ref{Noun: weir.NounPerson, Name: r.Name}, nil
}

// meant refuses, where nothing was found, words that nothing can be found by: a
// list that is empty for a slip of the hand looks like one that has nothing.
func meant(ctx context.Context, v weir.View, p weir.Principal, f Filter) error {
	if err := operation(f.Op); err != nil {
		return err
	}
	if err := throughDoor(f.Door); err != nil {
		return err
	}
	return known(ctx, v, p, f)
}

// known refuses, where nothing was found, a thing or an author that the caller
// sees no entry of and that is not there: it does not exist.
func known(ctx context.Context, v weir.View, p weir.Principal, f Filter) error {
	by, err := author(ctx, v, f.By)
	if err != nil {
		return err
	}
	for _, r := range []weir.Ref{f.Ref, by} {
		if r == (weir.Ref{}) || r == weir.System {
			continue
		}
		if e, _, err := v.Get(ctx, r); err != nil || !p.Scope().Knows(e.Readers()) {
			return weir.Absent(r)
		}
	}
	return nil
}

// withParts is a thing, and by name what has its name from it: the topic and the
// subjects of a product's majors so far.
func withParts(r weir.Ref) []weir.Ref {
	out := []weir.Ref{r}
	if r.UID.IsZero() && r.Noun == weir.NounProduct {
		p := weir.Product{Name: r.Name}
		out = append(out, weir.Ref{Noun: weir.NounTopic, Name: p.Topic()},
			weir.Ref{Noun: weir.NounSubject, Name: p.Subject(weir.OfKey)}, weir.Ref{Noun: weir.NounSubject, Name: p.Subject(weir.OfValue)})
	}
	return out
}

// shown is a page as the caller may see it.
func shown(ctx context.Context, v weir.View, p weir.Principal, page weir.EntryPage) (Page, error) {
	s := &seer{ctx: ctx, v: v, scope: p.Scope(), names: map[weir.Ref]named{}}
	out := Page{Entries: make([]Entry, 0, len(page.Records)), Next: page.Next}
	for _, r := range page.Records {
		e := r.Entry
		if !p.Has(weir.RoleMeshAdmin) && e.By.UID != p.Ref.UID {
			e.Via = weir.Via{Door: e.Via.Door} // from where others came is theirs to know
		}
		e.Changes = s.roles(e.Changes)
		r.Entry = e
		thing := about(e)
		out.Entries = append(out.Entries, Entry{Record: r, Words: words(s, e, thing), Thing: thing, Gone: thing.Noun != "" && !s.lives(thing)})
	}
	return out, s.err
}

// about is what an entry was done to.
func about(e weir.Entry) weir.Ref {
	if e.Refusal != nil {
		return e.Refusal.Ref
	}
	if len(e.Events) > 0 {
		return e.Events[0].Ref
	}
	for _, c := range e.Changes {
		if c.Ref.Noun != weir.NounText {
			return c.Ref
		}
	}
	return weir.Ref{}
}
