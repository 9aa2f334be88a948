package nexmark_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/test/nexmark"
)

// run is a query that reads events, and what it has made.
type run struct {
	t       *testing.T
	plan    *sqlang.Plan
	flow    *flow.Flow
	events  []nexmark.Event
	epochs  []int64
	epoch   int // the next
	random  *rand.Rand
	journal map[string]string // what a flow needs to go on
	made    map[string]int    // rows of a stream, with how often they came
	table   map[string]string // rows of a table, by key
}

func newRun(t *testing.T, plan *sqlang.Plan, events []nexmark.Event, epochs []int64) *run {
	r := &run{
		t: t, plan: plan, events: events, epochs: epochs, random: rand.New(rand.NewPCG(1, 2)),
		journal: map[string]string{}, made: map[string]int{}, table: map[string]string{},
	}
	r.flow = r.start()
	return r
}

// start is a flow that goes on from the journal, in any number of shards.
func (r *run) start() *flow.Flow {
	r.t.Helper()
	f, err := flow.NewShards(r.plan, 1+r.random.IntN(3), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for k, v := range r.journal {
		if err := f.Restore([]byte(k), []byte(v)); err != nil {
			r.t.Fatal(err)
		}
	}
	for i := range r.plan.Inputs {
		f.Assign(i, partitions(r.product(i)))
	}
	return f
}

func partitions(p nexmark.Product) (all []int32) {
	for i := range p.Partitions {
		all = append(all, int32(i))
	}
	return all
}

func (r *run) product(input int) nexmark.Product { return productOf(r.plan.Inputs[input]) }

// until runs all epochs up to one.
func (r *run) until(last int) {
	r.t.Helper()
	for ; r.epoch <= last; r.epoch++ {
		switch r.random.IntN(10) {
		case 0: // aborted, then again
			r.step()
			r.flow.Undo()
		case 1: // somewhere else
			r.flow = r.start()
		}
		made, table := r.step()
		r.commit(made, table)
	}
}

// step runs an epoch: first what comes for tables, then for streams.
func (r *run) step() (made []string, table map[string]string) {
	r.t.Helper()
	out := &outcome{run: r, table: map[string]string{}}
	for _, tables := range []bool{true, false} {
		for i := range r.plan.Inputs {
			if p := r.product(i); p.Table == tables {
				r.read(i, p, out)
			}
		}
	}
	out.take(r.flow.Advance())
	return out.made, out.table
}

// read gives the flow what an input has in an epoch, by partition.
func (r *run) read(input int, p nexmark.Product, out *outcome) {
	first, last := r.epochs[r.epoch], int64(len(r.events))
	if r.epoch+1 < len(r.epochs) {
		last = r.epochs[r.epoch+1]
	}
	for partition := range p.Partitions {
		var of []*nexmark.Event
		for n := first; n < last; n++ {
			if e := &r.events[n]; p.Of(e) && int(n/7)%p.Partitions == partition {
				of = append(of, e)
			}
		}
		for some := range slices.Chunk(of, column.Rows) {
			out.take(r.flow.Step(input, batchOf(r.plan, input, partition, some)))
		}
	}
}

func batchOf(plan *sqlang.Plan, input, partition int, events []*nexmark.Event) *column.Batch {
	b := &column.Batch{N: len(events)}
	var fields []int
	for _, s := range plan.Scans(input) {
		fields = append(fields, s.Fields...)
		for _, c := range s.Columns {
			b.Columns = append(b.Columns, column.Make(c.Type, len(events)))
		}
	}
	for i, e := range events {
		b.From = append(b.From, column.Origin{Input: int32(input), Partition: int32(partition), Offset: int64(i)})
		b.Time = append(b.Time, e.Time.UnixMicro())
		values := e.Values()
		for k, field := range fields {
			set(b.Columns[k], i, values[field])
		}
	}
	return b
}

// outcome is what an epoch gives.
type outcome struct {
	run   *run
	made  []string          // of a stream
	table map[string]string // of a table, by key; empty: the row is gone
}

func (o *outcome) take(out []*column.Batch, failed []flow.Failed, err error) {
	t, plan := o.run.t, o.run.plan
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range failed {
		t.Fatalf("a row failed: %v", f.Err)
	}
	for _, b := range out {
		for i := range b.N {
			row, key := text(b, i, nil), text(b, i, plan.Key)
			switch {
			case plan.Mode == sqlang.Append && b.Weight(i) == 1:
				o.made = append(o.made, row)
			case plan.Mode == sqlang.Upsert && b.Weight(i) == 1:
				o.table[key] = row
			case plan.Mode == sqlang.Upsert && b.Weight(i) == -1:
				o.table[key] = ""
			default:
				t.Fatalf("a row of weight %d in a result that is %s: %s", b.Weight(i), plan.Mode, row)
			}
		}
	}
}

// text is a row, or some columns of it, as DuckDB writes it.
func text(b *column.Batch, i int, columns []int) string {
	var words []string
	for k, v := range b.Columns {
		switch {
		case columns != nil && !slices.Contains(columns, k) || v.IsNull(i):
		case v.Kind == column.Decimal:
			words = append(words, string(v.Decimals[i].AppendDecimal(nil, v.Scale)))
		case v.Kind == column.Timestamp:
			words = append(words, moment(v.Ints[i]))
		case v.Kind.Store() == column.InTexts:
			words = append(words, string(v.Texts[i]))
		default:
			words = append(words, strconv.FormatInt(v.Ints[i], 10))
		}
	}
	return strings.Join(words, "|")
}

func moment(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02 15:04:05.999999")
}

// commit makes what an epoch gave count.
func (r *run) commit(made []string, table map[string]string) {
	for _, row := range made {
		r.made[row]++
	}
	for key, row := range table {
		if r.table[key] = row; row == "" {
			delete(r.table, key)
		}
	}
	for k, v := range r.flow.Changes() {
		if v == nil {
			delete(r.journal, string(k))
		} else {
			r.journal[string(k)] = string(v)
		}
	}
	r.flow.Keep()
}

func (r *run) watermark() string {
	mark, _ := r.flow.Watermark()
	return moment(mark)
}

func (r *run) rows() map[string]int {
	if r.plan.Mode == sqlang.Append {
		return r.made
	}
	out := map[string]int{}
	for _, row := range r.table {
		out[row]++
	}
	return out
}
