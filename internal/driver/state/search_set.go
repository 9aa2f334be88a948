package state

import (
	"math/bits"
	"slices"
)

// set is a set of documents by their numbers. nil is empty.
type set []uint64

func newSet(n int) set { return make(set, n/64+1) }

func (s set) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s set) has(i int) bool { return i/64 < len(s) && s[i/64]&(1<<(i%64)) != 0 }

func (s set) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s set) each(fn func(int)) {
	for i, w := range s {
		for w != 0 {
			fn(i*64 + bits.TrailingZeros64(w))
			w &= w - 1
		}
	}
}

// docs is a set that does not change: a few documents by their numbers, in order,
// since most words are in few; many as bits. The zero one is empty.
type docs struct {
	few  []uint32
	many set
}

// newDocs makes one of numbers, of so many documents in all.
func newDocs(ids []uint32, all int) docs {
	if len(ids)*32 < all {
		slices.Sort(ids)
		return docs{few: slices.Clip(slices.Compact(ids))}
	}
	d := docs{many: newSet(all)}
	for _, id := range ids {
		d.many.add(int(id))
	}
	return d
}

func (d docs) each(fn func(int)) {
	for _, id := range d.few {
		fn(int(id))
	}
	d.many.each(fn)
}

func (d docs) has(i int) bool {
	if d.many != nil {
		return d.many.has(i)
	}
	_, ok := slices.BinarySearch(d.few, uint32(i))
	return ok
}

func (d docs) bytes() int { return len(d.few)*4 + len(d.many)*8 }

// and keeps what is in d too.
func (s set) and(d docs) {
	if d.many == nil {
		kept := newSet(len(s) * 64)
		d.each(func(i int) {
			if s.has(i) {
				kept.add(i)
			}
		})
		copy(s, kept)
		return
	}
	for i := range s {
		if i < len(d.many) {
			s[i] &= d.many[i]
		} else {
			s[i] = 0
		}
	}
}

// without drops what is in d.
func (s set) without(d docs) {
	d.each(func(i int) {
		if i/64 < len(s) {
			s[i/64] &^= 1 << (i % 64)
		}
	})
}

// common is how many are in both.
func (s set) common(d docs) int {
	n := 0
	for _, id := range d.few {
		if s.has(int(id)) {
			n++
		}
	}
	for i := range min(len(s), len(d.many)) {
		n += bits.OnesCount64(s[i] & d.many[i])
	}
	return n
}
