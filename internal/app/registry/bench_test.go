package registry_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/weirmesh/weir/internal/app/registry"
)

// BenchmarkRead is what serialisers ask, answered from memory.
func BenchmarkRead(b *testing.B) {
	m, ctx := newMesh(b), context.Background()
	for i := range 100 {
		m.register(m.admin, fmt.Sprint("s", i), avro("o", fmt.Sprintf("f%d", i)))
	}
	p := m.member("ours").By
	for name, read := range map[string]func() (registry.Version, error){
		"id": func() (registry.Version, error) { return m.registry.ByID(ctx, p, 50, "") },
		"latest": func() (registry.Version, error) {
			return m.registry.Version(ctx, p, "s50", registry.Latest, registry.LivingOnly)
		},
		"lookup": func() (registry.Version, error) {
			return m.registry.Lookup(ctx, p, registry.Registration{Subject: "s50", Text: avro("o", "f50")}, registry.LivingOnly)
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRegister puts new schemas into subjects, five versions each, 64 at a
// time; each is an entry of its own.
func BenchmarkRegister(b *testing.B) {
	m := newMesh(b)
	before := heap()
	b.SetParallelism(32)
	next := make(chan int)
	go func() {
		for i := range b.N {
			next <- i
		}
		close(next)
	}()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := <-next
			_, err := m.registry.Register(context.Background(), m.admin, registry.Registration{
				Subject: fmt.Sprint("subject-", i%1000), Text: avro(fmt.Sprint("o", i%1000), "a", fmt.Sprintf("f%d?", i/1000)),
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(heap()-before)/float64(b.N), "heap-B/version")
	b.ReportMetric(float64(m.registry.MaxID()), "ids")
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// BenchmarkRestart makes the index anew from a state with so many versions.
func BenchmarkRestart(b *testing.B) {
	m, ctx := newMesh(b), context.Background()
	for i := range 500 {
		m.register(m.admin, fmt.Sprint("s", i/5), avro(fmt.Sprint("o", i/5), "a", fmt.Sprintf("f%d?", i%5)))
	}
	for b.Loop() {
		if _, err := registry.NewIndex(ctx, m.state, m.ledger); err != nil {
			b.Fatal(err)
		}
	}
}
