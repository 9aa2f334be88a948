package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // registers "sqlite"

	"github.com/weirmesh/weir/internal/kit/sqlite"
)

func mustConnect(t *testing.T, path string, s sqlite.Settings) *sqlite.Conn {
	t.Helper()
	db, err := sqlite.Open(path, 1, s)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.Connect(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(c.Close(), db.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// The file has exactly the name that was asked for, whatever is in it, and
// every connection has the settings.
func TestOpen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.db", "with space.db", "a?b=c.db", "a#b.db", "100%41.db", "ä&x;.db"} {
		dir := t.TempDir()
		c := mustConnect(t, filepath.Join(dir, name), sqlite.Settings{Create: true, Pragmas: []string{"busy_timeout(77)", "journal_mode(WAL)"}})
		if _, err := c.Exec(t.Context(), "create table t (x)"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
		var busy int
		var mode string
		if err := errors.Join(c.Row(t.Context(), "pragma busy_timeout", nil, &busy), c.Row(t.Context(), "pragma journal_mode", nil, &mode)); err != nil || busy != 77 || mode != "wal" {
			t.Errorf("%d %s %v", busy, mode, err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, make([]byte, 9000), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(path string) error {
		db, err := sqlite.Open(path, 1, sqlite.Settings{Pragmas: []string{"journal_mode(DELETE)"}})
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = sqlite.Connect(t.Context(), db)
		return err
	}
	one := mustConnect(t, filepath.Join(dir, "a.db"), sqlite.Settings{Create: true})
	two := mustConnect(t, filepath.Join(dir, "a.db"), sqlite.Settings{})
	if _, err := one.Exec(t.Context(), "begin immediate"); err != nil {
		t.Fatal(err)
	}
	_, busy := two.Exec(t.Context(), "begin immediate")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var n int
	for name, c := range map[string]struct {
		err  error
		want sqlite.Fault
	}{
		"none":        {nil, sqlite.None},
		"not there":   {open(filepath.Join(dir, "none", "x.db")), sqlite.Access},
		"no database": {open(garbage), sqlite.Broken},
		"busy":        {busy, sqlite.Busy},
		"ended":       {one.Row(ended, "select 1", nil, &n), sqlite.Ended},
		"no table":    {one.Row(t.Context(), "select * from missing", nil, &n), sqlite.Broken},
		"another":     {fmt.Errorf("x: %w", os.ErrClosed), sqlite.Unknown},
	} {
		if got := sqlite.FaultOf(c.err); got != c.want {
			t.Errorf("%s: %v is the fault %d, want %d", name, c.err, got, c.want)
		}
	}
}
