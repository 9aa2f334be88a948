package flow

import (
	"bytes"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// group folds the rows of equal keys. At the end of a step it takes the rows of
// groups back that changed and gives their new ones; groups of windows give theirs
// when the watermark passes their end, once. Groups of final rows give theirs at
// the end of the step that closed the window, and are forgotten.
type group struct {
	flow  *shard
	keys  []expr
	order []int // of keys in the bytes of a key: the end of a window is first
	aggs  []*aggregate
	types []column.Type // of keys, then of aggregates
	out   *emitter
	table *table
	width int     // how many keys a row has
	size  int     // of a group's value
	ends  *ending // nil: the groups are for ever, or of final rows
	final bool    // the rows of a window come at once

	touched []touch          // of this step
	row     []*vec           // one row
	columns []*column.Vector // of it
	values  []*vec
	bytes   []byte
	member  []byte
}

// What stands in the value of a group, before the states of its accumulators:
// how many rows it has, and where the last one came from.
const (
	groupRows = 8 * iota
	groupPlace
	groupOffset
	groupTime
	groupStates
)

// touch is a group that a step changed.
type touch struct {
	cell *cell
	old  []byte // its row before; nil: none
	cause
}

// aggregate is one value of a group.
type aggregate struct {
	arg, filter expr        // nil: none
	acc         accumulator // nil: members alone tell
	at          int         // of its state in the group's value
	sign        int         // without acc: of min 1, of max -1
	members     *values     // for DISTINCT, min and max; nil: not needed
	typ         column.Type

	// While a batch is counted:
	argument, chosen *vec
}

// values remembers the values of each group: all of them with how often they
// are there or, if rows are never taken back, the first alone.
type values struct {
	all   *bag
	first *table
}

func (b builder) group(n *sqlang.Group, to port) error {
	if p, ok := panesOf(n); ok {
		return b.paned(n, p, to)
	}
	g, err := b.newGroup(n, n.Of, n.Keys, to)
	if err != nil {
		return err
	}
	for k := range n.Keys {
		g.order = append(g.order, k)
	}
	g.final = n.WindowEnd >= 0 && final(n.Of)
	if n.WindowEnd >= 0 && !g.final {
		g.order = append([]int{n.WindowEnd}, slices.DeleteFunc(g.order, func(k int) bool { return k == n.WindowEnd })...)
		g.ends = newEnding(g.table)
	}
	keys := make([]*sqlang.Expr, len(g.order))
	for at, k := range g.order {
		keys[at] = n.Keys[k]
	}
	if err := b.buildBy(n.Of, keys, port{to: g}); err != nil {
		return err
	}
	if g.ends != nil {
		b.flow.works = append(b.flow.works, work{close: g.close})
		return nil
	}
	b.flow.begins = append(b.flow.begins, g.begin)
	b.flow.works = append(b.flow.works, work{end: g.end})
	return nil
}

// newGroup is a group without its input, which is the node of.
func (b builder) newGroup(n *sqlang.Group, of sqlang.Node, keys []*sqlang.Expr, to port) (*group, error) {
	g := &group{flow: b.flow, size: groupStates, table: b.flow.store.table(), width: len(n.Keys)}
	var err error
	if g.keys, err = b.compiler(of).compileAll(keys); err != nil {
		return nil, err
	}
	for _, e := range n.Keys {
		g.types = append(g.types, e.Type)
	}
	for _, a := range n.Aggregates {
		x, err := b.aggregate(of, a, g)
		if err != nil {
			return nil, err
		}
		g.aggs = append(g.aggs, x)
		g.types = append(g.types, a.Type)
	}
	for _, t := range g.types {
		v := &vec{Vector: *column.Make(t, 1)}
		g.row, g.columns = append(g.row, v), append(g.columns, &v.Vector)
	}
	g.out = newEmitter(b.flow, g.types)
	g.out.to = to
	return g, nil
}

func (b builder) aggregate(of sqlang.Node, a sqlang.Aggregate, g *group) (*aggregate, error) {
	x := &aggregate{at: g.size, typ: a.Type}
	var err error
	if a.Arg != nil {
		if x.arg, err = b.compiler(of).compile(a.Arg); err != nil {
			return nil, err
		}
	}
	if a.Filter != nil {
		if x.filter, err = b.compiler(of).compile(a.Filter); err != nil {
			return nil, err
		}
	}
	if x.acc, x.sign, err = accumulatorOf(a, onlyAdds(of)); err != nil {
		return nil, weir.Errorf(weir.Invalid, "%s: %s", a.Func, err)
	}
	if x.acc != nil {
		g.size += x.acc.size()
	}
	switch {
	case x.sign != 0 && onlyAdds(of):
		x.members = &values{first: b.flow.store.table()}
	case x.sign != 0, a.Distinct && a.Func != "min" && a.Func != "max":
		x.members = &values{all: b.flow.store.bag()}
	}
	return x, nil
}

func (g *group) begin() {
	clear(g.touched)
	g.touched = g.touched[:0]
}

func (g *group) push(_ int, b *column.Batch, sel []int32) error {
	keys, sel := g.eval(g.flow.frameOf(b), b, sel)
	for _, i := range sel {
		if g.ends != nil && g.flow.isLate(b, i, keys[g.order[0]].Ints[i]) {
			continue
		}
		g.bytes = g.bytes[:0]
		for _, k := range g.order {
			g.bytes = appendKey(g.bytes, &keys[k].Vector, int(i))
		}
		g.count(b, i)
	}
	g.release(keys, sel)
	return nil
}

// eval gives the keys of rows, and the rows that have not failed.
func (g *group) eval(f *frame, b *column.Batch, sel []int32) ([]*vec, []int32) {
	keys := evalAll(g.keys, f, sel, g.values[:0])
	for _, a := range g.aggs {
		a.eval(f, sel)
	}
	return keys, g.flow.settle(f, b, append(g.flow.pool.sel(len(sel)), sel...))
}

// release gives back what eval gave.
func (g *group) release(keys []*vec, sel []int32) {
	g.flow.pool.releaseSel(sel)
	for _, v := range keys {
		g.flow.pool.release(v)
	}
	for _, a := range g.aggs {
		a.release(&g.flow.pool)
	}
	g.values = keys
}

// eval asks for the argument where the filter is true alone.
func (a *aggregate) eval(f *frame, sel []int32) {
	if a.filter != nil {
		a.chosen = a.filter.eval(f, sel)
		open, met := part(a.chosen, append(f.pool.sel(len(sel)), sel...), f.pool.sel(len(sel)))
		defer f.pool.releaseSel(open)
		defer f.pool.releaseSel(met)
		sel = met
	}
	if a.arg != nil {
		a.argument = a.arg.eval(f, sel)
	}
}

func (a *aggregate) release(p *pool) {
	if a.chosen != nil {
		p.release(a.chosen)
	}
	if a.argument != nil {
		p.release(a.argument)
	}
	a.chosen, a.argument = nil, nil
}

// counts reports whether row i counts for the aggregate.
func (a *aggregate) counts(i int32) bool {
	if a.chosen != nil && (a.chosen.IsNull(int(i)) || a.chosen.Ints[i] == 0) {
		return false
	}
	return a.argument == nil || !a.argument.IsNull(int(i))
}

// count takes row i into its group, whose key g.bytes is.
func (g *group) count(b *column.Batch, i int32) {
	c := g.table.cell(g.bytes)
	g.touch(c)
	if c.value == nil {
		c.set(make([]byte, g.size))
	}
	state, w := c.change(), int64(b.Weight(int(i)))
	for _, a := range g.aggs {
		if a.counts(i) {
			g.add(a, state, i, w)
		}
	}
	putInt(state[groupRows:], getInt(state[groupRows:])+w)
	why := causeOf(b, i)
	if g.ends == nil {
		g.touched[c.mark].cause = why
	}
	o := why.origin
	putInt(state[groupPlace:], spot(o.Input, o.Partition))
	putInt(state[groupOffset:], o.Offset)
	putInt(state[groupTime:], why.time)
	g.remember(c, state, why)
	if getInt(state[groupRows:]) == 0 && g.width > 0 {
		g.drop(c)
	}
}

func (g *group) add(a *aggregate, state []byte, i int32, w int64) {
	var v *column.Vector
	if a.argument != nil {
		v = &a.argument.Vector
	}
	if a.members != nil {
		g.member = appendKey(g.member[:0], v, int(i))
		if w = a.members.add(g.bytes, g.member, w, a.sign); a.sign != 0 || w == 0 {
			return
		}
	}
	a.acc.add(state[a.at:], v, int(i), w)
}

// add counts a value. It gives 1 if it was not there before, -1 if it is not
// any more, else 0.
func (m *values) add(key, value []byte, w int64, sign int) int64 {
	if m.all != nil {
		n := m.all.add(bagKey(nil, key, value), w)
		return bit(n > 0) - bit(n > w)
	}
	c := m.first.cell(key)
	if d := bytes.Compare(value, c.value); c.value == nil || d*sign < 0 {
		c.set(bytes.Clone(value))
	}
	return 0
}

// touch remembers the row of a group as it was before the step.
func (g *group) touch(c *cell) {
	if g.ends != nil || c.mark < len(g.touched) && g.touched[c.mark].cell == c {
		return
	}
	t := touch{cell: c}
	if c.value != nil && g.render(c) == nil {
		t.old = g.flow.keepRow(g.columns)
	}
	c.mark = len(g.touched)
	g.touched = append(g.touched, t)
}

// keepRow is the first row of columns as bytes that stay until the next step.
func (f *shard) keepRow(columns []*column.Vector) []byte {
	return f.pool.text.close(appendRow(f.pool.text.open(), columns, 0))
}

// drop takes a group away with all that is remembered of it.
func (g *group) drop(c *cell) {
	for _, a := range g.aggs {
		if a.members != nil {
			a.members.drop([]byte(c.key))
		}
	}
	c.set(nil)
}

func (m *values) drop(key []byte) {
	if m.all == nil {
		m.first.cell(key).set(nil)
		return
	}
	for _, c := range slices.Clone(m.all.of(key)) {
		c.set(nil)
	}
}

// render makes g.row the row of a group.
func (g *group) render(c *cell) error {
	for _, v := range g.row {
		v.Null = nil
	}
	rest := c.key
	for _, k := range g.order {
		rest = readKey(rest, g.row[k], 0, &g.flow.pool.text)
	}
	return g.results(c.key, c.value)
}

// results are the values of a group's aggregates.
func (g *group) results(key string, state []byte) error {
	for k, a := range g.aggs {
		out := g.row[g.width+k]
		if a.acc == nil {
			a.members.read(key, a.sign, out, &g.flow.pool.text)
			continue
		}
		if err := a.acc.result(state[a.at:], out, 0); err != nil {
			return err
		}
	}
	return nil
}

// copyOut gives the row that was rendered.
func (g *group) copyOut(why cause) error {
	i, err := g.out.row(1, why)
	if err != nil {
		return err
	}
	for k, v := range g.columns {
		g.out.columns[k].set(i, v, 0)
	}
	return nil
}

// read sets the first row of out to the first value of a group.
func (m *values) read(key string, sign int, out *vec, text *arena) {
	value := ""
	if m.all == nil {
		if c := m.first.get([]byte(key)); c != nil {
			value = string(c.value)
		}
	} else if c := m.all.first([]byte(key), sign); c != nil {
		_, value = split(c)
	}
	if value == "" {
		out.null(0)
		return
	}
	readKey(value, out, 0, text)
}

// end gives the groups that the step changed.
func (g *group) end() error {
	for k := range g.touched {
		t := &g.touched[k]
		var now []byte
		if t.cell.value != nil {
			if err := g.render(t.cell); err != nil {
				g.flow.failed = append(g.flow.failed, Failed{t.origin, weir.Errorf(weir.Invalid, "%s", err)})
			} else {
				now, t.made = g.flow.keepRow(g.columns), g.madeIn(t.cell.value)
			}
		}
		if g.final {
			g.drop(t.cell)
		}
		if bytes.Equal(t.old, now) {
			continue
		}
		if err := g.emit(t, t.old, -1); err != nil {
			return err
		}
		if err := g.emit(t, now, 1); err != nil {
			return err
		}
	}
	return g.out.flush()
}

func (g *group) emit(t *touch, row []byte, weight int32) error {
	if row == nil {
		return nil
	}
	i, err := g.out.row(weight, t.cause)
	if err != nil {
		return err
	}
	readRow(row, g.out.columns, i)
	return nil
}

// lastIn is why a group is as it is: by the last of its rows.
func lastIn(state []byte) cause {
	at := getInt(state[groupPlace:])
	origin := column.Origin{Input: int32(at >> 32), Partition: int32(at), Offset: getInt(state[groupOffset:])}
	return cause{origin: origin, time: getInt(state[groupTime:])}
}

// close gives the groups of windows that end at or before the watermark, and
// forgets them.
func (g *group) close(watermark int64) error {
	for _, c := range g.ends.before(watermark) {
		why := lastIn(c.value)
		if err := g.render(c); err != nil {
			g.flow.failed = append(g.flow.failed, Failed{why.origin, weir.Errorf(weir.Invalid, "%s", err)})
		} else {
			why.made = g.madeIn(c.value)
			if err := g.copyOut(why); err != nil {
				return err
			}
		}
		g.drop(c)
	}
	return g.out.flush()
}

// ending finds the groups of windows by their ends, which their keys begin with.
type ending struct{ open map[int64][]*cell }

func newEnding(t *table) *ending {
	e := &ending{map[int64][]*cell{}}
	t.there = e.there
	return e
}

func endOf(c *cell) int64 { return keyEnd(c.key) }

func (e *ending) there(c *cell, is bool) {
	end := endOf(c)
	cells := e.open[end]
	if is {
		c.pos = len(cells)
		e.open[end] = append(cells, c)
		return
	}
	last := len(cells) - 1
	cells[c.pos] = cells[last]
	cells[c.pos].pos = c.pos
	cells[last] = nil
	if e.open[end] = cells[:last]; last == 0 {
		delete(e.open, end)
	}
}

// before is the groups whose windows end at or before a time, in the order of
// their keys.
func (e *ending) before(watermark int64) []*cell {
	var cells []*cell
	for end, of := range e.open {
		if end <= watermark {
			cells = append(cells, of...)
		}
	}
	slices.SortFunc(cells, func(a, b *cell) int { return strings.Compare(a.key, b.key) })
	return cells
}
