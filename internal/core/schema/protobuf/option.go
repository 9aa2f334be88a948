package protobuf

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// options writes a block's options, one a line.
func (p *printer) options(o proto.Message, scope string) {
	for _, s := range p.settings(o, scope) {
		p.line("option %s;", s)
	}
}

// brackets is how the options of what ends with a semicolon are written.
func (p *printer) brackets(settings []string) string {
	switch len(settings) {
	case 0:
		return ""
	case 1:
		return " [" + settings[0] + "]"
	}
	return " [\n" + indent(strings.Join(settings, ",\n")) + "\n]"
}

// settings lists options as name = value, by their numbers.
func (p *printer) settings(o proto.Message, scope string) []string {
	var out []string
	m := o.ProtoReflect()
	for _, f := range setFields(m) {
		name, v := p.optionName(f, scope), m.Get(f)
		if !f.IsList() {
			out = append(out, name+" = "+value(f, v))
			continue
		}
		for i := range v.List().Len() {
			out = append(out, name+" = "+value(f, v.List().Get(i)))
		}
	}
	return out
}

func (p *printer) optionName(f protoreflect.FieldDescriptor, scope string) string {
	if !f.IsExtension() {
		return string(f.Name())
	}
	full := string(f.FullName())
	if p.types.means(full, scope, full) {
		return "(" + full + ")"
	}
	return "(." + full + ")"
}

// pseudo is what is said like an option and is none.
func pseudo(f *descriptorpb.FieldDescriptorProto) []string {
	var out []string
	if f.DefaultValue != nil {
		out = append(out, "default = "+defaultValue(f))
	}
	if f.JsonName != nil && f.Extendee == nil && f.GetJsonName() != jsonName(f.GetName()) {
		out = append(out, "json_name = "+quote(f.GetJsonName()))
	}
	return out
}

func defaultValue(f *descriptorpb.FieldDescriptorProto) string {
	switch f.GetType() {
	case descriptorpb.FieldDescriptorProto_TYPE_STRING:
		return quote(f.GetDefaultValue())
	case descriptorpb.FieldDescriptorProto_TYPE_BYTES: // escaped already
		return `"` + f.GetDefaultValue() + `"`
	}
	return f.GetDefaultValue()
}

// jsonName is the name in JSON that a field has if it says no other.
func jsonName(name string) string {
	var b strings.Builder
	up := false
	for _, c := range []byte(name) {
		if c == '_' {
			up = true
			continue
		}
		if up && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		up = false
		b.WriteByte(c)
	}
	return b.String()
}

func setFields(m protoreflect.Message) []protoreflect.FieldDescriptor {
	var fs []protoreflect.FieldDescriptor
	m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		fs = append(fs, f)
		return true
	})
	slices.SortFunc(fs, func(a, b protoreflect.FieldDescriptor) int { return int(a.Number()) - int(b.Number()) })
	return fs
}

// value is one value of an option in the text format.
func value(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return literal(v.Message())
	case protoreflect.StringKind:
		return quote(v.String())
	case protoreflect.BytesKind:
		return quote(string(v.Bytes()))
	case protoreflect.EnumKind:
		return enumName(f, v.Enum())
	case protoreflect.FloatKind:
		return float(v.Float(), 32)
	case protoreflect.DoubleKind:
		return float(v.Float(), 64)
	}
	return v.String()
}

func enumName(f protoreflect.FieldDescriptor, n protoreflect.EnumNumber) string {
	if v := f.Enum().Values().ByNumber(n); v != nil {
		return string(v.Name())
	}
	return strconv.Itoa(int(n))
}

func float(v float64, bits int) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}

// literal is a message in the text format.
func literal(m protoreflect.Message) string {
	var out []string
	for _, f := range setFields(m) {
		out = append(out, literalName(f)+": "+literalValue(f, m.Get(f)))
	}
	if len(out) == 0 {
		return "{}"
	}
	return "{\n" + indent(strings.Join(out, ",\n")) + "\n}"
}

func literalName(f protoreflect.FieldDescriptor) string {
	if f.IsExtension() {
		return "[" + string(f.FullName()) + "]"
	}
	return f.TextName()
}

func literalValue(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	var items []string
	switch {
	case f.IsMap():
		items = mapItems(f, v.Map())
	case f.IsList():
		for i := range v.List().Len() {
			items = append(items, value(f, v.List().Get(i)))
		}
	default:
		return value(f, v)
	}
	return "[\n" + indent(strings.Join(items, ",\n")) + "\n]"
}

func mapItems(f protoreflect.FieldDescriptor, m protoreflect.Map) []string {
	var items []string
	m.Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
		pair := fmt.Sprintf("key: %s,\nvalue: %s", value(f.MapKey(), k.Value()), value(f.MapValue(), v))
		items = append(items, "{\n"+indent(pair)+"\n}")
		return true
	})
	slices.Sort(items)
	return items
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// quote writes a string in double quotes. What is not UTF-8 is written in octal.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(s[0])
		case r == utf8.RuneError && n == 1, r < ' ', r == 0x7f:
			fmt.Fprintf(&b, `\%03o`, s[0])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	b.WriteByte('"')
	return b.String()
}
