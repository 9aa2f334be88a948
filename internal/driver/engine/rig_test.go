package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/internal/driver/broker"
	"github.com/weirmesh/weir/internal/driver/clustertest"
	"github.com/weirmesh/weir/internal/driver/engine"
	"github.com/weirmesh/weir/internal/driver/kafka"
)

var (
	bigint  = column.Type{Kind: column.Int64}
	boolean = column.Type{Kind: column.Bool}
)

// rig is a broker, a query over it, and an engine that can be killed.
type rig struct {
	t       testing.TB
	up      weir.Upstream
	cluster *kafka.Cluster
	job     flow.Job
	in      *record.Encoder
	out     *record.Decoder

	config engine.Config

	mu     sync.Mutex
	killer *clustertest.Killer
	status weir.QueryStatus
	told   chan struct{}
}

const (
	inputSchema  = `{"type":"record","name":"r","fields":[{"name":"id","type":"long"},{"name":"amount","type":["null","long"]},{"name":"note","type":"string"}]}`
	outputSchema = `{"type":"record","name":"o","fields":[{"name":"id","type":"long"},{"name":"more","type":["null","long"]}]}`
)

func mustSchema(t testing.TB, text string) schema.Schema {
	t.Helper()
	s, err := format.Parse(weir.FormatAvro, schema.Source{Text: text})
	must(t, err)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// plan is SELECT id, amount + amount AS more FROM in WHERE amount > 10.
func plan(topic string) *sqlang.Plan {
	columns := []sqlang.Column{{Name: "id", Type: bigint}, {Name: "amount", Type: bigint, Nullable: true}}
	scan := &sqlang.Scan{Fields: []int{0, 1}, Columns: columns, Time: -1}
	id := &sqlang.Expr{Kind: sqlang.ColumnRef, Type: bigint}
	amount := &sqlang.Expr{Kind: sqlang.ColumnRef, Type: bigint, Nullable: true, Column: 1}
	ten := &sqlang.Expr{Kind: sqlang.Literal, Type: bigint, Value: &column.Vector{Type: bigint, Ints: []int64{10}}}
	filter := &sqlang.Filter{Of: scan, Cond: &sqlang.Expr{Kind: sqlang.Call, Type: boolean, Nullable: true, Func: ">(bigint,bigint)", Args: []*sqlang.Expr{amount, ten}}}
	root := &sqlang.Project{
		Of:      filter,
		Exprs:   []*sqlang.Expr{id, {Kind: sqlang.Call, Type: bigint, Nullable: true, Func: "+(bigint,bigint)", Args: []*sqlang.Expr{amount, amount}}},
		Columns: []sqlang.Column{{Name: "id", Type: bigint}, {Name: "more", Type: bigint, Nullable: true}},
	}
	fields := []sqlang.Field{{Path: "id", Type: bigint}, {Path: "amount", Type: bigint, Nullable: true}, {Path: "note"}}
	return &sqlang.Plan{
		SQL:    "SELECT id, amount + amount AS more FROM d.in WHERE amount > 10",
		Inputs: []*sqlang.Input{{Name: "d.in", Major: 1, Topic: topic, Fields: fields}},
		Root:   root, Columns: root.Columns, Mode: sqlang.Append, EventTime: -1,
	}
}

func fields(columns []sqlang.Column) (all []record.ColumnField) {
	for _, c := range columns {
		all = append(all, record.ColumnField{Path: c.Name, Type: c.Type, Nullable: c.Nullable})
	}
	return all
}

func newRig(t testing.TB) *rig {
	up, err := broker.Open(context.Background(), broker.Config{Dir: t.TempDir(), NoSync: true})
	must(t, err)
	t.Cleanup(func() {
		if err := up.Close(); err != nil {
			t.Error(err)
		}
	})
	return rigOver(t, up, "q")
}

// rigOver makes the topics of a query on a cluster.
func rigOver(t testing.TB, up weir.Upstream, name string) *rig {
	r := &rig{t: t, up: up, told: make(chan struct{}, 1)}
	r.cluster = r.over(up)
	for topic, partitions := range map[string]int{".in": 3, ".out": 2, ".aside": 1, ".journal": 1} {
		id, err := r.cluster.PutTopic(t.Context(), weir.TopicSpec{Name: name + topic, Partitions: partitions, Retention: weir.Forever})
		must(t, err)
		t.Cleanup(func() { _ = r.cluster.DeleteTopic(context.Background(), id) })
	}
	in := mustSchema(t, inputSchema)
	r.job = flow.Job{
		Query: weir.UID{1}, Run: 1, Name: name + ".out", Application: name,
		Sources: []flow.Source{{Topic: name + ".in", Value: record.DecoderConfig{
			Encoding: weir.EncodingAvro, SchemaOf: func(weir.SchemaID) (schema.Schema, error) { return in, nil },
		}}},
		Journal: name + ".journal", Aside: name + ".aside", Epoch: time.Millisecond,
	}
	r.run(plan(name + ".in"))
	var err error
	all := []record.ColumnField{{Path: "id", Type: bigint}, {Path: "amount", Type: bigint, Nullable: true}, {Path: "note", Type: column.Type{Kind: column.Text}}}
	r.in, err = record.NewEncoder(record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: all, Schema: in, ID: 7})
	must(t, err)
	r.config = engine.Config{Open: r.open, Log: slog.New(slog.DiscardHandler), Now: time.Now, Rand: func() float64 { return 0 }}
	return r
}

// run makes it the query of a plan.
func (r *rig) run(p *sqlang.Plan) {
	r.t.Helper()
	text, err := record.SchemaText(weir.FormatAvro, "o", fields(p.Columns), make([]string, len(p.Columns)))
	must(r.t, err)
	out := mustSchema(r.t, text)
	r.job.Plan = p
	r.job.Sink = flow.Sink{
		Topic: r.job.Application + ".out",
		Value: record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(p.Columns), Schema: out, ID: 8},
		Key:   record.EncoderConfig{KeyEncoding: weir.KeyLong, Fields: fields(p.Columns[:1])},
	}
	r.out, err = record.NewDecoder(record.DecoderConfig{Encoding: weir.EncodingAvro, Fields: fields(p.Columns), SchemaOf: func(weir.SchemaID) (schema.Schema, error) { return out, nil }})
	must(r.t, err)
}

func (r *rig) over(up weir.Upstream) *kafka.Cluster {
	c, err := kafka.NewCluster(up, kafka.Options{KeepWhole: true, Timeout: 10 * time.Second})
	must(r.t, err)
	r.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			r.t.Error(err)
		}
	})
	return c
}

// open opens a session over connections of its own, which kill ends.
func (r *rig) open(ctx context.Context, spec weir.SessionSpec) (weir.Session, error) {
	killer := &clustertest.Killer{Upstream: r.up}
	r.mu.Lock()
	r.killer = killer
	r.mu.Unlock()
	s, err := r.over(killer).Session(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &scribbled{Session: s}, nil
}

// scribbled is a session that writes over what it gave as soon as that is not
// valid any more.
type scribbled struct {
	weir.Session
	given [][]byte
}

func (s *scribbled) Poll(ctx context.Context, records int, wait time.Duration) ([]weir.Messages, error) {
	all, err := s.Session.Poll(ctx, records, wait)
	for _, m := range all {
		s.given = append(append(s.given, m.Keys...), m.Values...)
	}
	return all, err
}

func (s *scribbled) Commit(ctx context.Context, e weir.Epoch) error {
	for _, b := range s.given {
		for i := range b {
			b[i] = 0xAA
		}
	}
	s.given = s.given[:0]
	return s.Session.Commit(ctx, e)
}

// kill ends the connections of the session without a word.
func (r *rig) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.killer.Kill()
}

// start runs the query; what it returns ends it and gives what Run gave.
func (r *rig) start() (stop func() error) {
	select {
	case <-r.told: // of an earlier one
	default:
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- engine.New(r.config).Run(ctx, r.job, func(s weir.QueryStatus) {
			r.mu.Lock()
			r.status = s
			r.mu.Unlock()
			select {
			case r.told <- struct{}{}:
			default:
			}
		})
	}()
	stopped := sync.OnceValue(func() error { cancel(); return <-done })
	r.t.Cleanup(func() { _ = stopped() })
	return stopped
}

// until waits for a status.
func (r *rig) until(what string, ok func(weir.QueryStatus) bool) weir.QueryStatus {
	r.t.Helper()
	late := time.After(40 * time.Second)
	for {
		select {
		case <-r.told:
		case <-late:
			r.t.Fatalf("not within 40 s: %s; the status is %+v", what, r.status)
		}
		r.mu.Lock()
		s := r.status
		r.mu.Unlock()
		if ok(s) {
			return s
		}
	}
}

// row is a record of the input.
func (r *rig) row(id int64, amount *int64) []byte {
	a := column.Make(bigint, 1)
	if amount == nil {
		a.SetNull(0)
	} else {
		a.Ints[0] = *amount
	}
	b, err := r.in.Append(nil, []*column.Vector{
		{Type: bigint, Ints: []int64{id}}, a, {Type: column.Type{Kind: column.Text}, Texts: [][]byte{[]byte("a note of some length")}},
	}, 0)
	must(r.t, err)
	return b
}

func (r *rig) produce(records ...*kgo.Record) {
	r.t.Helper()
	client := clustertest.Client(r.t, r.up, kgo.DefaultProduceTopic(r.job.Sources[0].Topic))
	must(r.t, client.ProduceSync(r.t.Context(), records...).FirstErr())
	client.Close()
}

// numbers are records whose amounts go round from 0 to 19.
func (r *rig) numbers(from, to int64) (all []*kgo.Record) {
	for id := from; id < to; id++ {
		amount := id % 20
		all = append(all, &kgo.Record{Key: fmt.Append(nil, id), Value: r.row(id, &amount), Timestamp: time.UnixMilli(1000 + id)})
	}
	return all
}

// result is what comes out of numbers.
func result(from, to int64) (all []string) {
	for id := from; id < to; id++ {
		if amount := id % 20; amount > 10 {
			all = append(all, fmt.Sprintf("%d:%d", id, 2*amount))
		}
	}
	slices.Sort(all)
	return all
}

// read gives the committed records of a topic, so many at least.
func (r *rig) read(topic string, atLeast int) (all []weir.Message) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 20*time.Second)
	defer cancel()
	spans, err := r.cluster.Spans(ctx, topic)
	must(r.t, err)
	from := map[int32]int64{}
	for p := range spans {
		from[p] = 0
	}
	tail, err := r.cluster.Tail(ctx, topic, from)
	must(r.t, err)
	defer tail.Close()
	for behind(tail, spans) || len(all) < atLeast {
		ms, err := tail.Next(ctx)
		if err != nil {
			r.t.Fatalf("%d of %d records of %s: %v", len(all), atLeast, topic, err)
		}
		all = append(all, ms...)
	}
	return all
}

func behind(tail weir.Tail, spans map[int32]weir.Span) bool {
	for p, s := range spans {
		if tail.At(p) < s.End {
			return true
		}
	}
	return false
}

// rows is records of the result as text, in order.
func (r *rig) rows(ms []weir.Message) (all []string) {
	r.t.Helper()
	into := []*column.Vector{column.Make(bigint, 0), column.Make(bigint, 0)}
	for _, m := range ms {
		if failed := r.out.Decode([][]byte{m.Value}, into); len(failed) > 0 {
			r.t.Fatal(failed[0].Err)
		}
		all = append(all, fmt.Sprintf("%d:%d", into[0].Ints[0], into[1].Ints[0]))
	}
	slices.Sort(all)
	return all
}

func header(m weir.Message, key string) string {
	for _, h := range m.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}

func wantSame(t testing.TB, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}
