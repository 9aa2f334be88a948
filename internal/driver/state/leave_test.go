package state_test

import (
	"context"
	"testing"

	"github.com/weirmesh/weir/internal/driver/state"
)

// Who leaves while a view is being made leaves nothing behind: a connection that
// is within a transaction is nobody else's.
func TestLeavingHurtsNobodyElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustState(t, dir, mustLedger(t, dir), state.Options{})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 {
		if _, done, err := s.View(gone); err == nil {
			done()
		}
		_, done, err := s.View(t.Context())
		if err != nil {
			t.Fatalf("somebody else: %v", err)
		}
		done()
	}
}
