package flow

import (
	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// filter lets the rows pass whose condition is true.
type filter struct {
	flow *shard
	cond expr
	to   port
}

func (o *filter) push(_ int, b *column.Batch, sel []int32) error {
	f := o.flow.frameOf(b)
	v := o.cond.eval(f, sel)
	_, yes := part(v, append(o.flow.pool.sel(len(sel)), sel...), o.flow.pool.sel(len(sel)))
	o.flow.pool.release(v)
	err := o.to.push(b, o.flow.settle(f, b, yes))
	o.flow.pool.releaseSel(yes)
	return err
}

// project computes columns.
type project struct {
	flow  *shard
	exprs []expr
	to    port
}

func (o *project) push(_ int, b *column.Batch, sel []int32) error {
	f := o.flow.frameOf(b)
	out := *b
	out.Columns = make([]*column.Vector, len(o.exprs))
	for i, e := range o.exprs {
		if r, ok := e.(*columnRef); ok {
			out.Columns[i] = b.Columns[r.column]
			continue
		}
		out.Columns[i] = &e.eval(f, sel).Vector
	}
	return o.to.push(&out, o.flow.settle(f, b, append(o.flow.pool.sel(len(sel)), sel...)))
}

// frameOf is the frame for expressions over b. There is one at a time.
func (f *shard) frameOf(b *column.Batch) *frame {
	f.frame = frame{pool: &f.pool, columns: b.Columns, n: b.N}
	return &f.frame
}

// settle leaves the rows out that failed, and says so. It changes sel.
func (f *shard) settle(fr *frame, b *column.Batch, sel []int32) []int32 {
	if fr.bad == 0 {
		return sel
	}
	for i, t := range fr.faults {
		if t.err != nil && b.Weight(i) > 0 {
			f.failed = append(f.failed, Failed{f.originOf(b, i), f.explain(t)})
		}
	}
	rest := sel[:0]
	for _, i := range sel {
		if fr.faults[i].err == nil {
			rest = append(rest, i)
		}
	}
	return rest
}

func (f *shard) originOf(b *column.Batch, i int) column.Origin {
	if b.From == nil {
		return column.Origin{Input: int32(f.input), Partition: -1, Offset: -1}
	}
	return b.From[i]
}

// explain is a fault as it is shown.
func (f *shard) explain(t fault) error {
	return weir.Errorf(weir.Invalid, "%s", t.err).At(place(f.plan.SQL, t.at))
}
