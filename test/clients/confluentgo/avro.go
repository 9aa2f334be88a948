package main

import (
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"
	"github.com/hamba/avro/v2"
)

// avroLanguage is the serialiser for Avro. Its values carry their schema. What
// it registers by itself has no defaults, because it registers the parsing
// canonical form; so the second schema is registered by hand and then taken as
// the newest one.
type avroLanguage struct{}

func (avroLanguage) register(c schemaregistry.Client, subject string) error {
	_, err := c.Register(subject, schemaregistry.SchemaInfo{Schema: withNote}, false)
	return err
}

func (avroLanguage) serializer(c schemaregistry.Client, latest bool) (serde.Serializer, error) {
	conf := avrov2.NewSerializerConfig()
	conf.AutoRegisterSchemas, conf.UseLatestVersion = !latest, latest
	return avrov2.NewSerializer(c, serde.ValueSerde, conf)
}

func (avroLanguage) deserializer(c schemaregistry.Client) (serde.Deserializer, error) {
	return avrov2.NewDeserializer(c, serde.ValueSerde, avrov2.NewDeserializerConfig())
}

type avroFirst struct {
	ID   int64  `avro:"id"`
	Name string `avro:"name"`
}

type avroSecond struct {
	ID   int64   `avro:"id"`
	Name string  `avro:"name"`
	Note *string `avro:"note"`
}

type avroThird struct {
	ID    int64  `avro:"id"`
	Name  string `avro:"name"`
	Grade int32  `avro:"grade"`
}

const head = `{"type":"record","name":"User","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"name","type":"string"}`

const withNote = head + `,{"name":"note","type":["null","string"],"default":null}]}`

// Schema gives the schema that the serialiser registers.
func (*avroFirst) Schema() avro.Schema { return avro.MustParse(head + `]}`) }

// Schema gives the schema that the serialiser registers.
func (*avroSecond) Schema() avro.Schema {
	return avro.MustParse(withNote)
}

// Schema gives the schema that the serialiser registers.
func (*avroThird) Schema() avro.Schema {
	return avro.MustParse(head + `,{"name":"grade","type":"int"}]}`)
}

func (avroLanguage) value(g generation, i int, name string) (any, error) {
	switch g {
	case first:
		return &avroFirst{int64(i), name}, nil
	case second:
		return &avroSecond{int64(i), name, note(i)}, nil
	}
	return &avroThird{int64(i), name, 1}, nil
}

func (avroLanguage) row(d serde.Deserializer, topic string, data []byte) (row, error) {
	var v avroSecond
	err := d.DeserializeInto(topic, data, &v)
	return row(v), err
}
