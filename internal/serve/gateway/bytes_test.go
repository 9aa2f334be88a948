package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/serve/gateway"
)

// direct is a raw connection to the cluster itself.
func (m *mesh) directRaw() *raw {
	m.Helper()
	c, err := m.cluster.Dial(m.Context(), 0)
	must(m, err)
	m.Cleanup(func() { c.Close() })
	return &raw{TB: m.TB, Conn: c}
}

// TestByteIdentity: what is stored is what was sent, and what is read through
// the gateway is what the cluster gives, byte for byte, in every version.
func TestByteIdentity(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	const topic = "own.data.v1"
	id := m.cluster.TopicInfo(topic).TopicID
	for _, codec := range []kgo.CompressionCodec{kgo.NoCompression(), kgo.ZstdCompression(), kgo.GzipCompression()} {
		cl := m.client("app", kgo.ProducerBatchCompression(codec), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		var rs []*kgo.Record
		for i := range 100 {
			rs = append(rs, &kgo.Record{Topic: topic, Key: fmt.Append(nil, i), Value: bytes.Repeat([]byte{byte(i)}, i),
				Headers: []kgo.RecordHeader{{Key: "h", Value: nil}, {Key: "h", Value: []byte("x")}}})
		}
		must(t, cl.ProduceSync(within(t, 10*time.Second), rs...).FirstErr())
	}
	through, direct := m.login("app"), m.directRaw()
	for version := int16(4); version <= 18; version++ {
		name := topic
		if version >= 13 {
			name = ""
		}
		a, b := fetchOnce(through, version, name, id, -1), fetchOnce(direct, version, name, id, -1)
		if got := a.AppendTo(nil); !bytes.Equal(got, b.AppendTo(nil)) || len(a.Topics[0].Partitions[0].RecordBatches) < 1000 {
			t.Errorf("fetch version %d differs: %d bytes", version, len(got))
		}
	}
	// What the producer sent, with only the offset and leader epoch set by the
	// broker.
	sent := batch()
	before := m.cluster.PartitionInfo(topic, 1).HighWatermark
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks = 11, -1
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, Partitions: []kmsg.ProduceRequestTopicPartition{{Partition: 1, Records: sent}}}}
	ask[*kmsg.ProduceResponse](through, req)
	fetch := kmsg.NewPtrFetchRequest()
	fetch.Version, fetch.ReplicaID, fetch.SessionEpoch, fetch.MaxBytes = 12, -1, -1, 1<<20
	ft := kmsg.NewFetchRequestTopic()
	p := kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1, before, 1<<20, -1
	ft.Topic, ft.Partitions = topic, append(ft.Partitions, p)
	fetch.Topics = append(fetch.Topics, ft)
	got := ask[*kmsg.FetchResponse](direct, fetch).Topics[0].Partitions[0].RecordBatches
	if len(got) != len(sent) || !bytes.Equal(got[16:], sent[16:]) {
		t.Errorf("sent % x\nstored % x", sent, got)
	}
	if m.metrics.DeliveredPartitions.Load() == 0 || m.metrics.ProducedRecords.Load() != 301 {
		t.Errorf("counted %d delivered partitions, %d produced records", m.metrics.DeliveredPartitions.Load(), m.metrics.ProducedRecords.Load())
	}
}

// TestTransactionalIDs: the cluster sees them with the number of its start, the
// client never does.
func TestTransactionalIDs(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	cl := m.client("app", kgo.TransactionalID("app.tx"))
	must(t, cl.BeginTransaction())
	produce(t, cl, "own.data.v1", "x", 1)
	list := func(r *raw) string {
		var ids []string
		for _, s := range ask[*kmsg.ListTransactionsResponse](r, kmsg.NewPtrListTransactionsRequest()).TransactionStates {
			ids = append(ids, s.TransactionalID+" "+s.TransactionState)
		}
		return strings.Join(ids, ", ")
	}
	if got := list(m.directRaw()); got != "b7.app.tx Ongoing" {
		t.Errorf("the cluster sees %q", got)
	}
	r := m.login("app")
	if got := list(r); got != "app.tx Ongoing" {
		t.Errorf("the application sees %q", got)
	}
	describe := kmsg.NewPtrDescribeTransactionsRequest()
	describe.TransactionalIDs = []string{"app.tx"}
	if s := ask[*kmsg.DescribeTransactionsResponse](r, describe).TransactionStates[0]; s.TransactionalID != "app.tx" || s.ErrorCode != 0 {
		t.Errorf("described %+v", s)
	}
	must(t, cl.EndTransaction(within(t, 5*time.Second), kgo.TryCommit))
}

// TestOffsetsInTransactions: consume, produce and commit offsets in one
// transaction, the way stream processors do.
func TestOffsetsInTransactions(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	produce(t, m.client("stranger"), "other.open.v1", "x", 100)
	s, err := kgo.NewGroupTransactSession(
		kgo.SeedBrokers(m.gateway.Addr()), sasl("app"), kgo.TransactionalID("app.eos"), kgo.ConsumerGroup("app.eos"),
		kgo.ConsumeTopics("other.open.v1"), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.DefaultProduceTopic("own.data.v1"))
	must(t, err)
	defer s.Close()
	ctx := within(t, 20*time.Second)
	for n := 0; n < 100; {
		fs := s.PollFetches(ctx)
		must(t, fs.Err())
		must(t, s.Begin())
		fs.EachRecord(func(r *kgo.Record) {
			n++
			s.Produce(ctx, &kgo.Record{Value: r.Value}, func(_ *kgo.Record, err error) {
				if err != nil {
					t.Error(err)
				}
			})
		})
		committed, err := s.End(ctx, kgo.TryCommit)
		if err != nil || !committed {
			t.Fatalf("committed %v, %v", committed, err)
		}
	}
	if got := consume(t, m.client("app", kgo.ConsumeTopics("own.data.v1"), kgo.FetchIsolationLevel(kgo.ReadCommitted())), 100); len(got) != 100 {
		t.Errorf("%d values", len(got))
	}
}

// TestClusterAway: a gateway starts without its cluster, and says nothing false
// to clients.
func TestClusterAway(t *testing.T) {
	t.Parallel()
	c := mustCluster(t, 1)
	m := mustMesh(t, c, nil)
	c.Close()
	r := m.raw()
	must(t, r.send(r.frame(kmsg.NewPtrApiVersionsRequest())))
	if _, err := r.bytes(); err == nil {
		t.Error("versions of a broker that is away")
	}
}

// mixedUp is a cluster that answers Metadata with another correlation id.
type mixedUp struct{ *cluster }

func (m mixedUp) Dial(ctx context.Context, id weir.BrokerID) (net.Conn, error) {
	c, err := m.cluster.Dial(ctx, id)
	return mixedUpConn{c}, err
}

type mixedUpConn struct{ net.Conn }

func (c mixedUpConn) Write(b []byte) (int, error) {
	b = bytes.Clone(b)
	if b[5] == 3 { // the request's key, after its size
		b[11]++ // its correlation id
	}
	return c.Conn.Write(b)
}

// TestMixedUpAnswers: an answer to something else is never passed on.
func TestMixedUpAnswers(t *testing.T) {
	t.Parallel()
	c := mustCluster(t, 1)
	m := mustMesh(t, c, func(cfg *gateway.Config) { cfg.Upstream = mixedUp{c} })
	r := m.login("app")
	if code := coordinator(r, 3, 0, "app"); code != 0 {
		t.Fatalf("before: %d", code)
	}
	if _, err := tryAsk[*kmsg.MetadataResponse](r, metadataRequest()); !errors.Is(err, io.EOF) {
		t.Errorf("the answer to another request: %v", err)
	}
}
