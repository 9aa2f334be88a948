package access

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Live holds the newest snapshot and tells who waits for a newer one.
type Live struct {
	// The snapshots are not changed any more once they stand in current.
	ledger  weir.Ledger
	current atomic.Pointer[Snapshot]

	mu      sync.Mutex
	changed chan struct{} // closed and replaced at each change
}

// NewLive compiles the rights from the whole ledger.
func NewLive(ctx context.Context, ledger weir.Ledger) (*Live, error) {
	l := &Live{ledger: ledger, changed: make(chan struct{})}
	l.current.Store(emptySnapshot())
	if err := l.catchUp(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// Load takes the rights from the state and goes on from there in the ledger,
// which costs what is there now, not all that ever was.
func Load(ctx context.Context, state weir.State, ledger weir.Ledger) (*Live, error) {
	l := &Live{ledger: ledger, changed: make(chan struct{})}
	s, err := loadSnapshot(ctx, state)
	if err != nil {
		return nil, err
	}
	l.current.Store(s)
	if err := l.catchUp(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// loadSnapshot compiles the rights from the living.
func loadSnapshot(ctx context.Context, state weir.State) (*Snapshot, error) {
	v, done, err := state.View(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	s := emptySnapshot()
	for _, n := range decisive {
		err := weir.All(ctx, v, weir.ListQuery{Noun: n, Scope: weir.Everything, Brief: true}, func(it weir.Item) error {
			s.put(it.Entity.Ref(), it.Entity)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	s.at = v.Offset()
	return s, nil
}

// Current is the newest snapshot. Use it for one frame.
func (l *Live) Current() *Snapshot { return l.current.Load() }

// Changed is closed when Current is no longer the newest. Ask for it before
// Current, and nothing is missed.
func (l *Live) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// PersonOn is what the applications of some teams could do with a topic, all of
// them together, and whose topic it is. Nothing if the topic is not made.
func (l *Live) PersonOn(teams []weir.UID, topic string) (rights.Topic, weir.UID) {
	s := l.Current()
	t, ok := s.Topic(topic)
	if !ok {
		return rights.Nothing, weir.UID{}
	}
	return s.PersonRights(teams, t), t.Of.UID
}

// Wait returns once the snapshot shows an offset, or ctx's error.
func (l *Live) Wait(ctx context.Context, at weir.Offset) error {
	for {
		changed := l.Changed()
		if l.Current().Offset() >= at {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return weir.Errorf(weir.Unavailable, "the rights do not show entry %d yet", at).Because(ctx.Err())
		}
	}
}

// Run follows the ledger until ctx ends.
func (l *Live) Run(ctx context.Context) error {
	for {
		if _, err := l.ledger.Wait(ctx, l.Current().Offset()); err != nil {
			return ended(ctx, err)
		}
		if err := l.catchUp(ctx); err != nil {
			return ended(ctx, err)
		}
	}
}

// catchUp applies everything that the ledger has and the snapshot has not.
func (l *Live) catchUp(ctx context.Context) error {
	s := l.Current().fork()
	if err := l.ledger.Read(ctx, s.at+1, s.apply); err != nil {
		return err
	}
	l.current.Store(s)
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.changed)
	l.changed = make(chan struct{})
	return nil
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}
