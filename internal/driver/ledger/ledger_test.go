package ledger_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/ledgertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func path(dir string) string { return filepath.Join(dir, "ledger.db") }

func mustOpen(t testing.TB, dir string, opt ledger.Options) *ledger.Ledger {
	t.Helper()
	l, err := ledger.Open(t.Context(), path(dir), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}

func TestConformance(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, ledgertest.Driver{
		Open: func(t *testing.T, dir string) ledgertest.Ledger { return mustOpen(t, dir, ledger.Options{}) },
		Restore: func(t *testing.T, dir string, snapshot io.Reader) {
			f, err := os.Create(path(dir))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(f, snapshot); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// written is a closed ledger with n entries.
func written(t testing.TB, n int) (dir string, rs []weir.Record) {
	t.Helper()
	dir = t.TempDir()
	l, err := ledger.Open(t.Context(), path(dir), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rs = ledgertest.Chain(t, l.Head(), n)
	if err := l.Append(t.Context(), rs); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, rs
}

// mustExec changes the file as somebody with a SQLite tool would.
func mustExec(t testing.TB, file, query string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// edit changes the bytes of the file.
func edit(t testing.TB, dir string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path(dir), change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// flip changes one bit at the end of a text, wherever it stands in the file:
// SQLite leaves old copies of rows in free space.
func flip(t testing.TB, dir, text string) {
	t.Helper()
	edit(t, dir, func(b []byte) []byte {
		if !bytes.Contains(b, []byte(text)) {
			t.Fatalf("%q is not in the file", text)
		}
		other := []byte(text)
		other[len(other)-1] ^= 1
		return bytes.ReplaceAll(b, []byte(text), other)
	})
}

func TestDamageIsFoundAtOpen(t *testing.T) {
	t.Parallel()
	newer := func(rs []weir.Record) (string, weir.Hash) {
		this, next := fmt.Sprintf(`"v":%d`, weir.Format), fmt.Sprintf(`"v":%d`, weir.Format+1)
		b := strings.Replace(string(rs[9].Bytes), this, next, 1)
		return b, rs[8].Next([]byte(b)).Hash
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string, rs []weir.Record)
		at     string // in the message
	}{
		"byte in an entry": {func(t *testing.T, dir string, _ []weir.Record) { flip(t, dir, `"name":"m-7`) }, "offset 7"},
		"byte in a hash":   {func(t *testing.T, dir string, rs []weir.Record) { flip(t, dir, rs[4].Hash.String()) }, "offset 5"},
		"byte in the uid": {func(t *testing.T, dir string, _ []weir.Record) {
			mustExec(t, path(dir), "update ledger set uid = ?", weir.NewUID(time.Unix(1, 0)).String())
		}, "identifies"},
		"no uid": {func(t *testing.T, dir string, _ []weir.Record) { mustExec(t, path(dir), "delete from ledger") }, "cannot be read"},
		"row missing": {func(t *testing.T, dir string, _ []weir.Record) {
			mustExec(t, path(dir), "delete from entry where offset = 4")
		}, "offset 4"},
		"first row missing": {func(t *testing.T, dir string, _ []weir.Record) {
			mustExec(t, path(dir), "delete from entry where offset = 1")
		}, "offset 1"},
		"row changed": {func(t *testing.T, dir string, _ []weir.Record) {
			mustExec(t, path(dir), "update entry set entry = '{}' where offset = 6")
		}, "offset 6"},
		"rows swapped": {func(t *testing.T, dir string, _ []weir.Record) {
			mustExec(t, path(dir), "update entry set offset = 100 where offset = 2; update entry set offset = 2 where offset = 3; update entry set offset = 3 where offset = 100")
		}, "offset 2"},
		"table missing": {func(t *testing.T, dir string, _ []weir.Record) { mustExec(t, path(dir), "drop table entry") }, "cannot be read"},
		"cut in the middle": {func(t *testing.T, dir string, _ []weir.Record) {
			edit(t, dir, func(b []byte) []byte { return b[:len(b)/2] })
		}, "ledger.db"},
		"cut to some bytes": {func(t *testing.T, dir string, _ []weir.Record) { edit(t, dir, func(b []byte) []byte { return b[:50] }) }, "ledger.db"},
		"empty":             {func(t *testing.T, dir string, _ []weir.Record) { edit(t, dir, func([]byte) []byte { return nil }) }, "empty"},
		"no database": {func(t *testing.T, dir string, _ []weir.Record) {
			edit(t, dir, func(b []byte) []byte { return []byte(strings.Repeat("hello\n", 2000)) })
		}, "cannot be read"},
		"page of zeros": {func(t *testing.T, dir string, _ []weir.Record) {
			edit(t, dir, func(b []byte) []byte { clear(b[len(b)-8192:]); return b })
		}, "ledger.db"},
		"entry of a newer v": {func(t *testing.T, dir string, rs []weir.Record) {
			b, h := newer(rs)
			mustExec(t, path(dir), "update entry set entry = ?, hash = ? where offset = 10", b, h.String())
		}, "newer weir"},
		"only the journal": {func(t *testing.T, dir string, _ []weir.Record) { mustRename(t, path(dir), path(dir)+"-journal") }, "journal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, rs := written(t, 10)
			c.damage(t, dir, rs)
			l, err := ledger.Open(t.Context(), path(dir), ledger.Options{})
			if err == nil {
				l.Close()
				t.Fatal("the damage was not found")
			}
			if !errors.Is(err, weir.Damaged) {
				t.Fatalf("not Damaged: %v", err)
			}
			var e *weir.Error
			errors.As(err, &e)
			for _, want := range []string{path(dir), c.at} {
				if !strings.Contains(e.Public(), want) {
					t.Errorf("%q does not name %q", e.Public(), want)
				}
			}
			if e.Fix == "" {
				t.Error("it does not say what to do")
			}
		})
	}
}

func mustRename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// A newer table format is refused with a message of its own.
// TestEveryEntryStandsOnceInTheFile: whoever looks for an entry in the bytes of
// the file finds the one that counts, no copy that a page left behind.
func TestEveryEntryStandsOnceInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l, err := ledger.Open(t.Context(), path, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []weir.Record
	for range 60 {
		rs := ledgertest.Chain(t, l.Head(), 5)
		if err := l.Append(t.Context(), rs); err != nil {
			t.Fatal(err)
		}
		all = append(all, rs...)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if n := bytes.Count(raw, r.Bytes); n > 1 { // long ones are spread over pages
			t.Errorf("entry %d stands %d times in the file", r.Offset, n)
		}
	}
}

func TestNewerTablesAreRefused(t *testing.T) {
	t.Parallel()
	dir, _ := written(t, 1)
	db, err := sql.Open("sqlite", path(dir))
	if err != nil {
		t.Fatal(err)
	}
	var uid string
	if err := db.QueryRowContext(t.Context(), "select uid from ledger").Scan(&uid); err != nil {
		t.Fatal(err)
	}
	db.Close()
	mustExec(t, path(dir), "update ledger set format = 2, seal = ?", ledger.MetaSeal(uid, 2))
	_, err = ledger.Open(t.Context(), path(dir), ledger.Options{})
	if !errors.Is(err, weir.Damaged) || !strings.Contains(err.Error(), "format 2") || !strings.Contains(err.Error(), "newer weir") {
		t.Fatal(err)
	}
}

// Whatever single byte of the file changes: the ledger is found damaged, or
// says exactly what it said before.
func TestNoFlippedByteGoesUnseen(t *testing.T) {
	t.Parallel()
	dir, want := written(t, 60)
	whole, err := os.ReadFile(path(dir))
	if err != nil {
		t.Fatal(err)
	}
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	rnd, found := rand.New(rand.NewPCG(1, 2)), 0
	for range rounds {
		i, mask := rnd.IntN(len(whole)), byte(1+rnd.IntN(255))
		edit(t, dir, func([]byte) []byte {
			b := append([]byte(nil), whole...)
			b[i] ^= mask
			return b
		})
		l, err := ledger.Open(t.Context(), path(dir), ledger.Options{})
		if err != nil {
			if !errors.Is(err, weir.Damaged) && !errors.Is(err, weir.Unavailable) {
				t.Fatalf("byte %d ^ %x: %v", i, mask, err)
			}
			found++
			continue
		}
		ledgertest.Same(t, ledgertest.All(t, l, 0), want)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d flips were found, the others changed nothing that is read", found, rounds)
	if found < rounds/4 {
		t.Errorf("only %d of %d were found", found, rounds)
	}
}

// What is found later stops writing.
func TestDamageFoundLaterStopsWriting(t *testing.T) {
	t.Parallel()
	for name, find := range map[string]func(*ledger.Ledger, context.Context) error{
		"verify": func(l *ledger.Ledger, ctx context.Context) error { _, err := l.Verify(ctx, nil); return err },
		"read": func(l *ledger.Ledger, ctx context.Context) error {
			return l.Read(ctx, 1, func(weir.Record) error { return nil })
		},
		"rest": func(l *ledger.Ledger, ctx context.Context) error { return l.VerifyRest(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, _ := written(t, 200)
			l := mustOpen(t, dir, ledger.Options{VerifyAll: 1, VerifyTail: 10 << 10})
			flip(t, dir, `"name":"m-30"`)
			// SQLite keeps pages; another connection's write makes it read again.
			mustExec(t, path(dir), "create table other (x); drop table other")
			err := find(l, t.Context())
			if !errors.Is(err, weir.Damaged) || !strings.Contains(err.Error(), "offset 30") {
				t.Fatalf("found %v", err)
			}
			if err := l.Append(t.Context(), ledgertest.Chain(t, l.Head(), 1)); !errors.Is(err, weir.Damaged) {
				t.Fatalf("append after damage: %v", err)
			}
			if !errors.Is(l.Err(), weir.Damaged) {
				t.Fatalf("Err is %v", l.Err())
			}
		})
	}
}

// Of a large file the tail is verified at once and the rest behind.
func TestLargeFileIsVerifiedBehind(t *testing.T) {
	t.Parallel()
	large := ledger.Options{VerifyAll: 1, VerifyTail: 10 << 10}
	dir, _ := written(t, 200)
	l := mustOpen(t, dir, large)
	if l.Head().Offset != 200 {
		t.Fatalf("head %v", l.Head())
	}
	if err := l.VerifyRest(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Close()

	dir, _ = written(t, 200)
	flip(t, dir, `"name":"m-195"`)
	if l, err := ledger.Open(t.Context(), path(dir), large); !errors.Is(err, weir.Damaged) {
		l.Close()
		t.Fatalf("damage in the tail: %v", err)
	}

	dir, rs := written(t, 200)
	flip(t, dir, rs[3].Hash.String())
	l = mustOpen(t, dir, large) // not read yet
	if err := l.VerifyRest(t.Context()); !errors.Is(err, weir.Damaged) {
		t.Fatalf("damage in the rest: %v", err)
	}
}

func TestVerifyTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	dir, rs := written(t, 30)
	l := mustOpen(t, dir, ledger.Options{})
	var last weir.Offset
	head, err := l.Verify(t.Context(), func(at, of weir.Offset) {
		if at != last+1 || of != 30 {
			t.Errorf("at %d of %d after %d", at, of, last)
		}
		last = at
	})
	if err != nil || head != rs[29].Head || last != 30 {
		t.Fatalf("%v %v at %d", head, err, last)
	}
}

// Somebody who reads the file with a tool for long makes a write Unavailable,
// and does not break the ledger.
func TestAForeignReaderDelaysWriting(t *testing.T) {
	t.Parallel()
	dir, _ := written(t, 3)
	l := mustOpen(t, dir, ledger.Options{BusyTimeout: 50 * time.Millisecond})
	db, err := sql.Open("sqlite", path(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n, readable int
	if err := tx.QueryRowContext(t.Context(), "select count(*), sum(json_valid(entry)) from entry").Scan(&n, &readable); err != nil {
		t.Fatal(err)
	}
	if n != 3 || readable != 3 {
		t.Fatalf("%d entries, %d readable", n, readable)
	}
	if err := l.Append(t.Context(), ledgertest.Chain(t, l.Head(), 1)); !errors.Is(err, weir.Unavailable) {
		t.Fatalf("append while the file is read: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(t.Context(), ledgertest.Chain(t, l.Head(), 1)); err != nil {
		t.Fatal(err)
	}
	if n := len(ledgertest.All(t, l, 0)); n != 4 {
		t.Fatalf("%d entries", n)
	}
}

func TestOpenTellsWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	if _, err := ledger.Open(t.Context(), filepath.Join(t.TempDir(), "no", "ledger.db"), ledger.Options{}); !errors.Is(err, weir.Unavailable) {
		t.Errorf("a missing folder: %v", err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(path(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Open(t.Context(), path(dir), ledger.Options{}); !errors.Is(err, weir.Invalid) {
		t.Errorf("a folder: %v", err)
	}
}

func TestLeftoversAreRemoved(t *testing.T) {
	t.Parallel()
	dir, _ := written(t, 1)
	gone, stays := path(dir)+".snapshot-12", path(dir)+".mine"
	for _, f := range []string{gone, stays} {
		if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := mustOpen(t, dir, ledger.Options{})
	if _, err := l.Snapshot(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	var names []string
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		names = append(names, e.Name())
	}
	if got := fmt.Sprint(names); got != "[ledger.db ledger.db.mine]" {
		t.Error(got)
	}
}

// The file is nobody else's to read: it holds password hashes.
func TestFileIsPrivate(t *testing.T) {
	t.Parallel()
	dir, _ := written(t, 1)
	st, err := os.Stat(path(dir))
	if err != nil {
		t.Fatal(err)
	}
	if st.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v", st.Mode())
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			l := mustOpen(b, b.TempDir(), ledger.Options{})
			for b.Loop() {
				b.StopTimer()
				rs := ledgertest.Chain(b, l.Head(), n)
				b.StartTimer()
				if err := l.Append(b.Context(), rs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	dir, _ := written(b, 100_000)
	for b.Loop() {
		l, err := ledger.Open(b.Context(), path(dir), ledger.Options{})
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
}
