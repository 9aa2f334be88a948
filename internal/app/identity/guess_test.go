package identity_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirmesh/weir/internal/app/identity"
)

// tries is how many logins fail before one has to wait, at most so many.
func tries(most int, try func(i int) time.Duration) int {
	for i := range most {
		if try(i) > 0 {
			return i
		}
	}
	return most
}

const (
	home   = "192.0.2.1:4000"
	attack = "198.51.100.7:5000"
)

// TestGuessesKeepNobodyElseOut: who guesses a name's password has to wait after
// few tries, and its person comes in from elsewhere meanwhile; who guesses many
// names' from one address, or one name's from many, has to wait after more.
func TestGuessesKeepNobodyElseOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		try  func(g identity.Guesses) func(i int) time.Duration
		want int
	}{
		"one name, one address": {func(g identity.Guesses) func(int) time.Duration {
			return func(int) time.Duration { return g.Try("ann", attack) }
		}, 6},
		"its ports are one address": {func(g identity.Guesses) func(int) time.Duration {
			return func(i int) time.Duration { return g.Try("ann", fmt.Sprint("198.51.100.7:", 1024+i)) }
		}, 6},
		"a network of IPv6 is one address": {func(g identity.Guesses) func(int) time.Duration {
			return func(i int) time.Duration { return g.Try("ann", fmt.Sprintf("[2001:db8::%x]:1", i+1)) }
		}, 6},
		"IPv4 in IPv6 is its IPv4": {func(g identity.Guesses) func(int) time.Duration {
			return func(i int) time.Duration {
				return g.Try("ann", []string{"198.51.100.7:1", "[::ffff:198.51.100.7]:1"}[i%2])
			}
		}, 6},
		"many names, one address": {func(g identity.Guesses) func(int) time.Duration {
			return func(i int) time.Duration { return g.Try(fmt.Sprint("n", i), attack) }
		}, 101},
		"one name, many addresses": {func(g identity.Guesses) func(int) time.Duration {
			return func(i int) time.Duration { return g.Try("ann", fmt.Sprintf("10.0.%d.%d:1", i/250, i%250)) }
		}, 1001},
	} {
		synctest.Test(t, func(t *testing.T) { // time stands: however slow the machine is
			g := identity.NewGuesses()
			if got := tries(5000, c.try(g)); got != c.want {
				t.Errorf("%s: %d tries before a wait, want %d", name, got, c.want)
			}
			if wait := g.Try("bob", home); wait > 0 {
				t.Errorf("%s: somebody else has to wait %s", name, wait)
			}
			if wait := g.Try("ann", home); wait > 0 != (c.want > 1000) {
				t.Errorf("%s: the name's person at home has to wait %s", name, wait)
			}
		})
	}
}

// TestWaitsGrowAndEnd: each failure more doubles the wait up to a minute, for a
// whole address up to five seconds; after an hour everything is forgotten.
func TestWaitsGrowAndEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := identity.NewGuesses()
		var waits []time.Duration
		for i := 0; len(waits) < 8 && i < 1000; i++ {
			if wait := g.Try("ann", attack); wait > 0 {
				waits = append(waits, wait)
				time.Sleep(wait)
			}
		}
		if got := fmt.Sprint(waits); got != "[2s 4s 8s 16s 32s 1m0s 1m0s 1m0s]" {
			t.Errorf("the waits of a name at an address are %s", got)
		}
		time.Sleep(time.Hour)
		if got := tries(10, func(int) time.Duration { return g.Try("ann", attack) }); got != 6 {
			t.Errorf("after an hour %d tries are free, want 6", got)
		}

		names := 0
		waits = nil
		for len(waits) < 4 && names < 1000 {
			names++
			if wait := g.Try(fmt.Sprint("n", names), attack); wait > 0 {
				waits = append(waits, wait)
				time.Sleep(wait)
			}
		}
		if got := fmt.Sprint(waits); got != "[2s 4s 5s 5s]" {
			t.Errorf("the waits of an address are %s", got)
		}
	})
}

// TestRightPasswordForgetsItsOwnFailures: those of the name at that address, and
// nobody else's.
func TestRightPasswordForgetsItsOwnFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := identity.NewGuesses()
		for range 5 {
			g.Try("ann", home)
			g.Try("ann", attack)
		}
		g.Right("ann", home)
		if got := tries(10, func(int) time.Duration { return g.Try("ann", home) }); got != 6 {
			t.Errorf("after the right password %d tries are free, want 6", got)
		}
		if got := tries(10, func(int) time.Duration { return g.Try("ann", attack) }); got != 1 {
			t.Errorf("elsewhere %d tries are free, want 1", got)
		}
	})
}

// TestRightPasswordsNeverWait: an office that signs in all day from one address
// is not held up by how often it does.
func TestRightPasswordsNeverWait(t *testing.T) {
	t.Parallel()
	g := identity.NewGuesses()
	for i := range 3000 {
		name := fmt.Sprint("n", i%20)
		if wait := g.Try(name, home); wait > 0 {
			t.Fatalf("sign-in %d has to wait %s", i, wait)
		}
		g.Right(name, home)
	}
	if got := g.Kept(); got != 0 {
		t.Errorf("%d failures are remembered", got)
	}
}

// TestGuessesAreBounded: however many names are guessed from however many
// addresses, so many are remembered and no more, and the old make room first.
func TestGuessesAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := identity.NewGuesses()
		for i := range 25_000 {
			g.Try(fmt.Sprint("n", i), fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255))
		}
		if got := g.Kept(); got > 30_000 {
			t.Errorf("%d are remembered", got)
		}
		time.Sleep(2 * time.Hour)
		for range 6 {
			g.Try("ann", attack)
		}
		for i := range 9_500 {
			g.Try(fmt.Sprint("m", i), fmt.Sprintf("11.%d.%d.%d:1", i>>16, i>>8&255, i&255))
		}
		if g.Try("ann", attack) == 0 {
			t.Error("what was over an hour ago did not make room: newer failures were forgotten")
		}
	})
}
