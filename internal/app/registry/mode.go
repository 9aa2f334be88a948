package registry

import (
	"cmp"
	"context"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Mode, SetMode and DeleteMode are the same for modes. IMPORT wants a subject
// (or registry) without versions, unless force is set.
func (r *Registry) Mode(_ context.Context, p weir.Principal, subject string, orMesh bool) (weir.SubjectMode, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return "", err
	}
	configured := s.subject != nil && s.subject.Mode != "" || s.mesh.Mode == weir.ModeReadOnlyOverride
	if subject != "" && !orMesh && !configured {
		return "", fault(NoSubjectMode, weir.NotFound, "Subject '%s' does not have subject-level mode configured", subject)
	}
	return s.mode(), nil
}

// SetMode says what may be written into a subject, or (for "") all that have no
// mode of their own. Changing to IMPORT forgets what was deleted softly.
func (r *Registry) SetMode(ctx context.Context, call weir.Call, subject string, m weir.SubjectMode, force bool) (weir.SubjectMode, error) {
	if !slices.Contains(weir.SubjectModes(), m) {
		return "", fault(InvalidMode, weir.Invalid, "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, and IMPORT")
	}
	if subject == "" {
		return answered[weir.SubjectMode](r.editMesh(ctx, call, "mesh.mode", func(ctx context.Context, v weir.View, cs *changes, next *weir.Mesh) (any, error) {
			if m == weir.ModeImport && next.Mode != m && !force {
				if err := emptied(ctx, v, cs); err != nil {
					return nil, err
				}
			}
			next.Mode = m
			return m, nil
		}))
	}
	return answered[weir.SubjectMode](r.edit(ctx, call, edit{
		op: "subject.mode", event: "subject.changed", name: subject, verb: rights.Edit, create: true, free: true,
		change: func(ctx context.Context, v weir.View, was seen, next *weir.Subject) (any, error) {
			if m == weir.ModeImport {
				if err := mayImport(call.By, subject); err != nil {
					return nil, err
				}
				if was.mode() != m && !force {
					if err := empty(next); err != nil {
						return nil, err
					}
				}
			}
			next.Mode = m
			return m, nil
		},
	}))
}

// mayImport refuses who may not bring schemas with their ids and versions,
// unchecked: a mesh admin alone may.
func mayImport(p weir.Principal, subject string) error {
	if rights.May(p, rights.Edit, rights.Thing{Noun: weir.NounMesh}) {
		return nil
	}
	e := weir.Errorf(weir.Denied, "%s may not import into subject %s", p.Ref, subject).WithFix("ask a mesh admin: schemas with ids of their own concern the whole mesh")
	e.Ref = weir.Ref{Noun: weir.NounSubject, Name: subject}
	return e
}

// empty forgets the versions of a subject; none of them may live.
func empty(s *weir.Subject) error {
	if _, lives := s.Latest(); lives {
		return fault(NotPermitted, weir.Conflict, "Cannot import since found existing subjects").
			WithFix("delete them first, or say force: then ids and versions that are taken are refused one by one")
	}
	s.Versions = nil
	return nil
}

// emptied forgets the versions of all subjects but Weir's own; none of them may
// live.
func emptied(ctx context.Context, v weir.View, cs *changes) error {
	return weir.All(ctx, v, weir.ListQuery{Noun: weir.NounSubject, Scope: weir.Everything}, func(it weir.Item) error {
		s := it.Entity.(*weir.Subject)
		if len(s.Versions) == 0 || s.Domain.Own() {
			return nil
		}
		next := *s
		if err := empty(&next); err != nil {
			return err
		}
		cs.subject(s, it.Rev, &next)
		return cs.err
	})
}

// DeleteMode removes a subject's own mode, or the mesh's, and gives what it was.
func (r *Registry) DeleteMode(ctx context.Context, call weir.Call, subject string) (weir.SubjectMode, error) {
	if subject == "" {
		return answered[weir.SubjectMode](r.editMesh(ctx, call, "mesh.mode", func(_ context.Context, _ weir.View, _ *changes, next *weir.Mesh) (any, error) {
			was := cmp.Or(next.Mode, weir.ModeReadWrite)
			next.Mode = ""
			return was, nil
		}))
	}
	return answered[weir.SubjectMode](r.edit(ctx, call, edit{
		op: "subject.mode", event: "subject.changed", name: subject, verb: rights.Edit, free: true,
		change: func(_ context.Context, _ weir.View, _ seen, next *weir.Subject) (any, error) {
			was := next.Mode
			if was == "" {
				return nil, noSubject(subject)
			}
			next.Mode = ""
			return was, nil
		},
	}))
}
