package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
)

// run is a query that runs.
type run struct {
	cfg    Config
	job    flow.Job
	tell   func(weir.QueryStatus)
	status weir.QueryStatus

	s         weir.Session
	flow      *flow.Flow
	in        []*input
	out       *output
	tables    bool // some input is a table, which is read before the streams of its epoch
	plan      string
	counts    counts
	log       changelog
	pace      pace
	committed time.Time // when the last epoch was
}

// counts is what an epoch keeps for the next session.
type counts struct {
	In    int64  `json:"in"`
	Out   int64  `json:"out"`
	Aside int64  `json:"aside"`
	Late  int64  `json:"late"`
	Plan  string `json:"plan"`
	State int    `json:"state"` // the form of the state
}

// stopped tells that nothing runs now, and why.
func (r *run) stopped(err error) {
	r.status.Running, r.status.Since = false, r.cfg.Now()
	if err != nil {
		r.status.Error = public(err)
	}
	r.tell(r.status)
}

func public(err error) string {
	var e *weir.Error
	if errors.As(err, &e) {
		return e.Public()
	}
	return err.Error()
}

// session runs epochs in one session until one fails.
func (r *run) session(ctx context.Context) (err error) {
	if err := r.compile(); err != nil {
		return err
	}
	if r.s, err = r.cfg.Open(ctx, r.spec()); err != nil {
		return err
	}
	defer r.s.Close()
	defer r.log.close()
	if err := r.resume(ctx); err != nil {
		return err
	}
	if err := r.cfg.Hook(ctx, Resumed); err != nil {
		return err
	}
	for {
		if err := r.epoch(ctx); err != nil {
			return err
		}
	}
}

func (r *run) spec() weir.SessionSpec {
	spec := weir.SessionSpec{
		ID: r.job.Application + ".query." + r.job.Query.String(), Group: r.job.Application,
		Outputs: []string{r.job.Sink.Topic}, Journal: r.job.Journal,
		Run: r.job.Run, AtEnd: r.job.AtEnd, KeepEpochs: r.cfg.KeepEpochs,
	}
	if r.job.Aside != "" {
		spec.Outputs = append(spec.Outputs, r.job.Aside)
	}
	for _, s := range r.job.Sources {
		spec.Inputs = append(spec.Inputs, s.Topic)
	}
	return spec
}

// compile makes everything that has state, anew.
func (r *run) compile() (err error) {
	r.plan = r.job.Plan.Fingerprint()
	if r.flow, err = flow.NewShards(r.job.Plan, shards(&r.job), together); err != nil {
		return err
	}
	r.flow.Bound(r.job.MaxState)
	r.in = r.in[:0]
	for i := range r.job.Sources {
		in, err := newInput(&r.job, i)
		if err != nil {
			return err
		}
		r.in = append(r.in, in)
		r.tables = r.tables || in.table
	}
	r.out, err = newOutput(&r.job, r.plan)
	return err
}

// resume takes up where the last epoch was.
func (r *run) resume(ctx context.Context) error {
	was := r.s.Resumed()
	r.counts = counts{}
	if was.Note != nil {
		if err := json.Unmarshal(was.Note, &r.counts); err != nil {
			return weir.Errorf(weir.Damaged, "the topic %s does not say where the query is", r.job.Journal).Because(err).
				WithFix("let the query begin anew: weir query stop, then start")
		}
	}
	r.log = changelog{base: r.s.End(), soonest: r.cfg.Changes}
	if was.Note != nil {
		r.log.base = r.s.Base()
		if err := r.restore(ctx, r.counts.Plan == r.plan && r.counts.State == stateForm); err != nil {
			return err
		}
	}
	r.pace.begin(r.flow, r.s, was.At, r.cfg.Now())
	r.committed = time.Time{}
	r.status = weir.QueryStatus{Running: true, Since: r.cfg.Now(), Epoch: was.Epoch}
	for _, gap := range was.Lost {
		r.status.Error = fmt.Sprintf("the records %d to %d of %s/%d were deleted before they were read", gap.From, gap.To-1, gap.Topic, gap.Partition)
		r.cfg.Log.Error("records were deleted before a query read them", "query", r.job.Name, "topic", gap.Topic, "partition", gap.Partition, "from", gap.From, "to", gap.To)
	}
	r.news(0)
	return nil
}

// news tells how the query does.
func (r *run) news(took time.Duration) {
	r.status.RowsIn, r.status.RowsOut, r.status.Aside, r.status.Late = r.counts.In, r.counts.Out, r.counts.Aside, r.counts.Late
	r.status.Lag, r.status.State = r.s.Lag(), r.flow.State()
	if at, ok := r.flow.Watermark(); ok {
		r.status.Watermark = time.UnixMicro(at).UTC()
	}
	if took > 0 {
		r.status.EpochTime = took
		r.status.Busy += took
	}
	r.tell(r.status)
}

// epoch reads what is there, and commits what follows. Without records it only
// waits, unless windows end because no partition is waited for any more.
func (r *run) epoch(ctx context.Context) error {
	gathered, err := r.gather(ctx)
	if err != nil {
		return err
	}
	began := r.cfg.Now()
	moved := r.pace.look(r.flow, gathered, began)
	if len(gathered) == 0 && !moved {
		return nil
	}
	if err := r.broken(ctx, gathered); err != nil {
		return err
	}
	for _, c := range r.inTurn(gathered) {
		if err := r.step(ctx, c); err != nil {
			return err
		}
		if err := r.cfg.Hook(ctx, Stepped); err != nil {
			return err
		}
	}
	if err := r.advance(ctx); err != nil {
		return err
	}
	if err := r.cfg.Hook(ctx, Put); err != nil {
		return err
	}
	if err := r.commit(ctx); err != nil {
		return err
	}
	r.committed = r.cfg.Now()
	r.news(r.committed.Sub(began))
	return r.cfg.Hook(ctx, Committed)
}

// advance gives the windows that end now.
func (r *run) advance(ctx context.Context) error {
	out, failed, err := r.flow.Advance()
	if err != nil {
		return cannot{err}
	}
	return r.give(ctx, chunk{}, out, failed)
}

func (r *run) commit(ctx context.Context) error {
	r.counts.Plan, r.counts.State, r.counts.Late = r.plan, stateForm, r.flow.Late()
	note, err := json.Marshal(r.counts)
	if err != nil {
		return weir.Errorf(weir.Internal, "the note of an epoch is no JSON").Because(err)
	}
	end := r.s.End()
	changes, base := r.log.epoch(r.flow, end)
	if err := r.s.Commit(ctx, weir.Epoch{Note: note, Changes: changes, Base: base}); err != nil {
		return err
	}
	r.flow.Keep()
	if r.s.End() > end {
		r.status.Epoch++
	}
	return nil
}

// gather reads until the epoch is over: when it has lasted long enough since the
// last commit, or is full.
func (r *run) gather(ctx context.Context) ([]weir.Messages, error) {
	var gathered []weir.Messages
	rows, bytes := 0, 0
	wait := idleFor
	for rows < r.cfg.Rows && bytes < epochBytes {
		got, err := r.s.Poll(ctx, r.cfg.Rows-rows, wait)
		if err != nil {
			return nil, err
		}
		if rows == 0 && len(got) == 0 {
			r.news(0)
			return nil, nil
		}
		gathered = append(gathered, got...)
		for _, m := range got {
			rows += max(1, len(m.Offsets))
			bytes += size(m)
		}
		if err := r.cfg.Hook(ctx, Polled); err != nil {
			return nil, err
		}
		if wait = r.committed.Add(r.job.Epoch).Sub(r.cfg.Now()); wait <= 0 {
			break
		}
	}
	r.counts.In += int64(rows)
	return gathered, nil
}

func size(m weir.Messages) (n int) {
	if m.Broken != nil {
		n = len(m.Broken.Bytes)
	}
	for i := range m.Values {
		n += len(m.Values[i]) + len(m.Keys[i]) + 64
	}
	return n
}

// step computes what follows from records, and puts it.
func (r *run) step(ctx context.Context, c chunk) error {
	batch, failed, err := r.in[c.m.Input].batch(c)
	if err != nil {
		return err
	}
	for _, f := range failed {
		if err := r.aside(ctx, c, f.row, "decode", f.err); err != nil {
			return err
		}
	}
	if batch.N == 0 {
		return nil
	}
	return r.compute(ctx, c, batch)
}

func (r *run) compute(ctx context.Context, c chunk, batch *column.Batch) error {
	out, failed, err := r.flow.Step(c.m.Input, batch)
	if err != nil {
		return cannot{err}
	}
	return r.give(ctx, c, out, failed)
}

// give puts what came out, and sets aside what failed.
func (r *run) give(ctx context.Context, c chunk, out []*column.Batch, failed []flow.Failed) error {
	for _, f := range failed {
		step := "compute"
		if errors.Is(f.Err, flow.ErrLate) {
			step = stepLate
		}
		if err := r.asideOrigin(ctx, c, f.Origin, step, f.Err); err != nil {
			return err
		}
	}
	for _, b := range out {
		if err := r.put(ctx, c, b); err != nil {
			return err
		}
	}
	return nil
}
