// Package statetest is the conformance suite of weir.State: every driver runs
// it.
package statetest

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/weirmesh/weir"
)

// State is a state that can be closed.
type State interface {
	weir.State
	io.Closer
}

// Driver is what is tested.
type Driver struct {
	// Ledger makes a ledger in an empty folder.
	Ledger func(t testing.TB, dir string) weir.Ledger
	// Open opens the state in a folder and brings it to the ledger's head.
	Open func(t testing.TB, dir string, l weir.Ledger) State
}

// Run runs the suite.
func Run(t *testing.T, d Driver) {
	for name, test := range map[string]func(*testing.T, Driver){
		"Empty":            empty,
		"NextRecordOnly":   nextRecordOnly,
		"BatchIsPrivate":   batchIsPrivate,
		"Rollback":         rollback,
		"ViewStands":       viewStands,
		"OneBatchAtATime":  oneBatch,
		"Wait":             wait,
		"Get":              get,
		"NamesChangeHands": namesChangeHands,
		"Pages":            pages,
		"Brief":            brief,
		"Scope":            scope,
		"Refers":           refers,
		"Limits":           limits,
		"Entries":          entries,
		"Told":             told,
		"Answer":           answer,
		"CatchUp":          catchUp,
		"Closed":           closed,
		"Random":           random,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

var epoch = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// world is a ledger with its state and a clock.
type world struct {
	t      testing.TB
	dir    string
	ledger weir.Ledger
	state  State
	now    time.Time
}

func newWorld(t testing.TB, d Driver) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, dir: dir, ledger: d.Ledger(t, dir), now: epoch}
	w.state = d.Open(t, dir, w.ledger)
	return w
}

func (w *world) uid() weir.UID { return weir.NewUID(w.now) }

// must takes the error of making a change.
func (w *world) must(c weir.Change, err error) weir.Change {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) create(e weir.Entity) weir.Change {
	w.t.Helper()
	return w.must(weir.NewChange(weir.UID{}, nil, 0, e))
}

// entry has the changes and the world's time.
func (w *world) entry(cs ...weir.Change) weir.Entry {
	return weir.Entry{At: w.now, By: weir.System, Op: "test", Changes: cs}
}

func (w *world) seal(e weir.Entry) weir.Record {
	w.t.Helper()
	r, err := weir.Seal(w.ledger.Head(), e)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// write puts an entry into the ledger and the state.
func (w *world) write(e weir.Entry) weir.Record {
	w.t.Helper()
	r := w.seal(e)
	if err := w.ledger.Append(w.t.Context(), []weir.Record{r}); err != nil {
		w.t.Fatal(err)
	}
	b := w.begin()
	w.apply(b, r)
	if err := b.Commit(); err != nil {
		w.t.Fatal(err)
	}
	w.now = w.now.Add(time.Second)
	return r
}

func (w *world) begin() weir.Batch {
	w.t.Helper()
	b, err := w.state.Begin(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { b.Rollback() }) // a test that failed must not hold the state
	return b
}

func (w *world) apply(b weir.Batch, r weir.Record) {
	w.t.Helper()
	if err := b.Apply(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
}

// view is given back at the end of the test, or before by the func.
func (w *world) view() (weir.View, func()) {
	w.t.Helper()
	v, done, err := w.state.View(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return v, done
}

func (w *world) look(fn func(weir.View)) {
	w.t.Helper()
	v, done := w.view()
	defer done()
	fn(v)
}

func wantKind(t testing.TB, err error, k weir.ErrKind) {
	t.Helper()
	if !errors.Is(err, k) {
		t.Fatalf("error is %v, want the kind %v", err, k)
	}
}

func wantAlive(t testing.TB, v weir.View, r weir.Ref, rev weir.Revision) {
	t.Helper()
	e, got, err := v.Get(t.Context(), r)
	if err != nil {
		t.Fatalf("%s: %v", r, err)
	}
	if got != rev || e.Ref().Noun != r.Noun || !r.UID.IsZero() && e.Ref().UID != r.UID || r.UID.IsZero() && e.Ref().Name != r.Name {
		t.Fatalf("%s: got %v at %d, want revision %d", r, e.Ref(), got, rev)
	}
}

func wantGone(t testing.TB, v weir.View, r weir.Ref) {
	t.Helper()
	if _, _, err := v.Get(t.Context(), r); !errors.Is(err, weir.NotFound) {
		t.Fatalf("%s: error is %v, want not found", r, err)
	}
}

func names(p weir.Page) []string {
	ns := []string{}
	for _, i := range p.Items {
		ns = append(ns, i.Entity.Ref().Name)
	}
	return ns
}
