package worker_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/worker"
)

// runner is the runner of queries over a real ledger and state; what queries are,
// and how they run, the test says.
type runner struct {
	t      *testing.T
	ledger *ledger.Ledger
	state  *state.State
	*worker.Queries

	writing sync.Mutex // one entry at a time

	mu     sync.Mutex
	refuse map[weir.UID]error  // Standing
	about  map[weir.UID]string // likewise
	jobs   map[weir.UID]error  // Job
	ends   map[weir.UID][]error
	runs   map[weir.UID]int // that began
	lives  map[weir.UID]int // that run now
	halted map[weir.UID]string
	revs   map[weir.UID]weir.Revision
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	dir := t.TempDir()
	r := &runner{
		t: t, refuse: map[weir.UID]error{}, about: map[weir.UID]string{}, jobs: map[weir.UID]error{}, ends: map[weir.UID][]error{},
		runs: map[weir.UID]int{}, lives: map[weir.UID]int{}, halted: map[weir.UID]string{}, revs: map[weir.UID]weir.Revision{},
	}
	var err error
	r.ledger, err = ledger.Open(t.Context(), filepath.Join(dir, "ledger.db"), ledger.Options{})
	must(t, err)
	r.state, err = state.Open(t.Context(), filepath.Join(dir, "state.db"), r.ledger, state.Options{})
	must(t, err)
	r.Queries = worker.NewQueries(worker.QueryConfig{State: r.state, Queries: r, Engine: fakeEngine{r}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { must(t, r.Queries.Run(ctx)) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		for uid, n := range r.lives {
			if n != 0 {
				t.Errorf("%d of %s still run", n, uid)
			}
		}
		must(t, r.state.Close())
		must(t, r.ledger.Close())
	})
	return r
}

// Standing, Job and Halt are what the use cases do.
func (r *runner) Standing(_ context.Context, _ weir.View, q *weir.Query) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.about[q.UID], r.refuse[q.UID]
}

func (r *runner) Job(_ context.Context, q *weir.Query) (flow.Job, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return flow.Job{Query: q.UID, Run: q.Run, Name: q.Name}, r.jobs[q.UID]
}

func (r *runner) Halt(_ context.Context, _ weir.Call, query weir.UID, run int, why string) error {
	v, done, err := r.state.View(r.t.Context())
	if err != nil {
		return err
	}
	q, _, err := weir.Find[*weir.Query](r.t.Context(), v, weir.Ref{Noun: weir.NounQuery, UID: query})
	done()
	if err != nil {
		return err
	}
	if q.Run != run || q.Wish != weir.QueryRun {
		return nil
	}
	next := *q
	next.Wish, next.Why = weir.QueryPause, why
	r.put(&next)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.halted[query] = why
	return nil
}

// fakeEngine runs a job until it is told to end, or as the test says.
type fakeEngine struct{ *runner }

func (e fakeEngine) Run(ctx context.Context, job flow.Job, tell func(weir.QueryStatus)) error {
	r := e.runner
	tell(weir.QueryStatus{Running: true, Since: time.Now()})
	end, ends := r.began(job)
	defer r.set(func() { r.lives[job.Query]-- })
	if !ends {
		<-ctx.Done()
	}
	return end
}

// began counts a run, and says how it ends if it shall by itself.
func (r *runner) began(job flow.Job) (end error, ends bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs[job.Query]++
	r.lives[job.Query]++
	if list := r.ends[job.Query]; len(list) > 0 {
		r.ends[job.Query] = list[1:]
		return list[0], true
	}
	return nil, false
}

// put puts a query into the state, as something new or what it is now.
func (r *runner) put(q *weir.Query) {
	r.t.Helper()
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	rev := r.revs[q.UID]
	r.revs[q.UID]++
	r.mu.Unlock()
	var prev weir.Entity
	if rev > 0 {
		v, done, err := r.state.View(r.t.Context())
		must(r.t, err)
		prev, _, err = v.Get(r.t.Context(), q.Ref())
		done()
		must(r.t, err)
	}
	c, err := weir.NewChange(weir.UID{9}, prev, rev, q)
	must(r.t, err)
	r.apply(c)
}

func (r *runner) apply(c weir.Change) {
	r.t.Helper()
	rec, err := weir.Seal(r.ledger.Head(), weir.Entry{At: time.Unix(0, 0), By: weir.System, Op: "test", Changes: []weir.Change{c}})
	must(r.t, err)
	must(r.t, r.ledger.Append(r.t.Context(), []weir.Record{rec}))
	b, err := r.state.Begin(r.t.Context())
	must(r.t, err)
	must(r.t, b.Apply(r.t.Context(), rec))
	must(r.t, b.Commit())
}

func (r *runner) remove(q *weir.Query) {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.mu.Lock()
	rev := r.revs[q.UID]
	r.mu.Unlock()
	r.apply(weir.DeleteChange(weir.UID{9}, q, rev))
}

func (r *runner) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// stopped is why a query was stopped, and how often it had run.
func (r *runner) stopped(query weir.UID) (why string, runs int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.halted[query], r.runs[query]
}

// until waits until something is so.
func (r *runner) until(what string, is func() bool) {
	r.t.Helper()
	ok := func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return is()
	}
	for limit := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(limit) {
			r.t.Fatalf("not within 20 s: %s: runs %v, halted %v", what, r.runs, r.halted)
		}
		select {
		case <-r.t.Context().Done():
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// query is one that shall run.
func query(n byte) *weir.Query {
	return &weir.Query{
		UID: weir.UID{n}, Name: "shop.q" + string('a'+rune(n)), Domain: weir.UID{100}, Product: weir.UID{101, n}, Application: weir.UID{102, n},
		Statement: "SELECT 1", Wish: weir.QueryRun, Run: 1, OnFailure: weir.FailureStop, Epoch: weir.DefaultEpoch,
	}
}

// with is a query with another wish.
func with(q *weir.Query, wish weir.QueryWish, run int) *weir.Query {
	next := *q
	next.Wish, next.Run = wish, run
	return &next
}

func TestQueriesRunAsTheyShall(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	q := query(1)
	r.put(q)
	r.until("it runs", func() bool { return r.runs[q.UID] == 1 && r.lives[q.UID] == 1 })
	if s, ok := r.Status(q.UID); !ok || !s.Running {
		t.Errorf("its status is %+v, %v", s, ok)
	}
	r.put(with(q, weir.QueryPause, 1))
	r.until("it rests", func() bool { return r.lives[q.UID] == 0 })
	if s, ok := r.Status(q.UID); !ok || s.Running || s.Error != "" {
		t.Errorf("its status is %+v, %v", s, ok)
	}
	r.put(q)
	r.until("it runs again", func() bool { return r.runs[q.UID] == 2 && r.lives[q.UID] == 1 })
	r.put(with(q, weir.QueryRun, 2))
	r.until("it begins anew", func() bool { return r.runs[q.UID] == 3 && r.lives[q.UID] == 1 })
	r.set(func() { r.about[q.UID] = "another schema" })
	r.put(query(2)) // so that it is looked
	r.until("it is made anew of what it depends on", func() bool { return r.runs[q.UID] == 4 && r.lives[q.UID] == 1 })
	r.remove(q)
	r.until("it ends", func() bool { return r.lives[q.UID] == 0 && r.lives[weir.UID{2}] == 1 })
	for limit := time.Now().Add(20 * time.Second); ; {
		if _, ok := r.Status(q.UID); !ok {
			break
		}
		if time.Now().After(limit) {
			t.Fatal("a query that is no more has a status")
		}
	}
	if why, _ := r.stopped(q.UID); why != "" {
		t.Errorf("it was stopped: %s", why)
	}
}

// TestLostRightStopsQuery: a query that runs and may not any more is stopped, and
// the reason is on record.
func TestLostRightStopsQuery(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	q, other := query(1), query(2)
	r.put(q)
	r.put(other)
	r.until("both run", func() bool { return r.lives[q.UID] == 1 && r.lives[other.UID] == 1 })
	r.set(func() { r.refuse[q.UID] = weir.Errorf(weir.Denied, "it may not read shop.orders").WithFix("allow it") })
	r.put(query(3)) // so that it is looked
	r.until("it is stopped", func() bool { return r.lives[q.UID] == 0 && r.halted[q.UID] != "" })
	if why, _ := r.stopped(q.UID); !strings.Contains(why, "may not read shop.orders") || !strings.Contains(why, "allow it") {
		t.Errorf("it says %q", why)
	}
	if s, _ := r.Status(q.UID); s.Running || !strings.Contains(s.Error, "may not read") {
		t.Errorf("its status is %+v", s)
	}
	r.until("the other runs on", func() bool { return r.lives[other.UID] == 1 && r.runs[other.UID] == 1 })
	r.set(func() { delete(r.refuse, q.UID) })
	r.put(q)
	r.until("it runs again when it may", func() bool { return r.lives[q.UID] == 1 })
}

// TestFailuresOfQueries: what may pass is tried again, and what does not stops the
// query with that text; no query waits for another.
func TestFailuresOfQueries(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	unavailable := weir.Errorf(weir.Unavailable, "no broker answers")
	cases := []struct {
		name string
		job  error
		ends []error
		why  string // empty: it runs in the end
		runs int
	}{
		{"passes", nil, []error{unavailable, unavailable}, "", 3},
		{"ends by itself", nil, []error{nil}, "", 2},
		{"conflict", nil, []error{weir.Errorf(weir.Conflict, "the writer has string here").WithFix("begin anew")}, "the writer has string here; begin anew", 1},
		{"damaged", nil, []error{unavailable, weir.Errorf(weir.Damaged, "the topic is gone")}, "the topic is gone", 2},
		{"state", nil, []error{weir.Errorf(weir.Limit, "the state needs more than 10 bytes")}, "the state needs more than 10 bytes", 1},
		{"statement", weir.Errorf(weir.Invalid, "there is no column price"), nil, "there is no column price", 0},
		{"not yet", weir.Errorf(weir.Unavailable, "the topic is not made yet"), nil, "", 1},
	}
	for i, c := range cases {
		uid := query(byte(i + 1)).UID
		r.set(func() { r.ends[uid], r.jobs[uid] = c.ends, c.job })
		r.put(query(byte(i + 1)))
	}
	for i, c := range cases {
		uid := query(byte(i + 1)).UID
		if c.why != "" {
			r.until(c.name+" stops", func() bool { return r.halted[uid] != "" && r.lives[uid] == 0 })
			if why, runs := r.stopped(uid); !strings.Contains(why, c.why) || runs != c.runs {
				t.Errorf("%s: it ran %d times and says %q", c.name, runs, why)
			}
			continue
		}
		if weir.Unavailable.In(c.job) {
			r.set(func() { delete(r.jobs, uid) })
		}
		r.until(c.name+" runs", func() bool { return r.runs[uid] == c.runs && r.lives[uid] == 1 })
		if why, _ := r.stopped(uid); why != "" {
			t.Errorf("%s: it stopped: %q", c.name, why)
		}
	}
}

// TestStatusKeepsTheLastError: a query that goes on after a failure still tells
// what it was.
func TestStatusKeepsTheLastError(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	q := query(1)
	r.set(func() { r.ends[q.UID] = []error{weir.Errorf(weir.Unavailable, "no broker answers")} })
	r.put(q)
	r.until("it runs again", func() bool { return r.runs[q.UID] == 2 && r.lives[q.UID] == 1 })
	if s, ok := r.Status(q.UID); !ok || !s.Running || s.Error != "no broker answers" {
		t.Errorf("its status is %+v, %v", s, ok)
	}
}
