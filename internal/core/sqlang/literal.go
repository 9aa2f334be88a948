package sqlang

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/weirmesh/weir/internal/core/column"
)

// literalOf is an expression of a value that put writes into the one row of a
// vector.
func literalOf(t column.Type, at int, put func(v *column.Vector)) *Expr {
	v := column.Make(t, 1)
	put(v)
	return &Expr{Kind: Literal, Type: t, Value: v, At: at}
}

func nullOf(t column.Type, at int) *Expr {
	e := literalOf(t, at, func(v *column.Vector) { v.SetNull(0) })
	e.Nullable = true
	return e
}

func textOf(s string, at int) *Expr {
	return literalOf(column.Type{Kind: column.Text}, at, func(v *column.Vector) { v.Texts[0] = []byte(s) })
}

func intOf(k column.Kind, n int64, at int) *Expr {
	return literalOf(column.Type{Kind: k}, at, func(v *column.Vector) { v.Ints[0] = n })
}

func decimalOf(d column.Int128, t column.Type, at int) *Expr {
	return literalOf(t, at, func(v *column.Vector) { v.Decimals[0] = d })
}

// numberOf is a number as PostgreSQL types it: the smallest of integer, bigint
// and numeric that has room.
func numberOf(text string, at int) (*Expr, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if n == int64(int32(n)) {
			return intOf(column.Int32, n, at), nil
		}
		return intOf(column.Int64, n, at), nil
	}
	return naturalDecimal(text, at)
}

var errDigits = errors.New("has more than 38 digits")

// naturalDecimal is a number with just the digits that it is written with.
func naturalDecimal(text string, at int) (*Expr, error) {
	if _, err := column.ParseDecimal([]byte(text), 0); errors.Is(err, column.ErrNotNumber) {
		return nil, err
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(strings.TrimSpace(text)), "e")
	_, fraction, _ := strings.Cut(mantissa, ".")
	e, err := strconv.Atoi(exponent)
	if exponent != "" && (err != nil || e > 100 || e < -100) {
		return nil, errDigits
	}
	scale := max(0, len(fraction)-e)
	d, err := column.ParseDecimal([]byte(text), min(scale, column.MaxPrecision))
	if err != nil || scale > column.MaxPrecision {
		return nil, errDigits
	}
	return decimalOf(d, column.Type{Kind: column.Decimal, Precision: max(digitsOf(d), scale, 1), Scale: scale}, at), nil
}

// digitsOf is how many digits a decimal has.
func digitsOf(d column.Int128) int {
	return len(strings.TrimLeft(string(d.AppendDecimal(nil, 0)), "-0"))
}

// parseLiteral makes a text of the statement a value of a type.
func parseLiteral(text string, t column.Type, at int) (*Expr, error) {
	b := []byte(text)
	ints := func(n int64, err error) (*Expr, error) { return intOf(t.Kind, n, at), err }
	texts := func(b []byte, err error) (*Expr, error) {
		return literalOf(t, at, func(v *column.Vector) { v.Texts[0] = b }), err
	}
	switch t.Kind {
	case column.Bool:
		yes, err := column.ParseBool(b)
		return ints(map[bool]int64{true: 1}[yes], err)
	case column.Int32:
		return ints(column.ParseInt(b, 32))
	case column.Int64:
		return ints(column.ParseInt(b, 64))
	case column.Date:
		return ints(column.ParseDate(b))
	case column.Timestamp:
		return ints(column.ParseTimestamp(b))
	case column.Interval:
		return ints(column.ParseInterval(b))
	case column.UUID:
		return texts(column.ParseUUID(b))
	case column.Bytes:
		return texts(column.ParseBytes(b))
	case column.Float64:
		f, err := column.ParseFloat(b)
		return literalOf(t, at, func(v *column.Vector) { v.Floats[0] = f }), err
	case column.Decimal:
		return parseDecimal(text, t, at)
	case column.JSON:
		if !json.Valid(b) {
			return nil, errors.New("is not JSON")
		}
	}
	return texts(b, nil)
}

func parseDecimal(text string, t column.Type, at int) (*Expr, error) {
	if t.Precision == 0 {
		return naturalDecimal(text, at)
	}
	d, err := column.ParseDecimal([]byte(text), t.Scale)
	if err == nil && !d.Fits(t.Precision) {
		err = column.ErrTooLarge
	}
	return decimalOf(d, t, at), err
}

// folded is a literal in a type that its own goes into without asking; false if
// it has to be computed.
func folded(e *Expr, t column.Type) (*Expr, bool) {
	if e.Kind != Literal || e.Value.IsNull(0) {
		return nil, false
	}
	switch from := e.Type.Kind; {
	case integer(from) && t.Kind == column.Int64:
		return intOf(column.Int64, e.Value.Ints[0], e.At), true
	case integer(from) && t.Kind == column.Float64:
		return literalOf(t, e.At, func(v *column.Vector) { v.Floats[0] = float64(e.Value.Ints[0]) }), true
	case integer(from) && t.Kind == column.Decimal:
		return rescaled(column.Int(e.Value.Ints[0]), 0, t, e.At)
	case from == column.Decimal && t.Kind == column.Float64:
		return literalOf(t, e.At, func(v *column.Vector) { v.Floats[0] = e.Value.Decimals[0].FloatOf(e.Type.Scale) }), true
	case from == column.Decimal && t.Kind == column.Decimal && t.Scale >= e.Type.Scale:
		return rescaled(e.Value.Decimals[0], e.Type.Scale, t, e.At)
	case from == column.Date && t.Kind == column.Timestamp:
		return intOf(t.Kind, e.Value.Ints[0]*86_400_000_000, e.At), true
	}
	return nil, false
}

func integer(k column.Kind) bool { return k == column.Int32 || k == column.Int64 }

func rescaled(d column.Int128, scale int, t column.Type, at int) (*Expr, bool) {
	if t.Precision == 0 {
		return decimalOf(d, column.Type{Kind: column.Decimal, Precision: max(digitsOf(d), scale, 1), Scale: scale}, at), true
	}
	up, ok := d.Rescale(scale, t.Scale)
	if !ok || !up.Fits(t.Precision) {
		return nil, false
	}
	return decimalOf(up, t, at), true
}
