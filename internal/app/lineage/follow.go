package lineage

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/lineage"
)

// follow makes the graph show all that the ledger has.
func (l *Lineage) follow(ctx context.Context) error {
	l.mu.RLock()
	there := l.graph != nil && l.at >= l.cfg.Ledger.Head().Offset
	l.mu.RUnlock()
	if there {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.graph == nil {
		if err := l.load(ctx); err != nil {
			return err
		}
	}
	err := l.cfg.Ledger.Read(ctx, l.at+1, func(r weir.Record) error {
		if err := apply(l.graph, r); err != nil {
			return err
		}
		l.at = r.Offset
		return nil
	})
	if err != nil {
		l.graph = nil // it may show half an entry
	}
	return err
}

func apply(g *lineage.Graph, r weir.Record) error {
	for _, c := range r.Entry.Changes {
		if err := g.Apply(c); err != nil {
			return err
		}
	}
	return nil
}

// load makes the graph of what lives.
func (l *Lineage) load(ctx context.Context) error {
	v, done, err := l.cfg.State.View(ctx)
	if err != nil {
		return err
	}
	defer done()
	g := lineage.New()
	for _, n := range lineage.Nouns() {
		// A query is long by its lineage, and a subject by its versions; of a
		// product that is not needed.
		q := weir.ListQuery{Noun: n, Scope: weir.Everything, Brief: n == weir.NounProduct}
		err := weir.All(ctx, v, q, func(it weir.Item) error {
			g.Put(it.Entity)
			return nil
		})
		if err != nil {
			return err
		}
	}
	l.graph, l.at = g, v.Offset()
	return nil
}
