package catalog

import (
	"context"

	"github.com/weirmesh/weir"
)

// endPlans ends what teams plan to do with a product that ends.
func (r *result) endPlans(ctx context.Context, v weir.View, product weir.UID) {
	q := weir.ListQuery{Noun: weir.NounPlan, Scope: weir.Everything, Refers: []weir.UID{product}}
	err := weir.All(ctx, v, q, func(it weir.Item) error {
		r.end(it.Entity, it.Rev)
		return nil
	})
	if r.err == nil {
		r.err = err
	}
}
