package jsonschema

import (
	"maps"
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/schema"
)

// maxFields bounds the list of fields: a schema that refers to its parts from
// many places has many more of them than subschemas.
const maxFields = 10_000

// maxSteps bounds what listing takes: the schemas that are looked at for each
// field, and the names that they need. A schema can say of each of its fields
// thousands of things in thousands of places.
const maxSteps = 100_000

// Fields lists the fields that the schema describes, outer ones first. What is
// said in several places of one field (allOf, the alternatives of anyOf and
// oneOf) is put together. A list of fields ends at ten thousand, and where it
// would take too long.
func (s *Schema) Fields() []schema.Field {
	w := newFieldWalk()
	w.below("", w.look([]*Node{s.root}))
	return w.fields
}

func newFieldWalk() *fieldWalk {
	return &fieldWalk{inside: map[*Node]bool{}, left: maxSteps, names: map[*Node]needs{}}
}

// fieldWalk collects fields. It goes level by level within one field.
type fieldWalk struct {
	fields []schema.Field
	inside map[*Node]bool // schemas of the fields around the one looked at that have parts
	left   int            // steps
	names  map[*Node]needs
}

// spend takes steps, and reports whether there are any left.
func (w *fieldWalk) spend(n int) bool {
	w.left -= n
	return w.left > 0
}

// done reports whether the list is to end.
func (w *fieldWalk) done() bool { return len(w.fields) == maxFields || w.left <= 0 }

// view is all that is said of one value: the schemas that hold for it, and
// those of which one holds.
type view struct {
	of       []*Node     // those that it was made of
	all      []statement // in the order of the text, references followed
	types    []string
	nullable bool
}

// statement is a schema that says something of a value.
type statement struct {
	*Node
	sure bool // it holds for every value
}

func (w *fieldWalk) look(nodes []*Node) *view {
	v := &view{of: nodes}
	seen := map[*Node]bool{}
	for _, n := range nodes {
		w.add(v, seen, statement{n, true})
	}
	return v
}

// add puts a schema into a view, and those that hold with it.

func (w *fieldWalk) add(v *view, seen map[*Node]bool, n statement) {
	if n.Node == nil || seen[n.Node] || !w.spend(1) {
		return
	}
	seen[n.Node] = true
	v.all = append(v.all, n)
	for _, t := range n.typeNames() {
		if t == "null" {
			v.nullable = true
		} else if !slices.Contains(v.types, t) {
			v.types = append(v.types, t)
		}
	}
	w.add(v, seen, statement{n.Ref, n.sure})
	for _, c := range n.AllOf {
		w.add(v, seen, statement{c, n.sure})
	}
	for _, c := range slices.Concat(n.AnyOf, n.OneOf, []*Node{n.Then, n.Else}) {
		w.add(v, seen, statement{c, false})
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

// below lists the fields of what a view describes at a path.
func (w *fieldWalk) below(path string, v *view) {
	if w.recursive(v) {
		return
	}
	for _, n := range v.all {
		if len(n.deeper) > 0 {
			w.inside[n.Node] = true
			defer delete(w.inside, n.Node)
		}
	}
	for _, f := range w.parts(v) {
		if w.done() {
			return
		}
		w.field(join(path, f.name), f)
	}
}

// recursive reports whether the value is one of those around it.
func (w *fieldWalk) recursive(v *view) bool {
	return slices.ContainsFunc(v.all, func(n statement) bool { return w.inside[n.Node] })
}

// part is one member of an object or the elements of a list.
type part struct {
	name     string
	nodes    []*Node
	required bool
}

// parts puts together what the schemas of a value say of its parts.
func (w *fieldWalk) parts(v *view) []*part {
	var all []*part
	at := map[string]*part{}
	find := func(name string, n *Node) *part {
		p := at[name]
		if p == nil {
			p = &part{name: name}
			at[name], all = p, append(all, p)
		}
		w.spend(1)
		p.nodes = append(p.nodes, n)
		return p
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
	needed := w.needed(v.of)
	for _, p := range all {
		p.required = p.required || p.name == "{}" || needed[p.name]
	}
	return all
}

// needs are names of properties that whatever fits a schema has.
type needs map[string]bool

// needed are the names that values need for which all of these schemas hold.
func (w *fieldWalk) needed(of []*Node) needs {
	if len(of) == 1 {
		return w.needsOf(of[0])
	}
	all := needs{}
	for _, n := range of {
		w.union(all, w.needsOf(n))
	}
	return all
}

// needsOf are the names that a schema says, or that each of its alternatives
// does. They are found once, whatever refers to it.
func (w *fieldWalk) needsOf(n *Node) needs {
	if known, ok := w.names[n]; ok || !w.spend(1) {
		return known
	}
	all := needs{}
	for _, name := range n.Required {
		all[name] = true
	}
	w.spend(len(all))
	for _, c := range append([]*Node{n.Ref}, n.AllOf...) {
		if c != nil {
			w.union(all, w.needsOf(c))
		}
	}
	for _, alternatives := range [][]*Node{n.AnyOf, n.OneOf} {
		w.union(all, w.common(alternatives))
	}
	w.names[n] = all
	return all
}

// common are the names that each of several schemas needs.
func (w *fieldWalk) common(of []*Node) needs {
	if len(of) == 0 {
		return nil
	}
	all := maps.Clone(w.needsOf(of[0]))
	for _, n := range of[1:] {
		if w.spend(len(all)); len(all) == 0 {
			break
		}
		other := w.needsOf(n)
		maps.DeleteFunc(all, func(name string, _ bool) bool { return !other[name] })
	}
	return all
}

// union adds names to others.
func (w *fieldWalk) union(to, more needs) {
	if w.spend(len(more)) {
		maps.Copy(to, more)
	}
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
	v := w.look(p.nodes)
	f := schema.Field{Path: path, Type: v.typeName(), Optional: !p.required || v.nullable, Values: v.values()}
	for _, n := range v.all {
		if !n.sure {
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
	w.below(path, v)
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
