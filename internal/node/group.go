package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// group is the parts of a node that run or must be stopped. They stop one by
// one, the last started first.
type group struct {
	log    *slog.Logger
	mu     sync.Mutex
	parts  []part
	failed chan error // the first failure
}

type part struct {
	name string
	stop func(context.Context) error
}

func newGroup(log *slog.Logger) *group { return &group{log: log, failed: make(chan error, 1)} }

// run starts something that blocks until its context ends. Its failure ends the
// node.
func (g *group) run(name string, fn func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			g.fail(fmt.Errorf("%s: %w", name, err))
		}
	}()
	g.onStop(name, func(limit context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-limit.Done():
			return errors.New("it did not stop in time")
		}
	})
}

// onStop adds something to do when the node stops.
func (g *group) onStop(name string, fn func(context.Context) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parts = append(g.parts, part{name, fn})
}

func (g *group) fail(err error) {
	select {
	case g.failed <- err:
	default:
		g.log.Error("another part failed", "error", err)
	}
}

// wait returns when ctx ends, with nil, or when a part fails, with its error.
func (g *group) wait(ctx context.Context) error {
	select {
	case err := <-g.failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// watch is ctx, and ends too when a part fails.
func (g *group) watch(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case err := <-g.failed:
			g.failed <- err // for wait
			cancel()
		case <-ctx.Done():
		}
	}()
	g.onStop("start", func(context.Context) error { cancel(); return nil })
	return ctx
}

// stop stops every part, the last one first, each within its time.
func (g *group) stop() error {
	g.mu.Lock()
	parts := g.parts
	g.parts = nil
	g.mu.Unlock()
	var errs []error
	for i := len(parts) - 1; i >= 0; i-- {
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), stopFor)
		if err := parts[i].stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", parts[i].name, err))
		}
		cancel()
		if took := time.Since(began); took > stopFor/2 {
			g.log.Warn("a part was slow to stop", "part", parts[i].name, "took", took)
		}
	}
	return errors.Join(errs...)
}
