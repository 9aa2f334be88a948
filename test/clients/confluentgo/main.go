// Command confluentgo is the Go client of the schema registry that Confluent
// makes: confluent-kafka-go with its serialisers as they come. It is a module
// of its own because it needs cgo and many dependencies that weir must not
// have. Usage and answers are those of every client of test/clients:
//
//	walk FORMAT TOPIC GROUP N   write n records of a first schema and n of a second
//	                            that follows it, read all, be refused a third; one
//	                            line of JSON
//	write FORMAT TOPIC N NAME   write n records with the newest schema of the topic
//	read FORMAT TOPIC GROUP N   read n records; a line of JSON each
//	keys FORMAT TOPIC GROUP N   walk, with the three schemas on the keys
//	imports FILE TOPIC GROUP N  walk, with Protobuf that imports a file, which
//	                            the serialiser registers under its name
//
// Environment: REGISTRY, KAFKA, USERNAME, PASSWORD.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
)

// row is a record as every client prints it.
type row struct {
	ID   int64   `json:"id"`
	Name string  `json:"name"`
	Note *string `json:"note"`
}

// generation is which of the three schemas a value has.
type generation int

const (
	first  generation = 1
	second generation = 2
	third  generation = 3 // may not follow the others
)

// language is one of the three serialisers.
type language interface {
	serializer(c schemaregistry.Client, latest bool) (serde.Serializer, error)
	deserializer(c schemaregistry.Client) (serde.Deserializer, error)
	value(g generation, i int, name string) (any, error)
	row(d serde.Deserializer, topic string, data []byte) (row, error)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 5 {
		return errors.New("usage: walk|read|keys FORMAT TOPIC GROUP N, write FORMAT TOPIC N NAME, imports FILE TOPIC GROUP N")
	}
	format := args[1]
	if args[0] == "imports" {
		format = "protobuf"
	}
	cl, err := newClient(format, args[2])
	if err != nil {
		return err
	}
	defer cl.registry.Close()
	switch args[0] {
	case "walk":
		return cl.walk(args[3], args[4])
	case "keys":
		return cl.keys(format, args[3], args[4])
	case "imports":
		return cl.imports(args[1], args[3], args[4])
	case "write":
		n, err := strconv.Atoi(args[3])
		if err != nil {
			return err
		}
		return cl.write(first, n, args[4], true)
	case "read":
		n, err := strconv.Atoi(args[4])
		if err != nil {
			return err
		}
		rows, err := cl.read(args[3], n)
		for _, r := range rows {
			fmt.Println(text(r))
		}
		return err
	}
	return fmt.Errorf("no command %s", args[0])
}

// client is the registry, the gateway and one serialiser.
type client struct {
	topic    string
	lang     language
	registry schemaregistry.Client
}

func newClient(format, topic string) (*client, error) {
	lang, ok := map[string]language{"avro": avroLanguage{}, "json": jsonLanguage{}, "protobuf": protobufLanguage{}}[format]
	if !ok {
		return nil, fmt.Errorf("no format %s", format)
	}
	registry, err := schemaregistry.NewClient(schemaregistry.NewConfigWithBasicAuthentication(os.Getenv("REGISTRY"), os.Getenv("USERNAME"), os.Getenv("PASSWORD")))
	return &client{topic: topic, lang: lang, registry: registry}, err
}

func login(more kafka.ConfigMap) *kafka.ConfigMap {
	conf := kafka.ConfigMap{
		"bootstrap.servers": os.Getenv("KAFKA"), "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "SCRAM-SHA-512",
		"sasl.username": os.Getenv("USERNAME"), "sasl.password": os.Getenv("PASSWORD"), "broker.address.family": "v4", "log_level": 2,
	}
	for k, v := range more {
		conf[k] = v
	}
	return &conf
}

// walk is the whole way of a schema: the answer says what was seen.
func (c *client) walk(group, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	if err := c.write(first, n, "first", false); err != nil {
		return err
	}
	if err := c.follow(n); err != nil {
		return err
	}
	rows, err := c.read(group, 2*n)
	if err != nil {
		return err
	}
	refused, err := c.refused()
	if err != nil {
		return err
	}
	versions, ids, err := c.back(c.topic + "-value")
	if err != nil {
		return err
	}
	fmt.Println(text(map[string]any{"client": clientName(), "versions": versions, "ids": ids, "records": rows, "refused": refused}))
	return nil
}

func clientName() string {
	_, librdkafka := kafka.LibraryVersion()
	return "confluent-kafka-go 2.11.1, librdkafka " + librdkafka
}

// follow writes with the second schema, which the serialiser registers unless
// it cannot.
func (c *client) follow(n int) error {
	by, byHand := c.lang.(interface {
		register(c schemaregistry.Client, subject string) error
	})
	if byHand {
		if err := by.register(c.registry, c.topic+"-value"); err != nil {
			return err
		}
	}
	return c.write(second, n, "second", byHand)
}

func (c *client) write(g generation, n int, name string, latest bool) error {
	s, err := c.lang.serializer(c.registry, latest)
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
		v, err := c.lang.value(g, i, fmt.Sprintf("%s-%d", name, i))
		if err != nil {
			return err
		}
		data, err := s.Serialize(c.topic, v)
		if err != nil {
			return fmt.Errorf("serialize: %w", err)
		}
		if err := p.Produce(&kafka.Message{TopicPartition: kafka.TopicPartition{Topic: &c.topic, Partition: kafka.PartitionAny}, Value: data}, done); err != nil {
			return err
		}
	}
	return delivered(done, n)
}

func delivered(done <-chan kafka.Event, n int) error {
	late := time.After(30 * time.Second)
	for range n {
		select {
		case e := <-done:
			if m, ok := e.(*kafka.Message); ok && m.TopicPartition.Error != nil {
				return m.TopicPartition.Error
			}
		case <-late:
			return errors.New("records were not delivered within 30 s")
		}
	}
	return nil
}

func (c *client) read(group string, n int) ([]row, error) {
	d, err := c.lang.deserializer(c.registry)
	if err != nil {
		return nil, err
	}
	var rows []row
	err = c.consume(group, n, func(m *kafka.Message) error {
		r, err := c.lang.row(d, c.topic, m.Value)
		if err != nil {
			return fmt.Errorf("deserialize: %w", err)
		}
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

// refused is what an application sees that tries the third schema.
func (c *client) refused() (string, error) {
	s, err := c.lang.serializer(c.registry, false)
	if err != nil {
		return "", err
	}
	v, err := c.lang.value(third, 0, "refused")
	if err != nil {
		return "", err
	}
	if _, err = s.Serialize(c.topic, v); err != nil {
		return err.Error(), nil
	}
	return "", nil
}

// back is what the registry says of a subject, by the client's own calls.
func (c *client) back(subject string) (versions, ids []int, err error) {
	if versions, err = c.registry.GetAllVersions(subject); err != nil {
		return nil, nil, err
	}
	for _, v := range versions {
		id, err := c.version(subject, v)
		if err != nil {
			return nil, nil, fmt.Errorf("version %d: %w", v, err)
		}
		ids = append(ids, id)
	}
	latest, err := c.registry.GetLatestSchemaMetadata(subject)
	if err != nil {
		return nil, nil, err
	}
	if latest.Version != versions[len(versions)-1] {
		return nil, nil, fmt.Errorf("the latest of %v is %d", versions, latest.Version)
	}
	all, err := c.registry.GetAllSubjects()
	if err == nil && !slices.Contains(all, subject) {
		err = fmt.Errorf("%s is not listed", subject)
	}
	return versions, ids, err
}

func (c *client) version(subject string, version int) (int, error) {
	got, err := c.registry.GetSchemaMetadata(subject, version)
	if err != nil {
		return 0, err
	}
	byID, err := c.registry.GetBySubjectAndID(subject, got.ID)
	if err != nil {
		return 0, err
	}
	if byID.Schema != got.Schema {
		return 0, fmt.Errorf("id %d is %s, and the version %s", got.ID, byID.Schema, got.Schema)
	}
	found, err := c.registry.GetVersion(subject, byID, false)
	if err == nil && found != version {
		err = fmt.Errorf("the lookup finds version %d", found)
	}
	return got.ID, err
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
