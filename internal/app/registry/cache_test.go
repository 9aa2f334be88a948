package registry

import "testing"

// TestCacheIsBounded: it holds no more than its room, and forgets first what was
// not used for longest.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache[int, string](10)
	c.put(1, "one", 4)
	c.put(2, "two", 4)
	c.get(1)
	c.put(3, "three", 4)
	c.put(4, "too large", 11)
	for k, want := range map[int]bool{1: true, 2: false, 3: true, 4: false} {
		if _, ok := c.get(k); ok != want {
			t.Errorf("%d is kept: %v", k, ok)
		}
	}
	if c.used != 8 || len(c.all) != 2 || c.last.Len() != 2 {
		t.Errorf("%d bytes, %d keys, %d values", c.used, len(c.all), c.last.Len())
	}
}
