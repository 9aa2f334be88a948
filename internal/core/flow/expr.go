package flow

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// expr is a compiled expression. What it gives is as long as the frame's batch;
// only the rows of sel count. Whoever asked releases it.
type expr interface {
	eval(f *frame, sel []int32) *vec
}

// frame is what the expressions over one batch share.
type frame struct {
	pool    *pool
	columns []*column.Vector
	n       int
	faults  []fault // of each row; nil as long as none failed
	bad     int
}

// fault says why a row failed, and at which byte of the statement.
type fault struct {
	err error
	at  int
}

// fail keeps the first reason of a row.
func (f *frame) fail(i int32, at int, err error) {
	if f.faults == nil {
		f.faults = make([]fault, f.n)
	}
	if f.faults[i].err == nil {
		f.faults[i] = fault{err, at}
		f.bad++
	}
}

// kernel computes the rows of a call's selection.
type kernel func(c *call)

// call is a function of a form with its arguments.
type call struct {
	run    kernel
	typ    column.Type
	at     int
	exprs  []expr
	strict bool // null if any argument is

	// While it runs:
	f    *frame
	out  *vec
	args []*vec
	sel  []int32
}

func (c *call) eval(f *frame, sel []int32) *vec {
	for i, e := range c.exprs {
		c.args[i] = e.eval(f, sel)
	}
	c.f, c.sel, c.out = f, sel, f.pool.take(c.typ, f.n)
	strictly := c.strict && c.anyNull()
	if strictly {
		c.skipNulls()
	}
	c.run(c)
	if strictly {
		f.pool.releaseSel(c.sel)
	}
	for _, a := range c.args {
		f.pool.release(a)
	}
	return c.out
}

func (c *call) anyNull() bool {
	for _, a := range c.args {
		if a.Null != nil {
			return true
		}
	}
	return false
}

// skipNulls leaves the rows out of which an argument is null, and makes them null.
func (c *call) skipNulls() {
	for _, a := range c.args {
		c.out.nullsOf(a, c.sel)
	}
	sel := c.f.pool.sel(len(c.sel))
	for _, i := range c.sel {
		if c.out.Null == nil || !c.out.Null[i] {
			sel = append(sel, i)
		}
	}
	c.sel = sel
}

// fail says that row i cannot be computed.
func (c *call) fail(i int32, err error) {
	c.f.fail(i, c.at, err)
	c.out.null(i)
}

// text makes row i what was appended to the arena's open end.
func (c *call) text(i int32, b []byte) {
	c.out.Texts[i] = c.f.pool.text.close(b)
	if c.f.pool.text.used > stepBytes {
		c.fail(i, errTexts)
	}
}

func (c *call) open() []byte { return c.f.pool.text.open() }

// columnRef is a column of the batch.
type columnRef struct {
	column int
	v      vec
}

func (r *columnRef) eval(f *frame, _ []int32) *vec {
	r.v.Vector = *f.columns[r.column]
	return &r.v
}

// literal is a value of the statement.
type literal struct{ value *column.Vector }

func (l *literal) eval(f *frame, sel []int32) *vec {
	v := f.pool.take(l.value.Type, f.n)
	if l.value.IsNull(0) {
		for _, i := range sel {
			v.null(i)
		}
		return v
	}
	switch v.Kind.Store() {
	case column.InFloats:
		fill(v.Floats, l.value.Floats[0], sel)
	case column.InDecimals:
		fill(v.Decimals, l.value.Decimals[0], sel)
	case column.InTexts:
		fill(v.Texts, l.value.Texts[0], sel)
	default:
		fill(v.Ints, l.value.Ints[0], sel)
	}
	return v
}

func fill[T any](to []T, value T, sel []int32) {
	for _, i := range sel {
		to[i] = value
	}
}

// compiler makes expressions over the columns of one node.
type compiler struct {
	flow    *shard
	columns []sqlang.Column
	depth   int
}

// Bounds of expressions.
const (
	maxDepth     = 1000
	maxArguments = 1000 // of a function that is asked for all of them at once
)

func (c compiler) compileAll(es []*sqlang.Expr) ([]expr, error) {
	out := make([]expr, len(es))
	for i, e := range es {
		x, err := c.compile(e)
		if err != nil {
			return nil, err
		}
		out[i] = x
	}
	return out, nil
}

func (c compiler) compile(e *sqlang.Expr) (expr, error) {
	switch e.Kind {
	case sqlang.ColumnRef:
		if e.Column < 0 || e.Column >= len(c.columns) {
			return nil, weir.Errorf(weir.Internal, "there is no column %d", e.Column)
		}
		return &columnRef{column: e.Column}, nil
	case sqlang.Literal:
		return &literal{e.Value}, nil
	}
	if c.depth++; c.depth > maxDepth {
		return nil, c.refuse(e, "an expression of more than %d levels", maxDepth)
	}
	args, err := c.compileAll(e.Args)
	if err != nil {
		return nil, err
	}
	if e.Kind == sqlang.Case {
		return &caseOf{typ: e.Type, args: args}, nil
	}
	name, _, _ := strings.Cut(e.Func, "(")
	if lazy, ok := lazyForms[name]; ok {
		x, err := lazy(e, args)
		if err != nil {
			return nil, c.refuse(e, "%s: %s", name, err)
		}
		return x, nil
	}
	f, ok := formOf(e.Func, name)
	if !ok {
		return nil, c.refuse(e, "the function %s is not supported yet", e.Func)
	}
	if len(args) > maxArguments {
		return nil, c.refuse(e, "%s of more than %d arguments", name, maxArguments)
	}
	run, err := f.make(e)
	if err != nil {
		return nil, c.refuse(e, "%s: %s", name, err)
	}
	return &call{run: run, typ: e.Type, at: e.At, exprs: args, strict: !f.nulls, args: make([]*vec, len(args))}, nil
}

func (c compiler) refuse(e *sqlang.Expr, format string, args ...any) error {
	return weir.Errorf(weir.Invalid, format, args...).At(place(c.flow.plan.SQL, e.At))
}

// form is how a function of one form is computed.
type form struct {
	make  func(e *sqlang.Expr) (kernel, error)
	nulls bool // it is asked about nulls too
}

// formOf finds a form by its whole name, or by its name if it takes many types.
func formOf(whole, name string) (form, bool) {
	for _, table := range formTables {
		if f, ok := table[whole]; ok {
			return f, true
		}
	}
	f, ok := wideForms[name]
	return f, ok
}

// formTables are by the whole name of a form.
var formTables = []map[string]form{mathForms, textForms, patternForms, timeForms, castForms, jsonForms}

// plain is a form whose kernel is the same for every call.
func plain(k kernel) form {
	return form{make: func(*sqlang.Expr) (kernel, error) { return k, nil }}
}

// Runs reports whether flows compute a form of a function, by its name in the
// table of package sqlang.
func Runs(name string) bool {
	word, list, ok := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	if !ok {
		return false
	}
	e := &sqlang.Expr{Kind: sqlang.Call, Func: name}
	for i, t := range strings.Split(list, ",") {
		k, ok := kindOf(t)
		if !ok && list != "" {
			return false
		}
		if ok {
			e.Args = append(e.Args, &sqlang.Expr{Kind: sqlang.ColumnRef, Column: i, Type: column.Type{Kind: k}})
		}
	}
	if lazy, ok := lazyForms[word]; ok {
		_, err := lazy(e, make([]expr, len(e.Args)))
		return err == nil
	}
	f, ok := formOf(name, word)
	if !ok {
		return false
	}
	_, err := f.make(e)
	return err == nil
}

func kindOf(name string) (column.Kind, bool) {
	if name == "any" {
		return column.Int64, true
	}
	for k := column.Unknown; k <= column.JSON; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

// place is line:column of a byte of the statement; columns count characters.
func place(sql string, at int) string {
	before := sql[:min(max(at, 0), len(sql))]
	last := before[strings.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf("%d:%d", 1+strings.Count(before, "\n"), 1+utf8.RuneCountInString(last))
}

// What can be wrong with a row.
var (
	errDivision = errors.New("division by zero")
	errInteger  = errors.New("a number out of the range of integer")
	errBigint   = errors.New("a number out of the range of bigint")
	errNumeric  = errors.New("a number with more digits than its type has")
	errDouble   = errors.New("a number out of the range of double precision")
	errTime     = errors.New("a time out of range")
	errTexts    = errors.New("the texts of one step need too much memory")
	errTooLong  = errors.New("a text longer than 1 MiB")
)
