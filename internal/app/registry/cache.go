package registry

import (
	"container/list"
	"sync"
)

// cache keeps what was used last, up to a number of bytes. What it holds never
// changes, so it may be forgotten and asked for again. Any goroutine may use it.
type cache[K comparable, V any] struct {
	room int // bytes
	mu   sync.Mutex
	used int
	all  map[K]*list.Element
	last *list.List // the one used last is in front
}

type cached[K comparable, V any] struct {
	key   K
	value V
	bytes int
}

func newCache[K comparable, V any](room int) *cache[K, V] {
	return &cache[K, V]{room: room, all: map[K]*list.Element{}, last: list.New()}
}

// get finds what is kept.
func (c *cache[K, V]) get(k K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.all[k]
	if !ok {
		var none V
		return none, false
	}
	c.last.MoveToFront(e)
	return e.Value.(*cached[K, V]).value, true
}

// put keeps a value of so many bytes; what is larger than the room is not kept.
func (c *cache[K, V]) put(k K, v V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.all[k]; ok || bytes > c.room {
		return
	}
	c.all[k] = c.last.PushFront(&cached[K, V]{k, v, bytes})
	for c.used += bytes; c.used > c.room; {
		oldest := c.last.Back()
		was := c.last.Remove(oldest).(*cached[K, V])
		delete(c.all, was.key)
		c.used -= was.bytes
	}
}
