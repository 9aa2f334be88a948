package registry

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirmesh/weir"
)

// TestGate: so many are inside, so many wait, one caller has only some of the
// places, and who waits too long or gives up leaves the line.
func TestGate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g, ctx := newGate("things", 1, 1, 1), context.Background()
		a, b, c := weir.UID{1}, weir.UID{2}, weir.UID{3}
		leave, err := g.enter(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := g.enter(ctx, a); !weir.Limit.In(err) || time.Since(began) > 0 {
			t.Errorf("a second place of the same caller: %v, after %s", err, time.Since(began))
		}
		came := make(chan error)
		go func() {
			leave, err := g.enter(ctx, b)
			if err == nil {
				leave()
			}
			came <- err
		}()
		synctest.Wait()
		if _, err := g.enter(ctx, c); !weir.Limit.In(err) {
			t.Errorf("beyond the line: %v", err)
		}
		leave()
		if err := <-came; err != nil {
			t.Errorf("who waited: %v", err)
		}
		leave, _ = g.enter(ctx, a)
		if _, err := g.enter(ctx, b); !weir.Limit.In(err) { // time is the bubble's: it passes at once
			t.Errorf("who waited too long: %v", err)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := g.enter(gone, b); !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up: %v", err)
		}
		leave()
		if len(g.of) != 0 || len(g.line) != 0 || len(g.slots) != 0 {
			t.Errorf("left behind: %v, %d, %d", g.of, len(g.line), len(g.slots))
		}
	})
}
