package nexmark

// random is java.util.Random: a linear congruential generator of 48 bits, whose
// documentation says how each kind of value is made of it.
type random struct{ seed uint64 }

const (
	multiplier = 0x5DEECE66D
	increment  = 0xB
	bits48     = 1<<48 - 1
)

func newRandom(seed int64) *random {
	return &random{seed: (uint64(seed) ^ multiplier) & bits48}
}

// next is the highest n bits of the next state, with their sign.
func (r *random) next(n uint) int32 {
	r.seed = (r.seed*multiplier + increment) & bits48
	return int32(r.seed >> (48 - n))
}

func (r *random) int32() int32 { return r.next(32) }

// below is a number from 0 to n-1; n is more than 0.
func (r *random) below(n int32) int32 {
	u := r.next(31)
	if n&(n-1) == 0 {
		return int32(int64(n) * int64(u) >> 31)
	}
	for v := u % n; ; v = u % n {
		if u-v+(n-1) >= 0 { // else the rest at the end, which would not be even
			return v
		}
		u = r.next(31)
	}
}

func (r *random) int64() int64 { return int64(r.next(32))<<32 + int64(r.next(32)) }

// long is a number from 0 to n-1, as Beam draws it.
func (r *random) long(n int64) int64 {
	if n < 1<<31-1 {
		return int64(r.below(int32(n)))
	}
	v := r.int64() % n
	return max(v, -v)
}

// float is a number from 0 to below 1.
func (r *random) float() float64 {
	high := int64(r.next(26)) << 27
	return float64(high+int64(r.next(27))) * 0x1p-53
}
