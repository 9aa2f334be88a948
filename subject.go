package weir

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Compatibility says which schemas may follow which in a subject.
type Compatibility string

// The levels. BACKWARD: who has the new schema reads what was written with the
// last one. FORWARD: the other way round. FULL is both. TRANSITIVE holds
// against every version, not the last one alone.
const (
	CompatNone               Compatibility = "NONE"
	CompatBackward           Compatibility = "BACKWARD"
	CompatBackwardTransitive Compatibility = "BACKWARD_TRANSITIVE"
	CompatForward            Compatibility = "FORWARD"
	CompatForwardTransitive  Compatibility = "FORWARD_TRANSITIVE"
	CompatFull               Compatibility = "FULL"
	CompatFullTransitive     Compatibility = "FULL_TRANSITIVE"
)

// Compatibilities lists every level.
func Compatibilities() []Compatibility {
	return []Compatibility{
		CompatNone, CompatBackward, CompatBackwardTransitive, CompatForward, CompatForwardTransitive, CompatFull, CompatFullTransitive,
	}
}

// SubjectMode says what may be written into a subject.
type SubjectMode string

const (
	ModeReadWrite        SubjectMode = "READWRITE"
	ModeReadOnly         SubjectMode = "READONLY"
	ModeReadOnlyOverride SubjectMode = "READONLY_OVERRIDE" // READONLY, whatever a subject says
	ModeImport           SubjectMode = "IMPORT"            // schemas come with their ids and versions, unchecked
)

// SubjectModes lists every mode.
func SubjectModes() []SubjectMode {
	return []SubjectMode{ModeReadWrite, ModeReadOnly, ModeReadOnlyOverride, ModeImport}
}

// SubjectConfig is how schemas enter a subject, or all that have none of their
// own. Empty fields are not set.
type SubjectConfig struct {
	Compatibility      Compatibility `json:"compatibility,omitempty"`
	CompatibilityGroup string        `json:"compatibilityGroup,omitempty"` // a property of the metadata: only versions with the same value are compared
	Normalize          *bool         `json:"normalize,omitempty"`
	DefaultMetadata    *Metadata     `json:"defaultMetadata,omitempty"`
	OverrideMetadata   *Metadata     `json:"overrideMetadata,omitempty"`
	DefaultRuleSet     *RuleSet      `json:"defaultRuleSet,omitempty"`
	OverrideRuleSet    *RuleSet      `json:"overrideRuleSet,omitempty"`
}

// SubjectVersion is a schema's place in a subject.
type SubjectVersion struct {
	Version int      `json:"version"`
	Schema  UID      `json:"schema"`
	ID      SchemaID `json:"id"`
	Deleted bool     `json:"deleted,omitempty"` // softly: still found by those who ask for it
}

// MaxVersions bounds the versions of a subject, those deleted softly included.
const MaxVersions = 2000

// Subject is the history of schemas under one name. The subjects of a product
// are its topic's name with -key and -value: the product's contract.
type Subject struct {
	UID        UID              `json:"uid"`
	Name       string           `json:"name"`
	Domain     UID              `json:"domain,omitzero"` // whose it is; zero: the mesh's
	Visibility Visibility       `json:"visibility"`
	Config     *SubjectConfig   `json:"config,omitempty"`
	Mode       SubjectMode      `json:"mode,omitempty"`
	Versions   []SubjectVersion `json:"versions,omitempty" long:"true"` // ascending
	Created    time.Time        `json:"created"`
}

func (s *Subject) Ref() Ref { return Ref{NounSubject, s.UID, s.Name} }

// Refers lists the domain and the schemas, each once.
func (s *Subject) Refers() []Ref {
	var rs []Ref
	if !s.Domain.IsZero() {
		rs = append(rs, Ref{Noun: NounDomain, UID: s.Domain})
	}
	seen := map[UID]bool{}
	for _, v := range s.Versions {
		if !seen[v.Schema] {
			seen[v.Schema] = true
			rs = append(rs, Ref{Noun: NounSchema, UID: v.Schema})
		}
	}
	return rs
}

// Readers: the whole mesh, or the domain alone.
func (s *Subject) Readers() []UID {
	if s.Visibility == VisibleDomain {
		return []UID{s.Domain}
	}
	return nil
}

// Latest is the greatest version that is not deleted; false if there is none.
func (s *Subject) Latest() (SubjectVersion, bool) {
	for _, v := range slices.Backward(s.Versions) {
		if !v.Deleted {
			return v, true
		}
	}
	return SubjectVersion{}, false
}

// maxDiff bounds how many versions a diff names.
const maxDiff = 100

// diffLong says which versions came, changed or went.
func (s *Subject) diffLong(prev Entity) []Diff {
	before, _ := prev.(*Subject)
	if before == nil {
		before = &Subject{}
	}
	numbers := map[int]bool{}
	for _, v := range append(slices.Clone(before.Versions), s.Versions...) {
		numbers[v.Version] = true
	}
	var ds []Diff
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		was, had := before.At(n)
		is, has := s.At(n)
		if had == has && was == is {
			continue
		}
		if len(ds) == maxDiff {
			break
		}
		ds = append(ds, Diff{Path: "versions." + strconv.Itoa(n), Old: versionJSON(was, had), New: versionJSON(is, has)})
	}
	return ds
}

func versionJSON(v SubjectVersion, there bool) json.RawMessage {
	if !there {
		return nil
	}
	b, _ := Canonical(v) // it is numbers and a text
	return b
}

// At is a version by its number, a deleted one too.
func (s *Subject) At(version int) (SubjectVersion, bool) {
	i, ok := slices.BinarySearchFunc(s.Versions, version, func(v SubjectVersion, n int) int { return v.Version - n })
	if !ok {
		return SubjectVersion{}, false
	}
	return s.Versions[i], true
}

// Empty reports whether nothing is left of the subject.
func (s *Subject) Empty() bool { return len(s.Versions) == 0 && s.Config == nil && s.Mode == "" }

// Validate checks every field by itself.
func (s *Subject) Validate() error {
	if len(s.Versions) > MaxVersions {
		return Errorf(Limit, "the subject %s has %d versions", s.Name, len(s.Versions)).At("versions").
			WithFix("delete old ones for ever; a subject holds at most %d", MaxVersions)
	}
	for i, v := range s.Versions {
		if v.Version < 1 || i > 0 && v.Version <= s.Versions[i-1].Version {
			return Errorf(Internal, "versions are not ascending").At("versions")
		}
	}
	if s.Visibility == VisibleDomain && s.Domain.IsZero() {
		return Errorf(Internal, "a subject of the mesh is visible to the mesh").At("visibility")
	}
	errs := []error{CheckSubjectName(s.Name), oneOf("visibility", s.Visibility, VisibleMesh, VisibleDomain), s.Config.Validate()}
	if s.Mode != "" {
		errs = append(errs, oneOf("mode", s.Mode, SubjectModes()...))
	}
	return first(errs...)
}

// Validate checks every field by itself; nil is fine.
func (c *SubjectConfig) Validate() error {
	if c == nil {
		return nil
	}
	var errs []error
	if c.Compatibility != "" {
		errs = append(errs, oneOf("compatibility", c.Compatibility, Compatibilities()...))
	}
	return first(append(errs, checkText("compatibilityGroup", c.CompatibilityGroup), c.DefaultMetadata.check(),
		c.OverrideMetadata.check(), c.DefaultRuleSet.check(), c.OverrideRuleSet.check())...)
}

// CheckSubjectName refuses what no registry takes as a subject's name. A name
// that begins with a colon would be another context's.
func CheckSubjectName(name string) error {
	if name == "" || len(name) > MaxSubjectName || !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return Errorf(Invalid, "%q is not the name of a subject", clip(name)).At("subject").
			WithFix("use 1 to %d bytes without control characters", MaxSubjectName)
	}
	if name[0] == ':' {
		return Errorf(Invalid, "%q is in another context than the default one", clip(name)).At("subject").
			WithFix("this registry has the default context only: leave the part between colons out")
	}
	return nil
}

// SubjectKind says what part of a record a subject's schemas are of.
type SubjectKind string

const (
	OfKey   SubjectKind = "key"
	OfValue SubjectKind = "value"
	OfOther SubjectKind = "" // not named by a topic
)

var productSubject = regexp.MustCompile(`^([a-z0-9-]{2,63}\.[a-z0-9-]{2,63})\.v([1-9][0-9]{0,5})-(key|value)$`)

// SubjectOfTopic gives the subject of a topic's keys or values
// (TopicNameStrategy).
func SubjectOfTopic(topic string, k SubjectKind) string { return topic + "-" + string(k) }

// SplitSubject reads a subject's name: the product and topic whose it could be,
// and of which part. ok is false for a name that no product's subject has.
func SplitSubject(name string) (product, topic string, k SubjectKind, ok bool) {
	m := productSubject.FindStringSubmatch(name)
	if m == nil {
		return "", "", OfOther, false
	}
	product, topic = m[1], m[1]+".v"+m[2]
	if m[2] != "1" {
		product = topic
	}
	return product, topic, SubjectKind(m[3]), true
}

// SplitPrivateSubject gives the domain whose private subject a name could be:
// DOMAIN._private.ANYTHING.
func SplitPrivateSubject(name string) (domain string, ok bool) {
	return splitBelow(name, "._private.")
}

// SplitSharedSubject gives the domain whose subject, shared with the mesh, a name
// could be: DOMAIN._shared.ANYTHING.
func SplitSharedSubject(name string) (domain string, ok bool) {
	return splitBelow(name, "._shared.")
}

func splitBelow(name, part string) (domain string, ok bool) {
	domain, rest, ok := strings.Cut(name, part)
	return domain, ok && rest != "" && longName.MatchString(domain)
}
