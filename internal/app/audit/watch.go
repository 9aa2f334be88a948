package audit

import (
	"context"
	"sync"

	"github.com/weirmesh/weir"
)

// Bounds of those who watch what happens.
const (
	maxWatchers         = 200
	maxWatchersOfPerson = 10
)

// watchers are those who wait for new entries.
type watchers struct {
	base context.Context // ends when the node stops
	end  context.CancelFunc

	mu  sync.Mutex
	of  map[weir.UID]int // by person
	all int
}

func newWatchers() *watchers {
	w := &watchers{of: map[weir.UID]int{}}
	w.base, w.end = context.WithCancel(context.Background())
	return w
}

// Run waits for ctx to end, and then ends everybody's watching.
func (a *Audit) Run(ctx context.Context) error {
	<-ctx.Done()
	a.watchers.end()
	return nil
}

// Watch lets a caller wait for entries, with a context that ends with the node
// too. The func must be called when done. Limit: too many watch.
func (a *Audit) Watch(ctx context.Context, p weir.Principal) (context.Context, func(), error) {
	w, person := a.watchers, p.Ref.UID
	if err := w.enter(person); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(w.base, cancel)
	return ctx, func() {
		stop()
		cancel()
		w.leave(person)
	}, nil
}

func (w *watchers) enter(person weir.UID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all >= maxWatchers || w.of[person] >= maxWatchersOfPerson {
		return weir.Errorf(weir.Limit, "too many watch what happens: %d at most, %d of them one person's", maxWatchers, maxWatchersOfPerson).
			WithFix("close another page that does, or ask for the list from time to time")
	}
	w.all++
	w.of[person]++
	return nil
}

func (w *watchers) leave(person weir.UID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all--
	if w.of[person]--; w.of[person] == 0 {
		delete(w.of, person)
	}
}
