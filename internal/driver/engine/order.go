package engine

import (
	"cmp"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// queue is what an epoch read of one partition, in pieces.
type queue struct {
	table     bool
	input     int
	partition int32
	pieces    []chunk
}

// inTurn gives the pieces in which what an epoch read is computed. Those of tables
// come first, so that a lookup sees what was read with it. Then, of the pieces
// that are next in their partitions, always the one whose first record is the
// oldest: partitions and inputs are merged by time, about as fine as a piece is
// long, and each of them stays in its order.
func (r *run) inTurn(read []weir.Messages) []chunk {
	queues := r.queues(read)
	var out []chunk
	for len(queues) > 0 {
		next := 0
		for k, q := range queues {
			if compareQueues(q, queues[next]) < 0 {
				next = k
			}
		}
		q := queues[next]
		out = append(out, q.pieces[0])
		if q.pieces = q.pieces[1:]; len(q.pieces) == 0 {
			queues = slices.Delete(queues, next, next+1)
		}
	}
	return out
}

func (r *run) queues(read []weir.Messages) (queues []*queue) {
	for _, m := range read {
		k := slices.IndexFunc(queues, func(q *queue) bool { return q.input == m.Input && q.partition == m.Partition })
		if k < 0 {
			k = len(queues)
			queues = append(queues, &queue{table: r.in[m.Input].table, input: m.Input, partition: m.Partition})
		}
		for from := 0; from < len(m.Offsets); from += column.Rows {
			queues[k].pieces = append(queues[k].pieces, chunk{m, from, min(from+column.Rows, len(m.Offsets))})
		}
	}
	return slices.DeleteFunc(queues, func(q *queue) bool { return len(q.pieces) == 0 })
}

// compareQueues says whose piece is next.
func compareQueues(a, b *queue) int {
	if a.table != b.table {
		if a.table {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.time(), b.time()), cmp.Compare(a.input, b.input), cmp.Compare(a.partition, b.partition))
}

// time is that of the first record of the next piece.
func (q *queue) time() int64 { return q.pieces[0].m.Times[q.pieces[0].from] }
