package protobuf_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
	rules "github.com/weirmesh/weir/internal/core/compat/protobuf"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// model is a random schema: one message with fields, beside fixed ones that they
// name.
type model struct {
	proto2 bool
	fields []field
	inner  string // the type of what stands in message B
}

type field struct {
	number      int
	label, kind string
	oneof       int // 0: none
}

func kinds() []string {
	return []string{
		"int32", "int64", "uint32", "uint64", "bool", "sint32", "sint64", "fixed32", "sfixed32",
		"fixed64", "sfixed64", "float", "double", "string", "bytes", "E", "F", "B", "C",
		"map<string, int32>", "map<int64, B>", "map<string, bytes>", "map<bool, E>",
	}
}

func (m model) text() string {
	var b strings.Builder
	b.WriteString("syntax = \"proto3\";\n")
	if m.proto2 {
		b.Reset()
		b.WriteString("syntax = \"proto2\";\n")
	}
	b.WriteString("package p;\nmessage A {\n")
	for i := 1; i <= 2; i++ {
		m.writeOneof(&b, i)
	}
	for _, f := range m.fields {
		if f.oneof == 0 {
			m.writeField(&b, f)
		}
	}
	optional := ""
	if m.proto2 {
		optional = "optional "
	}
	fmt.Fprintf(&b, "}\nmessage B { %s%s v = 1; repeated B more = 2; }\nmessage C { %sstring s = 1; }\n", optional, m.inner, optional)
	b.WriteString("enum E { E0 = 0; E1 = 1; E2 = -2; }\nenum F { F0 = 0; F7 = 7; }\n")
	return b.String()
}

func (m model) writeOneof(b *strings.Builder, i int) {
	if !slices.ContainsFunc(m.fields, func(f field) bool { return f.oneof == i }) {
		return
	}
	fmt.Fprintf(b, "oneof o%d {\n", i)
	for _, f := range m.fields {
		if f.oneof == i {
			f.label = ""
			m.writeField(b, f)
		}
	}
	b.WriteString("}\n")
}

func (m model) writeField(b *strings.Builder, f field) {
	fmt.Fprintf(b, "%s %s f%d = %d;\n", f.label, f.kind, f.number, f.number)
}

// drawField makes a field that the language allows.
func (m model) drawField(t *rapid.T, number int) field {
	f := field{number: number, kind: rapid.SampledFrom(kinds()).Draw(t, "kind")}
	f.oneof = rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "oneof")
	if f.isMap() {
		f.oneof = 0
		return f
	}
	if m.proto2 {
		f.label = rapid.SampledFrom([]string{"optional", "required", "repeated", "optional"}).Draw(t, "label")
	} else {
		f.label = rapid.SampledFrom([]string{"", "optional", "repeated", ""}).Draw(t, "label")
	}
	return f
}

func drawModel(t *rapid.T) model {
	m := model{proto2: rapid.Bool().Draw(t, "proto2"), inner: rapid.SampledFrom([]string{"int32", "string", "double"}).Draw(t, "inner")}
	for n := 1; n <= 6; n++ {
		if rapid.Bool().Draw(t, "there") {
			m.fields = append(m.fields, m.drawField(t, n))
		}
	}
	return m
}

// changed is a schema that somebody might register next: fields come, go and
// change, and sometimes only their labels or oneofs do.
func (m model) changed(t *rapid.T) model {
	m.fields = slices.Clone(m.fields)
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		n := rapid.IntRange(1, 7).Draw(t, "number")
		i := slices.IndexFunc(m.fields, func(f field) bool { return f.number == n })
		if i < 0 {
			m.fields = append(m.fields, m.drawField(t, n))
			continue
		}
		was, drawn := m.fields[i], m.drawField(t, n)
		switch rapid.SampledFrom([]string{"type", "label", "oneof", "delete"}).Draw(t, "change") {
		case "type":
			m.fields[i] = drawn
		case "label":
			if drawn.oneof = was.oneof; !was.isMap() && !drawn.isMap() {
				m.fields[i].label = drawn.label
			}
		case "oneof":
			if !was.isMap() {
				m.fields[i].oneof = rapid.IntRange(0, 2).Draw(t, "oneof")
			}
		case "delete":
			m.fields = slices.Delete(m.fields, i, i+1)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "joined") == 0 {
		m.join()
	}
	if rapid.IntRange(0, 9).Draw(t, "inside") == 0 {
		m.inner = "bytes"
	}
	return m
}

// join puts the first two fields that can be into one oneof.
func (m model) join() {
	left := 2
	for i, f := range m.fields {
		if !f.isMap() && f.label != "repeated" && f.label != "required" && left > 0 {
			m.fields[i].oneof = 1
			left--
		}
	}
}

func (f field) isMap() bool { return strings.HasPrefix(f.kind, "map") }

func mustParse(t *rapid.T, m model) *protobuf.Schema {
	s, err := protobuf.Parse(schema.Source{Text: m.text()})
	if err != nil {
		t.Fatalf("%v in\n%s", err, m.text())
	}
	return s
}

// TestReadsItself: a schema reads what was written with it.
func TestReadsItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := mustParse(t, drawModel(t))
		if found := rules.CanRead(s, s); len(found) > 0 {
			t.Fatalf("%v", found)
		}
	})
}

// TestFullIsBothDirections: FULL finds what BACKWARD and FORWARD find.
func TestFullIsBothDirections(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		older, newer := mustParse(t, m), mustParse(t, m.changed(t))
		backward, forward := verdicts(older, newer)
		full := compat.Check(weir.CompatFull, newer, []compat.Version{{Version: 1, Schema: older}}, canRead)
		if len(full.Findings) != len(backward.Findings)+len(forward.Findings) {
			t.Fatalf("FULL %v\nBACKWARD %v\nFORWARD %v", full, backward, forward)
		}
	})
}

// TestCompatibleReaderReadsEverything: where nothing is found, whatever the
// writer writes is read without error, and values keep.
func TestCompatibleReaderReadsEverything(t *testing.T) {
	t.Parallel()
	compatible := 0
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		next := m.changed(t)
		writer, reader := mustParse(t, m), mustParse(t, next)
		if len(rules.CanRead(reader, writer)) > 0 {
			return
		}
		compatible++
		for range 10 {
			wrote := dynamicpb.NewMessage(writer.Message(nil))
			fill(t, wrote, 0)
			b, err := proto.Marshal(wrote)
			if err != nil {
				t.Fatal(err)
			}
			read := dynamicpb.NewMessage(reader.Message(nil))
			if err := proto.Unmarshal(b, read); err != nil {
				t.Fatalf("%v\nwriter:\n%s\nreader:\n%s\nmessage: %v", err, m.text(), next.text(), wrote)
			}
			keeps(t, wrote, read)
		}
	})
	if compatible < 10 {
		t.Errorf("only %d pairs were compatible", compatible)
	}
}

// keeps compares the fields of one number, type and label.
func keeps(t *rapid.T, wrote, read protoreflect.Message) {
	fs := wrote.Descriptor().Fields()
	for i := range fs.Len() {
		wf := fs.Get(i)
		rf := read.Descriptor().Fields().ByNumber(wf.Number())
		if rf == nil || rf.IsList() != wf.IsList() || rf.IsMap() != wf.IsMap() || typeName(rf) != typeName(wf) {
			continue
		}
		if w, r := show(wf, wrote.Get(wf)), show(rf, read.Get(rf)); w != r {
			t.Fatalf("field %d was written as %s and read as %s", wf.Number(), w, r)
		}
	}
}

func typeName(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return typeName(f.MapKey()) + ":" + typeName(f.MapValue())
	case f.Message() != nil:
		return string(f.Message().FullName())
	case f.Enum() != nil:
		return string(f.Enum().FullName())
	}
	return f.Kind().String()
}

// show is a value as text, whatever descriptor it belongs to. A message that is
// not there is an empty one.
func show(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.IsMap():
		var out []string
		v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			out = append(out, k.String()+":"+showOne(v))
			return true
		})
		slices.Sort(out)
		return strings.Join(out, ",")
	case f.IsList():
		var out []string
		for i := range v.List().Len() {
			out = append(out, showOne(v.List().Get(i)))
		}
		return strings.Join(out, ",")
	}
	return showOne(v)
}

func showOne(v protoreflect.Value) string {
	m, ok := v.Interface().(protoreflect.Message)
	if !ok {
		return fmt.Sprintf("%v", v)
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.Interface())
	return fmt.Sprintf("{%x %v}", b, err)
}

// fill sets fields at random; required ones always.
func fill(t *rapid.T, m protoreflect.Message, depth int) {
	fs := m.Descriptor().Fields()
	for i := range fs.Len() {
		f := fs.Get(i)
		if f.Cardinality() != protoreflect.Required && !rapid.Bool().Draw(t, "set") {
			continue
		}
		switch {
		case f.IsMap():
			for range rapid.IntRange(0, 2).Draw(t, "entries") {
				key := drawValue(t, f.MapKey(), depth).MapKey()
				m.Mutable(f).Map().Set(key, drawValue(t, f.MapValue(), depth))
			}
		case f.IsList():
			for range rapid.IntRange(0, 3).Draw(t, "elements") {
				m.Mutable(f).List().Append(drawValue(t, f, depth))
			}
		default:
			m.Set(f, drawValue(t, f, depth))
		}
	}
}

// drawValue draws one value. Bytes are UTF-8, which a string must be.
func drawValue(t *rapid.T, f protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.EnumKind:
		vs := f.Enum().Values()
		return protoreflect.ValueOfEnum(vs.Get(rapid.IntRange(0, vs.Len()-1).Draw(t, "enum")).Number())
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "uint64"))
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32).Draw(t, "float"))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(rapid.Float64().Draw(t, "double"))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.StringN(0, 5, -1).Draw(t, "string"))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(rapid.StringN(0, 5, -1).Draw(t, "bytes")))
	}
	inner := dynamicpb.NewMessage(f.Message())
	if depth < 2 {
		fill(t, inner, depth+1)
	}
	return protoreflect.ValueOfMessage(inner)
}
