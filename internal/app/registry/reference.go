package registry

import (
	"context"

	"github.com/weirmesh/weir"
)

// resolved is references with what they mean.
type resolved struct {
	names []weir.SchemaReference // with numbers of versions
	of    []weir.UID
	texts []gathered
}

// resolve finds what references mean, as far as a principal may know of it.
func (r *Registry) resolve(ctx context.Context, p weir.Principal, refs []weir.SchemaReference) (resolved, error) {
	if len(refs) > weir.MaxReferences {
		return resolved{}, fault(InvalidSchema, weir.Invalid, "%d references", len(refs)).At("references").WithFix("use at most %d", weir.MaxReferences)
	}
	var out resolved
	g := gathering{r: r, got: map[weir.UID]gathered{}}
	all := gathered{}
	for _, ref := range refs {
		ref.Subject = r.Canonical(p, ref.Subject)
		v, err := r.referred(p, ref)
		if err != nil {
			return resolved{}, err
		}
		s, ok := r.cfg.Index.schema(v.Schema)
		if !ok {
			return resolved{}, noReference(ref)
		}
		sub, err := g.stored(ctx, s, 1)
		if err == nil {
			err = all.add(ref.Name, sub)
		}
		if err != nil {
			return resolved{}, err
		}
		ref.Version = v.Version
		out.names, out.of, out.texts = append(out.names, ref), append(out.of, s.UID), append(out.texts, sub)
	}
	return out, nil
}

// referred is the living version that a reference means.
func (r *Registry) referred(p weir.Principal, ref weir.SchemaReference) (weir.SubjectVersion, error) {
	s, _ := r.cfg.Index.subject(ref.Subject)
	if s == nil || !p.Scope().Knows(s.Readers()) {
		return weir.SubjectVersion{}, noReference(ref)
	}
	v, ok := s.At(ref.Version)
	if ref.Version == Latest {
		v, ok = s.Latest()
	}
	if !ok || v.Deleted {
		return weir.SubjectVersion{}, noReference(ref)
	}
	return v, nil
}

func noReference(ref weir.SchemaReference) error {
	return fault(InvalidSchema, weir.Invalid, "No schema reference found for subject \"%s\" and version %d", ref.Subject, ref.Version).
		At("references").WithFix("register what it refers to first, or name a version that is there and visible to you")
}

// stillRefer checks inside a decision that references mean what they meant, and
// that who may know of the schema may know of what it refers to.
func stillRefer(ctx context.Context, v weir.View, p weir.Principal, readers []weir.UID, res resolved) error {
	for i, ref := range res.names {
		s, _, err := weir.Known[*weir.Subject](ctx, v, p, weir.Ref{Noun: weir.NounSubject, Name: ref.Subject})
		if weir.NotFound.In(err) {
			return noReference(ref)
		}
		if err != nil {
			return err
		}
		at, ok := s.At(ref.Version)
		if !ok || at.Deleted || at.Schema != res.of[i] {
			return noReference(ref)
		}
		if err := mayShow(s, ref, readers); err != nil {
			return err
		}
	}
	return nil
}

// mayShow refuses a reference to what the readers of the schema cannot see.
func mayShow(s *weir.Subject, ref weir.SchemaReference, readers []weir.UID) error {
	hidden := s.Readers()
	if len(hidden) == 0 || len(readers) > 0 && readers[0] == hidden[0] {
		return nil
	}
	return fault(InvalidSchema, weir.Invalid, "the schema is visible to more people than \"%s\", to which it refers as %s", ref.Subject, ref.Name).
		At("references").WithFix("register what it refers to under a subject that is as visible, such as DOMAIN._shared.NAME, or keep this schema below the domain's _private")
}
