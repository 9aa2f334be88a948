package access

import "encoding/binary"

// Bounds that tests count to.
const (
	MaxMemos = maxMemos
	MemoLife = memoLife
)

// Remember keeps n pairs that never were, and gives how many are kept then.
func (p *Passwords) Remember(n int) int {
	for i := range n {
		var key [32]byte
		binary.BigEndian.PutUint64(key[:], uint64(i))
		p.keep(key, &memo{good: true, until: p.now().Add(memoLife)})
	}
	return len(p.known)
}
