package kafka

import (
	"context"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

var _ weir.Reader = (*Cluster)(nil)

// Bounds of what one tail holds in memory: so much of each partition. The bound
// of a whole answer is never reached, since the embedded broker does not say what
// of a partition was undone where an answer ends by it.
const (
	tailBytes          = 64 << 20
	tailPartitionBytes = 512 << 10
	tailBuffered       = 2000 // records that wait for Next
	tailWait           = 500 * time.Millisecond
)

// Spans says what each partition of a topic holds.
func (c *Cluster) Spans(ctx context.Context, topic string) (map[int32]weir.Span, error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	op := "look at the topic " + topic
	starts, err := listed(c.admin.ListStartOffsets(ctx, topic))
	if err != nil {
		return nil, failed(err, op)
	}
	ends, err := listed(c.admin.ListCommittedOffsets(ctx, topic))
	if err != nil {
		return nil, failed(err, op)
	}
	spans := map[int32]weir.Span{}
	starts.Each(func(o kadm.ListedOffset) {
		end, _ := ends.Lookup(topic, o.Partition)
		spans[o.Partition] = weir.Span{Start: o.Offset, End: max(o.Offset, end.Offset)}
	})
	return spans, nil
}

// OffsetsAt gives the first offset of each partition that is not older.
func (c *Cluster) OffsetsAt(ctx context.Context, topic string, at time.Time) (map[int32]int64, error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	found, err := listed(c.admin.ListOffsetsAfterMilli(ctx, at.UnixMilli(), topic))
	if err != nil {
		return nil, failed(err, "look for a time in the topic "+topic)
	}
	offsets := map[int32]int64{}
	found.Each(func(o kadm.ListedOffset) { offsets[o.Partition] = o.Offset })
	return offsets, nil
}

// Tail reads partitions from the given offsets on, with a client of its own.
func (c *Cluster) Tail(_ context.Context, topic string, from map[int32]int64) (weir.Tail, error) {
	offsets := map[int32]kgo.Offset{}
	for p, o := range from {
		offsets[p] = kgo.NewOffset().At(o)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(entrance),
		kgo.ClientID("weir"),
		kgo.Dialer(dialer{c.up}.dial),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.FetchMaxBytes(tailBytes), kgo.FetchMaxPartitionBytes(tailPartitionBytes),
		kgo.FetchMaxWait(tailWait), kgo.MaxConcurrentFetches(1),
		kgo.MetadataMinAge(50*time.Millisecond),
		kgo.DisableClientMetrics(),
	)
	if err != nil {
		return nil, weir.Errorf(weir.Internal, "the Kafka client does not start").Because(err)
	}
	return &tail{client: client, op: "read the topic " + topic, at: maps.Clone(from)}, nil
}

// tail is a client that reads one topic.
type tail struct {
	client *kgo.Client
	op     string
	at     map[int32]int64
	err    error // that came with records; the next call tells it
}

// Next waits for records.
func (t *tail) Next(ctx context.Context) ([]weir.Message, error) {
	if err := t.err; err != nil {
		t.err = nil
		return nil, err
	}
	fetches := t.client.PollRecords(ctx, tailBuffered)
	err := t.trouble(ctx, fetches)
	if fetches.NumRecords() == 0 {
		return nil, err
	}
	if ctx.Err() == nil {
		t.err = err
	}
	return t.messages(fetches), nil
}

// trouble is what a fetch says besides its records.
func (t *tail) trouble(ctx context.Context, fetches kgo.Fetches) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, e := range fetches.Errors() {
		return failed(e.Err, t.op)
	}
	return nil
}

// messages takes the records and moves on, behind markers of transactions too.
func (t *tail) messages(fetches kgo.Fetches) []weir.Message {
	ms := make([]weir.Message, 0, fetches.NumRecords())
	fetches.EachRecord(func(r *kgo.Record) {
		t.at[r.Partition] = max(t.at[r.Partition], r.Offset+1)
		if r.Attrs.IsControl() {
			return
		}
		m := weir.Message{Partition: r.Partition, Offset: r.Offset, Time: r.Timestamp.UTC(), Key: r.Key, Value: r.Value}
		for _, h := range r.Headers {
			m.Headers = append(m.Headers, weir.Header{Key: h.Key, Value: h.Value})
		}
		ms = append(ms, m)
	})
	return ms
}

// At is where a partition goes on.
func (t *tail) At(partition int32) int64 { return t.at[partition] }

// Close ends the client.
func (t *tail) Close() { t.client.Close() }
