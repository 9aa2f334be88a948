package protobuf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir/internal/core/schema"
)

// Fields lists the fields of the first message, and of those inside it. A
// message inside itself is not walked again, and the list ends at MaxFields.
func (s *Schema) Fields() []schema.Field {
	if s.desc.Messages().Len() == 0 {
		return nil
	}
	desc := s.commented()
	w := walk{types: typesOf(desc), inside: map[protoreflect.FullName]bool{}}
	w.message(spot{}, desc.Messages().Get(0))
	return w.fields
}

// commented is the file with the comments of the text, which are only wanted
// where fields are shown.
func (s *Schema) commented() protoreflect.FileDescriptor {
	if !mayHaveComments(s.src) {
		return s.desc
	}
	desc, err := compile(s.src, protocompile.SourceInfoStandard)
	if err != nil { // it was compiled before
		return s.desc
	}
	return desc
}

// mayHaveComments reports whether a comment can stand in a text or in what it
// imports.
func mayHaveComments(src schema.Source) bool {
	return strings.Contains(src.Text, "//") || strings.Contains(src.Text, "/*") || strings.Contains(src.Text, "import")
}

type walk struct {
	types  *types
	inside map[protoreflect.FullName]bool
	fields []schema.Field
}

// spot is where a field or a message is: by names, and by numbers.
type spot struct{ path, wire string }

func (p spot) field(f protoreflect.FieldDescriptor) spot {
	return spot{join(p.path, string(f.Name())), join(p.wire, strconv.Itoa(int(f.Number())))}
}

func (p spot) elements(sign string) spot { return spot{p.path + sign, p.wire + sign} }

func (w *walk) message(at spot, m protoreflect.MessageDescriptor) {
	if w.inside[m.FullName()] || len(w.inside) == MaxDepth {
		return
	}
	w.inside[m.FullName()] = true
	defer delete(w.inside, m.FullName())
	for i := range m.Fields().Len() {
		if len(w.fields) >= MaxFields {
			return
		}
		w.field(at.field(m.Fields().Get(i)), m.Fields().Get(i))
	}
}

func (w *walk) field(at spot, f protoreflect.FieldDescriptor) {
	meta := w.types.meta(f)
	w.fields = append(w.fields, schema.Field{
		Path: at.path, Type: typeOf(f), Doc: docOf(f, meta), Tags: meta.tags,
		Optional: f.HasPresence() && f.Cardinality() != protoreflect.Required,
		Number:   int(f.Number()), Wire: at.wire,
		Values: valuesOf(f), HasDefault: f.HasDefault(), Default: defaultOf(f),
	})
	switch {
	case f.IsMap() && f.MapValue().Message() != nil:
		w.message(at.elements("{}"), f.MapValue().Message())
	case f.IsMap() || f.Message() == nil:
	case f.IsList():
		w.message(at.elements("[]"), f.Message())
	default:
		w.message(at, f.Message())
	}
}

// typeOf is a field's type in the words of the language.
func typeOf(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return fmt.Sprintf("map<%s, %s>", typeOf(f.MapKey()), typeOf(f.MapValue()))
	case f.IsList():
		return "repeated " + nameOf(f)
	}
	return nameOf(f)
}

func nameOf(f protoreflect.FieldDescriptor) string {
	switch {
	case f.Message() != nil:
		return string(f.Message().FullName())
	case f.Enum() != nil:
		return string(f.Enum().FullName())
	}
	return f.Kind().String()
}

// valuesOf are the values of an enum, or of the enum in a map, with their
// numbers: these stand in records.
func valuesOf(f protoreflect.FieldDescriptor) []string {
	if f.IsMap() {
		f = f.MapValue()
	}
	if f.Enum() == nil {
		return nil
	}
	values := f.Enum().Values()
	return schema.Listed(values.Len(), func(i int) string {
		return fmt.Sprintf("%s = %d", values.Get(i).Name(), values.Get(i).Number())
	})
}

// defaultOf is the default that a field says; what goes without saying is none.
func defaultOf(f protoreflect.FieldDescriptor) string {
	switch {
	case !f.HasDefault():
		return ""
	case f.Kind() == protoreflect.EnumKind:
		return string(f.DefaultEnumValue().Name())
	case f.Kind() == protoreflect.StringKind:
		return schema.Shown(quote(f.Default().String()))
	case f.Kind() == protoreflect.BytesKind:
		return schema.Shown(quote(string(f.Default().Bytes())))
	}
	return f.Default().String()
}

// docOf is the comment before a field, or behind it, or what its options say.
func docOf(f protoreflect.FieldDescriptor, m meta) string {
	at := f.ParentFile().SourceLocations().ByDescriptor(f)
	for _, doc := range []string{at.LeadingComments, m.doc, at.TrailingComments} {
		if doc := clean(doc); doc != "" {
			return doc
		}
	}
	return ""
}

// clean removes what a comment's lines begin and end with.
func clean(comment string) string {
	lines := strings.Split(strings.TrimSpace(comment), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(l), "* "))
	}
	return strings.Join(lines, "\n")
}

// meta is what the option (confluent.field_meta) says.
type meta struct {
	doc    string
	tags   []string
	params map[string]string
}

// Params are what a field's option (confluent.field_meta) says by name.
func (s *Schema) Params(f protoreflect.FieldDescriptor) map[string]string {
	return s.types.meta(f).params
}

func (ts *types) meta(f protoreflect.FieldDescriptor) meta {
	x, err := ts.extensions.FindExtensionByName("confluent.field_meta")
	if err != nil || x.TypeDescriptor().Message() == nil {
		return meta{}
	}
	o := new(descriptorpb.FieldOptions)
	b, err := proto.Marshal(f.Options())
	if err != nil || unmarshal(b, o, ts.extensions) != nil {
		return meta{}
	}
	v := o.ProtoReflect()
	if !v.Has(x.TypeDescriptor()) {
		return meta{}
	}
	return readMeta(v.Get(x.TypeDescriptor()).Message())
}

// readMeta takes what is there as registries declare it; somebody may have
// another file of that name.
func readMeta(m protoreflect.Message) (found meta) {
	for _, f := range setFields(m) {
		switch {
		case f.IsMap() && f.Name() == "params" && f.MapKey().Kind() == protoreflect.StringKind && f.MapValue().Kind() == protoreflect.StringKind:
			found.params = map[string]string{}
			m.Get(f).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				found.params[k.String()] = v.String()
				return true
			})
		case f.Kind() != protoreflect.StringKind:
		case f.Name() == "doc" && !f.IsList():
			found.doc = m.Get(f).String()
		case f.Name() == "tags" && f.IsList():
			for i := range m.Get(f).List().Len() {
				found.tags = append(found.tags, m.Get(f).List().Get(i).String())
			}
		}
	}
	return found
}
