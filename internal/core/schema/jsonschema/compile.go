package jsonschema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

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

// nowhere is a pointer to a place that no schema has.
const nowhere = "#/weir:nowhere"

// valid judges all texts by their drafts' metaschemas. The library does so when
// it first looks at a text; that it then finds nothing at the place it was
// asked for means that the text is valid. Compiling is left for later: the
// library takes quadratic time for it.
func (b *builder) valid() error {
	c := b.compiler()
	for _, d := range b.docs {
		for _, key := range d.keys() {
			_, err := c.Compile(key + nowhere)
			var absent *validator.JSONPointerNotFoundError
			if err != nil && !errors.As(err, &absent) {
				return d.fault(err)
			}
		}
	}
	return nil
}

// keys are what the validator calls a text and its loose parts.
func (d *document) keys() []string {
	all := []string{d.key}
	for _, n := range d.loose {
		all = append(all, strings.TrimSuffix(n.location, "#"))
	}
	return all
}

// compiler is one that knows all texts and loads nothing else.
func (b *builder) compiler() *validator.Compiler {
	c := validator.NewCompiler()
	c.DefaultDraft(validator.Draft7)
	c.UseLoader(refuse{})
	c.UseRegexpEngine(b.patterns.engine)
	for _, d := range b.docs {
		keys := d.keys()
		add(c, keys[0], withDraft(d.rewrite(d.value), d.draft))
		for i, n := range d.loose {
			add(c, keys[i+1], withDraft(d.rewrite(n.value), d.draft))
		}
	}
	return c
}

// add gives the compiler a text. Keys differ and are URLs, so that it takes it.
func add(c *validator.Compiler, key string, doc any) {
	if err := c.AddResource(key, doc); err != nil {
		panic(fmt.Sprintf("jsonschema: %s: %v", key, err))
	}
}

// judges makes what judges values by nodes, each when it is first asked for.
type judges struct {
	b    *builder
	mu   sync.Mutex
	c    *validator.Compiler
	done map[*Node]judge
}

type judge struct {
	schema *validator.Schema
	err    error
}

// of is what judges values by a node. A node is compiled by itself: one
// without references takes no longer than it is large.
func (j *judges) of(n *Node) (*validator.Schema, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if made, ok := j.done[n]; ok {
		return made.schema, made.err
	}
	if j.c == nil {
		j.c, j.done = j.b.compiler(), map[*Node]judge{}
	}
	d := j.b.of[n].doc
	key := d.key + "node/" + strconv.Itoa(len(j.done))
	add(j.c, key, withDraft(d.rewrite(n.value), d.draft))
	s, err := j.c.Compile(key)
	if err != nil {
		err = weir.Errorf(weir.Internal, "a schema that was valid cannot be compiled").WithFix("report this with the schema")
	}
	j.done[n] = judge{s, err}
	return s, err
}

// cost is how much it takes to make what judges by a node, in steps as in
// [Node.Cost]: the library compiles all that the node refers to.
func (j *judges) cost(n *Node) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, made := j.done[n]; made {
		return 1
	}
	sum := 8
	if n.value != nil {
		sum += 2 * n.value.subtree
	}
	if j.c == nil {
		for _, d := range j.b.docs {
			sum += 3 * d.value.subtree
		}
	}
	return sum
}

// engine gives the validator those expressions that were bounded already, and
// bounds any other.
func (ps *patterns) engine(expr string) (validator.Regexp, error) {
	re, err := ps.understand(place{doc: &document{}}, expr)
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
