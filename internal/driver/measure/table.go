package measure

import (
	"time"

	"github.com/weirmesh/weir"
)

// Bounds of what is held in memory.
const (
	maxLive      = 50_000 // passages of one hour, and counts that wait to be flushed
	maxLibraries = 16     // client libraries of one application in an hour
)

// key is a passage without its names.
type key struct {
	who, of   weir.UID
	direction weir.Direction
	how       weir.Evidence
	library   weir.Library
}

// slot is a passage in one hour.
type slot struct {
	key
	hour int64
}

// tally is what was counted of a slot.
type tally struct {
	records, bytes int64
	first, last    int64 // milliseconds
	who, of        weir.Ref
}

func (t *tally) add(o tally) {
	t.records += o.records
	t.bytes += o.bytes
	t.first, t.last = min(t.first, o.first), max(t.last, o.last)
}

// table holds what was counted since the last flush. Its user locks it.
type table struct {
	waiting map[slot]*tally

	// of the running hour, to bound how many different ones there are
	hour      int64
	live      map[key]struct{}
	libraries map[weir.UID]map[weir.Library]struct{}
}

func newTable() *table {
	t := &table{waiting: map[slot]*tally{}}
	t.turn(0)
	return t
}

// turn begins an hour.
func (t *table) turn(hour int64) {
	t.hour = hour
	t.live = map[key]struct{}{}
	t.libraries = map[weir.UID]map[weir.Library]struct{}{}
}

func hourOf(at time.Time) int64 { return at.Unix() / 3600 }

// add counts a passage at a moment.
func (t *table) add(p weir.Passage, records, bytes int64, at time.Time) {
	hour := hourOf(at)
	if hour != t.hour {
		t.turn(hour)
	}
	k := t.bounded(key{p.Who.UID, p.Of.UID, p.Direction, p.How, p.Library})
	ms := at.UnixMilli()
	t.put(slot{k, hour}, tally{records, bytes, ms, ms, p.Who, p.Of})
}

// put adds to what waits. When too much waits, it is one of others.
func (t *table) put(s slot, c tally) {
	if have, ok := t.waiting[s]; ok {
		have.add(c)
		return
	}
	if len(t.waiting) >= maxLive && !s.who.IsZero() {
		s.key = s.others()
		t.put(s, c)
		return
	}
	if s.who.IsZero() {
		c.who = weir.Ref{}
	}
	t.waiting[s] = &c
}

// others is the passage that takes what is too small, or too much, to be told
// apart.
func (k key) others() key {
	return key{of: k.of, direction: k.direction, how: k.how}
}

// bounded is the passage itself, or one that there is already when there are
// too many.
func (t *table) bounded(k key) key {
	if _, ok := t.live[k]; ok {
		return k
	}
	own := t.libraries[k.who]
	if own == nil {
		own = map[weir.Library]struct{}{}
		t.libraries[k.who] = own
	}
	if _, ok := own[k.library]; !ok && len(own) >= maxLibraries {
		k.library = weir.Library{Name: moreLibraries}
	} else {
		own[k.library] = struct{}{}
	}
	if _, ok := t.live[k]; !ok && len(t.live) >= maxLive {
		return k.others()
	}
	t.live[k] = struct{}{}
	return k
}

// moreLibraries stands for the libraries of an application that has too many.
const moreLibraries = "others"

// take gives what waits, and waits for new counts.
func (t *table) take() map[slot]*tally {
	taken := t.waiting
	t.waiting = map[slot]*tally{}
	return taken
}

// back takes counts in that could not be written.
func (t *table) back(counts map[slot]*tally) {
	for s, c := range counts {
		t.put(s, *c)
	}
}
