// Package audit shows what was decided and what was refused, proves that the
// record is whole, and exports the mesh as it is.
package audit

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// chain is a ledger that can check all that it holds.
type chain interface {
	weir.Ledger
	Verify(ctx context.Context, progress func(at, head weir.Offset)) (weir.Head, error)
}

// Audit is the use cases about the record.
type Audit struct {
	ledger   chain
	state    weir.State
	writer   weir.Writer
	now      func() time.Time
	watchers *watchers
}

// New makes the use cases.
func New(ledger chain, state weir.State, writer weir.Writer, now func() time.Time) *Audit {
	return &Audit{ledger: ledger, state: state, writer: writer, now: now, watchers: newWatchers()}
}

// Verify checks the whole chain of the ledger. Damaged says what and where.
func (a *Audit) Verify(ctx context.Context, call weir.Call) (weir.Head, error) {
	if err := a.must(ctx, call, rights.Verify, "audit.verify"); err != nil {
		return weir.Head{}, err
	}
	return a.ledger.Verify(ctx, nil)
}

// Export gives every living entity without its secrets, by noun and name: the
// same state gives the same bytes.
func (a *Audit) Export(ctx context.Context, call weir.Call) (map[weir.Noun][]map[string]any, error) {
	if err := a.must(ctx, call, rights.Export, "mesh.export"); err != nil {
		return nil, err
	}
	v, done, err := a.state.View(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	out := map[weir.Noun][]map[string]any{}
	for _, n := range weir.Nouns() {
		out[n] = []map[string]any{}
		err := weir.All(ctx, v, weir.ListQuery{Noun: n, Scope: weir.Everything}, func(it weir.Item) error {
			m, err := weir.Public(it.Entity)
			if err != nil {
				return err
			}
			m["revision"] = it.Rev
			out[n] = append(out[n], m)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// must refuses, on record, what the caller may not do.
func (a *Audit) must(ctx context.Context, call weir.Call, verb rights.Verb, op string) error {
	denied := rights.Must(call.By, verb, rights.Thing{Noun: weir.NounMesh}, weir.Ref{Noun: weir.NounMesh})
	if denied == nil {
		return nil
	}
	_, err := a.writer.Submit(ctx, call.Decision(op, func(context.Context, weir.View) (weir.Outcome, error) {
		return weir.Outcome{}, denied
	}))
	return err
}
