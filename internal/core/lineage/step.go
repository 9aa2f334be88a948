package lineage

import (
	"slices"
	"strconv"

	"github.com/weirmesh/weir"
)

// query goes on from a query that was reached as a whole: to what it makes, or to
// what it reads.
func (w *walk) query(s step) {
	for _, a := range w.arcs(s.v) {
		w.join(s.v, w.end(a), w.ledger(a), step{w.end(a), "", s.depth})
	}
	if w.q.Plain {
		return
	}
	for _, d := range s.v.query.Lineage {
		w.derive(s.v, d)
	}
}

// through goes from a product over a query: to the columns that depend on the
// field that was reached, or to the fields on which the column depends. Of a query
// of which that is not on record, all do.
func (w *walk) through(s step, q *vertex, a *arc) {
	depth := s.depth + 1
	if s.field == "" || len(q.query.Lineage) == 0 || a.What == SetsAside {
		w.join(s.v, q, w.ledger(a), step{q, "", depth})
		return
	}
	if w.q.Depth > 0 && depth > w.q.Depth || !w.up && !slices.ContainsFunc(a.derived, func(d weir.Derivation) bool { return related(d.Field, s.field) }) {
		return
	}
	n := w.node(q, depth)
	if n == nil {
		return
	}
	n.Up, n.Down = n.Up || w.up, n.Down || !w.up
	w.edge(w.of(s.v), n, w.ledger(a))
	if w.up {
		w.sources(s, q, depth)
	} else {
		w.results(s, q, a, depth)
	}
}

// results goes from a field to the columns that depend on it.
func (w *walk) results(s step, q *vertex, a *arc, depth int) {
	to := w.g.nodes[q.query.Product]
	for _, d := range a.derived {
		if related(d.Field, s.field) && w.push(step{to, d.Column, depth}) {
			w.alongQuery(q, to)
			w.derive(q, d)
		}
	}
}

// sources goes from a column to the fields on which it depends.
func (w *walk) sources(s step, q *vertex, depth int) {
	for _, d := range q.query.Lineage {
		if d.Column != "" && !related(d.Column, s.field) {
			continue
		}
		to := w.g.nodes[q.query.Inputs[d.Input]]
		if w.push(step{to, d.Field, depth}) {
			w.alongQuery(q, to)
			w.derive(q, d)
		}
	}
}

// alongQuery draws the edge between a query and what it makes or reads.
func (w *walk) alongQuery(q, to *vertex) {
	for _, b := range w.arcs(q) {
		if w.end(b) == to && b.What != SetsAside {
			w.edge(w.of(q), w.of(to), w.ledger(b))
		}
	}
}

// derive draws one derivation, if both its products are in the picture.
func (w *walk) derive(q *vertex, d weir.Derivation) {
	if w.q.Plain {
		return
	}
	in, out := w.g.nodes[q.query.Inputs[d.Input]], w.g.nodes[q.query.Product]
	from, to := w.of(in), w.of(out)
	k := fieldKey{q, in, d.Field, d.Column, d.Direct}
	if from == nil || to == nil || w.fields[k] {
		return
	}
	w.fields[k] = true
	e := FieldEdge{From: from, To: to, FromField: d.Field, ToField: d.Column, Query: w.of(q), Direct: d.Direct, Masked: d.Masked}
	if from.Closed {
		e.FromField = ""
	}
	if to.Closed {
		e.ToField = ""
	}
	w.out.Fields = append(w.out.Fields, e)
}

// reader goes from a product to an application that was allowed to read it, or
// plans to.
func (w *walk) reader(s step, app *vertex, a *arc) {
	if w.g.acting[app.UID] != nil || s.field != "" && len(a.Fields) > 0 && !anyRelated(a.Fields, s.field) {
		return
	}
	t, p := w.see(s.v), w.see(app)
	if !t.knows {
		return
	}
	if !p.knows || !t.watches && !p.watches && !w.q.Viewer.Told(a.readers) {
		w.box(s, Evidence{How: a.How, What: a.What, Since: a.Since}, app)
		return
	}
	w.join(s.v, app, w.ledger(a), step{app, "", s.depth + 1})
}

func anyRelated(fields []string, f string) bool {
	return slices.ContainsFunc(fields, func(o string) bool { return related(o, f) })
}

// mover goes from a thing to who was counted there.
func (w *walk) mover(s step, m *move) {
	t, f, who := w.see(s.v), m.flow, m.who
	if !t.knows {
		return
	}
	if who == nil {
		w.box(s, f.Evidence, nil)
		return
	}
	p := w.see(who)
	if who.query != nil {
		w.also(s.v, who, w.traffic(f))
		return
	}
	if !p.knows || !t.watches && !p.watches {
		w.box(s, f.Evidence, who)
		return
	}
	w.join(s.v, who, w.traffic(f), step{who, "", s.depth + 1})
}

// also adds evidence to an edge that is drawn already.
func (w *walk) also(here, there *vertex, k known) {
	if n := w.of(there); n != nil && slices.ContainsFunc(w.arcs(here), func(a *arc) bool { return w.end(a) == there && w.drawn[a.index] }) {
		w.edge(w.of(here), n, k)
	}
}

// party goes on from an application or a person: to what it writes, or to what it
// reads.
func (w *walk) party(s step) {
	p := w.see(s.v)
	if !p.knows {
		return
	}
	way := writes
	if w.up {
		way = reads
	}
	for _, m := range w.bound.of(s.v, way) {
		if m.thing != nil {
			w.moved(s, m.thing, w.traffic(m.flow), p.watches)
		}
	}
	if !w.up {
		return
	}
	for _, a := range s.v.in {
		if a.What == Allowed || a.What == Planned {
			w.moved(s, a.from, w.ledger(a), p.watches || w.q.Viewer.Told(a.readers))
		}
	}
}

// moved goes from a party to what it reads or writes.
func (w *walk) moved(s step, thing *vertex, k known, may bool) {
	t := w.see(thing)
	if !t.knows || !may && !t.watches {
		w.box(s, *k.Evidence, thing)
		return
	}
	w.join(s.v, thing, k, step{thing, "", s.depth + 1})
}

// box adds somebody or something to the closed box beside a node, which stands for
// all that the viewer may not see there.
func (w *walk) box(s step, e Evidence, of *vertex) {
	if w.q.Depth > 0 && s.depth+1 > w.q.Depth {
		return
	}
	here := w.of(s.v)
	b := w.boxes[here]
	if b == nil {
		if w.count >= w.q.Most {
			w.out.LeftOut++
			return
		}
		b = &Node{Closed: true, Depth: s.depth + 1, Up: w.up, Down: !w.up, whole: true, order: w.order, stand: map[string]bool{}}
		w.order++
		w.count++
		w.boxes[here] = b
		w.out.Nodes = append(w.out.Nodes, b)
	}
	id := "others"
	if of != nil {
		id = of.UID.String()
	}
	if !b.stand[id] {
		b.stand[id] = true
		b.Count++
	}
	w.addUp(here, b, e)
}

// addUp adds to what was counted between a node and a closed box.
func (w *walk) addUp(here, b *Node, e Evidence) {
	if w.q.Plain {
		return
	}
	e.Counted, e.Fields, e.Note, e.By, e.Due = slices.Clone(e.Counted), nil, "", "", ""
	k := [2]*Node{here, b}
	if w.up {
		k = [2]*Node{b, here}
	}
	if d := w.edges[k]; d != nil {
		for i, o := range d.Evidence {
			if o.What != e.What || o.How != e.How {
				continue
			}
			d.Evidence[i] = o.and(e)
			return
		}
	}
	w.edge(here, b, known{&e, -1})
}

// and adds two counts up.
func (e Evidence) and(o Evidence) Evidence {
	e.Records, e.Bytes = e.Records+o.Records, e.Bytes+o.Bytes
	if o.First.Before(e.First) {
		e.First = o.First
	}
	if o.Last.After(e.Last) {
		e.Last = o.Last
	}
	for _, c := range o.Counted {
		if !slices.Contains(e.Counted, c) {
			e.Counted = append(e.Counted, c)
		}
	}
	return e
}

// common shows the schemas that a product has in common with others, or that its
// own are made of.
func (w *walk) common(s step) {
	if s.v.Noun != weir.NounProduct || !w.see(s.v).knows {
		return
	}
	for _, k := range w.g.schemasOf(s.v) {
		if !w.see(k).knows {
			continue
		}
		w.join(s.v, k, known{&Evidence{How: ByDeclaration, What: Schema}, -1}, step{k, "", s.depth + 1})
		if n := w.of(k); n != nil && n.Shared == nil {
			for _, v := range w.g.having(k.UID) {
				if w.see(v).knows {
					n.Shared = append(n.Shared, v.Name)
				}
			}
			slices.Sort(n.Shared)
			n.Thing.Name = strconv.FormatUint(uint64(w.g.schema[k.UID].id), 10)
		}
	}
}
