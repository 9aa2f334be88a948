package protobuf

import (
	"fmt"
	"strings"

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
	w := walk{types: s.types, inside: map[protoreflect.FullName]bool{}}
	w.message("", s.desc.Messages().Get(0))
	return w.fields
}

type walk struct {
	types  *types
	inside map[protoreflect.FullName]bool
	fields []schema.Field
}

func (w *walk) message(path string, m protoreflect.MessageDescriptor) {
	if w.inside[m.FullName()] || len(w.inside) == MaxDepth {
		return
	}
	w.inside[m.FullName()] = true
	defer delete(w.inside, m.FullName())
	for i := range m.Fields().Len() {
		if len(w.fields) >= MaxFields {
			return
		}
		w.field(path, m.Fields().Get(i))
	}
}

func (w *walk) field(path string, f protoreflect.FieldDescriptor) {
	path = join(path, string(f.Name()))
	meta := w.types.meta(f)
	w.fields = append(w.fields, schema.Field{
		Path: path, Type: typeOf(f), Doc: docOf(f, meta), Tags: meta.tags,
		Optional: f.HasPresence() && f.Cardinality() != protoreflect.Required,
	})
	switch {
	case f.IsMap() && f.MapValue().Message() != nil:
		w.message(path+"{}", f.MapValue().Message())
	case f.IsMap() || f.Message() == nil:
	case f.IsList():
		w.message(path+"[]", f.Message())
	default:
		w.message(path, f.Message())
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
	doc  string
	tags []string
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
