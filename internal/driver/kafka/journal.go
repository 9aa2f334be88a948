package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// Bounds of a journal's transaction: how long records may take to be written,
// and after which time the cluster ends a transaction that nobody ends. The
// client's own bound would count from the time that a record bears, which may be
// long ago.
const (
	journalDelivery    = 20 * time.Second
	journalTransaction = 40 * time.Second
)

// Journal appends to partition 0 of a topic as the only one: who opened it last
// under an id. Readers of committed records see what one call of Append was
// given whole or not at all, and never twice.
type Journal struct {
	client *kgo.Client
	topic  string
}

// Journal opens a topic under an id. When it returns, whoever had opened it
// under that id before can append nothing more, and what they left unfinished is
// undone: the committed end of the topic is where the next Append will be.
// Unavailable when the cluster does not answer.
func (c *Cluster) Journal(ctx context.Context, topic, id string) (*Journal, error) {
	if boot := c.up.Boot(); boot != "" {
		id = boot + "." + id
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(entrance),
		kgo.ClientID("weir"),
		kgo.Dialer(dialer{c.up}.dial),
		kgo.TransactionalID(id), kgo.TransactionTimeout(journalTransaction),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RetryTimeout(c.timeout), kgo.RequestTimeoutOverhead(c.timeout),
		kgo.MetadataMinAge(50*time.Millisecond), kgo.MetadataMaxAge(time.Hour),
		kgo.DisableClientMetrics(),
	)
	if err != nil {
		return nil, weir.Errorf(weir.Internal, "the Kafka client does not start").Because(err)
	}
	j := &Journal{client: client, topic: topic}
	ctx, cancel := c.call(ctx)
	defer cancel()
	if _, _, err := client.ProducerID(ctx); err != nil {
		client.Close()
		return nil, failed(err, "open the topic "+topic+" to write")
	}
	return j, nil
}

// Append writes records, in order, in one transaction; their partition and
// offset have no meaning. They are committed when it returns nil. After an error
// nobody knows whether they are: the journal can only be closed, opened again
// and read.
func (j *Journal) Append(ctx context.Context, ms []weir.Message) error {
	op := "write to the topic " + j.topic
	if err := j.client.BeginTransaction(); err != nil {
		return failed(err, op)
	}
	records := make([]*kgo.Record, len(ms))
	for i, m := range ms {
		records[i] = &kgo.Record{Topic: j.topic, Key: m.Key, Value: m.Value, Timestamp: m.Time}
		for _, h := range m.Headers {
			records[i].Headers = append(records[i].Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
	}
	if err := j.produce(ctx, records...); err != nil {
		j.abort(ctx)
		return failed(err, op)
	}
	if err := j.client.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return failed(err, op)
	}
	return nil
}

// produce writes records and waits until they are, but no longer than it may
// take: then the client still tries, and has to be closed.
func (j *Journal) produce(ctx context.Context, records ...*kgo.Record) error {
	ctx, cancel := context.WithTimeout(ctx, journalDelivery)
	defer cancel()
	written := make(chan error, len(records))
	for _, r := range records {
		j.client.Produce(ctx, r, func(_ *kgo.Record, err error) { written <- err })
	}
	for range records {
		select {
		case err := <-written:
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Mark puts the end of an undone transaction behind everything in the topic.
// Readers of committed records move over it: so they can tell that they have
// seen all, where the cluster undid what a crash left without saying so in the
// topic. After an error the journal can only be closed.
func (j *Journal) Mark(ctx context.Context) error {
	op := "write to the topic " + j.topic
	if err := j.client.BeginTransaction(); err != nil {
		return failed(err, op)
	}
	if err := j.produce(ctx, &kgo.Record{Topic: j.topic}); err != nil {
		return failed(err, op)
	}
	return failed(j.client.EndTransaction(ctx, kgo.TryAbort), op)
}

// abort undoes what was begun, if it can be done now; else who opens the journal
// next does it.
func (j *Journal) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = j.client.AbortBufferedRecords(ctx) // whatever it says, the next one aborts
	_ = j.client.EndTransaction(ctx, kgo.TryAbort)
}

// Close ends the connections.
func (j *Journal) Close() { j.client.Close() }
