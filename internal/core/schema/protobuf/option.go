package protobuf

import (
	"cmp"
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
	var w literal
	w.value(f, v)
	return w.String()
}

// literal writes values; what is inside a message or a list is on lines of its
// own, each indented once, however deep it is.
type literal struct {
	strings.Builder
	depth int
}

func (w *literal) value(f protoreflect.FieldDescriptor, v protoreflect.Value) {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		w.message(v.Message())
	case protoreflect.StringKind:
		w.WriteString(quote(v.String()))
	case protoreflect.BytesKind:
		w.WriteString(quote(string(v.Bytes())))
	case protoreflect.EnumKind:
		w.WriteString(enumName(f, v.Enum()))
	case protoreflect.FloatKind:
		w.WriteString(float(v.Float(), 32))
	case protoreflect.DoubleKind:
		w.WriteString(float(v.Float(), 64))
	default:
		w.WriteString(v.String())
	}
}

func (w *literal) message(m protoreflect.Message) {
	fs := setFields(m)
	if len(fs) == 0 {
		w.WriteString("{}")
		return
	}
	w.list("{", "}", len(fs), func(i int) {
		w.WriteString(literalName(fs[i]) + ": ")
		w.field(fs[i], m.Get(fs[i]))
	})
}

func (w *literal) field(f protoreflect.FieldDescriptor, v protoreflect.Value) {
	switch {
	case f.IsMap():
		w.entries(f, v.Map())
	case f.IsList():
		w.list("[", "]", v.List().Len(), func(i int) { w.value(f, v.List().Get(i)) })
	default:
		w.value(f, v)
	}
}

// entries writes a map by its keys.
func (w *literal) entries(f protoreflect.FieldDescriptor, m protoreflect.Map) {
	var keys []protoreflect.MapKey
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int { return cmp.Compare(a.String(), b.String()) })
	w.list("[", "]", len(keys), func(i int) {
		w.list("{", "}", 2, func(side int) {
			if side == 0 {
				w.WriteString("key: ")
				w.value(f.MapKey(), keys[i].Value())
				return
			}
			w.WriteString("value: ")
			w.value(f.MapValue(), m.Get(keys[i]))
		})
	})
}

// list writes n things between brackets, and ends early where the form is longer
// than it may be already.
func (w *literal) list(open, end string, n int, write func(i int)) {
	w.WriteString(open)
	w.depth++
	for i := range n {
		if w.Len() > MaxText {
			return
		}
		if i > 0 {
			w.WriteByte(',')
		}
		w.line()
		write(i)
	}
	w.depth--
	w.line()
	w.WriteString(end)
}

func (w *literal) line() {
	w.WriteByte('\n')
	for range w.depth {
		w.WriteString("  ")
	}
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

func literalName(f protoreflect.FieldDescriptor) string {
	if f.IsExtension() {
		return "[" + string(f.FullName()) + "]"
	}
	return f.TextName()
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
