package identity

import (
	"net/netip"
	"sync"
	"time"
)

// Failed logins that are let through within an hour before each more costs a
// wait: of one name from one address; of any names from one address, behind which
// there may be an office; of one name from anywhere.
const (
	freeOfBoth    = 5
	freeOfAddress = 100
	freeOfName    = 1000
)

// How long such a wait is, how long failures are remembered, and of how many at
// most of each kind.
const (
	failureWait = time.Second
	maxWait     = time.Minute
	addressWait = 5 * time.Second // at most, since others are there too
	failureLife = time.Hour
	maxFailing  = 10_000
)

// guesses count failed logins, so that nobody tries many passwords, and so that
// who tries keeps nobody else out: a name's person comes in from elsewhere.
type guesses struct {
	mu      sync.Mutex
	both    tries[[2]string]
	address tries[string]
	name    tries[string]
}

func newGuesses() *guesses {
	return &guesses{
		both:    tries[[2]string]{free: freeOfBoth, longest: maxWait, of: map[[2]string]failing{}},
		address: tries[string]{free: freeOfAddress, longest: addressWait, of: map[string]failing{}},
		name:    tries[string]{free: freeOfName, longest: maxWait, of: map[string]failing{}},
	}
}

// begin says how long a try of a name from an address has to wait. A try that has
// not to wait counts as a failure until [guesses.right] says that it was none, so
// that many at once are no more than many one after the other.
func (g *guesses) begin(name, address string, now time.Time) time.Duration {
	host := hostOf(address)
	both := [2]string{name, host}
	g.mu.Lock()
	defer g.mu.Unlock()
	if wait := max(g.both.wait(both, now), g.address.wait(host, now), g.name.wait(name, now)); wait > 0 {
		return wait
	}
	g.both.failed(both, now)
	g.address.failed(host, now)
	g.name.failed(name, now)
	return 0
}

// right takes back what a try counted, and forgets the failures of the name at
// that address. Others' guesses are not forgotten by it.
func (g *guesses) right(name, address string) {
	host := hostOf(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.both.of, [2]string{name, host})
	g.address.back(host)
	g.name.back(name)
}

// hostOf is what of an address counts as one place: not the port, and of an
// address of IPv6 the network, in which one machine has all addresses.
func hostOf(address string) string {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return address
	}
	ip := ap.Addr().Unmap().WithZone("")
	if ip.Is6() {
		if net, err := ip.Prefix(64); err == nil {
			return net.String()
		}
	}
	return ip.String()
}

// failing is how often something failed within a time.
type failing struct {
	count int
	since time.Time // the first of them
	until time.Time // the next try waits for
}

// tries are the failures of one kind of thing.
type tries[K comparable] struct {
	free    int
	longest time.Duration
	of      map[K]failing
}

func (t *tries[K]) wait(k K, now time.Time) time.Duration { return t.of[k].until.Sub(now) }

// failed doubles the wait, once the free tries are used up.
func (t *tries[K]) failed(k K, now time.Time) {
	f, ok := t.of[k]
	if ok && f.over(now) {
		f = failing{}
	}
	if !ok && len(t.of) >= maxFailing {
		t.room(now)
	}
	if f.count++; f.count == 1 {
		f.since = now
	}
	if over := f.count - t.free; over > 0 {
		f.until = now.Add(min(failureWait<<min(over, 10), t.longest))
	}
	t.of[k] = f
}

// back takes one failure back, and the wait that it cost.
func (t *tries[K]) back(k K) {
	f := t.of[k]
	if f.count--; f.count <= 0 {
		delete(t.of, k)
		return
	}
	f.until = time.Time{}
	t.of[k] = f
}

// over reports whether failures are forgotten.
func (f failing) over(now time.Time) bool {
	return now.Sub(f.since) > failureLife && now.After(f.until)
}

// room forgets what is over, and if nothing is, everything.
func (t *tries[K]) room(now time.Time) {
	for k, f := range t.of {
		if f.over(now) {
			delete(t.of, k)
		}
	}
	if len(t.of) >= maxFailing {
		clear(t.of)
	}
}
