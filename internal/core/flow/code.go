package flow

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/weirmesh/weir/internal/core/column"
)

// Keys are bytes whose order is that of the values: equal values have equal
// bytes, whatever record they came from.

// What stands before each value of a key.
const (
	keyNull  = 0x01
	keyValue = 0x02
	keyLast  = 0x03 // a null that comes last
)

// appendKey appends row i of v.
func appendKey(dst []byte, v *column.Vector, i int) []byte {
	if v.IsNull(i) {
		return append(dst, keyNull)
	}
	dst = append(dst, keyValue)
	switch v.Kind.Store() {
	case column.InFloats:
		return binary.BigEndian.AppendUint64(dst, floatKey(v.Floats[i]))
	case column.InDecimals:
		d := v.Decimals[i]
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, uint64(d.Hi)^1<<63), d.Lo)
	case column.InTexts:
		return appendTextKey(dst, v.Texts[i])
	}
	return binary.BigEndian.AppendUint64(dst, uint64(v.Ints[i])^1<<63)
}

// floatKey orders as numbers do: zeros are one, NaN is one and the greatest.
func floatKey(f float64) uint64 {
	switch {
	case f != f:
		return math.MaxUint64
	case f == 0:
		return 1 << 63
	}
	b := math.Float64bits(f)
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func keyFloat(k uint64) float64 {
	switch {
	case k == math.MaxUint64:
		return math.NaN()
	case k>>63 == 1:
		return math.Float64frombits(k &^ (1 << 63))
	}
	return math.Float64frombits(^k)
}

// appendTextKey ends a text such that a longer one comes later.
func appendTextKey(dst, t []byte) []byte {
	for {
		zero := bytes.IndexByte(t, 0)
		if zero < 0 {
			return append(append(dst, t...), 0, 1)
		}
		dst = append(append(dst, t[:zero]...), 0, 0xff)
		t = t[zero+1:]
	}
}

// appendKeys appends row i of all columns, and says whether one is null.
func appendKeys(dst []byte, columns []*vec, i int32) (key []byte, null bool) {
	for _, v := range columns {
		null = null || v.IsNull(int(i))
		dst = appendKey(dst, &v.Vector, int(i))
	}
	return dst, null
}

// readKey sets row i of v from the begin of a key, and gives the rest.
func readKey(key string, v *vec, i int32, text *arena) string {
	if key[0] != keyValue {
		v.null(i)
		return key[1:]
	}
	key = key[1:]
	switch v.Kind.Store() {
	case column.InFloats:
		v.Floats[i] = keyFloat(beUint64(key))
		return key[8:]
	case column.InDecimals:
		v.Decimals[i] = column.Int128{Hi: int64(beUint64(key) ^ 1<<63), Lo: beUint64(key[8:])}
		return key[16:]
	case column.InTexts:
		b := text.open()
		for at := 0; ; at++ {
			if key[at] != 0 {
				b = append(b, key[at])
				continue
			}
			if at++; key[at] == 1 {
				v.Texts[i] = text.close(b)
				return key[at+1:]
			}
			b = append(b, 0)
		}
	}
	v.Ints[i] = int64(beUint64(key) ^ 1<<63)
	return key[8:]
}

func beUint64(s string) uint64 {
	_ = s[7]
	return uint64(s[7]) | uint64(s[6])<<8 | uint64(s[5])<<16 | uint64(s[4])<<24 |
		uint64(s[3])<<32 | uint64(s[2])<<40 | uint64(s[1])<<48 | uint64(s[0])<<56
}

// Rows are bytes that hold values as they are.

// appendRow appends row i of columns. It is never empty.
func appendRow(dst []byte, columns []*column.Vector, i int) []byte {
	dst = append(dst, 1)
	for _, v := range columns {
		if v.IsNull(i) {
			dst = append(dst, 0)
			continue
		}
		dst = append(dst, 1)
		switch v.Kind.Store() {
		case column.InFloats:
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Floats[i]))
		case column.InDecimals:
			dst = binary.LittleEndian.AppendUint64(binary.AppendVarint(dst, v.Decimals[i].Hi), v.Decimals[i].Lo)
		case column.InTexts:
			dst = append(binary.AppendUvarint(dst, uint64(len(v.Texts[i]))), v.Texts[i]...)
		default:
			dst = binary.AppendVarint(dst, v.Ints[i])
		}
	}
	return dst
}

// readRow sets row i of vectors from what appendRow made. Their texts point into
// row.
func readRow(row []byte, into []*vec, i int32) {
	row = row[1:]
	for _, v := range into {
		null := row[0] == 0
		if row = row[1:]; null {
			v.null(i)
			continue
		}
		w := 0
		switch v.Kind.Store() {
		case column.InFloats:
			v.Floats[i], w = math.Float64frombits(binary.LittleEndian.Uint64(row)), 8
		case column.InDecimals:
			v.Decimals[i].Hi, w = binary.Varint(row)
			v.Decimals[i].Lo = binary.LittleEndian.Uint64(row[w:])
			w += 8
		case column.InTexts:
			n, k := binary.Uvarint(row)
			w = k + int(n)
			v.Texts[i] = row[k:w:w]
		default:
			v.Ints[i], w = binary.Varint(row)
		}
		row = row[w:]
	}
}
