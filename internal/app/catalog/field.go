package catalog

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Source says where something about a field comes from.
type Source string

const (
	FromSchema  Source = "schema"
	FromProduct Source = "product"
)

// Field is a field of a product's values, as the schema has it, with what the
// product says over it. What nobody says is empty.
type Field struct {
	Path               string
	Type               string // empty: the schema does not have the field, or there is none
	Optional           bool
	Description        string
	DescriptionFrom    Source
	Classification     weir.Classification
	ClassificationFrom Source
	Tags               []FieldTag
	Term               weir.UID
	Unit               string
	Examples           []string // values, as they stand in records
}

// FieldTag is a tag with its source. Those of schemas are as they stand there.
type FieldTag struct {
	Tag  string
	From Source
}

// Fields lists the fields of a product that the caller may know of, in the order
// of the schema; then what is noted on fields that the schema does not have.
func (c *Catalog) Fields(ctx context.Context, by weir.Principal, name string) (*weir.Product, []Field, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return nil, nil, err
	}
	p, _, err := weir.Known[*weir.Product](ctx, v, by, weir.Ref{Noun: weir.NounProduct, Name: name})
	done()
	if err != nil {
		return nil, nil, err
	}
	known, err := c.fieldsOf(ctx, p)
	return p, described(known, p.Fields), err
}

// described puts notes over the fields of a schema.
func described(known []schema.Field, notes []weir.FieldNote) []Field {
	at := make(map[string]int, len(known))
	out := make([]Field, 0, len(known))
	for _, f := range known {
		if _, twice := at[f.Path]; twice {
			continue // one of several forms of the same field
		}
		at[f.Path] = len(out)
		out = append(out, fromSchema(f))
	}
	for _, n := range notes {
		i, ok := at[n.Path]
		if !ok {
			i = len(out)
			out = append(out, Field{Path: n.Path})
		}
		out[i].note(n)
	}
	return out
}

func fromSchema(f schema.Field) Field {
	out := Field{Path: f.Path, Type: f.Type, Optional: f.Optional, Description: f.Doc, Classification: schema.ClassOf(f.Tags)}
	if f.Doc != "" {
		out.DescriptionFrom = FromSchema
	}
	if out.Classification != "" {
		out.ClassificationFrom = FromSchema
	}
	for _, t := range f.Tags {
		out.Tags = append(out.Tags, FieldTag{t, FromSchema})
	}
	return out
}

func (f *Field) note(n weir.FieldNote) {
	if n.Description != "" {
		f.Description, f.DescriptionFrom = n.Description, FromProduct
	}
	if n.Classification != "" {
		f.Classification, f.ClassificationFrom = n.Classification, FromProduct
	}
	for _, t := range n.Tags {
		f.Tags = append(f.Tags, FieldTag{string(t), FromProduct})
	}
	f.Term, f.Unit, f.Examples = n.Term, n.Unit, n.Examples
}

// sensitive lists the fields that are personal or secret.
func sensitive(fs []Field) []string {
	var paths []string
	for _, f := range fs {
		if f.Classification == weir.ClassPersonal || f.Classification == weir.ClassSecret {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// usualAccess is the access mode of a product that says none: open, unless a
// field is personal or secret.
func usualAccess(fs []Field) weir.AccessMode {
	if len(sensitive(fs)) > 0 {
		return weir.AccessRequest
	}
	return weir.AccessOpen
}

// Text gives one of a product's texts, its documentation or its terms; empty if
// it has none.
func (c *Catalog) Text(ctx context.Context, by weir.Principal, name string, which func(*weir.Product) weir.UID) (string, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	p, _, err := weir.Known[*weir.Product](ctx, v, by, weir.Ref{Noun: weir.NounProduct, Name: name})
	if err != nil || which(p).IsZero() {
		return "", err
	}
	t, _, err := weir.Find[*weir.Text](ctx, v, weir.Ref{Noun: weir.NounText, UID: which(p)})
	if err != nil {
		return "", err
	}
	return t.Body, nil
}
