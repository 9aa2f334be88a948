package jsonschema

import (
	"errors"
	"slices"
	"strings"

	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirmesh/weir"
)

// refuse is the loader that the validator has: it loads nothing. Every
// reference was resolved before, so it is not even asked.
type refuse struct{}

// Load refuses.
func (refuse) Load(url string) (any, error) {
	return nil, errors.New("schemas are never fetched from files or the network")
}

// compile makes the validator of all texts, and judges them by their drafts'
// metaschemas.
func (b *builder) compile(doc *document) (*validator.Schema, error) {
	c := validator.NewCompiler()
	c.UseLoader(refuse{})
	c.UseRegexpEngine(b.patterns.engine)
	for _, d := range b.docs {
		c.DefaultDraft(d.draft.validator())
		if err := c.AddResource(d.key, d.rewrite(d.value)); err != nil {
			return nil, d.fault(err)
		}
		for _, n := range d.loose {
			if err := c.AddResource(strings.TrimSuffix(n.location, "#"), withDraft(d.rewrite(n.value), d.draft)); err != nil {
				return nil, d.fault(err)
			}
		}
	}
	s, err := c.Compile(doc.key)
	if err != nil {
		return nil, doc.fault(err)
	}
	for _, d := range b.docs[1:] {
		if _, err := c.Compile(d.key); err != nil {
			return nil, d.fault(err)
		}
	}
	return s, nil
}

// validator is the draft as the library names it.
func (d Draft) validator() *validator.Draft {
	switch d {
	case Draft4:
		return validator.Draft4
	case Draft6:
		return validator.Draft6
	case Draft2019:
		return validator.Draft2019
	case Draft2020:
		return validator.Draft2020
	}
	return validator.Draft7
}

// engine gives the validator those expressions that were bounded already, and
// bounds any other.
func (ps *patterns) engine(expr string) (validator.Regexp, error) {
	re, err := ps.compile(place{doc: &document{}}, expr)
	if err != nil {
		return nil, err
	}
	return re, nil
}

// rewrite is a value as the validator gets it: references say the place that
// they mean, and no schema has a name by which anything could be looked up.
func (d *document) rewrite(v *value) any {
	n := d.nodes[v]
	if v.sort != object || n == nil {
		return d.rewriteParts(v)
	}
	m := make(map[string]any, len(v.items))
	for i, e := range v.items {
		if !slices.Contains(names(d.draft), v.keys[i]) || e.sort != text && e.sort != boolean {
			m[v.keys[i]] = d.rewrite(e)
		}
	}
	if v.get("$schema") != nil && v.get("$schema").sort == text {
		m["$schema"] = d.draft.URL()
	}
	if n.Ref != nil {
		m["$ref"] = n.Ref.location
	}
	if both := n.second(); both != nil {
		also(m, map[string]any{"$ref": both.location})
	}
	if n.hasEnum && n.Draft > Draft4 {
		rewriteEnum(m, n.Enum)
	}
	return m
}

// rewriteEnum writes an enum without values, or with one twice, in words that
// the library's metaschemas take: from draft 6 on both are allowed.
func rewriteEnum(m map[string]any, enum []Literal) {
	values, seen := make([]any, 0, len(enum)), make(map[string]bool, len(enum))
	for _, l := range enum {
		if !seen[l.Key] {
			seen[l.Key] = true
			values = append(values, l.plain)
		}
	}
	if m["enum"] = values; len(values) == 0 {
		delete(m, "enum")
		also(m, map[string]any{"not": map[string]any{}})
	}
}

// also puts one more schema behind those of allOf.
func also(m map[string]any, s any) {
	all, _ := m["allOf"].([]any)
	m["allOf"] = append(slices.Clip(all), s)
}

// second is what the other reference of a schema means that has two.
func (n *Node) second() *Node {
	if n.refs < 2 {
		return nil
	}
	return n.AllOf[len(n.AllOf)-1]
}

// names are the keywords that give names or refer to them.
func names(d Draft) []string {
	switch d {
	case Draft4:
		return []string{"id", "$schema", "$ref"}
	case Draft6, Draft7:
		return []string{"$id", "$schema", "$ref"}
	}
	return []string{"$id", "$schema", "$ref", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef"}
}

func (d *document) rewriteParts(v *value) any {
	switch v.sort {
	case array:
		all := make([]any, len(v.items))
		for i, e := range v.items {
			all[i] = d.rewrite(e)
		}
		return all
	case object:
		all := make(map[string]any, len(v.items))
		for i, e := range v.items {
			all[v.keys[i]] = d.rewrite(e)
		}
		return all
	}
	return v.plain()
}

// withDraft says the draft of a schema that stands by itself.
func withDraft(v any, d Draft) any {
	if m, ok := v.(map[string]any); ok {
		m["$schema"] = d.URL()
	}
	return v
}

// fault translates what the library says of a schema.
func (d *document) fault(err error) error {
	e := weir.Errorf(weir.Invalid, "the schema is not valid by its metaschema").WithFix("see the keyword in the specification of %s", d.draft.URL())
	e.Where = "#"
	var invalid *validator.SchemaValidationError
	var v *validator.ValidationError
	if errors.As(err, &invalid) && errors.As(invalid.Err, &v) {
		leaf := deepest(v)
		e.Where += pointer(leaf.InstanceLocation)
		e.Msg = "the schema is not valid: " + said(leaf)
	} else {
		e.Msg = "the schema is not valid: " + clip(err.Error())
	}
	if d.name != "" {
		e.Where = clip(d.name) + e.Where
	}
	return e
}

func pointer(path []string) string {
	var b strings.Builder
	for _, t := range path {
		b.WriteString("/" + token(t))
	}
	return b.String()
}

// deepest is the cause that is furthest inside the value; the first of equals.
func deepest(v *validator.ValidationError) *validator.ValidationError {
	best := v
	for _, c := range v.Causes {
		if d := deepest(c); len(d.InstanceLocation) > len(best.InstanceLocation) || best == v {
			best = d
		}
	}
	return best
}
