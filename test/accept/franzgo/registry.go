package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

// row is a record as every client of the registry prints it.
type row struct {
	ID   int64   `json:"id"`
	Name string  `json:"name"`
	Note *string `json:"note"`
}

// registry is what franz-go has for schema registries, with the records of one
// topic.
type registry struct {
	*sr.Client
	topic string
	lang  language
	known map[int]codecOf // by schema id
}

func newRegistry(format, topic string) (*registry, error) {
	lang, ok := languages()[format]
	if !ok {
		return nil, fmt.Errorf("no format %q", format)
	}
	cl, err := sr.NewClient(sr.URLs(os.Getenv("REGISTRY")), sr.BasicAuth(os.Getenv("USERNAME"), os.Getenv("PASSWORD")))
	return &registry{Client: cl, topic: topic, lang: lang, known: map[int]codecOf{}}, err
}

func (r *registry) subject() string { return r.topic + "-value" }

// walk is the whole way of a schema: n records with a first one, n with a second
// that follows it, all read; a third is refused. The answer says what was seen.
func walk(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	r, err := newRegistry(args[0], args[1])
	if err != nil {
		return err
	}
	for _, g := range []generation{first, second} {
		if err := r.writeAs(ctx, g, n); err != nil {
			return err
		}
	}
	rows, err := r.readGroup(ctx, args[2], 2*n)
	if err != nil {
		return err
	}
	_, refused := r.CreateSchema(ctx, r.subject(), r.lang.schema(third))
	versions, ids, err := r.back(ctx)
	if err != nil {
		return err
	}
	return printJSON(map[string]any{
		"client": "franz-go sr 1.8.0", "versions": versions, "ids": ids, "records": rows, "refused": message(refused),
	})
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// writeAs registers a schema and writes with it.
func (r *registry) writeAs(ctx context.Context, g generation, n int) error {
	made, err := r.CreateSchema(ctx, r.subject(), r.lang.schema(g))
	if err != nil {
		return fmt.Errorf("register schema %d: %w", g, err)
	}
	return r.write(ctx, made, g, n, []string{"", "first", "second"}[g])
}

func (r *registry) write(ctx context.Context, s sr.SubjectSchema, g generation, n int, prefix string) error {
	c, err := r.lang.codec(ctx, s.Schema.Schema)
	if err != nil {
		return err
	}
	var rs []*kgo.Record
	for i := range n {
		value := map[string]any{"id": int64(i), "name": fmt.Sprintf("%s-%d", prefix, i)}
		if g == second {
			value["note"] = fmt.Sprintf("note %d", i)
		}
		data, err := r.encode(s.ID, c, value)
		if err != nil {
			return err
		}
		rs = append(rs, &kgo.Record{Topic: r.topic, Value: data})
	}
	cl, err := connect(kgo.ProducerBatchCompression(kgo.NoCompression())) // kafkajs has no snappy, franz-go's first choice
	if err != nil {
		return err
	}
	defer cl.Close()
	return cl.ProduceSync(ctx, rs...).FirstErr()
}

func (r *registry) encode(id int, c codecOf, value map[string]any) ([]byte, error) {
	payload, err := c.encode(value)
	if err != nil {
		return nil, err
	}
	head, err := new(sr.ConfluentHeader).AppendEncode(nil, id, r.lang.index)
	return append(head, payload...), err
}

// readGroup reads n records, each by the schema whose id it carries.
func (r *registry) readGroup(ctx context.Context, group string, n int) ([]row, error) {
	cl, err := connect(kgo.ConsumerGroup(group), kgo.ConsumeTopics(r.topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	var rows []row
	for len(rows) < n {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return rows, fmt.Errorf("%d of %d records: %w", len(rows), n, err)
		}
		for iter := fetches.RecordIter(); !iter.Done(); {
			got, err := r.decode(ctx, iter.Next().Value)
			if err != nil {
				return rows, err
			}
			rows = append(rows, got)
		}
	}
	return rows, nil
}

func (r *registry) decode(ctx context.Context, data []byte) (row, error) {
	head := new(sr.ConfluentHeader)
	id, data, err := head.DecodeID(data)
	if err != nil {
		return row{}, err
	}
	if r.lang.index != nil {
		if _, data, err = head.DecodeIndex(data, 4); err != nil {
			return row{}, err
		}
	}
	c, ok := r.known[id]
	if !ok {
		s, err := r.SchemaByID(ctx, id)
		if err != nil {
			return row{}, fmt.Errorf("schema %d: %w", id, err)
		}
		if c, err = r.lang.codec(ctx, s.Schema); err != nil {
			return row{}, fmt.Errorf("schema %d: %w", id, err)
		}
		r.known[id] = c
	}
	return c.decode(data)
}

// back is what the registry says of the subject, by the client's own calls.
func (r *registry) back(ctx context.Context) (versions, ids []int, err error) {
	if versions, err = r.SubjectVersions(ctx, r.subject()); err != nil {
		return nil, nil, err
	}
	for _, v := range versions {
		id, err := r.version(ctx, v)
		if err != nil {
			return nil, nil, fmt.Errorf("version %d: %w", v, err)
		}
		ids = append(ids, id)
	}
	all, err := r.Subjects(ctx)
	if err == nil && !slices.Contains(all, r.subject()) {
		err = fmt.Errorf("%s is not listed", r.subject())
	}
	return versions, ids, err
}

func (r *registry) version(ctx context.Context, version int) (int, error) {
	got, err := r.SchemaByVersion(ctx, r.subject(), version)
	if err != nil {
		return 0, err
	}
	byID, err := r.SchemaTextByID(ctx, got.ID)
	if err != nil {
		return 0, err
	}
	if byID != got.Schema.Schema {
		return 0, fmt.Errorf("id %d is %s, and the version %s", got.ID, byID, got.Schema.Schema)
	}
	found, err := r.LookupSchema(ctx, r.subject(), got.Schema)
	if err == nil && (found.ID != got.ID || found.Version != version) {
		err = fmt.Errorf("the lookup finds version %d with id %d", found.Version, found.ID)
	}
	return got.ID, err
}

// writeNewest writes with the newest schema of the topic.
func writeNewest(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	r, err := newRegistry(args[0], args[1])
	if err != nil {
		return err
	}
	s, err := r.SchemaByVersion(ctx, r.subject(), -1)
	if err != nil {
		return err
	}
	return r.write(ctx, s, first, n, args[3])
}

// readRows reads what any client wrote.
func readRows(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	r, err := newRegistry(args[0], args[1])
	if err != nil {
		return err
	}
	rows, err := r.readGroup(ctx, args[2], n)
	for _, got := range rows {
		if err := printJSON(got); err != nil {
			return err
		}
	}
	return err
}

func printJSON(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = fmt.Println(string(b))
	}
	return err
}
