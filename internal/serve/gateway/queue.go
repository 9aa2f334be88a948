package gateway

import (
	"sync"
	"time"
)

// queue holds the requests that wait for their answer, in the order of the
// client. Whoever finds it empty may write to the client: the goroutine of
// requests only then, with the lock held; the goroutine of answers as long as
// it is not.
type queue struct {
	slots chan struct{} // one token for each request under way

	mu    sync.Mutex
	items []*exchange
}

// head is the oldest request, nil if none waits.
func (q *queue) head() *exchange {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil
	}
	return q.items[0]
}

// push adds a request, unless it has its answer already and is the oldest:
// then write is called.
func (q *queue) push(x *exchange, write func(*exchange) error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if x.local == nil || len(q.items) > 0 {
		q.items = append(q.items, x)
		return nil
	}
	defer func() { <-q.slots }()
	return write(x)
}

// pop removes the oldest, which was answered, calls write for those after it
// that have their answer already, and flush while the turn is still its own.
func (q *queue) pop(write func(*exchange) error, flush func() error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		q.items[0] = nil
		q.items = q.items[1:]
		<-q.slots
		if len(q.items) == 0 || q.items[0].local == nil {
			return flush()
		}
		if err := write(q.items[0]); err != nil {
			return err
		}
	}
}

// waitEmpty waits until nothing is under way, or the time is over.
func (q *queue) waitEmpty(within time.Duration) {
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	for range cap(q.slots) {
		select {
		case q.slots <- struct{}{}:
		case <-timeout.C:
			return
		}
	}
}
