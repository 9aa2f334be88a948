package record

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// protoWriter writes the first message of a schema.
type protoWriter struct {
	fields []protoOut
	framed bool // the position of the message goes before it
}

// protoOut is a field that is written. What its descriptor says is asked once:
// that takes as long as writing a value.
type protoOut struct {
	desc   protoreflect.FieldDescriptor
	column int
	where  string
	inner  special
	scale  int // of a decimal

	tag      []byte
	kind     protoreflect.Kind
	presence bool             // null is that it is not there
	zero     bool             // zero goes without saying
	enum     map[string]int32 // nil: it is none
}

// compile asks the descriptor.
func (f *protoOut) compile() {
	d := f.desc
	f.tag, f.kind = protowire.AppendTag(nil, d.Number(), wireOf(d)), d.Kind()
	f.presence = d.HasPresence() && d.Cardinality() != protoreflect.Required
	f.zero = !d.HasPresence() && d.Enum() == nil
	if d.Enum() == nil {
		return
	}
	f.enum = map[string]int32{}
	for values, i := d.Enum().Values(), 0; i < values.Len(); i++ {
		f.enum[string(values.Get(i).Name())] = int32(values.Get(i).Number())
	}
}

func newProtoWriter(s *protobuf.Schema, cfg EncoderConfig) (rowWriter, error) {
	w := &protoWriter{framed: cfg.ID != 0}
	m := s.Message(nil)
	if m == nil {
		return nil, weir.Errorf(weir.Invalid, "the schema has no message").At("schema").WithFix("give it one")
	}
	for i, f := range cfg.Fields {
		d := m.Fields().ByName(protoreflect.Name(f.Path))
		if d == nil {
			return nil, weir.Errorf(weir.Invalid, "the schema has no field for the column").At(f.Path).
				WithFix("add the field to the schema, or leave the column out")
		}
		out := protoOut{desc: d, column: i, where: f.Path}
		if !out.takes(s, f.Type) {
			return nil, weir.Errorf(weir.Invalid, "the column is %s, and the schema has %s", f.Type, protoType(s, d)).At(f.Path).
				WithFix("cast the column to what the schema has")
		}
		out.compile()
		w.fields = append(w.fields, out)
	}
	slices.SortFunc(w.fields, func(a, b protoOut) int { return int(a.desc.Number()) - int(b.desc.Number()) })
	return w, nil
}

// takes reports whether a column can be written as the field.
func (f *protoOut) takes(s *protobuf.Schema, t column.Type) bool {
	if f.desc.IsList() || f.desc.IsMap() || f.desc.Kind() == protoreflect.GroupKind {
		return false
	}
	if f.desc.Message() != nil {
		f.inner = specialOf(f.desc.Message())
		have := messageColumn(s, f.desc)
		f.scale = have.Scale
		return f.inner != noSpecial && f.inner != wrapperMessage && have.Kind == t.Kind
	}
	have := scalarColumn(f.desc)
	switch t.Kind {
	case column.UUID, column.JSON:
		return f.desc.Kind() == protoreflect.StringKind
	case column.Int32:
		return have.Kind == column.Int32 || have.Kind == column.Int64
	case column.Decimal:
		return have.Kind == column.Decimal && t.Scale == 0
	}
	return have.Kind == t.Kind
}

func (w *protoWriter) append(dst []byte, columns []*column.Vector, row int) ([]byte, error) {
	if w.framed {
		dst = append(dst, 0)
	}
	var err error
	for i := range w.fields {
		f := &w.fields[i]
		v := columns[f.column]
		if v.IsNull(row) {
			if !f.presence {
				return dst, at(f.where, errNull)
			}
			continue
		}
		if f.zero && isZero(v, row) {
			continue
		}
		dst = append(dst, f.tag...)
		if dst, err = f.value(dst, v, row); err != nil {
			return dst, at(f.where, err)
		}
	}
	return dst, nil
}

// isZero reports whether a value goes without saying.
func isZero(v *column.Vector, row int) bool {
	switch v.Kind.Store() {
	case column.InFloats:
		return math.Float64bits(v.Floats[row]) == 0
	case column.InDecimals:
		return v.Decimals[row].Sign() == 0
	case column.InTexts:
		return v.Kind != column.UUID && len(v.Texts[row]) == 0
	}
	return v.Ints[row] == 0
}

func (f *protoOut) value(dst []byte, v *column.Vector, row int) ([]byte, error) {
	switch v.Kind {
	case column.Float64:
		if f.kind == protoreflect.FloatKind {
			return protowire.AppendFixed32(dst, math.Float32bits(float32(v.Floats[row]))), nil
		}
		return protowire.AppendFixed64(dst, math.Float64bits(v.Floats[row])), nil
	case column.Text, column.Bytes, column.UUID, column.JSON:
		return f.octets(dst, v, row)
	case column.Decimal:
		return f.decimal(dst, v, row)
	case column.Timestamp, column.Date:
		var room [3 * (1 + binary.MaxVarintLen64)]byte
		b, err := f.moment(room[:0], v.Ints[row])
		return protowire.AppendBytes(dst, b), err
	}
	return f.integer(dst, v.Ints[row])
}

func (f *protoOut) octets(dst []byte, v *column.Vector, row int) ([]byte, error) {
	b := v.Texts[row]
	switch {
	case f.enum != nil:
		n, ok := f.enum[string(b)]
		if !ok {
			return dst, fmt.Errorf("the enum %s has no value %s", f.desc.Enum().FullName(), clipped(b))
		}
		return protowire.AppendVarint(dst, uint64(int64(n))), nil
	case v.Kind == column.UUID:
		return appendUUID(protowire.AppendVarint(dst, 36), b), nil
	case f.kind == protoreflect.StringKind && !utf8.Valid(b):
		return dst, errNoText
	}
	return protowire.AppendBytes(dst, b), nil
}

func (f *protoOut) integer(dst []byte, n int64) ([]byte, error) {
	switch f.kind {
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return protowire.AppendVarint(dst, protowire.EncodeZigZag(n)), nil
	case protoreflect.Sfixed32Kind:
		return protowire.AppendFixed32(dst, uint32(n)), nil
	case protoreflect.Sfixed64Kind:
		return protowire.AppendFixed64(dst, uint64(n)), nil
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		if n < 0 || n > math.MaxUint32 {
			return dst, fmt.Errorf("%d does not fit into %s", n, f.kind)
		}
		if f.kind == protoreflect.Fixed32Kind {
			return protowire.AppendFixed32(dst, uint32(n)), nil
		}
	}
	return protowire.AppendVarint(dst, uint64(n)), nil
}

func (f *protoOut) decimal(dst []byte, v *column.Vector, row int) ([]byte, error) {
	n := v.Decimals[row]
	if f.inner != decimalMessage {
		if n.Hi != 0 {
			return dst, fmt.Errorf("%s does not fit into %s", n.AppendDecimal(nil, 0), f.kind)
		}
		if f.kind == protoreflect.Fixed64Kind {
			return protowire.AppendFixed64(dst, n.Lo), nil
		}
		return protowire.AppendVarint(dst, n.Lo), nil
	}
	n, ok := rescaled(n, v.Scale, f.scale)
	if !ok {
		return dst, fmt.Errorf("%s has more than %d digits behind the point", v.Decimals[row].AppendDecimal(nil, v.Scale), f.scale)
	}
	fields := f.desc.Message().Fields()
	var room [48]byte
	b := protowire.AppendTag(room[:0], fields.ByName("value").Number(), protowire.BytesType)
	var digits [16]byte
	b = protowire.AppendBytes(b, appendDecimalBytes(digits[:0], n))
	if f.scale > 0 {
		b = protowire.AppendTag(b, fields.ByName("scale").Number(), protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(f.scale))
	}
	return protowire.AppendBytes(dst, b), nil
}

// moment appends a time or a date as a message.
func (f *protoOut) moment(b []byte, n int64) ([]byte, error) {
	parts := [3]int64{floorDiv(n, 1e6), (n - floorDiv(n, 1e6)*1e6) * 1000}
	if f.inner == dateMessage {
		const most = 1 << 40 // days
		t := time.Unix(min(max(n, -most), most)*86400, 0).UTC()
		if t.Year() < 1 || t.Year() > 9999 {
			return nil, errYear
		}
		parts = [3]int64{int64(t.Year()), int64(t.Month()), int64(t.Day())}
	}
	for i, p := range parts {
		if p != 0 {
			b = protowire.AppendTag(b, protowire.Number(i+1), protowire.VarintType)
			b = protowire.AppendVarint(b, uint64(p))
		}
	}
	return b, nil
}
