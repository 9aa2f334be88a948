package memconn

const (
	smallest = 4 << 10 // a ring's first size
	patience = 64      // drains that needed little before a big ring is given back
)

// ring is a queue of bytes whose storage doubles up to Buffer as it fills, and
// is given back when it was too large for a while.
type ring struct {
	buf   []byte
	at, n int // the first byte, how many there are
	peak  int // the most bytes since it was last empty
	small int // how often in a row it got empty with a small peak
}

// put stores as much of p as fits and reports how much that was.
func (r *ring) put(p []byte) int {
	r.grow(r.n + len(p))
	end := (r.at + r.n) % max(1, len(r.buf))
	done := 0
	for done < len(p) && r.n < len(r.buf) {
		room := r.buf[end:min(len(r.buf), end+len(r.buf)-r.n)]
		k := copy(room, p[done:])
		done, r.n, end = done+k, r.n+k, (end+k)%len(r.buf)
	}
	r.peak = max(r.peak, r.n)
	return done
}

// take moves up to len(p) bytes out.
func (r *ring) take(p []byte) int {
	done := 0
	for done < len(p) && r.n > 0 {
		k := copy(p[done:], r.buf[r.at:min(len(r.buf), r.at+r.n)])
		done, r.n, r.at = done+k, r.n-k, (r.at+k)%len(r.buf)
	}
	if r.n == 0 {
		r.drained()
	}
	return done
}

// grow makes the storage hold want bytes, or Buffer.
func (r *ring) grow(want int) {
	size := max(smallest, len(r.buf))
	for size < want && size < Buffer {
		size *= 2
	}
	if want == 0 || size == len(r.buf) {
		return
	}
	larger := make([]byte, size)
	n := copy(larger, r.buf[r.at:min(len(r.buf), r.at+r.n)])
	copy(larger[n:], r.buf[:r.n-n])
	r.buf, r.at = larger, 0
}

// drained resets an empty ring, so that the next bytes lie in one piece, and
// gives back storage that nobody needs.
func (r *ring) drained() {
	if r.peak*4 <= len(r.buf) && len(r.buf) > smallest {
		r.small++
	} else {
		r.small = 0
	}
	r.at, r.peak = 0, 0
	if r.small >= patience {
		*r = ring{}
	}
}
