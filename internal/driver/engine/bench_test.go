package engine_test

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/clustertest"
)

// BenchmarkLatency is the time from before a record is produced until a reader
// of committed records has what was made of it, for epochs of two lengths.
func BenchmarkLatency(b *testing.B) {
	for _, epoch := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond} {
		b.Run(epoch.String(), func(b *testing.B) { latency(b, epoch) })
	}
}

func latency(b *testing.B, epoch time.Duration) {
	r := newRig(b)
	r.job.Epoch = epoch
	r.start()
	r.until("it runs", func(s weir.QueryStatus) bool { return s.Running })
	tail, err := r.cluster.Tail(b.Context(), r.job.Sink.Topic, map[int32]int64{0: 0, 1: 0})
	must(b, err)
	defer tail.Close()
	client := clustertest.Client(b, r.up, kgo.DefaultProduceTopic(r.job.Sources[0].Topic), kgo.ProducerLinger(0))
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	go func() {
		for amount := int64(11); ctx.Err() == nil; {
			client.Produce(ctx, &kgo.Record{Value: r.row(time.Now().UnixMicro(), &amount)}, nil)
			select {
			case <-ctx.Done():
			case <-time.After(3 * time.Millisecond):
			}
		}
	}()
	var took []time.Duration
	for b.Loop() {
		for range 500 {
			ms, err := tail.Next(b.Context())
			must(b, err)
			for _, row := range r.rows(ms) {
				var sent, more int64
				_, err := fmt.Sscanf(row, "%d:%d", &sent, &more)
				must(b, err)
				took = append(took, time.Since(time.UnixMicro(sent)))
			}
			if len(took) > 2000 {
				break
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkRows is how many rows a query reads in a second of processor time, the
// broker's included.
func BenchmarkRows(b *testing.B) {
	r := newRig(b)
	const n = 300_000
	r.job.Epoch = 200 * time.Millisecond
	r.produce(r.numbers(0, n)...)
	var spent time.Duration
	for b.Loop() {
		r.job.Run++
		before := used()
		stop := r.start()
		r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == n })
		must(b, stop())
		spent += used() - before
	}
	b.ReportMetric(float64(n)*float64(b.N)/spent.Seconds(), "rows/cpu-s")
}

func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
