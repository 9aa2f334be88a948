package node

import (
	"context"

	"github.com/weirmesh/weir"
)

// topics lists what is on a cluster.
type topics interface {
	Topics(ctx context.Context) (weir.Topics, error)
}

// later is what the catalogue asks of parts that start after it; nobody can ask
// the catalogue before they have.
type later struct{ n *Node }

func (l later) Topics(ctx context.Context) (weir.Topics, error) { return l.n.topics.Topics(ctx) }

func (l later) Spans(ctx context.Context, topic string) (map[int32]weir.Span, error) {
	return l.n.reader.Spans(ctx, topic)
}
