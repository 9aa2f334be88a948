package flow

import (
	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// maxOut is how many rows an operator gives in one step at most.
const maxOut = 1 << 20

// emitter makes batches row by row.
type emitter struct {
	flow    *shard
	types   []column.Type
	to      port
	columns []*vec
	batch   *column.Batch
	given   int // rows of this step
}

func newEmitter(f *shard, types []column.Type) *emitter {
	e := &emitter{flow: f, types: types}
	f.emits = append(f.emits, e)
	return e
}

func typesOf(columns []sqlang.Column) []column.Type {
	out := make([]column.Type, len(columns))
	for i, c := range columns {
		out[i] = c.Type
	}
	return out
}

func errTooMany() error {
	return weir.Errorf(weir.Limit, "one step of the query gives more than %d rows", maxOut).
		WithFix("join on more columns, or on ones that have more different values")
}

// begin forgets what a step that failed left.
func (e *emitter) begin() { e.batch, e.given = nil, 0 }

// row begins a row that c made, and says which one of e.columns it is. Its values
// are to be set.
func (e *emitter) row(weight int32, c cause) (int32, error) {
	if e.batch != nil && e.batch.N == column.Rows {
		if err := e.flush(); err != nil {
			return 0, err
		}
	}
	if e.given++; e.given > maxOut {
		return 0, errTooMany()
	}
	if e.batch == nil {
		e.open()
	}
	b := e.batch
	i := b.N
	b.N++
	b.Weights[i], b.From[i], b.Time[i], b.Made[i] = weight, c.origin, c.time, c.made
	return int32(i), nil
}

func (e *emitter) open() {
	p := &e.flow.pool
	e.batch = &column.Batch{Weights: p.int32s.take(column.Rows), From: p.origins.take(column.Rows), Time: p.int64s.take(column.Rows), Made: p.made.take(column.Rows)}
	e.columns = e.columns[:0]
	for _, t := range e.types {
		e.columns = append(e.columns, p.take(t, column.Rows))
	}
}

// flush gives the rows on.
func (e *emitter) flush() error {
	b := e.batch
	if b == nil {
		return nil
	}
	e.batch = nil
	b.Weights, b.From, b.Time, b.Made = b.Weights[:b.N], b.From[:b.N], b.Time[:b.N], b.Made[:b.N]
	for _, v := range e.columns {
		v.cut(b.N)
		b.Columns = append(b.Columns, &v.Vector)
	}
	return e.to.push(b, e.flow.pool.all(b.N))
}

func originAt(b *column.Batch, i int32) column.Origin {
	if b.From == nil {
		return column.Origin{Partition: -1, Offset: -1}
	}
	return b.From[i]
}

func timeAt(b *column.Batch, i int32) int64 {
	if b.Time == nil {
		return 0
	}
	return b.Time[i]
}
