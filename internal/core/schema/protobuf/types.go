package protobuf

import (
	"strings"

	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/weirmesh/weir"
)

// types is what a file sees, in itself and what it imports.
type types struct {
	extensions *protoregistry.Types
	names      map[string]bool // full names of everything, and packages
	files      map[string]bool
}

func typesOf(file protoreflect.FileDescriptor) *types {
	ts := &types{extensions: new(protoregistry.Types), names: map[string]bool{}, files: map[string]bool{}}
	ts.addFile(file)
	return ts
}

func (ts *types) addFile(f protoreflect.FileDescriptor) {
	if ts.files[f.Path()] {
		return
	}
	ts.files[f.Path()] = true
	for p := f.Package(); p != ""; p = p.Parent() {
		ts.names[string(p)] = true
	}
	ts.addMessages(f.Messages())
	ts.addEnums(f.Enums())
	ts.addExtensions(f.Extensions())
	ts.addServices(f.Services())
	for i := range f.Imports().Len() {
		ts.addFile(f.Imports().Get(i).FileDescriptor)
	}
}

func (ts *types) addMessages(ms protoreflect.MessageDescriptors) {
	for i := range ms.Len() {
		m := ms.Get(i)
		ts.names[string(m.FullName())] = true
		for j := range m.Fields().Len() {
			ts.names[string(m.Fields().Get(j).FullName())] = true
		}
		for j := range m.Oneofs().Len() {
			ts.names[string(m.Oneofs().Get(j).FullName())] = true
		}
		ts.addMessages(m.Messages())
		ts.addEnums(m.Enums())
		ts.addExtensions(m.Extensions())
	}
}

func (ts *types) addEnums(es protoreflect.EnumDescriptors) {
	for i := range es.Len() {
		e := es.Get(i)
		ts.names[string(e.FullName())] = true
		for j := range e.Values().Len() {
			ts.names[string(e.Values().Get(j).FullName())] = true
		}
	}
}

func (ts *types) addServices(ss protoreflect.ServiceDescriptors) {
	for i := range ss.Len() {
		s := ss.Get(i)
		ts.names[string(s.FullName())] = true
		for j := range s.Methods().Len() {
			ts.names[string(s.Methods().Get(j).FullName())] = true
		}
	}
}

func (ts *types) addExtensions(xs protoreflect.ExtensionDescriptors) {
	for i := range xs.Len() {
		x := xs.Get(i)
		ts.names[string(x.FullName())] = true
		// two of one number are refused when the file is linked
		_ = ts.extensions.RegisterExtension(dynamicpb.NewExtensionType(x))
	}
}

// resolved is the file as a message, with the name that registries give it,
// without source info, and with options that its imports declare as fields.
func (ts *types) resolved(desc protoreflect.FileDescriptor) (*descriptorpb.FileDescriptorProto, error) {
	file := withoutPlace(protoutil.ProtoFromFileDescriptor(desc))
	if ts.extensions.NumExtensions() == 0 && unknownIn(file.ProtoReflect()) == "" {
		return file, nil
	}
	b, err := proto.Marshal(file)
	if err != nil {
		return nil, weir.Errorf(weir.Invalid, "the descriptor cannot be written down: %v", err).WithFix("correct the schema; proto2, proto3 and edition 2023 are understood")
	}
	file = new(descriptorpb.FileDescriptorProto)
	if err := unmarshal(b, file, ts.extensions); err != nil {
		return nil, weir.Errorf(weir.Invalid, "the descriptor's options cannot be read: %v", err).WithFix("correct the schema; proto2, proto3 and edition 2023 are understood")
	}
	if where := unknownIn(file.ProtoReflect()); where != "" {
		return nil, errUnknownOption(where)
	}
	return file, nil
}

// withoutPlace is a file under the name that registries give it, without source
// info. Nothing of it is changed: it shares what it has with the linked one.
func withoutPlace(f *descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorProto {
	out := new(descriptorpb.FileDescriptorProto)
	from, to := f.ProtoReflect(), out.ProtoReflect()
	from.Range(func(d protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if d.Name() != "source_code_info" {
			to.Set(d, v)
		}
		return true
	})
	to.SetUnknown(from.GetUnknown())
	out.Name = proto.String(rootName)
	return out
}

// unknownIn names the first message that has a field that nobody declares.
func unknownIn(m protoreflect.Message) string {
	if len(m.GetUnknown()) > 0 {
		return string(m.Descriptor().Name())
	}
	found := ""
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		found = unknownInField(f, v)
		return found == ""
	})
	return found
}

func unknownInField(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch {
	case f.IsMap():
		return unknownInMap(f, v.Map())
	case f.Message() == nil:
		return ""
	case !f.IsList():
		return unknownIn(v.Message())
	}
	for i := range v.List().Len() {
		if where := unknownIn(v.List().Get(i).Message()); where != "" {
			return where
		}
	}
	return ""
}

func unknownInMap(f protoreflect.FieldDescriptor, m protoreflect.Map) string {
	found := ""
	if f.MapValue().Message() != nil {
		m.Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
			found = unknownIn(v.Message())
			return found == ""
		})
	}
	return found
}

// short is the shortest name that means a type in a scope. Both are full names;
// the type's may begin with a dot.
func (ts *types) short(full, scope string) string {
	full = strings.TrimPrefix(full, ".")
	for at := scope; ; at = parent(at) {
		rest, inside := full, true
		if at != "" {
			rest, inside = strings.CutPrefix(full, at+".")
		}
		if inside && ts.means(rest, scope, full) {
			return rest
		}
		if at == "" {
			return "." + full
		}
	}
}

// means reports whether a name that stands in a scope is the one that is meant:
// what it begins with is looked for from the inside to the outside, and the
// first that is found decides.
func (ts *types) means(name, scope, full string) bool {
	first, _, _ := strings.Cut(name, ".")
	for at := scope; ; at = parent(at) {
		if ts.names[join(at, first)] {
			return join(at, name) == full
		}
		if at == "" {
			return false
		}
	}
}

func parent(name string) string { return name[:max(strings.LastIndexByte(name, '.'), 0)] }

func join(scope, name string) string {
	if scope == "" {
		return name
	}
	return scope + "." + name
}
