package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/weirmesh/weir/internal/core/column"
)

var errWire = errors.New("its bytes are no message of Protobuf")

func (m *messagePlan) read(o *output, b []byte) error {
	m.row++
	if err := m.message(o, m.root, b); err != nil {
		return err
	}
	if len(m.wholes) > 0 {
		return m.json(o, b)
	}
	return nil
}

// message reads the bytes of a message, which may come in several parts.
func (m *messagePlan) message(o *output, n *protoNode, b []byte) error {
	if n.row != m.row {
		m.start(o, n)
	}
	for i := 0; i < len(b); {
		tag, next := uvarint(b, i)
		if next < 0 || tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
			return errWire
		}
		number, wire := protowire.Number(tag>>3), protowire.Type(tag&7)
		end := valueEnd(b, next, number, wire)
		if end < 0 {
			return errWire
		}
		if f := n.field(number); f != nil && f.wire == wire {
			if err := m.field(o, n, f, number, b[next:end:end]); err != nil {
				return err
			}
		}
		i = end
	}
	return m.finish(o, n)
}

// start makes the columns of a message what they are when none of its fields is
// there.
func (m *messagePlan) start(o *output, n *protoNode) {
	n.row, n.slots, n.octets = m.row, [3]int64{}, nil
	o.nulls(n.absent)
	for i := range n.defaults {
		o.zero(n.defaults[i].column, n.defaults[i].zero())
	}
}

// forget lets a message begin anew: another member of its oneof came.
func (n *protoNode) forget() {
	n.row = 0
	for _, i := range n.inner {
		i.forget()
	}
}

// zero makes a column the zero of its type.
func (o *output) zero(c int, text []byte) {
	v := o.into[c]
	v.SetNull(o.row)
	v.Null[o.row] = false
	if v.Kind.Store() == column.InTexts {
		v.Texts[o.row] = text
		if text == nil {
			v.Texts[o.row] = []byte{}
		}
	}
}

// uvarint reads a number at i; the place behind it is negative if there is none.
func uvarint(b []byte, i int) (uint64, int) {
	if i < len(b) && b[i] < 0x80 {
		return uint64(b[i]), i + 1
	}
	v, n := binary.Uvarint(b[i:])
	if n <= 0 {
		return 0, -1
	}
	return v, i + n
}

// valueEnd is the place behind a value; negative: it is none.
func valueEnd(b []byte, i int, number protowire.Number, wire protowire.Type) int {
	switch wire {
	case protowire.VarintType:
		_, i = uvarint(b, i)
		return i
	case protowire.Fixed32Type:
		i += 4
	case protowire.Fixed64Type:
		i += 8
	case protowire.BytesType:
		size, next := uvarint(b, i)
		if next < 0 || size > uint64(len(b)-next) {
			return -1
		}
		return next + int(size)
	default:
		n := protowire.ConsumeFieldValue(number, wire, b[i:])
		if n < 0 {
			return -1
		}
		return i + n
	}
	if i > len(b) {
		return -1
	}
	return i
}

// field reads one value.
func (m *messagePlan) field(o *output, n *protoNode, f *protoField, number protowire.Number, b []byte) error {
	for _, other := range f.others {
		o.nulls(other.all)
		if other.node != nil {
			other.node.forget()
		}
	}
	if f.node != nil {
		return m.message(o, f.node, content(f.wire, number, b))
	}
	if f.slot != 0 {
		n.keep(f, b)
	}
	for i := range f.columns {
		c := &f.columns[i]
		if err := c.value(o, b); err != nil {
			return at(c.path, err)
		}
	}
	return nil
}

// content is what a message's field holds, without its size or its end.
func content(wire protowire.Type, number protowire.Number, b []byte) []byte {
	if wire == protowire.StartGroupType {
		b, _ = protowire.ConsumeGroup(number, b)
		return b
	}
	b, _ = protowire.ConsumeBytes(b)
	return b
}

// keep takes a field of a special message.
func (n *protoNode) keep(f *protoField, b []byte) {
	if f.slot < 0 {
		n.octets, _ = protowire.ConsumeBytes(b)
		return
	}
	v, _ := protowire.ConsumeVarint(b)
	n.slots[f.slot-1] = int64(v)
}

// finish makes the value of a special message of its fields.
func (m *messagePlan) finish(o *output, n *protoNode) error {
	for i := range n.columns {
		c := &n.columns[i]
		if n.special == wrapperMessage {
			break
		}
		if err := n.value(o, c.column); err != nil {
			return at(c.path, err)
		}
	}
	return nil
}

// value writes the value of a special message.
func (n *protoNode) value(o *output, c int) error {
	first, second := n.slots[0], int64(int32(n.slots[1]))
	switch n.special {
	case timestampMessage, durationMessage:
		const seconds, nanos = math.MaxInt64/1_000_000 - 1, 999_999_999
		if first > seconds || first < -seconds || second > nanos || second < -nanos {
			return errTimeRange
		}
		o.setInt(c, first*1e6+floorDiv(second, 1000))
	case dateMessage:
		days, ok := dayNumber(int(int32(first)), int(second), int(int32(n.slots[2])))
		if !ok || int32(first) < 1 || int32(first) > 9999 {
			return fmt.Errorf("%d-%d-%d is no date", int32(first), second, int32(n.slots[2]))
		}
		o.setInt(c, days)
	case decimalMessage:
		t := o.into[c].Type
		d, ok := bytesDecimal(n.octets)
		if scale := int64(int32(first)); ok && scale >= -column.MaxPrecision && scale <= column.MaxPrecision {
			d, ok = rescaled(d, int(scale), t.Scale)
		} else {
			ok = false
		}
		if !ok || !d.Fits(t.Precision) {
			return fmt.Errorf("a decimal of it does not fit into %s", t)
		}
		o.present(c)
		o.decimal(c, d)
	}
	return nil
}

// present takes back that a column is null.
func (o *output) present(c int) {
	if v := o.into[c]; v.Null != nil {
		v.Null[o.row] = false
	}
}

func (o *output) setInt(c int, n int64) {
	o.present(c)
	o.int(c, n)
}

// value writes a scalar.
func (c *protoColumn) value(o *output, b []byte) error {
	o.present(c.column)
	switch c.field.Kind() {
	case protoreflect.StringKind, protoreflect.BytesKind:
		b, _ = protowire.ConsumeBytes(b)
		return c.octets(o, b)
	case protoreflect.DoubleKind:
		o.float(c.column, math.Float64frombits(binary.LittleEndian.Uint64(b)))
		return nil
	case protoreflect.FloatKind:
		o.float(c.column, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
		return nil
	case protoreflect.EnumKind:
		v, _ := protowire.ConsumeVarint(b)
		return c.enum(o, protoreflect.EnumNumber(int32(v)))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return c.whole(o, column.Int128{Lo: c.unsigned(b)})
	}
	return c.whole(o, column.Int(c.signed(b)))
}

// unsigned is a number of 64 bits.
func (c *protoColumn) unsigned(b []byte) uint64 {
	if c.field.Kind() == protoreflect.Fixed64Kind {
		return binary.LittleEndian.Uint64(b)
	}
	v, _ := protowire.ConsumeVarint(b)
	return v
}

// signed is any other whole number, or a boolean.
func (c *protoColumn) signed(b []byte) int64 {
	switch c.field.Kind() {
	case protoreflect.Sfixed32Kind:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case protoreflect.Fixed32Kind:
		return int64(binary.LittleEndian.Uint32(b))
	case protoreflect.Sfixed64Kind:
		return int64(binary.LittleEndian.Uint64(b))
	}
	v, _ := protowire.ConsumeVarint(b)
	switch c.field.Kind() {
	case protoreflect.Int32Kind:
		return int64(int32(v))
	case protoreflect.Uint32Kind:
		return int64(uint32(v))
	case protoreflect.Sint32Kind:
		return protowire.DecodeZigZag(v & math.MaxUint32)
	case protoreflect.Sint64Kind:
		return protowire.DecodeZigZag(v)
	case protoreflect.BoolKind:
		return int64(min(v, 1))
	}
	return int64(v)
}

// whole writes a whole number as what the column is.
func (c *protoColumn) whole(o *output, n column.Int128) error {
	t := o.into[c.column].Type
	small, ok := n.Int64()
	switch t.Kind {
	case column.Decimal:
		d, ok := rescaled(n, 0, t.Scale)
		o.decimal(c.column, d)
		return fitting(ok && d.Fits(t.Precision), n, t)
	case column.Bool:
		o.int(c.column, int64(n.Sign()*n.Sign()))
		return nil
	case column.Int32:
		ok = ok && small == int64(int32(small))
	}
	o.int(c.column, small)
	return fitting(ok, n, t)
}

func fitting(ok bool, n column.Int128, t column.Type) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%s does not fit into %s", n.AppendDecimal(nil, 0), t)
}

// octets writes a text or bytes as what the column is.
func (c *protoColumn) octets(o *output, b []byte) error {
	switch kind := o.into[c.column].Kind; kind {
	case column.UUID:
		return o.uuid(c.column, b)
	case column.JSON:
		o.text(c.column, b)
		return checkJSON(&o.json, &o.arena, b)
	case column.Text:
		if !utf8.Valid(b) {
			return errNoText
		}
	}
	o.text(c.column, b)
	return nil
}

// enum writes the name of a value, or its number if the writer has no name.
func (c *protoColumn) enum(o *output, n protoreflect.EnumNumber) error {
	if o.into[c.column].Kind != column.Text {
		return c.whole(o, column.Int(int64(n)))
	}
	name := c.names[n]
	if name == nil {
		name = strconv.AppendInt(o.arena.room(11), int64(n), 10)
	}
	o.text(c.column, name)
	return nil
}

// json writes those columns that are lists, maps or messages. They need the
// record as a whole, since what is in them may be written in parts.
func (m *messagePlan) json(o *output, b []byte) error {
	if _, err := countMessages(m.desc, b, maxMessages, MaxDepth); err != nil {
		return err
	}
	whole := dynamicpb.NewMessage(m.desc)
	opt := proto.UnmarshalOptions{Resolver: new(protoregistry.Types), RecursionLimit: MaxDepth, AllowPartial: true}
	if err := opt.Unmarshal(b, whole); err != nil {
		return fmt.Errorf("it is no %s: %w", m.desc.FullName(), err)
	}
	for _, w := range m.wholes {
		if err := w.write(o, whole, growth(len(b))); err != nil {
			return at(w.where, err)
		}
	}
	return nil
}

func (w *protoWhole) write(o *output, m protoreflect.Message, most int) error {
	p := &protoPrinter{printer{most: most}}
	for i, f := range w.path {
		if f.HasPresence() && !m.Has(f) {
			o.null(w.column)
			return nil
		}
		if i == len(w.path)-1 {
			if err := p.field(f, m.Get(f)); err != nil {
				return err
			}
			break
		}
		m = m.Get(f).Message()
	}
	if len(w.path) == 0 {
		if err := p.message(m); err != nil {
			return err
		}
	}
	o.present(w.column)
	o.text(w.column, p.out)
	return nil
}
