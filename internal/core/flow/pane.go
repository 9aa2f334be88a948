package flow

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// paned groups rows in windows that overlap. A row is counted once, in its pane:
// the time between two begins of windows; a window is made of its panes when the
// watermark passes its end. A pane is forgotten with the last window that it is
// in. In the keys of the state the pane's end stands first.
type paned struct {
	*group
	panes
	disjoint bool // no record counts in two panes

	index map[string]int // of whole, by the keys behind the pane's end
	whole []windowed
	room  []byte // for states
}

// windowed is a group of a window.
type windowed struct {
	key   string
	state []byte
	own   bool // the state is not a pane's
}

// panes are what a group needs to be computed so.
type panes struct {
	of           sqlang.Node // what the window is over, with what is asked of its rows
	time         int         // of its columns
	span, slide  int64       // of the windows
	opens, until int         // which keys are the window's; -1: not asked
	others       []int       // which are not
}

// panesOf says how a group can be computed by panes; false: it cannot.
func panesOf(n *sqlang.Group) (panes, bool) {
	of, w := underWindow(n.Of)
	if w == nil || n.WindowEnd < 0 || w.Slide <= 0 || w.Size%w.Slide != 0 || w.Size/w.Slide > maxWindows {
		return panes{}, false
	}
	p := panes{of: of, time: w.Time, span: w.Size, slide: w.Slide, opens: -1, until: -1}
	first := len(w.Of.Out())
	for k, e := range n.Keys {
		switch {
		case e.Kind == sqlang.ColumnRef && e.Column == first:
			p.opens = k
		case e.Kind == sqlang.ColumnRef && e.Column == first+1:
			p.until = k
		case !below(e, first):
			return panes{}, false
		default:
			p.others = append(p.others, k)
		}
	}
	for _, a := range n.Aggregates {
		acc, _, err := accumulatorOf(a, true)
		if err != nil || acc == nil || a.Distinct && a.Func != "min" && a.Func != "max" || !below(a.Arg, first) || !below(a.Filter, first) {
			return panes{}, false
		}
	}
	return p, p.until == n.WindowEnd && onlyAdds(of)
}

// underWindow is a window that rows come out of, and what it would be given if
// what is asked of its rows were asked before; nil: there is none.
func underWindow(n sqlang.Node) (of sqlang.Node, w *sqlang.Window) {
	switch n := n.(type) {
	case *sqlang.Window:
		return n.Of, n
	case *sqlang.Filter:
		of, w := underWindow(n.Of)
		if w == nil || !below(n.Cond, len(w.Of.Out())) || w.Of.Out()[w.Time].Nullable {
			return nil, nil
		}
		return &sqlang.Filter{Of: of, Cond: n.Cond}, w
	}
	return nil, nil
}

// below reports whether an expression is over the first columns alone.
func below(e *sqlang.Expr, columns int) bool {
	if e == nil {
		return true
	}
	if e.Kind == sqlang.ColumnRef {
		return e.Column < columns
	}
	return !slices.ContainsFunc(e.Args, func(a *sqlang.Expr) bool { return !below(a, columns) })
}

func (b builder) paned(n *sqlang.Group, p panes, to port) error {
	b = b.opened()
	var keys []*sqlang.Expr
	for _, k := range p.others {
		keys = append(keys, n.Keys[k])
	}
	g, err := b.newGroup(n, p.of, keys, to)
	if err != nil {
		return err
	}
	g.ends = newEnding(g.table)
	g.table.by = byBehindTime
	o := &paned{group: g, panes: p, disjoint: !slices.ContainsFunc(nodes(p.of), joins), index: map[string]int{}}
	if err := b.buildBy(p.of, keys, port{to: o}); err != nil {
		return err
	}
	b.flow.works = append(b.flow.works, work{close: o.close})
	return nil
}

// nodes are a node and all below it.
func nodes(n sqlang.Node) []sqlang.Node {
	all := []sqlang.Node{n}
	for _, in := range n.In() {
		all = append(all, nodes(in)...)
	}
	return all
}

func joins(n sqlang.Node) bool {
	_, join := n.(*sqlang.Join)
	return join
}

func (o *paned) push(_ int, b *column.Batch, sel []int32) error {
	f := o.flow.frameOf(b)
	keys, sel := o.eval(f, b, sel)
	times := b.Columns[o.time]
	for _, i := range sel {
		if times.IsNull(int(i)) {
			o.flow.failed = append(o.flow.failed, Failed{o.flow.originOf(b, int(i)), weir.Errorf(weir.Invalid, "%s", errNoTime)})
			continue
		}
		end := (floorDiv(times.Ints[i], o.slide) + 1) * o.slide
		if o.flow.isLate(b, i, end) && o.last(end) <= o.flow.mark {
			continue
		}
		o.bytes, _ = appendKeys(appendTime(o.bytes[:0], end), keys, i)
		o.count(b, i)
	}
	o.release(keys, sel)
	return nil
}

// appendTime is appendKey of a time.
func appendTime(dst []byte, t int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, keyValue), uint64(t)^1<<63)
}

// last is the end of the last window that a pane is in.
func (o *paned) last(pane int64) int64 { return pane + o.span - o.slide }

// close gives the windows that end at or before the watermark, and forgets the
// panes that no other one needs.
func (o *paned) close(watermark int64) error {
	for _, end := range o.due(watermark) {
		o.collect(end)
		for _, w := range o.whole {
			if err := o.give(end, w); err != nil {
				return err
			}
		}
	}
	clear(o.whole)
	for pane, cells := range o.ends.open {
		if o.last(pane) <= watermark {
			for _, c := range slices.Clone(cells) {
				c.set(nil)
			}
		}
	}
	return o.out.flush()
}

// due are the ends of the windows with rows that end now, in their order.
func (o *paned) due(watermark int64) (ends []int64) {
	for pane := range o.ends.open {
		for end := pane; end <= min(o.last(pane), watermark); end += o.slide {
			if !o.flow.marked || end > o.flow.mark {
				ends = append(ends, end)
			}
		}
	}
	slices.Sort(ends)
	return slices.Compact(ends)
}

// collect makes the groups of a window out of its panes, in the order of their
// keys.
func (o *paned) collect(end int64) {
	clear(o.index)
	o.whole, o.room = o.whole[:0], o.room[:0]
	for pane := end - o.span + o.slide; pane <= end; pane += o.slide {
		for _, c := range o.ends.open[pane] {
			key := c.key[timeBytes:]
			at, ok := o.index[key]
			if !ok {
				o.index[key] = len(o.whole)
				o.whole = append(o.whole, windowed{key: key, state: c.value})
				continue
			}
			o.merge(&o.whole[at], c.value)
		}
	}
	slices.SortFunc(o.whole, func(a, b windowed) int { return strings.Compare(a.key, b.key) })
}

// merge adds a later pane to a group.
func (o *paned) merge(w *windowed, other []byte) {
	if !w.own {
		from := len(o.room)
		o.room = append(o.room, w.state...)
		w.state, w.own = o.room[from:len(o.room):len(o.room)], true
	}
	putInt(w.state[groupRows:], getInt(w.state[groupRows:])+getInt(other[groupRows:]))
	copy(w.state[groupPlace:groupStates], other[groupPlace:groupStates])
	for _, a := range o.aggs {
		a.acc.merge(w.state[a.at:], other[a.at:])
	}
	for at := o.size; at < len(other); at += pieceBytes {
		w.state, _ = o.withPiece(w.state, pieceOf(other[at:]), o.disjoint)
	}
}

// give gives a group of a window.
func (o *paned) give(end int64, w windowed) error {
	why := lastIn(w.state)
	err := o.renderWindow(end, w)
	if err != nil {
		o.flow.failed = append(o.flow.failed, Failed{why.origin, weir.Errorf(weir.Invalid, "%s", err)})
		return nil
	}
	why.made = o.madeIn(w.state)
	return o.copyOut(why)
}

// renderWindow makes the group's row that of a window.
func (o *paned) renderWindow(end int64, w windowed) error {
	for _, v := range o.row {
		v.Null = nil
	}
	o.row[o.until].Ints[0] = end
	if o.opens >= 0 {
		o.row[o.opens].Ints[0] = end - o.span
	}
	rest := w.key
	for _, k := range o.others {
		rest = readKey(rest, o.row[k], 0, &o.flow.pool.text)
	}
	return o.results(w.key, w.state)
}
