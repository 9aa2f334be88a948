package lineage

import (
	"slices"

	"github.com/weirmesh/weir"
)

// Traffic is what was counted in a time, by who and what. It never changes.
type Traffic struct {
	by    map[weir.UID][]*flow
	count int
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
	t := &Traffic{by: make(map[weir.UID][]*flow, len(counted))}
	type key struct {
		of, who   weir.UID
		direction weir.Direction
	}
	all := make(map[key]*flow, len(counted))
	for _, u := range counted {
		k := key{u.Of.UID, u.Who.UID, u.Direction}
		f, ok := all[k]
		if !ok {
			f = &flow{of: u.Of, who: u.Who, direction: u.Direction, index: t.count, Evidence: Evidence{How: ByTraffic, What: Reads, First: u.First}}
			if u.Direction == weir.Writing {
				f.What = Writes
			}
			all[k] = f
			t.count++
			t.by[k.of] = append(t.by[k.of], f)
			if !k.who.IsZero() {
				t.by[k.who] = append(t.by[k.who], f)
			}
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
	return t.count
}

// of is what was counted of a thing, or of a party.
func (t *Traffic) of(u weir.UID) []*flow {
	if t == nil {
		return nil
	}
	return t.by[u]
}
