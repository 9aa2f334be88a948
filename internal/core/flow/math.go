package flow

import (
	"errors"
	"math"
	"math/bits"

	"github.com/weirmesh/weir/internal/core/column"
)

// mathForms compute with numbers. What leaves the range of its type is an error
// of the row.
var mathForms = map[string]form{
	"+(integer,integer)": plain(ints2(addInt)), "+(bigint,bigint)": plain(ints2(addInt)),
	"-(integer,integer)": plain(ints2(subInt)), "-(bigint,bigint)": plain(ints2(subInt)),
	"*(integer,integer)": plain(ints2(mulInt)), "*(bigint,bigint)": plain(ints2(mulInt)),
	"/(integer,integer)": plain(ints2(divInt)), "/(bigint,bigint)": plain(ints2(divInt)),
	"div(integer,integer)": plain(ints2(divInt)), "div(bigint,bigint)": plain(ints2(divInt)),
	"%(integer,integer)": plain(ints2(modInt)), "%(bigint,bigint)": plain(ints2(modInt)),
	"mod(integer,integer)": plain(ints2(modInt)), "mod(bigint,bigint)": plain(ints2(modInt)),
	"&(integer,integer)": plain(ints2(andInt)), "&(bigint,bigint)": plain(ints2(andInt)),
	"|(integer,integer)": plain(ints2(orInt)), "|(bigint,bigint)": plain(ints2(orInt)),
	"#(integer,integer)": plain(ints2(xorInt)), "#(bigint,bigint)": plain(ints2(xorInt)),
	"gcd(integer,integer)": plain(ints2(gcdInt)), "gcd(bigint,bigint)": plain(ints2(gcdInt)),
	"lcm(integer,integer)": plain(ints2(lcmInt)), "lcm(bigint,bigint)": plain(ints2(lcmInt)),
	"-(integer)": plain(ints1(negInt)), "-(bigint)": plain(ints1(negInt)),
	"+(integer)": plain(ints1(sameInt)), "+(bigint)": plain(ints1(sameInt)),
	"abs(integer)": plain(ints1(absInt)), "abs(bigint)": plain(ints1(absInt)),
	"sign(integer)": plain(ints1(signInt)), "sign(bigint)": plain(ints1(signInt)),
	"~(integer)": plain(ints1(notInt)), "~(bigint)": plain(ints1(notInt)),
	"not(boolean)": plain(ints1(func(a int64) (int64, error) { return 1 - a, nil })),

	"+(double precision,double precision)":     plain(floats2(func(a, b float64) float64 { return a + b })),
	"-(double precision,double precision)":     plain(floats2(func(a, b float64) float64 { return a - b })),
	"*(double precision,double precision)":     plain(floats2(func(a, b float64) float64 { return a * b })),
	"/(double precision,double precision)":     plain(divFloats),
	"^(double precision,double precision)":     plain(powerFloats),
	"power(double precision,double precision)": plain(powerFloats),
	"pow(double precision,double precision)":   plain(powerFloats),
	"atan2(double precision,double precision)": plain(floats2(math.Atan2)),
	"-(double precision)":                      plain(floats1(anyFloat, func(a float64) float64 { return -a })),
	"+(double precision)":                      plain(floats1(anyFloat, func(a float64) float64 { return a })),
	"abs(double precision)":                    plain(floats1(anyFloat, math.Abs)),
	"ceil(double precision)":                   plain(floats1(anyFloat, math.Ceil)),
	"ceiling(double precision)":                plain(floats1(anyFloat, math.Ceil)),
	"floor(double precision)":                  plain(floats1(anyFloat, math.Floor)),
	"round(double precision)":                  plain(floats1(anyFloat, math.RoundToEven)),
	"trunc(double precision)":                  plain(floats1(anyFloat, math.Trunc)),
	"sign(double precision)":                   plain(floats1(anyFloat, signFloat)),
	"sqrt(double precision)":                   plain(floats1(notNegative, math.Sqrt)),
	"cbrt(double precision)":                   plain(floats1(anyFloat, math.Cbrt)),
	"exp(double precision)":                    plain(floats1(anyFloat, math.Exp)),
	"ln(double precision)":                     plain(floats1(positive, math.Log)),
	"log(double precision)":                    plain(floats1(positive, math.Log10)),
	"log10(double precision)":                  plain(floats1(positive, math.Log10)),
	"sin(double precision)":                    plain(floats1(finite, math.Sin)),
	"cos(double precision)":                    plain(floats1(finite, math.Cos)),
	"tan(double precision)":                    plain(floats1(finite, math.Tan)),
	"asin(double precision)":                   plain(floats1(unit, math.Asin)),
	"acos(double precision)":                   plain(floats1(unit, math.Acos)),
	"atan(double precision)":                   plain(floats1(anyFloat, math.Atan)),
	"degrees(double precision)":                plain(floats1(anyFloat, func(a float64) float64 { return a / (math.Pi / 180) })),
	"radians(double precision)":                plain(floats1(anyFloat, func(a float64) float64 { return a * (math.Pi / 180) })),
	"pi()":                                     plain(func(c *call) { fill(c.out.Floats, math.Pi, c.sel) }),

	"+(numeric,numeric)":     plain(decimals2(addDecimals)),
	"-(numeric,numeric)":     plain(decimals2(subDecimals)),
	"*(numeric,numeric)":     plain(decimals2(mulDecimals)),
	"/(numeric,numeric)":     plain(decimals2(divDecimals)),
	"%(numeric,numeric)":     plain(decimals2(modDecimals)),
	"mod(numeric,numeric)":   plain(decimals2(modDecimals)),
	"div(numeric,numeric)":   plain(decimals2(wholeDecimals)),
	"-(numeric)":             plain(decimals1(func(d dec) (dec, bool) { v, ok := d.v.Neg(); return dec{v, d.scale}, ok })),
	"+(numeric)":             plain(decimals1(func(d dec) (dec, bool) { return d, true })),
	"abs(numeric)":           plain(decimals1(absDecimal)),
	"sign(numeric)":          plain(decimals1(func(d dec) (dec, bool) { return dec{column.Int(int64(d.v.Sign())), 0}, true })),
	"ceil(numeric)":          plain(decimals1(func(d dec) (dec, bool) { return d.whole(1) })),
	"ceiling(numeric)":       plain(decimals1(func(d dec) (dec, bool) { return d.whole(1) })),
	"floor(numeric)":         plain(decimals1(func(d dec) (dec, bool) { return d.whole(-1) })),
	"round(numeric)":         plain(decimals1(func(d dec) (dec, bool) { return d.round(0) })),
	"trunc(numeric)":         plain(decimals1(func(d dec) (dec, bool) { return d.cut(0) })),
	"round(numeric,integer)": plain(roundTo(dec.round)),
	"trunc(numeric,integer)": plain(roundTo(dec.cut)),
}

// ints1 computes with one whole number. What does not fit the result's type is
// an error of the row.
func ints1(fn func(a int64) (int64, error)) kernel {
	return func(c *call) {
		a, small := c.args[0].Ints, c.out.Kind == column.Int32
		for _, i := range c.sel {
			v, err := fn(a[i])
			c.setInt(i, v, err, small)
		}
	}
}

func ints2(fn func(a, b int64) (int64, error)) kernel {
	return func(c *call) {
		a, b, small := c.args[0].Ints, c.args[1].Ints, c.out.Kind == column.Int32
		for _, i := range c.sel {
			v, err := fn(a[i], b[i])
			c.setInt(i, v, err, small)
		}
	}
}

func (c *call) setInt(i int32, v int64, err error, small bool) {
	switch {
	case small && (err == errBigint || err == nil && int64(int32(v)) != v):
		c.fail(i, errInteger)
	case err != nil:
		c.fail(i, err)
	default:
		c.out.Ints[i] = v
	}
}

func addInt(a, b int64) (int64, error) {
	s := a + b
	if (a^s)&(b^s) < 0 {
		return 0, errBigint
	}
	return s, nil
}

func subInt(a, b int64) (int64, error) {
	d := a - b
	if (a^b)&(a^d) < 0 {
		return 0, errBigint
	}
	return d, nil
}

func mulInt(a, b int64) (int64, error) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	signed := int64(hi) - a>>63&b - b>>63&a
	if signed != int64(lo)>>63 {
		return 0, errBigint
	}
	return int64(lo), nil
}

func divInt(a, b int64) (int64, error) {
	switch {
	case b == 0:
		return 0, errDivision
	case b == -1:
		return negInt(a)
	}
	return a / b, nil
}

func modInt(a, b int64) (int64, error) {
	switch b {
	case 0:
		return 0, errDivision
	case -1:
		return 0, nil
	}
	return a % b, nil
}

func andInt(a, b int64) (int64, error) { return a & b, nil }
func orInt(a, b int64) (int64, error)  { return a | b, nil }
func xorInt(a, b int64) (int64, error) { return a ^ b, nil }
func notInt(a int64) (int64, error)    { return ^a, nil }
func sameInt(a int64) (int64, error)   { return a, nil }

func negInt(a int64) (int64, error) {
	if a == math.MinInt64 {
		return 0, errBigint
	}
	return -a, nil
}

func absInt(a int64) (int64, error) {
	if a < 0 {
		return negInt(a)
	}
	return a, nil
}

func signInt(a int64) (int64, error) { return bit(a > 0) - bit(a < 0), nil }

func gcdInt(a, b int64) (int64, error) {
	for b != 0 {
		rest, _ := modInt(a, b)
		a, b = b, rest
	}
	return absInt(a)
}

func lcmInt(a, b int64) (int64, error) {
	if a == 0 || b == 0 {
		return 0, nil
	}
	g, err := gcdInt(a, b)
	if err != nil {
		return 0, err
	}
	m, err := mulInt(a/g, b)
	if err != nil {
		return 0, err
	}
	return absInt(m)
}

// domain says for which numbers a function is defined.
type domain func(a float64) error

func anyFloat(float64) error { return nil }

func notNegative(a float64) error {
	if a < 0 {
		return errRoot
	}
	return nil
}

func positive(a float64) error {
	if a == 0 {
		return errLogZero
	}
	if a < 0 {
		return errLogNegative
	}
	return nil
}

func finite(a float64) error {
	if math.IsInf(a, 0) {
		return errInput
	}
	return nil
}

func unit(a float64) error {
	if a < -1 || a > 1 {
		return errInput
	}
	return nil
}

var (
	errRoot        = errors.New("the square root of a negative number")
	errLogZero     = errors.New("the logarithm of zero")
	errLogNegative = errors.New("the logarithm of a negative number")
	errInput       = errors.New("a number for which the function is not defined")
	errPower       = errors.New("a power that is no real number")
)

func floats1(in domain, fn func(a float64) float64) kernel {
	return func(c *call) {
		a := c.args[0].Floats
		for _, i := range c.sel {
			if err := in(a[i]); err != nil {
				c.fail(i, err)
				continue
			}
			c.setFloat(i, fn(a[i]), math.IsInf(a[i], 0))
		}
	}
}

func floats2(fn func(a, b float64) float64) kernel {
	return func(c *call) {
		a, b, out := c.args[0].Floats, c.args[1].Floats, c.out.Floats
		for _, i := range c.sel {
			v := fn(a[i], b[i])
			if math.IsInf(v, 0) {
				c.setFloat(i, v, math.IsInf(a[i], 0) || math.IsInf(b[i], 0))
				continue
			}
			out[i] = v
		}
	}
}

// setFloat refuses an infinity that comes from numbers that are not.
func (c *call) setFloat(i int32, v float64, mayOverflow bool) {
	if math.IsInf(v, 0) && !mayOverflow {
		c.fail(i, errDouble)
		return
	}
	c.out.Floats[i] = v
}

func divFloats(c *call) {
	a, b := c.args[0].Floats, c.args[1].Floats
	for _, i := range c.sel {
		if b[i] == 0 && !math.IsNaN(a[i]) {
			c.fail(i, errDivision)
			continue
		}
		c.setFloat(i, a[i]/b[i], math.IsInf(a[i], 0))
	}
}

func powerFloats(c *call) {
	a, b := c.args[0].Floats, c.args[1].Floats
	for _, i := range c.sel {
		switch {
		case a[i] == 0 && b[i] < 0:
			c.fail(i, errDivision)
		case a[i] < 0 && b[i] != math.Trunc(b[i]) && !math.IsInf(b[i], 0):
			c.fail(i, errPower)
		default:
			c.setFloat(i, math.Pow(a[i], b[i]), math.IsInf(a[i], 0) || math.IsInf(b[i], 0))
		}
	}
}

func signFloat(a float64) float64 {
	switch {
	case a > 0:
		return 1
	case a < 0:
		return -1
	}
	return 0
}
