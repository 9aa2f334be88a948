// Package ledgertest is the conformance suite of weir.Ledger: every driver runs
// it.
package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

// Ledger is a ledger that can be closed.
type Ledger interface {
	weir.Ledger
	io.Closer
}

// Driver is what is tested.
type Driver struct {
	// Open opens the ledger in a folder and makes it if there is none.
	Open func(t *testing.T, dir string) Ledger
	// Restore puts a snapshot into an empty folder, for Open.
	Restore func(t *testing.T, dir string, snapshot io.Reader)
}

// Run runs the suite.
func Run(t *testing.T, d Driver) {
	for name, test := range map[string]func(*testing.T, Driver){
		"New":               isNew,
		"AppendThenRead":    appendThenRead,
		"Reopen":            reopen,
		"Conflict":          conflict,
		"AllOrNothing":      allOrNothing,
		"KeepsNoReference":  keepsNoReference,
		"TooLarge":          tooLarge,
		"EndedBeforeAppend": endedBeforeAppend,
		"ReadEnds":          readEnds,
		"WriteWhileReading": writeWhileReading,
		"Wait":              wait,
		"Snapshot":          snapshot,
		"OneOfManyWriters":  manyWriters,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, d)
		})
	}
}

var epoch = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Chain seals n entries after a head. Entries differ from each other.
func Chain(t testing.TB, after weir.Head, n int) []weir.Record {
	t.Helper()
	rs := make([]weir.Record, 0, n)
	for range n {
		at := epoch.Add(time.Duration(after.Offset) * time.Second)
		m := &weir.Mesh{UID: weir.NewUID(at), Name: fmt.Sprintf("m-%d", after.Offset+1), Created: at}
		c, err := weir.NewChange(weir.UID{}, nil, 0, m)
		if err != nil {
			t.Fatal(err)
		}
		rs = append(rs, mustSeal(t, after, weir.Entry{At: at, By: weir.System, Op: "mesh.create", Changes: []weir.Change{c}}))
		after = rs[len(rs)-1].Head
	}
	return rs
}

func mustSeal(t testing.TB, after weir.Head, e weir.Entry) weir.Record {
	t.Helper()
	r, err := weir.Seal(after, e)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustAppend(t testing.TB, l weir.Ledger, n int) []weir.Record {
	t.Helper()
	rs := Chain(t, l.Head(), n)
	if err := l.Append(t.Context(), rs); err != nil {
		t.Fatal(err)
	}
	return rs
}

// All reads a whole ledger.
func All(t testing.TB, l weir.Ledger, from weir.Offset) []weir.Record {
	t.Helper()
	var rs []weir.Record
	if err := l.Read(t.Context(), from, func(r weir.Record) error {
		rs = append(rs, r)
		return nil
	}); err != nil {
		t.Fatalf("read from %d: %v", from, err)
	}
	return rs
}

// Same fails unless two lists of records are the same bytes in the same places.
func Same(t testing.TB, got, want []weir.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].Head != want[i].Head || !bytes.Equal(got[i].Bytes, want[i].Bytes) {
			t.Fatalf("record %d: %v %s, want %v %s", i, got[i].Head, got[i].Bytes, want[i].Head, want[i].Bytes)
		}
	}
}

func wantKind(t testing.TB, err error, k weir.ErrKind) {
	t.Helper()
	if !errors.Is(err, k) {
		t.Fatalf("error is %v, want the kind %v", err, k)
	}
}

func isNew(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	if l.UID().IsZero() || l.Head() != (weir.Head{}) {
		t.Fatalf("uid %v, head %v", l.UID(), l.Head())
	}
	if rs := All(t, l, 0); len(rs) != 0 {
		t.Fatalf("%d records in a new ledger", len(rs))
	}
	if other := d.Open(t, t.TempDir()); other.UID() == l.UID() {
		t.Fatal("two ledgers have one uid")
	}
}

func appendThenRead(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	if err := l.Append(t.Context(), nil); err != nil {
		t.Fatalf("appending nothing: %v", err)
	}
	var want []weir.Record
	for _, n := range []int{1, 2, 700} { // more than any driver reads at once
		want = append(want, mustAppend(t, l, n)...)
	}
	if got := l.Head(); got != want[len(want)-1].Head {
		t.Fatalf("head %v", got)
	}
	got := All(t, l, 0)
	Same(t, got, want)
	for i := range got {
		decoded, err := weir.DecodeEntry(want[i].Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decoded, got[i].Entry); diff != "" {
			t.Fatal(diff)
		}
	}
	for _, from := range []weir.Offset{1, 2, 3, 512, 703} {
		Same(t, All(t, l, from), want[from-1:])
	}
	Same(t, All(t, l, 704), nil)
	Same(t, All(t, l, 1<<40), nil)
}

func reopen(t *testing.T, d Driver) {
	dir := t.TempDir()
	l := d.Open(t, dir)
	uid, want := l.UID(), mustAppend(t, l, 5)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantKind(t, l.Append(t.Context(), Chain(t, l.Head(), 1)), weir.Unavailable)
	l = d.Open(t, dir)
	if l.UID() != uid || l.Head() != want[4].Head {
		t.Fatalf("uid %v head %v, want %v %v", l.UID(), l.Head(), uid, want[4].Head)
	}
	want = append(want, mustAppend(t, l, 1)...)
	Same(t, All(t, l, 0), want)
}

func conflict(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	first := mustAppend(t, l, 2)
	forged := Chain(t, weir.Head{Offset: 2, Hash: weir.Hash{1}}, 1)
	for name, rs := range map[string][]weir.Record{
		"again":      first,
		"too far":    Chain(t, first[1].Next([]byte("x")), 1),
		"other hash": forged,
	} {
		if err := l.Append(t.Context(), rs); !errors.Is(err, weir.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	Same(t, All(t, l, 0), first)
	mustAppend(t, l, 1)
}

func allOrNothing(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	first := mustAppend(t, l, 1)
	rs := Chain(t, l.Head(), 3)
	rs[2].Bytes = append(bytes.Clone(rs[2].Bytes), ' ') // not what was sealed
	wantKind(t, l.Append(t.Context(), rs), weir.Conflict)
	Same(t, All(t, l, 0), first)
	if l.Head() != first[0].Head {
		t.Fatalf("head %v", l.Head())
	}
}

func keepsNoReference(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	rs := Chain(t, l.Head(), 1)
	want := bytes.Clone(rs[0].Bytes)
	if err := l.Append(t.Context(), rs); err != nil {
		t.Fatal(err)
	}
	clear(rs[0].Bytes)
	got := All(t, l, 0)
	if !bytes.Equal(got[0].Bytes, want) {
		t.Fatal("the ledger holds the caller's bytes")
	}
	clear(got[0].Bytes)
	if again := All(t, l, 0); !bytes.Equal(again[0].Bytes, want) {
		t.Fatal("a reader's bytes are the ledger's")
	}
}

func tooLarge(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	big := mustSeal(t, l.Head(), weir.Entry{At: epoch, By: weir.System, Op: "x",
		Refusal: &weir.Refusal{Msg: string(bytes.Repeat([]byte("x"), weir.MaxEntry))}})
	wantKind(t, l.Append(t.Context(), []weir.Record{big}), weir.Limit)
	fits := mustSeal(t, l.Head(), weir.Entry{At: epoch, By: weir.System, Op: "x",
		Refusal: &weir.Refusal{Msg: string(bytes.Repeat([]byte("x"), weir.MaxEntry-1024))}})
	if err := l.Append(t.Context(), []weir.Record{fits}); err != nil {
		t.Fatal(err)
	}
	Same(t, All(t, l, 0), []weir.Record{fits})
}

func endedBeforeAppend(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantKind(t, l.Append(ctx, Chain(t, l.Head(), 1)), weir.Unavailable)
	if l.Head() != (weir.Head{}) {
		t.Fatal("it was written")
	}
	mustAppend(t, l, 1)
}

func readEnds(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	mustAppend(t, l, 10)
	stop, seen := errors.New("enough"), 0
	err := l.Read(t.Context(), 3, func(weir.Record) error {
		if seen++; seen == 4 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) || seen != 4 {
		t.Fatalf("%v after %d", err, seen)
	}
	damaged := weir.Errorf(weir.Damaged, "a fault of the reader's own")
	wantKind(t, l.Read(t.Context(), 1, func(weir.Record) error { return damaged }), weir.Damaged)
	mustAppend(t, l, 1) // what a reader says is no damage of the ledger
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Read(ctx, 1, func(weir.Record) error { return nil }); err == nil {
		t.Fatal("an ended context reads on")
	}
}

func writeWhileReading(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	want := mustAppend(t, l, 20)
	var got []weir.Record
	if err := l.Read(t.Context(), 1, func(r weir.Record) error {
		got = append(got, r)
		mustAppend(t, l, 1)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	Same(t, got, want) // to the head as it was when Read began
	if l.Head().Offset != 40 {
		t.Fatalf("head %v", l.Head())
	}
}

func wait(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	mustAppend(t, l, 2)
	if h, err := l.Wait(t.Context(), 1); err != nil || h != l.Head() {
		t.Fatalf("%v %v", h, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Wait(ctx, 2); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	got := make(chan weir.Head, 1)
	go func() {
		h, err := l.Wait(t.Context(), 3)
		if err != nil {
			t.Errorf("wait: %v", err)
		}
		got <- h
	}()
	mustAppend(t, l, 1)
	mustAppend(t, l, 1)
	if h := <-got; h.Offset != 4 {
		t.Fatalf("woken at %v", h)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := l.Wait(t.Context(), 100)
		ended <- err
	}()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wantKind(t, <-ended, weir.Unavailable)
}

func snapshot(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	mustAppend(t, l, 100)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := l.Append(t.Context(), Chain(t, l.Head(), 3)); err != nil {
				t.Errorf("writing while a snapshot is taken: %v", err)
				return
			}
		}
	}()
	for range 5 {
		checkSnapshot(t, d, l)
	}
	close(stop)
	<-stopped
}

func checkSnapshot(t *testing.T, d Driver, l Ledger) {
	var copied bytes.Buffer
	before := l.Head()
	head, err := l.Snapshot(t.Context(), &copied)
	if err != nil {
		t.Fatal(err)
	}
	if head.Offset < before.Offset {
		t.Fatalf("the copy ends at %d, the ledger had %d before", head.Offset, before.Offset)
	}
	dir := t.TempDir()
	d.Restore(t, dir, &copied)
	c := d.Open(t, dir)
	if c.Head() != head || c.UID() != l.UID() {
		t.Fatalf("the copy is %v %v, want %v %v", c.UID(), c.Head(), l.UID(), head)
	}
	Same(t, All(t, c, 0), All(t, l, 0)[:head.Offset])
	mustAppend(t, c, 1)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// manyWriters: of those who append after the same head one wins.
func manyWriters(t *testing.T, d Driver) {
	l := d.Open(t, t.TempDir())
	const writers, each = 8, 25
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for n := 0; n < each; {
				switch err := l.Append(t.Context(), Chain(t, l.Head(), 1)); {
				case err == nil:
					n++
				case !errors.Is(err, weir.Conflict):
					t.Errorf("append: %v", err)
					return
				}
			}
		})
		wg.Go(func() {
			if err := l.Read(t.Context(), 0, func(weir.Record) error { return nil }); err != nil {
				t.Errorf("read: %v", err)
			}
		})
	}
	wg.Wait()
	if n := len(All(t, l, 0)); n != writers*each {
		t.Fatalf("%d entries, want %d", n, writers*each)
	}
}
