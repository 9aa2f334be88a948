package registry

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// CompareText puts a text that is not registered beside a version of a subject.
// The To of the answer has no version and no id. What the subject's level wants
// is not asked: see [Registry.Check].
func (r *Registry) CompareText(ctx context.Context, p weir.Principal, from int, next Registration) (Comparison, error) {
	s, err := r.lookAs(p, next.Subject)
	if err != nil {
		return Comparison{}, err
	}
	w, err := r.begin(ctx, p, len(next.Text))
	if err != nil {
		return Comparison{}, err
	}
	defer w.end()
	a, old, err := r.side(ctx, w, s, from)
	if err != nil {
		return Comparison{}, err
	}
	c, err := r.candidate(ctx, p, w, next, s)
	if err != nil {
		return Comparison{}, err
	}
	return Comparison{
		From: a, To: c.version(weir.SubjectVersion{}), Fields: beside(old.Fields(), c.schema.Fields()),
		Backward: format.CanRead(c.schema, old), Forward: format.CanRead(old, c.schema),
	}, nil
}
