// Package writer is the one that appends to the ledger: it takes what is
// queued, decides each against the state including everything before it,
// commits the ledger, then the state, then answers.
//
// It promises, of every decision that was answered without an error: its entry
// is durable in the ledger, the state shows it, and it was decided on exactly
// the entries before its own. Two creations of one name cannot both pass. A
// repetition with the same idempotency key gets the first answer.
package writer

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/weirmesh/weir"
)

// Options of a writer. The zero value is what a node uses.
type Options struct {
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil: no log
	Queue  int              // decisions that may wait; 0 is 4096
	Batch  int              // decisions in one transaction; 0 is 500
	Bytes  int              // bytes of entries after which a transaction takes no more; 0 is 1 MB
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Queue <= 0 {
		o.Queue = 4096
	}
	if o.Batch <= 0 {
		o.Batch = 500
	}
	if o.Bytes <= 0 {
		o.Bytes = 1 << 20
	}
	return o
}

// Writer is a [weir.Writer]. What is submitted waits until Run runs.
type Writer struct {
	ledger weir.Ledger
	state  weir.State
	opt    Options
	queue  chan *request

	mu     sync.RWMutex
	closed error // why nothing is taken any more
}

var _ weir.Writer = (*Writer)(nil)

// New makes the writer of a ledger and its state. There is one per ledger, and
// the state must show the ledger's head.
func New(ledger weir.Ledger, state weir.State, opt Options) *Writer {
	opt = opt.withDefaults()
	return &Writer{ledger: ledger, state: state, opt: opt, queue: make(chan *request, opt.Queue)}
}

// request is a decision on its way, and then what became of it.
type request struct {
	ctx      context.Context
	decision weir.Decision
	answered chan struct{} // closed when receipt and err are set

	receipt weir.Receipt
	err     error
	sealed  bool // an entry of it is in the batch
}

func (r *request) answer(receipt weir.Receipt, err error) {
	r.receipt, r.err = receipt, err
	close(r.answered)
}

// Submit queues a decision and waits for its answer.
func (w *Writer) Submit(ctx context.Context, d weir.Decision) (weir.Receipt, error) {
	if (d.Decide == nil) == (d.Refusal == nil) {
		return weir.Receipt{}, weir.Errorf(weir.Internal, "a decision has either Decide or Refusal")
	}
	r := &request{ctx: ctx, decision: d, answered: make(chan struct{})}
	if err := w.enqueue(r); err != nil {
		return weir.Receipt{}, err
	}
	select {
	case <-r.answered:
		return r.receipt, r.err
	case <-ctx.Done():
	}
	select {
	case <-r.answered: // both at once: the answer is worth more
		return r.receipt, r.err
	default:
		return weir.Receipt{}, weir.Errorf(weir.OutcomeUnknown, "the request ended before the write was answered").
			WithFix("look whether it happened, or repeat it with the same idempotency key").Because(ctx.Err())
	}
}

func (w *Writer) enqueue(r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed != nil {
		return w.closed
	}
	select {
	case w.queue <- r:
		return nil
	default:
		return weir.Errorf(weir.Limit, "%d changes are waiting to be written already", cap(w.queue)).
			WithFix("try again in a moment")
	}
}

// Run writes until ctx ends, which is no error: the batch that runs is
// finished, what waits is refused as Unavailable. It returns an error when
// nothing can be written any more: what became of the last batch is not known,
// or the ledger is damaged. It is called once.
func (w *Writer) Run(ctx context.Context) error {
	var waiting []*request
	for {
		if len(waiting) == 0 {
			select {
			case <-ctx.Done():
			case r := <-w.queue:
				waiting = append(waiting, r)
			}
		}
		if ctx.Err() != nil {
			w.close(waiting, weir.Errorf(weir.Unavailable, "weir is stopping, nothing was written").WithFix("try again when it runs"))
			return nil
		}
		waiting = w.take(waiting)
		rest, err := w.round(ctx, waiting)
		if err != nil {
			w.close(rest, stopped(err))
			return err
		}
		waiting = rest
	}
}

// take adds what is queued, up to one batch.
func (w *Writer) take(waiting []*request) []*request {
	for len(waiting) < w.opt.Batch {
		select {
		case r := <-w.queue:
			waiting = append(waiting, r)
		default:
			return waiting
		}
	}
	return waiting
}

// close refuses what waits and what comes.
func (w *Writer) close(waiting []*request, why error) {
	w.mu.Lock()
	w.closed = why
	w.mu.Unlock()
	for _, r := range waiting {
		r.answer(weir.Receipt{}, why)
	}
	for {
		select {
		case r := <-w.queue:
			r.answer(weir.Receipt{}, why)
		default:
			return
		}
	}
}

func stopped(err error) error {
	return weir.Errorf(weir.Unavailable, "weir takes no more changes, nothing was written").
		WithFix("see the log of the node, mend the cause, and start it again").Because(err)
}
