package gateway

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// budget shares out the bytes of large frames that are held at a time.
//
// An application may hold twice what it leaves free: alone two thirds, each of
// two two fifths. So there is always something left for one that comes new, and
// who fills its share waits for itself only. Who wants more than that gets it
// when nobody holds anything.
//
// Whoever waits closes clients that hold bytes and are too slow (hold.slow).
type budget struct {
	total int64
	slow  time.Duration // Limits.SlowTime
	whole time.Duration // in which a client must move a frame anyway
	gauge *atomic.Int64

	mu      sync.Mutex
	used    int64
	apps    map[string]int64
	waiting map[string]int // frames that wait, by application
	holds   map[*hold]struct{}
	changed chan struct{} // closed when bytes came back, or one waits no longer
}

// hold is what one frame takes of a budget.
type hold struct {
	of   *budget
	app  string
	n    int64
	shut func(error) // ends the connection

	// While the client moves the frame: what it moved since the mark, which is
	// set anew when that was enough. Guarded by the budget's lock.
	moving bool
	moved  int64
	mark   time.Time
}

func newBudget(total int64, slow, whole time.Duration, gauge *atomic.Int64) *budget {
	return &budget{
		total: total, slow: slow, whole: whole, gauge: gauge,
		apps: map[string]int64{}, waiting: map[string]int{}, holds: map[*hold]struct{}{}, changed: make(chan struct{}),
	}
}

// take waits for n bytes; nil after the time is over, or when done is closed.
func (b *budget) take(app string, n int, shut func(error), done <-chan struct{}) *hold {
	h := &hold{of: b, app: app, n: int64(n), shut: shut}
	if _, ok := b.try(h); ok {
		return h
	}
	b.wait(app, 1)
	defer b.wait(app, -1)
	timeout, look := time.NewTimer(b.whole), time.NewTicker(b.slow/4+1)
	defer timeout.Stop()
	defer look.Stop()
	for {
		changed, ok := b.try(h)
		if ok {
			return h
		}
		select {
		case <-changed:
		case <-look.C:
			b.makeRoom(app)
		case <-done:
			return nil
		case <-timeout.C:
			return nil
		}
	}
}

// try takes the bytes if it can, or tells when to try again.
func (b *budget) try(h *hold) (<-chan struct{}, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	free := b.total - b.used - h.n
	if b.used > 0 && (free < 0 || b.apps[h.app]+h.n > 2*free) {
		return b.changed, false
	}
	b.used += h.n
	b.gauge.Store(b.used)
	b.apps[h.app] += h.n
	b.holds[h] = struct{}{}
	return nil, true
}

// give ends a hold; nil is none.
func (h *hold) give() {
	if h == nil {
		return
	}
	b := h.of
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= h.n
	b.gauge.Store(b.used)
	if b.apps[h.app] -= h.n; b.apps[h.app] == 0 {
		delete(b.apps, h.app)
	}
	delete(b.holds, h)
	b.signal()
}

// signal wakes who waits for a change; with the lock held.
func (b *budget) signal() {
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *budget) wait(app string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting[app] += n; b.waiting[app] == 0 {
		delete(b.waiting, app)
	}
	if n < 0 {
		b.signal()
	}
}

// mostWaiting is how many frames of an application may wait before it is held
// back from asking for more.
const mostWaiting = 8

// crowded tells when to look again whether the application may ask for more;
// nil if it may now.
func (b *budget) crowded(app string) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting[app] < mostWaiting {
		return nil
	}
	return b.changed
}

// makeRoom closes one client that is too slow: of the application that holds
// most, but of none that holds less than the one that waits.
func (b *budget) makeRoom(waits string) {
	if h := b.slowest(waits, time.Now()); h != nil {
		h.shut(refusef("too slow with %d bytes while others wait", h.n))
	}
}

func (b *budget) slowest(waits string, now time.Time) *hold {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found *hold
	for h := range b.holds {
		if !h.slow(now) || b.apps[h.app] < b.apps[waits] {
			continue
		}
		if found == nil || b.apps[h.app] > b.apps[found.app] || h.app == found.app && h.mark.Before(found.mark) {
			found = h
		}
	}
	if found != nil {
		found.moving = false // one that is being closed is not found again
	}
	return found
}

// slow reports whether the client moved less, in the budget's slow time, than
// would bring the frame to its end in the whole time.
func (h *hold) slow(now time.Time) bool { return h.moving && now.Sub(h.mark) > h.of.slow }

// begin says that the client's turn to move the frame begins, end that it is
// over; nil is no hold.
func (h *hold) begin() { h.turn(true) }
func (h *hold) end()   { h.turn(false) }

func (h *hold) turn(moving bool) {
	if h == nil {
		return
	}
	h.of.mu.Lock()
	defer h.of.mu.Unlock()
	h.moving, h.moved, h.mark = moving, 0, time.Now()
}

// move says that the client moved some bytes.
func (h *hold) move(n int) {
	if h == nil {
		return
	}
	h.of.mu.Lock()
	defer h.of.mu.Unlock()
	if h.moved += int64(n); h.moved >= h.n*int64(h.of.slow)/int64(h.of.whole) {
		h.moved, h.mark = 0, time.Now()
	}
}

// heldReader reads what a client moves of a frame that is held.
type heldReader struct {
	io.Reader
	*hold
}

func (r heldReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.move(n)
	return n, err
}

// piece is what is written to a client at a time, so that it is seen to move.
const piece = 64 << 10

// heldWriter writes to a client a frame that is held.
type heldWriter struct {
	io.Writer
	*hold
}

func (w heldWriter) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := w.Writer.Write(p[done:min(len(p), done+piece)])
		if done += n; err != nil {
			return done, err
		}
		w.move(n)
	}
	return done, nil
}
