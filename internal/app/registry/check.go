package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Check says whether a schema may follow in a subject, at its level: against the
// version that is said, or (0) those that the level compares.
func (r *Registry) Check(ctx context.Context, p weir.Principal, cmd Registration, version int) (compat.Verdict, error) {
	if err := checkSubject(cmd.Subject); err != nil {
		return compat.Verdict{}, err
	}
	s, err := r.lookAs(p, cmd.Subject)
	if err != nil {
		return compat.Verdict{}, err
	}
	if _, any := s.latest(); version == Latest && !any {
		version = 0 // a subject without versions takes anything
	}
	if version != 0 {
		if _, err := s.living(version); err != nil {
			return compat.Verdict{}, err
		}
	}
	w, err := r.begin(ctx, p, len(cmd.Text))
	if err != nil {
		return compat.Verdict{}, err
	}
	defer w.end()
	c, err := r.candidate(ctx, p, w, cmd, s)
	if err != nil {
		return compat.Verdict{}, err
	}
	v, err := r.verdict(ctx, w, s, c, version)
	if err == nil && s.owner.product != nil {
		v.Findings = append(v.Findings, notOfProduct(s, c)...)
	}
	return v, err
}

// notOfProduct is what keeps a schema out of a product's subject beside its
// earlier versions: another language, or values without the key's fields.
func notOfProduct(s seen, c candidate) []compat.Finding {
	err := ofProduct(s.owner.product, s.name, c.schema)
	var e *weir.Error
	if !errors.As(err, &e) {
		return nil
	}
	latest, _ := s.latest()
	return []compat.Finding{{Version: latest.Version, Direction: compat.Backward, Mismatch: schema.Mismatch{
		Path: e.Where, Rule: "NOT_OF_THE_PRODUCT", Reader: string(c.reg.Format), Msg: e.Msg, Fix: e.Fix,
	}}}
}

// lookAs takes a subject as it is for a principal: what the principal may not
// know of is not there.
func (r *Registry) lookAs(p weir.Principal, name string) (seen, error) {
	s, err := r.cfg.Index.look(r.Canonical(p, name))
	if err != nil {
		return s, err
	}
	if s.subject != nil && !p.Scope().Knows(s.subject.Readers()) {
		s.subject, s.rev = nil, 0
	}
	if s.owner.product != nil && !p.Scope().Knows(s.owner.product.Readers()) {
		s.owner = owner{}
	}
	return s, nil
}

// living is a version that is not deleted.
func (s seen) living(version int) (weir.SubjectVersion, error) {
	latest, any := s.latest()
	if !any {
		return latest, noSubject(s.name)
	}
	if version == Latest {
		return latest, nil
	}
	v, ok := s.subject.At(version)
	switch {
	case version < 1:
		return v, invalidVersion(version)
	case !ok || v.Deleted:
		return v, noVersion(version)
	}
	return v, nil
}

// verdict compares a candidate with the versions that the level wants, or with
// one.
func (r *Registry) verdict(ctx context.Context, w *work, s seen, c candidate, version int) (compat.Verdict, error) {
	config := s.config()
	var against []weir.SubjectVersion
	if version != 0 {
		v, err := s.living(version)
		if err != nil {
			return compat.Verdict{}, err
		}
		against = append(against, v)
	} else {
		against = r.compared(s, c, config)
	}
	return w.compare(ctx, s, c, config.Compatibility, against)
}

// compared lists the versions that a level looks at: of those with the same
// value of the group's property, the last or all. Deleted ones count where there
// are records of them.
func (r *Registry) compared(s seen, c candidate, config weir.SubjectConfig) []weir.SubjectVersion {
	if config.Compatibility == weir.CompatNone {
		return nil
	}
	var out []weir.SubjectVersion
	for _, v := range s.versions() {
		if (!v.Deleted || s.owner.kept) && r.sameGroup(v, c, config.CompatibilityGroup) {
			out = append(out, v)
		}
	}
	if transitive := strings.HasSuffix(string(config.Compatibility), "_TRANSITIVE"); !transitive && len(out) > 1 {
		out = out[len(out)-1:]
	}
	return out
}

func (r *Registry) sameGroup(v weir.SubjectVersion, c candidate, group string) bool {
	if group == "" {
		return true
	}
	e, ok := r.cfg.Index.schema(v.Schema)
	return ok && property(e.Metadata, group) == property(c.reg.Metadata, group)
}

// property is a property of metadata, and whether it is there.
func property(m *weir.Metadata, name string) [2]string {
	if m == nil {
		return [2]string{}
	}
	if v, ok := m.Properties[name]; ok {
		return [2]string{v, "set"}
	}
	return [2]string{}
}

// namedFindings is how many findings an error names.
const namedFindings = 10

// incompatible refuses a schema that may not follow. Serialisers show only the
// message, so it says everything: the original's words, then which field, which
// rule, against which version, and what to do.
func incompatible(s seen, v compat.Verdict) error {
	var details []string
	for _, f := range v.Findings[:min(len(v.Findings), namedFindings)] {
		details = append(details, fmt.Sprintf("{errorType:'%s', description:'%s', oldSchemaVersion:%d}", f.Rule, sentence(f), f.Version))
	}
	if more := len(v.Findings) - namedFindings; more > 0 {
		details = append(details, fmt.Sprintf("and %d more", more))
	}
	details = append(details, fmt.Sprintf("{compatibility: '%s'}", v.Level))
	first := v.Findings[0]
	return fault(Incompatible, weir.Conflict,
		"Schema being registered is incompatible with an earlier schema for subject \"%s\", details: [%s]; %s breaks %s against version %d (%s): %s",
		s.name, strings.Join(details, ", "), cmpOr(first.Path, "the schema"), first.Rule, first.Version, reads(first), first.Msg).
		WithFix("%s", advice(s, first))
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func sentence(f compat.Finding) string {
	out := f.Msg
	if f.Path != "" {
		out = f.Path + ": " + out
	}
	if f.Reader != "" || f.Writer != "" {
		out += fmt.Sprintf(" (reader: %s, writer: %s)", cmpOr(f.Reader, "nothing"), cmpOr(f.Writer, "nothing"))
	}
	return out
}

func reads(f compat.Finding) string {
	if f.Direction == compat.Forward {
		return "who has that version must read what the new schema writes"
	}
	return "the new schema must read what that version wrote"
}

// advice says what to do about a finding.
func advice(s seen, f compat.Finding) string {
	fix := cmpOr(f.Fix, "change it back")
	if s.owner.product != nil {
		if strings.Contains(fix, "new major") {
			return fix + " of the product: this one's readers rely on its contract"
		}
		return fix + ", or make a new major of the product: this one's readers rely on its contract"
	}
	return fix + ", or register the schema under another subject"
}

// of keeps the versions that a selection wants.
func (d Deleted) of(vs []weir.SubjectVersion) []weir.SubjectVersion {
	return slices.DeleteFunc(slices.Clone(vs), func(v weir.SubjectVersion) bool { return !d.has(v.Deleted) })
}
