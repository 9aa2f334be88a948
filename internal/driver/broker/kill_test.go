package broker_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// rounds is how often the kill tests kill; WEIR_KILL_ROUNDS for a long run.
func rounds(t *testing.T, few int) int {
	t.Helper()
	if s := os.Getenv("WEIR_KILL_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		must(t, err)
		return n
	}
	return few
}

// TestKillKeepsAcknowledgedExactlyOnce: an idempotent producer goes on through
// kill -9 of the broker; at the end everything it was told is written stands
// there once, and nothing twice.
func TestKillKeepsAcknowledgedExactlyOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
	defer cancel()
	c := startChild(t)
	admin := kadm.NewClient(c.client(t))
	_, err := admin.CreateTopic(ctx, 3, 1, nil, "killed")
	must(t, err)

	producer := c.client(t, kgo.DefaultProduceTopic("killed"), kgo.ProducerLinger(0), kgo.MaxBufferedRecords(200),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
	var acked, failed atomic.Int64
	stop := make(chan struct{})
	done := make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			select {
			case <-stop:
				done <- n
				return
			default:
			}
			producer.Produce(ctx, &kgo.Record{Value: strconv.AppendInt(nil, int64(n), 10)}, func(_ *kgo.Record, err error) {
				if err != nil {
					failed.Add(1)
					return
				}
				acked.Add(1)
			})
		}
	}()
	for range rounds(t, 6) {
		before := acked.Load()
		for acked.Load() < before+int64(50+rand.IntN(400)) && ctx.Err() == nil {
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		}
		c.kill(t)
		c.start(t)
	}
	close(stop)
	n := <-done
	must(t, producer.Flush(ctx))
	if acked.Load() != int64(n) || failed.Load() != 0 {
		t.Errorf("%d of %d records acknowledged, %d failed", acked.Load(), n, failed.Load())
	}
	times := readAll(ctx, t, c, "killed")
	lost, doubled := 0, 0
	for i := range n {
		switch times[strconv.Itoa(i)] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
	}
	t.Logf("%d records, %d lost, %d doubled", n, lost, doubled)
	if lost > 0 || doubled > 0 {
		t.Errorf("of %d acknowledged records %d are lost and %d stand there more than once", n, lost, doubled)
	}
}

// readAll counts the values of a topic, committed ones only.
func readAll(ctx context.Context, t *testing.T, c *child, topic string) map[string]int {
	t.Helper()
	ends, err := kadm.NewClient(c.client(t)).ListEndOffsets(ctx, topic)
	must(t, err)
	left := make(map[int32]int64)
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	times := make(map[string]int)
	reader := c.client(t, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	for len(left) > 0 {
		fetches := reader.PollFetches(ctx)
		must(t, fetches.Err0())
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				times[string(r.Value)]++
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return times
}

// TestKillKeepsConsumersPlace: what a group committed is there after kill -9.
func TestKillKeepsConsumersPlace(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := startChild(t)
	admin := kadm.NewClient(c.client(t))
	_, err := admin.CreateTopic(ctx, 1, 1, nil, "read")
	must(t, err)
	for i := range rounds(t, 3) {
		must(t, c.client(t, kgo.DefaultProduceTopic("read")).ProduceSync(ctx, kgo.StringRecord(strconv.Itoa(i))).FirstErr())
		reader := c.client(t, kgo.ConsumerGroup("g"), kgo.ConsumeTopics("read"), kgo.DisableAutoCommit(),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(6*time.Second))
		fetches := reader.PollFetches(ctx)
		must(t, fetches.Err())
		if got := string(fetches.Records()[0].Value); got != strconv.Itoa(i) || fetches.NumRecords() != 1 {
			t.Fatalf("round %d reads %d records from %q on", i, fetches.NumRecords(), got)
		}
		must(t, reader.CommitRecords(ctx, fetches.Records()...))
		c.kill(t)
		c.start(t)
		must(t, reader.LeaveGroupContext(ctx))
		reader.Close()
	}
}

// abandon writes a record in a transaction and leaves that open.
func abandon(ctx context.Context, t *testing.T, c *child, id, value string) {
	t.Helper()
	p := c.client(t, kgo.TransactionalID(id), kgo.DefaultProduceTopic("deals"))
	must(t, p.BeginTransaction())
	must(t, p.ProduceSync(ctx, kgo.StringRecord(value)).FirstErr())
}

// commit writes a record in a transaction.
func commit(ctx context.Context, t *testing.T, c *child, id, value string) {
	t.Helper()
	p := c.client(t, kgo.TransactionalID(id), kgo.DefaultProduceTopic("deals"))
	must(t, p.BeginTransaction())
	must(t, p.ProduceSync(ctx, kgo.StringRecord(value)).FirstErr())
	must(t, p.EndTransaction(ctx, kgo.TryCommit))
	p.Close()
}

// twiceKilled leaves a transaction open at a crash, uses its id again, crashes
// again, and says what readers of committed records then see.
func twiceKilled(t *testing.T, id func(*child) string) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := startChild(t)
	_, err := kadm.NewClient(c.client(t)).CreateTopic(ctx, 1, 1, nil, "deals")
	must(t, err)
	commit(ctx, t, c, id(c), "first")
	abandon(ctx, t, c, id(c), "never")
	c.kill(t)
	c.start(t)
	commit(ctx, t, c, id(c), "second")
	c.kill(t)
	c.start(t)
	return readAll(ctx, t, c, "deals")
}

// TestTwiceKilledTransaction: with the boot before its id, what a transaction
// wrote that a crash ended never shows as committed.
func TestTwiceKilledTransaction(t *testing.T) {
	t.Parallel()
	got := twiceKilled(t, func(c *child) string { return c.boot + ".app" })
	if got["never"] != 0 || got["first"] != 1 || got["second"] != 1 {
		t.Errorf("committed: %v, want first and second once and never not at all", got)
	}
}

// TestBootIsNeeded: without it that record comes back. When this fails the
// fault is gone from kfake, and the rule can go too.
func TestBootIsNeeded(t *testing.T) {
	t.Parallel()
	if got := twiceKilled(t, func(*child) string { return "app" }); got["never"] == 0 {
		t.Errorf("committed: %v; the same id over two crashes is no longer a fault", got)
	}
}

// TestCrashBetweenBatchAndIndex: the crash came after a batch of a transaction
// and before the entry that says so.
func TestCrashBetweenBatchAndIndex(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := startChild(t)
	_, err := kadm.NewClient(c.client(t)).CreateTopic(ctx, 1, 1, nil, "deals")
	must(t, err)
	commit(ctx, t, c, c.boot+".app", "first")
	abandon(ctx, t, c, c.boot+".app", "never")
	c.kill(t)
	index := filepath.Join(c.dir, "log", "partitions", "deals-0", "0.idx")
	info, err := os.Stat(index)
	must(t, err)
	must(t, os.Truncate(index, info.Size()-15))
	c.start(t)
	commit(ctx, t, c, c.boot+".app", "second")
	for range 2 {
		if got := readAll(ctx, t, c, "deals"); got["never"] != 0 || got["first"] != 1 || got["second"] != 1 {
			t.Errorf("committed: %v", got)
		}
		c.kill(t)
		c.start(t)
	}
}
