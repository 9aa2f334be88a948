package catalog

import (
	"context"
	"slices"

	"github.com/weirmesh/weir"
)

// endRoles takes away the roles that people have on what ends.
func (r *result) endRoles(ctx context.Context, v weir.View, on weir.UID) {
	if r.err != nil {
		return
	}
	q := weir.ListQuery{Noun: weir.NounPerson, Scope: weir.Everything, Refers: []weir.UID{on}}
	r.err = weir.All(ctx, v, q, func(it weir.Item) error {
		p, ok := it.Entity.(*weir.Person)
		if !ok {
			return weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
		}
		next := *p
		next.Roles = slices.DeleteFunc(slices.Clone(p.Roles), func(b weir.Binding) bool { return b.On.UID == on })
		r.put(p, it.Rev, &next)
		return r.err
	})
}
