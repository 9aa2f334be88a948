package flow

import (
	"slices"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// exchange gives each row to the shard that its key belongs to. Rows of one key
// come to it in the order of the shards that they come from, which is that of the
// batch that entered.
type exchange struct {
	flow  *shard
	key   []expr
	to    port       // of this shard
	boxes [][]parcel // for each shard
	rows  int        // in them

	bytes  []byte
	sels   [][]int32 // lent until the step ends
	values []*vec
}

// parcel is some rows of a batch.
type parcel struct {
	batch *column.Batch
	sel   []int32
}

// shardOf is the shard that a key belongs to, by its bytes (FNV-1a, mixed).
func shardOf[T string | []byte](key T, shards int) int {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return int((h >> 32) * uint64(shards) >> 32)
}

// buildBy builds a node whose rows shall come together by keys, which are those
// of the state that they meet in.
func (b builder) buildBy(n sqlang.Node, keys []*sqlang.Expr, to port) error {
	x, err := b.exchange(n, keys, to)
	if err != nil {
		return err
	}
	if x == nil {
		return b.build(n, to)
	}
	if err := b.build(n, port{to: x}); err != nil {
		return err
	}
	b.flow.works = append(b.flow.works, work{from: x})
	return nil
}

// enterBy lets the rows of a scan enter, each in the shard of its key.
func (b builder) enterBy(n *sqlang.Scan, keys []*sqlang.Expr, to port) error {
	x, err := b.exchange(n, keys, to)
	if err != nil {
		return err
	}
	if x == nil {
		b.enter(n, to)
		return nil
	}
	b.enter(n, port{to: x})
	b.flow.works = append(b.flow.works, work{from: x})
	return nil
}

// exchange is one; nil if there is one shard alone.
func (b builder) exchange(n sqlang.Node, keys []*sqlang.Expr, to port) (*exchange, error) {
	if b.flow.of == 1 {
		return nil, nil
	}
	key, err := b.compiler(n).compileAll(keys)
	return &exchange{flow: b.flow, key: key, to: to, boxes: make([][]parcel, b.flow.of)}, err
}

func (x *exchange) begin() {
	for k := range x.boxes {
		clear(x.boxes[k])
		x.boxes[k] = x.boxes[k][:0]
	}
	for _, s := range x.sels {
		x.flow.pool.releaseSel(s)
	}
	x.sels, x.rows = x.sels[:0], 0
}

func (x *exchange) push(_ int, b *column.Batch, sel []int32) error {
	f := x.flow.frameOf(b)
	keys := evalAll(x.key, f, sel, x.values[:0])
	sel = x.flow.settle(f, b, append(x.flow.pool.sel(len(sel)), sel...))
	first := len(x.sels)
	for range x.boxes {
		x.sels = append(x.sels, x.flow.pool.sel(len(sel)))
	}
	parts := x.sels[first:]
	for _, i := range sel {
		x.bytes, _ = appendKeys(x.bytes[:0], keys, i)
		k := shardOf(x.bytes, len(parts))
		parts[k] = append(parts[k], i)
	}
	for k, part := range parts {
		if len(part) > 0 {
			x.boxes[k] = append(x.boxes[k], parcel{b, part})
		}
	}
	x.rows += len(sel)
	x.flow.pool.releaseSel(sel)
	for _, v := range keys {
		x.flow.pool.release(v)
	}
	x.values = keys
	return nil
}

// take gives on what all shards have for this one, in the order of the records
// that the rows follow. at is which of their works it is.
func (x *exchange) take(at int, all []*shard) error {
	var lists [][]parcel
	for _, s := range all {
		if box := s.works[at].from.boxes[x.flow.number]; len(box) > 0 {
			lists = append(lists, box)
		}
	}
	if inTurn(lists) {
		for _, p := range slices.Concat(lists...) {
			if err := x.to.push(p.batch, p.sel); err != nil {
				return err
			}
		}
		return nil
	}
	for rows := range slices.Chunk(merge(lists), column.Rows) {
		b := x.flow.pool.gathered(rows)
		if err := x.to.push(b, x.flow.pool.all(b.N)); err != nil {
			return err
		}
	}
	return nil
}

// refsTo are columns as expressions.
func refsTo(columns []sqlang.Column, which []int) (refs []*sqlang.Expr) {
	for _, k := range which {
		refs = append(refs, &sqlang.Expr{Kind: sqlang.ColumnRef, Type: columns[k].Type, Nullable: columns[k].Nullable, Column: k})
	}
	return refs
}

// togetherBy reports whether rows of a node that agree in some columns come out
// of the same shard.
func togetherBy(n sqlang.Node, columns []int) bool {
	by, ok := apart(n)
	return ok && !slices.ContainsFunc(by, func(c int) bool { return !slices.Contains(columns, c) })
}

// apart are the columns of a node by which its rows are in shards; false: by
// something else.
func apart(n sqlang.Node) ([]int, bool) {
	switch n := n.(type) {
	case *sqlang.Scan:
		return n.Key, n.Table
	case *sqlang.Filter:
		return apart(n.Of)
	case *sqlang.Project:
		by, ok := apart(n.Of)
		return found(n.Exprs, by, ok)
	case *sqlang.Group:
		if p, ok := panesOf(n); ok {
			return p.others, true
		}
		by := make([]int, len(n.Keys))
		for k := range by {
			by[k] = k
		}
		return by, true
	case *sqlang.Top:
		return columnsIn(n.Partition)
	case *sqlang.Join:
		if n.Lookup {
			return nil, false
		}
		return columnsIn(n.LeftKey)
	}
	return nil, false
}

// columnsIn are expressions that are columns as they are.
func columnsIn(es []*sqlang.Expr) (columns []int, ok bool) {
	for _, e := range es {
		if e.Kind != sqlang.ColumnRef {
			return nil, false
		}
		columns = append(columns, e.Column)
	}
	return columns, true
}

// found is which expressions are some columns; false if one is not there.
func found(es []*sqlang.Expr, columns []int, ok bool) (at []int, all bool) {
	for _, c := range columns {
		k := slices.IndexFunc(es, func(e *sqlang.Expr) bool { return e.Kind == sqlang.ColumnRef && e.Column == c })
		if k < 0 {
			return nil, false
		}
		at = append(at, k)
	}
	return at, ok
}
