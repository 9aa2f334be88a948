package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/flow"
)

// queries says what runs for a query, and records why one cannot go on.
type queries interface {
	// Standing refuses a query that may not run any more, and says in one text
	// what its job depends on.
	Standing(ctx context.Context, v weir.View, q *weir.Query) (string, error)
	Job(ctx context.Context, q *weir.Query) (flow.Job, error)
	Halt(ctx context.Context, call weir.Call, query weir.UID, run int, why string) error
}

// engine runs a job until ctx ends, and then gives nil; else an error says why it
// cannot go on. It tells how the query does now and then.
type engine interface {
	Run(ctx context.Context, job flow.Job, tell func(weir.QueryStatus)) error
}

// QueryConfig is what the runner of queries needs. Every field is required.
type QueryConfig struct {
	State   weir.State
	Queries queries
	Engine  engine
	Now     func() time.Time
	Log     *slog.Logger
}

// Queries runs every query that shall run: it starts and stops them as the ledger
// says, tries again what failed for now, and stops, with the reason on record,
// what cannot go on. Each runs by itself, so one that fails holds up no other.
type Queries struct {
	QueryConfig
	poke chan struct{} // something ended

	mu     sync.Mutex
	runs   map[weir.UID]*queryRun
	status map[weir.UID]weir.QueryStatus
}

// queryRun is one query that runs, or that will be tried again.
type queryRun struct {
	run     int
	about   string // what its job depends on
	cancel  context.CancelFunc
	done    chan struct{}
	err     error // after done
	failed  int   // times in a row
	notTill time.Time
}

// NewQueries makes the runner.
func NewQueries(c QueryConfig) *Queries {
	return &Queries{QueryConfig: c, poke: make(chan struct{}, 1), runs: map[weir.UID]*queryRun{}, status: map[weir.UID]weir.QueryStatus{}}
}

// Status is how a query does; false: it was never run since the node started.
func (w *Queries) Status(query weir.UID) (weir.QueryStatus, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.status[query]
	return s, ok
}

// Run runs queries until ctx ends; then all of them have stopped.
func (w *Queries) Run(ctx context.Context) error {
	defer w.stopAll()
	for ctx.Err() == nil {
		seen, wait, err := w.look(ctx)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("the queries cannot be looked at", "error", err)
		}
		w.sleep(ctx, seen, wait)
	}
	return nil
}

// sleep waits for a change of the state, for a query that ended, or for a time.
func (w *Queries) sleep(ctx context.Context, seen weir.Offset, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		_ = w.State.Wait(ctx, seen+1) // either way it is time to look
	}()
	select {
	case <-moved:
	case <-w.poke:
		cancel()
		<-moved
	}
}

// look compares what runs with what shall, and acts. It says which offset it saw,
// and how long nothing need be done if nothing changes.
func (w *Queries) look(ctx context.Context) (seen weir.Offset, wait time.Duration, err error) {
	wait = lookEvery
	wanted, seen, err := w.wanted(ctx)
	if err != nil {
		return seen, retryFirst, err
	}
	w.forget(wanted)
	for _, q := range wanted {
		wait = min(wait, w.query(ctx, q))
	}
	return seen, wait, nil
}

// wantedQuery is a query as the state has it.
type wantedQuery struct {
	*weir.Query
	about string
	lost  error // why it may not run any more
}

// wanted is every query, and whether those that shall run still may.
func (w *Queries) wanted(ctx context.Context) (map[weir.UID]wantedQuery, weir.Offset, error) {
	v, done, err := w.State.View(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer done()
	out := map[weir.UID]wantedQuery{}
	err = weir.All(ctx, v, weir.ListQuery{Noun: weir.NounQuery, Scope: weir.Everything}, func(it weir.Item) error {
		q, ok := it.Entity.(*weir.Query)
		if !ok {
			return weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
		}
		one := wantedQuery{Query: q}
		if q.Wish == weir.QueryRun {
			one.about, one.lost = w.Queries.Standing(ctx, v, q)
		}
		out[q.UID] = one
		return nil
	})
	return out, v.Offset(), err
}

// forget stops what runs and is no more.
func (w *Queries) forget(wanted map[weir.UID]wantedQuery) {
	for uid := range w.all() {
		if _, ok := wanted[uid]; ok {
			continue
		}
		w.stop(uid)
		w.mu.Lock()
		delete(w.status, uid)
		w.mu.Unlock()
	}
}

// all are the queries that are known here.
func (w *Queries) all() map[weir.UID]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[weir.UID]bool{}
	for uid := range w.runs {
		out[uid] = true
	}
	for uid := range w.status {
		out[uid] = true
	}
	return out
}

// query brings one query to where it shall be, and says when to look again.
func (w *Queries) query(ctx context.Context, q wantedQuery) time.Duration {
	w.mu.Lock()
	r := w.runs[q.UID]
	w.mu.Unlock()
	switch {
	case q.Wish != weir.QueryRun:
		w.stop(q.UID)
		return lookEvery
	case q.lost != nil:
		w.stop(q.UID)
		return w.cannot(ctx, q, q.lost)
	case r != nil && (r.run != q.Run || r.about != q.about):
		w.stop(q.UID)
		r = nil
	case r != nil && !r.ended():
		return lookEvery
	}
	if r != nil && r.err != nil {
		err := r.err
		r.err = nil
		if !again(err) {
			return w.halt(ctx, q, err)
		}
	}
	if r != nil && w.Now().Before(r.notTill) {
		return max(r.notTill.Sub(w.Now()), time.Millisecond)
	}
	return w.start(ctx, q, r)
}

// passing reports whether an error may be gone at the next try.
func passing(err error) bool {
	var e *weir.Error
	if !errors.As(err, &e) {
		return true
	}
	switch e.Kind {
	case weir.Unavailable, weir.Limit, weir.OutcomeUnknown, weir.Internal:
		return true
	}
	return false
}

// again reports whether a run that ended with an error is worth another. A bound
// of a query's own the engine would meet again.
func again(err error) bool { return passing(err) && !weir.Limit.In(err) }

// cannot puts on record why a query stops; what may be gone at the next try is
// kept in memory alone.
func (w *Queries) cannot(ctx context.Context, q wantedQuery, why error) time.Duration {
	if passing(why) {
		w.fault(q.UID, failed(why).Text)
		return retryFirst
	}
	return w.halt(ctx, q, why)
}

// halt puts on record why a query stops.
func (w *Queries) halt(ctx context.Context, q wantedQuery, why error) time.Duration {
	text := failed(why).Text
	w.fault(q.UID, text)
	w.Log.Error("a query stops", "query", q.Name, "reason", text)
	if err := w.Queries.Halt(ctx, system(), q.UID, q.Run, text); err != nil && ctx.Err() == nil {
		w.Log.Error("why a query stopped is not on record yet", "query", q.Name, "error", err)
		return retryFirst
	}
	return lookEvery
}

// fault remembers why a query does not run.
func (w *Queries) fault(query weir.UID, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status[query]
	if s.Running || s.Since.IsZero() {
		s.Since = w.Now()
	}
	s.Running, s.Error = false, text
	w.status[query] = s
}

// start runs a query in a goroutine of its own. before is the run that ended.
func (w *Queries) start(ctx context.Context, q wantedQuery, before *queryRun) time.Duration {
	job, err := w.Queries.Job(ctx, q.Query)
	if err != nil {
		return w.cannot(ctx, q, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	r := &queryRun{run: q.Run, about: q.about, cancel: cancel, done: make(chan struct{})}
	if before != nil {
		r.failed = before.failed
	}
	w.mu.Lock()
	w.runs[q.UID] = r
	if before == nil {
		w.status[q.UID] = weir.QueryStatus{Since: w.Now()}
	}
	w.mu.Unlock()
	go w.run(ctx, q, r, job)
	return lookEvery
}

// run is one run of a query.
func (w *Queries) run(ctx context.Context, q wantedQuery, r *queryRun, job flow.Job) {
	defer w.wake()
	defer close(r.done)
	worked := false
	err := w.Engine.Run(ctx, job, func(s weir.QueryStatus) {
		worked = worked || s.Running
		w.tell(q.UID, s)
	})
	if ctx.Err() != nil {
		w.ended(q.UID)
		return
	}
	if err == nil {
		err = weir.Errorf(weir.Internal, "the query %s ended by itself", q.Name)
	}
	w.fault(q.UID, failed(err).Text)
	if worked {
		r.failed = 0
	}
	r.failed++
	r.err, r.notTill = err, w.Now().Add(min(retryFirst<<min(r.failed, 10), retryAtMost))
	if again(err) {
		w.Log.Warn("a query is tried again", "query", q.Name, "error", err)
	}
}

// wake lets the runner look again.
func (w *Queries) wake() {
	select {
	case w.poke <- struct{}{}:
	default:
	}
}

// tell keeps how a query does.
func (w *Queries) tell(query weir.UID, s weir.QueryStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.Error == "" {
		s.Error = w.status[query].Error
	}
	w.status[query] = s
}

// ended keeps that a query does not run, because it shall not.
func (w *Queries) ended(query weir.UID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.status[query]
	s.Running, s.Since = false, w.Now()
	w.status[query] = s
}

// stop ends a run and waits for it.
func (w *Queries) stop(query weir.UID) {
	w.mu.Lock()
	r := w.runs[query]
	delete(w.runs, query)
	w.mu.Unlock()
	if r != nil {
		r.cancel()
		<-r.done
	}
}

// stopAll ends every run, all at once.
func (w *Queries) stopAll() {
	w.mu.Lock()
	for _, r := range w.runs {
		r.cancel()
	}
	w.mu.Unlock()
	for uid := range w.all() {
		w.stop(uid)
	}
}

// ended reports whether a run is over.
func (r *queryRun) ended() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}
