package column

import (
	"bytes"
	"errors"
	"math"
	"strconv"
)

// What is wrong with a number as text.
var (
	ErrNotNumber = errors.New("is not a number")
	ErrTooLarge  = errors.New("has too many digits")
)

// Fits reports whether a has at most so many digits; 0: as many as there can be.
func (a Int128) Fits(precision int) bool {
	if precision <= 0 || precision > MaxPrecision {
		precision = MaxPrecision
	}
	p := powers[precision]
	n, _ := p.Neg()
	return a.Cmp(p) < 0 && a.Cmp(n) > 0
}

// Rescale is the decimal a of one scale in another, rounded half away from
// zero, and whether it fits.
func (a Int128) Rescale(from, to int) (Int128, bool) {
	switch {
	case from == to || a.Sign() == 0:
		return a, true
	case to-from > MaxPrecision:
		return Int128{}, false
	case to > from:
		return a.Mul(powers[to-from])
	case from-to > MaxPrecision:
		return Int128{}, true
	}
	return a.divRound(powers[from-to])
}

// FloatOf is the decimal a as a float: the nearest that there is.
func (a Int128) FloatOf(scale int) float64 {
	const exact, tens = 1 << 53, 22
	if v, ok := a.Int64(); ok && v > -exact && v < exact && scale <= tens {
		return float64(v) / math.Pow10(scale)
	}
	var b [64]byte
	f, _ := strconv.ParseFloat(string(a.AppendDecimal(b[:0], scale)), 64)
	return f
}

// DecimalOf is f as a decimal. As in PostgreSQL the 15 digits count that a float
// surely has. It reports whether f is a number that fits.
func DecimalOf(f float64, scale int) (Int128, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Int128{}, false
	}
	var b [32]byte
	d, err := ParseDecimal(strconv.AppendFloat(b[:0], f, 'e', 14, 64), scale)
	return d, err == nil
}

// AppendDecimal appends a with a point before its last scale digits.
func (a Int128) AppendDecimal(dst []byte, scale int) []byte {
	var digits [48]byte
	i := len(digits)
	m := a.magnitude()
	for n := 0; n <= scale || m != (unsigned{}); n++ {
		if n == scale && scale > 0 {
			i--
			digits[i] = '.'
		}
		var r unsigned
		m, r = m.div(unsigned{0, 10})
		i--
		digits[i] = byte('0' + r.lo)
	}
	if a.Hi < 0 {
		dst = append(dst, '-')
	}
	return append(dst, digits[i:]...)
}

// ParseDecimal reads a number as SQL writes it ("-12.5", ".5", "1e3", with
// spaces around it) into a decimal of a scale, rounded half away from zero.
func ParseDecimal(text []byte, scale int) (Int128, error) {
	n := number{rest: bytes.TrimSpace(text), scale: scale}
	n.sign()
	if err := n.digits(); err != nil {
		return Int128{}, err
	}
	exponent, err := n.exponent()
	if err != nil {
		return Int128{}, err
	}
	v, ok := n.value.Rescale(n.behind-exponent, scale)
	if !ok || !v.Fits(0) {
		return Int128{}, ErrTooLarge
	}
	if n.negative {
		v, _ = v.Neg()
	}
	return v, nil
}

// number is a number that is being read.
type number struct {
	rest     []byte
	scale    int
	negative bool
	value    Int128
	behind   int // digits of value behind the point
}

func (n *number) sign() {
	if len(n.rest) > 0 && (n.rest[0] == '-' || n.rest[0] == '+') {
		n.negative = n.rest[0] == '-'
		n.rest = n.rest[1:]
	}
}

// digits reads up to the exponent. What comes behind the digits that a number
// can have counts no more: it could only move the rounding of the last one.
func (n *number) digits() error {
	seen, point := false, false
	for len(n.rest) > 0 {
		c := n.rest[0]
		switch {
		case c >= '0' && c <= '9':
			seen = true
			n.digit(c, point)
		case c == '.' && !point:
			point = true
		default:
			if !seen {
				return ErrNotNumber
			}
			return nil
		}
		n.rest = n.rest[1:]
	}
	if !seen {
		return ErrNotNumber
	}
	return nil
}

func (n *number) digit(c byte, point bool) {
	if n.value.Cmp(powers[MaxPrecision-1]) >= 0 {
		if !point {
			n.behind--
		}
		return
	}
	n.value, _ = n.value.Mul(Int(10))
	n.value, _ = n.value.Add(Int(int64(c - '0')))
	if point {
		n.behind++
	}
}

func (n *number) exponent() (int, error) {
	if len(n.rest) == 0 {
		return 0, nil
	}
	if n.rest[0] != 'e' && n.rest[0] != 'E' {
		return 0, ErrNotNumber
	}
	e, err := strconv.Atoi(string(n.rest[1:]))
	if err != nil || e > 1000 || e < -1000 {
		return 0, ErrNotNumber
	}
	return e, nil
}
