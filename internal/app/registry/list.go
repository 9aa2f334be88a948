package registry

import (
	"context"

	"github.com/weirmesh/weir"
)

// Which selects subjects, or schemas.
type Which struct {
	Prefix        string // of the subject
	Deleted       Deleted
	LatestOnly    bool
	Offset, Limit int // Limit 0: all, as many as the registry lists
}

// page is the part of a list that is asked for.
func page[T any](all []T, w Which) []T {
	all = all[min(max(w.Offset, 0), len(all)):]
	if w.Limit > 0 && w.Limit < len(all) {
		all = all[:w.Limit]
	}
	return all
}

// Subjects lists names, sorted.
func (r *Registry) Subjects(_ context.Context, p weir.Principal, w Which) ([]string, error) {
	names := []string{}
	for _, s := range r.cfg.Index.list(w.Prefix, p.Scope()) {
		_, lives := s.Latest()
		if len(s.Versions) > 0 && w.Deleted.has(!lives) {
			names = append(names, s.Name)
		}
	}
	return page(names, w), nil
}

// Versions lists a subject's versions, ascending.
func (r *Registry) Versions(_ context.Context, p weir.Principal, subject string, w Which) ([]int, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return nil, err
	}
	vs := w.Deleted.of(s.versions())
	if len(vs) == 0 && (w.Deleted != DeletedOnly || len(s.versions()) == 0) {
		return nil, noSubject(subject)
	}
	return page(numbers(vs), w), nil
}

func numbers(vs []weir.SubjectVersion) []int {
	out := make([]int, len(vs))
	for i, v := range vs {
		out[i] = v.Version
	}
	return out
}

// spot is a version of a subject, before its text is fetched.
type spot struct {
	subject *weir.Subject
	version weir.SubjectVersion
}

// Schemas lists versions of all subjects, by subject and version.
func (r *Registry) Schemas(ctx context.Context, p weir.Principal, w Which) ([]Version, error) {
	var all []spot
	for _, s := range r.cfg.Index.list(w.Prefix, p.Scope()) {
		vs := w.Deleted.of(s.Versions)
		if w.LatestOnly && len(vs) > 1 {
			vs = vs[len(vs)-1:]
		}
		for _, v := range vs {
			all = append(all, spot{s, v})
		}
	}
	out := []Version{}
	for _, at := range page(all, w) {
		v, err := r.at(ctx, at.subject, at.version)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Uses lists where a schema is, by subject and version. Texts are left out.
func (r *Registry) Uses(_ context.Context, p weir.Principal, id weir.SchemaID, w Which) ([]Version, error) {
	uses, ok := r.cfg.Index.uses(id, p.Scope())
	if !ok {
		return nil, noSchemaID(id)
	}
	out := []Version{}
	for _, u := range uses {
		if w.Deleted.has(u.Deleted) && len(u.Subject) >= len(w.Prefix) && u.Subject[:len(w.Prefix)] == w.Prefix {
			out = append(out, u)
		}
	}
	return page(out, w), nil
}

// ReferencedBy lists the ids of the schemas that refer to a version.
func (r *Registry) ReferencedBy(_ context.Context, p weir.Principal, subject string, version int, w Which) ([]weir.SchemaID, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return nil, err
	}
	v, err := s.version(version, DeletedToo)
	if err != nil {
		return nil, err
	}
	return page(r.cfg.Index.referrers(place{subject, v.Version}, p.Scope()), w), nil
}
