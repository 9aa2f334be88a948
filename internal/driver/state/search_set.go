package state

import "math/bits"

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

// and keeps what is in another of the same length too.
func (s set) and(o set) {
	for i := range s {
		s[i] &= o[i]
	}
}

// without drops what is in another of the same length.
func (s set) without(o set) {
	for i := range s {
		s[i] &^= o[i]
	}
}

// common is how many are in both.
func (s set) common(o set) int {
	n := 0
	for i := range s {
		n += bits.OnesCount64(s[i] & o[i])
	}
	return n
}
