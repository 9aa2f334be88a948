package flow

import (
	"cmp"

	"github.com/weirmesh/weir/internal/core/column"
)

// extreme is min (sign 1) or max (-1) of values of which none is ever taken back:
// whether there is one, and it.
type extreme struct {
	sign  int
	store column.Store // not of texts, which have no fixed size
}

func (e extreme) size() int {
	if e.store == column.InDecimals {
		return 24
	}
	return 16
}

func (e extreme) add(state []byte, v *column.Vector, i int, _ int64) {
	var hi, lo int64
	switch e.store {
	case column.InDecimals:
		hi, lo = v.Decimals[i].Hi, int64(v.Decimals[i].Lo)
	case column.InFloats:
		hi = int64(floatKey(v.Floats[i]) ^ 1<<63)
	default:
		hi = v.Ints[i]
	}
	e.meet(state, hi, lo)
}

// meet keeps a value if it comes before the one that is there.
func (e extreme) meet(state []byte, hi, lo int64) {
	if getInt(state) != 0 {
		c := cmp.Compare(hi, getInt(state[8:]))
		if c == 0 && e.store == column.InDecimals {
			c = cmp.Compare(uint64(lo), uint64(getInt(state[16:])))
		}
		if c*e.sign >= 0 {
			return
		}
	}
	putInt(state, 1)
	putInt(state[8:], hi)
	if e.store == column.InDecimals {
		putInt(state[16:], lo)
	}
}

func (e extreme) merge(state, other []byte) {
	if getInt(other) == 0 {
		return
	}
	lo := int64(0)
	if e.store == column.InDecimals {
		lo = getInt(other[16:])
	}
	e.meet(state, getInt(other[8:]), lo)
}

func (e extreme) result(state []byte, out *vec, i int32) error {
	hi := getInt(state[8:])
	switch {
	case getInt(state) == 0:
		out.null(i)
	case e.store == column.InDecimals:
		out.Decimals[i] = column.Int128{Hi: hi, Lo: uint64(getInt(state[16:]))}
	case e.store == column.InFloats:
		out.Floats[i] = keyFloat(uint64(hi) ^ 1<<63)
	default:
		out.Ints[i] = hi
	}
	return nil
}
