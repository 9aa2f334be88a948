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
	chunks [][]column.Range
	at     int // of the one that is in use
}

// Bounds of the room for lists: how many ranges at a time, and from step to step.
const (
	rangesAtOnce = 4096
	rangesKept   = 16
)

func (r *ranges) reset() {
	if len(r.chunks) > rangesKept {
		r.chunks = r.chunks[:rangesKept:rangesKept]
	}
	for k := range r.chunks {
		r.chunks[k] = r.chunks[k][:0]
	}
	r.at = 0
}

// take gives an empty list with room for n.
func (r *ranges) take(n int) []column.Range {
	for ; r.at < len(r.chunks); r.at++ {
		if c := r.chunks[r.at]; cap(c)-len(c) >= n {
			from := len(c)
			r.chunks[r.at] = c[:from+n]
			return c[from : from : from+n]
		}
	}
	r.chunks = append(r.chunks, make([]column.Range, n, max(n, rangesAtOnce)))
	return r.chunks[r.at][:0:n]
}

// one is the list of a single record; none of a row of no record.
func (r *ranges) one(o column.Origin) []column.Range {
	if o.Offset < 0 {
		return nil
	}
	return append(r.take(1), rangeOf(o))
}

// rangeOf is a single record.
func rangeOf(o column.Origin) column.Range {
	return column.Range{Input: o.Input, Partition: o.Partition, First: o.Offset, Last: o.Offset, Count: 1}
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

// joinRanges is the range of both. Records that both may count are counted once.
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

// cutMade reads what appendMade wrote, and gives what follows it. The list has
// room for one more.
func (f *shard) cutMade(b []byte) (list []column.Range, rest []byte) {
	n, w := binary.Uvarint(b)
	b = b[w:]
	list = f.pool.ranges.take(int(n) + 1)
	for range n {
		var v [4]uint64
		for k := range v {
			v[k], w = binary.Uvarint(b)
			b = b[w:]
		}
		r := column.Range{Input: int32(v[0]) - 1, Partition: int32(v[1]), First: int64(v[2]), Last: int64(v[2] + v[3]), Count: 1}
		if r.Input == column.Further || r.Last > r.First {
			v[0], w = binary.Uvarint(b)
			r.Count, b = int64(v[0]), b[w:]
		}
		list = append(list, r)
	}
	return list, b
}

// with is what a row is made of, and what another one is whose list is bytes; nil:
// there is none.
func (f *shard) with(why cause, stored []byte) []column.Range {
	if len(stored) == 0 {
		return f.list(why)
	}
	list, _ := f.cutMade(stored)
	if why.made != nil || why.origin.Offset < 0 {
		return f.both(why.made, list)
	}
	one := rangeOf(why.origin)
	at, same := slices.BinarySearchFunc(list, spotOf(one), func(r column.Range, s int64) int { return cmp.Compare(spotOf(r), s) })
	if same {
		list[at] = joinRanges(list[at], one)
		return list
	}
	return shorten(slices.Insert(list, at, one))
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
			g.piece(c, state, rangeOf(o))
		}
		return
	}
	for _, r := range why.made {
		state = g.piece(c, state, r)
	}
}

func (g *group) piece(c *cell, state []byte, r column.Range) []byte {
	state, grown := g.withPiece(state, r, false)
	if grown {
		c.set(state)
	}
	return state
}

// withPiece adds a range to the pieces of a state, and says whether that is
// another state now. apart: no record of the range is among the others.
func (g *group) withPiece(state []byte, r column.Range, apart bool) ([]byte, bool) {
	whole := (len(state) - g.size) / pieceBytes
	key := spotOf(r)
	for at := g.size; at < len(state); at += pieceBytes {
		if p := state[at : at+pieceBytes]; getInt(p) == key {
			both := joinRanges(pieceOf(p), r)
			if apart {
				both.Count = pieceOf(p).Count + r.Count
			}
			putPiece(p, both)
			return state, false
		}
	}
	if whole >= weir.MaxProvenance && r.Input != column.Further {
		return g.withPiece(state, column.Range{Input: column.Further, Count: r.Count}, apart)
	}
	state = append(state, make([]byte, pieceBytes)...)
	putPiece(state[len(state)-pieceBytes:], r)
	return state, true
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

// madeIn is what the group of a state was made of.
func (g *group) madeIn(state []byte) []column.Range {
	out := g.flow.pool.ranges.take((len(state) - g.size) / pieceBytes)
	for at := g.size; at < len(state); at += pieceBytes {
		out = append(out, pieceOf(state[at:]))
	}
	slices.SortFunc(out, func(a, b column.Range) int { return cmp.Compare(spotOf(a), spotOf(b)) })
	return out
}
