package lineage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// bound is a graph with what was counted, put together so that a walk looks
// nothing up: it holds until either changes, and never changes itself.
type bound struct {
	version int
	traffic *Traffic
	rank    []int32     // by a vertex's index: its place by name and noun
	moves   [][2][]move // by a vertex's index: what it is read or wrote, or what it reads or writes
	// strangers were counted, and the graph was never told of them. Their indices
	// are behind those of the graph.
	strangers map[weir.UID]*vertex
}

// move is a flow with its ends.
type move struct {
	*flow
	thing *vertex // nil: the graph was never told of it
	who   *vertex // a query, if it acts as that application; nil: nobody knows who
}

// The directions of moves, as they are stored.
const (
	reads  = 0
	writes = 1
)

// bind gives the graph with what was counted. Several walks may make the same at
// once; each is right.
func (g *Graph) bind(t *Traffic) *bound {
	old := g.made.Load()
	if old != nil && old.version == g.version && old.traffic == t {
		return old
	}
	b := &bound{version: g.version, traffic: t, strangers: map[weir.UID]*vertex{}}
	if old != nil && old.version == g.version {
		b.rank = old.rank
	} else {
		b.rank = ranks(g.all)
	}
	b.moves = make([][2][]move, len(g.all))
	if t != nil {
		for _, f := range t.all {
			b.add(g, f)
		}
	}
	g.made.Store(b)
	return b
}

// ranks numbers things by name and noun; the same name and noun, the same number.
func ranks(all []*vertex) []int32 {
	order := func(a, b *vertex) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(string(a.Noun), string(b.Noun)))
	}
	sorted := slices.SortedFunc(slices.Values(all), order)
	out := make([]int32, len(all))
	n := int32(0)
	for i, v := range sorted {
		if i > 0 && order(sorted[i-1], v) != 0 {
			n++
		}
		out[v.index] = n
	}
	return out
}

// add puts a flow at both of its ends.
func (b *bound) add(g *Graph, f *flow) {
	m := move{flow: f, thing: g.nodes[f.of.UID]}
	way := reads
	if f.direction == weir.Writing {
		way = writes
	}
	if f.who.UID.IsZero() {
		b.at(m.thing, way, m)
		return
	}
	party := b.party(g, f.who)
	m.who = party
	if q := g.acting[f.who.UID]; q != nil {
		m.who = q
	}
	b.at(m.thing, way, m)
	b.at(party, way, m)
}

// at notes a flow at one of its ends, unless the graph does not have it.
func (b *bound) at(v *vertex, way int, m move) {
	if v != nil {
		b.moves[v.index][way] = append(b.moves[v.index][way], m)
	}
}

// party is who was counted.
func (b *bound) party(g *Graph, r weir.Ref) *vertex {
	if v := g.nodes[r.UID]; v != nil {
		return v
	}
	v := b.strangers[r.UID]
	if v == nil {
		v = &vertex{Thing: Thing{Ref: r, Gone: true}, index: len(b.moves)}
		b.strangers[r.UID] = v
		b.moves = append(b.moves, [2][]move{})
	}
	return v
}

// of is what was read of a thing or by somebody, or what was written.
func (b *bound) of(v *vertex, way int) []move { return b.moves[v.index][way] }

// ranked is the place of a thing among all by name and noun; -1: it has none.
func (b *bound) ranked(v *vertex) int32 {
	if v.index < len(b.rank) && v.Noun != weir.NounSchema { // which is named by its number
		return b.rank[v.index]
	}
	return -1
}
