package flow

import "github.com/weirmesh/weir/internal/core/column"

// dec is a decimal with its scale.
type dec struct {
	v     column.Int128
	scale int
}

// decimals1 and decimals2 compute with decimals; the result is rounded to the
// scale of the call.
func decimals1(fn func(a dec) (dec, bool)) kernel {
	return func(c *call) {
		a := c.args[0]
		for _, i := range c.sel {
			v, ok := fn(dec{a.Decimals[i], a.Scale})
			c.setDecimal(i, v, ok)
		}
	}
}

func decimals2(fn func(a, b dec, scale int) (dec, error)) kernel {
	return func(c *call) {
		a, b := c.args[0], c.args[1]
		for _, i := range c.sel {
			v, err := fn(dec{a.Decimals[i], a.Scale}, dec{b.Decimals[i], b.Scale}, c.out.Scale)
			if err != nil {
				c.fail(i, err)
				continue
			}
			c.setDecimal(i, v, true)
		}
	}
}

func (c *call) setDecimal(i int32, d dec, ok bool) {
	v, fits := d.v.Rescale(d.scale, c.out.Scale)
	if !ok || !fits || !v.Fits(c.out.Precision) {
		c.fail(i, errNumeric)
		return
	}
	c.out.Decimals[i] = v
}

// level brings both to the greater scale.
func level(a, b dec) (x, y dec, ok bool) {
	scale := max(a.scale, b.scale)
	v, ok1 := a.v.Rescale(a.scale, scale)
	w, ok2 := b.v.Rescale(b.scale, scale)
	return dec{v, scale}, dec{w, scale}, ok1 && ok2
}

func addDecimals(a, b dec, _ int) (dec, error) {
	return leveled(a, b, column.Int128.Add)
}

func subDecimals(a, b dec, _ int) (dec, error) {
	return leveled(a, b, column.Int128.Sub)
}

func leveled(a, b dec, fn func(a, b column.Int128) (column.Int128, bool)) (dec, error) {
	x, y, ok := level(a, b)
	v, fits := fn(x.v, y.v)
	if !ok || !fits {
		return dec{}, errNumeric
	}
	return dec{v, x.scale}, nil
}

// mulDecimals rounds once, to the scale of the result.
func mulDecimals(a, b dec, scale int) (dec, error) {
	down := a.scale + b.scale - scale
	if down <= 0 {
		v, ok := a.v.Mul(b.v)
		if !ok {
			return dec{}, errNumeric
		}
		return dec{v, a.scale + b.scale}, nil
	}
	v, ok := a.v.MulDiv(b.v, column.Pow10(min(down, column.MaxPrecision)))
	if !ok {
		return dec{}, errNumeric
	}
	return dec{v, scale}, nil
}

// divDecimals rounds once, to the scale of the result.
func divDecimals(a, b dec, scale int) (dec, error) {
	if b.v.Sign() == 0 {
		return dec{}, errDivision
	}
	up := scale + b.scale - a.scale
	var v column.Int128
	ok := up <= column.MaxPrecision
	switch {
	case ok && up >= 0:
		v, ok = a.v.MulDiv(column.Pow10(up), b.v)
	case ok:
		b.v, ok = b.v.Mul(column.Pow10(-up))
		if ok {
			v, ok = a.v.MulDiv(column.Int(1), b.v)
		}
	}
	if !ok {
		return dec{}, errNumeric
	}
	return dec{v, scale}, nil
}

func modDecimals(a, b dec, _ int) (dec, error) {
	x, y, ok := level(a, b)
	if b.v.Sign() == 0 {
		return dec{}, errDivision
	}
	if !ok {
		return dec{}, errNumeric
	}
	_, r, _ := x.v.QuoRem(y.v)
	return dec{r, x.scale}, nil
}

func wholeDecimals(a, b dec, _ int) (dec, error) {
	x, y, ok := level(a, b)
	if b.v.Sign() == 0 {
		return dec{}, errDivision
	}
	if !ok {
		return dec{}, errNumeric
	}
	q, _, fits := x.v.QuoRem(y.v)
	if !fits {
		return dec{}, errNumeric
	}
	return dec{q, 0}, nil
}

func absDecimal(d dec) (dec, bool) {
	if d.v.Sign() >= 0 {
		return d, true
	}
	v, ok := d.v.Neg()
	return dec{v, d.scale}, ok
}

// whole is the next whole number above (1) or below (-1).
func (d dec) whole(side int) (dec, bool) {
	w, _ := d.cut(0)
	q, r, _ := d.v.QuoRem(column.Pow10(d.scale))
	if r.Sign() != side {
		return w, true
	}
	v, ok := q.Add(column.Int(int64(side)))
	return dec{v, 0}, ok
}

// round is d with at most so many digits behind the point; before it, if there
// are fewer than none.
func (d dec) round(digits int) (dec, bool) {
	if digits >= d.scale {
		return d, true
	}
	if d.scale-digits > column.MaxPrecision {
		return dec{}, true
	}
	v, _ := d.v.Rescale(d.scale-digits, 0)
	return dec{v, 0}.shift(digits)
}

// cut is like round, towards zero.
func (d dec) cut(digits int) (dec, bool) {
	if digits >= d.scale {
		return d, true
	}
	if d.scale-digits > column.MaxPrecision {
		return dec{}, true
	}
	v, _, _ := d.v.QuoRem(column.Pow10(d.scale - digits))
	return dec{v, 0}.shift(digits)
}

// shift takes a number of units of ten to the power of -digits.
func (d dec) shift(digits int) (dec, bool) {
	if digits >= 0 {
		return dec{d.v, digits}, true
	}
	v, ok := d.v.Rescale(0, -digits)
	return dec{v, 0}, ok
}

func roundTo(fn func(d dec, digits int) (dec, bool)) kernel {
	return func(c *call) {
		a, n := c.args[0], c.args[1].Ints
		for _, i := range c.sel {
			v, ok := fn(dec{a.Decimals[i], a.Scale}, int(min(max(n[i], -100), 100)))
			c.setDecimal(i, v, ok)
		}
	}
}
