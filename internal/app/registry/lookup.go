package registry

import (
	"context"

	"github.com/weirmesh/weir"
)

// Lookup finds the version of a subject that has a schema.
func (r *Registry) Lookup(ctx context.Context, p weir.Principal, cmd Registration, d Deleted) (Version, error) {
	if err := checkSubject(cmd.Subject); err != nil {
		return Version{}, err
	}
	s, err := r.lookAs(p, cmd.Subject)
	if err != nil {
		return Version{}, err
	}
	w, err := r.begin(ctx, p, len(cmd.Text))
	if err != nil {
		return Version{}, err
	}
	defer w.end()
	c, err := r.candidate(ctx, p, w, cmd, s)
	if err != nil {
		return Version{}, err
	}
	v, ok := r.find(s, c, d)
	switch {
	case ok:
		found, err := r.at(ctx, s.subject, v)
		return r.as(p, cmd.Subject, found, err)
	case len(d.of(s.versions())) == 0:
		return Version{}, noSubject(cmd.Subject)
	}
	return Version{}, noSchema()
}
