package gateway_test

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir/internal/driver/measure"
	"github.com/weirmesh/weir/internal/serve/gateway"
)

// BenchmarkPassThrough writes and reads records through the gateway and at the
// broker itself, and prints what the way through costs as a ratio.
func BenchmarkPassThrough(b *testing.B) {
	const topic = "own.data.v1"
	counts, err := measure.Open(b.Context(), filepath.Join(b.TempDir(), "measure.db"), measure.Options{})
	must(b, err)
	defer counts.Close()
	m := mustMesh(b, mustCluster(b, 1), func(c *gateway.Config) { c.Meter = counts })
	value := bytes.Repeat([]byte("0123456789"), 20)
	producers := map[string]*kgo.Client{
		"direct": m.direct(kgo.DefaultProduceTopic(topic)), "through": m.client("app", kgo.DefaultProduceTopic(topic)),
	}
	consumers := map[string]*kgo.Client{
		"direct": m.direct(kgo.ConsumeTopics(topic)), "through": m.client("app", kgo.ConsumeTopics(topic)),
	}
	const n = 50_000
	took := map[string]time.Duration{}
	ctx := context.Background()
	write := func(way string) {
		began := time.Now()
		for range n {
			producers[way].Produce(ctx, &kgo.Record{Value: value}, nil)
		}
		must(b, producers[way].Flush(ctx))
		took["produce "+way] += time.Since(began)
	}
	read := func(way string, records int) {
		began := time.Now()
		for got := 0; got < records; {
			fs := consumers[way].PollFetches(ctx)
			must(b, fs.Err())
			got += fs.NumRecords()
		}
		took["consume "+way] += time.Since(began)
	}
	for b.Loop() {
		for _, way := range []string{"direct", "through"} {
			write(way)
		}
		for _, way := range []string{"direct", "through"} {
			read(way, 2*n)
		}
	}
	b.ReportMetric(took["produce direct"].Seconds()/took["produce through"].Seconds(), "produce-ratio")
	b.ReportMetric(took["consume direct"].Seconds()/took["consume through"].Seconds(), "consume-ratio")
	b.ReportMetric(float64(n*b.N)/took["produce through"].Seconds(), "produced/s")
	b.ReportMetric(float64(2*n*b.N)/took["consume through"].Seconds(), "consumed/s")
}
