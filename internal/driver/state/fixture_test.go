package state_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/driver/statetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A ledger file of format 1 is opened for ever, and says what it said. The
// file is never written anew; what it says is in text beside it.
func TestLedgerFileOfFormat1(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyFile(t, ledgerPath(dir), filepath.Join("testdata", "ledger.v1.db"))
	l := mustLedger(t, dir)
	if got := l.Head().Hash.String(); l.Head().Offset != 12 || got != "9c6dd56f21a646c236426ef800b832b182248de9248af63a22610a83c1b6cfd0" {
		t.Errorf("head %d %s", l.Head().Offset, got)
	}
	got := statetest.Dump(t, mustState(t, dir, l, state.Options{}))
	golden := filepath.Join("testdata", "state.v1.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
