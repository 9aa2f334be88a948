package flow

import (
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// sink collects what comes out of a stream: dense batches.
type sink struct {
	flow *Flow
	out  []*column.Batch
}

func newSink(f *Flow, _ *sqlang.Plan) (*sink, error) { return &sink{flow: f}, nil }

func (s *sink) begin() { s.out = s.out[:0] }

func (s *sink) push(_ int, b *column.Batch, sel []int32) error {
	s.out = append(s.out, s.flow.dense(b, sel))
	return nil
}

func (s *sink) end() ([]*column.Batch, error) { return s.out, nil }

// dense is the selected rows of b alone.
func (f *Flow) dense(b *column.Batch, sel []int32) *column.Batch {
	if len(sel) == b.N {
		return b
	}
	out := &column.Batch{N: len(sel), Columns: make([]*column.Vector, len(b.Columns))}
	for i, c := range b.Columns {
		v := f.pool.take(c.Type, len(sel))
		v.gather(c, sel)
		out.Columns[i] = &v.Vector
	}
	out.Weights, out.From, out.Time = pick(b.Weights, sel), pick(b.From, sel), pick(b.Time, sel)
	return out
}

// pick is the selected ones of s; nil of nil.
func pick[T any](s []T, sel []int32) []T {
	if s == nil {
		return nil
	}
	out := make([]T, len(sel))
	for i, j := range sel {
		out[i] = s[j]
	}
	return out
}
