package flow

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// What a row is made of is a list of ranges, one for each partition of each
// input, in their order. A list never changes once it is made, and is valid
// until the step ends; state keeps it as bytes.

// cause is why an operator gives a row: the record that came, its time, and what
// the row is made of; nil: of that record alone.
type cause struct {
	origin column.Origin
	time   int64
	made   []column.Range
}

func causeOf(b *column.Batch, i int32) cause {
	c := cause{origin: originAt(b, i), time: timeAt(b, i)}
	if b.Made != nil {
		c.made = b.Made[i]
	}
	return c
}

// ranges lends room for lists until the next step.
type ranges struct {
	full [][]column.Range
	cur  []column.Range
}

// rangesAtOnce is how many ranges there is room for at a time.
const rangesAtOnce = 2048

func (r *ranges) reset() { r.full, r.cur = nil, r.cur[:0] }

// take gives an empty list with room for n.
func (r *ranges) take(n int) []column.Range {
	if cap(r.cur)-len(r.cur) < n {
		r.full = append(r.full, r.cur)
		r.cur = make([]column.Range, 0, max(n, rangesAtOnce))
	}
	at := len(r.cur)
	r.cur = r.cur[:at+n]
	return r.cur[at : at : at+n]
}

// one is the list of a single record; none of a row of no record.
func (r *ranges) one(o column.Origin) []column.Range {
	if o.Offset < 0 {
		return nil
	}
	return append(r.take(1), column.Range{Input: o.Input, Partition: o.Partition, First: o.Offset, Last: o.Offset, Count: 1})
}

// list is what a row is made of, in full.
func (f *shard) list(c cause) []column.Range {
	if c.made != nil {
		return c.made
	}
	return f.pool.ranges.one(c.origin)
}

// lastOf is the last record of the first range; none of none.
func lastOf(list []column.Range) column.Origin {
	if len(list) == 0 {
		return column.Origin{Partition: -1, Offset: -1}
	}
	return column.Origin{Input: list[0].Input, Partition: list[0].Partition, Offset: list[0].Last}
}

// spot is a partition of an input as a number that orders lists; what is not
// named is last.
func spot(input, partition int32) int64 { return int64(input)<<32 | int64(uint32(partition)) }

func spotOf(r column.Range) int64 {
	if r.Input == column.Further {
		return math.MaxInt64
	}
	return spot(r.Input, r.Partition)
}

// join is the range of both. Records that both may count are counted once.
func joinRanges(a, b column.Range) column.Range {
	count := max(a.Count, b.Count)
	if a.Last < b.First || b.Last < a.First || a.Input == column.Further {
		count = a.Count + b.Count
	}
	a.First, a.Last, a.Count = min(a.First, b.First), max(a.Last, b.Last), count
	return a
}

// both is the list of two.
func (f *shard) both(a, b []column.Range) []column.Range {
	if len(a) == 0 {
		return b
	}
	out := f.pool.ranges.take(len(a) + len(b) + 1)
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(spotOf(a[0]), spotOf(b[0])) {
		case -1:
			out, a = append(out, a[0]), a[1:]
		case 1:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, joinRanges(a[0], b[0])), a[1:], b[1:]
		}
	}
	return shorten(append(append(out, a...), b...))
}

// shorten names as many partitions as may be; of the others it counts the
// records.
func shorten(list []column.Range) []column.Range {
	if len(list) <= weir.MaxProvenance {
		return list
	}
	further := column.Range{Input: column.Further}
	for _, r := range list[weir.MaxProvenance:] {
		further.Count += r.Count
	}
	return append(list[:weir.MaxProvenance], further)
}

// appendMade appends a list as bytes.
func appendMade(dst []byte, list []column.Range) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, r := range list {
		dst = binary.AppendUvarint(dst, uint64(r.Input+1))
		dst = binary.AppendUvarint(dst, uint64(uint32(r.Partition)))
		dst = binary.AppendUvarint(dst, uint64(r.First))
		dst = binary.AppendUvarint(dst, uint64(r.Last-r.First))
		if r.Input == column.Further || r.Last > r.First {
			dst = binary.AppendUvarint(dst, uint64(r.Count))
		}
	}
	return dst
}

// cutMade reads what appendMade wrote, and gives what follows it.
func (f *shard) cutMade(b []byte) (list []column.Range, rest []byte) {
	next := func() int64 {
		v, w := binary.Uvarint(b)
		b = b[w:]
		return int64(v)
	}
	n := int(next())
	list = f.pool.ranges.take(n)
	for range n {
		r := column.Range{Input: int32(next()) - 1, Partition: int32(next()), First: next(), Count: 1}
		if r.Last = r.First + next(); r.Input == column.Further || r.Last > r.First {
			r.Count = next()
		}
		list = append(list, r)
	}
	return list, b
}

// skipMade gives what follows a list.
func skipMade(b []byte) []byte {
	n, w := binary.Uvarint(b)
	b = b[w:]
	for range n {
		input, w := binary.Uvarint(b)
		b = b[w:]
		for range 2 {
			_, w = binary.Uvarint(b)
			b = b[w:]
		}
		more, w := binary.Uvarint(b)
		if b = b[w:]; more > 0 || input == 0 {
			_, w = binary.Uvarint(b)
			b = b[w:]
		}
	}
	return b
}

// A bag keeps with a row what it was made of, behind its numbers.

// madeOf is what the row of a cell was made of.
func (f *shard) madeOf(c *cell) []column.Range {
	if b := behind(c); len(b) > 0 {
		list, _ := f.cutMade(b)
		return list
	}
	return nil
}

// behind is what stands behind the numbers of a cell.
func behind(c *cell) []byte {
	if c.value == nil {
		return nil
	}
	_, n := binary.Varint(c.value)
	_, m := binary.Varint(c.value[n:])
	return c.value[n+m:]
}

// came changes how often a row is there; when it comes again, it is made of more.
func (b *bag) came(f *shard, c *cell, by, other int64, why cause) {
	n := countOf(c) + by
	list := f.list(why)
	switch {
	case n == 0:
		c.set(nil)
		return
	case by < 0 && c.value != nil:
		b.put(c, n, other)
		return
	case c.value != nil:
		list = f.both(f.madeOf(c), list)
	}
	value := binary.AppendVarint(binary.AppendVarint(make([]byte, 0, 12), n), other)
	c.set(appendMade(value, list))
}

// A group keeps what it was made of behind its states: pieces of numbers, which
// change in place.
const (
	pieceSpot = 8 * iota
	pieceFirst
	pieceLast
	pieceCount
	pieceBytes
)

// remember adds what a row was made of to its group, whose value state is.
func (g *group) remember(c *cell, state []byte, why cause) {
	if why.made == nil {
		if o := why.origin; o.Offset >= 0 {
			g.piece(c, state, column.Range{Input: o.Input, Partition: o.Partition, First: o.Offset, Last: o.Offset, Count: 1})
		}
		return
	}
	for _, r := range why.made {
		state = g.piece(c, state, r)
	}
}

func (g *group) piece(c *cell, state []byte, r column.Range) []byte {
	whole := (len(state) - g.size) / pieceBytes
	key := spotOf(r)
	for at := g.size; at < len(state); at += pieceBytes {
		if p := state[at : at+pieceBytes]; getInt(p) == key {
			putPiece(p, joinRanges(pieceOf(p), r))
			return state
		}
	}
	if whole >= weir.MaxProvenance && r.Input != column.Further {
		return g.piece(c, state, column.Range{Input: column.Further, Count: r.Count})
	}
	state = append(state, make([]byte, pieceBytes)...)
	putPiece(state[len(state)-pieceBytes:], r)
	c.set(state)
	return state
}

func putPiece(p []byte, r column.Range) {
	putInt(p[pieceSpot:], spotOf(r))
	putInt(p[pieceFirst:], r.First)
	putInt(p[pieceLast:], r.Last)
	putInt(p[pieceCount:], r.Count)
}

func pieceOf(p []byte) column.Range {
	r := column.Range{Input: column.Further, First: getInt(p[pieceFirst:]), Last: getInt(p[pieceLast:]), Count: getInt(p[pieceCount:])}
	if key := getInt(p[pieceSpot:]); key != math.MaxInt64 {
		r.Input, r.Partition = int32(key>>32), int32(key)
	}
	return r
}

// madeOf is what a group was made of.
func (g *group) madeOf(c *cell) []column.Range {
	n := (len(c.value) - g.size) / pieceBytes
	out := g.flow.pool.ranges.take(n)
	for at := g.size; at < len(c.value); at += pieceBytes {
		out = append(out, pieceOf(c.value[at:]))
	}
	slices.SortFunc(out, func(a, b column.Range) int { return cmp.Compare(spotOf(a), spotOf(b)) })
	return out
}
