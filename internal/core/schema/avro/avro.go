// Package avro understands schemas of Apache Avro (specification 1.12) and
// writes them as the Java library does, which is how registries that are
// written in Java store and return them.
//
// [Parse] is strict where two readers of one text could understand it in two
// ways, or could not use it: a key that occurs twice, a default that is not a
// value of its type, a symbol or a field that occurs twice, a type that is used
// before it is defined. It takes what the Java library takes beyond the
// specification and what means one thing: comments, letters of every script in
// names, and $ and - in namespaces. Every limit has a name here.
package avro

import (
	lib "github.com/twmb/avro"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Schema is a schema that was understood.
type Schema struct {
	root                  *Type
	foreign               []*Type // named types of the texts that it refers to
	canonical, normalized string
}

var _ schema.Schema = (*Schema)(nil)

// Parse understands a text. The named types of the texts that it refers to may
// be used in it; they are read first, inner ones before outer ones. Errors are
// Invalid, or Limit with one of the limits of this package; their Where is a
// line and a column if it is no JSON, and else a path such as fields[2].type.
func Parse(src schema.Source) (*Schema, error) {
	src.Text = schema.Unmarked(src.Text)
	p := newParser()
	if err := p.references(src.References, 1); err != nil {
		return nil, err
	}
	s := &Schema{}
	for _, t := range p.names {
		s.foreign = append(s.foreign, t)
	}
	var err error
	if s.root, err = p.text(src.Text); err != nil {
		return nil, err
	}
	s.canonical = print(s.root, s.known(), false)
	s.normalized = print(s.root, s.known(), true)
	return s, nil
}

// known are the types that the text uses by their names.
func (s *Schema) known() map[*Type]bool {
	known := map[*Type]bool{}
	for _, t := range s.foreign {
		known[t] = true
	}
	return known
}

// Format is AVRO.
func (s *Schema) Format() weir.SchemaFormat { return weir.FormatAvro }

// Root is the outermost type.
func (s *Schema) Root() *Type { return s.root }

// Canonical is the schema as the Java library writes it: no white space and no
// comments; of a type its word, name, namespace (where it is not the outer
// one's), doc, what it is made of, default, properties, aliases; of a field its
// name, type, doc, default, order (if not ascending), aliases, properties. A
// type that was defined before, here or in a text that this one refers to, is
// its name. Numbers stay as they were written.
func (s *Schema) Canonical() string { return s.canonical }

// Normalized is canonical, and what has no order is sorted: properties (those
// that make a logical type first), the keys of objects in them and in defaults,
// and aliases. An empty doc of a type is left out, and an error type is a
// record. Fields, symbols and branches keep their order: it means something.
func (s *Schema) Normalized() string { return s.normalized }

// Resolved is the canonical text with the types of other texts written out, so
// that it stands alone.
func (s *Schema) Resolved() string { return print(s.root, map[*Type]bool{}, false) }

// Avro is the schema for the library that reads and writes records. It is made
// anew at each call, because few need it. Names were checked by [Parse].
func (s *Schema) Avro() (*lib.Schema, error) {
	made, err := lib.Parse(s.Resolved(), lib.WithLaxNames(func(string) error { return nil }))
	if err != nil {
		return nil, weir.Errorf(weir.Invalid, "records of this schema cannot be read here: %v", err).
			WithFix("write it as the Avro specification says").Because(err)
	}
	return made, nil
}
