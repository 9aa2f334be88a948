package registry

import (
	"context"
	"sync"
	"time"

	"github.com/weirmesh/weir"
)

// gate lets so many in at once. Others wait for a while, in the order in which
// they came; who finds too many waiting is told to come again. One caller has
// only so many in it, so that it leaves room for others; the zero UID is nobody
// in particular, and may have all.
type gate struct {
	what  string // what is done inside, for who is sent away
	each  int    // places of one caller, waiting ones too
	slots chan struct{}
	line  chan struct{} // those inside and those that wait

	mu sync.Mutex
	of map[weir.UID]int
}

func newGate(what string, inside, waiting, each int) *gate {
	return &gate{what: what, each: each, slots: make(chan struct{}, inside), line: make(chan struct{}, inside+waiting), of: map[weir.UID]int{}}
}

// patience is how long one waits at a gate.
const patience = 10 * time.Second

// enter gives a place to a caller, who must leave it. [weir.Limit] if there is
// none for now.
func (g *gate) enter(ctx context.Context, who weir.UID) (leave func(), err error) {
	if !g.queue(who) {
		return nil, g.busy()
	}
	wait, stop := context.WithTimeout(ctx, patience)
	defer stop()
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots; g.unqueue(who) }, nil
	case <-wait.Done():
		g.unqueue(who)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, g.busy()
	}
}

// queue takes a place in the line, if there is one for the caller.
func (g *gate) queue(who weir.UID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of[who] >= g.each && !who.IsZero() {
		return false
	}
	select {
	case g.line <- struct{}{}:
		g.of[who]++
		return true
	default:
		return false
	}
}

func (g *gate) unqueue(who weir.UID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of[who]--; g.of[who] == 0 {
		delete(g.of, who)
	}
	<-g.line
}

func (g *gate) busy() error {
	return weir.Errorf(weir.Limit, "too many %s at once", g.what).WithFix("try again in a moment")
}
