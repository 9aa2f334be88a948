package flow

import (
	"cmp"

	"github.com/weirmesh/weir/internal/core/column"
)

// Rows that several shards have worked on are put into the order in which one
// would have had them: that of the records that they follow.

// inOrder does it with the rows of a stream that came out.
func (f *Flow) inOrder(lists [][]parcel) {
	if inTurn(lists) {
		return
	}
	rows := merge(lists)
	f.out = f.out[:0]
	for from := 0; from < len(rows); from += column.Rows {
		f.out = append(f.out, f.shards[0].pool.gathered(rows[from:min(from+column.Rows, len(rows))]))
	}
}

// placed is a row of a batch.
type placed struct {
	batch *column.Batch
	row   int32
}

func (p placed) from() column.Origin { return originAt(p.batch, p.row) }

func compareOrigins(a, b column.Origin) int {
	return cmp.Or(cmp.Compare(a.Input, b.Input), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
}

// inTurn reports whether lists, each of which is in order, are so one behind the
// other.
func inTurn(lists [][]parcel) bool {
	for k := 1; k < len(lists); k++ {
		last, first := lists[k-1][len(lists[k-1])-1], lists[k][0]
		if compareOrigins(placed{last.batch, last.sel[len(last.sel)-1]}.from(), placed{first.batch, first.sel[0]}.from()) > 0 {
			return false
		}
	}
	return true
}

// merge puts the rows of lists into one order; those that follow the same record
// stay in the order of the lists.
func merge(lists [][]parcel) (out []placed) {
	heads := make([][]placed, 0, len(lists))
	for _, l := range lists {
		var rows []placed
		for _, p := range l {
			for _, i := range p.sel {
				rows = append(rows, placed{p.batch, i})
			}
		}
		heads = append(heads, rows)
	}
	for {
		first := -1
		for k, h := range heads {
			if len(h) > 0 && (first < 0 || compareOrigins(h[0].from(), heads[first][0].from()) < 0) {
				first = k
			}
		}
		if first < 0 {
			return out
		}
		out, heads[first] = append(out, heads[first][0]), heads[first][1:]
	}
}

// gathered is a batch of rows of others.
func (p *pool) gathered(rows []placed) *column.Batch {
	n := len(rows)
	out := &column.Batch{N: n, Weights: p.int32s.take(n), From: p.origins.take(n), Time: p.int64s.take(n), Made: p.made.take(n)}
	for k, c := range rows[0].batch.Columns {
		v := p.take(c.Type, n)
		for i, r := range rows {
			v.set(int32(i), r.batch.Columns[k], r.row)
		}
		out.Columns = append(out.Columns, &v.Vector)
	}
	for i, r := range rows {
		c := causeOf(r.batch, r.row)
		out.Weights[i], out.From[i], out.Time[i], out.Made[i] = r.batch.Weight(int(r.row)), c.origin, c.time, c.made
	}
	return out
}
