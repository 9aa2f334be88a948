// Package audit shows what was decided and what was refused, proves that the
// record is whole, and exports the mesh as it is.
package audit

import (
	"context"

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
	ledger chain
	state  weir.State
	writer weir.Writer
}

// New makes the use cases.
func New(ledger chain, state weir.State, writer weir.Writer) *Audit {
	return &Audit{ledger: ledger, state: state, writer: writer}
}

// Filter narrows a list of entries; what is zero does not.
type Filter struct {
	By     string   // a person's name
	Ref    weir.Ref // the thing that changed, living or gone
	Before weir.Offset
	Limit  int
}

// List gives entries, newest first: those whose changes the caller may know
// of, and the caller's own.
func (a *Audit) List(ctx context.Context, p weir.Principal, f Filter) (weir.EntryPage, error) {
	v, done, err := a.state.View(ctx)
	if err != nil {
		return weir.EntryPage{}, err
	}
	defer done()
	q := weir.EntryQuery{Scope: p.Scope(), Before: f.Before, Limit: f.Limit, Own: p.Ref.UID}
	if f.By != "" {
		who, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounPerson, Name: f.By})
		if err != nil {
			return weir.EntryPage{}, err
		}
		q.By = who.Ref().UID
	}
	if f.Ref != (weir.Ref{}) {
		return a.about(ctx, v, p, f.Ref, q)
	}
	return v.Entries(ctx, q)
}

// about lists what happened to a thing, with what belongs to it. Something of
// which the caller sees no entry does not exist, unless it is there and known.
func (a *Audit) about(ctx context.Context, v weir.View, p weir.Principal, r weir.Ref, q weir.EntryQuery) (weir.EntryPage, error) {
	q.About = withParts(r)
	page, err := v.Entries(ctx, q)
	if err != nil || len(page.Records) > 0 || q.Before != 0 {
		return page, err
	}
	if e, _, err := v.Get(ctx, r); err != nil || !p.Scope().Knows(e.Readers()) {
		return page, weir.Absent(r)
	}
	return page, nil
}

// withParts is a thing, and by name what has its name from it: the topic and the
// subjects of a product's majors so far.
func withParts(r weir.Ref) []weir.Ref {
	out := []weir.Ref{r}
	if r.UID.IsZero() && r.Noun == weir.NounProduct {
		p := weir.Product{Name: r.Name, Major: 1}
		out = append(out, weir.Ref{Noun: weir.NounTopic, Name: p.Topic()},
			weir.Ref{Noun: weir.NounSubject, Name: p.Subject(weir.OfKey)}, weir.Ref{Noun: weir.NounSubject, Name: p.Subject(weir.OfValue)})
	}
	return out
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
		err := weir.All(ctx, v, weir.Query{Noun: n, Scope: weir.Everything}, func(it weir.Item) error {
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
