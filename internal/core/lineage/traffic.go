package lineage

import (
	"slices"

	"github.com/weirmesh/weir"
)

// Traffic is what was counted in a time, by who and what. It never changes.
type Traffic struct {
	all []*flow // by index
}

// flow is all that one party moved one way of one thing.
type flow struct {
	of, who   weir.Ref
	direction weir.Direction
	index     int
	Evidence
}

// NewTraffic adds counts up.
func NewTraffic(counted []weir.Usage) *Traffic {
	t := &Traffic{}
	type key struct {
		of, who   weir.UID
		direction weir.Direction
	}
	all := make(map[key]*flow, len(counted))
	for _, u := range counted {
		k := key{u.Of.UID, u.Who.UID, u.Direction}
		f, ok := all[k]
		if !ok {
			f = &flow{of: u.Of, who: u.Who, direction: u.Direction, index: len(t.all), Evidence: Evidence{How: ByTraffic, What: Reads, First: u.First}}
			if u.Direction == weir.Writing {
				f.What = Writes
			}
			all[k] = f
			t.all = append(t.all, f)
		}
		f.add(u)
	}
	return t
}

func (f *flow) add(u weir.Usage) {
	f.Records, f.Bytes = f.Records+u.Records, f.Bytes+u.Bytes
	if u.First.Before(f.First) {
		f.First = u.First
	}
	if u.Last.After(f.Last) {
		f.Last = u.Last
	}
	if !slices.Contains(f.Counted, u.How) {
		f.Counted = append(f.Counted, u.How)
	}
}

// flows is how many there are.
func (t *Traffic) flows() int {
	if t == nil {
		return 0
	}
	return len(t.all)
}
