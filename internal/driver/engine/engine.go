// Package engine runs queries: it reads records in columns, gives them to the
// query's flow, and writes what comes out.
//
// It promises that a query sees every committed record of its inputs once, and
// that what it writes, how far it read and what it must not forget are committed
// together, so that readers of committed records see every result once, whatever
// fails and whenever. What it holds in memory is bounded, and a query without
// new records writes nothing.
//
// Records that cannot be computed are set aside in the same transaction, with
// the reason; a query without a place for them stops at the first.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/flow"
)

// Bounds of an epoch: how many records it reads, and about how many bytes.
const (
	DefaultRows = 50_000
	epochBytes  = 32 << 20
)

// Bounds of the pauses between tries, and how often in a row what looks like a
// fault that stays is tried.
const (
	pauseFirst  = 100 * time.Millisecond
	pauseAtMost = 10 * time.Second
	stubborn    = 4
)

// idleFor is how long a query waits for records before it tells how it does.
const idleFor = time.Second

// idlePartition is how long a watermark waits for a partition unless told.
const idlePartition = 10 * time.Second

// Config is what the engine needs. All but the first four may be left out.
type Config struct {
	// Open opens a session; see weir.Session.
	Open func(ctx context.Context, spec weir.SessionSpec) (weir.Session, error)
	Log  *slog.Logger
	Now  func() time.Time
	// Rand gives a number from 0 up to, not including, 1.
	Rand func() float64
	// Rows bounds the records of an epoch; 0 is DefaultRows.
	Rows int
	// Changes is how many bytes of changes of state are kept before a snapshot
	// begins, at least; 0 is 4 MB.
	Changes int64
	// Idle is how long a watermark waits for a partition from which nothing comes;
	// 0 is 10 s.
	Idle time.Duration
	// KeepEpochs is how many of the last epochs stay on record; 0 is 16, negative
	// is all.
	KeepEpochs int
	// Hook is called at points of each epoch; an error there is as good as a
	// crash. It is for tests.
	Hook func(ctx context.Context, at Point) error
}

// Point is a place in the life of a session.
type Point string

// The points, in order; all but the first are passed in each epoch.
const (
	Resumed   Point = "resumed" // the state is there again
	Polled    Point = "polled"
	Stepped   Point = "stepped"
	Put       Point = "put" // and the next thing is the commit
	Committed Point = "committed"
)

// Engine runs queries. Any goroutine may use it.
type Engine struct{ cfg Config }

// New makes an engine.
func New(c Config) *Engine {
	if c.Rows == 0 {
		c.Rows = DefaultRows
	}
	if c.KeepEpochs == 0 {
		c.KeepEpochs = 16
	}
	if c.Changes == 0 {
		c.Changes = changesAtOnce
	}
	if c.Idle == 0 {
		c.Idle = idlePartition
	}
	if c.Hook == nil {
		c.Hook = func(context.Context, Point) error { return nil }
	}
	return &Engine{c}
}

// Run runs a query until ctx ends, and gives nil then. After a failure that may
// pass it goes on where the last epoch ended, after a pause; an error says why it
// cannot go on, and what to do. tell is called when there is news, from one
// goroutine.
func (e *Engine) Run(ctx context.Context, job flow.Job, tell func(weir.QueryStatus)) error {
	r := &run{cfg: e.cfg, job: job, tell: tell, pace: pace{idle: e.cfg.Idle}}
	r.status.Since = e.cfg.Now()
	tries := 0
	for pause := pauseFirst; ; pause = min(2*pause, pauseAtMost) {
		before := r.status.Epoch
		err := r.session(ctx)
		if ctx.Err() != nil {
			r.stopped(nil)
			return nil
		}
		if r.status.Epoch > before {
			pause, tries = pauseFirst, 0
		}
		tries++
		r.stopped(err)
		if stays(err, tries) {
			return err
		}
		e.cfg.Log.Warn("a query tries again", "query", job.Name, "error", err, "pause", pause)
		e.sleep(ctx, pause)
	}
}

// cannot is an error of the flow itself, such as a state beyond its bound: the same
// records give it again.
type cannot struct{ error }

func (e cannot) Unwrap() error { return e.error }

// stays reports whether trying again cannot help. What another node or a cluster
// that starts may be the cause of is tried a few times.
func stays(err error, tries int) bool {
	if errors.As(err, new(cannot)) {
		return true
	}
	switch weir.KindOf(err) {
	case weir.Unavailable, weir.Limit, weir.OutcomeUnknown:
		return false
	case weir.Conflict, weir.NotFound:
		return tries >= stubborn
	}
	return true
}

// sleep waits between half of a time and the whole.
func (e *Engine) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(time.Duration((1 + e.cfg.Rand()) / 2 * float64(d)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
