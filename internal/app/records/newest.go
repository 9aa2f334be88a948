package records

import (
	"context"
	"maps"
	"slices"

	"github.com/weirmesh/weir"
)

// Bounds of a search for the newest records.
const (
	MaxNewest   = 10_000
	newestFirst = 128 // offsets of a partition that are read first, at most
	newestGrow  = 4   // times as far back, where it was not far enough
)

// back finds the newest records of a topic: of all partitions together, by their
// times, where those of one partition stay in their order. It reads each
// partition backwards, piece by piece, and only as far as is needed.
type back struct {
	r     *Records
	topic string
	n     int
	until map[int32]int64
	start map[int32]int64
	from  map[int32]int64          // what was read begins here
	held  map[int32][]weir.Message // all that there is from there to until
	wide  map[int32]int64          // how far the next piece goes back
	bytes int
}

// newest gives the newest n records before some offsets, the oldest of them
// first, and the offsets that they begin at. They are fewer if there are no more,
// or if they are too large to be held or too slow to be found.
func (r *Records) newest(ctx context.Context, topic string, spans map[int32]weir.Span, until map[int32]int64, n int) ([]weir.Message, map[int32]int64, error) {
	b := back{r: r, topic: topic, n: n, until: until, start: map[int32]int64{}, from: maps.Clone(until), held: map[int32][]weir.Message{}, wide: map[int32]int64{}}
	share := int64(n/max(len(until), 1))*3/2 + 4
	for p := range until {
		b.start[p], b.wide[p] = spans[p].Start, min(share, int64(n), newestFirst)
	}
	within, cancel := context.WithTimeout(ctx, r.cfg.Limits.Scanning/4)
	defer cancel()
	for {
		picked, at, short := b.pick()
		if len(short) == 0 || 2*b.bytes > b.r.cfg.Limits.Held && len(picked) > 0 {
			return picked, at, nil
		}
		err := b.read(within, short)
		switch {
		case err == nil:
		case within.Err() == nil || ctx.Err() != nil:
			return nil, nil, err
		case len(picked) > 0:
			return picked, at, nil
		default:
			return nil, nil, weir.Errorf(weir.Unavailable, "the newest records of %s were not found in time", topic).WithFix("try again in a moment, or say where to begin, such as from=1h").Because(err)
		}
	}
}

// pick takes the newest from the ends of what is held. Short are the partitions
// of which more has to be read to be sure.
func (b *back) pick() (picked []weir.Message, at map[int32]int64, short []int32) {
	at = maps.Clone(b.until)
	left := map[int32]int{}
	for p, ms := range b.held {
		left[p] = len(ms)
	}
	for p := range b.until {
		if left[p] == 0 && b.from[p] > b.start[p] {
			short = append(short, p)
		}
	}
	for len(picked) < b.n && len(short) == 0 {
		p, ok := b.last(left)
		if !ok {
			at = maps.Clone(b.from)
			break
		}
		left[p]--
		m := b.held[p][left[p]]
		picked, at[p] = append(picked, m), m.Offset
		if left[p] == 0 && b.from[p] > b.start[p] && len(picked) < b.n {
			short = append(short, p)
		}
	}
	slices.Reverse(picked)
	return picked, at, short
}

// last is the partition whose last record that is left is the newest.
func (b *back) last(left map[int32]int) (found int32, ok bool) {
	var newest weir.Message
	for p, n := range left {
		if n == 0 {
			continue
		}
		m := b.held[p][n-1]
		if c := m.Time.Compare(newest.Time); !ok || c > 0 || c == 0 && p > found {
			found, newest, ok = p, m, true
		}
	}
	return found, ok
}

// read reads a piece more of some partitions, before what is held.
func (b *back) read(ctx context.Context, of []int32) error {
	more := piece{most: b.r.cfg.Limits.Held, from: map[int32]int64{}, got: map[int32][]weir.Message{}}
	for _, p := range of {
		more.from[p] = max(b.start[p], b.from[p]-b.wide[p])
	}
	tail, err := b.r.cfg.Reader.Tail(ctx, b.topic, maps.Clone(more.from))
	if err != nil {
		return err
	}
	defer tail.Close()
	for quiet := false; !quiet && !b.reached(tail, of); {
		var ms []weir.Message
		if ms, quiet, err = b.next(ctx, tail); err != nil {
			return err
		}
		for _, m := range ms {
			if m.Offset < b.from[m.Partition] {
				more.add(m)
			}
		}
	}
	b.take(more)
	return nil
}

// piece is what was read of some partitions in one go.
type piece struct {
	from  map[int32]int64
	got   map[int32][]weir.Message
	bytes int
	most  int // of bytes
}

// add adds a record, and lets go of the first ones of the partition when they
// are too many to hold.
func (c *piece) add(m weir.Message) {
	ms := append(c.got[m.Partition], m)
	for c.bytes += sizeOf(m); c.bytes > c.most && len(ms) > 1; ms = ms[1:] {
		c.bytes -= sizeOf(ms[0])
		c.from[m.Partition] = ms[0].Offset + 1
	}
	c.got[m.Partition] = ms
}

func sizeOf(m weir.Message) int { return len(m.Key) + len(m.Value) }

// next waits for records; quiet says that none came for a while.
func (b *back) next(ctx context.Context, tail weir.Tail) (ms []weir.Message, quiet bool, err error) {
	wait, cancel := context.WithTimeout(ctx, 2*b.r.cfg.Limits.Tick)
	defer cancel()
	ms, err = tail.Next(wait)
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		return nil, true, nil
	}
	return ms, false, err
}

// reached reports whether the tail is where what is held begins.
func (b *back) reached(tail weir.Tail, of []int32) bool {
	return !slices.ContainsFunc(of, func(p int32) bool { return tail.At(p) < b.from[p] })
}

// take holds a piece.
func (b *back) take(more piece) {
	for p, from := range more.from {
		b.held[p] = append(more.got[p], b.held[p]...)
		b.from[p] = from
		b.wide[p] *= newestGrow
	}
	b.bytes += more.bytes
}
