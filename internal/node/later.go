package node

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// topics lists what is on a cluster.
type topics interface {
	Topics(ctx context.Context) (weir.Topics, error)
}

// later is what registry and catalogue ask of parts that start after them; nobody
// can ask them before they have.
type later struct{ n *Node }

func (l later) Topics(ctx context.Context) (weir.Topics, error) { return l.n.topics.Topics(ctx) }

func (l later) KeepsWith(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product, before, after []schema.Field) error {
	return l.n.catalog.KeepsWith(ctx, v, by, p, before, after)
}

func (l later) Hurts(ctx context.Context, p weir.Principal, product string) string {
	return l.n.lineage.Hurts(ctx, p, product)
}

func (l later) Spans(ctx context.Context, topic string) (map[int32]weir.Span, error) {
	return l.n.reader.Spans(ctx, topic)
}
