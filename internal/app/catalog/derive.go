package catalog

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Derive prepares a product that a query makes, with the schemas of its values
// and keys; an empty text is none. It parses at once; what it gives decides
// inside the entry that makes the query, when domain and owner are set.
func (c *Catalog) Derive(ctx context.Context, by weir.Principal, p *weir.Product, value, key string) (func(context.Context, weir.View, *weir.Product) ([]weir.Change, error), error) {
	if err := checkKey(p); err != nil {
		return nil, err
	}
	schemas, err := c.first(ctx, by, NewProduct{Schema: value, KeySchema: key}, p)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, v weir.View, p *weir.Product) ([]weir.Change, error) {
		if err := rights.Must(by, rights.Create, rights.Thing{Noun: weir.NounProduct, Domain: p.Domain}, p.Ref()); err != nil {
			return nil, err
		}
		if err := free(ctx, v, p.Ref(), p.Topic(), "weir product delete "+p.Name+" --destroy-data"); err != nil {
			return nil, err
		}
		if err := follows(ctx, v, p); err != nil {
			return nil, err
		}
		r := c.result()
		r.put(nil, 0, p)
		r.put(nil, 0, c.topicOf(p))
		schemas.put(ctx, v, r, p)
		r.with(v, func(v weir.View) ([]weir.Change, error) { return c.contracts.Follow(ctx, v, p) })
		return r.changes, r.err
	}, nil
}

// DecideJournal wants the topic that says where a query is, inside a decision.
func (c *Catalog) DecideJournal(ctx context.Context, v weir.View, q *weir.Query) ([]weir.Change, error) {
	r := c.result()
	r.put(nil, 0, &weir.Topic{
		UID: c.uid(), Name: q.Journal(), Domain: q.Domain, Of: q.UID, Partitions: 1, Retention: weir.Forever,
		State: weir.TopicWanted, Created: c.now().UTC(),
	})
	return r.changes, r.err
}

// DecideEndTopic wants a topic gone, with its data, inside a decision; nothing
// if there is none.
func (c *Catalog) DecideEndTopic(ctx context.Context, v weir.View, topic string) ([]weir.Change, error) {
	r := c.result()
	c.endTopic(ctx, v, r, topic)
	return r.changes, r.err
}

// DecideEndDerived ends a product that a query made, with its data, inside the
// entry that ends the query.
func (c *Catalog) DecideEndDerived(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product, rev weir.Revision) ([]weir.Change, error) {
	if err := rights.Must(by, rights.Delete, rights.OfProduct(weir.NounProduct, p), p.Ref()); err != nil {
		return nil, err
	}
	r := c.result()
	c.endProduct(ctx, v, r, p, rev, true)
	return r.changes, r.err
}

// DecideEndStream ends a private stream with its data, inside a decision.
func (c *Catalog) DecideEndStream(ctx context.Context, v weir.View, by weir.Principal, s *weir.Stream, rev weir.Revision) ([]weir.Change, error) {
	if err := rights.Must(by, rights.Delete, rights.Thing{Noun: weir.NounStream, Domain: s.Domain}, s.Ref()); err != nil {
		return nil, err
	}
	r := c.result()
	r.end(s, rev)
	c.endTopic(ctx, v, r, s.Topic())
	return r.changes, r.err
}

// queryOn finds the query that refers to something; nil if none does.
func queryOn(ctx context.Context, v weir.View, uid weir.UID) (*weir.Query, error) {
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounQuery, Scope: weir.Everything, Refers: []weir.UID{uid}, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	q, ok := page.Items[0].Entity.(*weir.Query)
	if !ok {
		return nil, weir.Errorf(weir.Internal, "%s is a %T", page.Items[0].Entity.Ref(), page.Items[0].Entity)
	}
	return q, nil
}

// notFed refuses to end a product that a query makes.
func notFed(ctx context.Context, v weir.View, p *weir.Product) error {
	q, err := queryOn(ctx, v, p.UID)
	if err != nil || q == nil {
		return err
	}
	e := weir.Errorf(weir.Conflict, "%s is made by a query", p.Name).
		WithFix("end the query first: weir query delete %s; with --destroy-data the product and its data end with it", q.Name)
	e.Ref = p.Ref()
	return e
}

// notSetAside refuses to end the private stream of what a query set aside.
func notSetAside(ctx context.Context, v weir.View, s *weir.Stream) error {
	q, err := queryOn(ctx, v, s.UID)
	if err != nil || q == nil {
		return err
	}
	e := weir.Errorf(weir.Conflict, "%s holds the records that the query %s set aside", s.Ref(), q.Name).
		WithFix("end the query first: weir query delete %s", q.Name)
	e.Ref = s.Ref()
	return e
}
