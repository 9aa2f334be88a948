package queries

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Plan is how a query's statement is understood now, with the rights of its
// application. It fails with why it is not.
func (q *Queries) Plan(ctx context.Context, it *weir.Query) (*sqlang.Plan, error) {
	var plan *sqlang.Plan
	err := q.view(ctx, func(v weir.View) error {
		by, err := asApplication(ctx, v, it.Application)
		if err == nil {
			plan, _, err = q.compile(ctx, v, by, it.Statement)
		}
		return err
	})
	return plan, err
}

// State is how a query does, in a word.
func (q *Queries) State(it *weir.Query) string { return q.Shown(it, 0).State }
