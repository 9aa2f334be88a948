package record

import "github.com/weirmesh/weir/internal/core/column"

// output is the columns that a decoder writes to, at one row.
type output struct {
	into  []*column.Vector
	row   int
	spare [][]bool // by column: for vectors that have nulls
	arena arena
	avro  avroWalk
	json  jsonReader
}

// begin makes room for n rows.
func (o *output) begin(fields []ColumnField, into []*column.Vector, n int) {
	o.into = into
	if o.spare == nil {
		o.spare = make([][]bool, len(fields))
	}
	for i, f := range fields {
		v := into[i]
		v.Type = f.Type
		if cap(v.Null) > cap(o.spare[i]) {
			o.spare[i] = v.Null
		}
		v.Resize(n)
	}
}

// null takes the value of a column away.
func (o *output) null(c int) {
	v := o.into[c]
	if v.Null == nil {
		if s := o.spare[c]; cap(s) >= v.Len() {
			v.Null, o.spare[c] = s[:v.Len()], nil
			clear(v.Null)
		}
	}
	v.SetNull(o.row)
}

func (o *output) nulls(columns []int) {
	for _, c := range columns {
		o.null(c)
	}
}

func (o *output) int(c int, n int64)             { o.into[c].Ints[o.row] = n }
func (o *output) float(c int, f float64)         { o.into[c].Floats[o.row] = f }
func (o *output) decimal(c int, n column.Int128) { o.into[c].Decimals[o.row] = n }
func (o *output) text(c int, b []byte)           { o.into[c].Texts[o.row] = b }
func (o *output) is(c int, k column.Kind) bool   { return o.into[c].Kind == k }

// arena gives out memory that stays as long as somebody points to it.
type arena struct{ free []byte }

// arenaBlock is how much is asked for at a time.
const arenaBlock = 64 << 10

// room is n bytes of capacity, without length.
func (a *arena) room(n int) []byte {
	if n > cap(a.free) {
		if n > arenaBlock/4 {
			return make([]byte, 0, n)
		}
		a.free = make([]byte, 0, arenaBlock)
	}
	b := a.free[:0:n]
	a.free = a.free[n:n:cap(a.free)]
	return b
}

// keep is a copy of b.
func (a *arena) keep(b []byte) []byte { return append(a.room(len(b)), b...) }
