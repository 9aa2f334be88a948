package protobuf

import (
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// kind is what a field is at all.
type kind int

const (
	scalarKind kind = iota
	messageKind
	groupKind
	mapKind
)

func kindOf(f protoreflect.FieldDescriptor) kind {
	switch {
	case f.IsMap():
		return mapKind
	case f.Kind() == protoreflect.GroupKind:
		return groupKind
	case f.Kind() == protoreflect.MessageKind:
		return messageKind
	}
	return scalarKind
}

// encodingOf is how a scalar field is written.
func encodingOf(f protoreflect.FieldDescriptor) encoding {
	switch f.Kind() {
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return zigzagEncoding
	case protoreflect.StringKind, protoreflect.BytesKind:
		return textEncoding
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind:
		return fixed32Encoding
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return fixed64Encoding
	case protoreflect.FloatKind:
		return floatEncoding
	case protoreflect.DoubleKind:
		return doubleEncoding
	}
	return varintEncoding
}

// describe is a field in a few words: its label and type.
func describe(f protoreflect.FieldDescriptor) string {
	if f.IsMap() {
		return "map<" + typeOf(f.MapKey()) + ", " + typeOf(f.MapValue()) + ">"
	}
	label := ""
	switch {
	case f.IsList():
		label = "repeated "
	case f.Cardinality() == protoreflect.Required:
		label = "required "
	case f.HasOptionalKeyword():
		label = "optional "
	}
	return label + typeOf(f)
}

func typeOf(f protoreflect.FieldDescriptor) string {
	switch {
	case f.Kind() == protoreflect.GroupKind:
		return "group " + string(f.Message().Name())
	case f.Message() != nil:
		return local(f.Message())
	case f.Enum() != nil:
		return "enum " + local(f.Enum())
	}
	return f.Kind().String()
}

// local is a type's name without the package.
func local(d protoreflect.Descriptor) string {
	name, pkg := string(d.FullName()), string(d.ParentFile().Package())
	if pkg == "" {
		return name
	}
	return strings.TrimPrefix(name, pkg+".")
}

func number(f protoreflect.FieldDescriptor) string { return strconv.Itoa(int(f.Number())) }

// isSet reports a message in the format that came before extensions.
func isSet(m protoreflect.MessageDescriptor) bool {
	o, _ := m.Options().(*descriptorpb.MessageOptions)
	return o.GetMessageSetWireFormat()
}

func setName(m protoreflect.MessageDescriptor) string {
	if isSet(m) {
		return "message set"
	}
	return "message"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
