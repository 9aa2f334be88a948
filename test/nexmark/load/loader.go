package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weirmesh/weir/test/nexmark"
)

// loader writes events.
type loader struct {
	client *kgo.Client
	topics []*topic

	mu     sync.Mutex
	failed error // the first
}

// topic is where the events of a product go.
type topic struct {
	product nexmark.Product
	name    string
	schema  uint32 // its id
	records int64
}

func newLoader(ctx context.Context, o options) (*loader, error) {
	l := &loader{}
	for _, p := range nexmark.Products() {
		t := &topic{product: p, name: nexmark.Domain + "." + p.Name + ".v1"}
		var err error
		if t.schema, err = schemaID(ctx, o, t.name+"-value"); err != nil {
			return nil, err
		}
		l.topics = append(l.topics, t)
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(o.kafka), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(20 * time.Millisecond),
		kgo.ProducerBatchMaxBytes(900_000), kgo.ProducerBatchCompression(kgo.Lz4Compression()), kgo.MaxBufferedRecords(50_000),
	}
	if o.user != "" {
		options = append(options, kgo.SASL(scram.Auth{User: o.user, Pass: o.password}.AsSha256Mechanism()))
	}
	var err error
	l.client, err = kgo.NewClient(options...)
	return l, err
}

// schemaID asks the registry for the newest schema of a subject.
func schemaID(ctx context.Context, o options, subject string) (uint32, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.registry+"/subjects/"+subject+"/versions/latest", nil)
	if err != nil {
		return 0, err
	}
	if o.user != "" {
		req.SetBasicAuth(o.user, o.password)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var found struct {
		ID      uint32 `json:"id"`
		Message string `json:"message"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&found); err != nil || found.ID == 0 {
		return 0, fmt.Errorf("%s: %s: %s", subject, answer.Status, found.Message)
	}
	return found.ID, nil
}

// write gives an event to each of its products.
func (l *loader) write(ctx context.Context, n int64, e *nexmark.Event) error {
	for _, t := range l.topics {
		if t.product.Of(e) {
			t.records++
			l.client.Produce(ctx, t.record(n, e), l.done)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

func (l *loader) done(r *kgo.Record, err error) {
	if err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fmt.Errorf("%s: %w", r.Topic, err)
	}
}

// end waits until all is written.
func (l *loader) end(ctx context.Context) error {
	if err := l.client.Flush(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// record is an event as a record. Which partition it has follows from its id, of
// a bid from its number.
func (t *topic) record(n int64, e *nexmark.Event) *kgo.Record {
	values := e.Values()
	r := &kgo.Record{Topic: t.name, Timestamp: e.Time}
	if e.Bid == nil {
		n = values[0].(int64) // their own id: people have even numbers alone
	}
	r.Partition = int32(n % int64(t.product.Partitions))
	if t.product.Table {
		r.Key = binary.BigEndian.AppendUint64(nil, uint64(n))
	}
	r.Value = binary.BigEndian.AppendUint32([]byte{0}, t.schema)
	for _, v := range values {
		r.Value = appendAvro(r.Value, v)
	}
	return r
}

// appendAvro writes a value of [nexmark.Event.Values] as Avro says it.
func appendAvro(b []byte, value any) []byte {
	switch v := value.(type) {
	case int64:
		return binary.AppendVarint(b, v)
	case time.Time:
		return binary.AppendVarint(b, v.UnixMilli())
	case string:
		return append(binary.AppendVarint(b, int64(len(v))), v...)
	}
	return b
}
