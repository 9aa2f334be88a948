package registry

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Wait returns when the registry knows all that was decided up to an offset, or
// when ctx ends.
func (r *Registry) Wait(ctx context.Context, at weir.Offset) error { return r.cfg.Index.Wait(ctx, at) }

// LatestSchema gives the latest schema of a subject, understood. It asks nobody
// whether the caller may see it: who reads a product's records may.
func (r *Registry) LatestSchema(ctx context.Context, subject string) (weir.SchemaID, schema.Schema, error) {
	s, err := r.lookAs(weir.Principal{Ref: weir.System}, subject)
	if err != nil {
		return 0, nil, err
	}
	v, err := s.version(Latest, LivingOnly)
	if err != nil {
		return 0, nil, err
	}
	e, err := r.parsed(ctx, v.Schema)
	return v.ID, e, err
}

// SchemaIn gives a schema by its id, understood, if it is or was one of a
// subject's. NotFound if not.
func (r *Registry) SchemaIn(ctx context.Context, subject string, id weir.SchemaID) (schema.Schema, error) {
	s, err := r.lookAs(weir.Principal{Ref: weir.System}, subject)
	if err != nil {
		return nil, err
	}
	for _, v := range s.versions() {
		if v.ID == id {
			return r.parsed(ctx, v.Schema)
		}
	}
	return nil, weir.Errorf(weir.NotFound, "schema %d is not one of the subject %s", id, subject).
		WithFix("write with a schema of the product: weir schema list")
}
