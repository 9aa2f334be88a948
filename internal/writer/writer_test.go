package writer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/driver/statetest"
	"github.com/weirmesh/weir/internal/writer"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(child(dir))
	}
	goleak.VerifyTestMain(m)
}

var epoch = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// node is a ledger, its state and a writer, on the real drivers.
type node struct {
	t      testing.TB
	dir    string
	ledger *ledger.Ledger
	state  *state.State
	writer *writer.Writer
	now    atomic.Int64 // seconds after epoch
	ran    chan error
	cancel context.CancelFunc
}

func (n *node) clock() time.Time { return epoch.Add(time.Duration(n.now.Load()) * time.Second) }

// with replaces what the writer writes to, for faults.
type with struct {
	ledger func(weir.Ledger) weir.Ledger
	state  func(weir.State) weir.State
	opt    writer.Options
}

func newNode(t testing.TB, dir string, w with) *node {
	t.Helper()
	n := &node{t: t, dir: dir}
	var err error
	if n.ledger, err = ledger.Open(t.Context(), filepath.Join(dir, "ledger.db"), ledger.Options{}); err != nil {
		t.Fatal(err)
	}
	if n.state, err = state.Open(t.Context(), filepath.Join(dir, "state.db"), n.ledger, state.Options{}); err != nil {
		n.ledger.Close()
		t.Fatal(err)
	}
	t.Cleanup(n.stop)
	var l weir.Ledger = n.ledger
	var s weir.State = n.state
	if w.ledger != nil {
		l = w.ledger(l)
	}
	if w.state != nil {
		s = w.state(s)
	}
	w.opt.Now = n.clock
	n.writer = writer.New(l, s, w.opt)
	return n
}

// run starts the writer.
func (n *node) run() {
	ctx, cancel := context.WithCancel(context.Background())
	n.cancel, n.ran = cancel, make(chan error, 1)
	go func() { n.ran <- n.writer.Run(ctx) }()
}

func (n *node) stop() {
	if n.cancel != nil {
		n.cancel()
		<-n.ran
		n.cancel = nil
	}
	if err := errors.Join(n.state.Close(), n.ledger.Close()); err != nil {
		n.t.Errorf("close: %v", err)
	}
}

func (n *node) look(fn func(weir.View)) {
	n.t.Helper()
	v, done, err := n.state.View(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	defer done()
	fn(v)
}

func (n *node) submit(d weir.Decision) (weir.Receipt, error) {
	n.t.Helper()
	return n.writer.Submit(n.t.Context(), d)
}

func (n *node) mustSubmit(d weir.Decision) weir.Receipt {
	n.t.Helper()
	r, err := n.submit(d)
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

// queue submits before the writer runs, so that all are decided in one batch,
// in this order; the func waits for the answers.
func (n *node) queue(ds ...weir.Decision) func() ([]weir.Receipt, []error) {
	n.t.Helper()
	rs, errs := make([]weir.Receipt, len(ds)), make([]error, len(ds))
	var wg sync.WaitGroup
	for i, d := range ds {
		wg.Go(func() { rs[i], errs[i] = n.writer.Submit(context.WithoutCancel(n.t.Context()), d) })
		deadline := time.Now().Add(10 * time.Second)
		for n.writer.Queued() != i+1 {
			if time.Now().After(deadline) {
				n.t.Fatal("the decision was not queued")
			}
		}
	}
	return func() ([]weir.Receipt, []error) { wg.Wait(); return rs, errs }
}

func wantKind(t testing.TB, err error, k weir.ErrKind, texts ...string) {
	t.Helper()
	if !errors.Is(err, k) {
		t.Fatalf("error is %v, want the kind %v", err, k)
	}
	for _, s := range texts {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not say %q", err, s)
		}
	}
}

var ann = weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, UID: weir.UID{0xa}, Name: "ann"}, Via: weir.Via{Door: "api", Address: "127.0.0.1:9"}}

// change is a decision with fixed changes.
func change(cs ...weir.Change) weir.Decision {
	return decide(func(context.Context, weir.View) (weir.Outcome, error) { return weir.Outcome{Changes: cs}, nil })
}

func decide(fn func(context.Context, weir.View) (weir.Outcome, error)) weir.Decision {
	return weir.Decision{By: ann, Op: "test", Why: "because", Decide: fn}
}

func create(t testing.TB, e weir.Entity) weir.Change { t.Helper(); return update(t, nil, 0, e) }

func update(t testing.TB, prev weir.Entity, rev weir.Revision, e weir.Entity) weir.Change {
	t.Helper()
	c, err := weir.NewChange(weir.UID{}, prev, rev, e)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mesh(name string) *weir.Mesh { return &weir.Mesh{UID: weir.NewUID(time.Now()), Name: name} }

// Two creations of one name, both queued: one wins, the other is told which
// name is taken.
func TestTwoRacingCreationsOfOneName(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	ask := func(m *weir.Mesh) weir.Decision {
		return decide(func(ctx context.Context, v weir.View) (weir.Outcome, error) {
			if _, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounMesh, Name: m.Name}); err == nil {
				return weir.Outcome{}, weir.Errorf(weir.Exists, "the use case saw that mesh %s exists", m.Name)
			}
			return weir.Outcome{Changes: []weir.Change{create(t, m)}}, nil
		})
	}
	answers := n.queue(change(create(t, mesh("blind"))), change(create(t, mesh("blind"))), ask(mesh("looks")), ask(mesh("looks")))
	n.run()
	rs, errs := answers()
	for _, i := range []int{0, 2} {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
	}
	wantKind(t, errs[1], weir.Exists, "mesh blind")
	wantKind(t, errs[3], weir.Exists, "the use case saw")
	if rs[0].Offset != 1 || rs[2].Offset != 2 || n.ledger.Head().Offset != 2 {
		t.Fatalf("offsets %d %d, head %d", rs[0].Offset, rs[2].Offset, n.ledger.Head().Offset)
	}
}

// The same with the writer running and no order.
func TestManyRacingCreationsOfOneName(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	var won, lost atomic.Int32
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := range 20 {
				switch _, err := n.submit(change(create(t, mesh(fmt.Sprintf("m%d", i))))); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, weir.Exists):
					lost.Add(1)
				default:
					t.Errorf("%v", err)
				}
			}
		})
	}
	wg.Wait()
	if won.Load() != 20 || lost.Load() != 63*20 {
		t.Fatalf("%d won, %d lost", won.Load(), lost.Load())
	}
}

func TestEntrySaysWhoWhatAndWhy(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	c := create(t, mesh("m"))
	d := change(c)
	d.Key, d.Request = "k", weir.Hash{1}
	d.Decide = func(context.Context, weir.View) (weir.Outcome, error) {
		return weir.Outcome{Changes: []weir.Change{c}, Events: []weir.Event{{Type: "mesh.created", Ref: c.Ref}},
			Answer: map[string]any{"b": 1, "a": "<&>"}}, nil
	}
	r := n.mustSubmit(d)
	want := weir.Entry{V: weir.Format, At: epoch, By: ann.Ref, Via: ann.Via, Op: "test", Why: "because", Key: "k", Request: weir.Hash{1},
		Changes: []weir.Change{c}, Events: []weir.Event{{Type: "mesh.created", Ref: c.Ref}}, Answer: []byte(`{"a":"<&>","b":1}`)}
	if err := n.ledger.Read(t.Context(), r.Offset, func(got weir.Record) error {
		if diff := cmp.Diff(want, got.Entry); diff != "" {
			t.Error(diff)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(weir.Receipt{Offset: 1, Answer: want.Answer}, r); diff != "" {
		t.Error(diff)
	}
}

func TestRefusalIsWritten(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	refusal := &weir.Refusal{Kind: "denied", Ref: weir.Ref{Noun: weir.NounTeam, Name: "t"}, Msg: "no", Count: 3, First: epoch, Last: epoch}
	r := n.mustSubmit(weir.Decision{By: ann, Op: "team.delete", Refusal: refusal})
	n.look(func(v weir.View) {
		p, err := v.Entries(t.Context(), weir.EntryQuery{Own: ann.Ref.UID})
		if err != nil || len(p.Records) != 1 || r.Offset != 1 {
			t.Fatalf("%v %v", p, err)
		}
		if diff := cmp.Diff(refusal, p.Records[0].Entry.Refusal); diff != "" {
			t.Error(diff)
		}
	})
	_, err := n.submit(weir.Decision{By: ann, Op: "x"})
	wantKind(t, err, weir.Internal)
}

func TestNoChangeWritesNothing(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	n.mustSubmit(change(create(t, mesh("m"))))
	r := n.mustSubmit(decide(func(context.Context, weir.View) (weir.Outcome, error) { return weir.Outcome{Answer: "same"}, nil }))
	if r.Offset != 1 || string(r.Answer) != `"same"` || n.ledger.Head().Offset != 1 {
		t.Fatalf("%+v, head %v", r, n.ledger.Head())
	}
	refused := weir.Errorf(weir.Denied, "not you")
	_, err := n.submit(decide(func(context.Context, weir.View) (weir.Outcome, error) {
		return weir.Outcome{Changes: []weir.Change{create(t, mesh("never"))}}, refused
	}))
	if !errors.Is(err, refused) || n.ledger.Head().Offset != 1 {
		t.Fatalf("%v, head %v", err, n.ledger.Head())
	}
}

// A key stands for its request for 24 hours: in the same batch, in later ones,
// and after a restart.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNode(t, dir, with{})
	calls := 0
	ask := func(who weir.Principal, op string, k weir.IdempotencyKey, request byte) weir.Decision {
		return weir.Decision{By: who, Op: op, Key: k, Request: weir.Hash{request}, Decide: func(context.Context, weir.View) (weir.Outcome, error) {
			calls++
			return weir.Outcome{Changes: []weir.Change{create(t, mesh(fmt.Sprintf("m%d", calls)))}, Answer: calls}, nil
		}}
	}
	answers := n.queue(ask(ann, "put", "k", 1), ask(ann, "put", "k", 1), ask(ann, "put", "k", 2))
	n.run()
	rs, errs := answers()
	if errs[0] != nil || errs[1] != nil {
		t.Fatal(errs)
	}
	first := weir.Receipt{Offset: 1, Answer: []byte("1")}
	again := weir.Receipt{Offset: 1, Answer: []byte("1"), Replayed: true}
	if diff := cmp.Diff([]weir.Receipt{first, again}, rs[:2]); diff != "" {
		t.Fatal(diff)
	}
	wantKind(t, errs[2], weir.Conflict, "idempotency key")

	bob := ann
	bob.Ref.UID = weir.UID{0xb}
	if r := n.mustSubmit(ask(bob, "put", "k", 1)); r.Replayed {
		t.Error("another principal's key")
	}
	if r := n.mustSubmit(ask(ann, "other", "k", 1)); r.Replayed {
		t.Error("another operation's key")
	}
	n.stop()
	n = newNode(t, dir, with{})
	n.run()
	n.now.Store(24 * 3600)
	if diff := cmp.Diff(again, n.mustSubmit(ask(ann, "put", "k", 1))); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
	n.now.Store(24*3600 + 1)
	if r := n.mustSubmit(ask(ann, "put", "k", 2)); r.Replayed || r.Offset != 4 {
		t.Errorf("after 24 hours: %+v", r)
	}
}

func TestRevisionsFollow(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	m := mesh("m")
	n.mustSubmit(change(create(t, m)))
	changed := *m
	changed.Name = "m2"
	for name, c := range map[string]struct {
		change weir.Change
		kind   weir.ErrKind
	}{
		"new again":        {create(t, m), weir.Conflict},
		"too far":          {update(t, m, 2, &changed), weir.Conflict},
		"delete too far":   {weir.DeleteChange(weir.UID{}, m, 7), weir.Conflict},
		"delete of none":   {weir.DeleteChange(weir.UID{}, mesh("x"), 1), weir.NotFound},
		"change of none":   {update(t, m, 1, mesh("x")), weir.NotFound},
		"delete before":    {weir.DeleteChange(weir.UID{}, m, 0), weir.Conflict},
		"no uid":           {create(t, &weir.Mesh{Name: "x"}), weir.Internal},
		"not what it says": {weir.Change{Ref: mesh("x").Ref(), Rev: 1, Body: create(t, mesh("y")).Body}, weir.Internal},
		"not readable":     {weir.Change{Ref: mesh("x").Ref(), Rev: 1, Body: []byte(`{"what":1}`)}, weir.Internal},
	} {
		_, err := n.submit(change(c.change))
		if !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
	}
	if n.ledger.Head().Offset != 1 {
		t.Fatalf("something was written: %v", n.ledger.Head())
	}
	_, err := n.submit(change(update(t, m, 5, &changed)))
	var e *weir.Error
	if !errors.As(err, &e) || e.Where != weir.AtRevision || e.Ref.UID != m.UID {
		t.Errorf("%+v", e)
	}
	n.mustSubmit(change(update(t, m, 1, &changed)))
	n.mustSubmit(change(weir.DeleteChange(weir.UID{}, &changed, 2)))
}

func TestReferencesStayWhole(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	p := &weir.Person{UID: weir.UID{1}, Name: "p"}
	team := &weir.Team{UID: weir.UID{2}, Name: "t", Members: []weir.UID{p.UID}}
	_, err := n.submit(change(create(t, team)))
	wantKind(t, err, weir.NotFound, "person", "team t refers to")
	n.mustSubmit(change(create(t, team), create(t, p))) // one set, in any order
	_, err = n.submit(change(weir.DeleteChange(weir.UID{}, p, 1)))
	wantKind(t, err, weir.Conflict, "person p", "team t refers to it")

	wrongNoun := &weir.Domain{UID: weir.UID{3}, Name: "dd", Team: p.UID}
	_, err = n.submit(change(create(t, wrongNoun)))
	wantKind(t, err, weir.NotFound)

	var ds []weir.Change
	for i := range 5 {
		ds = append(ds, create(t, &weir.Domain{UID: weir.UID{4, byte(i)}, Name: fmt.Sprintf("d%d", i), Team: team.UID}))
	}
	n.mustSubmit(change(ds...))
	_, err = n.submit(change(weir.DeleteChange(weir.UID{}, team, 1)))
	wantKind(t, err, weir.Conflict, "domain d0, domain d1, domain d2 and more refer to it")

	// Deleting a thing and what refers to it, or making that refer elsewhere,
	// in one entry.
	other := &weir.Team{UID: weir.UID{5}, Name: "other"}
	set := []weir.Change{weir.DeleteChange(weir.UID{}, team, 1), create(t, other), weir.DeleteChange(weir.UID{}, p, 1)}
	for i := range 5 {
		old := &weir.Domain{UID: weir.UID{4, byte(i)}, Name: fmt.Sprintf("d%d", i), Team: team.UID}
		moved := *old
		moved.Team = other.UID
		if i%2 == 0 {
			set = append(set, weir.DeleteChange(weir.UID{}, old, 1))
		} else {
			set = append(set, update(t, old, 1, &moved))
		}
	}
	_, err = n.submit(change(set[:len(set)-1]...))
	wantKind(t, err, weir.Conflict, "domain d4 refers to it")
	n.mustSubmit(change(set...))
	// A set may not refer to what it deletes.
	lone := &weir.Team{UID: weir.UID{7}, Name: "lone"}
	n.mustSubmit(change(create(t, lone)))
	_, err = n.submit(change(weir.DeleteChange(weir.UID{}, lone, 1), create(t, &weir.Domain{UID: weir.UID{6}, Name: "new", Team: lone.UID})))
	wantKind(t, err, weir.NotFound, "team")
}

func TestNamesInOneSet(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	a, b := mesh("a"), mesh("b")
	n.mustSubmit(change(create(t, a), create(t, b)))
	_, err := n.submit(change(create(t, mesh("c")), create(t, mesh("c"))))
	wantKind(t, err, weir.Exists, "mesh c")
	onto := *a
	onto.Name = "b"
	_, err = n.submit(change(update(t, a, 1, &onto)))
	wantKind(t, err, weir.Exists, "mesh b")
	back := *b
	back.Name = "a"
	n.mustSubmit(change(update(t, a, 1, &onto), update(t, b, 1, &back))) // they swap
	n.mustSubmit(change(create(t, mesh("a")), weir.DeleteChange(weir.UID{}, &back, 2)))
}

// One decision's fault is its own.
func TestPanicFailsItsDecisionOnly(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	boom := decide(func(context.Context, weir.View) (weir.Outcome, error) { panic("boom") })
	answers := n.queue(change(create(t, mesh("a"))), boom, change(create(t, mesh("b"))))
	n.run()
	_, errs := answers()
	if errs[0] != nil || errs[2] != nil {
		t.Fatal(errs)
	}
	wantKind(t, errs[1], weir.Internal)
	if strings.Contains(errs[1].Error(), "boom") {
		t.Error("the panic's text is for the log")
	}
}

// A record that the state refuses does not take the others with it.
func TestRecordThatTheStateRefusesFailsAlone(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{state: func(s weir.State) weir.State { return pickyState{s} }})
	answers := n.queue(change(create(t, mesh("a"))), change(create(t, mesh("bad"))), change(create(t, mesh("b"))))
	n.run()
	rs, errs := answers()
	if errs[0] != nil || errs[2] != nil {
		t.Fatal(errs)
	}
	wantKind(t, errs[1], weir.Damaged)
	if rs[0].Offset != 1 || rs[2].Offset != 2 {
		t.Fatalf("offsets %d and %d", rs[0].Offset, rs[2].Offset)
	}
}

// pickyState refuses records about a mesh that is called bad.
type pickyState struct{ weir.State }

func (s pickyState) Begin(ctx context.Context) (weir.Batch, error) {
	b, err := s.State.Begin(ctx)
	return pickyBatch{b}, err
}

type pickyBatch struct{ weir.Batch }

func (b pickyBatch) Apply(ctx context.Context, r weir.Record) error {
	if r.Entry.Changes[0].Ref.Name == "bad" {
		return weir.Errorf(weir.Damaged, "I will not")
	}
	return b.Batch.Apply(ctx, r)
}

// badLedger fails the next appends.
type badLedger struct {
	weir.Ledger
	errs chan error
	also bool // and writes all the same
}

func (l badLedger) Append(ctx context.Context, rs []weir.Record) error {
	select {
	case err := <-l.errs:
		if l.also {
			if err := l.Ledger.Append(ctx, rs); err != nil {
				return err
			}
		}
		return err
	default:
		return l.Ledger.Append(ctx, rs)
	}
}

func failing(also bool, errs ...error) func(weir.Ledger) weir.Ledger {
	ch := make(chan error, len(errs))
	for _, e := range errs {
		ch <- e
	}
	return func(l weir.Ledger) weir.Ledger { return badLedger{l, ch, also} }
}

// Nothing was written: everybody is told so, and the next may succeed.
func TestLedgerUnavailable(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{ledger: failing(false, weir.Errorf(weir.Unavailable, "disk full"))})
	answers := n.queue(change(create(t, mesh("a"))), change(create(t, mesh("a"))))
	n.run()
	_, errs := answers()
	wantKind(t, errs[0], weir.Unavailable)
	wantKind(t, errs[1], weir.Unavailable) // that the name is taken is not true
	n.look(func(v weir.View) {
		if v.Offset() != 0 {
			t.Errorf("the state shows %d", v.Offset())
		}
	})
	n.mustSubmit(change(create(t, mesh("a"))))
}

// Nobody can say: those who wait are told so, and nothing is written any more.
// After a restart the repetition with the key finds what happened.
func TestOutcomeUnknown(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{false, true} {
		t.Run(fmt.Sprint("written=", written), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			n := newNode(t, dir, with{ledger: failing(written, weir.Errorf(weir.OutcomeUnknown, "the disk said nothing"))})
			a, refused := change(create(t, mesh("a"))), change(create(t, mesh("a")))
			a.Key = "k"
			answers := n.queue(a, refused)
			n.run()
			_, errs := answers()
			wantKind(t, errs[0], weir.OutcomeUnknown)
			wantKind(t, errs[1], weir.Unavailable)
			if err := <-n.ran; !errors.Is(err, weir.OutcomeUnknown) {
				t.Fatalf("Run: %v", err)
			}
			n.ran <- nil
			_, err := n.submit(a)
			wantKind(t, err, weir.Unavailable)
			n.stop()

			n = newNode(t, dir, with{})
			n.run()
			if r := n.mustSubmit(a); r.Replayed != written || r.Offset != 1 {
				t.Fatalf("%+v", r)
			}
		})
	}
}

// The entry is durable, but the state could not show it: not known, stop, and
// a restart shows it.
func TestStateFailsAfterTheLedger(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := newNode(t, dir, with{state: func(s weir.State) weir.State { return deafState{s} }})
	answers := n.queue(change(create(t, mesh("a"))))
	n.run()
	_, errs := answers()
	wantKind(t, errs[0], weir.OutcomeUnknown)
	if err := <-n.ran; err == nil {
		t.Fatal("Run goes on")
	}
	n.ran <- nil
	n.stop()
	n = newNode(t, dir, with{})
	n.run()
	_, err := n.submit(change(create(t, mesh("a"))))
	wantKind(t, err, weir.Exists)
}

type deafState struct{ weir.State }

func (s deafState) Begin(ctx context.Context) (weir.Batch, error) {
	b, err := s.State.Begin(ctx)
	return deafBatch{b}, err
}

type deafBatch struct{ weir.Batch }

func (b deafBatch) Commit() error {
	return errors.Join(weir.Errorf(weir.Unavailable, "disk full"), b.Batch.Rollback())
}

// What waits when the writer stops is refused, and so is what comes later.
func TestStop(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	answers := n.queue(change(create(t, mesh("a"))))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.writer.Run(ctx); err != nil {
		t.Fatal(err)
	}
	_, errs := answers()
	wantKind(t, errs[0], weir.Unavailable)
	_, err := n.submit(change(create(t, mesh("a"))))
	wantKind(t, err, weir.Unavailable)
}

// A batch that runs when the writer is told to stop is finished.
func TestStopFinishesTheBatch(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	m := mesh("a")
	answers := n.queue(decide(func(context.Context, weir.View) (weir.Outcome, error) {
		n.cancel()
		return weir.Outcome{Changes: []weir.Change{create(t, m)}}, nil
	}))
	ctx, cancel := context.WithCancel(t.Context())
	n.cancel, n.ran = cancel, make(chan error, 1)
	n.ran <- n.writer.Run(ctx)
	if _, errs := answers(); errs[0] != nil {
		t.Fatal(errs[0])
	}
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{opt: writer.Options{Queue: 2}})
	answers := n.queue(change(create(t, mesh("a"))), change(create(t, mesh("b"))))
	_, err := n.submit(change(create(t, mesh("c"))))
	wantKind(t, err, weir.Limit)
	n.run()
	if _, errs := answers(); errs[0] != nil || errs[1] != nil {
		t.Fatal(errs)
	}
}

// Small batches lose nobody.
func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	for _, opt := range []writer.Options{{Batch: 3}, {Bytes: 1}, {Bytes: 1000}} {
		n := newNode(t, t.TempDir(), with{opt: opt})
		var ds []weir.Decision
		for i := range 20 {
			ds = append(ds, change(create(t, mesh(fmt.Sprint("m", i)))))
		}
		answers := n.queue(ds...)
		n.run()
		rs, errs := answers()
		for i := range ds {
			if errs[i] != nil || rs[i].Offset != weir.Offset(i+1) {
				t.Errorf("%+v: %d is at %d: %v", opt, i, rs[i].Offset, errs[i])
			}
		}
	}
}

func TestTooLargeAnEntry(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	_, err := n.submit(decide(func(context.Context, weir.View) (weir.Outcome, error) {
		return weir.Outcome{Changes: []weir.Change{create(t, mesh("a"))}, Answer: strings.Repeat("x", weir.MaxEntry)}, nil
	}))
	wantKind(t, err, weir.Limit)
}

// A request that ended before its turn is not decided.
func TestRequestThatEnded(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := n.writer.Submit(ctx, change(create(t, mesh("a"))))
	wantKind(t, err, weir.OutcomeUnknown)
	n.run()
	if r := n.mustSubmit(change(create(t, mesh("b")))); r.Offset != 1 {
		t.Fatalf("it was written: %+v", r)
	}
}

// 64 clients add one to a counter: no addition is lost, every client finds its
// own write, and the answers are in the order of the ledger.
func TestWritesAreInOneOrder(t *testing.T) {
	t.Parallel()
	n := newNode(t, t.TempDir(), with{})
	n.run()
	counter := &weir.Team{UID: weir.UID{1}, Name: "t", Description: "0"}
	n.mustSubmit(change(create(t, counter)))
	const clients, each = 64, 10
	at := make([]weir.Offset, clients*each+1)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				r, err := n.submit(increment(counter.Ref()))
				if err != nil {
					t.Errorf("%v", err)
					return
				}
				value := mustInt(t, string(r.Answer))
				at[value] = r.Offset
				n.look(func(v weir.View) {
					team, _, err := weir.Find[*weir.Team](t.Context(), v, counter.Ref())
					if err != nil || v.Offset() < r.Offset || mustInt(t, team.Description) < value {
						t.Errorf("at %d after writing %d at %d: %v %v", v.Offset(), value, r.Offset, team, err)
					}
				})
			}
		})
	}
	wg.Wait()
	for value := 1; value <= clients*each; value++ {
		if at[value] != weir.Offset(value+1) {
			t.Fatalf("the value %d is at offset %d", value, at[value])
		}
	}
	statetest.Same(t, mustFresh(t, n), n.state)
}

func increment(r weir.Ref) weir.Decision {
	return decide(func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		old, rev, err := weir.Find[*weir.Team](ctx, v, r)
		if err != nil {
			return weir.Outcome{}, err
		}
		next, value := *old, 0
		if _, err := fmt.Sscan(old.Description, &value); err != nil {
			return weir.Outcome{}, err
		}
		next.Description = fmt.Sprint(value + 1)
		c, err := weir.NewChange(weir.UID{}, old, rev, &next)
		return weir.Outcome{Changes: []weir.Change{c}, Answer: value + 1}, err
	})
}

func mustInt(t testing.TB, s string) int {
	t.Helper()
	var n int
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Errorf("%q: %v", s, err)
	}
	return n
}

// mustFresh is a state made from nothing on the node's ledger.
func mustFresh(t testing.TB, n *node) *state.State {
	t.Helper()
	s, err := state.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"), n.ledger, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func BenchmarkSubmit(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			n := newNode(b, b.TempDir(), with{})
			n.run()
			team := &weir.Team{UID: weir.UID{1}, Name: "t"}
			n.mustSubmit(change(create(b, team)))
			var made atomic.Int64
			b.SetParallelism(clients)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					u := weir.NewUID(time.Now())
					d := &weir.Domain{UID: u, Name: fmt.Sprint("d", made.Add(1)), Team: team.UID}
					if _, err := n.submit(change(create(b, d))); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
