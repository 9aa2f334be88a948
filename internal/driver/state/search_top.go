package state

import (
	"container/heap"
	"slices"
)

// scored is a document with what it is worth.
type scored struct {
	id    int
	score float64
}

// top keeps the first n of what it is offered, of an order in which no two are
// the same.
type top struct {
	n      int
	before func(a, b scored) bool
	kept   []scored // a heap, the last of the order first
}

func (t *top) offer(s scored) {
	switch {
	case len(t.kept) < t.n:
		heap.Push(t, s)
	case t.n > 0 && t.before(s, t.kept[0]):
		t.kept[0] = s
		heap.Fix(t, 0)
	}
}

// ids are those that were kept, in order.
func (t *top) ids() []int {
	slices.SortFunc(t.kept, func(a, b scored) int {
		if t.before(a, b) {
			return -1
		}
		return 1
	})
	ids := make([]int, len(t.kept))
	for i, s := range t.kept {
		ids[i] = s.id
	}
	return ids
}

func (t *top) Len() int           { return len(t.kept) }
func (t *top) Less(i, j int) bool { return t.before(t.kept[j], t.kept[i]) }
func (t *top) Swap(i, j int)      { t.kept[i], t.kept[j] = t.kept[j], t.kept[i] }

// Push adds to the heap.
func (t *top) Push(x any) { t.kept = append(t.kept, x.(scored)) }

// Pop takes from the heap.
func (t *top) Pop() any {
	last := t.kept[len(t.kept)-1]
	t.kept = t.kept[:len(t.kept)-1]
	return last
}
