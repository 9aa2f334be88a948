package queries

import (
	"context"

	"github.com/weirmesh/weir"
)

// States of a query, as people are told.
const (
	Starting = "starting" // it shall run, and does not yet
	Running  = "running"
	Paused   = "paused"
	Stopped  = "stopped" // by people, or by Weir, which then says why
)

// Shown is a query as it is now.
type Shown struct {
	*weir.Query
	Rev    weir.Revision
	State  string
	Status weir.QueryStatus // zero: it was never run here
	Known  bool             // there is a status
}

// Named gives a query that the caller may know of.
func (q *Queries) Named(ctx context.Context, by weir.Principal, name string) (Shown, error) {
	var out Shown
	err := q.view(ctx, func(v weir.View) error {
		it, rev, err := weir.Known[*weir.Query](ctx, v, by, weir.Ref{Noun: weir.NounQuery, Name: name})
		if err == nil {
			out = q.Shown(it, rev)
		}
		return err
	})
	return out, err
}

// Shown says how a query does.
func (q *Queries) Shown(it *weir.Query, rev weir.Revision) Shown {
	s := Shown{Query: it, Rev: rev}
	if q.cfg.Statuses != nil {
		s.Status, s.Known = q.cfg.Statuses.Status(it.UID)
	}
	switch {
	case it.Wish == weir.QueryRun && s.Status.Running:
		s.State = Running
	case it.Wish == weir.QueryRun:
		s.State = Starting
	case it.Wish == weir.QueryPause && it.Why == "":
		s.State = Paused
	default:
		s.State = Stopped
	}
	return s
}

// Understand says how a query is understood now, with the rights of its
// application. It fails with why it is not.
func (q *Queries) Understand(ctx context.Context, it *weir.Query) (Understood, error) {
	var out Understood
	err := q.view(ctx, func(v weir.View) error {
		by, err := asApplication(ctx, v, it.Application)
		if err != nil {
			return err
		}
		plan, inputs, err := q.compile(ctx, v, by, it.Statement)
		if err != nil {
			return err
		}
		p, _, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, UID: it.Product})
		if err != nil {
			return err
		}
		s, err := shapeOf(plan, it.Name, p.Encoding, inputs)
		if err != nil {
			return err
		}
		s.keyEncoding = p.KeyEncoding
		out = s.told()
		return nil
	})
	return out, err
}
