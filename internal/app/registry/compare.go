package registry

import (
	"context"
	"reflect"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// Comparison is two versions of a subject beside each other: what is the same,
// added, removed or changed among their fields, and whether each side could
// read the other.
type Comparison struct {
	From, To          Version
	Fields            []FieldChange
	Backward, Forward []schema.Mismatch // To reads From's records; From reads To's
}

// FieldChange is one field on both sides; one side is nil if it is not there.
type FieldChange struct{ Old, New *schema.Field }

// Same reports whether both sides say the same.
func (c FieldChange) Same() bool { return reflect.DeepEqual(c.Old, c.New) }

// Compare puts two versions of a subject beside each other.
func (r *Registry) Compare(ctx context.Context, p weir.Principal, subject string, from, to int) (Comparison, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return Comparison{}, err
	}
	w, err := r.begin(ctx, p, 0)
	if err != nil {
		return Comparison{}, err
	}
	defer w.end()
	a, old, err := r.side(ctx, w, s, from)
	if err != nil {
		return Comparison{}, err
	}
	b, next, err := r.side(ctx, w, s, to)
	if err != nil {
		return Comparison{}, err
	}
	return Comparison{
		From: a, To: b, Fields: beside(old.Fields(), next.Fields()),
		Backward: format.CanRead(next, old), Forward: format.CanRead(old, next),
	}, nil
}

// side is one version with its schema understood.
func (r *Registry) side(ctx context.Context, w *work, s seen, version int) (Version, schema.Schema, error) {
	at, err := s.version(version, DeletedToo)
	if err != nil {
		return Version{}, nil, err
	}
	e, bytes, err := r.sized(ctx, w, at.Schema)
	if err == nil {
		err = w.grow(ctx, bytes)
	}
	if err != nil {
		return Version{}, nil, err
	}
	v, err := r.at(ctx, s.subject, at)
	return v, e, err
}

// beside pairs fields by their keys, in the order of the new side; what it has no more
// stands where it was.
func beside(old, next []schema.Field) []FieldChange {
	there := map[string]bool{}
	for _, f := range next {
		there[f.Key()] = true
	}
	var out []FieldChange
	rest := old
	gone := func() {
		for len(rest) > 0 && !there[rest[0].Key()] {
			out = append(out, FieldChange{Old: &rest[0]})
			rest = rest[1:]
		}
	}
	was := map[string]*schema.Field{}
	for i, f := range old {
		was[f.Key()] = &old[i]
	}
	for i, f := range next {
		gone()
		out = append(out, FieldChange{Old: was[f.Key()], New: &next[i]})
		if len(rest) > 0 && rest[0].Key() == f.Key() {
			rest = rest[1:]
		}
	}
	for _, f := range rest {
		if !there[f.Key()] {
			out = append(out, FieldChange{Old: was[f.Key()]})
		}
	}
	return out
}
