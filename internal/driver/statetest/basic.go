package statetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

func empty(t *testing.T, d Driver) {
	w := newWorld(t, d)
	w.look(func(v weir.View) {
		if v.Offset() != 0 {
			t.Errorf("offset %d", v.Offset())
		}
		wantGone(t, v, weir.Ref{Noun: weir.NounTeam, Name: "a"})
		for _, n := range weir.Nouns() {
			if p, err := v.List(t.Context(), weir.ListQuery{Noun: n, Scope: weir.Everything}); err != nil || len(p.Items) != 0 || p.Next != "" {
				t.Errorf("%s: %v %v", n, p, err)
			}
		}
		if p, err := v.Entries(t.Context(), weir.EntryQuery{Scope: weir.Everything}); err != nil || len(p.Records) != 0 {
			t.Errorf("%v %v", p, err)
		}
	})
}

func nextRecordOnly(t *testing.T, d Driver) {
	w := newWorld(t, d)
	first := w.write(w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: "a"})))
	second := w.seal(w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: "b"})))
	third, err := weir.Seal(second.Head, w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: "c"})))
	if err != nil {
		t.Fatal(err)
	}
	b := w.begin()
	wantKind(t, b.Apply(t.Context(), first), weir.Conflict)
	wantKind(t, b.Apply(t.Context(), third), weir.Conflict)
	w.apply(b, second)
	w.apply(b, third)
	if b.Offset() != 3 {
		t.Fatalf("offset %d", b.Offset())
	}
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	w.look(func(v weir.View) {
		wantAlive(t, v, weir.Ref{Noun: weir.NounMesh, Name: "b"}, 1)
		wantAlive(t, v, weir.Ref{Noun: weir.NounMesh, Name: "c"}, 1)
	})
}

func batchIsPrivate(t *testing.T, d Driver) {
	w := newWorld(t, d)
	r := w.seal(w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: "a"})))
	a := weir.Ref{Noun: weir.NounMesh, Name: "a"}
	b := w.begin()
	w.apply(b, r)
	wantAlive(t, b, a, 1)
	if p, err := b.Entries(t.Context(), weir.EntryQuery{Scope: weir.Everything}); err != nil || len(p.Records) != 1 {
		t.Errorf("the batch shows %v %v", p, err)
	}
	w.look(func(v weir.View) {
		wantGone(t, v, a)
		if v.Offset() != 0 {
			t.Errorf("a view shows offset %d before the commit", v.Offset())
		}
	})
	if err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	w.look(func(v weir.View) { wantAlive(t, v, a, 1) })
	if err := b.Rollback(); err != nil { // after Commit: nothing
		t.Fatal(err)
	}
	w.look(func(v weir.View) { wantAlive(t, v, a, 1) })
}

func rollback(t *testing.T, d Driver) {
	w := newWorld(t, d)
	r := w.seal(w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: "a"})))
	for range 2 {
		b := w.begin()
		w.apply(b, r)
		if err := b.Rollback(); err != nil {
			t.Fatal(err)
		}
		w.look(func(v weir.View) { wantGone(t, v, weir.Ref{Noun: weir.NounMesh, Name: "a"}) })
	}
}

func viewStands(t *testing.T, d Driver) {
	w := newWorld(t, d)
	m := &weir.Mesh{UID: w.uid(), Name: "a"}
	w.write(w.entry(w.create(m)))
	old, done := w.view()
	defer done()
	w.write(w.entry(weir.DeleteChange(weir.UID{}, m, 1)))
	wantAlive(t, old, m.Ref(), 1)
	if old.Offset() != 1 {
		t.Errorf("the view moved to %d", old.Offset())
	}
	w.look(func(v weir.View) { wantGone(t, v, m.Ref()) })
	done()
	if _, _, err := old.Get(t.Context(), m.Ref()); err == nil {
		t.Error("a view that was given back still answers")
	}
}

func oneBatch(t *testing.T, d Driver) {
	w := newWorld(t, d)
	first := w.begin()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if b, err := w.state.Begin(ctx); err == nil {
		b.Rollback()
		t.Fatal("two batches at a time")
	}
	if err := first.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := w.begin().Rollback(); err != nil {
		t.Fatal(err)
	}
}

func wait(t *testing.T, d Driver) {
	w := newWorld(t, d)
	if err := w.state.Wait(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.state.Wait(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	woken := make(chan error, 1)
	go func() { woken <- w.state.Wait(t.Context(), 2) }()
	w.write(w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: "a"})))
	select {
	case err := <-woken:
		t.Fatalf("woken at offset 1: %v", err)
	default:
	}
	w.write(w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: "b"})))
	if err := <-woken; err != nil {
		t.Fatal(err)
	}
	w.look(func(v weir.View) {
		if v.Offset() < 2 {
			t.Errorf("woken, but a view shows %d", v.Offset())
		}
	})
}

func get(t *testing.T, d Driver) {
	w := newWorld(t, d)
	a, b := &weir.Mesh{UID: w.uid(), Name: "a"}, &weir.Mesh{UID: w.uid(), Name: "b"}
	w.write(w.entry(w.create(a), w.create(b)))
	w.look(func(v weir.View) {
		wantAlive(t, v, a.Ref(), 1)
		wantAlive(t, v, weir.Ref{Noun: weir.NounMesh, UID: a.UID}, 1)
		wantAlive(t, v, weir.Ref{Noun: weir.NounMesh, Name: "b"}, 1)
		wantAlive(t, v, weir.Ref{Noun: weir.NounMesh, UID: a.UID, Name: "b"}, 1) // the UID decides
		wantGone(t, v, weir.Ref{Noun: weir.NounTeam, UID: a.UID})
		wantGone(t, v, weir.Ref{Noun: weir.NounTeam, Name: "a"})
		wantGone(t, v, weir.Ref{Noun: weir.NounMesh, UID: w.uid(), Name: "a"})
	})
	w.write(w.entry(weir.DeleteChange(weir.UID{}, a, 1)))
	again := &weir.Mesh{UID: w.uid(), Name: "a"}
	w.write(w.entry(w.create(again)))
	w.look(func(v weir.View) {
		wantGone(t, v, weir.Ref{Noun: weir.NounMesh, UID: a.UID})
		wantAlive(t, v, again.Ref(), 1)
		e, _, err := v.Get(t.Context(), weir.Ref{Noun: weir.NounMesh, Name: "a"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(weir.Entity(again), e); diff != "" {
			t.Error(diff)
		}
	})
}

// One entry is a set: two things may swap their names, a thing may go while
// another takes its name, in any order, and one thing may change twice.
func namesChangeHands(t *testing.T, d Driver) {
	w := newWorld(t, d)
	a, b := weir.Mesh{UID: w.uid(), Name: "a"}, weir.Mesh{UID: w.uid(), Name: "b"}
	w.write(w.entry(w.create(&a), w.create(&b)))
	a2, b2 := a, b
	a2.Name, b2.Name = "b", "a"
	w.write(w.entry(w.must(weir.NewChange(weir.UID{}, &a, 1, &a2)), w.must(weir.NewChange(weir.UID{}, &b, 1, &b2))))
	w.look(func(v weir.View) {
		wantAlive(t, v, a2.Ref(), 2)
		wantAlive(t, v, b2.Ref(), 2)
		wantAlive(t, v, weir.Ref{Noun: weir.NounMesh, Name: "a"}, 2)
	})
	c := weir.Mesh{UID: w.uid(), Name: "a"}
	w.write(w.entry(w.create(&c), weir.DeleteChange(weir.UID{}, &b2, 2)))
	c2 := c
	c2.Name = "c"
	d1 := weir.Mesh{UID: w.uid(), Name: "x"}
	d2 := d1
	d2.Name = "d"
	w.write(w.entry(w.must(weir.NewChange(weir.UID{}, &c, 1, &c2)), weir.DeleteChange(weir.UID{}, &c2, 2),
		w.create(&d1), w.must(weir.NewChange(weir.UID{}, &d1, 1, &d2))))
	w.look(func(v weir.View) {
		p, err := v.List(t.Context(), weir.ListQuery{Noun: weir.NounMesh, Scope: weir.Everything})
		if diff := cmp.Diff([]string{"b", "d"}, names(p)); diff != "" || err != nil {
			t.Error(diff, err)
		}
		wantAlive(t, v, d2.Ref(), 2)
	})
}

func limits(t *testing.T, d Driver) {
	w := newWorld(t, d)
	w.look(func(v weir.View) {
		for _, n := range []int{-1, 1001} {
			_, err := v.List(t.Context(), weir.ListQuery{Noun: weir.NounMesh, Limit: n})
			wantKind(t, err, weir.Invalid)
			_, err = v.Entries(t.Context(), weir.EntryQuery{Limit: n})
			wantKind(t, err, weir.Invalid)
		}
	})
}

// catchUp: a state that is opened shows all that the ledger has, whether it
// has seen a part or nothing.
func catchUp(t *testing.T, d Driver) {
	w := newWorld(t, d)
	w.write(w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: "a"})))
	if err := w.state.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		r := w.seal(w.entry(w.create(&weir.Mesh{UID: w.uid(), Name: fmt.Sprintf("b%d", i)})))
		if err := w.ledger.Append(t.Context(), []weir.Record{r}); err != nil {
			t.Fatal(err)
		}
	}
	w.state = d.Open(t, w.dir, w.ledger)
	fresh := d.Open(t, t.TempDir(), w.ledger)
	for _, s := range []State{w.state, fresh} {
		if err := s.Wait(t.Context(), 4); err != nil {
			t.Fatal(err)
		}
	}
	Same(t, fresh, w.state)
}

func closed(t *testing.T, d Driver) {
	w := newWorld(t, d)
	waits := make(chan error, 1)
	go func() { waits <- w.state.Wait(t.Context(), 100) }()
	if err := w.state.Close(); err != nil {
		t.Fatal(err)
	}
	wantKind(t, <-waits, weir.Unavailable)
	_, _, err := w.state.View(t.Context())
	wantKind(t, err, weir.Unavailable)
	_, err = w.state.Begin(t.Context())
	wantKind(t, err, weir.Unavailable)
	if err := w.state.Close(); err != nil {
		t.Fatal(err)
	}
}
