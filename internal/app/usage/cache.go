package usage

import (
	"context"
	"maps"
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

// many is a cache of answers that are found several at once. Two who ask at the
// same moment may both find them.
type many[K comparable, V any] struct {
	fresh time.Duration
	now   func() time.Time
	mu    sync.Mutex // held for moments
	by    map[K]kept[V]
}

type kept[V any] struct {
	at    time.Time
	value V
	known bool
}

func newMany[K comparable, V any](fresh time.Duration, now func() time.Time) *many[K, V] {
	return &many[K, V]{fresh: fresh, now: now, by: map[K]kept[V]{}}
}

// get gives what is known of all, and finds those that are not kept. Of what
// find leaves out nothing is known, and that is kept too.
func (m *many[K, V]) get(ctx context.Context, all []K, find func(context.Context, []K) (map[K]V, error)) (map[K]V, error) {
	out, missing := m.have(all)
	if len(missing) == 0 {
		return out, nil
	}
	found, err := find(ctx, missing)
	if err != nil {
		return out, err
	}
	maps.Copy(out, found)
	m.keep(missing, found)
	return out, nil
}

func (m *many[K, V]) have(all []K) (out map[K]V, missing []K) {
	out = map[K]V{}
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range all {
		one, ok := m.by[k]
		switch age := now.Sub(one.at); {
		case !ok || age < 0 || age >= m.fresh:
			missing = append(missing, k)
		case one.known:
			out[k] = one.value
		}
	}
	return out, missing
}

func (m *many[K, V]) keep(asked []K, found map[K]V) {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.by)+len(asked) > maxKept {
		clear(m.by)
	}
	for _, k := range asked {
		v, ok := found[k]
		m.by[k] = kept[V]{now, v, ok}
	}
}

// maxKept bounds how many answers one of many keeps; they are small.
const maxKept = 10_000
