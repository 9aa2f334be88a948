package main

import (
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/protobuf"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// protobufLanguage is the serialiser for Protobuf. The types are made here, so
// that nothing must be generated.
type protobufLanguage struct{}

func (protobufLanguage) serializer(c schemaregistry.Client, latest bool) (serde.Serializer, error) {
	conf := protobuf.NewSerializerConfig()
	conf.AutoRegisterSchemas, conf.UseLatestVersion = !latest, latest
	return protobuf.NewSerializer(c, serde.ValueSerde, conf)
}

func (protobufLanguage) deserializer(c schemaregistry.Client) (serde.Deserializer, error) {
	return protobuf.NewDeserializer(c, serde.ValueSerde, protobuf.NewDeserializerConfig())
}

// user is the message type of a generation.
func user(g generation) (protoreflect.MessageDescriptor, error) {
	kind := descriptorpb.FieldDescriptorProto_TYPE_STRING
	if g == third {
		kind = descriptorpb.FieldDescriptorProto_TYPE_INT32
	}
	fields := []*descriptorpb.FieldDescriptorProto{
		field("id", 1, descriptorpb.FieldDescriptorProto_TYPE_INT64), field("name", 2, kind),
	}
	if g == second {
		fields = append(fields, field("note", 3, descriptorpb.FieldDescriptorProto_TYPE_STRING))
	}
	return message("user.proto", "User", nil, fields)
}

func field(name string, number int32, kind descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
	return &descriptorpb.FieldDescriptorProto{
		Name: &name, JsonName: &name, Number: &number, Type: kind.Enum(), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
}

func (protobufLanguage) value(g generation, i int, name string) (any, error) {
	d, err := user(g)
	if err != nil {
		return nil, err
	}
	m := dynamicpb.NewMessage(d)
	m.Set(d.Fields().ByName("id"), protoreflect.ValueOfInt64(int64(i)))
	switch g {
	case third:
		m.Set(d.Fields().ByName("name"), protoreflect.ValueOfInt32(int32(i)))
	case second:
		m.Set(d.Fields().ByName("note"), protoreflect.ValueOfString(*note(i)))
		fallthrough
	default:
		m.Set(d.Fields().ByName("name"), protoreflect.ValueOfString(name))
	}
	return m, nil
}

func (protobufLanguage) row(d serde.Deserializer, topic string, data []byte) (row, error) {
	desc, err := user(second)
	if err != nil {
		return row{}, err
	}
	m := dynamicpb.NewMessage(desc)
	if err := d.DeserializeInto(topic, data, m); err != nil {
		return row{}, err
	}
	r := row{ID: m.Get(desc.Fields().ByName("id")).Int(), Name: m.Get(desc.Fields().ByName("name")).String()}
	if s := m.Get(desc.Fields().ByName("note")).String(); s != "" {
		r.Note = &s
	}
	return r, nil
}
