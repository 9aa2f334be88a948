package state_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/driver/statetest"
)

func searchPath(dir string) string { return filepath.Join(dir, "search.db") }

// mustSearch opens an index and lets it follow; the func ends it.
func mustSearch(t testing.TB, dir string, s *state.State, opt state.SearchOptions) (*state.Search, func()) {
	t.Helper()
	x, err := state.OpenSearch(context.Background(), searchPath(dir), s, opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = x.Run(ctx) })
	end := sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := x.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(end)
	return x, end
}

func TestSearchConformance(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]state.SearchOptions{"": {}, "SmallPages": {Page: 2, Readers: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statetest.RunSearch(t, statetest.SearchDriver{
				Driver: statetest.Driver{
					Ledger: func(t testing.TB, dir string) weir.Ledger { return mustLedger(t, dir) },
					Open: func(t testing.TB, dir string, l weir.Ledger) statetest.State {
						return mustState(t, dir, l, state.Options{})
					},
				},
				Search: func(t testing.TB, dir string, s statetest.State) weir.Searcher {
					x, _ := mustSearch(t, dir, s.(*state.State), opt)
					return x
				},
			})
		})
	}
}
