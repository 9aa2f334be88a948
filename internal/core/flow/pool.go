package flow

import "github.com/weirmesh/weir/internal/core/column"

// Bounds of the texts that steps make.
const (
	chunkBytes = 64 << 10
	keptBytes  = 4 << 20   // from step to step
	stepBytes  = 512 << 20 // in one step
)

// vec is a vector of the flow's own, or a header of one that is not.
type vec struct {
	column.Vector
	mask   []bool // becomes Null once a row is null
	pooled bool   // the pool made it
	taken  bool   // and somebody uses it
}

// null takes the value of row i away.
func (v *vec) null(i int32) {
	if v.Null == nil {
		n := v.Len()
		if cap(v.mask) < n {
			v.mask = make([]bool, n)
		}
		v.Null = v.mask[:n]
		clear(v.Null)
	}
	v.SetNull(int(i))
}

// nullsOf makes null what is null in any of others.
func (v *vec) nullsOf(other *vec, sel []int32) {
	if other.Null == nil {
		return
	}
	for _, i := range sel {
		if other.Null[i] {
			v.null(i)
		}
	}
}

// set makes row i what row j of from is.
func (v *vec) set(i int32, from *column.Vector, j int32) {
	if from.IsNull(int(j)) {
		v.null(i)
		return
	}
	v.Set(int(i), from, int(j))
}

// cut leaves the first n rows.
func (v *vec) cut(n int) {
	null := v.Null
	v.Resize(n)
	if null != nil {
		v.Null = null[:n]
	}
}

// copyRows takes over the rows that sel names.
func (v *vec) copyRows(from *column.Vector, sel []int32) {
	for _, i := range sel {
		v.set(i, from, i)
	}
}

// gather makes v the rows of from that sel names, in that order.
func (v *vec) gather(from *column.Vector, sel []int32) {
	if from.Null != nil && cap(v.mask) < len(sel) {
		v.mask = make([]bool, len(sel))
	}
	v.Null = v.mask
	v.Gather(from, sel)
}

// pool has what a step computes with. All of it is free again at the next step;
// what an expression is done with is free at once.
type pool struct {
	vecs  []*vec
	free  [4][]*vec // by column.Store
	sels  [][]int32 // free
	ident []int32   // 0, 1, 2, ...
	text  arena

	ranges ranges

	origins slab[column.Origin]
	made    slab[[]column.Range]
	int32s  slab[int32]
	int64s  slab[int64]
}

// slab lends slices until the next step.
type slab[T any] struct {
	made [][]T
	used int
}

func (s *slab[T]) take(n int) []T {
	if s.used == len(s.made) {
		s.made = append(s.made, nil)
	}
	at := s.used
	s.used++
	if cap(s.made[at]) < n {
		s.made[at] = make([]T, max(n, column.Rows))
	}
	return s.made[at][:n]
}

// keptVectors is how many vectors a pool has from step to step, about.
const keptVectors = 2048

// reset makes all free.
func (p *pool) reset() {
	if len(p.vecs) > keptVectors {
		*p = pool{ident: p.ident}
	}
	for _, v := range p.vecs {
		p.release(v)
	}
	p.text.reset()
	p.ranges.reset()
	p.origins.used, p.made.used, p.int32s.used, p.int64s.used = 0, 0, 0, 0
}

// take gives a vector of n rows with any values, none of them null.
func (p *pool) take(t column.Type, n int) *vec {
	s := t.Kind.Store()
	var v *vec
	if k := len(p.free[s]); k > 0 {
		v, p.free[s] = p.free[s][k-1], p.free[s][:k-1]
	} else {
		v = &vec{pooled: true}
		p.vecs = append(p.vecs, v)
	}
	v.Type, v.taken = t, true
	v.Resize(n)
	return v
}

// release gives a vector back, unless it is somebody else's.
func (p *pool) release(v *vec) {
	if !v.pooled || !v.taken {
		return
	}
	v.taken = false
	s := v.Kind.Store()
	p.free[s] = append(p.free[s], v)
}

// all selects n rows.
func (p *pool) all(n int) []int32 {
	for i := len(p.ident); i < n; i++ {
		p.ident = append(p.ident, int32(i))
	}
	return p.ident[:n]
}

// sel gives an empty selection with room for n rows.
func (p *pool) sel(n int) []int32 {
	if k := len(p.sels); k > 0 {
		s := p.sels[k-1]
		p.sels = p.sels[:k-1]
		if cap(s) >= n {
			return s[:0]
		}
	}
	return make([]int32, 0, max(n, column.Rows))
}

func (p *pool) releaseSel(s []int32) { p.sels = append(p.sels, s) }

// arena holds the bytes of texts that a step makes.
type arena struct {
	full  [][]byte
	cur   []byte
	spare [][]byte
	used  int // bytes of this step
}

func (a *arena) reset() {
	for _, c := range a.full {
		if len(a.spare)*chunkBytes < keptBytes && cap(c) == chunkBytes {
			a.spare = append(a.spare, c[:0])
		}
	}
	a.full, a.cur, a.used = a.full[:0], a.cur[:0], 0
}

// open gives room to append to; what was appended goes to close.
func (a *arena) open() []byte {
	if cap(a.cur)-len(a.cur) < 256 {
		if a.cur != nil {
			a.full = append(a.full, a.cur)
		}
		if k := len(a.spare); k > 0 {
			a.cur, a.spare = a.spare[k-1], a.spare[:k-1]
		} else {
			a.cur = make([]byte, 0, chunkBytes)
		}
	}
	return a.cur[len(a.cur):]
}

// close keeps b, which grew from what open gave.
func (a *arena) close(b []byte) []byte {
	a.used += len(b)
	if n := len(a.cur); len(b) <= cap(a.cur)-n {
		a.cur = a.cur[:n+len(b)]
	}
	return b[:len(b):len(b)]
}
