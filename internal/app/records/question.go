package records

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/filter"
)

// Question is what somebody wants to read.
type Question struct {
	// From is where to begin: earliest, latest, a time (RFC 3339), how long ago
	// (2h), a position (0:120,1:77: these partitions alone), or -N for N
	// records before the end of each partition. Empty is earliest, or latest
	// if the stream is followed.
	From string
	// Until is where to end, not included, in the same forms; empty is the end
	// as it is when the question is asked.
	Until string
	// Newest is how many of the newest records before Until are wanted, of all
	// partitions together, the oldest of them first; 0 is from From on. It has
	// no From, Where, Limit or Follow beside it; After goes on as without it.
	Newest int
	// Limit is how many rows there are at most; 0 is no limit.
	Limit int64
	// Fields are the paths of a value that are wanted, with commas between;
	// empty is all of it.
	Fields string
	// Where is a condition in CEL; empty holds for every record.
	Where string
	// Follow goes on at the end and waits for records to come.
	Follow bool
	// Raw adds the bytes of key and value as they stand in the record.
	Raw bool
	// Library is what the reader reads with, for who counts.
	Library weir.Library
	// After is the position that an earlier answer ended with. It wins over
	// From.
	After string
}

// asked is a question that was understood.
type asked struct {
	from, until place
	newest      int
	limit       int64
	fields      filter.Fields
	where       *filter.Filter
	follow, raw bool
}

func (q Question) understand(now time.Time) (a asked, err error) {
	a.limit, a.follow, a.raw = q.Limit, q.Follow, q.Raw
	if q.Limit < 0 {
		return a, weir.Errorf(weir.Invalid, "a limit of %d", q.Limit).At("limit").WithFix("use a positive one, or none")
	}
	if q.Follow && q.Until != "" {
		return a, weir.Errorf(weir.Invalid, "a stream that is followed has no end").At("until").WithFix("leave out until or follow; limit ends a stream too")
	}
	if err := q.newest(); err != nil {
		return a, err
	}
	if q.After == "" {
		a.newest = q.Newest
	}
	otherwise := earliest
	if q.Follow {
		otherwise = latest
	}
	if q.After != "" {
		a.from, err = parsePosition(q.After, "Last-Event-ID")
	} else {
		a.from, err = parsePlace(q.From, "from", otherwise, now)
	}
	if err != nil {
		return a, err
	}
	if a.until, err = parsePlace(q.Until, "until", latest, now); err != nil {
		return a, err
	}
	if a.fields, err = filter.ParseFields(q.Fields); err != nil {
		return a, err
	}
	if q.Where != "" {
		a.where, err = filter.Compile(q.Where)
	}
	return a, err
}

// newest refuses what cannot be asked together with the newest records.
func (q Question) newest() error {
	if q.Newest < 0 || q.Newest > MaxNewest {
		return weir.Errorf(weir.Invalid, "the newest %d records", q.Newest).At("newest").WithFix("use 1 to %d, or say where to begin: from=earliest", MaxNewest)
	}
	if q.Newest > 0 && (q.From != "" || q.Where != "" || q.Limit != 0 || q.Follow) {
		return weir.Errorf(weir.Invalid, "the newest records say where to begin themselves").At("newest").WithFix("leave out newest, or from, where, limit and follow; until may stand beside it")
	}
	return nil
}

// bounds are where each partition is read, as far as it can be.
type bounds struct {
	spans       map[int32]weir.Span
	from, until map[int32]int64
	others      bool // partitions that come later are read too
}

// bounds asks the cluster where a question's places are.
func (r *Records) bounds(ctx context.Context, topic string, a asked) (bounds, error) {
	spans, err := r.cfg.Reader.Spans(ctx, topic)
	if err != nil {
		return bounds{}, err
	}
	b := bounds{spans: spans}
	if b.from, err = r.offsets(ctx, topic, spans, a.from, false); err != nil {
		return b, err
	}
	b.until, err = r.offsets(ctx, topic, spans, a.until, true)
	b.others = a.from.position == nil || a.from.position.Others
	return b, err
}

// offsets finds a place in each partition that it means, within what is there.
func (r *Records) offsets(ctx context.Context, topic string, spans map[int32]weir.Span, at place, end bool) (map[int32]int64, error) {
	var found map[int32]int64
	if !at.at.IsZero() {
		var err error
		if found, err = r.cfg.Reader.OffsetsAt(ctx, topic, at.at); err != nil {
			return nil, err
		}
	}
	out := map[int32]int64{}
	for n, s := range spans {
		o := s.End
		switch {
		case at.position != nil:
			said, ok := at.position.Offsets[n]
			switch {
			case ok:
				o = said
			case !end && at.position.Others:
				o = s.Start
			case !end:
				continue
			}
		case found != nil:
			if o = s.End; found[n] >= 0 {
				if f, ok := found[n]; ok {
					o = f
				}
			}
		case at.back > 0:
			o = s.End - at.back
		case at.word == earliest:
			o = s.Start
		}
		out[n] = min(max(o, s.Start), s.End)
	}
	return out, nil
}
