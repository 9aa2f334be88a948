package flow

import (
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// lazyForms ask for an argument only at the rows that need it, so that one that
// does not count cannot fail a row.
var lazyForms = map[string]func(e *sqlang.Expr, args []expr) (expr, error){
	"and":      func(_ *sqlang.Expr, args []expr) (expr, error) { return &junction{args: args, end: 0}, nil },
	"or":       func(_ *sqlang.Expr, args []expr) (expr, error) { return &junction{args: args, end: 1}, nil },
	"coalesce": func(e *sqlang.Expr, args []expr) (expr, error) { return &coalesce{typ: e.Type, args: args}, nil },
	"in":       makeIn,
}

// junction is AND or OR of any number of arguments: end is what decides it.
type junction struct {
	args []expr
	end  int64
}

func (j *junction) eval(f *frame, sel []int32) *vec {
	out := f.pool.take(column.Type{Kind: column.Bool}, f.n)
	fill(out.Ints, 1-j.end, sel)
	open := append(f.pool.sel(len(sel)), sel...)
	for _, a := range j.args {
		if len(open) == 0 {
			break
		}
		v := a.eval(f, open)
		open = j.fold(out, v, open)
		f.pool.release(v)
	}
	f.pool.releaseSel(open)
	return out
}

// fold takes one argument in and gives the rows that are still open.
func (j *junction) fold(out, v *vec, open []int32) []int32 {
	rest := open[:0]
	for _, i := range open {
		switch {
		case v.IsNull(int(i)):
			out.null(i)
		case v.Ints[i] == j.end:
			if out.Null != nil {
				out.Null[i] = false
			}
			out.Ints[i] = j.end
			continue
		}
		rest = append(rest, i)
	}
	return rest
}

// coalesce is the first argument that is not null.
type coalesce struct {
	typ  column.Type
	args []expr
}

func (c *coalesce) eval(f *frame, sel []int32) *vec {
	out := f.pool.take(c.typ, f.n)
	open := append(f.pool.sel(len(sel)), sel...)
	for _, a := range c.args {
		if len(open) == 0 {
			break
		}
		v := a.eval(f, open)
		rest := open[:0]
		for _, i := range open {
			if v.IsNull(int(i)) {
				rest = append(rest, i)
			} else {
				out.Set(int(i), &v.Vector, int(i))
			}
		}
		open = rest
		f.pool.release(v)
	}
	for _, i := range open {
		out.null(i)
	}
	f.pool.releaseSel(open)
	return out
}

// caseOf is CASE: condition, value, condition, value, ..., else.
type caseOf struct {
	typ  column.Type
	args []expr
}

func (c *caseOf) eval(f *frame, sel []int32) *vec {
	out := f.pool.take(c.typ, f.n)
	open := append(f.pool.sel(len(sel)), sel...)
	met := f.pool.sel(len(sel))
	k := 0
	for ; k+1 < len(c.args) && len(open) > 0; k += 2 {
		v := c.args[k].eval(f, open)
		open, met = part(v, open, met[:0])
		f.pool.release(v)
		c.take(f, out, c.args[k+1], met)
	}
	if len(open) > 0 && len(c.args)%2 == 1 {
		c.take(f, out, c.args[len(c.args)-1], open)
		open = open[:0]
	}
	for _, i := range open {
		out.null(i)
	}
	f.pool.releaseSel(open)
	f.pool.releaseSel(met)
	return out
}

func (c *caseOf) take(f *frame, out *vec, value expr, sel []int32) {
	if len(sel) == 0 {
		return
	}
	v := value.eval(f, sel)
	out.copyRows(&v.Vector, sel)
	f.pool.release(v)
}

// part splits open into the rows at which v is true, and the rest.
func part(v *vec, open, met []int32) (rest, yes []int32) {
	rest = open[:0]
	for _, i := range open {
		if !v.IsNull(int(i)) && v.Ints[i] != 0 {
			met = append(met, i)
		} else {
			rest = append(rest, i)
		}
	}
	return rest, met
}

// inList is IN: true if the first argument equals another; null if it does not
// but might, if what is null were not.
type inList struct {
	value expr
	ints  map[int64]bool  // literals
	texts map[string]bool // likewise
	null  bool            // one of the literals is null
	rest  []expr
	ords  []order
}

func makeIn(e *sqlang.Expr, args []expr) (expr, error) {
	if len(args) == 0 {
		return nil, errArguments
	}
	ords, err := ordersOf(e)
	if err != nil {
		return nil, err
	}
	l := &inList{value: args[0], ints: map[int64]bool{}, texts: map[string]bool{}}
	store := e.Args[0].Type.Kind.Store()
	for k, a := range args[1:] {
		lit, ok := a.(*literal)
		switch {
		case ok && lit.value.IsNull(0):
			l.null = true
		case ok && store == column.InInts:
			l.ints[lit.value.Ints[0]] = true
		case ok && store == column.InTexts:
			l.texts[string(lit.value.Texts[0])] = true
		default:
			l.rest, l.ords = append(l.rest, a), append(l.ords, ords[k+1])
		}
	}
	return l, nil
}

func (l *inList) eval(f *frame, sel []int32) *vec {
	out := f.pool.take(column.Type{Kind: column.Bool}, f.n)
	fill(out.Ints, 0, sel)
	v := l.value.eval(f, sel)
	open := l.literals(out, v, append(f.pool.sel(len(sel)), sel...))
	for k, e := range l.rest {
		if len(open) == 0 {
			break
		}
		w := e.eval(f, open)
		open = l.compare(out, v, w, open, l.ords[k])
		f.pool.release(w)
	}
	f.pool.release(v)
	f.pool.releaseSel(open)
	return out
}

// literals gives the rows that are still open.
func (l *inList) literals(out, v *vec, open []int32) []int32 {
	rest := open[:0]
	for _, i := range open {
		if v.IsNull(int(i)) {
			if l.null || len(l.ints)+len(l.texts)+len(l.rest) > 0 {
				out.null(i)
			}
			continue
		}
		if v.Ints != nil && l.ints[v.Ints[i]] || v.Texts != nil && l.texts[string(v.Texts[i])] {
			out.Ints[i] = 1
			continue
		}
		if l.null {
			out.null(i)
		}
		rest = append(rest, i)
	}
	return rest
}

func (l *inList) compare(out, v, w *vec, open []int32, ord order) []int32 {
	rest := open[:0]
	for _, i := range open {
		switch {
		case w.IsNull(int(i)):
			out.null(i)
		case ord(&v.Vector, int(i), &w.Vector, int(i)) == 0:
			if out.Null != nil {
				out.Null[i] = false
			}
			out.Ints[i] = 1
			continue
		}
		rest = append(rest, i)
	}
	return rest
}
