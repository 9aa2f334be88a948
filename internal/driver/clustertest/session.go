package clustertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// sessions are the tests of weir.Session.
var sessions = map[string]func(*testing.T, worked){
	"Copies":           sessionCopies,
	"Fences":           sessionFences,
	"AllOrNothing":     sessionAllOrNothing,
	"ReadsCommitted":   sessionReadsCommitted,
	"Packed":           sessionPacked,
	"Undone":           sessionUndone,
	"Idle":             sessionIdle,
	"BeginsAtEnd":      sessionBeginsAtEnd,
	"Runs":             sessionRuns,
	"Partitions":       sessionPartitions,
	"NewPartition":     sessionNewPartition,
	"Restores":         sessionRestores,
	"CutsTheJournal":   sessionCuts,
	"KeepsTheJournal":  sessionKeeps,
	"CutsBehindBase":   sessionBase,
	"LosesNothingMute": sessionLost,
	"Damaged":          sessionDamaged,
	"NoTopic":          sessionNoTopic,
	"TooLarge":         sessionTooLarge,
	"Much":             sessionMuch,
	"Cancelled":        sessionCancelled,
	"Broken":           sessionBroken,
}

// RunSessions runs the suite of weir.Session on an upstream. over makes a cluster
// that opens sessions, and ends with the test.
func RunSessions(t *testing.T, up weir.Upstream, over func(*testing.T, weir.Upstream) weir.Cluster) {
	subject := Subject{Cluster: over(t, up), Upstream: up}
	for name, test := range sessions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, worked{newSuite(t, subject), over})
		})
	}
}

// worked is a suite that can make further clusters.
type worked struct {
	suite
	over func(*testing.T, weir.Upstream) weir.Cluster
}

// opener opens sessions.
type opener interface {
	Session(ctx context.Context, spec weir.SessionSpec) (weir.Session, error)
}

// sessionCopies: what was committed is there, the group shows how far it is, and
// the next session goes on behind it.
func sessionCopies(t *testing.T, s worked) {
	j := s.job(t, 3, 2)
	j.send(t, 0, 20)
	one := j.open(t, s.Cluster)
	if r := one.Resumed(); r.Epoch != 0 || r.Note != nil || len(r.Lost) != 0 || r.At[0].String() != "0:0,1:0,2:0" {
		t.Errorf("a run begins with %+v", r)
	}
	if one.Lag() != 20 {
		t.Errorf("the lag is %d", one.Lag())
	}
	wantSame(t, "polled", numbers(0, 20), j.poll(t, one, 20))
	j.commit(t, one, weir.Epoch{Note: json.RawMessage(`{"a":1}`), Base: one.End()})
	if one.Lag() != 0 || j.group(t) != 20 {
		t.Errorf("the lag is %d, the group is at %d", one.Lag(), j.group(t))
	}
	j.send(t, 20, 30)
	wantSame(t, "polled", numbers(20, 30), j.poll(t, one, 10))
	j.commit(t, one, weir.Epoch{Note: json.RawMessage(`{"a":2}`), Base: one.End()})
	one.Close()
	j.send(t, 30, 40)
	two := j.open(t, s.Cluster)
	if r := two.Resumed(); r.Epoch != 2 || string(r.Note) != `{"a":2}` {
		t.Errorf("it goes on with %+v", r)
	}
	wantSame(t, "polled", numbers(30, 40), j.poll(t, two, 10))
	j.commit(t, two, weir.Epoch{Base: two.End()})
	wantSame(t, "committed", numbers(0, 40), j.committed(t))
	if j.group(t) != 40 {
		t.Errorf("the group is at %d", j.group(t))
	}
}

// sessionFences: who opens a session is the only one who can commit.
func sessionFences(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	j.send(t, 0, 5)
	old := j.open(t, s.Cluster)
	j.poll(t, old, 5)
	young := j.open(t, s.Cluster)
	wantKind(t, old.Commit(s.ctx, weir.Epoch{}), weir.Conflict)
	j.poll(t, young, 5)
	j.commit(t, young, weir.Epoch{})
	old.Close()
	wantSame(t, "committed", numbers(0, 5), j.committed(t))
}

// sessionAllOrNothing: a client that is killed at any request of a commit leaves
// everything of the epoch or nothing.
func sessionAllOrNothing(t *testing.T, s worked) {
	for _, key := range []kmsg.Key{kmsg.AddPartitionsToTxn, kmsg.Produce, kmsg.AddOffsetsToTxn, kmsg.TxnOffsetCommit, kmsg.EndTxn} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s-%s", map[bool]string{false: "Before", true: "After"}[after], key.Name()), func(t *testing.T) {
				t.Parallel()
				killed(t, worked{newSuite(t, s.Subject), s.over}, key, after)
			})
		}
	}
}

func killed(t *testing.T, s worked, key kmsg.Key, after bool) {
	j := s.job(t, 2, 2)
	killer := &Killer{Upstream: s.Upstream}
	one := j.open(t, s.over(t, killer))
	j.send(t, 0, 10)
	j.poll(t, one, 10)
	j.commit(t, one, weir.Epoch{Base: one.End()})
	j.send(t, 10, 20)
	j.poll(t, one, 10)
	ctx, dead := context.WithCancel(s.ctx)
	killer.Arm(key.Int16(), after, dead)
	if err := one.Commit(ctx, weir.Epoch{Base: one.End(), Changes: [][]byte{[]byte("x")}}); err == nil {
		t.Fatal("a killed client has committed")
	}
	two := j.open(t, s.Cluster)
	epochs, read := two.Resumed().Epoch, 10
	if happened := key == kmsg.EndTxn && after; happened != (epochs == 2) || epochs < 1 {
		t.Fatalf("the next session goes on behind epoch %d", epochs)
	}
	if epochs == 2 {
		read = 20
	}
	wantSame(t, "committed", numbers(0, read), j.committed(t))
	if at := j.group(t); at != int64(read) {
		t.Errorf("the group is at %d where %d records are in the output", at, read)
	}
	changes := 0
	if err := two.Restore(s.ctx, func([]byte) error { changes++; return nil }); err != nil || changes != read/10-1 {
		t.Errorf("%d changes are restored, %v", changes, err)
	}
	j.send(t, 20, 22)
	wantSame(t, "polled", numbers(read, 22), j.poll(t, two, 22-read))
	j.commit(t, two, weir.Epoch{Base: two.End()})
	wantSame(t, "committed at last", numbers(0, 22), j.committed(t))
}

// sessionReadsCommitted: what a transaction wrote that is open or was aborted is
// not read.
func sessionReadsCommitted(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	client := Client(t, s.Upstream, kgo.TransactionalID(j.spec.Inputs[0]+".writer"))
	one := j.open(t, s.Cluster)
	transaction := func(value string, end kgo.TransactionEndTry, during func()) {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(s.ctx, &kgo.Record{Topic: j.spec.Inputs[0], Value: []byte(value)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		during()
		if err := client.EndTransaction(s.ctx, end); err != nil {
			t.Fatal(err)
		}
	}
	transaction("1", kgo.TryCommit, func() {
		if got, err := one.Poll(s.ctx, 10, 300*time.Millisecond); err != nil || len(got) != 0 {
			t.Errorf("of an open transaction %v was read, %v", got, err)
		}
	})
	transaction("2", kgo.TryAbort, func() {})
	transaction("3", kgo.TryCommit, func() {})
	wantSame(t, "polled", []string{"1", "3"}, j.poll(t, one, 2))
	for one.Lag() != 0 && s.ctx.Err() == nil { // the marker behind the last one
		if got, err := one.Poll(s.ctx, 10, 100*time.Millisecond); err != nil || len(got) != 0 {
			t.Fatalf("polled %v, %v", got, err)
		}
	}
	if one.Lag() != 0 {
		t.Errorf("the lag at the end is %d", one.Lag())
	}
}

// sessionUndone: what was put and not committed is not there, and nothing of it
// was read.
func sessionUndone(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	j.send(t, 0, 5)
	one := j.open(t, s.Cluster)
	j.poll(t, one, 5)
	for range 6 { // until some of it is sent
		if err := one.Put(s.ctx, 0, &weir.Message{Time: time.Now(), Value: make([]byte, 900_000)}); err != nil {
			t.Fatal(err)
		}
	}
	one.Close()
	if got := j.committed(t); len(got) != 0 || j.group(t) != 0 {
		t.Errorf("%d records are there, the group is at %d", len(got), j.group(t))
	}
	two := j.open(t, s.Cluster)
	wantSame(t, "polled", numbers(0, 5), j.poll(t, two, 5))
}

// sessionIdle: with nothing to commit nothing is written.
func sessionIdle(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	one := j.open(t, s.Cluster)
	before := s.offsets(t, j.spec.Journal, 0)
	for range 5 {
		if got, err := one.Poll(s.ctx, 10, time.Millisecond); err != nil || len(got) != 0 {
			t.Fatalf("polled %v, %v", got, err)
		}
		j.commit(t, one, weir.Epoch{Note: json.RawMessage(`{}`), Base: one.End()})
	}
	if after := s.offsets(t, j.spec.Journal, 0); after != before {
		t.Errorf("the journal began and ended at %v, now at %v", before, after)
	}
}

// sessionBeginsAtEnd: what was there is left out, and only that, though the
// first session that wanted it ended at once.
func sessionBeginsAtEnd(t *testing.T, s worked) {
	j := s.job(t, 2, 1)
	j.spec.AtEnd = true
	j.send(t, 0, 10)
	j.open(t, s.Cluster).Close()
	j.send(t, 10, 15)
	wantSame(t, "polled", numbers(10, 15), j.poll(t, j.open(t, s.Cluster), 5))
}

// sessionRuns: another run begins anew.
func sessionRuns(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	j.send(t, 0, 5)
	one := j.open(t, s.Cluster)
	j.poll(t, one, 5)
	j.commit(t, one, weir.Epoch{Changes: [][]byte{[]byte("old")}, Note: json.RawMessage(`1`)})
	one.Close()
	j.spec.Run = 2
	two := j.open(t, s.Cluster)
	if r := two.Resumed(); r.Epoch != 0 || r.Note != nil {
		t.Errorf("another run goes on with %+v", r)
	}
	if err := two.Restore(s.ctx, func(c []byte) error { return fmt.Errorf("the change %q of another run", c) }); err != nil {
		t.Error(err)
	}
	wantSame(t, "polled", numbers(0, 5), j.poll(t, two, 5))
}

// sessionPartitions: a key goes where Kafka's own clients send it; records
// without one take turns.
func sessionPartitions(t *testing.T, s worked) {
	j := s.job(t, 7, 7) // the same number: the input was written by a Kafka client
	client := Client(t, s.Upstream)
	var records []*kgo.Record
	for i := range 60 {
		key := slices.Repeat([]byte{byte(i * 37)}, i)
		records = append(records, &kgo.Record{Topic: j.spec.Inputs[0], Key: key, Value: []byte(strconv.Itoa(i))})
	}
	if err := client.ProduceSync(s.ctx, records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	one := j.open(t, s.Cluster)
	j.poll(t, one, 60)
	for range 14 {
		if err := one.Put(s.ctx, 0, &weir.Message{Time: time.Now(), Value: []byte("none")}); err != nil {
			t.Fatal(err)
		}
	}
	j.commit(t, one, weir.Epoch{})
	want, got, none := map[string]int32{}, map[string]int32{}, map[int32]int{}
	for _, r := range records {
		want[string(r.Key)] = r.Partition
	}
	for _, m := range j.read(t, j.spec.Outputs[0]) {
		if m.Key == nil {
			none[m.Partition]++
			continue
		}
		got[string(m.Key)] = m.Partition
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for p := range int32(7) {
		if none[p] != 2 {
			t.Errorf("of 14 records without a key %d are in partition %d", none[p], p)
		}
	}
}

// sessionNewPartition: a partition that was added is read from its beginning,
// also by a session that began at the end.
func sessionNewPartition(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	j.spec.AtEnd = true
	j.open(t, s.Cluster).Close()
	if err := s.Cluster.SetTopic(s.ctx, weir.TopicSpec{Name: j.spec.Inputs[0], Partitions: 3, Retention: weir.Forever}); err != nil {
		t.Fatal(err)
	}
	j.send(t, 0, 30)
	wantSame(t, "polled", numbers(0, 30), j.poll(t, j.open(t, s.Cluster), 30))
}

// sessionLost: records that were deleted before they were read are named.
func sessionLost(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	j.send(t, 0, 2)
	one := j.open(t, s.Cluster)
	j.poll(t, one, 2)
	j.commit(t, one, weir.Epoch{})
	one.Close()
	j.send(t, 2, 8)
	before := kadm.Offsets{}
	before.AddOffset(j.spec.Inputs[0], 0, 5, -1)
	if _, err := s.admin.DeleteRecords(s.ctx, before); err != nil {
		t.Fatal(err)
	}
	two := j.open(t, s.Cluster)
	want := []weir.LostRecords{{Topic: j.spec.Inputs[0], Partition: 0, From: 2, To: 5}}
	if diff := cmp.Diff(want, two.Resumed().Lost); diff != "" {
		t.Error(diff)
	}
	wantSame(t, "polled", numbers(5, 8), j.poll(t, two, 3))
}

// sessionDamaged: an input that ends before where the session was is another
// one.
func sessionDamaged(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	j.send(t, 0, 3)
	one := j.open(t, s.Cluster)
	j.poll(t, one, 3)
	j.commit(t, one, weir.Epoch{})
	one.Close()
	topics, err := s.Cluster.Topics(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Cluster.DeleteTopic(s.ctx, topics[j.spec.Inputs[0]].ID); err != nil {
		t.Fatal(err)
	}
	s.put(t, weir.TopicSpec{Name: j.spec.Inputs[0], Partitions: 1, Retention: weir.Forever})
	wantKind(t, j.try(j.spec), weir.Damaged)
}

func sessionNoTopic(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	for _, change := range []func(*weir.SessionSpec){
		func(s *weir.SessionSpec) { s.Inputs = []string{s.ID + ".none"} },
		func(s *weir.SessionSpec) { s.Outputs = []string{s.ID + ".none"} },
		func(s *weir.SessionSpec) { s.Journal += ".none" },
	} {
		spec := j.spec
		change(&spec)
		wantKind(t, j.try(spec), weir.NotFound)
	}
}

// sessionTooLarge: a record that is too large is refused, and nothing else.
func sessionTooLarge(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	one := j.open(t, s.Cluster)
	put := func(n int) error {
		return one.Put(s.ctx, 0, &weir.Message{Time: time.Now(), Value: slices.Repeat([]byte("x"), n)})
	}
	wantKind(t, put(weir.MaxPut), weir.Limit)
	for _, n := range []int{1, weir.MaxPut - 100, 1} {
		if err := put(n); err != nil {
			t.Fatal(err)
		}
	}
	j.commit(t, one, weir.Epoch{})
	if got := j.committed(t); len(got) != 3 {
		t.Errorf("%d records are there", len(got))
	}
}

// sessionMuch: an epoch may be many requests.
func sessionMuch(t *testing.T, s worked) {
	j := s.job(t, 2, 3)
	one := j.open(t, s.Cluster)
	const n = 30_000
	value := slices.Repeat([]byte("v"), 500)
	for range 2 {
		for i := range n / 2 {
			m := &weir.Message{Time: time.UnixMilli(int64(i)), Key: []byte(strconv.Itoa(i)), Value: value, Headers: []weir.Header{{Key: "h", Value: []byte("1")}}}
			if err := one.Put(s.ctx, 0, m); err != nil {
				t.Fatal(err)
			}
		}
		j.commit(t, one, weir.Epoch{Base: one.End()})
	}
	got := j.read(t, j.spec.Outputs[0])
	if len(got) != n {
		t.Fatalf("%d of %d records are there", len(got), n)
	}
	seen := map[int64]int{}
	for _, m := range got {
		seen[m.Time.UnixMilli()]++
		if string(m.Key) != strconv.FormatInt(m.Time.UnixMilli(), 10) || len(m.Value) != 500 || len(m.Headers) != 1 || string(m.Headers[0].Value) != "1" {
			t.Fatalf("the record %s at %s with %d bytes and %v", m.Key, m.Time, len(m.Value), m.Headers)
		}
	}
	for at, times := range seen {
		if times != 2 {
			t.Fatalf("the record of %d is there %d times", at, times)
		}
	}
}

// sessionCancelled: nobody waits for what was given up.
func sessionCancelled(t *testing.T, s worked) {
	j := s.job(t, 1, 1)
	one := j.open(t, s.Cluster)
	ctx, cancel := context.WithCancel(s.ctx)
	time.AfterFunc(50*time.Millisecond, cancel)
	began := time.Now()
	if _, err := one.Poll(ctx, 10, time.Minute); !errors.Is(err, context.Canceled) {
		t.Errorf("polled until cancelled: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}
