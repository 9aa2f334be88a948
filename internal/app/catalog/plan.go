package catalog

import (
	"context"

	"github.com/weirmesh/weir"
)

// endBeside ends what teams plan to do with a product that ends, and what was said
// about it.
func (r *result) endBeside(ctx context.Context, v weir.View, product weir.UID) {
	for _, n := range []weir.Noun{weir.NounPlan, weir.NounQuestion, weir.NounAnnouncement} {
		q := weir.ListQuery{Noun: n, Scope: weir.Everything, Refers: []weir.UID{product}}
		err := weir.All(ctx, v, q, func(it weir.Item) error {
			r.end(it.Entity, it.Rev)
			return nil
		})
		if r.err == nil {
			r.err = err
		}
	}
}
