package gateway_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/serve/gateway"
)

// tally is a meter that tests look at.
type tally struct {
	mu sync.Mutex
	by map[string]int64
}

func (t *tally) Add(p weir.Passage, records, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if bytes <= 0 || p.Who.UID.IsZero() || p.Of.UID.IsZero() {
		panic(fmt.Sprintf("%+v %d %d", p, records, bytes))
	}
	t.by[fmt.Sprintf("%s %s %s %s %s", p.Who.Name, p.Direction, p.Of.Name, p.How, p.Library.Name)] += records
}

// want waits until the counts are exactly these.
func (t *tally) want(tb testing.TB, want map[string]int64) {
	tb.Helper()
	var diff string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		t.mu.Lock()
		diff = cmp.Diff(want, t.by)
		t.mu.Unlock()
		if diff == "" {
			return
		}
	}
	tb.Error(diff)
}

func metered(t *testing.T) (*mesh, *tally) {
	m := &tally{by: map[string]int64{}}
	return mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) { c.Meter = m }), m
}

func library(name string) kgo.Opt { return kgo.SoftwareNameAndVersion(name, "1.2.3") }

// take reads records until there are so many.
func take(t *testing.T, c *kgo.Client, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for got := 0; got < n; {
		fs := c.PollFetches(ctx)
		must(t, fs.Err())
		got += fs.NumRecords()
	}
}

// Who writes and reads is counted by application, product and library: what the
// cluster acknowledged, and what was sent, from the offset on that was asked
// for.
func TestMeter(t *testing.T) {
	t.Parallel()
	m, counts := metered(t)
	const topic = "own.data.v1"
	ctx := t.Context()
	w := m.client("app", library("writes"), kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(50*time.Millisecond))
	var batch []*kgo.Record
	for i := range 100 {
		batch = append(batch, &kgo.Record{Value: fmt.Append(nil, i)})
	}
	must(t, w.ProduceSync(ctx, batch...).FirstErr()) // one batch in partition 0
	want := map[string]int64{"app write own.data gateway writes": 100}
	counts.want(t, want)

	take(t, m.client("stranger", library("reads"), kgo.ConsumeTopics(topic)), 100)
	want["stranger read own.data gateway reads"] = 100
	counts.want(t, want)

	take(t, m.client("app2", library("seeks"), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().At(90)}})), 10)
	want["app2 read own.data gateway seeks"] = 10
	counts.want(t, want)

	if err := m.client("stranger", kgo.DefaultProduceTopic(topic)).ProduceSync(ctx, &kgo.Record{Value: []byte("x")}).FirstErr(); err == nil {
		t.Error("a stranger writes")
	}
	counts.want(t, want)

	sent := m.client("app", library("sends"), kgo.DefaultProduceTopic("own._private.notes"), kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite())
	must(t, sent.ProduceSync(ctx, &kgo.Record{Value: []byte("x")}, &kgo.Record{Value: []byte("y")}, &kgo.Record{Value: []byte("z")}).FirstErr())
	want["app write own._private.notes unacknowledged sends"] = 3
	counts.want(t, want)
}

// What a transaction wrote that was aborted is not counted as read by who reads
// committed records, nor are the marks that end transactions.
func TestMeterOfTransactions(t *testing.T) {
	t.Parallel()
	m, counts := metered(t)
	const topic = "own.data.v1"
	w := m.client("app", library("writes"), kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionalID("app.tx"))
	for i, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		must(t, w.BeginTransaction())
		for range 10 * (i + 1) {
			must(t, w.ProduceSync(t.Context(), &kgo.Record{Value: []byte("x")}).FirstErr())
		}
		must(t, w.EndTransaction(t.Context(), end))
	}
	take(t, m.client("stranger", library("committed"), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted())), 40)
	take(t, m.client("app2", library("all"), kgo.ConsumeTopics(topic)), 60)
	counts.want(t, map[string]int64{
		"app write own.data gateway writes":        60,
		"stranger read own.data gateway committed": 40,
		"app2 read own.data gateway all":           60,
	})
}

// What a client calls itself cannot steer a page or fill the counts.
func TestMeterCleansLibraries(t *testing.T) {
	t.Parallel()
	m, counts := metered(t)
	w := m.client("app", kgo.SoftwareNameAndVersion("a<b>\x1b[1m"+strings.Repeat("x", 200), "1"), kgo.DefaultProduceTopic("own.data.v1"))
	must(t, w.ProduceSync(t.Context(), &kgo.Record{Value: []byte("x")}).FirstErr())
	counts.want(t, map[string]int64{"app write own.data gateway ab1m" + strings.Repeat("x", 56): 1})
}

// What the cluster refuses is not counted, partition by partition.
func TestMeterCountsWhatIsAcknowledged(t *testing.T) {
	t.Parallel()
	counts := &tally{by: map[string]int64{}}
	c := mustCluster(t, 1)
	m := mustMesh(t, c, func(c *gateway.Config) { c.Meter = counts })
	c.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		req := r.(*kmsg.ProduceRequest)
		resp := req.ResponseKind().(*kmsg.ProduceResponse)
		for _, t := range req.Topics {
			out := kmsg.ProduceResponseTopic{Topic: t.Topic, TopicID: t.TopicID}
			for _, p := range t.Partitions {
				answer := kmsg.NewProduceResponseTopicPartition()
				if answer.Partition = p.Partition; p.Partition == 1 {
					answer.ErrorCode = kerr.MessageTooLarge.Code
				}
				out.Partitions = append(out.Partitions, answer)
			}
			resp.Topics = append(resp.Topics, out)
		}
		return resp, nil, true
	})
	w := m.client("app", library("writes"), kgo.DefaultProduceTopic("own.data.v1"), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableIdempotentWrite())
	results := w.ProduceSync(t.Context(), &kgo.Record{Partition: 1, Value: []byte("x")}, &kgo.Record{Partition: 0, Value: []byte("x")}, &kgo.Record{Partition: 0, Value: []byte("y")})
	if results.FirstErr() == nil {
		t.Error("nothing was refused")
	}
	counts.want(t, map[string]int64{"app write own.data gateway writes": 2})
}
