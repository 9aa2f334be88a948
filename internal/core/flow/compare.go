package flow

import (
	"bytes"
	"cmp"
	"errors"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// wideForms take many types: what they do is found by those of the call.
var wideForms = map[string]form{
	"=":                    comparison(func(c int) bool { return c == 0 }),
	"<>":                   comparison(func(c int) bool { return c != 0 }),
	"<":                    comparison(func(c int) bool { return c < 0 }),
	"<=":                   comparison(func(c int) bool { return c <= 0 }),
	">":                    comparison(func(c int) bool { return c > 0 }),
	">=":                   comparison(func(c int) bool { return c >= 0 }),
	"is distinct from":     distinct(1),
	"is not distinct from": distinct(0),
	"is null":              test(func(v *vec, i int32) bool { return v.IsNull(int(i)) }),
	"is not null":          test(func(v *vec, i int32) bool { return !v.IsNull(int(i)) }),
	"is true":              test(func(v *vec, i int32) bool { return !v.IsNull(int(i)) && v.Ints[i] != 0 }),
	"is not true":          test(func(v *vec, i int32) bool { return v.IsNull(int(i)) || v.Ints[i] == 0 }),
	"is false":             test(func(v *vec, i int32) bool { return !v.IsNull(int(i)) && v.Ints[i] == 0 }),
	"is not false":         test(func(v *vec, i int32) bool { return v.IsNull(int(i)) || v.Ints[i] != 0 }),
	"nullif":               {make: makeNullIf, nulls: true},
	"mask_null":            {make: func(*sqlang.Expr) (kernel, error) { return nothing, nil }, nulls: true},
	"greatest":             {make: makeExtreme(1), nulls: true},
	"least":                {make: makeExtreme(-1), nulls: true},
}

var errNoOrder = errors.New("its values have no order")

// order compares row i of a with row j of b; neither is null.
type order func(a *column.Vector, i int, b *column.Vector, j int) int

// orderOf is the order of values of two types: text by bytes, NaN equal to
// itself and greater than all else.
func orderOf(a, b column.Type) (order, error) {
	if a.Kind == column.JSON || b.Kind == column.JSON {
		return nil, errNoOrder
	}
	if a.Kind.Store() != b.Kind.Store() {
		return nil, errors.New("its values are of two kinds")
	}
	switch a.Kind.Store() {
	case column.InFloats:
		return func(a *column.Vector, i int, b *column.Vector, j int) int {
			return compareFloats(a.Floats[i], b.Floats[j])
		}, nil
	case column.InDecimals:
		return func(a *column.Vector, i int, b *column.Vector, j int) int {
			return compareDecimals(a.Decimals[i], a.Scale, b.Decimals[j], b.Scale)
		}, nil
	case column.InTexts:
		return func(a *column.Vector, i int, b *column.Vector, j int) int {
			return bytes.Compare(a.Texts[i], b.Texts[j])
		}, nil
	}
	return func(a *column.Vector, i int, b *column.Vector, j int) int { return cmp.Compare(a.Ints[i], b.Ints[j]) }, nil
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	}
	return cmp.Compare(bit(a != a), bit(b != b))
}

func compareDecimals(a column.Int128, scale int, b column.Int128, other int) int {
	if scale == other {
		return a.Cmp(b)
	}
	if scale > other {
		return -compareDecimals(b, other, a, scale)
	}
	if up, ok := a.Rescale(scale, other); ok {
		return up.Cmp(b)
	}
	return a.Sign()
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// comparison is an operator that is true for some results of an order.
func comparison(is func(c int) bool) form {
	yes := [3]int64{bit(is(-1)), bit(is(0)), bit(is(1))}
	return form{make: func(e *sqlang.Expr) (kernel, error) {
		if len(e.Args) != 2 {
			return nil, errArguments
		}
		ord, err := orderOf(e.Args[0].Type, e.Args[1].Type)
		if err != nil {
			return nil, err
		}
		switch e.Args[0].Type.Kind.Store() {
		case column.InInts:
			return compareIntsBy(yes), nil
		case column.InTexts:
			if yes[0] == yes[2] {
				return equalTexts(yes), nil
			}
		}
		return func(c *call) {
			a, b := &c.args[0].Vector, &c.args[1].Vector
			for _, i := range c.sel {
				c.out.Ints[i] = yes[ord(a, int(i), b, int(i))+1]
			}
		}, nil
	}}
}

func compareIntsBy(yes [3]int64) kernel {
	return func(c *call) {
		a, b, out := c.args[0].Ints, c.args[1].Ints, c.out.Ints
		for _, i := range c.sel {
			out[i] = yes[1+bit(a[i] > b[i])-bit(a[i] < b[i])]
		}
	}
}

func equalTexts(yes [3]int64) kernel {
	return func(c *call) {
		a, b, out := c.args[0].Texts, c.args[1].Texts, c.out.Ints
		for _, i := range c.sel {
			out[i] = yes[bit(bytes.Equal(a[i], b[i]))]
		}
	}
}

var errArguments = errors.New("it has another number of arguments")

// test is asked about nulls too and never null itself.
func test(is func(v *vec, i int32) bool) form {
	return form{nulls: true, make: func(e *sqlang.Expr) (kernel, error) {
		if len(e.Args) != 1 {
			return nil, errArguments
		}
		return func(c *call) {
			for _, i := range c.sel {
				c.out.Ints[i] = bit(is(c.args[0], i))
			}
		}, nil
	}}
}

// distinct compares so that a null equals a null.
func distinct(yes int64) form {
	return form{nulls: true, make: func(e *sqlang.Expr) (kernel, error) {
		if len(e.Args) != 2 {
			return nil, errArguments
		}
		ord, err := orderOf(e.Args[0].Type, e.Args[1].Type)
		if err != nil {
			return nil, err
		}
		return func(c *call) {
			a, b := &c.args[0].Vector, &c.args[1].Vector
			for _, i := range c.sel {
				n, m := a.IsNull(int(i)), b.IsNull(int(i))
				same := n && m || !n && !m && ord(a, int(i), b, int(i)) == 0
				c.out.Ints[i] = bit(same != (yes == 1))
			}
		}, nil
	}}
}

func ordersOf(e *sqlang.Expr) ([]order, error) {
	ords := make([]order, len(e.Args))
	for k, a := range e.Args {
		ord, err := orderOf(e.Args[0].Type, a.Type)
		if err != nil {
			return nil, err
		}
		ords[k] = ord
	}
	return ords, nil
}

func makeNullIf(e *sqlang.Expr) (kernel, error) {
	if len(e.Args) != 2 {
		return nil, errArguments
	}
	ord, err := orderOf(e.Args[0].Type, e.Args[1].Type)
	if err != nil {
		return nil, err
	}
	return func(c *call) {
		a, b := &c.args[0].Vector, &c.args[1].Vector
		for _, i := range c.sel {
			if !a.IsNull(int(i)) && !b.IsNull(int(i)) && ord(a, int(i), b, int(i)) == 0 {
				c.out.null(i)
			} else {
				c.out.set(i, a, i)
			}
		}
	}, nil
}

// makeExtreme is GREATEST (1) or LEAST (-1): nulls do not count.
func makeExtreme(sign int) func(e *sqlang.Expr) (kernel, error) {
	return func(e *sqlang.Expr) (kernel, error) {
		if len(e.Args) == 0 {
			return nil, errArguments
		}
		ords, err := ordersOf(e)
		if err != nil {
			return nil, err
		}
		return func(c *call) {
			for _, i := range c.sel {
				c.extreme(i, sign, ords[0])
			}
		}, nil
	}
}

func (c *call) extreme(i int32, sign int, ord order) {
	var best *vec
	for _, a := range c.args {
		if !a.IsNull(int(i)) && (best == nil || sign*ord(&a.Vector, int(i), &best.Vector, int(i)) > 0) {
			best = a
		}
	}
	if best == nil {
		c.out.null(i)
		return
	}
	c.out.set(i, &best.Vector, i)
}
