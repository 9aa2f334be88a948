package flow_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// atOnce lets shards work at the same time.
func atOnce(n int, do func(k int)) {
	var all sync.WaitGroup
	for k := range n {
		all.Go(func() { do(k) })
	}
	all.Wait()
}

// shardPlans are plans over two inputs of two numbers each, and which of them
// are streams.
func shardPlans() map[string]struct {
	plan    func() *sqlang.Plan
	streams []bool
} {
	type entry = struct {
		plan    func() *sqlang.Plan
		streams []bool
	}
	keys := func(columns ...int) (es []*sqlang.Expr) {
		for _, c := range columns {
			es = append(es, ref(c, bigint))
		}
		return es
	}
	counts := func(of sqlang.Node, by ...int) *sqlang.Group {
		return &sqlang.Group{Of: of, WindowEnd: -1, Keys: keys(by...), Aggregates: []sqlang.Aggregate{
			{Func: "count", Type: bigint}, {Func: "max", Arg: ref(1, bigint), Type: bigint}, {Func: "count", Distinct: true, Arg: ref(1, bigint), Type: bigint},
		}, Columns: columnsOf(slices.Repeat([]column.Type{bigint}, len(by)+3)...)}
	}
	join := func(lookup, outer bool, left sqlang.Node, leftKey int) *sqlang.Join {
		return &sqlang.Join{Left: left, Right: scanOf(1, true), Lookup: lookup, Outer: outer, LeftKey: keys(leftKey), RightKey: keys(0), Columns: columnsOf(bigint, bigint, bigint, bigint)}
	}
	hops := func() *sqlang.Group {
		g := perWindow(0)
		w := *g.Of.(*sqlang.Window)
		w.Size, w.Slide = 4, 2
		g.Of = &w
		return g
	}
	first := func(of sqlang.Node, n int, by *sqlang.Expr, order int, rank bool) *sqlang.Top {
		t := &sqlang.Top{Of: of, Partition: []*sqlang.Expr{by}, Order: []sqlang.Order{{Expr: ref(order, bigint), Descending: true}}, N: n, Rank: rank, Columns: of.Out()}
		if rank {
			t.Columns = append(slices.Clone(t.Columns), columnsOf(bigint)...)
		}
		return t
	}
	onWindows := func() sqlang.Node {
		return &sqlang.Join{Left: hops(), Right: perWindow(1), Outer: true, LeftKey: []*sqlang.Expr{ref(0, bigint), ref(1, timestamp)},
			RightKey: []*sqlang.Expr{ref(0, bigint), ref(1, timestamp)}, Columns: columnsOf(bigint, timestamp, bigint, bigint, timestamp, bigint)}
	}
	upsert := func(of func() sqlang.Node, key ...int) func() *sqlang.Plan {
		return func() *sqlang.Plan { return planOfTwo(of(), sqlang.Upsert, key...) }
	}
	give := func(of func() sqlang.Node) func() *sqlang.Plan {
		return func() *sqlang.Plan { return planOfTwo(of(), sqlang.Append) }
	}
	window := func(of func() sqlang.Node) func() *sqlang.Plan {
		return func() *sqlang.Plan { return windowed(of()) }
	}
	both, one, none := []bool{true, true}, []bool{true, false}, []bool{false, false}
	return map[string]entry{
		"rows": {give(func() sqlang.Node {
			return &sqlang.Filter{Of: scanOf(0, false), Cond: fn(boolean, ">(bigint,bigint)", ref(1, bigint), number(0))}
		}), both},
		"a table":  {upsert(func() sqlang.Node { return scanOf(0, true) }, 0), none},
		"a lookup": {give(func() sqlang.Node { return join(true, true, scanOf(0, false), 1) }), one},
		"a lookup in a subquery": {give(func() sqlang.Node {
			j := join(true, false, scanOf(0, false), 0)
			j.Right = &sqlang.Filter{Of: j.Right, Cond: fn(boolean, "is not null(bigint)", ref(1, bigint))}
			return j
		}), one},
		"two lookups":        {give(func() sqlang.Node { return join(true, true, join(true, false, scanOf(0, false), 1), 0) }), one},
		"groups of a stream": {upsert(func() sqlang.Node { return counts(scanOf(0, false), 0) }, 0), both},
		"groups of a table":  {upsert(func() sqlang.Node { return counts(scanOf(0, true), 1) }, 0), none},
		"one group":          {upsert(func() sqlang.Node { return counts(scanOf(0, true)) }), none},
		"groups of a lookup": {upsert(func() sqlang.Node { return counts(join(true, true, scanOf(0, false), 1), 3) }, 0), one},
		"groups of groups":   {upsert(func() sqlang.Node { return counts(counts(scanOf(0, true), 1), 1) }, 0), none},
		"a join":             {upsert(func() sqlang.Node { return join(false, true, scanOf(0, true), 1) }, 0), none},
		"a join of a stream": {upsert(func() sqlang.Node { return counts(join(false, true, scanOf(0, true), 1), 3) }, 0), none},
		"first of each":      {upsert(func() sqlang.Node { return first(scanOf(0, true), 2, ref(1, bigint), 0, true) }, 1, 2), none},
		"first of all":       {upsert(func() sqlang.Node { return first(counts(scanOf(0, true), 1), 3, number(1), 1, true) }, 4), none},
		"a union": {upsert(func() sqlang.Node {
			return counts(&sqlang.Union{Of: []sqlang.Node{scanOf(0, false), scanOf(1, false)}, Columns: columnsOf(bigint, bigint)}, 0)
		}, 0), both},
		"windows":           {window(func() sqlang.Node { return hops() }), both},
		"first of a window": {window(func() sqlang.Node { return first(hops(), 1, ref(1, timestamp), 2, false) }), both},
		"joined windows":    {window(onWindows), both},
		"groups of joined windows": {window(func() sqlang.Node {
			return &sqlang.Group{Of: onWindows(), WindowEnd: 0, Keys: []*sqlang.Expr{ref(1, timestamp)}, Aggregates: []sqlang.Aggregate{{Func: "max", Arg: ref(2, bigint), Type: bigint}}, Columns: columnsOf(timestamp, bigint)}
		}), both},
	}
}

// timeRecords are records whose first number is a time that rises slowly.
func timeRecords(now *int64) *rapid.Generator[change] {
	return rapid.Custom(func(t *rapid.T) change {
		*now += rapid.Int64Range(0, 2).Draw(t, "later")
		return at(rapid.IntRange(0, 1).Draw(t, "input"), max(0, *now-rapid.Int64Range(0, 9).Draw(t, "before")), rapid.Int64Range(0, 3).Draw(t, "n"))
	})
}

// TestShardsGiveTheSame: a flow of several shards gives what one of a single
// shard gives, with what it was made of, whatever was undone, lost and restored
// meanwhile, also into another number of shards; and so says its state.
func TestShardsGiveTheSame(t *testing.T) {
	t.Parallel()
	// Rows of these follow no record of their own, or several.
	loose := []string{"groups of groups", "a join of a stream", "groups of joined windows"}
	plans := shardPlans()
	kinds := map[string][]string{}
	for name, tt := range plans {
		kind := fmt.Sprint("streams ", tt.streams)
		if tt.plan().EventTime >= 0 {
			kind = "windows"
		}
		kinds[kind] = append(kinds[kind], name)
	}
	for kind, names := range kinds {
		slices.Sort(names)
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				name := rapid.SampledFrom(names).Draw(t, "plan")
				tt, now := plans[name], int64(0)
				record := records(tt.streams...)
				if kind == "windows" {
					record = timeRecords(&now)
				}
				p := &pairOfFlows{t: t, plan: tt.plan, one: mustNew(t, tt.plan()), states: [2]map[string]string{{}, {}}, loose: slices.Contains(loose, name), large: rapid.IntRange(0, 19).Draw(t, "large") == 0}
				p.many = p.sharded()
				for range rapid.IntRange(1, 4).Draw(t, "epochs") {
					p.epoch(record)
				}
			})
		})
	}
}

// pairOfFlows are a flow of one shard and one of several.
type pairOfFlows struct {
	t         *rapid.T
	plan      func() *sqlang.Plan
	one, many *flow.Flow
	states    [2]map[string]string
	loose     bool // what rows are made of may be another lower bound
	large     bool // batches are large enough for shards to work at once
	next      [2]int64
}

func (p *pairOfFlows) sharded() *flow.Flow {
	f, err := flow.NewShards(p.plan(), rapid.IntRange(2, 5).Draw(p.t, "shards"), atOnce)
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}

func (p *pairOfFlows) epoch(record *rapid.Generator[change]) {
	for range rapid.IntRange(0, 3).Draw(p.t, "steps") {
		step := []change{record.Draw(p.t, "first")}
		for range rapid.IntRange(0, 8).Draw(p.t, "more") {
			if c := record.Draw(p.t, "record"); c.input == step[0].input {
				step = append(step, c)
			}
		}
		if p.large {
			step = slices.Repeat(step, 300/len(step)+1)
		}
		p.step(step)
	}
	if p.plan().EventTime >= 0 {
		p.same(func(f *flow.Flow) ([]*column.Batch, []flow.Failed, error) { return f.Advance() })
	}
	p.end()
}

func (p *pairOfFlows) step(step []change) {
	in := batchOf(step)
	input := step[0].input
	in.Columns = slices.Repeat(in.Columns, len(p.plan().Scans(input)))
	for i := range in.From {
		in.From[i].Offset = p.next[input]
		p.next[input]++
	}
	p.same(func(f *flow.Flow) ([]*column.Batch, []flow.Failed, error) { return f.Step(input, in) })
}

// same does something with both, and compares what follows.
func (p *pairOfFlows) same(do func(f *flow.Flow) ([]*column.Batch, []flow.Failed, error)) {
	var all [2][]string
	for k, f := range []*flow.Flow{p.one, p.many} {
		out, failed, err := do(f)
		if err != nil {
			p.t.Fatal(err)
		}
		all[k] = marked(out)
		if !p.loose {
			all[k] = traced(out)
		}
		if p.plan().Mode == sqlang.Upsert || p.plan().EventTime >= 0 {
			slices.Sort(all[k])
		}
		for _, x := range failed {
			all[k] = append(all[k], fmt.Sprint("failed ", x.Origin, x.Err))
		}
		slices.Sort(all[k][len(all[k])-len(failed):])
	}
	if !slices.Equal(all[0], all[1]) {
		p.t.Fatal(cmp.Diff(all[0], all[1]))
	}
	if one, many := p.one.Late(), p.many.Late(); one != many {
		p.t.Fatalf("%d late, %d late", one, many)
	}
}

// traced is the rows of batches with what they were made of.
func traced(batches []*column.Batch) []string {
	rows := marked(batches)
	n := 0
	for _, b := range batches {
		for i := range b.N {
			rows[n] += from(b, i)
			n++
		}
	}
	return rows
}

// end keeps, undoes or loses what an epoch did. The state of one may go on in the
// other.
func (p *pairOfFlows) end() {
	end := rapid.SampledFrom([]string{"keep", "keep", "undo", "lose", "crash"}).Draw(p.t, "end")
	if end == "keep" || end == "lose" {
		collect(p.one, p.states[0])
		collect(p.many, p.states[1])
		if d := cmp.Diff(slices.Sorted(maps.Keys(p.states[0])), slices.Sorted(maps.Keys(p.states[1]))); d != "" {
			p.t.Fatal(d)
		}
	}
	switch end {
	case "keep":
		p.one.Keep()
		p.many.Keep()
	case "undo":
		p.one.Undo()
		p.many.Undo()
	default:
		p.one, p.many = mustNew(p.t, p.plan()), p.sharded()
		swap := rapid.IntRange(0, 1).Draw(p.t, "swap")
		p.states[0], p.states[1] = p.states[swap], maps.Clone(p.states[1-swap])
		for k, f := range []*flow.Flow{p.one, p.many} {
			for key, value := range p.states[k] {
				if err := f.Restore([]byte(key), []byte(value)); err != nil {
					p.t.Fatal(err)
				}
			}
		}
	}
}
