package flow

import (
	"bytes"
	"errors"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// tableScan makes changes of a table's records: a row takes the one of its key
// back that was there before.
type tableScan struct {
	flow  *shard
	table *table
	key   []int
	out   *emitter
	bytes []byte
}

func newTableScan(f *shard, n *sqlang.Scan, to port) *tableScan {
	s := &tableScan{flow: f, table: f.store.table(), key: n.Key, out: newEmitter(f, typesOf(n.Columns))}
	s.out.to = to
	return s
}

var errKey = errors.New("the key of the record is null")

func (s *tableScan) push(_ int, b *column.Batch, sel []int32) error {
	for _, i := range sel {
		if !s.keyOf(b, i) {
			s.flow.failed = append(s.flow.failed, Failed{s.flow.originOf(b, int(i)), weir.Errorf(weir.Invalid, "%s", errKey)})
			continue
		}
		c := s.table.cell(s.bytes)
		var now []byte
		if b.Weight(int(i)) > 0 {
			s.bytes = appendRow(s.bytes[:0], b.Columns, int(i))
			now = s.bytes
		}
		if err := s.replace(c, now, b, i); err != nil {
			return err
		}
	}
	return s.out.flush()
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

func (s *tableScan) replace(c *cell, now []byte, b *column.Batch, i int32) error {
	old := c.value
	switch {
	case old == nil && now == nil:
		c.touch() // an empty cell leaves when the state is kept
		return nil
	case bytes.Equal(old, now):
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
