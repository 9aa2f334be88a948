package measure

import (
	"time"

	"github.com/weirmesh/weir"
)

// maxPaces bounds how many products and streams have a pace; one is 700 bytes.
const maxPaces = 10_000

// The rings of a pace: twelve steps of five seconds, sixty minutes, and the one
// that runs.
const (
	step    = 5 * time.Second
	steps   = 12
	minutes = 60
)

// pace is how many records of one product were written lately.
type pace struct {
	steps   ring[[steps + 1]int64]
	minutes ring[[minutes + 1]int64]
}

// ring counts in the last buckets of time; at is the number of the newest.
type ring[A [steps + 1]int64 | [minutes + 1]int64] struct {
	at     int64
	counts A
}

// move makes a bucket the newest: those between are empty.
func (r *ring[A]) move(to int64) {
	n := int64(len(r.counts))
	for i := max(r.at+1, to-n+1); i <= to; i++ {
		r.counts[i%n] = 0
	}
	r.at = max(r.at, to)
}

func (r *ring[A]) add(bucket, n int64) {
	r.move(bucket)
	r.counts[r.at%int64(len(r.counts))] += n
}

// before gives the buckets from one on to, not including, the newest.
func (r *ring[A]) before(from int64) []int64 {
	n := int64(len(r.counts))
	var out []int64
	for i := max(from, r.at-n+1); i < r.at; i++ {
		out = append(out, r.counts[i%n])
	}
	return out
}

func bucketOf(at time.Time, width time.Duration) int64 { return at.UnixNano() / int64(width) }

// paces are those of all products. Their user locks them.
type paces struct {
	since time.Time
	by    map[weir.UID]*pace
	full  bool
}

func newPaces(since time.Time) *paces { return &paces{since: since, by: map[weir.UID]*pace{}} }

func (ps *paces) add(of weir.UID, records int64, at time.Time) {
	p := ps.by[of]
	if p == nil {
		if len(ps.by) >= maxPaces && !ps.forget(at) {
			ps.full = true
			return
		}
		p = new(pace)
		ps.by[of] = p
	}
	p.steps.add(bucketOf(at, step), records)
	p.minutes.add(bucketOf(at, time.Minute), records)
}

// forget drops those that nobody wrote for an hour; it reports whether there
// was one.
func (ps *paces) forget(at time.Time) bool {
	before := len(ps.by)
	for of, p := range ps.by {
		if p.minutes.at < bucketOf(at, time.Minute)-minutes {
			delete(ps.by, of)
		}
	}
	return len(ps.by) < before
}

// of is the pace of one product at a moment.
func (ps *paces) of(of weir.UID, at time.Time) weir.Pace {
	p := ps.by[of]
	if p == nil && ps.full {
		return weir.Pace{}
	}
	if p == nil {
		p = new(pace)
	}
	now := *p
	now.steps.move(bucketOf(at, step))
	now.minutes.move(bucketOf(at, time.Minute))
	out := weir.Pace{
		Over:    at.Sub(ps.since),
		Minutes: now.minutes.before(bucketOf(ps.since, time.Minute) + 1),
		Until:   at.Truncate(time.Minute).UTC(),
	}
	// The whole steps of the last minute, and what the running one has.
	oldest := now.steps.at - steps + 1
	for _, n := range now.steps.before(oldest) {
		out.Records += n
	}
	out.Records += now.steps.counts[now.steps.at%(steps+1)]
	begin := time.Unix(0, oldest*int64(step))
	out.Over = max(0, min(out.Over, at.Sub(begin)))
	return out
}
