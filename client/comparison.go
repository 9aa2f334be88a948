package client

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
)

// SchemaField is one place in the records that a schema describes.
type SchemaField struct {
	Path     string   `json:"path" doc:"The names from the outside, with dots between; [] is the elements of an array, {} the values of a map."`
	Type     string   `json:"type" doc:"What may stand there, in the words of the schema language."`
	Optional bool     `json:"optional,omitempty" doc:"It may be absent or null."`
	Values   []string `json:"values,omitempty" doc:"What an enum has, the first ones if there are many."`
	Default  *string  `json:"default,omitempty" doc:"What it is where the writer has no such field, short; absent: the schema has no default."`
	Number   int      `json:"number,omitempty" doc:"The field's number, in Protobuf: by it fields are found in another schema."`
	Doc      string   `json:"doc,omitempty" doc:"What the schema says about it, for people."`
	Tags     []string `json:"tags,omitempty"`
}

// SchemaFieldChange is one field in two schemas; a side where it is not is
// absent.
type SchemaFieldChange struct {
	Old *SchemaField `json:"old,omitempty"`
	New *SchemaField `json:"new,omitempty"`
}

// Same reports whether both sides say the same, docs and tags aside.
func (f SchemaFieldChange) Same() bool {
	if f.Old == nil || f.New == nil {
		return false
	}
	a, b := *f.Old, *f.New
	a.Doc, a.Tags, b.Doc, b.Tags = "", nil, "", nil
	return reflect.DeepEqual(a, b)
}

// SchemaMismatch is one reason why a reader cannot read everything that a
// writer may have written.
type SchemaMismatch struct {
	Path    string `json:"path,omitempty" doc:"Where; absent: the whole."`
	Rule    string `json:"rule" doc:"The rule that is broken, by its name in the docs."`
	Reader  string `json:"reader,omitempty" doc:"What the reader's schema says there."`
	Writer  string `json:"writer,omitempty" doc:"What the writer's schema says there."`
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty" doc:"What one can do."`
}

// SchemaComparison is two schemas of a subject beside each other.
type SchemaComparison struct {
	Subject  string              `json:"subject"`
	Type     string              `json:"schemaType" doc:"Of the new one."`
	From     int                 `json:"from" doc:"The version on the old side."`
	To       int                 `json:"to,omitempty" doc:"The version on the new side; absent: the text that was sent."`
	Fields   []SchemaFieldChange `json:"fields" nullable:"false"`
	Backward []SchemaMismatch    `json:"backward" nullable:"false" doc:"Why who has the new schema cannot read what was written with the old one; empty: it can."`
	Forward  []SchemaMismatch    `json:"forward" nullable:"false" doc:"Why who has the old schema cannot read what was written with the new one; empty: it can."`
}

// SchemaFields is the fields of one version.
type SchemaFields struct {
	Subject string        `json:"subject"`
	Version int           `json:"version"`
	Fields  []SchemaField `json:"fields" nullable:"false"`
}

// SchemaText is a schema that is compared without being registered.
type SchemaText struct {
	Schema     string            `json:"schema" maxLength:"1048576"`
	Type       string            `json:"schemaType,omitempty" enum:"AVRO,JSON,PROTOBUF" doc:"Absent: AVRO."`
	References []SchemaReference `json:"references,omitempty" maxItems:"100"`
}

// VersionPair is two versions of a subject; either may be [Latest].
type VersionPair struct{ From, To int }

// SchemaFields lists the fields of a version, or of the [Latest].
func (c *Client) SchemaFields(ctx context.Context, subject string, version int) (SchemaFields, error) {
	return call[SchemaFields](ctx, c, http.MethodGet, "/subjects/"+seg(subject)+"/fields?version="+versionPath(version), nil, nil)
}

// CompareVersions puts two versions of a subject beside each other.
func (c *Client) CompareVersions(ctx context.Context, subject string, p VersionPair) (SchemaComparison, error) {
	q := url.Values{"from": {versionPath(p.From)}, "to": {versionPath(p.To)}}
	return call[SchemaComparison](ctx, c, http.MethodGet, "/subjects/"+seg(subject)+"/compare?"+q.Encode(), nil, nil)
}

// CompareText puts a text beside a version of a subject, or the [Latest].
func (c *Client) CompareText(ctx context.Context, subject string, from int, t SchemaText) (SchemaComparison, error) {
	return call[SchemaComparison](ctx, c, http.MethodPost, "/subjects/"+seg(subject)+"/compare?from="+url.QueryEscape(versionPath(from)), t, nil)
}
