package flow

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// castForms change the type of a value; what does not fit is an error of the row.
var castForms = makeCasts()

func makeCasts() map[string]form {
	casts := map[[2]column.Kind]kernel{
		{column.Bool, column.Int32}:          ints1(sameInt),
		{column.Int32, column.Bool}:          ints1(func(a int64) (int64, error) { return bit(a != 0), nil }),
		{column.Int32, column.Int32}:         ints1(sameInt),
		{column.Int32, column.Int64}:         ints1(sameInt),
		{column.Int64, column.Int32}:         ints1(sameInt),
		{column.Int64, column.Int64}:         ints1(sameInt),
		{column.Bool, column.Bool}:           ints1(sameInt),
		{column.Date, column.Date}:           ints1(sameInt),
		{column.Timestamp, column.Timestamp}: ints1(sameInt),
		{column.Interval, column.Interval}:   ints1(sameInt),
		{column.Timestamp, column.Date}:      ints1(func(a int64) (int64, error) { return floorDiv(a, day), nil }),
		{column.Date, column.Timestamp}:      ints1(func(a int64) (int64, error) { return a * day, nil }),
		{column.Int32, column.Float64}:       intToFloat,
		{column.Int64, column.Float64}:       intToFloat,
		{column.Int32, column.Decimal}:       intToDecimal,
		{column.Int64, column.Decimal}:       intToDecimal,
		{column.Float64, column.Int32}:       floatToInt,
		{column.Float64, column.Int64}:       floatToInt,
		{column.Float64, column.Decimal}:     floatToDecimal,
		{column.Float64, column.Float64}:     floats1(anyFloat, func(a float64) float64 { return a }),
		{column.Decimal, column.Int32}:       decimalToInt,
		{column.Decimal, column.Int64}:       decimalToInt,
		{column.Decimal, column.Float64}:     decimalToFloat,
		{column.Decimal, column.Decimal}:     decimals1(func(d dec) (dec, bool) { return d, true }),
		{column.Text, column.Bool}:           textToInt(parseBool),
		{column.Text, column.Int32}:          textToInt(func(t []byte) (int64, error) { return column.ParseInt(t, 32) }),
		{column.Text, column.Int64}:          textToInt(func(t []byte) (int64, error) { return column.ParseInt(t, 64) }),
		{column.Text, column.Date}:           textToInt(column.ParseDate),
		{column.Text, column.Timestamp}:      textToInt(column.ParseTimestamp),
		{column.Text, column.Interval}:       textToInt(column.ParseInterval),
		{column.Text, column.Float64}:        textToFloat,
		{column.Text, column.Decimal}:        textToDecimal,
		{column.Text, column.UUID}:           textToUUID,
		{column.Text, column.Bytes}:          textToBytes,
		{column.Text, column.JSON}:           textToJSON,
	}
	for _, k := range []column.Kind{column.Text, column.Bytes, column.UUID, column.JSON} {
		casts[[2]column.Kind{k, k}] = cutText(func(t []byte) []byte { return t })
	}
	out := map[string]form{}
	for kinds, k := range casts {
		out["cast("+kinds[0].String()+","+kinds[1].String()+")"] = plain(k)
	}
	for kind, to := range printers {
		out["cast("+kind.String()+",text)"] = form{make: printer(to)}
	}
	for k := column.Bool; k <= column.JSON; k++ {
		out["cast(unknown,"+k.String()+")"] = form{make: func(*sqlang.Expr) (kernel, error) { return nothing, nil }, nulls: true}
	}
	return out
}

// nothing is what a bare NULL becomes.
func nothing(c *call) {
	for _, i := range c.sel {
		c.out.null(i)
	}
}

// print appends row i of v as text.
type print func(dst []byte, v *vec, i int32) []byte

// printers are those of the kinds, as PostgreSQL writes them.
var printers = map[column.Kind]print{
	column.Bool:      func(dst []byte, v *vec, i int32) []byte { return strconv.AppendBool(dst, v.Ints[i] != 0) },
	column.Int32:     func(dst []byte, v *vec, i int32) []byte { return appendInt(dst, v.Ints[i]) },
	column.Int64:     func(dst []byte, v *vec, i int32) []byte { return appendInt(dst, v.Ints[i]) },
	column.Float64:   func(dst []byte, v *vec, i int32) []byte { return appendFloat(dst, v.Floats[i]) },
	column.Decimal:   func(dst []byte, v *vec, i int32) []byte { return v.Decimals[i].AppendDecimal(dst, v.Scale) },
	column.Bytes:     func(dst []byte, v *vec, i int32) []byte { return hex.AppendEncode(append(dst, `\x`...), v.Texts[i]) },
	column.Date:      func(dst []byte, v *vec, i int32) []byte { return appendDay(dst, v.Ints[i]) },
	column.Timestamp: func(dst []byte, v *vec, i int32) []byte { return appendMoment(dst, v.Ints[i]) },
	column.Interval:  func(dst []byte, v *vec, i int32) []byte { return appendInterval(dst, v.Ints[i]) },
	column.UUID:      func(dst []byte, v *vec, i int32) []byte { return appendUUID(dst, v.Texts[i]) },
	column.JSON:      func(dst []byte, v *vec, i int32) []byte { return append(dst, v.Texts[i]...) },
}

func printer(to print) func(*sqlang.Expr) (kernel, error) {
	return func(*sqlang.Expr) (kernel, error) {
		return func(c *call) {
			for _, i := range c.sel {
				c.text(i, to(c.open(), c.args[0], i))
			}
		}, nil
	}
}

func appendInt(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) }

// appendFloat writes the fewest digits that are read as the same number, with an
// exponent where PostgreSQL has one.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e15) {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

func appendUUID(dst, u []byte) []byte {
	if len(u) != 16 {
		return dst
	}
	for k, cut := range [...]int{0, 4, 6, 8, 10} {
		end := [...]int{4, 6, 8, 10, 16}[k]
		if k > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, u[cut:end])
	}
	return dst
}

func intToFloat(c *call) {
	a, out := c.args[0].Ints, c.out.Floats
	for _, i := range c.sel {
		out[i] = float64(a[i])
	}
}

func intToDecimal(c *call) {
	a := c.args[0].Ints
	for _, i := range c.sel {
		c.setDecimal(i, dec{column.Int(a[i]), 0}, true)
	}
}

func floatToInt(c *call) {
	a, small := c.args[0].Floats, c.out.Kind == column.Int32
	for _, i := range c.sel {
		v := math.RoundToEven(a[i])
		if !(v >= math.MinInt64 && v < -math.MinInt64) {
			c.setInt(i, 0, errBigint, small)
			continue
		}
		c.setInt(i, int64(v), nil, small)
	}
}

func floatToDecimal(c *call) {
	a := c.args[0].Floats
	for _, i := range c.sel {
		v, ok := column.DecimalOf(a[i], c.out.Scale)
		c.setDecimal(i, dec{v, c.out.Scale}, ok)
	}
}

func decimalToInt(c *call) {
	a, small := c.args[0], c.out.Kind == column.Int32
	for _, i := range c.sel {
		v, _ := a.Decimals[i].Rescale(a.Scale, 0)
		n, ok := v.Int64()
		if !ok {
			c.setInt(i, 0, errBigint, small)
			continue
		}
		c.setInt(i, n, nil, small)
	}
}

func decimalToFloat(c *call) {
	a := c.args[0]
	for _, i := range c.sel {
		c.out.Floats[i] = a.Decimals[i].FloatOf(a.Scale)
	}
}

func textToInt(parse func(t []byte) (int64, error)) kernel {
	return func(c *call) {
		a, out := c.args[0].Texts, c.out.Ints
		for _, i := range c.sel {
			v, err := parse(a[i])
			if err != nil {
				c.fail(i, ofText(err))
				continue
			}
			out[i] = v
		}
	}
}

// ofText says what is wrong with a text, which is not repeated: who reads the
// reason may not be meant to see it.
func ofText(err error) error { return fmt.Errorf("the text %w", err) }

func parseBool(t []byte) (int64, error) {
	v, err := column.ParseBool(t)
	return bit(v), err
}

func textToFloat(c *call) {
	a := c.args[0].Texts
	for _, i := range c.sel {
		f, err := column.ParseFloat(a[i])
		if err != nil {
			c.fail(i, ofText(err))
			continue
		}
		c.out.Floats[i] = f
	}
}

func textToDecimal(c *call) {
	a := c.args[0].Texts
	for _, i := range c.sel {
		v, err := column.ParseDecimal(a[i], c.out.Scale)
		if err != nil {
			c.fail(i, ofText(err))
			continue
		}
		c.setDecimal(i, dec{v, c.out.Scale}, true)
	}
}

func textToUUID(c *call) {
	a := c.args[0].Texts
	for _, i := range c.sel {
		u, err := column.ParseUUID(a[i])
		if err != nil {
			c.fail(i, ofText(err))
			continue
		}
		c.out.Texts[i] = u
	}
}

func textToBytes(c *call) {
	a := c.args[0].Texts
	for _, i := range c.sel {
		b, err := column.ParseBytes(a[i])
		if err != nil {
			c.fail(i, ofText(err))
			continue
		}
		c.out.Texts[i] = b
	}
}

var errJSONText = errors.New("the text is not JSON")

func textToJSON(c *call) {
	a := c.args[0].Texts
	for _, i := range c.sel {
		if !json.Valid(a[i]) {
			c.fail(i, errJSONText)
			continue
		}
		c.out.Texts[i] = a[i]
	}
}
