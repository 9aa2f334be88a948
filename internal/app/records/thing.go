package records

import (
	"context"

	"github.com/weirmesh/weir"
)

// thing is whose a topic is, as a person may know.
type thing struct {
	ref   weir.Ref    // zero: the person may not know of it, or there is no such topic
	query *weir.Query // that makes its records; nil: none does
	known bool        // the person may know of the query
}

// thing finds out whose a topic is, once for a trace.
func (w *walk) thing(ctx context.Context, topic string) (*thing, error) {
	if t, ok := w.things[topic]; ok {
		return t, nil
	}
	v, done, err := w.r.cfg.State.View(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	t, err := whose(ctx, v, w.person, topic)
	if err == nil {
		w.things[topic] = t
	}
	return t, err
}

// whose finds the product or stream of a topic, and the query that makes it.
func whose(ctx context.Context, v weir.View, p weir.Principal, topic string) (*thing, error) {
	t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: topic})
	if err != nil {
		return &thing{}, absent(err)
	}
	for _, noun := range []weir.Noun{weir.NounProduct, weir.NounStream} {
		e, _, err := weir.Known[weir.Entity](ctx, v, p, weir.Ref{Noun: noun, UID: t.Of})
		if err == nil {
			return made(ctx, v, p, e.Ref())
		}
		if !weir.NotFound.In(err) {
			return nil, err
		}
	}
	return &thing{}, nil
}

// made finds the query that makes a product, or sets records aside in a stream.
func made(ctx context.Context, v weir.View, p weir.Principal, of weir.Ref) (*thing, error) {
	out := &thing{ref: of}
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounQuery, Scope: weir.Everything, Refers: []weir.UID{of.UID}, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return out, err
	}
	if q, ok := page.Items[0].Entity.(*weir.Query); ok {
		out.query, out.known = q, p.Scope().Knows(q.Readers())
	}
	return out, nil
}

// absent is no error for what is not there.
func absent(err error) error {
	if weir.NotFound.In(err) {
		return nil
	}
	return err
}

// maker is a query, with the plan that it has now, once for a trace.
func (w *walk) maker(ctx context.Context, q *weir.Query) *Maker {
	if m, ok := w.makers[q.UID]; ok {
		return m
	}
	m := &Maker{Name: q.Name, Statement: q.Statement, State: w.r.cfg.Queries.State(q)}
	if plan, err := w.r.cfg.Queries.Plan(ctx, q); err == nil {
		m.Fingerprint, m.Plan = plan.Fingerprint(), plan.String()
	} else {
		m.Problem = public(err)
	}
	w.makers[q.UID] = m
	w.out.Makers = append(w.out.Makers, m)
	return m
}
