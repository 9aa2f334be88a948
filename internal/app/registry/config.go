package registry

import (
	"context"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Config gives a subject's configuration, or the mesh's for "". orMesh: what
// the subject does not say is filled in from the mesh.
func (r *Registry) Config(_ context.Context, p weir.Principal, subject string, orMesh bool) (weir.SubjectConfig, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return weir.SubjectConfig{}, err
	}
	switch {
	case subject == "":
		return filled(nil, s.mesh.Config), nil
	case orMesh:
		return s.config(), nil
	case s.subject == nil || s.subject.Config == nil:
		return weir.SubjectConfig{}, fault(NoSubjectConfig, weir.NotFound, "Subject '%s' does not have subject-level compatibility configured", subject)
	}
	return *s.subject.Config, nil
}

// SetConfig sets the fields that are given, of a subject or (for "") the mesh,
// and answers with all of them.
func (r *Registry) SetConfig(ctx context.Context, call weir.Call, subject string, c weir.SubjectConfig) (weir.SubjectConfig, error) {
	c, err := checkedConfig(c)
	if err != nil {
		return weir.SubjectConfig{}, err
	}
	if subject == "" {
		return answered[weir.SubjectConfig](r.editMesh(ctx, call, "mesh.config", func(_ context.Context, _ weir.View, _ *changes, next *weir.Mesh) (any, error) {
			if err := (seen{mesh: next}).writable(); err != nil {
				return nil, err
			}
			next.Config = laid(next.Config, c)
			return next.Config, nil
		}))
	}
	return answered[weir.SubjectConfig](r.edit(ctx, call, edit{
		op: "subject.config", event: "subject.changed", name: subject, verb: rights.Edit, create: true,
		change: func(_ context.Context, _ weir.View, was seen, next *weir.Subject) (any, error) {
			if err := keepsContract(was, c); err != nil {
				return nil, err
			}
			next.Config = laid(next.Config, c)
			return next.Config, nil
		},
	}))
}

// keepsContract refuses what would let a schema that breaks a product's contract
// in: no comparison, or one with some versions only.
func keepsContract(s seen, c weir.SubjectConfig) error {
	p := s.owner.product
	if p == nil || c.Compatibility != weir.CompatNone && c.CompatibilityGroup == "" {
		return nil
	}
	where, fix := "compatibility", "use another level"
	if c.Compatibility != weir.CompatNone {
		where, fix = "compatibilityGroup", "leave the group out"
	}
	return fault(InvalidLevel, weir.Invalid, "subject %s is the contract of %s, which is always checked", s.name, p.Ref()).
		At(where).WithFix("%s; a breaking change is a new major of the product", fix)
}

// laid is a configuration with what is given set.
func laid(had *weir.SubjectConfig, c weir.SubjectConfig) *weir.SubjectConfig {
	if had != nil {
		c = over(*had, c)
	}
	return &c
}

// checkedConfig refuses what is no configuration.
func checkedConfig(c weir.SubjectConfig) (weir.SubjectConfig, error) {
	if c.Compatibility != "" && !slices.Contains(weir.Compatibilities(), c.Compatibility) {
		return c, fault(InvalidLevel, weir.Invalid,
			"Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive")
	}
	for _, r := range []**weir.RuleSet{&c.DefaultRuleSet, &c.OverrideRuleSet} {
		var err error
		if *r, err = ruled(*r); err != nil {
			return c, err
		}
	}
	return c, faulted(InvalidRuleSet, c.Validate())
}

// DeleteConfig removes a subject's own, or the mesh's, and gives what it was.
func (r *Registry) DeleteConfig(ctx context.Context, call weir.Call, subject string) (weir.SubjectConfig, error) {
	if subject == "" {
		return answered[weir.SubjectConfig](r.editMesh(ctx, call, "mesh.config", func(_ context.Context, _ weir.View, _ *changes, next *weir.Mesh) (any, error) {
			if err := (seen{mesh: next}).writable(); err != nil {
				return nil, err
			}
			was := filled(nil, next.Config)
			next.Config = nil
			return was, nil
		}))
	}
	return answered[weir.SubjectConfig](r.edit(ctx, call, edit{
		op: "subject.config", event: "subject.changed", name: subject, verb: rights.Edit, free: true,
		change: func(_ context.Context, _ weir.View, was seen, next *weir.Subject) (any, error) {
			had := next.Config
			if had == nil {
				return nil, noSubject(subject)
			}
			next.Config = nil
			return had, was.writable()
		},
	}))
}
