package registry

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Deleted says whether what was deleted softly is listed too.
type Deleted int

const (
	LivingOnly Deleted = iota
	DeletedToo
	DeletedOnly
)

// has reports whether what is deleted, or is not, is selected.
func (d Deleted) has(deleted bool) bool {
	switch d {
	case LivingOnly:
		return !deleted
	case DeletedOnly:
		return deleted
	}
	return true
}

// Version gives one version of a subject; version may be Latest.
func (r *Registry) Version(ctx context.Context, p weir.Principal, subject string, version int, d Deleted) (Version, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return Version{}, err
	}
	v, err := s.version(version, d)
	if err != nil {
		return Version{}, err
	}
	found, err := r.at(ctx, s.subject, v)
	return r.as(p, subject, found, err)
}

// version finds one by its number. The latest is a living one.
func (s seen) version(version int, d Deleted) (weir.SubjectVersion, error) {
	if version < 1 && version != Latest {
		return weir.SubjectVersion{}, invalidVersion(version)
	}
	v, ok := s.latest()
	if version != Latest && s.subject != nil {
		v, ok = s.subject.At(version)
		ok = ok && d.has(v.Deleted)
	}
	switch {
	case ok:
		return v, nil
	case len(d.of(s.versions())) == 0:
		return v, noSubject(s.name)
	}
	return v, noVersion(version)
}

// at is a version with its schema and text.
func (r *Registry) at(ctx context.Context, s *weir.Subject, v weir.SubjectVersion) (Version, error) {
	e, ok := r.cfg.Index.schema(v.Schema)
	if !ok {
		return Version{}, weir.Errorf(weir.Internal, "version %d of %s has no schema", v.Version, s.Name)
	}
	text, err := r.text(ctx, e.Text)
	out := bare(s.Name, v, e)
	out.Text = text
	return out, err
}

// bare is a version without its text.
func bare(subject string, v weir.SubjectVersion, e *weir.Schema) Version {
	return Version{
		Subject: subject, Version: v.Version, ID: e.ID, Deleted: v.Deleted,
		Format: e.Format, References: e.References, Metadata: e.Metadata, RuleSet: e.RuleSet,
	}
}

// LatestWith gives the greatest version whose metadata has all these properties.
func (r *Registry) LatestWith(ctx context.Context, p weir.Principal, subject string, properties map[string]string, d Deleted) (Version, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return Version{}, err
	}
	v, ok := findVersion(s.versions(), d, func(v weir.SubjectVersion) bool {
		e, ok := r.cfg.Index.schema(v.Schema)
		return ok && hasAll(e.Metadata, properties)
	})
	switch {
	case ok:
		found, err := r.at(ctx, s.subject, v)
		return r.as(p, subject, found, err)
	case len(d.of(s.versions())) == 0:
		return Version{}, noSubject(subject)
	}
	return Version{}, noSchema()
}

func hasAll(m *weir.Metadata, properties map[string]string) bool {
	if m == nil || m.Properties == nil {
		return false
	}
	for k, want := range properties {
		if v, ok := m.Properties[k]; !ok || v != want {
			return false
		}
	}
	return true
}

// ByID gives a schema by its id. The subject narrows what the caller may see by
// it; empty is any. Version and Subject of the answer are one place where it is.
func (r *Registry) ByID(ctx context.Context, p weir.Principal, id weir.SchemaID, subject string) (Version, error) {
	e, s, n, ok := r.cfg.Index.place(id, p.Scope(), r.Canonical(p, subject))
	if !ok {
		return Version{}, noSchemaID(id)
	}
	v, _ := s.At(n)
	out := bare(s.Name, v, e)
	var err error
	out.Text, err = r.text(ctx, e.Text)
	return r.as(p, subject, out, err)
}

// MaxID is the greatest id that was given, 0 if none was.
func (r *Registry) MaxID() weir.SchemaID { return r.cfg.Index.maxID() }

// Fields walks the fields of one version.
func (r *Registry) Fields(ctx context.Context, p weir.Principal, subject string, version int) ([]schema.Field, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return nil, err
	}
	v, err := s.version(version, LivingOnly)
	if err != nil {
		return nil, err
	}
	e, err := r.parsed(ctx, v.Schema)
	if err != nil {
		return nil, err
	}
	return e.Fields(), nil
}
