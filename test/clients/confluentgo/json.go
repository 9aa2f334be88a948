package main

import (
	"fmt"

	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/jsonschema"
)

// jsonLanguage is the serialiser for JSON Schema. It makes a schema of draft
// 2020-12 from a type, with $defs and an $id from the type's name.
type jsonLanguage struct{}

func (jsonLanguage) serializer(c schemaregistry.Client, latest bool) (serde.Serializer, error) {
	conf := jsonschema.NewSerializerConfig()
	conf.AutoRegisterSchemas, conf.UseLatestVersion, conf.EnableValidation = !latest, latest, true
	return jsonschema.NewSerializer(c, serde.ValueSerde, conf)
}

func (jsonLanguage) deserializer(c schemaregistry.Client) (serde.Deserializer, error) {
	return jsonschema.NewDeserializer(c, serde.ValueSerde, jsonschema.NewDeserializerConfig())
}

func (jsonLanguage) value(g generation, i int, name string) (any, error) {
	switch g {
	case first:
		type User struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
		}
		return &User{int64(i), name}, nil
	case second:
		type User struct {
			ID   int64   `json:"id"`
			Name string  `json:"name"`
			Note *string `json:"note,omitempty"`
		}
		return &User{int64(i), name, note(i)}, nil
	}
	type User struct {
		ID   int64 `json:"id"`
		Name int64 `json:"name"`
	}
	return &User{int64(i), int64(i)}, nil
}

func (jsonLanguage) row(d serde.Deserializer, topic string, data []byte) (row, error) {
	var v row
	err := d.DeserializeInto(topic, data, &v)
	return v, err
}

func note(i int) *string {
	s := fmt.Sprintf("note %d", i)
	return &s
}
