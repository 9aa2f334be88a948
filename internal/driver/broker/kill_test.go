package broker_test

import (
	"context"
	"math/rand/v2"
	"os"
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
