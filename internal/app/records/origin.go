package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
)

// found is a place that the person may read.
type found struct {
	step
	of  *thing
	src source
}

// open reads what is at a place. What is not there is no error.
func (w *walk) open(ctx context.Context, f found) error {
	span, ok, err := w.span(f.src.topic, f.at.Partition)
	if err != nil {
		return w.unread(ctx, f.at, err)
	}
	if why := outside(f.at, span, ok); why != "" {
		gone(f.at, why)
		return nil
	}
	ms, err := w.some(f, span)
	if err != nil && len(ms) == 0 {
		return w.unread(ctx, f.at, err)
	}
	if len(ms) == 0 {
		gone(f.at, "it is not there any more: a later record has its key, or it was deleted")
		return nil
	}
	w.seen[f.at.Provenance] = f.at
	if f.at.Range() {
		return w.showRange(ctx, f, ms, span)
	}
	return w.show(ctx, f, ms[0])
}

// some reads the record of a place; of a range the first ones, or, if not all of
// them count, the first and the last, which do.
func (w *walk) some(f found, span weir.Span) ([]weir.Message, error) {
	of := spot{f.src.topic, f.at.Partition}
	from, last := max(f.at.Offset, span.Start), max(f.at.Last, f.at.Offset)
	if !f.at.Range() {
		return w.fetch(of, from, last, 1)
	}
	if whole(f.at) {
		return w.fetch(of, from, last, min(ofRange, traceRecords-w.out.Read))
	}
	var first []weir.Message
	var err error
	if from == f.at.Offset {
		if first, err = w.fetch(of, from, from, 1); err != nil || w.out.Read+len(first) >= traceRecords {
			return first, err
		}
	}
	end, err := w.fetch(of, last, last, 1)
	return append(slices.Clone(first), end...), err
}

// whole reports whether every record of a range counts.
func whole(at *Place) bool { return at.Count == at.Last-at.Offset+1 }

// outside says why a place is in no partition; empty: it is in one.
func outside(at *Place, span weir.Span, ok bool) string {
	switch {
	case !ok:
		return "there is no such partition"
	case at.Offset >= span.End:
		return "the next record that comes has offset " + strconv.FormatInt(span.End, 10)
	case max(at.Last, at.Offset) < span.Start:
		return "it was deleted, as the retention says; the first that is left has offset " + strconv.FormatInt(span.Start, 10)
	}
	return ""
}

func gone(at *Place, why string) { at.State, at.Why = PlaceGone, why }

// unread says that the cluster was in the way; what else goes wrong ends the
// trace.
func (w *walk) unread(ctx context.Context, at *Place, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case w.reading.Err() != nil:
		w.leave(at, BoundTime)
	case weir.KindOf(err) == weir.Unavailable, weir.KindOf(err) == weir.NotFound:
		at.State, at.Why = PlaceUnread, public(err)
	default:
		return err
	}
	return nil
}

// showRange shows some records of a range.
func (w *walk) showRange(ctx context.Context, f found, ms []weir.Message, span weir.Span) error {
	at := f.at
	at.State = PlaceRange
	if !whole(at) {
		at.Why = fmt.Sprintf("%d of its %d offsets count: the first, the last, and between them it is not on record which", at.Count, at.Last-at.Offset+1)
	}
	if lost := span.Start - at.Offset; lost > 0 {
		at.Why = join(at.Why, fmt.Sprintf("the first %d of its offsets were deleted, as the retention says", lost))
	}
	for _, m := range ms {
		one := &Place{Provenance: weir.Provenance{Topic: at.Topic, Partition: at.Partition, Offset: m.Offset}, Of: at.Of}
		at.Records = append(at.Records, one)
		w.places++
		if first, ok := w.seen[one.Provenance]; ok {
			repeat(one, first)
			continue
		}
		w.seen[one.Provenance] = one
		if err := w.show(ctx, found{step{one, f.depth}, f.of, f.src}, m); err != nil {
			return err
		}
	}
	return nil
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// show puts a record at its place, and the places that it names into the queue.
func (w *walk) show(ctx context.Context, f found, m weir.Message) error {
	at, find := f.at, w.decoders.of(ctx, w.person)
	at.State, at.Time = PlaceRead, m.Time
	at.Key, at.Value = record.Decode(f.src.key, m.Key, find).JSON, record.Decode(f.src.value, m.Value, find).JSON
	size := len(at.Key) + len(at.Value)
	w.out.Read++
	w.bytes += size
	w.meter(f, int64(size))
	w.named(f, m.Headers)
	if f.of.query == nil {
		if len(at.From) > 0 {
			at.Why = "no query makes it now: what it was made of is what its headers say"
		}
	} else if f.of.known {
		mk := w.maker(ctx, f.of.query)
		at.Made.Query, at.Made.Standing = mk.Name, standing(at.Made.Plan, mk.Fingerprint)
	}
	return ctx.Err()
}

func standing(was, now string) Standing {
	switch {
	case was == "" || now == "":
		return Unknown
	case was == now:
		return Current
	}
	return Another
}

// named takes what the headers of a record say of how it was made.
func (w *walk) named(f found, headers []weir.Header) {
	at := f.at
	for _, h := range headers {
		switch v := string(h.Value); h.Key {
		case weir.HeaderFrom:
			w.from(f, v)
		case weir.HeaderFromMore:
			if n, err := strconv.ParseInt(v, 10, 64); err == nil && n > 0 {
				at.More = n
			}
		case weir.HeaderPlan:
			at.Made.Plan = clip(v)
		case weir.HeaderFailed:
			at.Made.Failed = v
		case weir.HeaderStep:
			at.Made.Step = clip(v)
		}
	}
}

// from adds a place that a record names.
func (w *walk) from(f found, header string) {
	if len(f.at.From) >= weir.MaxProvenance || w.places >= tracePlaces {
		w.out.LeftOut[BoundPlaces]++
		return
	}
	p, err := weir.ParseProvenance(header)
	at := &Place{Provenance: p}
	f.at.From = append(f.at.From, at)
	w.places++
	if err != nil {
		at.State, at.Why = PlaceUnread, public(err)
		return
	}
	w.queue = append(w.queue, step{at, f.depth + 1})
}

// meter counts that the person got a record.
func (w *walk) meter(f found, size int64) {
	if w.r.cfg.Meter == nil {
		return
	}
	w.r.cfg.Meter.Add(weir.Passage{
		Who: w.person.Ref, Of: weir.Ref{Noun: f.of.ref.Noun, UID: f.src.uid, Name: f.of.ref.Name},
		Direction: weir.Reading, How: weir.ByHTTP, Library: w.library,
	}, 1, size)
}

// public is an error as people are told of it.
func public(err error) string {
	var e *weir.Error
	if errors.As(err, &e) && e.Kind != weir.Internal {
		return e.Public()
	}
	return weir.KindOf(err).String()
}
