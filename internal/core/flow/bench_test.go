package flow_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// twelve is a batch of 12 fields as an auction's bids and orders have them.
func twelve() (*column.Batch, []sqlang.Column) {
	types := []column.Type{bigint, bigint, bigint, {Kind: column.Decimal, Precision: 10, Scale: 2}, {Kind: column.Float64}, text, text, timestamp, boolean, text, bigint, {Kind: column.Int32}}
	b := &column.Batch{N: column.Rows}
	for k, t := range types {
		v := column.Make(t, b.N)
		for i := range b.N {
			n := int64(i*7919 + k)
			switch t.Kind.Store() {
			case column.InFloats:
				v.Floats[i] = float64(n) / 3
			case column.InDecimals:
				v.Decimals[i] = column.Int(n)
			case column.InTexts:
				v.Texts[i] = fmt.Appendf(nil, "text %d", n%1000)
			default:
				v.Ints[i] = n
			}
		}
		b.Columns = append(b.Columns, v)
	}
	b.Columns[8].Ints[0] = 1
	b.From, b.Time = make([]column.Origin, b.N), make([]int64, b.N)
	return b, columnsOf(types...)
}

// BenchmarkFlow says how many rows a second go through plans over 12 fields:
// all of them; a filter of one in 123; two conditions, a mask and a product; a
// lookup in a table of 100,000 rows; counts of 10,000 groups; with one shard and
// with two.
func BenchmarkFlow(b *testing.B) {
	_, columns := twelve()
	scan := func() *sqlang.Scan { return &sqlang.Scan{Fields: make([]int, 12), Columns: columns, Time: -1} }
	every := func(of sqlang.Node) *sqlang.Project {
		p := &sqlang.Project{Of: of, Columns: columns}
		for k, c := range columns {
			p.Exprs = append(p.Exprs, ref(k, c.Type))
		}
		return p
	}
	remainder := func(n int64) *sqlang.Expr {
		return fn(boolean, "=(bigint,bigint)", fn(bigint, "%(bigint,bigint)", ref(0, bigint), number(n)), number(0))
	}
	masked := every(&sqlang.Filter{Of: scan(), Cond: fn(boolean, "and(boolean)", fn(boolean, "<>(bigint,bigint)", ref(1, bigint), number(5)), fn(boolean, "<>(text,text)", ref(5, text), ref(6, text)))})
	masked.Exprs[6] = fn(text, "upper(text)", ref(6, text))
	masked.Exprs[3] = fn(column.Type{Kind: column.Decimal, Precision: 20, Scale: 4}, "*(numeric,numeric)", ref(3, columns[3].Type), ref(3, columns[3].Type))
	lookup := &sqlang.Join{Left: scan(), Right: scanOf(1, true), Lookup: true, LeftKey: []*sqlang.Expr{fn(bigint, "%(bigint,bigint)", ref(0, bigint), number(100_000))},
		RightKey: []*sqlang.Expr{ref(0, bigint)}, Columns: append(columnsOf(), append(columns, columnsOf(bigint, bigint)...)...)}
	counts := &sqlang.Group{Of: scan(), WindowEnd: -1, Keys: []*sqlang.Expr{fn(bigint, "%(bigint,bigint)", ref(0, bigint), number(10_000))},
		Aggregates: []sqlang.Aggregate{{Func: "count", Type: bigint}, {Func: "max", Arg: ref(1, bigint), Type: bigint}}, Columns: columnsOf(bigint, bigint, bigint)}
	for _, plan := range []struct {
		name string
		plan *sqlang.Plan
	}{
		{"all", planOf(every(scan()))},
		{"one in 123", planOf(every(&sqlang.Filter{Of: scan(), Cond: remainder(123)}))},
		{"conditions, mask, product", planOf(masked)},
		{"lookup", planOfTwo(lookup, sqlang.Append)},
		{"groups", planOfTwo(counts, sqlang.Upsert, 0)},
	} {
		for _, shards := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/shards=%d", plan.name, shards), func(b *testing.B) { run(b, plan.plan, shards) })
		}
	}
}

func run(b *testing.B, plan *sqlang.Plan, shards int) {
	f, err := flow.NewShards(plan, shards, atOnce)
	if err != nil {
		b.Fatal(err)
	}
	if _, ok := plan.Root.(*sqlang.Join); ok {
		fillTable(b, f)
	}
	in, _ := twelve()
	b.ReportAllocs()
	n, before := 0, cpu(b)
	for b.Loop() {
		if _, _, err := f.Step(0, in); err != nil {
			b.Fatal(err)
		}
		if n++; n%64 == 0 {
			f.Keep()
		}
	}
	b.ReportMetric(float64(n*in.N)/(cpu(b)-before).Seconds(), "rows/cpu-s")
	b.ReportMetric(float64(n*in.N)/b.Elapsed().Seconds(), "rows/s")
}

// cpu is how long the process has computed.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func fillTable(b *testing.B, f *flow.Flow) {
	var rows []change
	for k := range int64(100_000) {
		if rows = append(rows, change{input: 1, row: []*int64{&k, &k}}); len(rows) == column.Rows {
			if _, _, err := f.Step(1, batchOf(rows)); err != nil {
				b.Fatal(err)
			}
			rows = rows[:0]
		}
	}
	f.Keep()
}
