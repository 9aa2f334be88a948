package registry

import (
	"cmp"

	"github.com/weirmesh/weir"
)

// seen is what one write or check looks at, all of one moment.
type seen struct {
	name    string
	subject *weir.Subject // nil: there is none
	rev     weir.Revision
	mesh    *weir.Mesh
	meshRev weir.Revision
	owner   owner
}

// look takes a subject as it is now.
func (x *Index) look(name string) (seen, error) {
	x.mu.RLock()
	s := seen{name: name, mesh: x.mesh, meshRev: x.meshRev}
	if h, ok := x.byName[name]; ok {
		s.subject, s.rev = h.Subject, h.rev
	}
	x.mu.RUnlock()
	if s.mesh == nil {
		s.mesh = &weir.Mesh{}
	}
	var err error
	s.owner, err = x.lookup().of(name, s.subject)
	return s, err
}

// versions are all, those deleted softly too.
func (s seen) versions() []weir.SubjectVersion {
	if s.subject == nil {
		return nil
	}
	return s.subject.Versions
}

// next is the number of the version that comes next.
func (s seen) next() int {
	vs := s.versions()
	if len(vs) == 0 {
		return 1
	}
	return vs[len(vs)-1].Version + 1
}

// latest is the greatest living version.
func (s seen) latest() (weir.SubjectVersion, bool) {
	if s.subject == nil {
		return weir.SubjectVersion{}, false
	}
	return s.subject.Latest()
}

// mode is what may be written into the subject.
func (s seen) mode() weir.SubjectMode {
	if s.mesh.Mode == weir.ModeReadOnlyOverride {
		return s.mesh.Mode
	}
	own := weir.SubjectMode("")
	if s.subject != nil {
		own = s.subject.Mode
	}
	return cmp.Or(own, s.mesh.Mode, weir.ModeReadWrite)
}

// writable refuses what is read-only.
func (s seen) writable() error {
	switch s.mode() {
	case weir.ModeReadOnly, weir.ModeReadOnlyOverride:
		return fault(NotPermitted, weir.Conflict, "Subject %s is in read-only mode", s.name).
			WithFix("change its mode first, or the registry's, to %s", weir.ModeReadWrite)
	}
	return nil
}

// config is the subject's, and what it does not say from the mesh. A product's
// contract is always checked, and against all that it should be.
func (s seen) config() weir.SubjectConfig {
	c := weir.SubjectConfig{}
	if s.subject != nil {
		c = filled(s.subject.Config, s.mesh.Config)
	} else {
		c = filled(nil, s.mesh.Config)
	}
	if s.owner.product == nil {
		return c
	}
	if c.Compatibility == weir.CompatNone {
		c.Compatibility = weir.CompatBackward
	}
	c.CompatibilityGroup = ""
	return c
}

// filled is a configuration in which what is not said is taken from another, and
// from the default.
func filled(own, otherwise *weir.SubjectConfig) weir.SubjectConfig {
	var c, o weir.SubjectConfig
	if own != nil {
		c = *own
	}
	if otherwise != nil {
		o = *otherwise
	}
	c = over(o, c)
	c.Compatibility = cmp.Or(c.Compatibility, weir.CompatBackward)
	return c
}

// over lays what c says over what o says.
func over(o, c weir.SubjectConfig) weir.SubjectConfig {
	return weir.SubjectConfig{
		Compatibility:      cmp.Or(c.Compatibility, o.Compatibility),
		CompatibilityGroup: cmp.Or(c.CompatibilityGroup, o.CompatibilityGroup),
		Normalize:          cmp.Or(c.Normalize, o.Normalize),
		DefaultMetadata:    cmp.Or(c.DefaultMetadata, o.DefaultMetadata),
		OverrideMetadata:   cmp.Or(c.OverrideMetadata, o.OverrideMetadata),
		DefaultRuleSet:     cmp.Or(c.DefaultRuleSet, o.DefaultRuleSet),
		OverrideRuleSet:    cmp.Or(c.OverrideRuleSet, o.OverrideRuleSet),
	}
}

// adds reports whether a configuration puts something beside schemas.
func adds(c weir.SubjectConfig) bool {
	return c.DefaultMetadata != nil || c.OverrideMetadata != nil || c.DefaultRuleSet != nil || c.OverrideRuleSet != nil
}
