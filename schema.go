package weir

import (
	"fmt"
	"strconv"
	"time"
)

// SchemaID is the number that a serialiser writes before each record. It is
// given once, in the entry that registers the schema, and never again to
// another one.
type SchemaID uint32

// MaxSchemaID is the greatest id that registration gives. From
// the next number on, ids belong to schemas that the gateway makes of others.
const MaxSchemaID SchemaID = 999_999_999

// OwnSchemaID is the first of the ids of schemas that Weir itself brings: at the
// end of what registration gives, so that a mesh's own begin with 1, and an
// import may bring any that it has.
const OwnSchemaID SchemaID = 999_999_000

// MaxImportedID is the greatest id that an import may bring: registration goes
// on after the greatest one there is, and must not run out.
const MaxImportedID SchemaID = 499_999_999

// SchemaFormat is a schema language, by the name that registries use.
type SchemaFormat string

const (
	FormatAvro     SchemaFormat = "AVRO"
	FormatJSON     SchemaFormat = "JSON"
	FormatProtobuf SchemaFormat = "PROTOBUF"
)

// SchemaFormats lists every format, in the order in which registries list them.
func SchemaFormats() []SchemaFormat { return []SchemaFormat{FormatJSON, FormatProtobuf, FormatAvro} }

// Bounds of what stands beside a schema's text.
const (
	MaxReferences  = 100
	MaxProperties  = 256 // of metadata, and paths with tags
	MaxRules       = 256
	MaxBeside      = 64 << 10 // bytes of metadata, and of rules
	MaxSubjectName = 255
)

// SchemaReference says that a name in a schema's text is the schema of another
// subject's version.
type SchemaReference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

// Metadata is what a schema's author says beside it. It is part of the schema:
// the same text with other metadata is another schema.
type Metadata struct {
	Tags       map[string][]string `json:"tags,omitempty"` // by path
	Properties map[string]string   `json:"properties,omitempty"`
	Sensitive  []string            `json:"sensitive,omitempty"` // names of properties
}

// RuleSet is the rules that serialisers apply to records, kept and given back
// as they came.
type RuleSet struct {
	MigrationRules []Rule `json:"migrationRules,omitempty"`
	DomainRules    []Rule `json:"domainRules,omitempty"`
	EncodingRules  []Rule `json:"encodingRules,omitempty"`
	EnableAt       string `json:"enableAt,omitempty"`
}

// Rule is one rule of a [RuleSet].
type Rule struct {
	Name      string            `json:"name"`
	Doc       string            `json:"doc,omitempty"`
	Kind      string            `json:"kind"`
	Mode      string            `json:"mode"`
	Type      string            `json:"type,omitempty"`
	Tags      []string          `json:"tags,omitempty"`
	Params    map[string]string `json:"params,omitempty"`
	Expr      string            `json:"expr,omitempty"`
	OnSuccess string            `json:"onSuccess,omitempty"`
	OnFailure string            `json:"onFailure,omitempty"`
	Disabled  bool              `json:"disabled,omitempty"`
}

// Schema is a text in a schema language with what belongs to it. It has an id
// and never changes; it outlives every subject that had it, so that its id is
// never given to another.
type Schema struct {
	UID        UID               `json:"uid"`
	ID         SchemaID          `json:"id"`
	Format     SchemaFormat      `json:"format"`
	Text       UID               `json:"text"` // canonical
	References []SchemaReference `json:"references,omitempty"`
	Referred   []UID             `json:"referred,omitempty"` // the schemas that References mean, in order
	Metadata   *Metadata         `json:"metadata,omitempty"`
	RuleSet    *RuleSet          `json:"ruleSet,omitempty"`
	Domains    []UID             `json:"domains,omitempty"` // whose members knew of it when it was made; empty: the mesh
	Created    time.Time         `json:"created"`
}

// SchemaName is the name of the schema entity with an id: names sort as ids do.
func SchemaName(id SchemaID) string { return fmt.Sprintf("%010d", uint32(id)) }

func (s *Schema) Ref() Ref       { return Ref{NounSchema, s.UID, SchemaName(s.ID)} }
func (s *Schema) Readers() []UID { return s.Domains }

// Refers lists the text and the schemas that are referred to.
func (s *Schema) Refers() []Ref {
	rs := []Ref{{Noun: NounText, UID: s.Text}}
	for _, u := range s.Referred {
		rs = append(rs, Ref{Noun: NounSchema, UID: u})
	}
	return rs
}

// Validate checks every field by itself.
func (s *Schema) Validate() error {
	if s.ID < 1 || s.ID > MaxSchemaID {
		return Errorf(Invalid, "%d is not the id of a schema", s.ID).At("id").WithFix("use 1 to %d", MaxSchemaID)
	}
	if len(s.References) > MaxReferences || len(s.References) != len(s.Referred) {
		return Errorf(Invalid, "%d references", len(s.References)).At("references").WithFix("use at most %d", MaxReferences)
	}
	return first(oneOf("format", s.Format, SchemaFormats()...), s.Metadata.check(), s.RuleSet.check())
}

func (m *Metadata) check() error {
	if m == nil {
		return nil
	}
	if len(m.Tags) > MaxProperties || len(m.Properties) > MaxProperties || len(m.Sensitive) > MaxProperties {
		return Errorf(Invalid, "more than %d tags or properties", MaxProperties).At("metadata").WithFix("use fewer")
	}
	var errs []error
	size := 0
	for path, tags := range m.Tags {
		for _, t := range append(tags, path) {
			size += len(t)
			errs = append(errs, checkText("metadata.tags", t))
		}
	}
	for k, v := range m.Properties {
		size += len(k) + len(v)
		errs = append(errs, checkText("metadata.properties", k), checkText("metadata.properties."+clip(k), v))
	}
	return first(append(errs, beside("metadata", size))...)
}

func (r *RuleSet) check() error {
	if r == nil {
		return nil
	}
	all := append(append(append([]Rule{}, r.MigrationRules...), r.DomainRules...), r.EncodingRules...)
	if len(all) > MaxRules {
		return Errorf(Invalid, "%d rules", len(all)).At("ruleSet").WithFix("use at most %d", MaxRules)
	}
	size := 0
	for i, rule := range all {
		where := "ruleSet." + strconv.Itoa(i)
		size += rule.size()
		if err := first(checkText(where+".name", rule.Name), checkText(where+".doc", rule.Doc), checkText(where+".expr", rule.Expr)); err != nil {
			return err
		}
	}
	return beside("ruleSet", size)
}

// size is the bytes of a rule's texts.
func (r Rule) size() int {
	n := len(r.Name) + len(r.Doc) + len(r.Kind) + len(r.Mode) + len(r.Type) + len(r.Expr) + len(r.OnSuccess) + len(r.OnFailure)
	for _, t := range r.Tags {
		n += len(t)
	}
	for k, v := range r.Params {
		n += len(k) + len(v)
	}
	return n
}

// beside bounds what stands beside a schema: it is kept in memory.
func beside(where string, size int) error {
	if size <= MaxBeside {
		return nil
	}
	return Errorf(Limit, "%d bytes of it", size).At(where).WithFix("use at most %d", MaxBeside)
}
