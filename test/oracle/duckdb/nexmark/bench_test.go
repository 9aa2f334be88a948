package nexmark_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/test/nexmark"
)

// BenchmarkFlow is what the operators of each query cost alone, without records
// being read or written: 200,000 events in epochs of 4,000, in one shard.
func BenchmarkFlow(b *testing.B) {
	const n, epoch = 200_000, 4_000
	g, events := nexmark.New(nexmark.Config{}), make([]nexmark.Event, n)
	for i := range events {
		events[i] = g.Event(int64(i))
	}
	var compiler sqlang.Compiler
	for _, name := range nexmark.Queries() {
		plan, err := compiler.Compile(nexmark.Query(name), catalog{})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			steps, rows := stepsOf(plan, events, epoch)
			begin := used(b)
			for b.Loop() {
				f, err := flow.New(plan)
				if err != nil {
					b.Fatal(err)
				}
				for _, s := range steps {
					s.on(b, f)
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/(used(b)-begin).Seconds(), "rows/cpu-s")
		})
	}
}

// used is the processor time of the process.
func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// step is a batch of an input; without one it ends an epoch.
type step struct {
	input int
	batch *column.Batch
}

func (s step) on(b *testing.B, f *flow.Flow) {
	b.Helper()
	if s.batch != nil {
		if _, _, err := f.Step(s.input, s.batch); err != nil {
			b.Fatal(err)
		}
		return
	}
	if _, _, err := f.Advance(); err != nil {
		b.Fatal(err)
	}
	for range f.Changes() {
	}
	f.Keep()
}

func stepsOf(plan *sqlang.Plan, events []nexmark.Event, epoch int) (steps []step, rows int) {
	for at := 0; at < len(events); at += epoch {
		for i, in := range plan.Inputs {
			p, of := productOf(in), []*nexmark.Event(nil)
			for k := at; k < min(at+epoch, len(events)); k++ {
				if e := &events[k]; p.Of(e) {
					of = append(of, e)
				}
			}
			rows += len(of)
			for ; len(of) > 0; of = of[min(column.Rows, len(of)):] {
				steps = append(steps, step{i, batchOf(plan, i, 0, of[:min(column.Rows, len(of))])})
			}
		}
		steps = append(steps, step{})
	}
	return steps, rows
}

func productOf(in *sqlang.Input) nexmark.Product {
	for _, p := range nexmark.Products() {
		if p.Name == strings.TrimPrefix(in.Name, nexmark.Domain+".") {
			return p
		}
	}
	return nexmark.Product{}
}
