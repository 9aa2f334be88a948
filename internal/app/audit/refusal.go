package audit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/weirmesh/weir"
)

// Bounds of what one principal's refusals may fill of the ledger.
const (
	foldFor      = time.Hour
	maxPerHour   = 100
	maxFolded    = 10_000
	flushTimeout = 5 * time.Second
)

// Recorder is a writer that also puts on record what was refused: an attempt by
// someone known to do what they may not, or what a policy forbids. The first of its kind is written at
// once; repetitions within the hour are counted and written when it ends, and
// after 100 different ones an hour a principal's are only counted.
type Recorder struct {
	weir.Writer
	now func() time.Time
	log *slog.Logger

	mu     sync.Mutex
	folded map[attempt]*refusals
	hour   map[weir.Ref]*window
}

// attempt is what counts as the same refusal.
type attempt struct {
	by  weir.Ref
	op  string
	ref weir.Ref
	msg string
}

type refusals struct {
	by      weir.Principal
	refusal weir.Refusal // what is not written yet; Count 0: nothing
	until   time.Time
}

type window struct {
	until    time.Time
	count    int
	by       weir.Principal
	more     int // refused beyond the bound
	lastMore time.Time
}

// NewRecorder wraps a writer.
func NewRecorder(w weir.Writer, now func() time.Time, log *slog.Logger) *Recorder {
	return &Recorder{Writer: w, now: now, log: log, folded: map[attempt]*refusals{}, hour: map[weir.Ref]*window{}}
}

// Submit is the writer's, and puts a refusal by right or policy on record before
// it is returned.
func (r *Recorder) Submit(ctx context.Context, d weir.Decision) (weir.Receipt, error) {
	receipt, err := r.Writer.Submit(ctx, d)
	var refused *weir.Error
	if errors.As(err, &refused) && (refused.Kind == weir.Denied || refused.Kind == weir.AgainstPolicy) {
		if entry, ok := r.note(d, refused); ok {
			r.write(ctx, d.By, d.Op, entry)
		}
	}
	return receipt, err
}

// note counts a refusal, and gives the entry to write at once, if any.
func (r *Recorder) note(d weir.Decision, e *weir.Error) (weir.Refusal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now().UTC()
	key := attempt{d.By.Ref, d.Op, e.Ref, e.Msg}
	if f, ok := r.folded[key]; ok && now.Before(f.until) {
		f.refusal.Count++
		f.refusal.Last = now
		if f.refusal.Count == 1 {
			f.refusal.First = now
		}
		return weir.Refusal{}, false
	}
	w := r.window(d.By, now)
	if w.count >= maxPerHour || len(r.folded) >= maxFolded {
		w.more++
		w.lastMore = now
		return weir.Refusal{}, false
	}
	w.count++
	one := weir.Refusal{Kind: e.Kind.String(), Ref: e.Ref, Msg: e.Msg, Count: 1, First: now, Last: now}
	rest := one
	rest.Count = 0
	r.folded[key] = &refusals{by: d.By, refusal: rest, until: now.Add(foldFor)}
	return one, true
}

func (r *Recorder) window(by weir.Principal, now time.Time) *window {
	w, ok := r.hour[by.Ref]
	if !ok || !now.Before(w.until) && w.more == 0 {
		w = &window{until: now.Add(foldFor), by: by}
		r.hour[by.Ref] = w
	}
	return w
}

// Run writes the counts when their hour is over, and at the end.
func (r *Recorder) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.flush(ctx, r.now())
		case <-ctx.Done():
			return nil
		}
	}
}

// Flush writes every count; the node calls it before the writer stops.
func (r *Recorder) Flush(ctx context.Context) { r.flush(ctx, r.now().Add(2*foldFor)) }

// due is a count that is to be written.
type due struct {
	by      weir.Principal
	op      string
	refusal weir.Refusal
}

func (r *Recorder) flush(ctx context.Context, at time.Time) {
	for _, d := range r.take(at) {
		r.write(ctx, d.by, d.op, d.refusal)
	}
}

// take removes what is over at a moment, and gives what of it is unwritten.
func (r *Recorder) take(at time.Time) []due {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []due
	for key, f := range r.folded {
		if at.Before(f.until) {
			continue
		}
		delete(r.folded, key)
		if f.refusal.Count > 0 {
			out = append(out, due{f.by, key.op, f.refusal})
		}
	}
	for ref, w := range r.hour {
		if at.Before(w.until) {
			continue
		}
		delete(r.hour, ref)
		if w.more > 0 {
			out = append(out, due{w.by, "refusals", weir.Refusal{
				Kind: weir.Denied.String(), Ref: ref, Msg: "and more, beyond the bound of an hour",
				Count: w.more, First: w.until.Add(-foldFor).UTC(), Last: w.lastMore,
			}})
		}
	}
	return out
}

func (r *Recorder) write(ctx context.Context, by weir.Principal, op string, refusal weir.Refusal) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if _, err := r.Writer.Submit(ctx, weir.Decision{By: by, Op: op, Refusal: &refusal}); err != nil {
		r.log.Error("a refusal could not be put on record", "by", by.Ref.String(), "op", op, "error", err)
	}
}
