package record

import (
	"strconv"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// typeParam is the parameter of (confluent.field_meta) by which a string of a
// result says that it is a UUID, or JSON.
const typeParam = "weir.type"

// protobufSchema lists the columns of the first message.
func (l *columnList) protobufSchema(s *protobuf.Schema) {
	if m := s.Message(nil); m != nil {
		l.message(s, "", m, false, map[protoreflect.FullName]bool{})
	}
}

func (l *columnList) message(s *protobuf.Schema, path string, m protoreflect.MessageDescriptor, null bool, inside map[protoreflect.FullName]bool) {
	if inside[m.FullName()] || len(inside) >= schema.MaxDepth || l.full() {
		return
	}
	inside[m.FullName()] = true
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		p, t := joined(path, string(f.Name())), protoType(s, f)
		mayMiss := null || f.HasPresence() && f.Cardinality() != protoreflect.Required
		l.add(ColumnField{p, t, mayMiss})
		if t.Kind == column.JSON && plainMessage(f) {
			l.message(s, p, f.Message(), mayMiss, inside)
		}
	}
	delete(inside, m.FullName())
}

// plainMessage reports whether a field is one message whose fields are columns.
func plainMessage(f protoreflect.FieldDescriptor) bool {
	if f.Message() == nil || f.IsList() || f.IsMap() {
		return false
	}
	_, special := mapped[f.Message().FullName()]
	return !special && f.Message().FullName() != "google.protobuf.Any"
}

// protoType is a field's type in SQL.
func protoType(s *protobuf.Schema, f protoreflect.FieldDescriptor) column.Type {
	switch {
	case f.IsList() || f.IsMap():
		return column.Type{Kind: column.JSON}
	case f.Message() != nil:
		return messageColumn(s, f)
	case f.Kind() == protoreflect.StringKind:
		return column.Type{Kind: markedKind(s, f)}
	}
	return scalarColumn(f)
}

func scalarColumn(f protoreflect.FieldDescriptor) column.Type {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return column.Type{Kind: column.Bool}
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return column.Type{Kind: column.Int32}
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind, protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return column.Type{Kind: column.Int64}
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return column.Type{Kind: column.Decimal, Precision: 20}
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return column.Type{Kind: column.Float64}
	case protoreflect.BytesKind:
		return column.Type{Kind: column.Bytes}
	}
	return column.Type{Kind: column.Text} // an enum, a string
}

// markedKind is the kind of a string by what its schema says beside it.
func markedKind(s *protobuf.Schema, f protoreflect.FieldDescriptor) column.Kind {
	switch s.Params(f)[typeParam] {
	case column.UUID.String():
		return column.UUID
	case column.JSON.String():
		return column.JSON
	}
	return column.Text
}

// messageColumn is the type of those messages that are a value.
func messageColumn(s *protobuf.Schema, f protoreflect.FieldDescriptor) column.Type {
	switch special := specialOf(f.Message()); special {
	case timestampMessage:
		return column.Type{Kind: column.Timestamp}
	case durationMessage:
		return column.Type{Kind: column.Interval}
	case dateMessage:
		return column.Type{Kind: column.Date}
	case wrapperMessage:
		return scalarColumn(f.Message().Fields().Get(0))
	case decimalMessage:
		if t, ok := decimalOf(s.Params(f)); ok {
			return t
		}
	}
	return column.Type{Kind: column.JSON}
}

// decimalOf is what a schema says about a decimal's digits.
func decimalOf(params map[string]string) (column.Type, bool) {
	precision, err1 := strconv.Atoi(params["precision"])
	scale, err2 := strconv.Atoi(params["scale"])
	ok := err1 == nil && err2 == nil && precision > 0 && precision <= column.MaxPrecision && scale >= 0 && scale <= precision
	return column.Type{Kind: column.Decimal, Precision: precision, Scale: scale}, ok
}

// special says which messages are a value.
type special uint8

const (
	noSpecial special = iota
	timestampMessage
	durationMessage
	dateMessage
	wrapperMessage
	decimalMessage
)

// specialOf knows a message by its name and its form: a schema may bring another
// of the same name.
func specialOf(m protoreflect.MessageDescriptor) special {
	const i32, i64 = protoreflect.Int32Kind, protoreflect.Int64Kind
	switch m.FullName() {
	case "google.protobuf.Timestamp":
		return onlyIf(hasForm(m, i64, i32), timestampMessage)
	case "google.protobuf.Duration":
		return onlyIf(hasForm(m, i64, i32), durationMessage)
	case "google.type.Date":
		return onlyIf(hasForm(m, i32, i32, i32), dateMessage)
	case "confluent.type.Decimal":
		value, scale := m.Fields().ByName("value"), m.Fields().ByName("scale")
		return onlyIf(value != nil && scale != nil && value.Kind() == protoreflect.BytesKind && scale.Kind() == i32, decimalMessage)
	}
	if _, ok := wrappers[m.FullName()]; ok {
		return onlyIf(m.Fields().Len() == 1 && hasForm(m, m.Fields().Get(0).Kind()) && m.Fields().Get(0).Message() == nil, wrapperMessage)
	}
	return noSpecial
}

func onlyIf(ok bool, s special) special {
	if ok {
		return s
	}
	return noSpecial
}

// hasForm reports whether the fields 1, 2, ... of a message are these.
func hasForm(m protoreflect.MessageDescriptor, kinds ...protoreflect.Kind) bool {
	for i, k := range kinds {
		f := m.Fields().ByNumber(protoreflect.FieldNumber(i + 1))
		if f == nil || f.Kind() != k || f.IsList() || f.IsMap() {
			return false
		}
	}
	return true
}
