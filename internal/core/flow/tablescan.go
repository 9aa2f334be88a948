package flow

import (
	"bytes"
	"errors"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// tableScan makes changes of a table's records: a row takes the one of its key
// back that was there before. A row for which a condition is not true is as good
// as none, and not remembered.
type tableScan struct {
	flow  *shard
	table *table
	key   []int
	cond  expr // nil: none
	out   *emitter
	bytes []byte
}

func newTableScan(f *shard, n *sqlang.Scan, cond expr, to port) *tableScan {
	s := &tableScan{flow: f, table: f.store.table(), key: n.Key, cond: cond, out: newEmitter(f, typesOf(n.Columns))}
	s.out.to = to
	return s
}

var errKey = errors.New("the key of the record is null")

func (s *tableScan) push(_ int, b *column.Batch, sel []int32) error {
	rows := s.rows(b, sel)
	defer s.flow.pool.releaseSel(rows)
	next := 0
	for _, i := range sel {
		is := next < len(rows) && rows[next] == i
		if is {
			next++
		}
		if !s.keyOf(b, i) {
			s.flow.failed = append(s.flow.failed, Failed{s.flow.originOf(b, int(i)), weir.Errorf(weir.Invalid, "%s", errKey)})
			continue
		}
		if err := s.replace(is, b, i); err != nil {
			return err
		}
	}
	return s.out.flush()
}

// rows are those that the table has from now on.
func (s *tableScan) rows(b *column.Batch, sel []int32) []int32 {
	rows := s.flow.pool.sel(len(sel))
	for _, i := range sel {
		if b.Weight(int(i)) > 0 && (s.cond == nil || s.keyOf(b, i)) {
			rows = append(rows, i)
		}
	}
	if s.cond == nil {
		return rows
	}
	f := s.flow.frameOf(b)
	v := s.cond.eval(f, rows)
	_, yes := part(v, rows, s.flow.pool.sel(len(rows)))
	s.flow.pool.release(v)
	s.flow.pool.releaseSel(rows)
	return s.flow.settle(f, b, yes)
}

// keyOf makes the key of a row and says whether it has one.
func (s *tableScan) keyOf(b *column.Batch, i int32) bool {
	s.bytes = s.bytes[:0]
	for _, k := range s.key {
		if b.Columns[k].IsNull(int(i)) {
			return false
		}
		s.bytes = appendKey(s.bytes, b.Columns[k], int(i))
	}
	return true
}

// replace makes a row the one of its key, whose bytes are there already, or takes
// that away.
func (s *tableScan) replace(is bool, b *column.Batch, i int32) error {
	c := s.table.get(s.bytes)
	if c == nil && !is {
		return nil
	}
	if c == nil {
		c = s.table.cell(s.bytes)
	}
	old, now := c.value, []byte(nil)
	if is {
		s.bytes = appendRow(s.bytes[:0], b.Columns, int(i))
		now = s.bytes
	}
	if bytes.Equal(old, now) {
		return nil
	}
	c.set(bytes.Clone(now))
	if err := s.emit(old, -1, b, i); err != nil {
		return err
	}
	return s.emit(c.value, 1, b, i)
}

func (s *tableScan) emit(row []byte, weight int32, b *column.Batch, i int32) error {
	if row == nil {
		return nil
	}
	at, err := s.out.row(weight, causeOf(b, i))
	if err != nil {
		return err
	}
	readRow(row, s.out.columns, at)
	return nil
}
