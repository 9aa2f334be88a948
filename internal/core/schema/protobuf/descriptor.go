package protobuf

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// descriptorOf is the descriptor that base64 holds, or nil for a text. Only a
// .proto text has blanks, quotes or semicolons, and there is no schema without.
func descriptorOf(text string) *descriptorpb.FileDescriptorProto {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) == 0 {
		return nil
	}
	file := new(descriptorpb.FileDescriptorProto)
	if unmarshal(b, file, nil) != nil {
		return nil
	}
	return file
}

// unmarshal reads a descriptor that is not nested deeper than a text may be: a
// message has at most so many levels, and so have the values of its options.
func unmarshal(b []byte, into proto.Message, extensions *protoregistry.Types) error {
	if extensions == nil {
		extensions = new(protoregistry.Types)
	}
	return proto.UnmarshalOptions{Resolver: extensions, RecursionLimit: 3 * MaxDepth}.Unmarshal(b, into)
}

// describe prints a descriptor that somebody sent. It is linked with what it
// imports, because only these know its options; whether it makes sense is seen
// when the text is compiled.
func describe(file *descriptorpb.FileDescriptorProto, refs []schema.Reference) (text string, err error) {
	defer func() {
		if p := recover(); p != nil { // descriptors can say what nobody has thought of
			text, err = "", errDescriptor(fmt.Sprint(p))
		}
	}()
	if err := checkCounts(file); err != nil {
		return "", err
	}
	if hasUninterpreted(file.ProtoReflect()) {
		return "", errDescriptor("an option is not interpreted")
	}
	desc, err := linkDescriptor(file, refs)
	if err != nil {
		return "", err
	}
	ts := typesOf(desc)
	if file, err = ts.resolved(desc); err != nil {
		return "", err
	}
	return printFile(file, ts), nil
}

func errDescriptor(why string) error {
	return weir.Errorf(weir.Invalid, "the descriptor is not a schema: %s", why).
		WithFix("send the descriptor that protoc makes, or the .proto text")
}

// linkDescriptor checks a descriptor and links it with its imports.
func linkDescriptor(file *descriptorpb.FileDescriptorProto, refs []schema.Reference) (protoreflect.FileDescriptor, error) {
	files := sourcesOf(refs)
	imports := new(protoregistry.Files)
	if len(file.GetDependency()) > 0 {
		linked, err := link(protocompile.SourceInfoNone, files.find, file.GetDependency()...)
		if err != nil {
			return nil, err
		}
		for _, f := range linked {
			if err := register(imports, f); err != nil {
				return nil, err
			}
		}
	}
	file.Name = proto.String(files.free(rootName))
	file.SourceCodeInfo = nil
	desc, err := protodesc.NewFile(file, imports)
	if err != nil {
		return nil, errDescriptor(err.Error())
	}
	return desc, nil
}

// register takes a file and what it imports, once.
func register(to *protoregistry.Files, f protoreflect.FileDescriptor) error {
	if _, err := to.FindFileByPath(f.Path()); err == nil {
		return nil
	}
	for i := range f.Imports().Len() {
		if err := register(to, f.Imports().Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	if err := to.RegisterFile(f); err != nil {
		return errDescriptor(err.Error())
	}
	return nil
}

// hasUninterpreted finds options that a compiler left as it read them.
func hasUninterpreted(m protoreflect.Message) bool {
	found := false
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil || f.IsMap():
		case f.Name() == "uninterpreted_option":
			found = true
		case f.IsList():
			for i := 0; i < v.List().Len() && !found; i++ {
				found = hasUninterpreted(v.List().Get(i).Message())
			}
		default:
			found = hasUninterpreted(v.Message())
		}
		return !found
	})
	return found
}

// errUnknownOption refuses a descriptor whose options nobody declares.
func errUnknownOption(where string) error {
	return weir.Errorf(weir.Invalid, "an option is set that no import declares").At(where).
		WithFix("import the file that declares the option, and add it to the references")
}
