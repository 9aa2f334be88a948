package gateway

import (
	"sync"
	"time"
)

// budget bounds the bytes of large frames that are held at a time. Who wants
// more than all of it gets it when nobody else has any.
type budget struct {
	mu     sync.Mutex
	total  int64
	used   int64
	waiter chan struct{} // closed when bytes came back
}

func newBudget(total int64) *budget { return &budget{total: total, waiter: make(chan struct{})} }

// take waits for n bytes; false after the time is over, or when done is closed.
func (b *budget) take(n int64, within time.Duration, done <-chan struct{}) bool {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	for {
		b.mu.Lock()
		if b.used == 0 || b.used+n <= b.total {
			b.used += n
			b.mu.Unlock()
			return true
		}
		wait := b.waiter
		b.mu.Unlock()
		select {
		case <-wait:
		case <-done:
			return false
		case <-timeout.C:
			return false
		}
	}
}

func (b *budget) give(n int64) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	close(b.waiter)
	b.waiter = make(chan struct{})
}
