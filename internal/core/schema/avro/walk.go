package avro

import (
	"github.com/weirmesh/weir/internal/core/schema"
)

// Fields lists the fields of the records, each before those inside it. A type
// is not walked again inside itself, and no more than [MaxFields] are listed.
// The records of a union that is more than an optional one have their short
// names in the path: "payload.Created.at".
func (s *Schema) Fields() []schema.Field {
	w := &walker{inside: map[*Type]bool{}}
	w.walk(s.root, "")
	return w.fields
}

type walker struct {
	fields []schema.Field
	inside map[*Type]bool
	steps  int
	bytes  int // of all paths
}

// The bounds of one walk, beside the number of fields.
const (
	maxWalk  = 50_000  // types
	maxPaths = 4 << 20 // bytes
)

// full reports whether the walk has to end.
func (w *walker) full() bool {
	return len(w.fields) >= MaxFields || w.steps > maxWalk || w.bytes > maxPaths
}

// walk goes into a type that stands at a path.
func (w *walker) walk(t *Type, at string) {
	if w.steps++; w.full() {
		return
	}
	switch t.Kind {
	case Array:
		w.walk(t.Elem, at+"[]")
	case Map:
		w.walk(t.Elem, at+"{}")
	case Union:
		w.union(t, at)
	case Record:
		w.record(t, at)
	}
}

func (w *walker) union(t *Type, at string) {
	if other, ok := t.Nullable(); ok {
		w.walk(other, at)
		return
	}
	for _, b := range t.Branches {
		if b.Kind == Record {
			w.walk(b, join(at, b.Name.Short))
		} else {
			w.walk(b, at)
		}
	}
}

func (w *walker) record(t *Type, at string) {
	if w.inside[t] || len(w.inside) == schema.MaxDepth {
		return
	}
	w.inside[t] = true
	for _, f := range t.Fields {
		if w.full() {
			break
		}
		path := join(at, f.Name)
		w.bytes += len(path)
		w.fields = append(w.fields, f.describe(path))
		w.walk(f.Type, path)
	}
	delete(w.inside, t)
}

// describe says what the field is.
func (f *Field) describe(path string) schema.Field {
	t := f.Type
	if other, ok := t.Nullable(); ok {
		t = other
	}
	d := schema.Field{Path: path, Type: t.String(), Optional: f.Type.hasNull(), HasDefault: f.HasDefault, Doc: f.doc.string, Tags: f.tags()}
	if f.HasDefault {
		d.Default = schema.Shown(f.def.shown())
	}
	if e := t.enum(); e != nil {
		d.Values = schema.Listed(len(e.Symbols), e.symbol)
	}
	return d
}

// enum is the enum that the type is, or its elements, or one of its branches.
func (t *Type) enum() *Type {
	for t.Elem != nil {
		t = t.Elem
	}
	if t.Kind == Enum {
		return t
	}
	for _, b := range t.Branches {
		if b.Kind == Enum {
			return b
		}
	}
	return nil
}

// symbol is an enum's symbol, and that it is the one for those that the reader
// does not know.
func (t *Type) symbol(i int) string {
	if t.Symbols[i] == t.Default {
		return t.Symbols[i] + " (default)"
	}
	return t.Symbols[i]
}

// shown is the value as JSON. One that is large is not said.
func (v *value) shown() string {
	switch {
	case v.kind == jsonArray && len(v.members) > 0:
		return "[...]"
	case v.kind == jsonObject && len(v.members) > 0:
		return "{...}"
	}
	p := &printer{}
	p.value(v)
	return string(p.b)
}

// tags are those of the property that registries have for it.
func (f *Field) tags() []string {
	list := property(f.props, "confluent:tags")
	if list == nil || list.kind != jsonArray {
		return nil
	}
	var tags []string
	for _, m := range list.members {
		if m.kind == jsonString {
			tags = append(tags, m.text)
		}
	}
	return tags
}

// join puts a dot between two names.
func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
