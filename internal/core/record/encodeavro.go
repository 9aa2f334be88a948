package record

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// avroWriter writes records by a schema.
type avroWriter struct {
	fields []avroField
}

// avroField is a field of the schema, in its order.
type avroField struct {
	name        string
	column      int // -1: none, it is null
	optional    bool
	null, value byte // the branches, as they are written
	typ         *avro.Type
	scale       int
	symbols     map[string]int64
	write       func(f *avroField, dst []byte, v *column.Vector, row int) ([]byte, error)
}

func newAvroWriter(s *avro.Schema, cfg EncoderConfig) (rowWriter, error) {
	w := &avroWriter{}
	root := s.Root()
	if root.Kind != avro.Record {
		return oneAvroValue(root, cfg)
	}
	left := map[string]int{}
	for i, f := range cfg.Fields {
		left[f.Path] = i
	}
	for _, f := range root.Fields {
		i, ok := left[f.Name]
		if !ok {
			i = -1
		}
		delete(left, f.Name)
		if err := w.add(f.Name, f.Type, i, cfg.Fields); err != nil {
			return nil, err
		}
	}
	for name := range left {
		return nil, weir.Errorf(weir.Invalid, "the schema has no field for the column").At(name).
			WithFix("add the field to the schema, or leave the column out")
	}
	return w, nil
}

// oneAvroValue writes keys that are no records.
func oneAvroValue(root *avro.Type, cfg EncoderConfig) (rowWriter, error) {
	w := &avroWriter{}
	if len(cfg.Fields) != 1 {
		return nil, weir.Errorf(weir.Invalid, "the schema is no record, and there are %d columns", len(cfg.Fields)).At("schema").
			WithFix("use a schema of a record")
	}
	if err := w.add(cfg.Fields[0].Path, root, 0, cfg.Fields); err != nil {
		return nil, err
	}
	return w, nil
}

// add adds a field; column is -1 if there is none for it.
func (w *avroWriter) add(name string, t *avro.Type, i int, fields []ColumnField) error {
	f := avroField{name: name, column: i, typ: t}
	if other, ok := t.Nullable(); ok {
		f.typ, f.optional, f.value = other, true, 2
		if t.Branches[1].Kind == avro.Null {
			f.null, f.value = 2, 0
		}
	}
	switch {
	case i < 0 && !f.optional:
		return weir.Errorf(weir.Invalid, "there is no column for the field, and it cannot be null").At(name).
			WithFix("make it a union with null, or add a column of that name")
	case i >= 0:
		if f.write = avroWriterOf(f.typ, fields[i].Type); f.write == nil {
			return weir.Errorf(weir.Invalid, "the column is %s, and the schema has %s", fields[i].Type, f.typ).At(name).
				WithFix("cast the column to what the schema has")
		}
	}
	f.prepare()
	w.fields = append(w.fields, f)
	return nil
}

func (f *avroField) prepare() {
	if f.typ.Decimal != nil {
		f.scale = f.typ.Decimal.Scale
	}
	if f.typ.Kind == avro.Enum {
		f.symbols = map[string]int64{}
		for i, s := range f.typ.Symbols {
			f.symbols[s] = int64(i)
		}
	}
}

func (w *avroWriter) append(dst []byte, columns []*column.Vector, row int) ([]byte, error) {
	var err error
	for i := range w.fields {
		f := &w.fields[i]
		if f.column < 0 || columns[f.column].IsNull(row) {
			if !f.optional {
				return dst, at(f.name, errNull)
			}
			dst = append(dst, f.null)
			continue
		}
		if f.optional {
			dst = append(dst, f.value)
		}
		if dst, err = f.write(f, dst, columns[f.column], row); err != nil {
			return dst, at(f.name, err)
		}
	}
	return dst, nil
}

// avroWriterOf is how a column is written as a type; nil: it cannot be.
func avroWriterOf(t *avro.Type, from column.Type) func(*avroField, []byte, *column.Vector, int) ([]byte, error) {
	switch from.Kind {
	case column.Bool:
		return when(t.Kind == avro.Boolean, writeBool)
	case column.Int32, column.Int64:
		return intWriter(t, from.Kind)
	case column.Float64:
		if t.Kind == avro.Float {
			return writeFloat
		}
		return when(t.Kind == avro.Double, writeDouble)
	case column.Decimal:
		return when(t.Decimal != nil, writeDecimal)
	case column.Date:
		return when(t.Logical() == "date", writeLong)
	case column.Timestamp:
		return timeWriter(t)
	case column.Text, column.Bytes, column.UUID, column.JSON:
		return octetsWriter(t, from.Kind)
	}
	return nil
}

func when[F any](ok bool, f F) (none F) {
	if ok {
		return f
	}
	return none
}

func intWriter(t *avro.Type, from column.Kind) func(*avroField, []byte, *column.Vector, int) ([]byte, error) {
	switch t.Kind {
	case avro.Int:
		return when(from == column.Int32, writeLong)
	case avro.Long:
		return writeLong
	case avro.Double:
		return when(from == column.Int32, writeIntDouble)
	}
	return nil
}

func timeWriter(t *avro.Type) func(*avroField, []byte, *column.Vector, int) ([]byte, error) {
	switch strings.TrimPrefix(t.Logical(), "local-") {
	case "timestamp-micros":
		return writeLong
	case "timestamp-millis":
		return writeMillis
	case "timestamp-nanos":
		return writeNanos
	}
	return nil
}

func octetsWriter(t *avro.Type, from column.Kind) func(*avroField, []byte, *column.Vector, int) ([]byte, error) {
	switch {
	case t.Kind == avro.Enum:
		return when(from == column.Text, writeEnum)
	case t.Kind == avro.Fixed && from == column.UUID:
		return when(t.Size == 16, writeFixed)
	case t.Kind == avro.Fixed:
		return when(from == column.Bytes, writeFixed)
	case from == column.UUID:
		return when(t.Kind == avro.String, writeUUID)
	case t.Kind == avro.Bytes:
		return when(t.Decimal == nil, writeSized)
	}
	return when(t.Kind == avro.String && from != column.Bytes, writeText)
}

// appendLong appends a number as Avro writes it. Numbers of up to 42 bits are
// appended at once.
func appendLong(dst []byte, v int64) []byte {
	u := uint64(v<<1) ^ uint64(v>>63)
	b0, b1, b2, b3, b4 := byte(u)|0x80, byte(u>>7)|0x80, byte(u>>14)|0x80, byte(u>>21)|0x80, byte(u>>28)|0x80
	switch {
	case u < 1<<7:
		return append(dst, byte(u))
	case u < 1<<14:
		return append(dst, b0, byte(u>>7))
	case u < 1<<21:
		return append(dst, b0, b1, byte(u>>14))
	case u < 1<<28:
		return append(dst, b0, b1, b2, byte(u>>21))
	case u < 1<<35:
		return append(dst, b0, b1, b2, b3, byte(u>>28))
	case u < 1<<42:
		return append(dst, b0, b1, b2, b3, b4, byte(u>>35))
	}
	return binary.AppendUvarint(dst, u)
}

func writeBool(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	return append(dst, byte(v.Ints[row])), nil
}

func writeLong(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	return appendLong(dst, v.Ints[row]), nil
}

func writeMillis(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	if v.Ints[row]%1000 != 0 {
		return dst, fmt.Errorf("%d microseconds are no whole milliseconds, which the schema has", v.Ints[row])
	}
	return appendLong(dst, v.Ints[row]/1000), nil
}

func writeNanos(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	n, ok := times(v.Ints[row], 1000)
	if !ok {
		return dst, errTimeRange
	}
	return appendLong(dst, n), nil
}

func writeIntDouble(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(float64(v.Ints[row]))), nil
}

func writeDouble(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Floats[row])), nil
}

func writeFloat(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v.Floats[row]))), nil
}

func writeDecimal(f *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	n, ok := rescaled(v.Decimals[row], v.Scale, f.scale)
	if !ok || !n.Fits(f.typ.Decimal.Precision) {
		return dst, fmt.Errorf("%s does not fit into %s", v.Decimals[row].AppendDecimal(nil, v.Scale), f.typ)
	}
	var room [16]byte
	b := appendDecimalBytes(room[:0], n)
	if f.typ.Kind == avro.Bytes {
		return append(appendLong(dst, int64(len(b))), b...), nil
	}
	if len(b) > f.typ.Size {
		return dst, fmt.Errorf("%s does not fit into %s", v.Decimals[row].AppendDecimal(nil, v.Scale), f.typ)
	}
	for range f.typ.Size - len(b) {
		dst = append(dst, byte(n.Hi>>63))
	}
	return append(dst, b...), nil
}

func writeText(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	b := v.Texts[row]
	if !utf8.Valid(b) {
		return dst, errNoText
	}
	return append(appendLong(dst, int64(len(b))), b...), nil
}

func writeSized(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	b := v.Texts[row]
	return append(appendLong(dst, int64(len(b))), b...), nil
}

func writeUUID(_ *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	return appendUUID(appendLong(dst, 36), v.Texts[row]), nil
}

func writeFixed(f *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	if b := v.Texts[row]; len(b) == f.typ.Size {
		return append(dst, b...), nil
	}
	return dst, fmt.Errorf("it has %d bytes, and the schema's %s has %d", len(v.Texts[row]), f.typ.Name.Full(), f.typ.Size)
}

func writeEnum(f *avroField, dst []byte, v *column.Vector, row int) ([]byte, error) {
	n, ok := f.symbols[string(v.Texts[row])]
	if !ok {
		return dst, fmt.Errorf("the enum %s has no symbol %s", f.typ.Name.Full(), clipped(v.Texts[row]))
	}
	return appendLong(dst, n), nil
}
