package records_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/records"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	person = weir.UID{1}
	domain = weir.UID{2}
	open   = weir.UID{3}
)

// world is a mesh with the product demo.open, over a topic in memory.
type world struct {
	*records.Records
	t     *testing.T
	topic *topic
	live  *live
	clock *clock
}

func newWorld(t *testing.T, limits records.Limits) *world {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	l, err := ledger.Open(ctx, filepath.Join(dir, "ledger.db"), ledger.Options{})
	must(t, err)
	s, err := state.Open(ctx, filepath.Join(dir, "state.db"), l, state.Options{})
	must(t, err)
	t.Cleanup(func() { s.Close(); l.Close() })
	p := &weir.Product{
		UID: open, Name: "demo.open", Domain: domain, Owner: person, Major: 1, Kind: weir.KindStream, Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString,
		Visibility: weir.VisibleMesh, Access: weir.AccessOpen, Partitions: 2,
	}
	put(t, l, s, p)
	w := &world{t: t, topic: newTopic(2), live: &live{may: rights.See | rights.Read}, clock: &clock{now: time.Unix(1_800_000_000, 0)}}
	w.Records = records.New(records.Config{State: s, Reader: w.topic, Live: w.live, Schemas: none{}, Now: w.clock.Now, Limits: limits})
	return w
}

// put writes an entity without asking what it refers to.
func put(t *testing.T, l *ledger.Ledger, s *state.State, e weir.Entity) {
	t.Helper()
	c, err := weir.NewChange(weir.UID{9}, nil, 0, e)
	must(t, err)
	r, err := weir.Seal(l.Head(), weir.Entry{At: time.Unix(0, 0), By: weir.System, Op: "test", Changes: []weir.Change{c}})
	must(t, err)
	must(t, l.Append(t.Context(), []weir.Record{r}))
	b, err := s.Begin(t.Context())
	must(t, err)
	must(t, b.Apply(t.Context(), r))
	must(t, b.Commit())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) ask(q records.Question) (*records.Stream, error) {
	p := weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, UID: person, Name: "ann"}}
	return w.Open(w.t.Context(), p, func(context.Context) (weir.Principal, error) { return p, nil }, weir.Ref{Noun: weir.NounProduct, Name: "demo.open"}, q)
}

// all reads a stream to its end.
func (w *world) all(q records.Question) (rows []string, s *records.Stream, err error) {
	w.t.Helper()
	s, err = w.ask(q)
	must(w.t, err)
	defer s.Close()
	for {
		got, err := s.Next(w.t.Context())
		for _, r := range got {
			rows = append(rows, fmt.Sprintf("%d:%d", r.Partition, r.Offset))
		}
		if errors.Is(err, io.EOF) {
			return rows, s, nil
		}
		if err != nil {
			return rows, s, err
		}
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	for i := range 5 {
		w.topic.add(0, w.clock.now.Add(time.Duration(i-5)*time.Hour), `{"n":`+fmt.Sprint(i)+`}`)
	}
	w.topic.add(1, w.clock.now.Add(-time.Hour), `{"n":9}`)
	w.topic.start(0, 1)
	for _, c := range []struct {
		q    records.Question
		want string
		next string
	}{
		{records.Question{}, "0:1 0:2 0:3 0:4 1:0", "0:5,1:1,*"},
		{records.Question{From: "latest"}, "", "0:5,1:1,*"},
		{records.Question{From: "150m"}, "0:3 0:4 1:0", "0:5,1:1,*"},
		{records.Question{From: w.clock.now.Add(-2 * time.Hour).UTC().Format(time.RFC3339)}, "0:3 0:4 1:0", "0:5,1:1,*"},
		{records.Question{Until: "2h"}, "0:1 0:2", "0:3,1:0,*"},
		{records.Question{From: "0:3"}, "0:3 0:4", "0:5"},
		{records.Question{From: "0:3,*"}, "0:3 0:4 1:0", "0:5,1:1,*"},
		{records.Question{From: "0:0,1:7", Until: "0:3"}, "0:1 0:2", "0:3,1:1"},
		{records.Question{From: "-2"}, "0:3 0:4 1:0", "0:5,1:1,*"},
		{records.Question{Limit: 2}, "0:1 0:2", "0:3,1:0,*"},
		{records.Question{From: "earliest", After: "0:4,1:1,*"}, "0:4", "0:5,1:1,*"},
		{records.Question{Where: "value.n >= 4"}, "0:4 1:0", "0:5,1:1,*"},
		{records.Question{From: "7:0"}, "", ""},
	} {
		rows, s, err := w.all(c.q)
		if err != nil || strings.Join(rows, " ") != c.want || s.Position().String() != c.next {
			t.Errorf("%+v: %v, then %s, %v; want %s, then %s", c.q, rows, s.Position(), err, c.want, c.next)
		}
	}
}

func TestQuestionsThatSayNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	for where, q := range map[string]records.Question{
		"from":          {From: "yesterday"},
		"until":         {Until: "0-5"},
		"limit":         {Limit: -1},
		"fields":        {Fields: "a..b"},
		"where:1:2":     {Where: "=="},
		"Last-Event-ID": {After: "0:x"},
	} {
		_, err := w.ask(q)
		var e *weir.Error
		if !errors.As(err, &e) || e.Kind != weir.Invalid || e.Fix == "" || !strings.HasPrefix(e.Where, where[:4]) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if _, err := w.ask(records.Question{Follow: true, Until: "latest"}); !weir.Invalid.In(err) {
		t.Error(err)
	}
	if n := w.Streams(); n != 0 {
		t.Errorf("%d streams are still counted", n)
	}
}

// TestNothingIsSilentlyCut: a condition that holds for too few ends with an
// error, and from the position that it leaves all that is missing is read.
func TestNothingIsSilentlyCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{Scanned: 100})
	for i := range 1000 {
		w.topic.add(int32(i%2), w.clock.now, fmt.Sprintf(`{"n":%d}`, i))
	}
	var all []string
	after, rounds := "", 0
	for {
		rows, s, err := w.all(records.Question{Where: "value.n == 999", After: after})
		all = append(all, rows...)
		after = s.Position().String()
		if rounds++; err == nil || rounds > 20 {
			break
		}
		if !weir.Limit.In(err) {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"1:499"}, all); diff != "" || rounds < 5 {
		t.Errorf("%d rounds: %s", rounds, diff)
	}
}

func TestFailuresOfTheConditionAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	w.topic.add(0, w.clock.now, `{"n":1}`)
	w.topic.add(0, w.clock.now, `{}`)
	w.topic.add(0, w.clock.now, `no JSON`)
	rows, s, err := w.all(records.Question{Where: "value.n == 1"})
	if err != nil || len(rows) != 1 || s.Failures().Count != 2 || !strings.Contains(s.Failures().First, "no such key") {
		t.Errorf("%v, %+v, %v", rows, s.Failures(), err)
	}
}

// TestRow: a row has exactly these parts, and a record that cannot be decoded
// is one of them.
func TestRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	w.topic.put(0, weir.Message{Time: time.UnixMilli(1), Key: []byte("k"), Value: []byte(`{"a":{"b":1,"c":2}}`), Headers: []weir.Header{{Key: "h", Value: []byte("v")}, {Key: "h", Value: []byte{0xff}}, {Key: "n"}}})
	w.topic.put(0, weir.Message{Time: time.UnixMilli(2), Value: []byte(`{`)})
	w.topic.put(0, weir.Message{Time: time.UnixMilli(3)})
	s, err := w.ask(records.Question{Fields: "a.b"})
	must(t, err)
	defer s.Close()
	rows, err := s.Next(t.Context())
	must(t, err)
	want := []string{
		`{"partition":0,"offset":0,"timestamp":"1970-01-01T00:00:00.001Z","key":"k","value":{"a":{"b":1}},"headers":[{"key":"h","value":"v"},{"key":"h","value":{"error":"it is no UTF-8 text","bytes":"/w=="}},{"key":"n","value":null}]}`,
		`{"partition":0,"offset":1,"timestamp":"1970-01-01T00:00:00.002Z","key":null,"value":{"error":"it is no JSON: unexpected end of JSON input","bytes":"ew=="},"headers":[]}`,
		`{"partition":0,"offset":2,"timestamp":"1970-01-01T00:00:00.003Z","key":null,"value":null,"headers":[]}`,
	}
	for i, r := range rows {
		if !json.Valid(r.JSON) {
			t.Errorf("%s is no JSON", r.JSON)
		}
		if diff := cmp.Diff(want[i], string(r.JSON)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestRevocationEndsAStream: within a second of its clock.
func TestRevocationEndsAStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	s, err := w.ask(records.Question{Follow: true})
	must(t, err)
	defer s.Close()
	w.topic.add(0, w.clock.now, `1`)
	if rows, err := s.Next(t.Context()); err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	w.live.set(rights.See)
	w.clock.pass(time.Second)
	w.topic.add(0, w.clock.now, `2`)
	if rows, err := s.Next(t.Context()); !weir.Denied.In(err) || len(rows) > 0 {
		t.Errorf("after it was revoked: %v, %v", rows, err)
	}
	if _, err := w.ask(records.Question{}); !weir.Denied.In(err) {
		t.Errorf("anew: %v", err)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{OfPerson: 2, OfNode: 3})
	first, err := w.ask(records.Question{})
	must(t, err)
	second, err := w.ask(records.Question{})
	must(t, err)
	defer second.Close()
	if _, err := w.ask(records.Question{}); !weir.Limit.In(err) {
		t.Errorf("a third: %v", err)
	}
	first.Close()
	first.Close()
	third, err := w.ask(records.Question{})
	must(t, err)
	third.Close()
	if n := w.Streams(); n != 1 {
		t.Errorf("%d streams are counted", n)
	}
}

// TestNodeStops: streams end at once.
func TestNodeStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	s, err := w.ask(records.Question{Follow: true})
	must(t, err)
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	must(t, w.Run(ctx))
	begin := time.Now()
	for err == nil {
		_, err = s.Next(t.Context())
	}
	if !weir.Unavailable.In(err) || time.Since(begin) > 500*time.Millisecond {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
}

// TestNewPartitions: those that come while a stream is followed are read.
func TestNewPartitions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{})
	s, err := w.ask(records.Question{Follow: true})
	must(t, err)
	defer s.Close()
	w.topic.grow(3)
	w.topic.add(2, w.clock.now, `1`)
	w.topic.add(0, w.clock.now, `2`)
	w.clock.pass(6 * time.Second)
	var got []records.Row
	for len(got) < 2 {
		rows, err := s.Next(t.Context())
		must(t, err)
		got = append(got, rows...)
	}
	if s.Position().String() != "0:1,1:0,2:1,*" {
		t.Errorf("the position is %s", s.Position())
	}
}

// TestHole: an end whose last records are gone is an end.
func TestHole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, records.Limits{Tick: 20 * time.Millisecond})
	w.topic.add(0, w.clock.now, `1`)
	w.topic.hole(0, 5)
	s, err := w.ask(records.Question{})
	must(t, err)
	defer s.Close()
	got := 0
	for range 20 {
		rows, err := s.Next(t.Context())
		if got += len(rows); errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		w.clock.pass(time.Second)
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, io.EOF) || got != 1 || s.Position().String() != "0:1,1:0,*" {
		t.Errorf("%d rows, at %s, %v", got, s.Position(), err)
	}
}

// none knows no schema.
type none struct{}

func (none) Parsed(context.Context, weir.Principal, weir.SchemaID) (schema.Schema, error) {
	return nil, weir.Errorf(weir.NotFound, "there is no such schema")
}

type live struct {
	mu  sync.Mutex
	may rights.Topic
}

func (l *live) PersonOn([]weir.UID, string) (rights.Topic, weir.UID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.may, open
}

func (l *live) set(may rights.Topic) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.may = may
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time       { return c.now }
func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }
