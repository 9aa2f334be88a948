package lineage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// Walk draws what is up or down of a thing. It is false when there is no such
// thing.
func (g *Graph) Walk(q Question) (*Picture, bool) {
	start, ok := g.nodes[q.Of]
	if !ok {
		return nil, false
	}
	q.Most = cmp.Or(q.Most, MostNodes)
	b := g.bind(q.Traffic)
	w := &walk{g: g, q: q, bound: b, out: &Picture{}, edges: map[[2]*Node]*Edge{}, fields: map[fieldKey]bool{},
		nodes: make([]*Node, len(b.moves)), sight: make([]sight, len(b.moves)), drawn: make([]bool, g.arcs+q.Traffic.flows())}
	w.node(start, 0)
	for _, up := range []bool{true, false} {
		if up && q.Up || !up && q.Down {
			w.run(start, up)
		}
	}
	w.finish()
	return w.out, true
}

// walk is one picture being drawn.
type walk struct {
	g      *Graph
	q      Question
	bound  *bound
	out    *Picture
	nodes  []*Node // by a vertex's index
	count  int     // of them
	drawn  []bool  // by an edge's index, then by a flow's
	edges  map[[2]*Node]*Edge
	fields map[fieldKey]bool
	sight  []sight // by a vertex's index
	boxes  map[*Node]*Node
	order  int
	room   room

	up    bool
	queue []step
}

// step is a thing that was reached, by one of its fields, or as a whole.
type step struct {
	v     *vertex
	field string
	depth int
}

type fieldKey struct {
	query            *vertex
	from             *vertex
	fromField, field string
	direct           bool
}

// sight is what the viewer may see of a vertex: found once.
type sight struct{ asked, knows, watches bool }

func (w *walk) see(v *vertex) sight {
	s := &w.sight[v.index]
	if !s.asked {
		*s = sight{true, w.q.Viewer.Knows(v.Thing), w.q.Viewer.Watches(v.Thing)}
	}
	return *s
}

// run walks one way.
func (w *walk) run(start *vertex, up bool) {
	w.up, w.boxes, w.queue = up, map[*Node]*Node{}, w.queue[:0]
	for _, n := range w.out.Nodes {
		n.again()
	}
	w.push(step{start, w.q.Field, 0})
	for i := 0; i < len(w.queue); i++ {
		w.expand(w.queue[i])
	}
}

// again forgets by what a node was reached, for the other way. What it shows
// stays.
func (n *Node) again() {
	n.shown, n.Fields, n.many = append(n.shown, n.Fields...), nil, nil
	n.all, n.whole = n.all || n.whole, false
}

// push puts a thing into the queue, unless it was there, or is too far away.
func (w *walk) push(s step) bool {
	if w.q.Depth > 0 && s.depth > w.q.Depth {
		return false
	}
	n := w.node(s.v, s.depth)
	if n == nil {
		return false
	}
	if s.v.UID != w.q.Of || s.depth > 0 {
		n.Up, n.Down = n.Up || w.up, n.Down || !w.up
	}
	if !n.reach(s.field) {
		return true
	}
	if s.v.query != nil { // what it makes is as far away as it is itself
		w.expand(s)
	} else {
		w.queue = append(w.queue, s)
	}
	return true
}

// of is a vertex's node; nil if it is not in the picture.
func (w *walk) of(v *vertex) *Node { return w.nodes[v.index] }

// node is a vertex in the picture; nil if there is no room.
func (w *walk) node(v *vertex, depth int) *Node {
	if n := w.of(v); n != nil {
		return n
	}
	if w.count >= w.q.Most {
		w.out.LeftOut++
		return nil
	}
	n := w.room.node()
	n.Depth, n.order, n.rank = depth, w.order, w.bound.ranked(v)
	w.order++
	if w.see(v).knows {
		n.Thing, n.Query = v.Thing, v.query
		n.Domain, n.Team = w.owners(v)
	} else {
		n.Closed = true
	}
	w.nodes[v.index] = n
	w.count++
	w.out.Nodes = append(w.out.Nodes, n)
	return n
}

// owners names the domain and the team of a thing.
func (w *walk) owners(v *vertex) (domain, team string) {
	owner := v.Team
	if d := w.g.nodes[v.Domain]; d != nil && w.see(d).knows {
		domain, owner = d.Name, d.Team
	}
	if t := w.g.nodes[owner]; t != nil && w.see(t).knows {
		team = t.Name
	}
	return domain, team
}

// expand goes on from a thing.
func (w *walk) expand(s step) {
	switch {
	case s.v.query != nil:
		w.query(s)
		return
	case s.v.Noun == weir.NounApplication || s.v.Noun == weir.NounPerson:
		w.party(s)
		return
	}
	for _, a := range w.arcs(s.v) {
		next := w.end(a)
		switch {
		case a.What == Allowed || a.What == Planned:
			if next.Noun == weir.NounApplication {
				w.reader(s, next, a)
			}
		case next.query != nil:
			w.through(s, next, a)
		default:
			w.join(s.v, next, w.ledger(a), step{next, s.field, s.depth + 1})
		}
	}
	w.movers(s)
}

// movers goes on to who was counted there, once.
func (w *walk) movers(s step) {
	n, way := w.of(s.v), 0
	if w.up {
		way = 1
	}
	if n.moved[way] {
		return
	}
	n.moved[way] = true
	list := w.bound.of(s.v, way) // data comes from who writes it, and goes to who reads it
	for i := range list {
		w.mover(s, &list[i])
	}
	if w.up {
		w.common(s)
	}
}

// known is evidence, with its place among what was drawn; -1: it has none.
type known struct {
	*Evidence
	at int
}

func (w *walk) ledger(a *arc) known   { return known{&a.Evidence, a.index} }
func (w *walk) traffic(f *flow) known { return known{&f.Evidence, w.g.arcs + f.index} }

// arcs are those that lead on.
func (w *walk) arcs(v *vertex) []*arc {
	if w.up {
		return v.in
	}
	return v.out
}

func (w *walk) end(a *arc) *vertex {
	if w.up {
		return a.from
	}
	return a.to
}

// join pushes what is at the other end of an edge, and draws the edge.
func (w *walk) join(here, there *vertex, k known, next step) {
	if w.push(next) {
		w.edge(w.of(here), w.of(there), k)
	}
}

// edge draws an edge between two boxes, the way that data goes; each once.
func (w *walk) edge(here, there *Node, k known) {
	if k.at >= 0 && w.drawn[k.at] {
		return
	}
	if k.at >= 0 {
		w.drawn[k.at] = true
	}
	from, to := here, there
	if w.up {
		from, to = there, here
	}
	if w.q.Plain {
		if to.Into == nil {
			to.Into = w.room.evidence()
		}
		to.Into = append(to.Into, k.Evidence)
		return
	}
	d, ok := w.edges[[2]*Node{from, to}]
	if !ok {
		d = &Edge{From: from, To: to}
		w.edges[[2]*Node{from, to}] = d
		w.out.Edges = append(w.out.Edges, d)
	}
	e := *k.Evidence
	if from.Closed || to.Closed {
		e.Note, e.By, e.Due = "", "", ""
	}
	if from.Closed {
		e.Fields = nil
	}
	d.Evidence = append(d.Evidence, e)
}

// finish puts the boxes in order and numbers them.
func (w *walk) finish() {
	out := w.out
	first := out.Nodes[0]
	slices.SortFunc(out.Nodes, func(a, b *Node) int {
		switch {
		case a == b:
			return 0
		case a == first:
			return -1
		case b == first:
			return 1
		case a.Depth != b.Depth:
			return a.Depth - b.Depth
		case a.Closed || b.Closed:
			return cmp.Or(closed(a)-closed(b), a.order-b.order)
		}
		if a.rank >= 0 && b.rank >= 0 {
			return cmp.Or(cmp.Compare(a.rank, b.rank), a.order-b.order)
		}
		return cmp.Or(strings.Compare(a.Thing.Name, b.Thing.Name), strings.Compare(string(a.Thing.Noun), string(b.Thing.Noun)), a.order-b.order)
	})
	for i, n := range out.Nodes {
		n.ID = i + 1
		n.again()
		if n.Fields = nil; !n.all && !n.Closed {
			slices.Sort(n.shown)
			n.Fields = slices.Compact(n.shown)
		}
	}
	slices.SortFunc(out.Edges, func(a, b *Edge) int {
		return cmp.Or(cmp.Compare(a.From.ID, b.From.ID), cmp.Compare(a.To.ID, b.To.ID))
	})
	slices.SortFunc(out.Fields, func(a, b FieldEdge) int {
		return cmp.Or(cmp.Compare(a.From.ID, b.From.ID), cmp.Compare(a.To.ID, b.To.ID), strings.Compare(a.FromField, b.FromField), strings.Compare(a.ToField, b.ToField))
	})
}

func closed(n *Node) int {
	if n.Closed {
		return 1
	}
	return 0
}

// room is where what a picture has is made, many at a time.
type room struct {
	nodes []Node
	known []*Evidence
}

// Of how many there is room at a time: nodes, and reasons, of which a node begins
// with a few.
const (
	nodesAtOnce = 64
	knownAtOnce = 1024
	knownFirst  = 4
)

func (r *room) node() *Node {
	if len(r.nodes) == 0 {
		r.nodes = make([]Node, nodesAtOnce)
	}
	n := &r.nodes[0]
	r.nodes = r.nodes[1:]
	return n
}

func (r *room) evidence() []*Evidence {
	if len(r.known) < knownFirst {
		r.known = make([]*Evidence, knownAtOnce)
	}
	out := r.known[:0:knownFirst]
	r.known = r.known[knownFirst:]
	return out
}
