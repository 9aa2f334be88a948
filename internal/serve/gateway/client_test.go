package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
)

// produce writes n records with values prefix-0 and so on.
func produce(t testing.TB, cl *kgo.Client, topic, prefix string, n int) {
	t.Helper()
	var rs []*kgo.Record
	for i := range n {
		rs = append(rs, &kgo.Record{Topic: topic, Key: fmt.Appendf(nil, "%d", i), Value: fmt.Appendf(nil, "%s-%d", prefix, i)})
	}
	must(t, cl.ProduceSync(within(t, 20*time.Second), rs...).FirstErr())
}

// consume reads until n records came, and gives how often each value did.
func consume(t testing.TB, cl *kgo.Client, n int) map[string]int {
	t.Helper()
	ctx := within(t, 20*time.Second)
	got := map[string]int{}
	for total := 0; total < n; {
		fs := cl.PollFetches(ctx)
		for _, e := range fs.Errors() {
			if errors.Is(e.Err, context.DeadlineExceeded) {
				t.Fatalf("%d of %d records came", total, n)
			}
			t.Fatalf("%s/%d: %v", e.Topic, e.Partition, e.Err)
		}
		fs.EachRecord(func(r *kgo.Record) { got[string(r.Value)]++; total++ })
	}
	return got
}

func want(prefix string, n int) map[string]int {
	m := map[string]int{}
	for i := range n {
		m[fmt.Sprintf("%s-%d", prefix, i)] = 1
	}
	return m
}

func TestProduceAndFetch(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		cl := m.client("app", kgo.ProducerBatchCompression(codec))
		produce(t, cl, "own.data.v1", name, 200)
	}
	cl := m.client("app2", kgo.ConsumeTopics("own.data.v1"))
	all := map[string]int{}
	for _, name := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		for k, v := range want(name, 200) {
			all[k] = v
		}
	}
	if diff := cmp.Diff(all, consume(t, cl, 1000)); diff != "" {
		t.Error(diff)
	}
}

func TestProduceWithoutIdempotence(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	for name, acks := range map[string]kgo.Acks{"none": kgo.NoAck(), "leader": kgo.LeaderAck(), "all": kgo.AllISRAcks()} {
		cl := m.client("app", kgo.DisableIdempotentWrite(), kgo.RequiredAcks(acks))
		produce(t, cl, "own.data.v1", name, 100)
	}
	got := consume(t, m.client("stranger", kgo.ConsumeTopics("own.data.v1")), 300)
	for _, name := range []string{"none", "leader", "all"} {
		for v := range want(name, 100) {
			if got[v] != 1 {
				t.Errorf("%s came %d times", v, got[v])
			}
		}
	}
}

func TestTransactions(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	cl := m.client("app", kgo.TransactionalID("app.tx"))
	for i, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		must(t, cl.BeginTransaction())
		produce(t, cl, "own.data.v1", fmt.Sprint(i), 50)
		must(t, cl.EndTransaction(within(t, 10*time.Second), end))
	}
	got := consume(t, m.client("app", kgo.ConsumeTopics("own.data.v1"), kgo.FetchIsolationLevel(kgo.ReadCommitted())), 100)
	all := want("0", 50)
	for k, v := range want("2", 50) {
		all[k] = v
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Error(diff)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	for _, next := range []bool{false, true} {
		t.Run(fmt.Sprintf("new protocol %v", next), func(t *testing.T) {
			t.Parallel()
			m := mustMesh(t, mustCluster(t, 1), nil)
			produce(t, m.client("app"), "own.data.v1", "x", 100)
			opts := []kgo.Opt{kgo.ConsumerGroup("stranger.g"), kgo.ConsumeTopics("own.data.v1"), kgo.DisableAutoCommit()}
			if next {
				opts = append(opts, kgo.ServerSideBalancer())
			}
			cl := m.client("stranger", opts...)
			if diff := cmp.Diff(want("x", 100), consume(t, cl, 100)); diff != "" {
				t.Error(diff)
			}
			must(t, cl.CommitUncommittedOffsets(within(t, 10*time.Second)))
			cl.CloseAllowingRebalance()
			produce(t, m.client("app"), "own.data.v1", "y", 50)
			again := m.client("stranger", opts...)
			if diff := cmp.Diff(want("y", 50), consume(t, again, 50)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
