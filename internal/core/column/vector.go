package column

import "slices"

// Store says which slice of a vector holds the values of a kind.
type Store uint8

// The slices of a [Vector].
const (
	InInts Store = iota
	InFloats
	InDecimals
	InTexts
)

// Store is where a vector has the values of this kind.
func (k Kind) Store() Store {
	switch k {
	case Float64:
		return InFloats
	case Decimal:
		return InDecimals
	case Text, Bytes, UUID, JSON:
		return InTexts
	}
	return InInts
}

// Make gives a vector of n zeros.
func Make(t Type, n int) *Vector {
	v := &Vector{Type: t}
	v.Resize(n)
	return v
}

// Len is how many rows there are.
func (v *Vector) Len() int {
	switch v.Kind.Store() {
	case InFloats:
		return len(v.Floats)
	case InDecimals:
		return len(v.Decimals)
	case InTexts:
		return len(v.Texts)
	}
	return len(v.Ints)
}

// Resize makes room for n rows, none of them null. Values of before are kept as
// far as there are rows; new ones are zero or left from an earlier use.
func (v *Vector) Resize(n int) {
	v.Null = nil
	switch v.Kind.Store() {
	case InFloats:
		v.Floats = sized(v.Floats, n)
	case InDecimals:
		v.Decimals = sized(v.Decimals, n)
	case InTexts:
		v.Texts = sized(v.Texts, n)
	default:
		v.Ints = sized(v.Ints, n)
	}
}

func sized[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return append(s[:len(s):len(s)], make([]T, n-len(s))...)
}

// SetNull takes the value of row i away.
func (v *Vector) SetNull(i int) {
	if v.Null == nil {
		v.Null = make([]bool, v.Len())
	}
	v.Null[i] = true
	switch v.Kind.Store() {
	case InFloats:
		v.Floats[i] = 0
	case InDecimals:
		v.Decimals[i] = Int128{}
	case InTexts:
		v.Texts[i] = nil
	default:
		v.Ints[i] = 0
	}
}

// Set makes row i of v what row j of from is, which has the same kind. The bytes
// of a text stay where they are.
func (v *Vector) Set(i int, from *Vector, j int) {
	if from.IsNull(j) {
		v.SetNull(i)
		return
	}
	if v.Null != nil {
		v.Null[i] = false
	}
	switch v.Kind.Store() {
	case InFloats:
		v.Floats[i] = from.Floats[j]
	case InDecimals:
		v.Decimals[i] = from.Decimals[j]
	case InTexts:
		v.Texts[i] = from.Texts[j]
	default:
		v.Ints[i] = from.Ints[j]
	}
}

// Append adds row j of from, which has the same kind, behind the last of v.
func (v *Vector) Append(from *Vector, j int) {
	i, null := v.Len(), v.Null
	v.Resize(i + 1)
	if null != nil {
		v.Null = append(null, false)
	}
	v.Set(i, from, j)
}

// Gather makes v the rows of from that sel names, in that order.
func (v *Vector) Gather(from *Vector, sel []int32) {
	null := v.Null
	v.Resize(len(sel))
	switch v.Kind.Store() {
	case InFloats:
		gather(v.Floats, from.Floats, sel)
	case InDecimals:
		gather(v.Decimals, from.Decimals, sel)
	case InTexts:
		gather(v.Texts, from.Texts, sel)
	default:
		gather(v.Ints, from.Ints, sel)
	}
	if from.Null != nil {
		v.Null = slices.Grow(null[:0], len(sel))[:len(sel)]
		gather(v.Null, from.Null, sel)
	}
}

func gather[T any](to, from []T, sel []int32) {
	for i, j := range sel {
		to[i] = from[j]
	}
}
