package clustertest

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// job is what a session reads and writes in a test.
type job struct {
	worked
	spec weir.SessionSpec
}

// job makes topics for a session.
func (s worked) job(t *testing.T, in, out int) job {
	t.Helper()
	name := s.name(t)
	for topic, n := range map[string]int{name + ".in": in, name + ".out": out, name + ".journal": 1} {
		s.put(t, weir.TopicSpec{Name: topic, Partitions: n, Retention: weir.Forever})
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Cluster.DeleteGroups(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return job{s, weir.SessionSpec{
		ID: name + ".query", Group: name, Inputs: []string{name + ".in"}, Outputs: []string{name + ".out"}, Journal: name + ".journal", Run: 1,
	}}
}

// open opens the job's session over a cluster.
func (j job) open(t *testing.T, over weir.Cluster) weir.Session {
	t.Helper()
	o, ok := over.(opener)
	if !ok {
		t.Fatalf("a %T opens no sessions", over)
	}
	s, err := o.Session(j.ctx, j.spec)
	if err != nil {
		t.Fatalf("open the session: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

func (j job) try(spec weir.SessionSpec) error {
	s, err := j.Cluster.(opener).Session(j.ctx, spec)
	if err == nil {
		s.Close()
	}
	return err
}

// send writes records with the numbers from one up to, not including, another.
func (j job) send(t *testing.T, from, to int) {
	t.Helper()
	client := Client(t, j.Upstream)
	for i := from; i < to; i++ {
		r := &kgo.Record{Topic: j.spec.Inputs[0], Key: []byte(strconv.Itoa(i)), Value: []byte(strconv.Itoa(i))}
		if err := client.ProduceSync(j.ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// poll reads until there are so many records, and puts each into the output.
func (j job) poll(t *testing.T, s weir.Session, n int) (got []string) {
	t.Helper()
	for len(got) < n {
		batches, err := s.Poll(j.ctx, 1000, time.Second)
		if err != nil {
			t.Fatalf("poll after %d records: %v", len(got), err)
		}
		for _, b := range batches {
			for i, v := range b.Values {
				got = append(got, string(v))
				m := &weir.Message{Time: time.UnixMilli(b.Times[i]), Key: b.Keys[i], Value: v}
				if err := s.Put(j.ctx, 0, m); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	slices.Sort(got)
	return got
}

func (j job) commit(t *testing.T, s weir.Session, e weir.Epoch) {
	t.Helper()
	if err := s.Commit(j.ctx, e); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

// committed are the values in the output that readers are given.
func (j job) committed(t *testing.T) []string {
	t.Helper()
	var got []string
	for _, m := range j.read(t, j.spec.Outputs[0]) {
		got = append(got, string(m.Value))
	}
	slices.Sort(got)
	return got
}

// read gives all committed records of a topic. A mark says where it ends.
func (j job) read(t *testing.T, topic string) (all []weir.Message) {
	t.Helper()
	client := Client(t, j.Upstream, kgo.TransactionalID(topic+".end"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	spans, err := j.reader(t).Spans(j.ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	from, end := map[int32]int64{}, map[int32]int64{}
	for p, span := range spans {
		r := &kgo.Record{Topic: topic, Partition: p, Value: []byte("end")}
		if err := client.ProduceSync(j.ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		from[p], end[p] = span.Start, r.Offset
	}
	if err := client.EndTransaction(j.ctx, kgo.TryAbort); err != nil {
		t.Fatal(err)
	}
	tail := j.tail(t, topic, from)
	for !past(tail, end) {
		ms, err := tail.Next(j.ctx)
		if err != nil {
			t.Fatalf("%s: %v", topic, err)
		}
		all = append(all, ms...)
	}
	return all
}

func past(tail weir.Tail, end map[int32]int64) bool {
	for p, o := range end {
		if tail.At(p) < o {
			return false
		}
	}
	return true
}

// group is what the job's group has committed, added up.
func (j job) group(t *testing.T) (sum int64) {
	t.Helper()
	got, err := j.admin.FetchOffsets(j.ctx, j.spec.Group)
	if err != nil {
		t.Fatal(err)
	}
	got.Each(func(o kadm.OffsetResponse) {
		if o.Topic == j.spec.Inputs[0] {
			sum += max(0, o.At)
		}
	})
	return sum
}

func numbers(from, to int) []string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, strconv.Itoa(i))
	}
	slices.Sort(all)
	return all
}

func wantSame(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}
