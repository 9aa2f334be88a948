package flow

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// fold of values to one: its state is some bytes of the group's value.
type accumulator interface {
	size() int
	// add counts a value that is not null w times more; less, if w is negative.
	add(state []byte, v *column.Vector, i int, w int64)
	// merge adds what another state has.
	merge(state, other []byte)
	// result sets row i of out.
	result(state []byte, out *vec, i int32) error
}

func getInt(b []byte) int64    { return int64(binary.LittleEndian.Uint64(b)) }
func putInt(b []byte, v int64) { binary.LittleEndian.PutUint64(b, uint64(v)) }

func getFloat(b []byte) float64    { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }
func putFloat(b []byte, v float64) { binary.LittleEndian.PutUint64(b, math.Float64bits(v)) }

// counter is count.
type counter struct{}

func (counter) size() int { return 8 }

func (counter) add(state []byte, _ *column.Vector, _ int, w int64) {
	putInt(state, getInt(state)+w)
}

func (counter) merge(state, other []byte) { putInt(state, getInt(state)+getInt(other)) }

func (counter) result(state []byte, out *vec, i int32) error {
	out.Ints[i] = getInt(state)
	return nil
}

// exact is sum or avg of whole numbers, decimals and intervals: how many there
// are, and their sum in 192 bits, which it always fits, so that what was added
// can be taken away again.
type exact struct {
	scale int // of the values
	mean  bool
}

func (exact) size() int { return 32 }

var errSum = errors.New("a sum with more digits than there can be")

func (e exact) add(state []byte, v *column.Vector, i int, w int64) {
	var x column.Int128
	if v.Kind == column.Decimal {
		x = v.Decimals[i]
	} else {
		x = column.Int(v.Ints[i])
	}
	putInt(state, getInt(state)+w)
	addWide(state[8:], x, w)
}

func (exact) merge(state, other []byte) {
	putInt(state, getInt(state)+getInt(other))
	addWords(state[8:], words3(other[8:]))
}

// words3 is a number of three words, the lowest first.
func words3(sum []byte) (w [3]uint64) {
	for k := range w {
		w[k] = binary.LittleEndian.Uint64(sum[8*k:])
	}
	return w
}

// addWords adds a number of three words to another.
func addWords(sum []byte, x [3]uint64) {
	var c uint64
	for k, w := range words3(sum) {
		w, c = bits.Add64(w, x[k], c)
		binary.LittleEndian.PutUint64(sum[8*k:], w)
	}
}

// addWide adds x*w to a number of three words, the lowest first.
func addWide(sum []byte, x column.Int128, w int64) {
	if w == 0 {
		return
	}
	for ; w > 1; w-- {
		addWide(sum, x, 1)
	}
	for ; w < -1; w++ {
		addWide(sum, x, -1)
	}
	high := uint64(x.Hi >> 63)
	if w > 0 {
		addWords(sum, [3]uint64{x.Lo, uint64(x.Hi), high})
		return
	}
	// -x is what x is with all bits turned, and one more.
	addWords(sum, [3]uint64{^x.Lo, ^uint64(x.Hi), ^high})
	addWords(sum, [3]uint64{1})
}

// wide is a number of three words, and whether it fits.
func wide(sum []byte) (column.Int128, bool) {
	v := column.Int128{Lo: binary.LittleEndian.Uint64(sum), Hi: getInt(sum[8:])}
	return v, getInt(sum[16:]) == v.Hi>>63
}

func (e exact) result(state []byte, out *vec, i int32) error {
	n := getInt(state)
	sum, ok := wide(state[8:])
	if n == 0 {
		out.null(i)
		return nil
	}
	if !ok {
		return errSum
	}
	by := 1
	if e.mean {
		by = int(n)
	}
	if up := out.Scale - e.scale; up >= 0 {
		sum, ok = sum.MulDiv(column.Pow10(min(up, column.MaxPrecision)), column.Int(int64(by)))
	} else {
		var tens column.Int128
		if tens, ok = column.Pow10(min(-up, column.MaxPrecision)).Mul(column.Int(int64(by))); ok {
			sum, ok = sum.MulDiv(column.Int(1), tens)
		}
	}
	return setExact(out, i, sum, ok)
}

func setExact(out *vec, i int32, v column.Int128, ok bool) error {
	switch out.Kind {
	case column.Decimal:
		if !ok || !v.Fits(out.Precision) {
			return errSum
		}
		out.Decimals[i] = v
	case column.Float64:
		out.Floats[i] = v.Float64()
	default:
		n, fits := v.Int64()
		if !ok || !fits || out.Kind == column.Int32 && int64(int32(n)) != n {
			return errSum
		}
		out.Ints[i] = n
	}
	return nil
}

// rough is sum or avg of double precision: how many there are, their sum in two
// parts (Neumaier), and how many are NaN and infinite, so that those can go again.
type rough struct{ mean bool }

func (rough) size() int { return 48 }

func (rough) add(state []byte, v *column.Vector, i int, w int64) {
	x := v.Floats[i]
	putInt(state, getInt(state)+w)
	switch {
	case math.IsNaN(x):
		putInt(state[24:], getInt(state[24:])+w)
	case math.IsInf(x, 1):
		putInt(state[32:], getInt(state[32:])+w)
	case math.IsInf(x, -1):
		putInt(state[40:], getInt(state[40:])+w)
	default:
		addRough(state[8:], x*float64(w))
	}
	if getInt(state) == 0 {
		clear(state[:48])
	}
}

func (rough) merge(state, other []byte) {
	for _, at := range [...]int{0, 24, 32, 40} {
		putInt(state[at:], getInt(state[at:])+getInt(other[at:]))
	}
	addRough(state[8:], getFloat(other[8:]))
	addRough(state[8:], getFloat(other[16:]))
}

func addRough(state []byte, x float64) {
	sum, rest := getFloat(state), getFloat(state[8:])
	total := sum + x
	if math.Abs(sum) >= math.Abs(x) {
		rest += (sum - total) + x
	} else {
		rest += (x - total) + sum
	}
	putFloat(state, total)
	putFloat(state[8:], rest)
}

func (r rough) result(state []byte, out *vec, i int32) error {
	n, nan, up, down := getInt(state), getInt(state[24:]), getInt(state[32:]), getInt(state[40:])
	sum := getFloat(state[8:]) + getFloat(state[16:])
	switch {
	case n == 0:
		out.null(i)
		return nil
	case nan > 0 || up > 0 && down > 0:
		sum = math.NaN()
	case up > 0:
		sum = math.Inf(1)
	case down > 0:
		sum = math.Inf(-1)
	case math.IsInf(sum, 0) || math.IsNaN(sum):
		return errDouble
	}
	if r.mean {
		sum /= float64(n)
	}
	out.Floats[i] = sum
	return nil
}

var errAggregate = errors.New("this aggregate is not supported yet")

// accumulatorOf is the accumulator of an aggregate. For a min or a max it is none,
// but a sign, if values can be taken back or have no fixed size.
func accumulatorOf(a sqlang.Aggregate, onlyAdds bool) (acc accumulator, sign int, err error) {
	switch {
	case a.Func == "count":
		return counter{}, 0, nil
	case a.Arg == nil:
		return nil, 0, errAggregate
	case a.Func == "min":
		sign = 1
	case a.Func == "max":
		sign = -1
	}
	k := a.Arg.Type.Kind
	mean := a.Func == "avg"
	switch {
	case sign != 0 && onlyAdds && k.Store() != column.InTexts:
		return extreme{sign, k.Store()}, 0, nil
	case sign != 0:
		return nil, sign, nil
	case a.Func != "sum" && !mean:
	case k == column.Float64 && a.Type.Kind == column.Float64:
		return rough{mean}, 0, nil
	case k == column.Int32, k == column.Int64, k == column.Interval:
		return exact{mean: mean}, 0, nil
	case k == column.Decimal:
		return exact{scale: a.Arg.Type.Scale, mean: mean}, 0, nil
	}
	return nil, 0, errAggregate
}
