package state_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"database/sql"

	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/ledgertest"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/driver/statetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ledgerPath(dir string) string { return filepath.Join(dir, "ledger.db") }
func statePath(dir string) string  { return filepath.Join(dir, "state.db") }

func mustLedger(t testing.TB, dir string) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(context.Background(), ledgerPath(dir), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func mustState(t testing.TB, dir string, l weir.Ledger, opt state.Options) *state.State {
	t.Helper()
	s, err := state.Open(context.Background(), statePath(dir), l, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	statetest.Run(t, statetest.Driver{
		Ledger: func(t testing.TB, dir string) weir.Ledger { return mustLedger(t, dir) },
		Open: func(t testing.TB, dir string, l weir.Ledger) statetest.State {
			return mustState(t, dir, l, state.Options{})
		},
	})
}

// mustAppend adds entries to a ledger that no state follows.
func mustAppend(t testing.TB, l weir.Ledger, n int) {
	t.Helper()
	if err := l.Append(t.Context(), ledgertest.Chain(t, l.Head(), n)); err != nil {
		t.Fatal(err)
	}
}

// copyFile is a backup, or putting one back.
func copyFile(t testing.TB, to, from string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// seen is a folder whose state has followed n entries; the ledger file of the
// time when there were m is kept beside it.
func seen(t testing.TB, m, n int) (dir, older string) {
	t.Helper()
	dir = t.TempDir()
	older = filepath.Join(dir, "older")
	l := mustLedger(t, dir)
	mustAppend(t, l, m)
	copyFile(t, older, ledgerPath(dir))
	mustAppend(t, l, n-m)
	s := mustState(t, dir, l, state.Options{})
	s.Close()
	l.Close()
	return dir, older
}

// A ledger that lost its tail is damaged, however whole its file is.
func TestLostTailOfTheLedgerIsDamage(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, dir, older string){
		"older file": func(t *testing.T, dir, older string) { copyFile(t, ledgerPath(dir), older) },
		"last row": func(t *testing.T, dir, _ string) {
			mustExec(t, ledgerPath(dir), "delete from entry where offset = 20")
		},
		"other history": func(t *testing.T, dir, older string) {
			copyFile(t, ledgerPath(dir), older)
			l := mustLedger(t, dir)
			mustAppend(t, l, 12)
			l.Close()
		},
		"gone": func(t *testing.T, dir, _ string) {
			if err := os.Remove(ledgerPath(dir)); err != nil {
				t.Fatal(err)
			}
		},
		"older file, state of another version": func(t *testing.T, dir, older string) {
			copyFile(t, ledgerPath(dir), older)
			mustExec(t, statePath(dir), "update meta set version = 99")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, older := seen(t, 10, 20)
			lose(t, dir, older)
			l := mustLedger(t, dir)
			s, err := state.Open(t.Context(), statePath(dir), l, state.Options{})
			if err == nil {
				s.Close()
				t.Fatal("not noticed")
			}
			var e *weir.Error
			if !errors.As(err, &e) || e.Kind != weir.Damaged || !strings.Contains(e.Public(), ledgerPath(dir)) || e.Fix == "" {
				t.Fatalf("%v", err)
			}
		})
	}
}

func mustExec(t testing.TB, file, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

// Whatever happened to the state's file, it is made again and shows the same.
func TestAnyDamageOfTheStateIsMended(t *testing.T) {
	t.Parallel()
	edit := func(change func([]byte) []byte) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			b, err := os.ReadFile(statePath(dir))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(statePath(dir), change(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	exec := func(q string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { mustExec(t, statePath(dir), q) }
	}
	for name, c := range map[string]struct {
		harm    func(t *testing.T, dir string)
		rebuilt bool
	}{
		"untouched":     {func(*testing.T, string) {}, false},
		"deleted":       {func(t *testing.T, dir string) { os.Remove(statePath(dir)) }, true},
		"empty":         {edit(func([]byte) []byte { return nil }), true},
		"no database":   {edit(func([]byte) []byte { return []byte("hello, this is no database at all") }), true},
		"cut":           {edit(func(b []byte) []byte { return b[:len(b)/2] }), true},
		"other version": {exec("update meta set version = 99"), true},
		"no tables":     {exec("drop table meta"), true},
		"unclean":       {exec("update meta set clean = 0"), false},
		"unclean, torn": {func(t *testing.T, dir string) {
			mustExec(t, statePath(dir), "update meta set clean = 0")
			edit(func(b []byte) []byte { clear(b[3*8192 : 9*8192]); return b })(t, dir)
		}, true},
		"half built": {func(t *testing.T, dir string) { mustRename(t, statePath(dir), statePath(dir)+".new") }, true},
		"garbage WAL": {func(t *testing.T, dir string) {
			os.WriteFile(statePath(dir)+"-wal", []byte(strings.Repeat("x", 9000)), 0o600)
		}, false},
		"other ledger's": {exec("update meta set ledger = '01a1fe06-d818-7688-9d3b-7482861bbbc4'"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, _ := seen(t, 50, 100)
			c.harm(t, dir)
			l := mustLedger(t, dir)
			first := weir.Offset(1 << 40)
			s := mustState(t, dir, l, state.Options{Progress: func(at, _ weir.Offset) { first = min(first, at) }})
			if rebuilt := first == 0; rebuilt != c.rebuilt {
				t.Errorf("made again: %v, want %v", rebuilt, c.rebuilt)
			}
			statetest.Same(t, s, mustState(t, t.TempDir(), l, state.Options{}))
		})
	}
}

func mustRename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func TestProgressReachesTheHead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := mustLedger(t, dir)
	mustAppend(t, l, 4500)
	var calls []string
	mustState(t, dir, l, state.Options{Progress: func(at, head weir.Offset) { calls = append(calls, fmt.Sprint(at, "/", head)) }})
	if got := strings.Join(calls, " "); !strings.HasPrefix(got, "0/4500 2000/4500 4000/4500 4500/4500") {
		t.Error(got)
	}
}

// An ended context stops catching up, and leaves nothing that is taken for
// whole.
func TestRebuildCanBeInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := mustLedger(t, dir)
	mustAppend(t, l, 4500)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := state.Open(ctx, statePath(dir), l, state.Options{Progress: func(at, _ weir.Offset) {
		if at > 0 {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("it went on")
	}
	if _, err := os.Stat(statePath(dir)); err == nil {
		t.Fatal("half a state has the name of a whole one")
	}
	s := mustState(t, dir, l, state.Options{})
	if s.Offset() != 4500 {
		t.Fatalf("offset %d", s.Offset())
	}
}

// Who asks for a view too many waits, until one is given back or it has enough.
func TestViewsAreBounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustState(t, dir, mustLedger(t, dir), state.Options{Views: 2})
	_, one, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, two, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer two()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, _, err := s.View(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a third view: %v", err)
	}
	one()
	one() // twice does no harm
	_, three, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	three()
}

// An entry that cannot be is refused, and the state goes on after a rollback.
func TestImpossibleEntryBreaksOnlyItsBatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := mustLedger(t, dir)
	mustAppend(t, l, 1)
	s := mustState(t, dir, l, state.Options{})
	c, err := weir.NewChange(weir.UID{}, nil, 0, &weir.Mesh{UID: weir.UID{7}, Name: "m-1"}) // the name is taken
	if err != nil {
		t.Fatal(err)
	}
	r, err := weir.Seal(l.Head(), weir.Entry{Op: "x", Changes: []weir.Change{c}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Apply(t.Context(), r); err == nil {
		t.Fatal("two things have one name")
	}
	if err := b.Commit(); err == nil {
		t.Fatal("half an entry was committed")
	}
	if s.Offset() != 1 {
		t.Fatalf("offset %d", s.Offset())
	}
	b, err = s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	good := ledgertest.Chain(t, l.Head(), 1)
	if err := errors.Join(b.Apply(t.Context(), good[0]), b.Commit()); err != nil {
		t.Fatal(err)
	}
}

func bigLedger(b *testing.B, n int) (string, *ledger.Ledger) {
	dir := b.TempDir()
	l := mustLedger(b, dir)
	for left := n; left > 0; left -= 1000 {
		mustAppend(b, l, min(left, 1000))
	}
	return dir, l
}

func BenchmarkRebuild(b *testing.B) {
	const n = 100_000
	dir, l := bigLedger(b, n)
	for b.Loop() {
		os.Remove(statePath(dir))
		s, err := state.Open(b.Context(), statePath(dir), l, state.Options{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "entries/s")
}

func BenchmarkRead(b *testing.B) {
	dir, l := bigLedger(b, 20_000)
	s := mustState(b, dir, l, state.Options{})
	v, done, err := s.View(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer done()
	page := weir.ListQuery{Noun: weir.NounMesh, Scope: weir.Scope{Mesh: true}, After: "m-15000"}
	for name, read := range map[string]func() error{
		"get": func() error {
			_, _, err := v.Get(b.Context(), weir.Ref{Noun: weir.NounMesh, Name: "m-777"})
			return err
		},
		"list=100": func() error { _, err := v.List(b.Context(), page); return err },
		"entries=100": func() error {
			_, err := v.Entries(b.Context(), weir.EntryQuery{Scope: weir.Scope{Mesh: true}})
			return err
		},
		"entries of none": func() error {
			_, err := v.Entries(b.Context(), weir.EntryQuery{Scope: weir.Scope{Of: []weir.UID{{1}}}})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("view", func(b *testing.B) {
		for b.Loop() {
			_, done, err := s.View(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			done()
		}
	})
}
