package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/sqlang"
	"github.com/weirmesh/weir/internal/driver/engine"
	"github.com/weirmesh/weir/internal/driver/kafka"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestQuery: what the statement says comes out, with the key, the time and the
// place of the record that it was made of; and the status counts it.
func TestQuery(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.produce(r.numbers(0, 100)...)
	stop := r.start()
	s := r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 100 })
	if !s.Running || s.RowsOut != 45 || s.Aside != 0 || s.Lag != 0 || s.Epoch < 1 || s.EpochTime <= 0 || s.Error != "" {
		t.Errorf("the status is %+v", s)
	}
	must(t, stop())
	out := r.read(r.job.Sink.Topic, 45)
	wantSame(t, "result", result(0, 100), r.rows(out))
	in := map[string]weir.Message{}
	for _, m := range r.read(r.job.Sources[0].Topic, 100) {
		in[fmt.Sprintf("%s/%d/%d", r.job.Sources[0].Topic, m.Partition, m.Offset)] = m
	}
	for _, m := range out {
		from, ok := in[header(m, weir.HeaderFrom)]
		id := r.rows([]weir.Message{m})[0]
		if !ok || !strings.HasPrefix(id, string(from.Key)+":") || !from.Time.Equal(m.Time) || len(m.Key) != 8 || len(header(m, weir.HeaderPlan)) != 16 {
			t.Fatalf("the row %s at %s with the key %x comes from %q, a record of %s", id, m.Time, m.Key, header(m, weir.HeaderFrom), from.Time)
		}
	}
}

// TestExactlyOnceUnderKills: a query that is killed at every point of an epoch,
// many times, gives every result once.
func TestExactlyOnceUnderKills(t *testing.T) {
	t.Parallel()
	exactlyOnce(t, newRig(t))
}

// TestExactlyOnceUnderKillsApacheKafka: the same on a real cluster.
func TestExactlyOnceUnderKillsApacheKafka(t *testing.T) {
	t.Parallel()
	seeds := os.Getenv("WEIR_TEST_KAFKA")
	if seeds == "" {
		t.Log("NOT TESTED AGAINST APACHE KAFKA: run `make test-real`, or set WEIR_TEST_KAFKA=HOST:PORT")
		t.Skip("WEIR_TEST_KAFKA is not set")
	}
	up, err := kafka.NewUpstream(kafka.Config{Seeds: strings.Split(seeds, ",")})
	must(t, err)
	t.Cleanup(func() { up.Close() })
	exactlyOnce(t, rigOver(t, up, "engine-"+weir.NewUID(time.Now()).String()[24:]))
}

func exactlyOnce(t *testing.T, r *rig) {
	var calls, kills atomic.Int64
	points := []engine.Point{engine.Polled, engine.Stepped, engine.Put, engine.Committed}
	crash := errors.New("killed")
	r.config.Rows = 150
	r.config.Hook = func(_ context.Context, at engine.Point) error {
		if kills.Load() >= 24 || at != points[kills.Load()%4] || calls.Add(1)%2 == 0 {
			return nil
		}
		kills.Add(1)
		r.kill()
		return weir.Errorf(weir.Unavailable, "a crash").Because(crash)
	}
	stop := r.start()
	for from := int64(0); from < 6000; from += 500 {
		r.produce(r.numbers(from, from+500)...)
	}
	r.until("all is read", func(s weir.QueryStatus) bool {
		return s.RowsIn == 6000 && s.Lag == 0 && kills.Load() >= 24 || s.RowsIn > 6000
	})
	must(t, stop())
	wantSame(t, "result", result(0, 6000), r.rows(r.read(r.job.Sink.Topic, 2700)))
	if got := len(r.read(r.job.Aside, 0)); got != 0 {
		t.Errorf("%d records are set aside", got)
	}
}

// TestAside: what cannot be read, computed or written is set aside as it came,
// with the reason and the place, once, and the rest goes on.
func TestAside(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	root := r.job.Plan.Root.(*sqlang.Project)
	root.Of = root.Of.(*sqlang.Filter).Of // a row of nulls would pass
	huge := int64(1) << 62
	records := append(r.numbers(0, 30), &kgo.Record{Key: []byte("k"), Value: []byte("no Avro"), Headers: []kgo.RecordHeader{{Key: "mine", Value: []byte("1")}, {Key: weir.HeaderFailed, Value: []byte("forged")}}},
		&kgo.Record{Key: []byte("h"), Value: r.row(1, &huge)}, &kgo.Record{Value: r.row(1000, nil)}, &kgo.Record{Key: []byte("none")})
	r.produce(append(records, r.numbers(30, 60)...)...)
	stop := r.start()
	r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 64 && s.Aside == 2 })
	must(t, stop())
	want := []string{"1000:0"}
	for id := range 60 {
		want = append(want, fmt.Sprintf("%d:%d", id, id%20*2))
	}
	slices.Sort(want)
	wantSame(t, "result", want, r.rows(r.read(r.job.Sink.Topic, 61)))
	aside := r.read(r.job.Aside, 2)
	slices.SortFunc(aside, func(a, b weir.Message) int { return strings.Compare(string(a.Key), string(b.Key)) })
	if len(aside) != 2 {
		t.Fatalf("%d records are set aside", len(aside))
	}
	h, k := aside[0], aside[1]
	if string(k.Value) != "no Avro" || header(k, "mine") != "1" || header(k, weir.HeaderStep) != "decode" || header(k, weir.HeaderFailed) == "" || header(k, weir.HeaderFailed) == "forged" {
		t.Errorf("set aside: %q with %q", k.Value, k.Headers)
	}
	if string(h.Value) != string(r.row(1, &huge)) || header(h, weir.HeaderStep) != "compute" || !strings.Contains(header(h, weir.HeaderFailed), "range") {
		t.Errorf("set aside: %q with %q", h.Value, h.Headers)
	}
	for _, m := range aside {
		p, err := weir.ParseProvenance(header(m, weir.HeaderFrom))
		if err != nil || p.Topic != r.job.Sources[0].Topic {
			t.Errorf("from %v, %v", p, err)
		}
	}
}

// TestAsideWithoutValue: a record that is too large with the reason in its headers
// is set aside without its value, and says so.
func TestAsideWithoutValue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.produce(&kgo.Record{Key: []byte("k"), Value: slices.Repeat([]byte("x"), weir.MaxPut-200)})
	stop := r.start()
	r.until("it is set aside", func(s weir.QueryStatus) bool { return s.Aside == 1 })
	must(t, stop())
	m := r.read(r.job.Aside, 1)[0]
	if m.Value != nil || header(m, weir.HeaderLeftOut) != fmt.Sprint(weir.MaxPut-200) || header(m, weir.HeaderFailed) == "" || header(m, weir.HeaderFrom) == "" {
		t.Errorf("set aside: %d bytes with %q", len(m.Value), m.Headers)
	}
}

// TestStopsAtTheFirst: a query without a place for what fails ends with the
// place and the reason, and has written nothing of that epoch.
func TestStopsAtTheFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.job.Aside = ""
	r.produce(&kgo.Record{Value: []byte("no Avro")})
	err := engine.New(r.config).Run(t.Context(), r.job, func(weir.QueryStatus) {})
	if weir.KindOf(err) != weir.Invalid || !strings.Contains(err.Error(), r.job.Sources[0].Topic+"/") || !strings.Contains(err.Error(), "--on-failure aside") {
		t.Errorf("it ends with %v", err)
	}
	if n := len(r.read(r.job.Journal, 0)); n != 1 {
		t.Errorf("the journal has %d records", n)
	}
}

// TestSchemaAway: a schema that cannot be had for now is no fault of the record.
func TestSchemaAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var asked atomic.Int64
	known := r.job.Sources[0].Value.SchemaOf
	r.job.Sources[0].Value.SchemaOf = func(id weir.SchemaID) (schema.Schema, error) {
		if asked.Add(1) < 4 {
			return nil, weir.Errorf(weir.Unavailable, "not now")
		}
		return known(id)
	}
	r.produce(r.numbers(0, 20)...)
	r.start()
	if s := r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 20 }); s.Aside != 0 {
		t.Errorf("%d records are set aside", s.Aside)
	}
}

// TestAnotherSchema: a writer's schema that cannot be read as the statement reads
// ends the query with the field and what to do; nothing is set aside for it.
func TestAnotherSchema(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := mustSchema(t, strings.Replace(inputSchema, `"name":"id","type":"long"`, `"name":"id","type":"string"`, 1))
	r.job.Sources[0].Value.SchemaOf = func(weir.SchemaID) (schema.Schema, error) { return other, nil }
	r.produce(r.numbers(0, 20)...)
	err := engine.New(r.config).Run(t.Context(), r.job, func(weir.QueryStatus) {})
	if weir.KindOf(err) != weir.Conflict || !strings.Contains(err.Error(), "id") || !strings.Contains(err.Error(), "another major") {
		t.Errorf("it ends with %v", err)
	}
	if n := len(r.read(r.job.Aside, 0)); n != 0 {
		t.Errorf("%d records are set aside", n)
	}
}

// TestClusterAway: while the cluster is away the query waits, says why, and goes
// on by itself.
func TestClusterAway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var tries atomic.Int64
	r.config.Open = func(ctx context.Context, spec weir.SessionSpec) (weir.Session, error) {
		if tries.Add(1) < 4 {
			return nil, weir.Errorf(weir.Unavailable, "the cluster is away")
		}
		return r.open(ctx, spec)
	}
	r.produce(r.numbers(0, 20)...)
	r.start()
	r.until("it says why", func(s weir.QueryStatus) bool { return !s.Running && s.Error == "the cluster is away" })
	r.until("all is read", func(s weir.QueryStatus) bool { return s.Running && s.RowsIn == 20 && s.Error == "" })
}

// TestEnds: what stays wrong ends the query with the reason.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, kind := range []weir.ErrKind{weir.Denied, weir.NotFound, weir.Damaged, weir.Invalid, weir.Internal} {
		r := &rig{t: t}
		cfg := engine.Config{Log: slog.New(slog.DiscardHandler), Now: time.Now, Rand: func() float64 { return 0 }}
		cfg.Open = func(context.Context, weir.SessionSpec) (weir.Session, error) { return nil, weir.Errorf(kind, "no") }
		p := plan("x")
		r.job = flow.Job{Plan: p, Sources: []flow.Source{{Topic: "x", Value: record.DecoderConfig{Encoding: weir.EncodingAvro, Schema: mustSchema(t, inputSchema)}}},
			Sink: flow.Sink{Value: record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(p.Columns), Schema: mustSchema(t, outputSchema)}}}
		var last weir.QueryStatus
		err := engine.New(cfg).Run(t.Context(), r.job, func(s weir.QueryStatus) { last = s })
		if weir.KindOf(err) != kind || last.Running || last.Error != "no" {
			t.Errorf("%s: it ends with %v and %+v", kind, err, last)
		}
	}
}

// TestIdle: a query without new records writes nothing, and ends at once.
func TestIdle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.produce(r.numbers(0, 20)...)
	stop := r.start()
	r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 20 })
	before := len(r.read(r.job.Journal, 1))
	seen := 0
	r.until("it waits", func(s weir.QueryStatus) bool { seen++; return seen > 2 })
	began := time.Now()
	must(t, stop())
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it ends after %s", took)
	}
	if after := len(r.read(r.job.Journal, 1)); after != before {
		t.Errorf("the journal had %d records, now %d", before, after)
	}
}

// TestAtEnd: what was there before the query is left out, also by the second
// start.
func TestAtEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.job.AtEnd = true
	r.produce(r.numbers(0, 20)...)
	stop := r.start()
	r.until("it runs", func(s weir.QueryStatus) bool { return s.Running })
	must(t, stop())
	r.produce(r.numbers(20, 40)...)
	r.start()
	r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 20 })
	wantSame(t, "result", result(20, 40), r.rows(r.read(r.job.Sink.Topic, 9)))
}

// TestCountsGoOn: the counts are those since the query began, not since its
// session did.
func TestCountsGoOn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := int64(1); i <= 3; i++ {
		r.produce(r.numbers(20*(i-1), 20*i)...)
		stop := r.start()
		s := r.until("all is read", func(s weir.QueryStatus) bool { return s.RowsIn == 20*i && s.Lag == 0 })
		if s.RowsOut != 9*i || s.Epoch < i {
			t.Errorf("the status is %+v", s)
		}
		must(t, stop())
	}
}
