package catalog

import (
	"fmt"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// Lack is something that a topic must have, or be told with, before it can be
// published.
type Lack struct {
	Field string // of the request
	Msg   string
	Flag  string // what gives it, on the command line
}

// Lacks is the cause of a refusal to publish: everything that is missing.
type Lacks []Lack

// Error names what is missing.
func (l Lacks) Error() string {
	parts := make([]string, len(l))
	for i, x := range l {
		parts[i] = x.Msg
	}
	return strings.Join(parts, "; ")
}

// refuse is the refusal; nil if nothing is missing.
func (l Lacks) refuse(topic string) error {
	if len(l) == 0 {
		return nil
	}
	flags := make([]string, len(l))
	for i, x := range l {
		flags[i] = x.Flag
	}
	word := "things are"
	if len(l) == 1 {
		word = "thing is"
	}
	return weir.Errorf(weir.Invalid, "%s cannot be published yet: %d %s missing", clip(topic), len(l), word).
		WithFix("add %s", strings.Join(flags, ", ")).Because(l)
}

// missing lists what was not said, and a topic without a record if nobody says
// why.
func (d *publishing) missing() Lacks {
	var l Lacks
	lack := func(is bool, field, msg, flag string) {
		if is {
			l = append(l, Lack{field, msg, flag})
		}
	}
	cmd, tell := d.cmd, d.cmd.Telling
	lack(cmd.Owner == "", "owner", "nobody is named who answers for it", "--owner PERSON")
	lack(strings.TrimSpace(cmd.Description) == "", "description", "nobody is told what it holds", "--description TEXT")
	lack(tell.Quality == nil || *tell.Quality == "", "quality", "nobody knows how far its data can be trusted", "--quality authoritative, curated or raw")
	lack(tell.SLA == nil || *tell.SLA == "", "sla", "nobody knows how soon it is mended when it fails", "--sla tier-1, tier-2 or tier-3")
	d.schemaLacks(lack)
	lack(d.at.records == 0 && strings.TrimSpace(d.call.Why) == "", "reason", "there is no record in it, and no reason why it is worth publishing", "--reason TEXT")
	lack(!cmd.AcceptTerms, "acceptTerms", "the mesh's terms of publishing are not accepted (read them: weir mesh terms)", "--accept-terms")
	return l
}

// schemaLacks asks for a schema, or that there is none on purpose.
func (d *publishing) schemaLacks(lack func(bool, string, string, string)) {
	e := or(d.cmd.Encoding, d.at.encoding)
	registered := len(d.at.texts[weir.OfValue]) > 0
	lack(e == "" && d.cmd.Schema == "", "schema", "nobody knows what its values are", "--schema FILE (or --encoding json or bytes, on purpose)")
	lack(e == "" && d.cmd.Schema != "", "encoding", "the schema's language is not said", "--encoding avro, protobuf or json-schema")
	plain := e == weir.EncodingJSON || e == weir.EncodingBytes
	lack(e != "" && !plain && d.cmd.Schema == "" && !registered, "schema", fmt.Sprintf("values in %s need a schema, and there is none", e), "--schema FILE")
}

// unlessThere is a schema's text, or nothing if the subject has it already: what
// is published again comes with the schema that it had.
func (f found) unlessThere(k weir.SubjectKind, text string) string {
	for _, have := range f.texts[k] {
		s, err := format.Parse(have.format, schema.Source{Text: text})
		if err == nil && weir.TextName(s.Canonical()) == have.name {
			return ""
		}
	}
	return text
}
