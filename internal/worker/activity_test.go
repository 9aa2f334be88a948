package worker_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/format/cloudevents"
	"github.com/weirmesh/weir/internal/worker"
)

// flaky is a journal whose every third answer is lost, after the records were
// written or before, and whose holder then opens another one.
type flaky struct {
	worker.Journal
	n *int
}

var errLost = errors.New("the answer was lost")

func (f flaky) Append(ctx context.Context, ms []weir.Message) error {
	switch *f.n++; *f.n % 6 {
	case 2:
		return errLost
	case 5:
		return errors.Join(f.Journal.Append(ctx, ms), errLost)
	}
	return f.Journal.Append(ctx, ms)
}

// activity runs the projector over the mesh until the func is called.
func (m *mesh) activity() (stop func()) {
	_, stop = m.activityWith(func() error { return nil })
	return stop
}

// activityWith is activity on a cluster with or without room.
func (m *mesh) activityWith(room func() error) (a *worker.Activity, stop func()) {
	return m.activityOf(m.ledger, room)
}

// activityOf is activity that tells of a ledger.
func (m *mesh) activityOf(l weir.Ledger, room func() error) (a *worker.Activity, stop func()) {
	n := 0
	a = worker.NewActivity(worker.ActivityConfig{
		Ledger: l, State: m.state, Reader: m.cluster, Lost: func(string) bool { return false }, Room: room,
		Home: m.home, Mesh: "test", Log: slog.New(slog.DiscardHandler),
		Open: func(ctx context.Context, topic, id string) (worker.Journal, error) {
			j, err := m.cluster.Journal(ctx, topic, id)
			if err != nil {
				return nil, err
			}
			return flaky{j, &n}, nil
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = a.Run(ctx) })
	return a, func() { cancel(); running.Wait() }
}

// own makes weir.activity, and gives the name of its topic.
func (m *mesh) own() string {
	m.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	index, err := registry.NewIndex(ctx, m.state, m.ledger)
	must(m.t, err)
	var running sync.WaitGroup
	running.Go(func() { _ = index.Run(ctx) })
	m.t.Cleanup(func() { cancel(); running.Wait() })
	r := registry.New(registry.Config{State: m.state, Writer: m.writer, Index: index, Now: time.Now, Home: m.home})
	c := catalog.New(catalog.Config{State: m.state, Writer: m.writer, Contracts: r, Now: time.Now, Home: m.home})
	for range 2 { // the second time changes nothing
		must(m.t, m.identity.OwnTeam(ctx))
		must(m.t, c.Own(ctx))
	}
	topic := weir.OwnTopics + "activity." + m.home.String()
	for made := false; !made; {
		v, done, err := m.state.View(m.t.Context())
		must(m.t, err)
		e, _, err := weir.Find[*weir.Topic](m.t.Context(), v, weir.Ref{Noun: weir.NounTopic, Name: topic})
		must(m.t, err)
		seen := v.Offset()
		done()
		if made = e.State == weir.TopicMade; !made {
			must(m.t, m.state.Wait(m.t.Context(), seen+1))
		}
	}
	return topic
}

// TestActivityTellsEveryEventOnce: every event of the ledger is in the topic
// once and in order, though answers of the cluster are lost, and though the
// projector ends and starts again.
func TestActivityTellsEveryEventOnce(t *testing.T) {
	m := newMesh(t)
	topic := m.own()
	for round := range 3 {
		stop := m.activity()
		for i := range 8 {
			_, err := m.identity.CreateTeam(t.Context(), m.call, fmt.Sprintf("team-%d-%d", round, i), "")
			must(t, err)
			m.tells(topic, round < 2 && i > 4)
		}
		stop()
	}
	stop := m.activity()
	m.tells(topic, false)
	stop()
}

// TestActivityGoesOnWhenThereIsRoom: a cluster that was full for long is written
// to, and nothing is said to be wrong, soon after it has room again.
func TestActivityGoesOnWhenThereIsRoom(t *testing.T) {
	m := newMesh(t)
	topic := m.own()
	var full atomic.Bool
	full.Store(true)
	errFull := errors.New("no room")
	a, stop := m.activityWith(func() error {
		if full.Load() {
			return errFull
		}
		return nil
	})
	defer stop()
	time.Sleep(4 * time.Second) // the next of the growing waits is as long as this
	if err := a.Problem(); !errors.Is(err, errFull) {
		t.Fatalf("the problem is %v", err)
	}
	full.Store(false)
	from := time.Now()
	for a.Problem() != nil && time.Since(from) < 2*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	if err := a.Problem(); err != nil {
		t.Fatalf("2 s after there is room: %v", err)
	}
	m.tells(topic, false)
}

// TestActivityTellsOfEarlierVersions: in a mesh whose ledger was begun by an
// earlier version, events come for all that was decided then too, before the
// product was there.
func TestActivityTellsOfEarlierVersions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, err := os.ReadFile("../driver/state/testdata/ledger.v1.db")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "ledger.db"), old, 0o600))
	m := newMeshOn(t, dir, "ann")
	const wrote, refused = 12, 10 // its entries, and the one of them that changed nothing
	topic := m.own()
	stop := m.activity()
	defer stop()
	got := map[weir.Offset]string{}
	for _, e := range m.tells(topic, false) {
		p, err := cloudevents.ParseID(e.ID)
		must(t, err)
		got[p.Offset] = e.Type
	}
	for at := weir.Offset(1); at <= wrote; at++ {
		if _, ok := got[at]; ok == (at == refused) {
			t.Errorf("entry %d of %d: told %v as %q", at, wrote, ok, got[at])
		}
	}
	for at, want := range map[weir.Offset]string{1: "mesh.create", 6: "product.created", 12: "access.revoke"} {
		if got[at] != want {
			t.Errorf("entry %d is told as %q, want %q", at, got[at], want)
		}
	}
}

// TestActivityOfAnOlderLedger: with an older copy of the ledger in its place
// nothing is told, neither before nor after the copy has as many entries again,
// and the reason is said. With the ledger back it goes on.
func TestActivityOfAnOlderLedger(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	ctx := t.Context()
	topic := m.own()
	path := filepath.Join(t.TempDir(), "ledger.db")
	file, err := os.Create(path)
	must(t, err)
	_, err = m.ledger.Snapshot(ctx, file)
	must(t, errors.Join(err, file.Close()))
	stop := m.activity()
	for i := range 3 {
		_, err := m.identity.CreateTeam(ctx, m.call, fmt.Sprint("team-", i), "")
		must(t, err)
	}
	told := len(m.tells(topic, false))
	stop()

	older, err := ledger.Open(ctx, path, ledger.Options{})
	must(t, err)
	defer older.Close()
	missing := m.ledger.Head().Offset - older.Head().Offset
	a, stop := m.activityOf(older, func() error { return nil })
	defer stop()
	says := func(what string) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			err := a.Problem()
			if err != nil && weir.KindOf(err) == weir.Damaged && strings.Contains(err.Error(), what) && strings.Contains(err.Error(), "bring the ledger back") {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the problem is %v, want one that says %q", err, what)
			}
		}
	}
	says(fmt.Sprintf("tells of entry %d, and the ledger ends with %d", m.ledger.Head().Offset, older.Head().Offset))
	for range missing + 2 {
		r, err := weir.Seal(older.Head(), weir.Entry{
			At: time.Now(), By: weir.System, Op: "team.edit", Changes: []weir.Change{{Ref: weir.Ref{Noun: weir.NounTeam, UID: weir.NewUID(time.Now()), Name: "other"}, Rev: 1, Deleted: true}},
		})
		must(t, err)
		must(t, older.Append(ctx, []weir.Record{r}))
	}
	says(fmt.Sprintf("tells of another entry %d than the ledger has", m.ledger.Head().Offset))
	stop()
	if got := len(m.tells(topic, false)); got != told {
		t.Errorf("the topic has %d events, and had %d", got, told)
	}

	stop = m.activity()
	defer stop()
	_, err = m.identity.CreateTeam(ctx, m.call, "after", "")
	must(t, err)
	m.tells(topic, false)
}

// tells waits until the topic tells of the ledger's head, unless it need not
// yet, compares all that it tells with the ledger, and gives it.
func (m *mesh) tells(topic string, yet bool) (events []cloudevents.Event) {
	m.t.Helper()
	var want []string
	must(m.t, m.ledger.Read(m.t.Context(), 1, func(r weir.Record) error {
		es, err := cloudevents.OfEntry("test", m.ledger.UID(), r)
		for _, e := range es {
			want = append(want, e.ID)
		}
		return err
	}))
	if yet {
		return nil
	}
	ctx, cancel := context.WithTimeout(m.t.Context(), 30*time.Second)
	defer cancel()
	tail, err := m.cluster.Tail(ctx, topic, map[int32]int64{0: 0})
	must(m.t, err)
	defer tail.Close()
	var got []string
	for len(got) < len(want) || got[len(got)-1] != want[len(want)-1] {
		ms, err := tail.Next(ctx)
		must(m.t, err)
		for _, msg := range ms {
			e, err := cloudevents.Parse(msg.Value)
			must(m.t, err)
			got, events = append(got, e.ID), append(events, e)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		m.t.Fatalf("the topic differs from the ledger:\n%s", diff)
	}
	return events
}
