package column_test

import (
	"math"
	"math/big"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/column"
)

// wide are numbers of all sizes, those at the borders often.
func wide(t *rapid.T, label string) column.Int128 {
	switch rapid.IntRange(0, 3).Draw(t, label+" size") {
	case 0:
		return column.Int(rapid.Int64().Draw(t, label))
	case 1:
		border := []column.Int128{{Hi: math.MinInt64}, {Hi: math.MaxInt64, Lo: math.MaxUint64}, {Hi: 1}, {Hi: -1}, {Lo: math.MaxUint64}, {}}
		return rapid.SampledFrom(border).Draw(t, label)
	}
	return column.Int128{Hi: rapid.Int64().Draw(t, label+" hi"), Lo: rapid.Uint64().Draw(t, label+" lo")}
}

// TestNumbersOf128Bits compares every operation with numbers without bounds.
func TestNumbersOf128Bits(t *testing.T) {
	t.Parallel()
	same := func(t *rapid.T, what string, got column.Int128, ok bool, want *big.Int) {
		expect, fits := column.FromBig(want)
		if ok != fits || ok && got != expect {
			t.Fatalf("%s = %v, %v; want %v, fits: %v", what, got.Big(), ok, want, fits)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := wide(t, "a"), wide(t, "b")
		x, y := a.Big(), b.Big()
		s, ok := a.Add(b)
		same(t, "a+b", s, ok, new(big.Int).Add(x, y))
		s, ok = a.Sub(b)
		same(t, "a-b", s, ok, new(big.Int).Sub(x, y))
		s, ok = a.Mul(b)
		same(t, "a*b", s, ok, new(big.Int).Mul(x, y))
		s, ok = a.Neg()
		same(t, "-a", s, ok, new(big.Int).Neg(x))
		if a.Cmp(b) != x.Cmp(y) || a.Sign() != x.Sign() {
			t.Fatal("order or sign")
		}
		if b.Sign() != 0 {
			q, r, ok := a.QuoRem(b)
			same(t, "a/b", q, ok, new(big.Int).Quo(x, y))
			same(t, "a%b", r, true, new(big.Int).Rem(x, y))
			c := wide(t, "c")
			s, ok = a.MulDiv(c, b)
			same(t, "a*c/b", s, ok, roundedQuo(new(big.Int).Mul(x, c.Big()), y))
		}
	})
}

// roundedQuo is n/d, rounded half away from zero.
func roundedQuo(n, d *big.Int) *big.Int {
	r := new(big.Rat).SetFrac(n, d)
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		half.Neg(half)
	}
	r.Add(r, half)
	return new(big.Int).Quo(r.Num(), r.Denom())
}

func TestDecimalsAsText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in    string
		scale int
		want  string
	}{
		{"0", 0, "0"}, {"0", 2, "0.00"}, {"-0.005", 2, "-0.01"}, {"0.0049", 2, "0.00"}, {" 12.345 ", 2, "12.35"},
		{"-12.345", 2, "-12.35"}, {".5", 0, "1"}, {"5.", 1, "5.0"}, {"1e3", 0, "1000"}, {"15e-1", 0, "2"}, {"1.5E+2", 1, "150.0"},
		{"+7", 0, "7"}, {"99999999999999999999999999999999999999", 0, "99999999999999999999999999999999999999"},
		{"0.00000000000000000000000000000000000001", 38, "0.00000000000000000000000000000000000001"},
		{"1e-60", 2, "0.00"}, {"0e900", 2, "0.00"}, {"1.00000000000000000000000000000000000000000000000001", 3, "1.000"},
		{"100000000000000000000000000000000000000", 0, "has too many digits"}, {"1e38", 0, "has too many digits"},
		{"9e37", 1, "has too many digits"}, {"123456789012345678901234567890123456789012", 0, "has too many digits"},
		{"", 0, "is not a number"}, {"-", 0, "is not a number"}, {".", 0, "is not a number"}, {"1.2.3", 0, "is not a number"},
		{"NaN", 0, "is not a number"}, {"1e", 0, "is not a number"}, {"1e99999999999", 0, "is not a number"}, {"12a", 0, "is not a number"},
	}
	for _, tt := range tests {
		d, err := column.ParseDecimal([]byte(tt.in), tt.scale)
		got := string(d.AppendDecimal(nil, tt.scale))
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%q with %d digits behind the point: %s, want %s", tt.in, tt.scale, got, tt.want)
		}
	}
}

// TestDecimalsComeBack: what is printed is read as the same, and a float is the
// nearest that there is.
func TestDecimalsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, scale := wide(t, "d"), rapid.IntRange(0, 38).Draw(t, "scale")
		text := d.AppendDecimal(nil, scale)
		back, err := column.ParseDecimal(text, scale)
		if d.Fits(0) != (err == nil) || err == nil && back != d {
			t.Fatalf("%s came back as %v, %v", text, back.Big(), err)
		}
		want, _ := strconv.ParseFloat(string(text), 64)
		if got := d.FloatOf(scale); got != want {
			t.Fatalf("%s as a float: %v, want %v", text, got, want)
		}
	})
}
