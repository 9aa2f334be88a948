package usage

import (
	"context"
	"sync"
	"time"
)

// maxCached bounds how many answers a cache keeps.
const maxCached = 500

// cache keeps answers for a moment; who asks while one is found waits for it.
// What could not be found is not kept.
type cache[K comparable, V any] struct {
	fresh time.Duration
	now   func() time.Time
	mu    sync.Mutex
	by    map[K]*answer[V]
}

type answer[V any] struct {
	mu    sync.Mutex // held while it is found
	at    time.Time
	value V
}

func newCache[K comparable, V any](fresh time.Duration, now func() time.Time) *cache[K, V] {
	return &cache[K, V]{fresh: fresh, now: now, by: map[K]*answer[V]{}}
}

func (c *cache[K, V]) get(ctx context.Context, k K, find func(context.Context) (V, error)) (V, error) {
	c.mu.Lock()
	a, ok := c.by[k]
	if !ok {
		if len(c.by) >= maxCached {
			clear(c.by)
		}
		a = new(answer[V])
		c.by[k] = a
	}
	c.mu.Unlock()
	a.mu.Lock()
	defer a.mu.Unlock()
	if age := c.now().Sub(a.at); age >= 0 && age < c.fresh {
		return a.value, nil
	}
	v, err := find(ctx)
	if err == nil {
		a.at, a.value = c.now(), v
	}
	return v, err
}
