package jsonschema

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/schema"
)

// maxFields bounds the list of fields: a schema that refers to its parts from
// many places has many more of them than subschemas.
const maxFields = 10_000

// Fields lists the fields that the schema describes, outer ones first. What is
// said in several places of one field (allOf, the alternatives of anyOf and
// oneOf) is put together. A list of fields ends at ten thousand.
func (s *Schema) Fields() []schema.Field {
	w := &fieldWalk{inside: map[*Node]bool{}}
	w.below("", []*Node{s.root})
	return w.fields
}

// fieldWalk collects fields. It goes level by level within one field.
type fieldWalk struct {
	fields []schema.Field
	inside map[*Node]bool // schemas of the fields around the one looked at
}

// view is all that is said of one value: the schemas that hold for it, and
// those of which one holds.
type view struct {
	all      []*Node // in the order of the text, references followed
	types    []string
	nullable bool
	sure     map[*Node]bool // those that hold for every value
	seen     map[*Node]bool
}

func look(nodes []*Node) *view {
	v := &view{seen: map[*Node]bool{}, sure: map[*Node]bool{}}
	for _, n := range nodes {
		v.add(n, true)
	}
	return v
}

func (v *view) add(n *Node, sure bool) {
	if n == nil || v.seen[n] {
		return
	}
	v.seen[n] = true
	v.all = append(v.all, n)
	v.sure[n] = sure
	for _, t := range n.typeNames() {
		if t == "null" {
			v.nullable = true
		} else if !slices.Contains(v.types, t) {
			v.types = append(v.types, t)
		}
	}
	v.add(n.Ref, sure)
	for _, c := range n.AllOf {
		v.add(c, sure)
	}
	for _, c := range slices.Concat(n.AnyOf, n.OneOf, []*Node{n.Then, n.Else}) {
		v.add(c, false)
	}
}

// typeNames are the types that a schema says, or that its values have.
func (n *Node) typeNames() []string {
	if len(n.Types) > 0 {
		return n.Types
	}
	var names []string
	for _, l := range n.literals() {
		if t := l.Type(); !slices.Contains(names, t) {
			names = append(names, t)
		}
	}
	return names
}

func (n *Node) literals() []Literal {
	if n.Const != nil {
		return []Literal{*n.Const}
	}
	return n.Enum
}

// below lists the fields of what the nodes describe at a path.
func (w *fieldWalk) below(path string, nodes []*Node) {
	v := look(nodes)
	if w.recursive(v) {
		return
	}
	for _, n := range v.all {
		w.inside[n] = true
		defer delete(w.inside, n)
	}
	for _, f := range v.parts() {
		if len(w.fields) == maxFields {
			return
		}
		w.field(join(path, f.name), f)
	}
}

// recursive reports whether the value is one of those around it.
func (w *fieldWalk) recursive(v *view) bool {
	return slices.ContainsFunc(v.all, func(n *Node) bool { return w.inside[n] && len(n.deeper) > 0 })
}

// part is one member of an object or the elements of a list.
type part struct {
	name     string
	nodes    []*Node
	required bool
}

// parts puts together what the schemas of a value say of its parts.
func (v *view) parts() []*part {
	var all []*part
	find := func(name string, n *Node) *part {
		i := slices.IndexFunc(all, func(p *part) bool { return p.name == name })
		if i < 0 {
			i = len(all)
			all = append(all, &part{name: name})
		}
		all[i].nodes = append(all[i].nodes, n)
		return all[i]
	}
	for _, n := range v.all {
		for _, p := range n.Properties {
			find(p.Name, p.Schema)
		}
		for _, p := range n.Patterns {
			find("{}", p.Schema)
		}
		if n.Additional != nil && n.Additional.Always == nil {
			find("{}", n.Additional)
		}
		for _, e := range append(slices.Clip(n.Prefix), n.Items) {
			if e != nil && e.Always == nil {
				find("[]", e).required = true
			}
		}
	}
	for _, p := range all {
		p.required = p.required || p.name == "{}" || slices.ContainsFunc(v.all, func(n *Node) bool { return v.sure[n] && n.needs(p.name) })
	}
	return all
}

// needs reports whether whatever fits the schema has the property: it says so,
// or each of its alternatives does.
func (n *Node) needs(name string) bool {
	for _, alternatives := range [][]*Node{n.AnyOf, n.OneOf} {
		if len(alternatives) > 0 && !slices.ContainsFunc(alternatives, func(a *Node) bool { return !a.needs(name) }) {
			return true
		}
	}
	return n.Requires(name) || n.Ref != nil && n.Ref.needs(name) || slices.ContainsFunc(n.AllOf, func(a *Node) bool { return a.needs(name) })
}

// join puts a part's name behind a path.
func join(path, name string) string {
	if path == "" || name == "[]" || name == "{}" {
		return path + name
	}
	return path + "." + name
}

// field lists a part and all below it. Of a list or a map, the field itself
// says its type, and only what its elements have is listed behind it.
func (w *fieldWalk) field(path string, p *part) {
	v := look(p.nodes)
	f := schema.Field{Path: path, Type: v.typeName(), Optional: !p.required || v.nullable, Values: v.values()}
	for _, n := range v.all {
		if !v.sure[n] {
			continue
		}
		if n.Default != nil && !f.HasDefault {
			f.HasDefault, f.Default = true, schema.Shown(n.Default.Text)
		}
		if f.Doc == "" {
			f.Doc = n.doc()
		}
		for _, t := range n.Tags {
			if !slices.Contains(f.Tags, t) {
				f.Tags = append(f.Tags, t)
			}
		}
	}
	w.fields = append(w.fields, f)
	w.below(path, p.nodes)
}

// values are those of the first enum or const.
func (v *view) values() []string {
	for _, n := range v.all {
		if all := n.literals(); len(all) > 0 {
			return schema.Listed(len(all), func(i int) string { return all[i].Text })
		}
	}
	return nil
}

// doc is what the schema says for people.
func (n *Node) doc() string {
	if n.Description != "" {
		return n.Description
	}
	return n.Title
}

// typeName is the types, with a format or an enum where there is one.
func (v *view) typeName() string {
	name := strings.Join(v.types, " or ")
	switch {
	case name == "" && v.nullable:
		name = "null"
	case name == "":
		name = "any"
	}
	for _, n := range v.all {
		if n.Format != "" {
			return name + " (" + n.Format + ")"
		}
		if len(n.literals()) > 0 {
			return name + " (enum)"
		}
	}
	return name
}
