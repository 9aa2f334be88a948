package client

import (
	"context"
	"io"
	"net/http"
)

// About is what an owner tells about a product, in the words of ODPS and ODCS.
type About struct {
	Type          string    `json:"type" enum:"source-aligned,aggregate,consumer-aligned"`
	Lifecycle     string    `json:"lifecycle" enum:"proposed,active,deprecated,retired"`
	Successor     string    `json:"successor,omitempty" doc:"The product to use instead of a deprecated or retired one."`
	Purpose       string    `json:"purpose,omitempty" doc:"What it is for."`
	Usage         string    `json:"usage,omitempty" doc:"How to use it."`
	Limitations   string    `json:"limitations,omitempty" doc:"What it is not good for."`
	Quality       string    `json:"quality,omitempty" enum:"authoritative,curated,raw" doc:"How far its data can be trusted."`
	SLA           string    `json:"sla,omitempty" enum:"tier-1,tier-2,tier-3" doc:"How soon it is mended when it fails: tier-1 first."`
	SLOs          []SLO     `json:"slos,omitempty" nullable:"false" doc:"Objectives that the owner declares."`
	Support       []Support `json:"support,omitempty" nullable:"false"`
	Tags          []string  `json:"tags,omitempty" nullable:"false" doc:"KEY:VALUE, such as area:finance."`
	Documentation string    `json:"documentation,omitempty" doc:"Where its documentation is, in Markdown; absent if it has none."`
	Terms         string    `json:"terms,omitempty" doc:"Where its terms of use are, in Markdown; absent if it has none."`
	EventTime     string    `json:"eventTime,omitempty" doc:"The field that says when it happened."`
	Lateness      string    `json:"lateness,omitempty" doc:"How late a record may come: 5m, 1h."`
}

// SLO is an objective that an owner declares.
type SLO struct {
	Property string  `json:"property" enum:"freshness,latency,completeness,retention,availability"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit" enum:"percent,s" doc:"percent of completeness and availability, else s."`
}

// Support is a way to ask about a product.
type Support struct {
	Channel string `json:"channel" minLength:"1" maxLength:"4096"`
	URL     string `json:"url,omitempty" maxLength:"4096" doc:"https:, http: or mailto:"`
}

// Warning is what a policy says about a product.
type Warning struct {
	Rule     string   `json:"rule" doc:"The policy's name."`
	Severity string   `json:"severity" enum:"error,warning,info" doc:"error: a topic that breaks it is not published."`
	Message  string   `json:"message"`
	Fix      string   `json:"fix" doc:"A command that helps."`
	Where    []string `json:"where,omitempty" nullable:"false" doc:"The places that it is about, such as fields."`
	Failed   bool     `json:"failed,omitempty" doc:"The policy could not be evaluated, so nobody knows whether the product keeps it."`
}

// Telling says what shall be told about a product; what is absent stays, what is
// empty is taken away.
type Telling struct {
	Type          *string    `json:"type,omitempty" enum:"source-aligned,aggregate,consumer-aligned"`
	Purpose       *string    `json:"purpose,omitempty" maxLength:"4096" doc:"What it is for."`
	Usage         *string    `json:"usage,omitempty" maxLength:"4096" doc:"How to use it."`
	Limitations   *string    `json:"limitations,omitempty" maxLength:"4096" doc:"What it is not good for."`
	Quality       *string    `json:"quality,omitempty" enum:"authoritative,curated,raw,"`
	SLA           *string    `json:"sla,omitempty" enum:"tier-1,tier-2,tier-3,"`
	SLOs          []SLO      `json:"slos,omitzero" nullable:"false" maxItems:"5" doc:"Instead of those before."`
	Support       []Support  `json:"support,omitzero" nullable:"false" maxItems:"16" doc:"Instead of those before."`
	Tags          []string   `json:"tags,omitzero" nullable:"false" maxItems:"64" doc:"KEY:VALUE; instead of those before."`
	AddTags       []string   `json:"addTags,omitzero" nullable:"false" maxItems:"64"`
	RemoveTags    []string   `json:"removeTags,omitzero" nullable:"false" maxItems:"64"`
	Documentation *string    `json:"documentation,omitempty" doc:"The whole text, in Markdown; at most 262144 bytes."`
	Terms         *string    `json:"terms,omitempty" doc:"What a reader agrees to, in Markdown; at most 262144 bytes."`
	EventTime     *string    `json:"eventTime,omitempty" maxLength:"4096" doc:"The field that says when it happened."`
	Lateness      *string    `json:"lateness,omitempty" maxLength:"32" doc:"How late a record may come: 5m, 1h; empty: not said."`
	Fields        []NoteEdit `json:"fields,omitzero" nullable:"false" maxItems:"5000" doc:"Notes on fields; those of other fields stay."`
}

// NoteEdit says what shall be noted about one field of a product's values, over
// what the schema says; what is absent stays, what is empty is taken away.
type NoteEdit struct {
	Path           string   `json:"path" minLength:"1" maxLength:"4096" doc:"As the schema's fields are named: address.street."`
	Clear          bool     `json:"clear,omitempty" doc:"Take the whole note away first."`
	Description    *string  `json:"description,omitempty" maxLength:"4096"`
	Classification *string  `json:"classification,omitempty" enum:"public,internal,personal,secret,"`
	Tags           []string `json:"tags,omitzero" nullable:"false" maxItems:"64" doc:"KEY:VALUE; instead of those before."`
	Term           *string  `json:"term,omitempty" maxLength:"63" doc:"Of the glossary, by name."`
	Unit           *string  `json:"unit,omitempty" maxLength:"4096"`
	Examples       []string `json:"examples,omitzero" nullable:"false" maxItems:"10" doc:"Values, as they stand in records; instead of those before."`
}

// ProductFields is the fields of a product's values.
type ProductFields struct {
	Product string         `json:"product"`
	Subject string         `json:"subject,omitempty" doc:"Whose latest schema has them; absent: the encoding has none."`
	Fields  []ProductField `json:"fields" nullable:"false" doc:"In the order of the schema; then those that only the product speaks of."`
}

// ProductField is one field: what the schema says, and what the product says over
// it.
type ProductField struct {
	Path               string     `json:"path"`
	Type               string     `json:"type,omitempty" doc:"In the words of the schema; absent: the schema does not have the field."`
	Optional           bool       `json:"optional,omitempty"`
	Description        string     `json:"description,omitempty"`
	DescriptionFrom    string     `json:"descriptionFrom,omitempty" enum:"schema,product"`
	Classification     string     `json:"classification,omitempty" enum:"public,internal,personal,secret"`
	ClassificationFrom string     `json:"classificationFrom,omitempty" enum:"schema,product"`
	Tags               []FieldTag `json:"tags,omitempty" nullable:"false"`
	Term               string     `json:"term,omitempty" doc:"Of the glossary; the product says it."`
	Unit               string     `json:"unit,omitempty" doc:"The product says it."`
	Examples           []string   `json:"examples,omitempty" nullable:"false" doc:"Values, as they stand in records; the product says them."`
}

// FieldTag is a tag of a field, and where it comes from.
type FieldTag struct {
	Tag  string `json:"tag"`
	From string `json:"from" enum:"schema,product"`
}

// ProductFields lists the fields of a product's values.
func (c *Client) ProductFields(ctx context.Context, name string) (ProductFields, error) {
	return call[ProductFields](ctx, c, http.MethodGet, "/products/"+seg(name)+"/fields", nil, nil)
}

// Documentation is a product's documentation, in Markdown; empty if it has none.
func (c *Client) Documentation(ctx context.Context, name string) (string, error) {
	return c.text(ctx, "/products/"+seg(name)+"/documentation")
}

// ProductTerms is a product's terms of use, in Markdown; empty if it has none.
func (c *Client) ProductTerms(ctx context.Context, name string) (string, error) {
	return c.text(ctx, "/products/"+seg(name)+"/terms")
}

func (c *Client) text(ctx context.Context, path string) (string, error) {
	res, err := c.send(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return string(b), err
}
