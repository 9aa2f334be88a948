package flow

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// session keeps the rows of each key in the order of their times until a gap has
// passed behind one by the watermark; then it gives all rows of the session at
// once, with its begin and its end, and forgets them.
type session struct {
	flow  *shard
	by    []expr
	time  int
	gap   int64
	out   *emitter
	bag   *bag
	parts map[string][]*cell // of each key, in the order of their times
	bytes []byte
	row   []byte
}

func (b builder) session(n *sqlang.Session, to port) error {
	if n.Gap <= 0 {
		return weir.Errorf(weir.Invalid, "a session with a gap of %d microseconds", n.Gap).WithFix("use a gap above zero")
	}
	b = b.opened()
	o := &session{flow: b.flow, time: n.Time, gap: n.Gap, bag: b.flow.store.bag(), parts: map[string][]*cell{}}
	o.bag.table.there = o.there
	var err error
	if o.by, err = b.compiler(n.Of).compileAll(n.By); err != nil {
		return err
	}
	o.out = newEmitter(b.flow, typesOf(n.Columns))
	o.out.to = to
	if err := b.buildBy(n.Of, n.By, port{to: o}); err != nil {
		return err
	}
	b.flow.works = append(b.flow.works, work{close: o.close})
	return nil
}

// there keeps the rows of a key in the order of their bytes, which begin with the
// time.
func (o *session) there(c *cell, is bool) {
	key, row := split(c)
	cells := o.parts[key]
	at := placeAmong(cells, row)
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

// placeAmong is where a row is, or would be, among others.
func placeAmong(cells []*cell, row string) int {
	at, _ := slices.BinarySearchFunc(cells, row, func(c *cell, row string) int {
		_, other := split(c)
		return strings.Compare(other, row)
	})
	return at
}

func timeOf(c *cell) int64 {
	_, row := split(c)
	return keyEnd(row)
}

func (o *session) push(_ int, b *column.Batch, sel []int32) error {
	f := o.flow.frameOf(b)
	keys := evalAll(o.by, f, sel, nil)
	sel = o.flow.settle(f, b, append(o.flow.pool.sel(len(sel)), sel...))
	times := b.Columns[o.time]
	for _, i := range sel {
		if times.IsNull(int(i)) {
			o.flow.failed = append(o.flow.failed, Failed{o.flow.originOf(b, int(i)), weir.Errorf(weir.Invalid, "%s", errNoTime)})
			continue
		}
		o.bytes, _ = appendKeys(o.bytes[:0], keys, i)
		o.row = appendRow(appendKey(o.row[:0], times, int(i)), b.Columns, int(i))
		if !o.joins(times.Ints[i]) && o.flow.isLate(b, i, times.Ints[i]+o.gap) {
			continue
		}
		c := o.bag.table.cell(bagKey(nil, o.bytes, o.row))
		o.bag.came(o.flow, c, int64(b.Weight(int(i))), 0, causeOf(b, i))
	}
	o.flow.pool.releaseSel(sel)
	for _, v := range keys {
		o.flow.pool.release(v)
	}
	return nil
}

// joins reports whether a row of that time belongs to a session that is open.
func (o *session) joins(t int64) bool {
	cells := o.parts[string(o.bytes)]
	at := placeAmong(cells, string(o.row))
	return at > 0 && t-timeOf(cells[at-1]) < o.gap || at < len(cells) && timeOf(cells[at])-t < o.gap
}

// close gives the sessions that end at or before the watermark.
func (o *session) close(watermark int64) error {
	var keys []string
	for key, cells := range o.parts {
		if timeOf(cells[0])+o.gap <= watermark {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		cells := slices.Clone(o.parts[key])
		for len(cells) > 0 {
			n := o.whole(cells)
			end := timeOf(cells[n-1]) + o.gap
			if end > watermark {
				break
			}
			if err := o.give(cells[:n], end); err != nil {
				return err
			}
			cells = cells[n:]
		}
	}
	return o.out.flush()
}

// whole is how many rows the first session has.
func (o *session) whole(cells []*cell) int {
	n := 1
	for n < len(cells) && timeOf(cells[n])-timeOf(cells[n-1]) < o.gap {
		n++
	}
	return n
}

// give gives the rows of a session, and forgets them.
func (o *session) give(cells []*cell, end int64) error {
	start := timeOf(cells[0])
	for _, c := range cells {
		o.out.given = 0 // they are as many as the state has room for
		made := o.flow.madeOf(c)
		i, err := o.out.row(int32(countOf(c)), cause{origin: lastOf(made), time: timeOf(c), made: made})
		if err != nil {
			return err
		}
		_, row := split(c)
		columns := o.out.columns
		last := len(columns) - 2
		readRow([]byte(row[timeBytes:]), columns[:last], i)
		columns[last].Ints[i], columns[last+1].Ints[i] = start, end
	}
	for _, c := range cells {
		c.set(nil)
	}
	return nil
}

// timeBytes is how long a time is that a key begins with.
const timeBytes = 9
