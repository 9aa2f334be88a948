package flow

import (
	"slices"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// windowFirst is what a top is partitioned by, the end of the window first if its
// rows are in windows that are open: their first rows come when the window is
// over.
func windowFirst(n *sqlang.Top) ([]*sqlang.Expr, bool) {
	ends := windowEnds(n.Of)
	i := slices.IndexFunc(n.Partition, func(e *sqlang.Expr) bool { return refersTo([]*sqlang.Expr{e}, ends) })
	if i < 0 || final(n.Of) {
		return n.Partition, false
	}
	return slices.Concat(n.Partition[i:i+1], n.Partition[:i], n.Partition[i+1:]), true
}

// keyEnd is the end of the window that a key begins with.
func keyEnd(key string) int64 { return int64(beUint64(key[1:]) ^ 1<<63) }

// close gives the first rows of the windows that end at or before the watermark,
// and forgets them.
func (o *top) close(watermark int64) error {
	var over []string
	for key := range o.parts {
		if keyEnd(key) <= watermark {
			over = append(over, key)
		}
	}
	slices.Sort(over)
	for _, key := range over {
		c := &topChange{key: key, cause: cause{time: keyEnd(key)}}
		for rank, row := range o.first(key) {
			c.origin = lastOf(row.made)
			if err := o.emit(c, row, rank, 1); err != nil {
				return err
			}
		}
		for _, c := range slices.Clone(o.parts[key]) {
			c.set(nil)
		}
	}
	return o.out.flush()
}
