package importer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/weirmesh/weir/client"
)

// each calls fn for every item, so many at once. The first error ends it.
func each[T any](ctx context.Context, workers int, items []T, fn func(context.Context, T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan T)
	var running sync.WaitGroup
	for range min(workers, len(items)) {
		running.Go(func() {
			for it := range next {
				if ctx.Err() == nil {
					if err := fn(ctx, it); err != nil {
						cancel(err)
					}
				}
			}
		})
	}
	for _, it := range items {
		if ctx.Err() != nil {
			break
		}
		next <- it
	}
	close(next)
	running.Wait()
	return context.Cause(ctx)
}

// Reads are repeated when the registry was not to be reached or failed inside:
// an import makes many thousand.
const (
	attempts = 4
	pause    = 250 * time.Millisecond
)

// retry repeats a read.
func retry[T any](ctx context.Context, read func() (T, error)) (T, error) {
	for i := 1; ; i++ {
		got, err := read()
		var p *client.RegistryProblem
		refused := errors.As(err, &p) && p.Status < 500 && p.Status != 429
		if err == nil || refused || i == attempts {
			return got, err
		}
		select {
		case <-ctx.Done():
			return got, context.Cause(ctx)
		case <-time.After(time.Duration(i) * pause):
		}
	}
}
