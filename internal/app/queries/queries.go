// Package queries knows the statements that make products of products: it
// understands them with the rights of whoever asks, makes what they need in one
// entry of the ledger, and says what the engine shall run.
//
// A query acts as an application of its own, of the team that owns the product,
// with exactly the rights to read its inputs and write its product. Losing one
// stops it, with that reason on record.
package queries

import (
	"context"
	"runtime/debug"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// catalog decides about products, streams and topics, inside a query's entries.
type catalog interface {
	// Derive prepares a product with the schemas of its values and keys.
	Derive(ctx context.Context, by weir.Principal, p *weir.Product, value, key string) (func(context.Context, weir.View, *weir.Product) ([]weir.Change, error), error)
	DecideStream(ctx context.Context, v weir.View, by weir.Principal, s *weir.Stream) ([]weir.Change, error)
	DecideJournal(ctx context.Context, v weir.View, q *weir.Query) ([]weir.Change, error)
	DecideEndTopic(ctx context.Context, v weir.View, topic string) ([]weir.Change, error)
	DecideEndDerived(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product, rev weir.Revision) ([]weir.Change, error)
	DecideEndStream(ctx context.Context, v weir.View, by weir.Principal, s *weir.Stream, rev weir.Revision) ([]weir.Change, error)
}

// identity decides about the application that a query is.
type identity interface {
	DecideEndApplication(ctx context.Context, v weir.View, a *weir.Application, rev weir.Revision) ([]weir.Change, *weir.Application, error)
}

// schemas finds the schemas of records.
type schemas interface {
	// Wait returns when all schemas are known that were decided up to an offset;
	// Unavailable when ctx ends first.
	Wait(ctx context.Context, at weir.Offset) error
	// LatestSchema gives a subject's latest one; NotFound if it has none. It
	// asks nobody whether the caller may see it.
	LatestSchema(ctx context.Context, subject string) (weir.SchemaID, schema.Schema, error)
	// SchemaIn gives a schema by its id, if it is one of a subject's.
	SchemaIn(ctx context.Context, subject string, id weir.SchemaID) (schema.Schema, error)
}

// statuses says how the queries do that this node runs.
type statuses interface {
	// Status is how a query does; false: it was never run here.
	Status(query weir.UID) (weir.QueryStatus, bool)
}

// Config is what Queries needs. Every field is required unless it says what it is without.
type Config struct {
	State    weir.State
	Writer   weir.Writer
	Catalog  catalog
	Identity identity
	Schemas  schemas
	Reader   weir.Reader
	Statuses statuses // nil: nothing runs here
	Now      func() time.Time
	Home     weir.UID // the mesh
	// MaxState bounds the memory of what one query remembers, in bytes; 0 is
	// [DefaultState].
	MaxState int64
}

// DefaultState bounds the memory of what one query remembers, unless told.
const DefaultState = 512 << 20

// Queries is the use cases.
type Queries struct {
	cfg      Config
	compiler sqlang.Compiler
	ready    sync.Once     // the compiler's parser is
	previews chan struct{} // one for each that is being made
}

// New makes the use cases.
func New(c Config) *Queries { return &Queries{cfg: c, previews: make(chan struct{}, previewsAtOnce)} }

// plan understands a statement. The first one waits until the parser is
// ready, which takes a second or two, and five times the memory that stays: so a
// node without queries does without it, and what was only needed on the way is
// given back.
func (q *Queries) plan(statement string, in sqlang.Catalog) (*sqlang.Plan, error) {
	q.Warm()
	return q.compiler.Compile(statement, in)
}

// Warm makes the parser ready, unless it is, so that the first statement does not
// wait. It is for when somebody is about to write one.
func (q *Queries) Warm() {
	q.ready.Do(func() {
		q.compiler.Warm()
		debug.FreeOSMemory()
	})
}

func (q *Queries) uid() weir.UID { return weir.NewUID(q.cfg.Now()) }

// view calls fn with the state as it is, when its schemas are known too.
func (q *Queries) view(ctx context.Context, fn func(weir.View) error) error {
	v, done, err := q.cfg.State.View(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := q.known(ctx, v.Offset()); err != nil {
		return err
	}
	return fn(v)
}

// knownFor bounds how long the schemas of a state are waited for.
const knownFor = 5 * time.Second

// known waits until the schemas of a state are known: they come a moment after it,
// and one that is not known yet is not one that is gone.
func (q *Queries) known(ctx context.Context, at weir.Offset) error {
	ctx, cancel := context.WithTimeout(ctx, knownFor)
	defer cancel()
	return q.cfg.Schemas.Wait(ctx, at)
}

// result collects the changes of one decision.
type result struct {
	home    weir.UID
	changes []weir.Change
	err     error
}

func (q *Queries) result() *result { return &result{home: q.cfg.Home} }

// put adds an entity's new state.
func (r *result) put(prev weir.Entity, rev weir.Revision, e weir.Entity) {
	if r.err != nil {
		return
	}
	ch, err := weir.NewChange(r.home, prev, rev, e)
	r.err = err
	if err == nil && (rev == 0 || len(ch.Diff) > 0) {
		r.changes = append(r.changes, ch)
	}
}

// with adds what another use case decides.
func (r *result) with(decide func() ([]weir.Change, error)) {
	if r.err != nil {
		return
	}
	changes, err := decide()
	r.err, r.changes = err, append(r.changes, changes...)
}

// end adds an entity's end.
func (r *result) end(e weir.Entity, rev weir.Revision) {
	r.changes = append(r.changes, weir.DeleteChange(r.home, e, rev))
}

// outcome answers with the query as it is then.
func (r *result) outcome(event string, e weir.Entity) (weir.Outcome, error) {
	if r.err != nil {
		return weir.Outcome{}, r.err
	}
	answer, err := weir.Public(e)
	out := weir.Outcome{Changes: r.changes, Answer: answer}
	if len(r.changes) > 0 {
		out.Events = []weir.Event{{Type: event, Ref: e.Ref()}}
	}
	return out, err
}
