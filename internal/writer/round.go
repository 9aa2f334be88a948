package writer

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	"github.com/weirmesh/weir"
)

// round decides requests in order in one batch, commits, and answers them. It
// returns those that did not fit. An error stops the writer; the requests of
// the round are answered then too.
func (w *Writer) round(ctx context.Context, requests []*request) (rest []*request, err error) {
	ctx = context.WithoutCancel(ctx) // what has begun is finished
	for {
		b, err := w.begin(ctx)
		if err != nil {
			fail(requests, err)
			return nil, unlessUnavailable(err)
		}
		var failed *request
		if failed, rest = b.decideAll(ctx, requests); failed == nil {
			return rest, b.commit(ctx, requests[:len(requests)-len(rest)])
		}
		// A record that the state refused left the batch half-way. The others
		// are decided again without it.
		b.rollback()
		w.opt.Logger.Error("the state refused an entry", "op", failed.decision.Op, "err", failed.err)
		failed.answer(weir.Receipt{}, failed.err)
		if requests = slices.DeleteFunc(requests, func(r *request) bool { return r == failed }); len(requests) == 0 {
			return nil, nil
		}
	}
}

// unlessUnavailable is the error that stops the writer; what is unavailable now
// may work for the next.
func unlessUnavailable(err error) error {
	if weir.KindOf(err) == weir.Unavailable {
		return nil
	}
	return err
}

// fail answers requests of which nothing was written.
func fail(requests []*request, cause error) {
	for _, r := range requests {
		r.answer(weir.Receipt{}, weir.Errorf(weir.Unavailable, "the change was not written").
			WithFix("try again; the log of the node has the cause").Because(cause))
	}
}

// batch is what one round has decided.
type batch struct {
	w       *Writer
	view    weir.Batch
	head    weir.Head
	records []weir.Record
	bytes   int
}

func (w *Writer) begin(ctx context.Context) (*batch, error) {
	view, err := w.state.Begin(ctx)
	if err != nil {
		return nil, err
	}
	head := w.ledger.Head()
	if view.Offset() != head.Offset {
		return nil, errors.Join(view.Rollback(),
			weir.Errorf(weir.Internal, "the state shows entry %d, the ledger ends at %d", view.Offset(), head.Offset))
	}
	return &batch{w: w, view: view, head: head}, nil
}

func (b *batch) rollback() {
	if err := b.view.Rollback(); err != nil {
		b.w.opt.Logger.Error("the state's batch was not rolled back", "err", err)
	}
}

// decideAll decides until the batch is large enough, and returns those that are
// left. failed is the request whose record broke the batch.
func (b *batch) decideAll(ctx context.Context, requests []*request) (failed *request, rest []*request) {
	for i, r := range requests {
		if i > 0 && b.bytes >= b.w.opt.Bytes {
			return nil, requests[i:]
		}
		r.sealed = false
		rec, receipt, err := b.decide(ctx, r)
		if err == nil && rec != nil {
			if err := b.view.Apply(ctx, *rec); err != nil {
				r.err = err
				return r, nil
			}
			b.records = append(b.records, *rec)
			b.head, b.bytes, r.sealed = rec.Head, b.bytes+len(rec.Bytes), true
		}
		r.receipt, r.err = receipt, err
	}
	return nil, nil
}

// commit makes the batch durable, then visible, then answers. Nobody learns
// anything before that: also a refusal may rest on an entry of the batch.
func (b *batch) commit(ctx context.Context, requests []*request) error {
	if len(b.records) == 0 {
		b.rollback()
		answerAll(requests)
		return nil
	}
	err := b.w.ledger.Append(ctx, b.records)
	if err != nil {
		b.rollback()
		return b.appendFailed(requests, err)
	}
	if err := b.view.Commit(); err != nil {
		return b.unknown(requests, err)
	}
	answerAll(requests)
	return nil
}

func answerAll(requests []*request) {
	for _, r := range requests {
		close(r.answered)
	}
}

// appendFailed tells whether the ledger may have written.
func (b *batch) appendFailed(requests []*request, err error) error {
	switch weir.KindOf(err) {
	case weir.Unavailable, weir.Limit:
		b.w.opt.Logger.Error("nothing was written to the ledger", "err", err)
		fail(requests, err)
		return nil
	case weir.Conflict: // somebody else wrote: this state is behind for ever
		fail(requests, err)
		return err
	default:
		return b.unknown(requests, err)
	}
}

// unknown answers a batch of which nobody can say whether it was written.
func (b *batch) unknown(requests []*request, err error) error {
	for _, r := range requests {
		if !r.sealed {
			fail([]*request{r}, err)
			continue
		}
		r.answer(weir.Receipt{}, weir.Errorf(weir.OutcomeUnknown, "weir cannot say whether the change was written").
			WithFix("when the node runs again, look whether it happened, or repeat it with the same idempotency key").Because(err))
	}
	return err
}

// keyLife is how long an idempotency key stands for its request.
const keyLife = 24 * time.Hour

// decide says what becomes of one request: a record, or a receipt without one,
// or an error.
func (b *batch) decide(ctx context.Context, r *request) (*weir.Record, weir.Receipt, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, weir.Receipt{}, weir.Errorf(weir.OutcomeUnknown, "the request ended before it was decided").Because(err)
	}
	now := b.w.opt.Now().UTC().Round(0)
	if receipt, done, err := b.replay(ctx, r.decision, now); done || err != nil {
		return nil, receipt, err
	}
	e, err := b.entry(ctx, r, now)
	if err != nil {
		return nil, weir.Receipt{}, err
	}
	if e.Refusal == nil && len(e.Changes) == 0 {
		return nil, weir.Receipt{Offset: b.view.Offset(), Answer: e.Answer}, nil
	}
	rec, err := weir.Seal(b.head, e)
	if err != nil {
		return nil, weir.Receipt{}, err
	}
	if len(rec.Bytes) > weir.MaxEntry {
		return nil, weir.Receipt{}, weir.Errorf(weir.Limit, "the change has %d bytes", len(rec.Bytes)).
			WithFix("use at most %d, in several changes", weir.MaxEntry)
	}
	return &rec, weir.Receipt{Offset: rec.Offset, Answer: rec.Entry.Answer}, nil
}

// replay finds the first answer of an idempotency key.
func (b *batch) replay(ctx context.Context, d weir.Decision, now time.Time) (weir.Receipt, bool, error) {
	if d.Key == "" {
		return weir.Receipt{}, false, nil
	}
	a, err := b.view.Answer(ctx, d.By.Ref, d.Op, d.Key)
	switch {
	case errors.Is(err, weir.NotFound):
		return weir.Receipt{}, false, nil
	case err != nil:
		return weir.Receipt{}, false, err
	case now.Sub(a.At) > keyLife:
		return weir.Receipt{}, false, nil
	case a.Request != d.Request:
		return weir.Receipt{}, false, weir.Errorf(weir.Conflict, "the idempotency key was used for another request").
			WithFix("use a new key for a new request")
	}
	return weir.Receipt{Offset: a.Offset, Answer: a.Answer, Replayed: true}, true, nil
}

// entry is what a request wants to write; no changes and no refusal is
// nothing.
func (b *batch) entry(ctx context.Context, r *request, now time.Time) (weir.Entry, error) {
	d := r.decision
	e := weir.Entry{
		At: now, By: d.By.Ref, Via: d.By.Via, Op: d.Op, Why: d.Why,
		Key: d.Key, Refusal: d.Refusal,
	}
	if d.Key != "" {
		e.Request = d.Request
	}
	if d.Refusal != nil {
		return e, nil
	}
	out, err := b.call(r)
	if err != nil {
		return e, err
	}
	if e.Answer, err = answerJSON(out.Answer); err != nil {
		return e, err
	}
	e.Changes, e.Events = out.Changes, out.Events
	return e, check(ctx, b.view, out.Changes)
}

func answerJSON(v any) ([]byte, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := weir.Canonical(v)
	if err != nil {
		return nil, weir.Errorf(weir.Internal, "the answer cannot be written").Because(err)
	}
	return raw, nil
}

// call runs Decide. A panic is its own request's error.
func (b *batch) call(r *request) (out weir.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			b.w.opt.Logger.Error("a decision panicked", "op", r.decision.Op, "panic", p, "stack", string(debug.Stack()))
			err = weir.Errorf(weir.Internal, "the change could not be decided: a fault of weir")
		}
	}()
	return r.decision.Decide(r.ctx, readOnly{b.view})
}

// readOnly hides from a decision that its view is a batch.
type readOnly struct{ weir.View }
