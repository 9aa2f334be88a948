package clustertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// Journal is a topic to which only its holder appends, as internal/worker has it.
type Journal interface {
	Append(ctx context.Context, ms []weir.Message) error
	Mark(ctx context.Context) error
	Close()
}

// journals are the tests of whoever opens journals.
var journals = map[string]func(*testing.T, suite){
	"JournalKeeps":            journalKeeps,
	"JournalFences":           journalFences,
	"JournalLastOpenedWins":   journalLastOpenedWins,
	"JournalUndoesWhatIsLeft": journalUndoes,
	"JournalAllOrNothing":     journalAllOrNothing,
	"JournalGivenUp":          journalGivenUp,
	"JournalOthers":           journalOthers,
	"JournalMark":             journalMark,
	"JournalClosed":           journalClosed,
}

// journal opens a topic under an id; it is closed at the end of the test.
func (s suite) journal(t *testing.T, topic, id string) Journal {
	t.Helper()
	j, err := s.Journal(s.ctx, topic, id)
	if err != nil {
		t.Fatalf("open the journal of %s as %s: %v", topic, id, err)
	}
	t.Cleanup(j.Close)
	return j
}

// journalled makes a topic for a journal.
func (s suite) journalled(t *testing.T) string {
	t.Helper()
	name := s.name(t)
	s.put(t, weir.TopicSpec{Name: name, Partitions: 1})
	return name
}

// lines are messages with a value each.
func lines(format string, n int) []weir.Message {
	ms := make([]weir.Message, n)
	for i := range ms {
		ms[i] = weir.Message{Time: time.Now(), Key: []byte("k"), Value: fmt.Appendf(nil, format, i)}
	}
	return ms
}

func (s suite) append(t *testing.T, j Journal, format string, n int) {
	t.Helper()
	if err := j.Append(s.ctx, lines(format, n)); err != nil {
		t.Fatalf("append %s: %v", format, err)
	}
}

// told are the values of a topic up to its end, as a reader of what is committed
// gets them. It is an error not to come to the end.
func (s suite) told(t *testing.T, topic string) []string {
	t.Helper()
	spans, err := s.reader(t).Spans(s.ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, m := range s.take(t, s.tail(t, topic, map[int32]int64{0: spans[0].Start}), 0, spans[0].End) {
		out = append(out, string(m.Value))
	}
	return out
}

// wantTold fails unless readers of committed records are told exactly so. Kafka
// shows what was committed a moment after it says so: while something is missing
// at the end, and only then, it is looked for again.
func (s suite) wantTold(t *testing.T, topic string, want ...string) {
	t.Helper()
	got := s.told(t, topic)
	for end := time.Now().Add(10 * time.Second); len(got) < len(want) && slices.Equal(got, want[:len(got)]) && time.Now().Before(end); got = s.told(t, topic) {
		select {
		case <-s.ctx.Done():
			t.Fatal(s.ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Errorf("the topic tells:\n%s", diff)
	}
}

// journalKeeps: records come back as they were given, in order, over calls.
func journalKeeps(t *testing.T, s suite) {
	topic := s.journalled(t)
	j := s.journal(t, topic, topic)
	at := time.UnixMilli(1_700_000_000_123).UTC()
	given := []weir.Message{
		{Time: at, Key: []byte("a"), Value: []byte("1"), Headers: []weir.Header{{Key: "h", Value: []byte("x")}, {Key: "h", Value: nil}}},
		{Time: at.Add(-time.Hour), Value: []byte("2")},
		{Time: at, Key: []byte("c")},
	}
	for _, part := range [][]weir.Message{given[:2], given[2:]} {
		if err := j.Append(s.ctx, part); err != nil {
			t.Fatal(err)
		}
	}
	got := s.take(t, s.tail(t, topic, map[int32]int64{0: 0}), 3, 0)
	for i := range got {
		got[i].Offset = 0 // markers of transactions stand between them
	}
	if diff := cmp.Diff(given, got); diff != "" {
		t.Error(diff)
	}
}

// journalFences: once somebody else has opened it, an older holder appends and
// marks nothing, and what it tries hurts nobody.
func journalFences(t *testing.T, s suite) {
	topic := s.journalled(t)
	first := s.journal(t, topic, topic)
	s.append(t, first, "first-%d", 2)
	second := s.journal(t, topic, topic)
	s.append(t, second, "second-%d", 1)
	if err := first.Append(s.ctx, lines("late-%d", 2)); err == nil {
		t.Error("an older holder appends")
	}
	if err := s.journalAt(t, topic, topic, 2).Mark(s.ctx); err == nil {
		t.Error("an older holder marks")
	}
	third := s.journal(t, topic, topic)
	s.append(t, third, "third-%d", 1)
	s.wantTold(t, topic, "first-0", "first-1", "second-0", "third-0")
}

// journalAt is a holder after whom so many others opened the journal.
func (s suite) journalAt(t *testing.T, topic, id string, others int) Journal {
	t.Helper()
	j := s.journal(t, topic, id)
	for range others {
		s.journal(t, topic, id)
	}
	return j
}

// journalLastOpenedWins: of many who open it at once and append, what is
// committed is whole for each, and who opens it last can append.
func journalLastOpenedWins(t *testing.T, s suite) {
	topic := s.journalled(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	sure := map[string]bool{}
	for i := range 4 {
		all.Go(func() {
			j, err := s.Journal(s.ctx, topic, topic)
			if err != nil {
				return
			}
			defer j.Close()
			for n := range 5 {
				name := fmt.Sprintf("%d.%d", i, n)
				if j.Append(s.ctx, lines(name+".%d", 3)) != nil {
					return
				}
				mu.Lock()
				sure[name] = true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	s.append(t, s.journal(t, topic, topic), "last.0.%d", 3)
	got := s.told(t, topic)
	if len(got)%3 != 0 || len(got) < 3*(len(sure)+1) {
		t.Fatalf("%d records, and %d calls of 3 were acknowledged: %v", len(got), len(sure)+1, got)
	}
	seen := map[string]bool{}
	for part := range slices.Chunk(got, 3) {
		name := part[0][:strings.LastIndex(part[0], ".")]
		if want := []string{name + ".0", name + ".1", name + ".2"}; seen[name] || !slices.Equal(part, want) {
			t.Errorf("together stand %v", part)
		}
		seen[name] = true
	}
	for name := range sure {
		if !seen[name] {
			t.Errorf("what was acknowledged to %s is not there", name)
		}
	}
}

// begun is what a holder leaves who dies within Append: records that are written
// and not committed.
func (s suite) begun(t *testing.T, topic, id string) {
	t.Helper()
	if boot := s.Upstream.Boot(); boot != "" {
		id = boot + "." + id
	}
	client := Client(t, s.Upstream, kgo.TransactionalID(id), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionTimeout(40*time.Second))
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := client.ProduceSync(s.ctx, &kgo.Record{Topic: topic, Value: fmt.Append(nil, "left-", i)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// journalUndoes: what a dead holder left is undone when another opens it, and
// readers do not wait for it.
func journalUndoes(t *testing.T, s suite) {
	topic := s.journalled(t)
	s.append(t, s.journal(t, topic, topic), "first-%d", 1)
	s.begun(t, topic, topic)
	j := s.journal(t, topic, topic)
	s.wantTold(t, topic, "first-0")
	s.append(t, j, "second-%d", 2)
	s.wantTold(t, topic, "first-0", "second-0", "second-1")
}

// journalAllOrNothing: of a call whose last record the cluster does not take,
// nothing is committed.
func journalAllOrNothing(t *testing.T, s suite) {
	topic := s.journalled(t)
	j := s.journal(t, topic, topic)
	s.append(t, j, "first-%d", 2)
	ms := append(lines("part-%d", 3), weir.Message{Time: time.Now(), Value: make([]byte, 64<<20)})
	if err := j.Append(s.ctx, ms); err == nil {
		t.Fatal("a record of 64 MB is taken")
	}
	s.append(t, s.journal(t, topic, topic), "second-%d", 1)
	s.wantTold(t, topic, "first-0", "first-1", "second-0")
}

// journalGivenUp: who gives up in the middle gets an error, and afterwards all of
// it is there or nothing.
func journalGivenUp(t *testing.T, s suite) {
	topic := s.journalled(t)
	for i := range 6 {
		j := s.journal(t, topic, topic)
		ctx, cancel := context.WithTimeout(s.ctx, time.Duration(i)*3*time.Millisecond)
		err := j.Append(ctx, lines(fmt.Sprint(i)+"-%d", 20))
		over := ctx.Err() != nil
		cancel()
		if i == 0 && err == nil {
			t.Error("an ended context appends without an error")
		}
		if err != nil && !over {
			t.Fatal(err)
		}
	}
	s.append(t, s.journal(t, topic, topic), "6-%d", 20)
	got := s.told(t, topic)
	for part := range slices.Chunk(got, 20) {
		if name, _, _ := strings.Cut(part[0], "-"); len(part) != 20 || part[19] != name+"-19" {
			t.Errorf("a part is there: %v", part)
		}
	}
}

// journalOthers: another id, or the same journal of another mesh's topic, is
// nobody's rival.
func journalOthers(t *testing.T, s suite) {
	one, two := s.journalled(t), s.name(t)
	s.put(t, weir.TopicSpec{Name: two, Partitions: 1})
	a, b, c := s.journal(t, one, one), s.journal(t, one, one+".other"), s.journal(t, two, two)
	for _, j := range []Journal{a, b, c, a} {
		s.append(t, j, "x%d", 1)
	}
	s.wantTold(t, one, "x0", "x0", "x0")
	s.wantTold(t, two, "x0")
}

// journalMark: readers come to the end of a topic in which nothing of the last
// transactions is for them, and are given nothing by it.
func journalMark(t *testing.T, s suite) {
	topic := s.journalled(t)
	j := s.journal(t, topic, topic)
	mark := func() {
		t.Helper()
		before := s.offsets(t, topic, 0)
		if err := j.Mark(s.ctx); err != nil {
			t.Fatalf("mark: %v", err)
		}
		if after := s.offsets(t, topic, 0); after[1] <= before[1] {
			t.Errorf("the end was %d and is %d: there is nothing behind which a reader could see it", before[1], after[1])
		}
	}
	mark()
	s.wantTold(t, topic)
	s.append(t, j, "first-%d", 1)
	mark()
	s.wantTold(t, topic, "first-0")
	s.begun(t, topic, topic)
	j = s.journal(t, topic, topic)
	mark()
	s.wantTold(t, topic, "first-0")
	s.append(t, j, "second-%d", 1)
	s.wantTold(t, topic, "first-0", "second-0")
}

// journalClosed: what is closed appends nothing, and closing it fences nobody.
func journalClosed(t *testing.T, s suite) {
	topic := s.journalled(t)
	first, err := s.Journal(s.ctx, topic, topic)
	if err != nil {
		t.Fatal(err)
	}
	second := s.journal(t, topic, topic)
	first.Close()
	s.append(t, second, "second-%d", 1)
	if err := first.Append(s.ctx, lines("late-%d", 1)); err == nil {
		t.Error("what is closed appends")
	}
	s.append(t, second, "third-%d", 1)
	s.wantTold(t, topic, "second-0", "third-0")
}
