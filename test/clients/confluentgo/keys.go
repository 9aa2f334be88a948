package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/jsonschema"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/protobuf"
	"github.com/hamba/avro/v2"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// keyRow is a key as every client prints it.
type keyRow struct {
	ID     int64   `json:"id"`
	Region *string `json:"region"`
}

// keyedRow is a record with its key.
type keyedRow struct {
	Key keyRow `json:"key"`
	row
}

// keyLanguage is one of the three serialisers, for keys.
type keyLanguage interface {
	serializer(c schemaregistry.Client, latest bool) (serde.Serializer, error)
	deserializer(c schemaregistry.Client) (serde.Deserializer, error)
	key(g generation, i int) (any, error)
	row(d serde.Deserializer, topic string, data []byte) (keyRow, error)
}

func keyLanguages() map[string]keyLanguage {
	return map[string]keyLanguage{"avro": avroKeys{}, "json": jsonKeys{}, "protobuf": protobufKeys{}}
}

func region(i int) *string {
	s := fmt.Sprintf("region %d", i)
	return &s
}

// keys is the whole way of a key's schema, on a topic whose values have one too.
func (c *client) keys(format, group, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	lang, subject := keyLanguages()[format], c.topic+"-key"
	if err := c.writeKeyed(lang, first, n, false); err != nil {
		return err
	}
	by, byHand := lang.(interface {
		register(c schemaregistry.Client, subject string) error
	})
	if byHand {
		if err := by.register(c.registry, subject); err != nil {
			return err
		}
	}
	if err := c.writeKeyed(lang, second, n, byHand); err != nil {
		return err
	}
	rows, err := c.readKeyed(lang, group, 2*n)
	if err != nil {
		return err
	}
	refused, err := c.refusedKey(lang)
	if err != nil {
		return err
	}
	versions, ids, err := c.back(subject)
	if err != nil {
		return err
	}
	fmt.Println(text(map[string]any{"client": clientName(), "versions": versions, "ids": ids, "records": rows, "refused": refused}))
	return nil
}

// writeKeyed writes records with a key of a generation and a value of the first.
func (c *client) writeKeyed(lang keyLanguage, g generation, n int, latest bool) error {
	keys, err := lang.serializer(c.registry, latest)
	if err != nil {
		return err
	}
	values, err := c.lang.serializer(c.registry, false)
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
		k, err := lang.key(g, i)
		if err != nil {
			return err
		}
		key, err := keys.Serialize(c.topic, k)
		if err != nil {
			return fmt.Errorf("serialize key: %w", err)
		}
		v, err := c.lang.value(first, i, fmt.Sprintf("%s-%d", []string{"", "first", "second"}[g], i))
		if err != nil {
			return err
		}
		value, err := values.Serialize(c.topic, v)
		if err != nil {
			return fmt.Errorf("serialize value: %w", err)
		}
		m := &kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &c.topic, Partition: kafka.PartitionAny}, Key: key, Value: value}
		if err := p.Produce(m, done); err != nil {
			return err
		}
	}
	return delivered(done, n)
}

func (c *client) readKeyed(lang keyLanguage, group string, n int) ([]keyedRow, error) {
	keys, err := lang.deserializer(c.registry)
	if err != nil {
		return nil, err
	}
	values, err := c.lang.deserializer(c.registry)
	if err != nil {
		return nil, err
	}
	var rows []keyedRow
	err = c.consume(group, n, func(m *kafka.Message) error {
		k, err := lang.row(keys, c.topic, m.Key)
		if err != nil {
			return fmt.Errorf("deserialize key: %w", err)
		}
		v, err := c.lang.row(values, c.topic, m.Value)
		rows = append(rows, keyedRow{k, v})
		return err
	})
	return rows, err
}

// consume gives n messages of the topic to a function.
func (c *client) consume(group string, n int, each func(*kafka.Message) error) error {
	consumer, err := kafka.NewConsumer(login(kafka.ConfigMap{"group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": false}))
	if err != nil {
		return err
	}
	defer consumer.Close()
	if err := consumer.Subscribe(c.topic, nil); err != nil {
		return err
	}
	for end := time.Now().Add(60 * time.Second); n > 0 && time.Now().Before(end); {
		m, err := consumer.ReadMessage(time.Second)
		var late kafka.Error
		if errors.As(err, &late) && late.IsTimeout() {
			continue
		}
		if err == nil {
			err = each(m)
		}
		if err != nil {
			return err
		}
		n--
	}
	return nil
}

// refusedKey is what an application sees that tries the third schema.
func (c *client) refusedKey(lang keyLanguage) (string, error) {
	s, err := lang.serializer(c.registry, false)
	if err != nil {
		return "", err
	}
	k, err := lang.key(third, 0)
	if err != nil {
		return "", err
	}
	if _, err = s.Serialize(c.topic, k); err != nil {
		return err.Error(), nil
	}
	return "", nil
}

// avroKeys registers its second schema by hand, as [avroLanguage] does.
type avroKeys struct{}

const (
	keyHead    = `{"type":"record","name":"Key","namespace":"shop","fields":[{"name":"id","type":"long"}`
	withRegion = keyHead + `,{"name":"region","type":["null","string"],"default":null}]}`
)

func (avroKeys) register(c schemaregistry.Client, subject string) error {
	_, err := c.Register(subject, schemaregistry.SchemaInfo{Schema: withRegion}, false)
	return err
}

func (avroKeys) serializer(c schemaregistry.Client, latest bool) (serde.Serializer, error) {
	conf := avrov2.NewSerializerConfig()
	conf.AutoRegisterSchemas, conf.UseLatestVersion = !latest, latest
	return avrov2.NewSerializer(c, serde.KeySerde, conf)
}

func (avroKeys) deserializer(c schemaregistry.Client) (serde.Deserializer, error) {
	return avrov2.NewDeserializer(c, serde.KeySerde, avrov2.NewDeserializerConfig())
}

type avroKeyFirst struct {
	ID int64 `avro:"id"`
}

type avroKeySecond struct {
	ID     int64   `avro:"id"`
	Region *string `avro:"region"`
}

type avroKeyThird struct {
	ID    int64 `avro:"id"`
	Grade int32 `avro:"grade"`
}

// Schema gives the schema that the serialiser registers.
func (*avroKeyFirst) Schema() avro.Schema { return avro.MustParse(keyHead + `]}`) }

// Schema gives the schema that the serialiser registers.
func (*avroKeySecond) Schema() avro.Schema { return avro.MustParse(withRegion) }

// Schema gives the schema that the serialiser registers.
func (*avroKeyThird) Schema() avro.Schema {
	return avro.MustParse(keyHead + `,{"name":"grade","type":"int"}]}`)
}

func (avroKeys) key(g generation, i int) (any, error) {
	switch g {
	case first:
		return &avroKeyFirst{int64(i)}, nil
	case second:
		return &avroKeySecond{int64(i), region(i)}, nil
	}
	return &avroKeyThird{int64(i), 1}, nil
}

func (avroKeys) row(d serde.Deserializer, topic string, data []byte) (keyRow, error) {
	var v avroKeySecond
	err := d.DeserializeInto(topic, data, &v)
	return keyRow(v), err
}

// jsonKeys makes schemas from types.
type jsonKeys struct{}

func (jsonKeys) serializer(c schemaregistry.Client, latest bool) (serde.Serializer, error) {
	conf := jsonschema.NewSerializerConfig()
	conf.AutoRegisterSchemas, conf.UseLatestVersion, conf.EnableValidation = !latest, latest, true
	return jsonschema.NewSerializer(c, serde.KeySerde, conf)
}

func (jsonKeys) deserializer(c schemaregistry.Client) (serde.Deserializer, error) {
	return jsonschema.NewDeserializer(c, serde.KeySerde, jsonschema.NewDeserializerConfig())
}

func (jsonKeys) key(g generation, i int) (any, error) {
	switch g {
	case first:
		type Key struct {
			ID int64 `json:"id"`
		}
		return &Key{int64(i)}, nil
	case second:
		type Key struct {
			ID     int64   `json:"id"`
			Region *string `json:"region,omitempty"`
		}
		return &Key{int64(i), region(i)}, nil
	}
	type Key struct {
		ID string `json:"id"`
	}
	return &Key{strconv.Itoa(i)}, nil
}

func (jsonKeys) row(d serde.Deserializer, topic string, data []byte) (keyRow, error) {
	var v keyRow
	err := d.DeserializeInto(topic, data, &v)
	return v, err
}

// protobufKeys makes its types here, as [protobufLanguage] does.
type protobufKeys struct{}

func (protobufKeys) serializer(c schemaregistry.Client, latest bool) (serde.Serializer, error) {
	conf := protobuf.NewSerializerConfig()
	conf.AutoRegisterSchemas, conf.UseLatestVersion = !latest, latest
	return protobuf.NewSerializer(c, serde.KeySerde, conf)
}

func (protobufKeys) deserializer(c schemaregistry.Client) (serde.Deserializer, error) {
	return protobuf.NewDeserializer(c, serde.KeySerde, protobuf.NewDeserializerConfig())
}

// keyType is the message type of a generation.
func keyType(g generation) (protoreflect.MessageDescriptor, error) {
	kind := descriptorpb.FieldDescriptorProto_TYPE_INT64
	if g == third {
		kind = descriptorpb.FieldDescriptorProto_TYPE_STRING
	}
	fields := []*descriptorpb.FieldDescriptorProto{field("id", 1, kind)}
	if g == second {
		fields = append(fields, field("region", 2, descriptorpb.FieldDescriptorProto_TYPE_STRING))
	}
	return message("key.proto", "Key", nil, fields)
}

func (protobufKeys) key(g generation, i int) (any, error) {
	d, err := keyType(g)
	if err != nil {
		return nil, err
	}
	m := dynamicpb.NewMessage(d)
	id := protoreflect.ValueOfInt64(int64(i))
	if g == third {
		id = protoreflect.ValueOfString(strconv.Itoa(i))
	}
	m.Set(d.Fields().ByName("id"), id)
	if g == second {
		m.Set(d.Fields().ByName("region"), protoreflect.ValueOfString(*region(i)))
	}
	return m, nil
}

func (protobufKeys) row(d serde.Deserializer, topic string, data []byte) (keyRow, error) {
	desc, err := keyType(second)
	if err != nil {
		return keyRow{}, err
	}
	m := dynamicpb.NewMessage(desc)
	if err := d.DeserializeInto(topic, data, m); err != nil {
		return keyRow{}, err
	}
	r := keyRow{ID: m.Get(desc.Fields().ByName("id")).Int()}
	if s := m.Get(desc.Fields().ByName("region")).String(); s != "" {
		r.Region = &s
	}
	return r, nil
}
