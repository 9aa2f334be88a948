package identity

import "time"

// Guesses are the counts of failed logins, for tests of their bounds.
type Guesses struct{ *guesses }

// NewGuesses makes them.
func NewGuesses() Guesses { return Guesses{newGuesses()} }

// Try is a login that fails, unless it has to wait: then for how long.
func (g Guesses) Try(name, address string) time.Duration { return g.begin(name, address, time.Now()) }

// Right tells that a name's password was said.
func (g Guesses) Right(name, address string) { g.right(name, address) }

// Kept is how many things have failures.
func (g Guesses) Kept() int { return len(g.both.of) + len(g.address.of) + len(g.name.of) }
