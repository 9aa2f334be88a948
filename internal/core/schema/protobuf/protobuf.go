// Package protobuf understands schemas in Protocol Buffers: proto2, proto3 and
// edition 2023, as text or as a serialized FileDescriptorProto in base64, as
// serialisers send them.
//
// A schema is compiled from memory alone: what it imports is among its
// references, by the name of the reference, or is one of the files that every
// registry knows (google/protobuf, google/type, confluent). Nothing is read
// from a disk or a network.
//
// The canonical form is text that a printer of ours makes of the descriptor, so
// that the same schema has the same form however it was sent. It says, with two
// spaces of indentation: syntax or edition, package, imports, options, messages,
// enums, extensions, services; inside a message: reserved, options, fields with
// their oneofs, extension ranges, nested messages, enums, extensions. Messages,
// fields and values keep their order, and names of types are as short as they
// can be where they stand. Options are by number; json_name is said where it is
// not the one that follows from the name. Comments are not part of a descriptor
// and so not of the form: what shall stay is said in (confluent.field_meta).doc.
//
// The normalized form is canonical with imports sorted, fields ordered by number
// (a oneof by its least one), enum values by number behind the first, which is
// the default, and reserved numbers and names sorted. Messages keep their order:
// records name their message by its position.
package protobuf

import (
	"encoding/base64"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Schema is a compiled .proto file. It never changes.
type Schema struct {
	src       schema.Source // a text, never a descriptor
	desc      protoreflect.FileDescriptor
	file      *descriptorpb.FileDescriptorProto // options resolved, no source info
	types     *types
	canonical string
}

var _ schema.Schema = (*Schema)(nil)

// Parse compiles a schema with its references. Errors are of kind Invalid, with
// line and column, or of kind Limit.
func Parse(src schema.Source) (*Schema, error) {
	src.Text = schema.Unmarked(src.Text)
	if err := checkSource(src); err != nil {
		return nil, err
	}
	if file := descriptorOf(src.Text); file != nil {
		text, err := describe(file, src.References)
		if err != nil {
			return nil, err
		}
		return Parse(schema.Source{Text: text, References: src.References})
	}
	desc, err := compile(src, protocompile.SourceInfoNone)
	if err != nil {
		return nil, err
	}
	s, err := newSchema(desc)
	if err == nil {
		s.src = src
	}
	return s, err
}

func newSchema(desc protoreflect.FileDescriptor) (*Schema, error) {
	ts := typesOf(desc)
	file, err := ts.resolved(desc)
	if err != nil {
		return nil, err
	}
	if err := checkCounts(file); err != nil {
		return nil, err
	}
	text := printFile(file, ts)
	if err := checkForm(text); err != nil {
		return nil, err
	}
	return &Schema{desc: desc, file: file, types: ts, canonical: text}, nil
}

// Format is PROTOBUF.
func (s *Schema) Format() weir.SchemaFormat { return weir.FormatProtobuf }

// Canonical is the text in the form that the package describes.
func (s *Schema) Canonical() string { return s.canonical }

// Normalized is Canonical with everything in order whose order says nothing.
func (s *Schema) Normalized() string { return printFile(ordered(s.file), s.types) }

// Serialized is the FileDescriptorProto in base64, as registries give it for
// format=serialized. It has no source info.
func (s *Schema) Serialized() string {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(s.file)
	if err != nil { // it was unmarshaled from what is marshaled here
		return ""
	}
	return base64.StdEncoding.EncodeToString(b)
}

// Descriptor is the file with everything that it imports linked to it.
func (s *Schema) Descriptor() protoreflect.FileDescriptor { return s.desc }

// Message is the message that a record names: the position of a message in the
// file, then of one inside it, and so on. No positions mean the first message.
// It is nil if there is none.
func (s *Schema) Message(indexes []int) protoreflect.MessageDescriptor {
	if len(indexes) == 0 {
		indexes = []int{0}
	}
	in := s.desc.Messages()
	var m protoreflect.MessageDescriptor
	for _, i := range indexes {
		if i < 0 || i >= in.Len() {
			return nil
		}
		m = in.Get(i)
		in = m.Messages()
	}
	return m
}
