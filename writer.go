package weir

import (
	"context"
	"encoding/json"
)

// Decision is what a use case hands to the writer.
type Decision struct {
	By      Principal
	Op, Why string
	Key     IdempotencyKey // empty: not repeatable
	Request Hash           // of the request that the key stands for; kept with the key, so of no secret
	// Decide looks at the state, including every decision queued before this
	// one, and says what shall change. It does no I/O but through the view,
	// takes less than a millisecond, and may be called more than once. An
	// error refuses the decision and nothing is written; no changes and no
	// error write nothing either.
	Decide func(context.Context, View) (Outcome, error)
	// Refusal, if set, is recorded instead; Decide is not called.
	Refusal *Refusal
}

// Outcome is what a decision decided. Answer is stored with the entry as
// canonical JSON and given again to a repetition: no one-time secrets in it.
type Outcome struct {
	Changes []Change
	Events  []Event
	Answer  any
}

// Receipt is what the writer answers. A write that changed nothing has the
// offset at which that was seen.
type Receipt struct {
	Offset   Offset
	Answer   json.RawMessage
	Replayed bool // the key was used before; this is the first answer
}

// Writer is the only one that appends to the ledger. Any goroutine may submit.
type Writer interface {
	// Submit decides, appends, applies, and answers when the entry is durable
	// and the state shows it. Errors: whatever Decide returned; Conflict for a
	// revision that is not the next one, or a key used for another request;
	// Exists for a name that a living entity of the noun has; Limit when the
	// queue is full; Unavailable when nothing was written and nothing can be;
	// OutcomeUnknown when ctx ended or the ledger could not say.
	Submit(ctx context.Context, d Decision) (Receipt, error)
}
