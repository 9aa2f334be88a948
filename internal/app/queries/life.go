package queries

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Pause lets a query rest: it keeps its place and its state.
func (q *Queries) Pause(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return q.change(ctx, call, "query.pause", "query.paused", name, func(_ weir.View, _ *result, was, next *weir.Query) error {
		if was.Wish == weir.QueryStop {
			return weir.Errorf(weir.Conflict, "query %s is stopped", was.Name).WithFix("start it: weir query start %s", was.Name)
		}
		next.Wish, next.Why = weir.QueryPause, ""
		return nil
	})
}

// Start lets a query run on from where it was; with begin, or after it was
// stopped, from the beginning of its inputs, as a new run.
func (q *Queries) Start(ctx context.Context, call weir.Call, name string, begin bool) (weir.Receipt, error) {
	return q.change(ctx, call, "query.start", "query.started", name, func(v weir.View, r *result, was, next *weir.Query) error {
		if err := q.mayRun(ctx, v, was); err != nil {
			return err
		}
		next.Wish, next.Why = weir.QueryRun, ""
		if !begin && was.Wish != weir.QueryStop {
			return nil
		}
		next.Run++
		if begin {
			next.AtEnd = false
		}
		if was.Wish != weir.QueryStop {
			r.with(func() ([]weir.Change, error) { return q.cfg.Catalog.DecideEndTopic(ctx, v, was.Journal()) })
		}
		r.with(func() ([]weir.Change, error) { return q.cfg.Catalog.DecideJournal(ctx, v, next) })
		return nil
	})
}

// Stop ends a query's run: it gives up its place and its state, and begins anew
// when it is started again. What it has made stays.
func (q *Queries) Stop(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return q.change(ctx, call, "query.stop", "query.stopped", name, func(v weir.View, r *result, was, next *weir.Query) error {
		if was.Wish == weir.QueryStop {
			return nil
		}
		next.Wish, next.Why = weir.QueryStop, ""
		r.with(func() ([]weir.Change, error) { return q.cfg.Catalog.DecideEndTopic(ctx, v, was.Journal()) })
		return nil
	})
}

// Halt stops a query that cannot go on, with the reason; it keeps its place. run
// is the run that is meant: a later one is left alone.
func (q *Queries) Halt(ctx context.Context, call weir.Call, query weir.UID, run int, why string) error {
	_, err := q.cfg.Writer.Submit(ctx, call.Decision("query.halt", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		was, rev, err := weir.Find[*weir.Query](ctx, v, weir.Ref{Noun: weir.NounQuery, UID: query})
		if weir.NotFound.In(err) || err == nil && (was.Wish != weir.QueryRun || was.Run != run) {
			return weir.Outcome{}, nil
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *was
		next.Wish, next.Why = weir.QueryPause, printable(why)
		r := q.result()
		r.put(was, rev, &next)
		return r.outcome("query.halted", &next)
	}))
	return err
}

// printable is a reason as it may stand in the ledger.
func printable(s string) string {
	out := make([]rune, 0, min(len(s), 1000))
	for _, c := range s {
		if len(out) == 1000 {
			break
		}
		if c < ' ' || c == 0x7f || c == 0xfffd {
			c = ' '
		}
		out = append(out, c)
	}
	return string(out)
}

// change changes a query, inside the queue.
func (q *Queries) change(ctx context.Context, call weir.Call, op, event, name string, to func(v weir.View, r *result, was, next *weir.Query) error) (weir.Receipt, error) {
	return q.cfg.Writer.Submit(ctx, call.Decision(op, func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		was, _, rev, err := q.find(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next, r := *was, q.result()
		if err := to(v, r, was, &next); err != nil {
			return weir.Outcome{}, err
		}
		r.put(was, rev, &next)
		return r.outcome(event, &next)
	}))
}

// find finds a query with which the caller may do something, and its product.
func (q *Queries) find(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, name string) (*weir.Query, *weir.Product, weir.Revision, error) {
	it, rev, err := weir.Known[*weir.Query](ctx, v, call.By, weir.Ref{Noun: weir.NounQuery, Name: name})
	if err != nil {
		return nil, nil, 0, err
	}
	p, _, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, UID: it.Product})
	if err != nil {
		return nil, nil, 0, err
	}
	if err := rights.Must(call.By, verb, rights.OfProduct(weir.NounQuery, p), it.Ref()); err != nil {
		return nil, nil, 0, err
	}
	return it, p, rev, call.Check(it.Ref(), rev)
}

// mayRun refuses a query whose inputs are gone, or that may not read them or
// write its product any more.
func (q *Queries) mayRun(ctx context.Context, v weir.View, it *weir.Query) error {
	by, err := asApplication(ctx, v, it.Application)
	if err != nil {
		return err
	}
	for _, uid := range it.Inputs {
		p, _, err := sourceOf(ctx, v, uid)
		if weir.NotFound.In(err) {
			return weir.Errorf(weir.NotFound, "an input of the query %s is gone", it.Name).
				WithFix("end the query: weir query delete %s; its product stays", it.Name)
		}
		if err != nil {
			return err
		}
		may, err := mayRead(ctx, v, by, p)
		if err != nil {
			return err
		}
		if !may {
			return mayNot(by, p)
		}
	}
	return q.mayWrite(ctx, v, by, it)
}

// mayWrite refuses a query whose application is not of the team that owns its
// product any more.
func (q *Queries) mayWrite(ctx context.Context, v weir.View, by weir.Principal, it *weir.Query) error {
	p, _, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, UID: it.Product})
	if err != nil {
		return err
	}
	f, err := factsOf(ctx, v, by, p)
	if err != nil || rights.OnTopic(f).Has(rights.Write) {
		return err
	}
	e := weir.Errorf(weir.Denied, "%s may not write %s: the domain belongs to another team now", by.Ref, p.Name).
		WithFix("give the domain back to the team, or make the query anew: weir query delete %s", it.Name)
	e.Ref = p.Ref()
	return e
}

// Delete ends a query and its application. The product stays, with its data, its
// schema and what was set aside; with destroy all of that ends too.
func (q *Queries) Delete(ctx context.Context, call weir.Call, name string, destroy bool) (weir.Receipt, error) {
	return q.cfg.Writer.Submit(ctx, call.Decision("query.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		it, p, rev, err := q.find(ctx, v, call, rights.Delete, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		r := q.result()
		r.end(it, rev)
		if it.Wish != weir.QueryStop {
			r.with(func() ([]weir.Change, error) { return q.cfg.Catalog.DecideEndTopic(ctx, v, it.Journal()) })
		}
		r.with(func() ([]weir.Change, error) {
			a, rev, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, UID: it.Application})
			if err != nil {
				return nil, err
			}
			cs, _, err := q.cfg.Identity.DecideEndApplication(ctx, v, a, rev)
			return cs, err
		})
		if destroy {
			q.destroy(ctx, v, r, call.By, it, p)
		}
		return r.outcome("query.deleted", it)
	}))
}

// destroy ends what a query made.
func (q *Queries) destroy(ctx context.Context, v weir.View, r *result, by weir.Principal, it *weir.Query, p *weir.Product) {
	r.with(func() ([]weir.Change, error) {
		_, rev, err := v.Get(ctx, weir.Ref{Noun: weir.NounProduct, UID: p.UID})
		if err != nil {
			return nil, err
		}
		return q.cfg.Catalog.DecideEndDerived(ctx, v, by, p, rev)
	})
	if it.Aside.IsZero() {
		return
	}
	r.with(func() ([]weir.Change, error) {
		s, rev, err := weir.Find[*weir.Stream](ctx, v, weir.Ref{Noun: weir.NounStream, UID: it.Aside})
		if err != nil {
			return nil, err
		}
		return q.cfg.Catalog.DecideEndStream(ctx, v, by, s, rev)
	})
}
