// Package jsonschema reads JSON Schema, drafts 4, 6, 7, 2019-09 and 2020-12.
//
// $schema says the draft; a schema that says none, or one that is unknown, is
// of draft 7, as stock registries assume. A schema is judged by its draft's
// metaschema.
//
// Nothing is ever fetched. A reference leads to a place in the text, to one of
// the texts that it was given under the reference's name, or to a draft's own
// metaschema; any other is refused, a file's above all. Limits bound what a
// text costs before the validating library sees it, see [MaxText] and the
// following ones; patterns are those of RE2, which run in linear time.
//
// The canonical form is the text without insignificant space: keys in the
// order in which they were written, numbers in their digits. In the normalized
// form keys are sorted.
//
// $dynamicRef and $recursiveRef mean the schema that they name in the text; a
// schema in which that could be another one at run time is refused.
package jsonschema

import (
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Schema is a JSON Schema that was understood. It never changes and may be
// used by many goroutines.
type Schema struct {
	value *value
	root  *Node
}

var _ schema.Schema = (*Schema)(nil)

// Parse reads a schema and all that it refers to. Errors are kind
// [weir.Invalid], with a line and column or a JSON pointer, or [weir.Limit].
func Parse(src schema.Source) (*Schema, error) {
	src.Text = schema.Unmarked(src.Text)
	b := newBuilder()
	doc, err := b.build(src)
	if err != nil {
		return nil, err
	}
	if err := b.valid(); err != nil {
		return nil, err
	}
	return &Schema{value: doc.value, root: doc.root}, nil
}

// Format is JSON.
func (s *Schema) Format() weir.SchemaFormat { return weir.FormatJSON }

// Draft is the draft by which the schema was read.
func (s *Schema) Draft() Draft { return s.root.Draft }

// Root is the schema's outermost node.
func (s *Schema) Root() *Node { return s.root }

// Canonical is the text without insignificant space.
func (s *Schema) Canonical() string { return s.value.canonical() }

// Normalized is the canonical text with the keys of all objects in order.
func (s *Schema) Normalized() string {
	var b strings.Builder
	s.value.write(&b, true)
	return b.String()
}

func (v *value) canonical() string {
	var b strings.Builder
	v.write(&b, false)
	return b.String()
}
