package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/internal/driver/engine"
)

var timestamp = column.Type{Kind: column.Timestamp}

func ref(i int, t column.Type) *sqlang.Expr {
	return &sqlang.Expr{Kind: sqlang.ColumnRef, Type: t, Nullable: true, Column: i}
}

// groups is the sum of the amounts by the remainder of the ids.
func groups(topic string) *sqlang.Plan {
	p := plan(topic)
	fifty := &sqlang.Expr{Kind: sqlang.Literal, Type: bigint, Value: &column.Vector{Type: bigint, Ints: []int64{50}}}
	key := &sqlang.Expr{Kind: sqlang.Call, Type: bigint, Nullable: true, Func: "%(bigint,bigint)", Args: []*sqlang.Expr{ref(0, bigint), fifty}}
	p.SQL, p.Mode, p.Key = "SELECT id % 50 AS id, sum(amount) AS more FROM d.in GROUP BY 1", sqlang.Upsert, []int{0}
	p.Root = &sqlang.Group{
		Of: p.Root.(*sqlang.Project).Of.(*sqlang.Filter).Of, WindowEnd: -1, Keys: []*sqlang.Expr{key},
		Aggregates: []sqlang.Aggregate{{Func: "sum", Arg: ref(1, bigint), Type: bigint}}, Columns: p.Columns,
	}
	return p
}

// latest is the last row of each key, in order.
func (r *rig) latest(ms []weir.Message) (all []string) {
	r.t.Helper()
	last := map[string]weir.Message{}
	for _, m := range ms {
		last[string(m.Key)] = m
	}
	for _, m := range last {
		if m.Value != nil {
			all = append(all, r.rows([]weir.Message{m})...)
		}
	}
	slices.Sort(all)
	return all
}

func sums(to int64) (all []string) {
	by := map[int64]int64{}
	for id := range to {
		by[id%50] += id % 20
	}
	for key, sum := range by {
		all = append(all, fmt.Sprintf("%d:%d", key, sum))
	}
	slices.Sort(all)
	return all
}

// TestStateUnderKills: sums over everything are right however often the query is
// killed, while its journal is cut behind snapshots.
func TestStateUnderKills(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run(groups(r.job.Sources[0].Topic))
	var calls, kills atomic.Int64
	points := []engine.Point{engine.Polled, engine.Stepped, engine.Put, engine.Committed}
	r.config.Rows, r.config.KeepEpochs, r.config.Changes = 15, 1, 1500
	r.config.Hook = func(_ context.Context, at engine.Point) error {
		if n := kills.Load(); n >= 12 || at != points[n%4] || calls.Add(1)%37 != 0 {
			return nil
		}
		kills.Add(1)
		r.kill()
		return weir.Errorf(weir.Unavailable, "a crash")
	}
	r.produce(r.numbers(0, 9000)...)
	stop := r.start()
	s := r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 9000 && s.Lag == 0 })
	must(t, stop())
	if kills.Load() < 12 || s.State == 0 {
		t.Errorf("it was killed %d times; the status is %+v", kills.Load(), s)
	}
	wantSame(t, "sums", sums(9000), r.latest(r.read(r.job.Sink.Topic, 0)))
	spans, err := r.cluster.Spans(t.Context(), r.job.Journal)
	must(t, err)
	if spans[0].Start == 0 {
		t.Errorf("the journal was never cut: %v", spans[0])
	}
	r.produce(r.numbers(9000, 9100)...)
	r.start()
	r.until("the rest is read", func(s weir.QueryStatus) bool { return s.RowsIn == 9100 })
	wantSame(t, "sums at last", sums(9100), r.latest(r.read(r.job.Sink.Topic, 0)))
}

// TestOtherPlan: state of another plan is not used.
func TestOtherPlan(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run(groups(r.job.Sources[0].Topic))
	r.produce(r.numbers(0, 10)...)
	stop := r.start()
	r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 10 })
	must(t, stop())
	r.job.Plan.SQL += " -- another"
	err := engine.New(r.config).Run(t.Context(), r.job, func(weir.QueryStatus) {})
	if weir.KindOf(err) != weir.Conflict || !strings.Contains(err.Error(), "begin anew") {
		t.Errorf("it ends with %v", err)
	}
	r.job.Run = 2
	r.start()
	r.until("another run begins anew", func(s weir.QueryStatus) bool { return s.RowsIn == 10 })
}

// TestStateBound: a query whose state needs more than it may stops, and says why.
func TestStateBound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run(groups(r.job.Sources[0].Topic))
	r.job.MaxState = 1000
	r.produce(r.numbers(0, 200)...)
	var last weir.QueryStatus
	err := engine.New(r.config).Run(t.Context(), r.job, func(s weir.QueryStatus) { last = s })
	if weir.KindOf(err) != weir.Limit || last.Running || last.RowsOut != 0 || !strings.Contains(last.Error, "1000 bytes") {
		t.Errorf("it ends with %v; the status is %+v", err, last)
	}
}

// windows is the sum of the amounts of each second.
func windows(topic string) *sqlang.Plan {
	p := plan(topic)
	scan := []sqlang.Column{{Name: "at", Type: timestamp}, {Name: "amount", Type: bigint, Nullable: true}}
	p.Columns = []sqlang.Column{{Name: "end", Type: timestamp, Nullable: true}, {Name: "more", Type: bigint, Nullable: true}}
	p.SQL, p.EventTime = "SELECT window_end AS end, sum(amount) AS more FROM TUMBLE(d.in, _timestamp, INTERVAL '1 second') GROUP BY 1", 0
	p.Root = &sqlang.Group{
		Of: &sqlang.Window{
			Of: &sqlang.Scan{Fields: []int{-1, 1}, Columns: scan, Time: 0}, Time: 0, Size: 1_000_000, Slide: 1_000_000,
			Columns: append(slices.Clone(scan), sqlang.Column{Name: "window_start", Type: timestamp}, sqlang.Column{Name: "window_end", Type: timestamp}),
		},
		WindowEnd: 0, Keys: []*sqlang.Expr{ref(3, timestamp)},
		Aggregates: []sqlang.Aggregate{{Func: "sum", Arg: ref(1, bigint), Type: bigint}}, Columns: p.Columns,
	}
	return p
}

// TestWindows: a window is given once, when no partition has anything older, and
// a partition from which nothing comes is not waited for for ever.
func TestWindows(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run(windows(r.job.Sources[0].Topic))
	r.job.Sink.Key = record.EncoderConfig{}
	r.config.Idle = time.Second
	at := func(ms int64, amount int64) *kgo.Record {
		return &kgo.Record{Key: []byte("one partition"), Value: r.row(1, &amount), Timestamp: time.UnixMilli(ms)}
	}
	r.produce(at(1100, 1), at(1900, 2), at(2500, 4), at(1500, 8), at(3100, 16))
	stop := r.start()
	r.until("the windows are given without the idle partitions", func(s weir.QueryStatus) bool { return s.RowsOut == 2 })
	r.produce(at(1200, 32))
	s := r.until("the late row is counted", func(s weir.QueryStatus) bool { return s.Late == 1 })
	if !s.Watermark.Equal(time.UnixMilli(3100)) || s.Aside != 0 {
		t.Errorf("the status is %+v", s)
	}
	must(t, stop())
	wantSame(t, "windows", []string{"2000000:11", "3000000:4"}, r.rows(r.read(r.job.Sink.Topic, 2)))
	aside := r.read(r.job.Aside, 1)
	if m := aside[0]; len(aside) != 1 || header(m, weir.HeaderStep) != "late" || !strings.HasSuffix(header(m, weir.HeaderFrom), "/5") ||
		!strings.Contains(header(m, weir.HeaderFailed), "came late") || string(m.Value) != string(r.row(1, new(int64(32)))) {
		t.Errorf("%d records are set aside; the first says %v", len(aside), aside[0].Headers)
	}
}

// TestLateWithoutAside: a row that came late does not stop a query that has no
// place for it.
func TestLateWithoutAside(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.run(windows(r.job.Sources[0].Topic))
	r.job.Sink.Key, r.job.Aside = record.EncoderConfig{}, ""
	r.config.Idle = time.Second
	at := func(ms int64) *kgo.Record {
		return &kgo.Record{Key: []byte("one partition"), Value: r.row(1, new(int64(1))), Timestamp: time.UnixMilli(ms)}
	}
	r.produce(at(1100), at(3100))
	stop := r.start()
	r.until("the first window is given", func(s weir.QueryStatus) bool { return s.RowsOut == 1 })
	r.produce(at(1200), at(3200))
	r.until("the late row is counted", func(s weir.QueryStatus) bool { return s.Late == 1 && s.RowsIn == 4 })
	must(t, stop())
}

// TestLookup: a stream's row sees the table's rows that were read with it, and
// those of before, also after a start.
func TestLookup(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	table := r.job.Application + ".aside" // any other topic
	p := plan(r.job.Sources[0].Topic)
	p.Inputs = append(p.Inputs, &sqlang.Input{Name: "d.table", Topic: table, Fields: p.Inputs[0].Fields, Key: []string{"id"}})
	stream := p.Root.(*sqlang.Project).Of.(*sqlang.Filter).Of
	right := *stream.(*sqlang.Scan)
	right.Input, right.Table, right.Key = 1, true, []int{0}
	join := &sqlang.Join{
		Left: stream, Right: &right, Lookup: true, LeftKey: []*sqlang.Expr{ref(0, bigint)}, RightKey: []*sqlang.Expr{ref(0, bigint)},
		Columns: append(slices.Clone(right.Columns), right.Columns...),
	}
	p.Root = &sqlang.Project{Of: join, Exprs: []*sqlang.Expr{ref(0, bigint), ref(3, bigint)}, Columns: p.Columns}
	r.run(p)
	r.job.Aside = ""
	r.job.Sources = append(r.job.Sources, flow.Source{Topic: table, Value: r.job.Sources[0].Value, Key: record.DecoderConfig{KeyEncoding: weir.KeyLong}})
	row := func(topic string, id, amount int64) *kgo.Record {
		return &kgo.Record{Topic: topic, Key: []byte{0, 0, 0, 0, 0, 0, 0, byte(id)}, Value: r.row(id, &amount)}
	}
	gone := func(id int64) *kgo.Record { rec := row(table, id, 0); rec.Value = nil; return rec }
	in := r.job.Sources[0].Topic
	r.produce(row(in, 1, 0), row(in, 2, 0), row(in, 3, 0), row(table, 1, 100), row(table, 2, 200), row(table, 3, 300), gone(3))
	stop := r.start()
	r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 7 })
	must(t, stop())
	r.produce(row(in, 2, 0), row(in, 3, 0), row(table, 1, 101))
	r.start()
	r.until("the rest is read", func(s weir.QueryStatus) bool { return s.RowsIn == 10 })
	r.produce(row(in, 1, 0))
	r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 11 })
	wantSame(t, "joined", []string{"1:100", "1:101", "2:200", "2:200"}, r.rows(r.read(r.job.Sink.Topic, 4)))
}
