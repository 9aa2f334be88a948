package flow

import (
	"bytes"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// sink is where the rows of a result end.
type sink interface {
	operator
	begin()
	waiting() int // rows that end has to do with
	end() ([]*column.Batch, error)
}

func newSink(f *shard, plan *sqlang.Plan) (sink, error) {
	if plan.Mode == sqlang.Append {
		return &appendSink{flow: f}, nil
	}
	for _, k := range plan.Key {
		if k < 0 || k >= len(plan.Columns) {
			return nil, weir.Errorf(weir.Internal, "the plan's key has no column %d", k)
		}
	}
	return &upsertSink{flow: f, key: plan.Key, out: newEmitter(f, typesOf(plan.Columns)), keys: map[string]int{}}, nil
}

// appendSink collects the rows of a stream: a row that is there twice is two.
type appendSink struct {
	flow *shard
	out  []*column.Batch
	more int // rows of this step that are there besides the first of each
}

func (s *appendSink) waiting() int { return 0 }

func (s *appendSink) begin() { s.out, s.more = s.out[:0], 0 }

func (s *appendSink) push(_ int, b *column.Batch, sel []int32) error {
	again := false
	for _, i := range sel {
		switch w := b.Weight(int(i)); {
		case w <= 0:
			return weir.Errorf(weir.Internal, "a row of a stream was taken back")
		case w > 1:
			again = true
			s.more += int(w) - 1
		}
	}
	if s.more > maxOut {
		return errTooMany()
	}
	if again {
		s.each(b, sel)
		return nil
	}
	s.out = append(s.out, s.flow.dense(b, sel))
	return nil
}

// each collects rows as often as they are there.
func (s *appendSink) each(b *column.Batch, sel []int32) {
	times := s.flow.pool.sel(column.Rows)
	flush := func() {
		one := s.flow.gather(b, times)
		for i := range one.Weights {
			one.Weights[i] = 1
		}
		s.out, times = append(s.out, one), times[:0]
	}
	for _, i := range sel {
		for range b.Weight(int(i)) {
			if times = append(times, i); len(times) == column.Rows {
				flush()
			}
		}
	}
	if len(times) > 0 {
		flush()
	}
	s.flow.pool.releaseSel(times)
}

func (s *appendSink) end() ([]*column.Batch, error) { return s.out, nil }

// upsertSink folds what comes and goes to the row that each key has at the end.
type upsertSink struct {
	flow  *shard
	key   []int
	out   *emitter
	keys  map[string]int // of folds
	folds []fold
	bytes []byte
}

// fold is what happened to the row of a key within one step: each different row
// once.
type fold struct {
	first, second folded // mostly the row before, and the one now
	more          []folded
}

type folded struct {
	row    []byte
	weight int32
	cause
}

func (s *upsertSink) waiting() int { return len(s.folds) }

func (s *upsertSink) begin() {
	clear(s.keys)
	clear(s.folds)
	s.folds = s.folds[:0]
	s.out.begin()
}

func (s *upsertSink) push(_ int, b *column.Batch, sel []int32) error {
	for _, i := range sel {
		s.bytes = s.bytes[:0]
		for _, k := range s.key {
			s.bytes = appendKey(s.bytes, b.Columns[k], int(i))
		}
		at, ok := s.keys[string(s.bytes)]
		if !ok {
			at = len(s.folds)
			s.keys[string(s.bytes)] = at
			s.folds = append(s.folds, fold{})
		}
		s.bytes = appendRow(s.bytes[:0], b.Columns, int(i))
		s.folds[at].add(s.bytes, b, i, &s.flow.pool.text)
	}
	return nil
}

// add counts a row. Equal rows are one.
func (f *fold) add(row []byte, b *column.Batch, i int32, text *arena) {
	r := f.find(row)
	if r.row == nil {
		r.row = text.close(append(text.open(), row...))
	}
	r.weight += b.Weight(int(i))
	r.cause = causeOf(b, i)
}

// find is the place of a row, which may be a new one.
func (f *fold) find(row []byte) *folded {
	for _, r := range [2]*folded{&f.first, &f.second} {
		if r.row == nil || bytes.Equal(r.row, row) {
			return r
		}
	}
	for k := range f.more {
		if bytes.Equal(f.more[k].row, row) {
			return &f.more[k]
		}
	}
	f.more = append(f.more, folded{})
	return &f.more[len(f.more)-1]
}

// last is the row that is there at the end, or the one that went.
func (f *fold) last() *folded {
	var gone *folded
	for k := len(f.more) - 1; k >= -2; k-- {
		r := &f.first
		if k >= 0 {
			r = &f.more[k]
		} else if k == -1 {
			r = &f.second
		}
		switch {
		case r.weight > 0:
			return r
		case r.weight < 0 && gone == nil:
			gone = r
		}
	}
	return gone
}

func (s *upsertSink) end() ([]*column.Batch, error) {
	var out []*column.Batch
	s.out.to = port{to: collector{&out}}
	for k := range s.folds {
		r := s.folds[k].last()
		if r == nil {
			continue
		}
		if err := s.emit(r); err != nil {
			return nil, err
		}
	}
	return out, s.out.flush()
}

func (s *upsertSink) emit(r *folded) error {
	i, err := s.out.row(max(min(r.weight, 1), -1), r.cause)
	if err != nil {
		return err
	}
	readRow(r.row, s.out.columns, i)
	if r.weight < 0 {
		for k, v := range s.out.columns {
			if !slices.Contains(s.key, k) {
				v.null(i)
			}
		}
	}
	return nil
}

// collector keeps batches.
type collector struct{ out *[]*column.Batch }

func (c collector) push(_ int, b *column.Batch, _ []int32) error {
	*c.out = append(*c.out, b)
	return nil
}

// dense is the selected rows of b alone.
func (f *shard) dense(b *column.Batch, sel []int32) *column.Batch {
	if len(sel) == b.N {
		return b
	}
	return f.gather(b, sel)
}

// gather is the rows of b that sel names, in that order.
func (f *shard) gather(b *column.Batch, sel []int32) *column.Batch {
	out := &column.Batch{N: len(sel), Columns: make([]*column.Vector, len(b.Columns))}
	for i, c := range b.Columns {
		v := f.pool.take(c.Type, len(sel))
		v.gather(c, sel)
		out.Columns[i] = &v.Vector
	}
	out.Weights, out.From, out.Time = pick(&f.pool.int32s, b.Weights, sel), pick(&f.pool.origins, b.From, sel), pick(&f.pool.int64s, b.Time, sel)
	out.Made = pick(&f.pool.made, b.Made, sel)
	return out
}

// pick is the selected ones of s; nil of nil.
func pick[T any](from *slab[T], s []T, sel []int32) []T {
	if s == nil {
		return nil
	}
	out := from.take(len(sel))
	for i, j := range sel {
		out[i] = s[j]
	}
	return out
}
