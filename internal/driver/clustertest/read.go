package clustertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// readers are the tests of weir.Reader and weir.Tail.
var readers = map[string]func(*testing.T, suite){
	"ReadSpans":        spans,
	"ReadOffsetsAt":    offsetsAt,
	"ReadFrom":         tailFrom,
	"ReadCommitted":    committed,
	"ReadGone":         gone,
	"ReadNoTopic":      noTopic,
	"ReadWaits":        waits,
	"ReadWhole":        whole,
	"ReadNothingTwice": nothingTwice,
}

func (s suite) reader(t *testing.T) weir.Reader {
	t.Helper()
	r, ok := s.Cluster.(weir.Reader)
	if !ok {
		t.Fatalf("a %T reads no records", s.Cluster)
	}
	return r
}

func (s suite) tail(t *testing.T, topic string, from map[int32]int64) weir.Tail {
	t.Helper()
	tail, err := s.reader(t).Tail(s.ctx, topic, from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tail.Close)
	return tail
}

// take reads until there are so many records, or the place of partition 0 is
// at an offset.
func (s suite) take(t *testing.T, tail weir.Tail, n int, at int64) []weir.Message {
	t.Helper()
	var all []weir.Message
	for len(all) < n || tail.At(0) < at {
		ms, err := tail.Next(s.ctx)
		if err != nil {
			t.Fatalf("after %d records, at %d: %v", len(all), tail.At(0), err)
		}
		all = append(all, ms...)
	}
	return all
}

func values(ms []weir.Message) []string {
	out := []string{}
	for _, m := range ms {
		out = append(out, fmt.Sprintf("%d:%d=%s", m.Partition, m.Offset, m.Value))
	}
	slices.Sort(out)
	return out
}

func spans(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 3})
	s.produce(t, name, 0, 0, 0)
	s.produce(t, name, 2, 0)
	got, err := s.reader(t).Spans(s.ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int32]weir.Span{0: {Start: 0, End: 2}, 1: {Start: 0, End: 0}, 2: {Start: 0, End: 1}}, got); diff != "" {
		t.Error(diff)
	}
}

func offsetsAt(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 2})
	s.produce(t, name, 0, 3*time.Hour, 2*time.Hour, time.Hour)
	for _, c := range []struct {
		ago  time.Duration
		want map[int32]int64
	}{
		{4 * time.Hour, map[int32]int64{0: 0, 1: 0}},
		{90 * time.Minute, map[int32]int64{0: 2, 1: 0}},
		{0, map[int32]int64{0: 3, 1: 0}},
	} {
		got, err := s.reader(t).OffsetsAt(s.ctx, name, time.Now().Add(-c.ago))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s ago: %s", c.ago, diff)
		}
	}
}

func tailFrom(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 3})
	s.produce(t, name, 0, 0, 0, 0)
	s.produce(t, name, 1, 0)
	s.produce(t, name, 2, 0, 0)
	tail := s.tail(t, name, map[int32]int64{0: 1, 2: 2})
	got := s.take(t, tail, 2, 0)
	s.produce(t, name, 2, 0)
	got = append(got, s.take(t, tail, 1, 0)...)
	if diff := cmp.Diff([]string{"0:1=1", "0:2=2", "2:2=0"}, values(got)); diff != "" {
		t.Error(diff)
	}
	if at := [2]int64{tail.At(0), tail.At(2)}; at != [2]int64{3, 3} {
		t.Errorf("the tail goes on from %v", at)
	}
}

// committed: what a transaction wrote that is open or was aborted is not read,
// and the place moves on behind one that ended.
func committed(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 1})
	client := Client(t, s.Upstream, kgo.TransactionalID(name), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	transaction := func(value string, end *kgo.TransactionEndTry) {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(s.ctx, &kgo.Record{Topic: name, Value: []byte(value)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if end != nil {
			if err := client.EndTransaction(s.ctx, *end); err != nil {
				t.Fatal(err)
			}
		}
	}
	commit, abort := kgo.TryCommit, kgo.TryAbort
	transaction("committed", &commit) // 0, its marker 1
	transaction("aborted", &abort)    // 2, 3
	tail := s.tail(t, name, map[int32]int64{0: 0})
	got := values(s.take(t, tail, 1, 4))
	if diff := cmp.Diff([]string{"0:0=committed"}, got); diff != "" {
		t.Error(diff)
	}
	transaction("open", nil) // 4
	found, err := s.reader(t).Spans(s.ctx, name)
	if err != nil || found[0] != (weir.Span{Start: 0, End: 4}) {
		t.Errorf("with an open transaction the span is %v, %v", found[0], err)
	}
	short, cancel := context.WithTimeout(s.ctx, 1500*time.Millisecond)
	defer cancel()
	for {
		ms, err := tail.Next(short)
		if err != nil {
			break
		}
		if len(ms) > 0 {
			t.Fatalf("of an open transaction %v was read", values(ms))
		}
	}
	if err := client.EndTransaction(s.ctx, kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	if got := values(s.take(t, tail, 1, 0)); !cmp.Equal(got, []string{"0:4=open"}) {
		t.Errorf("when it was committed %v was read", got)
	}
}

// gone: an offset whose record was deleted is the first one that is there.
func gone(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 1})
	s.produce(t, name, 0, young, young, young, young)
	before := kadm.Offsets{}
	before.AddOffset(name, 0, 2, -1)
	if _, err := s.admin.DeleteRecords(s.ctx, before); err != nil {
		t.Fatal(err)
	}
	found, err := s.reader(t).Spans(s.ctx, name)
	if err != nil || found[0] != (weir.Span{Start: 2, End: 4}) {
		t.Errorf("the span is %v, %v", found[0], err)
	}
	got := values(s.take(t, s.tail(t, name, map[int32]int64{0: 0}), 2, 0))
	if diff := cmp.Diff([]string{"0:2=2", "0:3=3"}, got); diff != "" {
		t.Error(diff)
	}
}

func noTopic(t *testing.T, s suite) {
	_, err := s.reader(t).Spans(s.ctx, s.name(t))
	wantKind(t, err, weir.NotFound)
	_, err = s.reader(t).OffsetsAt(s.ctx, s.name(t), time.Now())
	wantKind(t, err, weir.NotFound)
}

// waits: at the end a tail waits for its context, and goes on after it.
func waits(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 1})
	tail := s.tail(t, name, map[int32]int64{0: 0})
	for range 3 {
		short, cancel := context.WithTimeout(s.ctx, 100*time.Millisecond)
		if ms, err := tail.Next(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("at the end: %v, %v", ms, err)
		}
		cancel()
	}
	s.produce(t, name, 0, 0)
	if got := values(s.take(t, tail, 1, 0)); !cmp.Equal(got, []string{"0:0=0"}) {
		t.Errorf("after waiting %v was read", got)
	}
}

// whole: every part of a record comes through.
func whole(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 1})
	at := time.UnixMilli(1_700_000_000_123).UTC()
	client := Client(t, s.Upstream)
	want := []weir.Message{
		{Offset: 0, Time: at, Key: []byte{0, 0xff}, Value: []byte("v"), Headers: []weir.Header{{Key: "a", Value: []byte("1")}, {Key: "a", Value: []byte{0xfe}}}},
		{Offset: 1, Time: at, Value: []byte{}},
		{Offset: 2, Time: at, Key: []byte{}},
	}
	for _, m := range want {
		r := &kgo.Record{Topic: name, Timestamp: m.Time, Key: m.Key, Value: m.Value}
		for _, h := range m.Headers {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
		if err := client.ProduceSync(s.ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, s.take(t, s.tail(t, name, map[int32]int64{0: 0}), 3, 0)); diff != "" {
		t.Error(diff)
	}
}

// nothingTwice: contexts that end while records come lose none.
func nothingTwice(t *testing.T, s suite) {
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 1})
	const n = 300
	client := Client(t, s.Upstream)
	sent := make(chan error, 1)
	go func() {
		for i := range n {
			if err := client.ProduceSync(s.ctx, &kgo.Record{Topic: name, Value: fmt.Append(nil, i)}).FirstErr(); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	tail := s.tail(t, name, map[int32]int64{0: 0})
	next := int64(0)
	for next < n && s.ctx.Err() == nil {
		short, cancel := context.WithTimeout(s.ctx, 2*time.Millisecond)
		ms, err := tail.Next(short)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		for _, m := range ms {
			if m.Offset != next {
				t.Fatalf("offset %d came where %d is next", m.Offset, next)
			}
			next++
		}
	}
	if err := <-sent; err != nil || next != n {
		t.Errorf("%d of %d were read; %v", next, n, err)
	}
}
