package column

import (
	"math"
	"math/big"
	"math/bits"
)

// MaxPrecision is how many digits a decimal has at most: so many always fit.
const MaxPrecision = 38

// powers are those of ten that fit.
var powers = makePowers()

func makePowers() (p [MaxPrecision + 1]Int128) {
	p[0] = Int(1)
	for i := 1; i < len(p); i++ {
		p[i], _ = p[i-1].Mul(Int(10))
	}
	return p
}

// Pow10 is ten to the power of n, for n of 0 to [MaxPrecision].
func Pow10(n int) Int128 { return powers[n] }

// Int is v in 128 bits.
func Int(v int64) Int128 { return Int128{v >> 63, uint64(v)} }

// Int64 is a in 64 bits, and whether it fits.
func (a Int128) Int64() (int64, bool) {
	v := int64(a.Lo)
	return v, a.Hi == v>>63
}

// Sign is -1, 0 or 1.
func (a Int128) Sign() int {
	switch {
	case a.Hi < 0:
		return -1
	case a.Hi == 0 && a.Lo == 0:
		return 0
	}
	return 1
}

// Cmp is -1, 0 or 1 as a is less than, equal to or greater than b.
func (a Int128) Cmp(b Int128) int {
	switch {
	case a == b:
		return 0
	case a.Hi < b.Hi, a.Hi == b.Hi && a.Lo < b.Lo:
		return -1
	}
	return 1
}

// Add is a+b, and whether it fits.
func (a Int128) Add(b Int128) (Int128, bool) {
	lo, carry := bits.Add64(a.Lo, b.Lo, 0)
	hi, _ := bits.Add64(uint64(a.Hi), uint64(b.Hi), carry)
	s := Int128{int64(hi), lo}
	return s, (a.Hi < 0) != (b.Hi < 0) || (s.Hi < 0) == (a.Hi < 0)
}

// Sub is a-b, and whether it fits.
func (a Int128) Sub(b Int128) (Int128, bool) {
	lo, borrow := bits.Sub64(a.Lo, b.Lo, 0)
	hi, _ := bits.Sub64(uint64(a.Hi), uint64(b.Hi), borrow)
	d := Int128{int64(hi), lo}
	return d, (a.Hi < 0) == (b.Hi < 0) || (d.Hi < 0) == (a.Hi < 0)
}

// Neg is -a, and whether it fits.
func (a Int128) Neg() (Int128, bool) { return Int128{}.Sub(a) }

// Mul is a*b, and whether it fits.
func (a Int128) Mul(b Int128) (Int128, bool) {
	x, y := a.magnitude(), b.magnitude()
	if x.hi != 0 && y.hi != 0 {
		return Int128{}, false
	}
	if x.hi == 0 {
		x, y = y, x
	}
	hi, lo := bits.Mul64(x.lo, y.lo)
	over, mid := bits.Mul64(x.hi, y.lo)
	hi, carry := bits.Add64(hi, mid, 0)
	r, ok := unsigned{hi, lo}.signed((a.Hi < 0) != (b.Hi < 0))
	return r, ok && over == 0 && carry == 0
}

// QuoRem divides a by b, which is not zero, as Go and SQL do: the quotient is
// cut towards zero. It reports whether the quotient fits.
func (a Int128) QuoRem(b Int128) (q, r Int128, ok bool) {
	uq, ur := a.magnitude().div(b.magnitude())
	q, ok = uq.signed((a.Hi < 0) != (b.Hi < 0))
	r, _ = ur.signed(a.Hi < 0)
	return q, r, ok
}

// MulDiv is a*b/c, rounded half away from zero, and whether it fits. What is in
// between has as many bits as it needs; c is not zero.
func (a Int128) MulDiv(b, c Int128) (Int128, bool) {
	if p, ok := a.Mul(b); ok {
		return p.divRound(c)
	}
	n, d := new(big.Int).Mul(a.Big(), b.Big()), c.Big()
	negative := (n.Sign() < 0) != (d.Sign() < 0)
	n.Abs(n)
	d.Abs(d)
	q, r := n.QuoRem(n, d, new(big.Int))
	if r.Lsh(r, 1).CmpAbs(d) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	if negative {
		q.Neg(q)
	}
	return FromBig(q)
}

// divRound is a/c, rounded half away from zero.
func (a Int128) divRound(c Int128) (Int128, bool) {
	d := c.magnitude()
	q, r := a.magnitude().div(d)
	if !r.less(d.sub(r)) {
		q = q.next()
	}
	return q.signed((a.Hi < 0) != (c.Hi < 0))
}

// Float64 is the nearest number that a float can hold.
func (a Int128) Float64() float64 {
	if v, ok := a.Int64(); ok {
		return float64(v)
	}
	f, _ := new(big.Float).SetInt(a.Big()).Float64()
	return f
}

// Big is a as a number without bounds.
func (a Int128) Big() *big.Int {
	m := a.magnitude()
	b := new(big.Int).SetUint64(m.hi)
	b.Lsh(b, 64).Or(b, new(big.Int).SetUint64(m.lo))
	if a.Hi < 0 {
		b.Neg(b)
	}
	return b
}

// FromBig is b in 128 bits, and whether it fits.
func FromBig(b *big.Int) (Int128, bool) {
	if b.BitLen() > 128 {
		return Int128{}, false
	}
	var m unsigned
	abs := new(big.Int).Abs(b)
	m.lo = new(big.Int).And(abs, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
	m.hi = abs.Rsh(abs, 64).Uint64()
	return m.signed(b.Sign() < 0)
}

// unsigned is a magnitude.
type unsigned struct{ hi, lo uint64 }

func (a Int128) magnitude() unsigned {
	if a.Hi >= 0 {
		return unsigned{uint64(a.Hi), a.Lo}
	}
	lo, b := bits.Sub64(0, a.Lo, 0)
	hi, _ := bits.Sub64(0, uint64(a.Hi), b)
	return unsigned{hi, lo}
}

// signed is m or -m, and whether it fits.
func (m unsigned) signed(negative bool) (Int128, bool) {
	if !negative {
		return Int128{int64(m.hi), m.lo}, m.hi>>63 == 0
	}
	lo, b := bits.Sub64(0, m.lo, 0)
	hi, _ := bits.Sub64(0, m.hi, b)
	return Int128{int64(hi), lo}, m.hi>>63 == 0 || m.hi == 1<<63 && m.lo == 0
}

func (m unsigned) less(n unsigned) bool { return m.hi < n.hi || m.hi == n.hi && m.lo < n.lo }

// next is m+1; a magnitude that is a quotient of two is never the last.
func (m unsigned) next() unsigned {
	lo, c := bits.Add64(m.lo, 1, 0)
	return unsigned{m.hi + c, lo}
}

func (m unsigned) sub(n unsigned) unsigned {
	lo, b := bits.Sub64(m.lo, n.lo, 0)
	hi, _ := bits.Sub64(m.hi, n.hi, b)
	return unsigned{hi, lo}
}

func (m unsigned) div(d unsigned) (q, r unsigned) {
	if d.hi == 0 {
		q.hi, r.lo = m.hi/d.lo, m.hi%d.lo
		q.lo, r.lo = bits.Div64(r.lo, m.lo, d.lo)
		return q, r
	}
	if m.less(d) {
		return unsigned{}, m
	}
	// The quotient has at most 64 bits. It is guessed from the highest bits and
	// is then too great by one at most (Hacker's Delight, 9-5).
	s := uint(bits.LeadingZeros64(d.hi))
	top := d.hi<<s | d.lo>>1>>(63-s)
	guess, _ := bits.Div64(m.hi>>1, m.hi<<63|m.lo>>1, top)
	guess = guess >> (63 - s)
	if guess > 0 {
		guess--
	}
	q.lo = guess
	hi, lo := bits.Mul64(guess, d.lo)
	hi += guess * d.hi
	r = m.sub(unsigned{hi, lo})
	if !r.less(d) {
		q, r = q.next(), r.sub(d)
	}
	return q, r
}
