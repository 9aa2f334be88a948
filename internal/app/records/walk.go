package records

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
)

// walk is one trace while it is made: nearer places before farther ones. It is
// used by one goroutine.
type walk struct {
	r       *Records
	person  weir.Principal
	again   func(context.Context) (weir.Principal, error)
	checked time.Time
	library weir.Library
	reading context.Context // ends when there is no time to read more

	queue    []step
	things   map[string]*thing // by topic
	spans    map[string]map[int32]weir.Span
	runs     map[spot]run
	runBytes int
	seen     map[weir.Provenance]*Place
	makers   map[weir.UID]*Maker
	decoders decoders
	places   int
	bytes    int
	out      *Trace
}

// step is a place that is to be looked at, and how many queries are between it and
// the record that was asked about.
type step struct {
	at    *Place
	depth int
}

func (r *Records) walk(p weir.Principal, again func(context.Context) (weir.Principal, error), t Tracing) *walk {
	return &walk{
		r: r, person: p, again: again, checked: r.cfg.Now(), library: t.Library, decoders: r.decoders(),
		things: map[string]*thing{}, spans: map[string]map[int32]weir.Span{}, runs: map[spot]run{}, seen: map[weir.Provenance]*Place{}, makers: map[weir.UID]*Maker{},
	}
}

// run looks at a place and at all that it leads to. An error ends the trace.
func (w *walk) run(ctx context.Context, root *Place) error {
	var cancel context.CancelFunc
	w.reading, cancel = context.WithTimeout(ctx, w.r.cfg.Limits.Tracing)
	defer cancel()
	defer context.AfterFunc(w.r.base, cancel)()
	w.out = &Trace{Root: root, LeftOut: map[Bound]int{}}
	w.queue = []step{{root, 0}}
	for len(w.queue) > 0 {
		s := w.queue[0]
		w.queue = w.queue[1:]
		if err := w.visit(ctx, s); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// visit looks at one place.
func (w *walk) visit(ctx context.Context, s step) error {
	if b := w.spent(s.depth); b != "" {
		w.leave(s.at, b)
		return nil
	}
	if err := w.check(ctx); err != nil {
		return err
	}
	t, err := w.thing(ctx, s.at.Topic)
	if err != nil {
		return err
	}
	if t.ref.UID.IsZero() {
		hide(s.at)
		return nil
	}
	s.at.Of = t.ref
	src, err := w.r.find(ctx, w.person, t.ref)
	if err != nil {
		return w.closed(s.at, err)
	}
	if first, ok := w.seen[s.at.Provenance]; ok {
		repeat(s.at, first)
		return nil
	}
	return w.open(ctx, found{s, t, src})
}

// spent is the bound that is reached, if one is.
func (w *walk) spent(depth int) Bound {
	switch {
	case w.reading.Err() != nil:
		return BoundTime
	case depth > traceDepth:
		return BoundDepth
	case w.out.Read >= traceRecords:
		return BoundRecords
	case w.bytes >= traceBytes:
		return BoundBytes
	}
	return ""
}

// leave leaves a place out.
func (w *walk) leave(at *Place, b Bound) {
	at.State, at.Why = PlaceUnread, "left out: "+b.text()
	if t, ok := w.things[at.Topic]; ok && !t.ref.UID.IsZero() {
		at.Of = t.ref
	} else {
		at.Topic = "" // nobody knows yet whether who asks may know whose it is
	}
	w.out.LeftOut[b]++
}

// text is what a bound says.
func (b Bound) text() string {
	switch b {
	case BoundDepth:
		return "more queries above each other than a trace goes through"
	case BoundRecords:
		return "more records than a trace reads"
	case BoundBytes:
		return "more bytes than a trace holds"
	case BoundPlaces:
		return "more places than a trace holds"
	}
	return "it takes longer than a trace may"
}

// hide says that a place is nobody's whom the person may know of.
func hide(at *Place) {
	at.Topic, at.State, at.Why = "", PlaceHidden, "a topic that is not yours, or is not there any more"
}

// closed says why the person may not read a place; other errors end the trace.
func (w *walk) closed(at *Place, err error) error {
	switch weir.KindOf(err) {
	case weir.Denied:
		at.State, at.Why = PlaceHidden, public(err)
	case weir.NotFound:
		at.Of = weir.Ref{}
		hide(at)
	case weir.Unavailable:
		at.State, at.Why = PlaceUnread, public(err)
	default:
		return err
	}
	return nil
}

// repeat shows a record again without what it was made of.
func repeat(at, first *Place) {
	at.State, at.Why, at.Time, at.Key, at.Value, at.Made, at.Again = first.State, first.Why, first.Time, first.Key, first.Value, first.Made, true
}

// check asks once in a while who asks.
func (w *walk) check(ctx context.Context) error {
	now := w.r.cfg.Now()
	if now.Sub(w.checked) < w.r.cfg.Limits.Tick {
		return nil
	}
	w.checked = now
	p, err := w.again(ctx)
	if err == nil && p.Ref.UID != w.person.Ref.UID {
		err = weir.Errorf(weir.Unauthorized, "somebody else is logged in now")
	}
	w.person = p
	return err
}
