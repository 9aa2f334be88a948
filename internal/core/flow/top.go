package flow

import (
	"bytes"

	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// maxTop is how many rows of a partition may be asked for.
const maxTop = 10_000

// top gives the first rows of each partition. At the end of a step it takes those
// back that are not among them any more; of rows in windows it gives them when the
// watermark passes the window's end, once. Rows that are equal in their order come
// in the order of their bytes, so that a replay gives the same.
type top struct {
	flow      *shard
	partition []expr
	order     []expr
	words     []sqlang.Order
	n         int
	rank      bool
	shrinks   bool // rows are never taken back: those behind the first n are not needed
	final     bool // nor any, when the step is over
	windows   bool // the first of partition is the end of a window that is open
	out       *emitter
	bag       *bag
	parts     map[string][]*cell // in their order
	begun     map[string]int     // of changed, in this step
	changed   []topChange
	keyBytes  []byte
	rowBytes  []byte
	values    []*vec
}

// topChange is a partition that a step changed.
type topChange struct {
	key string
	old []topRow // the first rows before
	cause
}

// topRow is one of the first rows, and what it was made of.
type topRow struct {
	bytes []byte
	made  []column.Range
}

func (b builder) top(n *sqlang.Top, to port) error {
	if n.N < 1 || n.N > maxTop {
		return weir.Errorf(weir.Limit, "the first %d rows", n.N).WithFix("ask for 1 to %d", maxTop)
	}
	o := &top{
		flow: b.flow, n: n.N, rank: n.Rank, words: n.Order, shrinks: onlyAdds(n.Of),
		bag: b.flow.store.bag(), parts: map[string][]*cell{}, begun: map[string]int{},
	}
	o.bag.table.there = o.there
	by, windows := windowFirst(n)
	o.windows, o.final = windows, final(n) && !windows
	var err error
	if o.partition, err = b.compiler(n.Of).compileAll(by); err != nil {
		return err
	}
	for _, w := range n.Order {
		e, err := b.compiler(n.Of).compile(w.Expr)
		if err != nil {
			return err
		}
		o.order = append(o.order, e)
	}
	types := typesOf(n.Of.Out())
	if n.Rank {
		types = append(types, n.Columns[len(types)].Type)
	}
	o.out = newEmitter(b.flow, types)
	o.out.to = to
	if err := b.buildBy(n.Of, by, port{to: o}); err != nil {
		return err
	}
	b.flow.begins = append(b.flow.begins, o.begin)
	w := work{end: o.finish}
	if o.windows {
		w.close = o.close
	}
	b.flow.works = append(b.flow.works, w)
	return nil
}

// there keeps the rows of a partition in their order.
func (o *top) there(c *cell, is bool) {
	key, row := split(c)
	cells := o.parts[key]
	at, _ := slices.BinarySearchFunc(cells, row, func(c *cell, row string) int {
		_, other := split(c)
		return strings.Compare(other, row)
	})
	if is {
		o.parts[key] = slices.Insert(cells, at, c)
		return
	}
	if cells = slices.Delete(cells, at, at+1); len(cells) == 0 {
		delete(o.parts, key)
		return
	}
	o.parts[key] = cells
}

func (o *top) begin() {
	clear(o.begun)
	clear(o.changed)
	o.changed = o.changed[:0]
}

func (o *top) push(_ int, b *column.Batch, sel []int32) error {
	f := o.flow.frameOf(b)
	keys := evalAll(o.partition, f, sel, o.values[:0])
	keys = evalAll(o.order, f, sel, keys)
	sel = o.flow.settle(f, b, append(o.flow.pool.sel(len(sel)), sel...))
	parts := keys[:len(o.partition)]
	for _, i := range sel {
		if o.windows && o.flow.isLate(b, i, parts[0].Ints[i]) {
			continue
		}
		o.keyBytes, _ = appendKeys(o.keyBytes[:0], parts, i)
		o.rowBytes = o.rowBytes[:0]
		for k, v := range keys[len(parts):] {
			o.rowBytes = appendOrder(o.rowBytes, &v.Vector, int(i), o.words[k])
		}
		place := int64(len(o.rowBytes))
		if o.beyond() {
			continue
		}
		o.touch(b, i)
		o.rowBytes = appendRow(o.rowBytes, b.Columns, int(i))
		c := o.bag.table.cell(bagKey(nil, o.keyBytes, o.rowBytes))
		o.bag.came(o.flow, c, int64(b.Weight(int(i))), place, causeOf(b, i))
	}
	o.flow.pool.releaseSel(sel)
	for _, v := range keys {
		o.flow.pool.release(v)
	}
	o.values = keys
	return nil
}

// beyond reports whether the row whose order is in rowBytes comes behind the first
// rows of its partition for good.
func (o *top) beyond() bool {
	cells := o.parts[string(o.keyBytes)]
	if !o.shrinks || len(cells) < o.n {
		return false
	}
	_, last := split(cells[o.n-1])
	return last[:min(len(last), int(extra(cells[o.n-1])))] < string(o.rowBytes)
}

// appendOrder appends what sorts by one word of an order.
func appendOrder(dst []byte, v *column.Vector, i int, by sqlang.Order) []byte {
	if v.IsNull(i) {
		if by.NullsFirst {
			return append(dst, keyNull)
		}
		return append(dst, keyLast)
	}
	from := len(dst)
	dst = appendKey(dst, v, i)
	if by.Descending {
		for k := from + 1; k < len(dst); k++ {
			dst[k] = ^dst[k]
		}
	}
	return dst
}

// touch remembers the first rows of a partition as they were before the step.
func (o *top) touch(b *column.Batch, i int32) {
	at, ok := o.begun[string(o.keyBytes)]
	if !ok {
		at = len(o.changed)
		key := string(o.keyBytes)
		o.begun[key] = at
		o.changed = append(o.changed, topChange{key: key, old: o.first(key)})
	}
	o.changed[at].cause = causeOf(b, i)
}

// first is the first rows of a partition.
func (o *top) first(key string) (rows []topRow) {
	for _, c := range o.parts[key] {
		_, bytes := split(c)
		row := topRow{bytes: []byte(bytes[extra(c):]), made: o.flow.madeOf(c)}
		for range countOf(c) {
			if len(rows) == o.n {
				return rows
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (o *top) finish() error {
	for k := range o.changed {
		c := &o.changed[k]
		if o.windows {
			o.shrink(c.key)
			continue
		}
		now := o.first(c.key)
		o.shrink(c.key)
		give := o.unranked
		if o.rank {
			give = o.ranked
		}
		if err := give(c, now); err != nil {
			return err
		}
	}
	return o.out.flush()
}

// shrink forgets what is not needed.
func (o *top) shrink(key string) {
	switch {
	case o.final:
		for _, c := range slices.Clone(o.parts[key]) {
			c.set(nil)
		}
	case o.shrinks:
		n := 0
		for _, c := range slices.Clone(o.parts[key]) {
			if n >= o.n {
				c.set(nil)
			}
			n += int(countOf(c))
		}
	}
}

// ranked compares the rows by their numbers.
func (o *top) ranked(c *topChange, now []topRow) error {
	for k := range max(len(c.old), len(now)) {
		if k < len(c.old) && k < len(now) && bytes.Equal(c.old[k].bytes, now[k].bytes) {
			continue
		}
		if k < len(c.old) {
			if err := o.emit(c, c.old[k], k, -1); err != nil {
				return err
			}
		}
		if k < len(now) {
			if err := o.emit(c, now[k], k, 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// unranked compares the rows as sets.
func (o *top) unranked(c *topChange, now []topRow) error {
	counts := map[string]int{}
	for _, r := range now {
		counts[string(r.bytes)]++
	}
	for _, r := range c.old {
		if counts[string(r.bytes)] > 0 {
			counts[string(r.bytes)]--
			continue
		}
		if err := o.emit(c, r, 0, -1); err != nil {
			return err
		}
	}
	for k := len(now) - 1; k >= 0; k-- {
		if counts[string(now[k].bytes)] == 0 {
			now = slices.Delete(now, k, k+1)
			continue
		}
		counts[string(now[k].bytes)]--
	}
	for _, r := range now {
		if err := o.emit(c, r, 0, 1); err != nil {
			return err
		}
	}
	return nil
}

func (o *top) emit(c *topChange, row topRow, rank int, weight int32) error {
	i, err := o.out.row(weight, cause{c.origin, c.time, row.made})
	if err != nil {
		return err
	}
	columns := o.out.columns
	if o.rank {
		last := len(columns) - 1
		columns[last].Ints[i] = int64(rank + 1)
		columns = columns[:last]
	}
	readRow(row.bytes, columns, i)
	return nil
}
