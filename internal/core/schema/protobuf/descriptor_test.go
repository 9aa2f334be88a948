package protobuf_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// TestMalformedDescriptors: what no compiler makes is refused with a sentence.
func TestMalformedDescriptors(t *testing.T) {
	t.Parallel()
	optional, str := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()
	field := func(change func(*descriptorpb.FieldDescriptorProto)) *descriptorpb.FieldDescriptorProto {
		f := &descriptorpb.FieldDescriptorProto{Name: proto.String("a"), Number: proto.Int32(1), Label: optional, Type: str}
		change(f)
		return f
	}
	message := func(f *descriptorpb.FieldDescriptorProto) *descriptorpb.FileDescriptorProto {
		return &descriptorpb.FileDescriptorProto{MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("A"), Field: []*descriptorpb.FieldDescriptorProto{f},
		}}}
	}
	unknown := &descriptorpb.MessageOptions{}
	unknown.ProtoReflect().SetUnknown([]byte{0x82, 0x44, 0x01, 'x'})
	for name, c := range map[string]struct {
		file *descriptorpb.FileDescriptorProto
		want string
	}{
		"extension of nothing": {&descriptorpb.FileDescriptorProto{Extension: []*descriptorpb.FieldDescriptorProto{field(func(*descriptorpb.FieldDescriptorProto) {})}}, "the descriptor is not a schema"},
		"no name":              {message(field(func(f *descriptorpb.FieldDescriptorProto) { f.Name = nil })), "the descriptor is not a schema"},
		"name with a blank":    {message(field(func(f *descriptorpb.FieldDescriptorProto) { f.Name = proto.String("a = 1; b") })), "the descriptor is not a schema"},
		"unknown type":         {message(field(func(f *descriptorpb.FieldDescriptorProto) { f.Type, f.TypeName = nil, proto.String(".X") })), "the descriptor is not a schema"},
		"oneof that is not":    {message(field(func(f *descriptorpb.FieldDescriptorProto) { f.OneofIndex = proto.Int32(7) })), "the descriptor is not a schema"},
		"unknown import":       {&descriptorpb.FileDescriptorProto{Dependency: []string{"acme/a.proto"}}, `the import "acme/a.proto" is not among the references`},
		"unknown option": {&descriptorpb.FileDescriptorProto{MessageType: []*descriptorpb.DescriptorProto{{
			Name: proto.String("A"), Options: unknown,
		}}}, "an option is set that no import declares"},
	} {
		_, err := protobuf.Parse(schema.Source{Text: serialized(c.file)})
		if weir.KindOf(err) != weir.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestTextAndDescriptorAreOneSchema: what a person registers as a text is what a
// serialiser looks for by its descriptor, whatever the text looked like.
func TestTextAndDescriptorAreOneSchema(t *testing.T) {
	t.Parallel()
	text := mustParse(t, `// Orders.
syntax = "proto3";   package acme;
message Order { /* who */ string customer_id = 1; repeated .acme.Order parts = 2; } // end`, nil)
	file := &descriptorpb.FileDescriptorProto{ // as generated code holds it
		Name: proto.String("acme/order.proto"), Package: proto.String("acme"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("Order"), Field: []*descriptorpb.FieldDescriptorProto{
			{Name: proto.String("customer_id"), Number: proto.Int32(1), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum()},
			{Name: proto.String("parts"), Number: proto.Int32(2), Label: descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum(), Type: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum(), TypeName: proto.String(".acme.Order")},
		}}},
	}
	sent := mustParse(t, serialized(file), nil)
	if sent.Canonical() != text.Canonical() {
		t.Errorf("the text is\n%s\nand the descriptor\n%s", text.Canonical(), sent.Canonical())
	}
	b, err := base64.StdEncoding.DecodeString(text.Serialized())
	if err != nil {
		t.Fatal(err)
	}
	back := new(descriptorpb.FileDescriptorProto)
	if err := proto.Unmarshal(b, back); err != nil || back.GetName() != "default" || back.GetPackage() != "acme" || back.SourceCodeInfo != nil {
		t.Errorf("serialized is %v, %v", back, err)
	}
}
