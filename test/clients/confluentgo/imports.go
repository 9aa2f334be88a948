package main

import (
	"fmt"
	"strconv"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// orderRow is a record with an imported part as every client prints it.
type orderRow struct {
	ID       int64  `json:"id"`
	Units    int64  `json:"units"`
	Currency string `json:"currency"`
}

// imports writes and reads records whose schema imports a file, which the
// serialiser registers first, under a subject named like the file. In the second
// generation the importing and the imported message each have one more field, in
// the third a field of the imported one has another type.
func (c *client) imports(file, group, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	for _, g := range []generation{first, second} {
		if err := c.writeOrders(file, g, n); err != nil {
			return err
		}
	}
	rows, err := c.readOrders(file, group, 2*n)
	if err != nil {
		return err
	}
	refused := ""
	if err := c.writeOrders(file, third, 1); err != nil {
		refused = err.Error()
	}
	versions, err := c.registry.GetAllVersions(c.topic + "-value")
	if err != nil {
		return err
	}
	imported, err := c.registry.GetAllVersions(file)
	if err != nil {
		return err
	}
	fmt.Println(text(map[string]any{"client": clientName(), "versions": versions, "imported": imported, "records": rows, "refused": refused}))
	return nil
}

func (c *client) writeOrders(file string, g generation, n int) error {
	s, err := c.lang.serializer(c.registry, false)
	if err != nil {
		return err
	}
	order, err := orderType(file, g)
	if err != nil {
		return err
	}
	p, err := kafka.NewProducer(login(kafka.ConfigMap{"message.timeout.ms": 30000}))
	if err != nil {
		return err
	}
	defer p.Close()
	done := make(chan kafka.Event, n)
	for i := range n {
		data, err := s.Serialize(c.topic, anOrder(order, g, i))
		if err != nil {
			return fmt.Errorf("serialize: %w", err)
		}
		m := &kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &c.topic, Partition: kafka.PartitionAny}, Value: data}
		if err := p.Produce(m, done); err != nil {
			return err
		}
	}
	return delivered(done, n)
}

func (c *client) readOrders(file, group string, n int) ([]orderRow, error) {
	d, err := c.lang.deserializer(c.registry)
	if err != nil {
		return nil, err
	}
	order, err := orderType(file, second)
	if err != nil {
		return nil, err
	}
	fields := order.Fields()
	var rows []orderRow
	err = c.consume(group, n, func(m *kafka.Message) error {
		v := dynamicpb.NewMessage(order)
		if err := d.DeserializeInto(c.topic, m.Value, v); err != nil {
			return fmt.Errorf("deserialize: %w", err)
		}
		price := v.Get(fields.ByName("price")).Message()
		of := price.Descriptor().Fields()
		rows = append(rows, orderRow{v.Get(fields.ByName("id")).Int(), price.Get(of.ByName("units")).Int(), price.Get(of.ByName("currency")).String()})
		return nil
	})
	return rows, err
}

func anOrder(d protoreflect.MessageDescriptor, g generation, i int) proto.Message {
	m := dynamicpb.NewMessage(d)
	m.Set(d.Fields().ByName("id"), protoreflect.ValueOfInt64(int64(i)))
	price := m.Mutable(d.Fields().ByName("price")).Message()
	of := price.Descriptor().Fields()
	if g == third {
		price.Set(of.ByName("units"), protoreflect.ValueOfString(strconv.Itoa(i)))
		return m
	}
	price.Set(of.ByName("units"), protoreflect.ValueOfInt64(int64(i)))
	if g == second {
		price.Set(of.ByName("currency"), protoreflect.ValueOfString("EUR"))
	}
	return m
}

// orderType is Order with Money, which is in the file with a name.
func orderType(file string, g generation) (protoreflect.MessageDescriptor, error) {
	kind := descriptorpb.FieldDescriptorProto_TYPE_INT64
	if g == third {
		kind = descriptorpb.FieldDescriptorProto_TYPE_STRING
	}
	fields := []*descriptorpb.FieldDescriptorProto{field("units", 1, kind)}
	if g == second {
		fields = append(fields, field("currency", 2, descriptorpb.FieldDescriptorProto_TYPE_STRING))
	}
	money, err := message(file, "Money", nil, fields)
	if err != nil {
		return nil, err
	}
	price := field("price", 2, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)
	price.TypeName = proto.String(".shop.Money")
	of := []*descriptorpb.FieldDescriptorProto{field("id", 1, descriptorpb.FieldDescriptorProto_TYPE_INT64), price}
	if g == second {
		of = append(of, field("note", 3, descriptorpb.FieldDescriptorProto_TYPE_STRING))
	}
	return message("order.proto", "Order", money.ParentFile(), of)
}

// message makes a file with one message, and what it imports if anything.
func message(file, name string, imports protoreflect.FileDescriptor, fields []*descriptorpb.FieldDescriptorProto) (protoreflect.MessageDescriptor, error) {
	files := new(protoregistry.Files)
	text := &descriptorpb.FileDescriptorProto{
		Name: &file, Package: proto.String("shop"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: &name, Field: fields}},
	}
	if imports != nil {
		if err := files.RegisterFile(imports); err != nil {
			return nil, err
		}
		text.Dependency = []string{imports.Path()}
	}
	made, err := protodesc.NewFile(text, files)
	if err != nil {
		return nil, err
	}
	return made.Messages().Get(0), nil
}
