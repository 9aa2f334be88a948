package jsonschema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// document is one text: the schema's own, or a reference's.
type document struct {
	name  string // of the reference; empty: the schema itself
	text  string
	key   string // what the validator calls it
	root  *Node
	value *value
	draft Draft
	nodes map[*value]*Node
	refs  map[string]*document // by their names
	loose []*Node              // schemas at places where the draft knows none
}

// resource is what a reference without a fragment can mean: a text, or a
// subschema that has an id.
type resource struct {
	url     string
	root    *Node
	doc     *document
	anchors map[string]*Node
}

// builder makes nodes of texts.
type builder struct {
	docs      []*document
	resources map[string]*resource
	of        map[*Node]*resource
	patterns  *patterns
	nodes     []*Node // of all texts
	bytes     int
	read      int
	ids       int
	pointers  int     // bytes
	pending   []*Node // have references that are not resolved yet
	external  map[string]*Node
	judges    *judges
	dynamic   map[string]int // how many schemas have a dynamic name
}

func newBuilder() *builder {
	b := &builder{resources: map[string]*resource{}, of: map[*Node]*resource{}, patterns: newPatterns(), external: map[string]*Node{}, dynamic: map[string]int{}}
	b.judges = &judges{b: b}
	return b
}

// build reads a text and its references, and connects them.
func (b *builder) build(src schema.Source) (*document, error) {
	doc, err := b.document("", defaultBase, src)
	if err != nil {
		return nil, err
	}
	for len(b.pending) > 0 {
		n := b.pending[0]
		b.pending = b.pending[1:]
		if err := b.connect(n); err != nil {
			return nil, err
		}
	}
	for _, n := range b.nodes {
		if err := acyclic(n); err != nil {
			return nil, err
		}
	}
	if w := weigh(doc.root); w > MaxWeight {
		return nil, weir.Errorf(weir.Limit, "judging one record may take more than %d steps: the branches of anyOf, oneOf and allOf multiply", MaxWeight).
			WithFix("use fewer alternatives at each level, or do not refer to the same alternatives from each of them")
	}
	return doc, nil
}

// document reads a text under the name that another one gives it.
func (b *builder) document(name, base string, src schema.Source) (*document, error) {
	if b.bytes += len(src.Text); b.bytes > MaxTexts {
		return nil, weir.Errorf(weir.Limit, "the schema and its references have more than %d bytes", MaxTexts).WithFix("refer to less")
	}
	v, err := parse(src.Text)
	if err != nil {
		return nil, inReference(name, err)
	}
	doc := &document{name: name, text: src.Text, key: "weir://" + strconv.Itoa(len(b.docs)) + "/", value: v, draft: draftOf(v), nodes: map[*value]*Node{}, refs: map[string]*document{}}
	b.docs = append(b.docs, doc)
	res := &resource{url: base, doc: doc, anchors: map[string]*Node{}}
	b.resources[base] = res
	if doc.root, err = b.walk(place{doc: doc, res: res}, v); err != nil {
		return nil, inReference(name, err)
	}
	return doc, b.references(doc, src.References)
}

// references reads what a text refers to.
func (b *builder) references(doc *document, refs []schema.Reference) error {
	for _, r := range refs {
		if b.read++; b.read > MaxTextsRead {
			return weir.Errorf(weir.Limit, "the references refer to more than %d others", MaxTextsRead).WithFix("refer to fewer schemas")
		}
		url, _ := cutFragment(resolve(b.of[doc.root].url, r.Name))
		d, err := b.reference(url, r)
		if err != nil {
			return err
		}
		doc.refs[r.Name] = d
	}
	return nil
}

// reference reads one reference, or finds it where it was read before.
func (b *builder) reference(url string, r schema.Reference) (*document, error) {
	old := b.resources[url]
	if old != nil && (old.root != old.doc.root || old.doc.text != r.Text) {
		return nil, weir.Errorf(weir.Invalid, "two different schemas have the name %q", clip(r.Name)).WithFix("give each reference a name of its own")
	}
	if old != nil {
		return old.doc, nil
	}
	for _, d := range b.docs[1:] {
		if d.text == r.Text && hasScheme(d.value.str(d.draft.idKey())) {
			b.resources[url] = b.of[d.root]
			return d, nil
		}
	}
	return b.document(r.Name, url, r.Source)
}

// inReference says in which reference a fault is.
func inReference(name string, err error) error {
	if e, ok := err.(*weir.Error); ok && name != "" && !strings.HasPrefix(e.Where, "reference ") {
		e.Where = strings.TrimSuffix(fmt.Sprintf("reference %q: %s", clip(name), e.Where), ": ")
	}
	return err
}

// place is where in the texts a walk is.
type place struct {
	doc     *document
	res     *resource
	pointer string
}

func (p place) below(keys ...string) place {
	for _, k := range keys {
		p.pointer += "/" + token(k)
	}
	return p
}

// where names the place for people.
func (p place) where() string {
	if p.doc.name != "" {
		return clip(p.doc.name) + "#" + p.pointer
	}
	return "#" + p.pointer
}

// at is a fault at the place.
func (p place) at(k weir.ErrKind, format string, args ...any) *weir.Error {
	e := weir.Errorf(k, format, args...)
	e.Where = p.where()
	return e
}

// walk makes the node of a schema and of all below it.
func (b *builder) walk(p place, v *value) (*Node, error) {
	if n := p.doc.nodes[v]; n != nil {
		return n, nil
	}
	if len(b.nodes) == MaxSubschemas {
		return nil, p.at(weir.Limit, "the schema has more than %d subschemas", MaxSubschemas).WithFix("use fewer fields, or split the record")
	}
	if b.pointers += len(p.pointer); b.pointers > MaxPointers {
		e := weir.Errorf(weir.Limit, "the places of all subschemas have more than %d bytes together", MaxPointers).WithFix("use shorter names, or put inner parts under definitions and refer to them with $ref")
		e.Where = clip(p.where())
		return nil, e
	}
	n := &Node{Where: p.where(), Draft: p.doc.draft, value: v, location: p.doc.key + "#" + escapePercent(p.pointer), weight: 1, by: b.judges}
	p.doc.nodes[v] = n
	b.nodes = append(b.nodes, n)
	if p.res.root == nil {
		p.res.root = n
	}
	switch v.sort {
	case boolean:
		yes := v.yes
		n.Always = &yes
	case object:
		var err error
		if p.res, err = b.name(p, n); err != nil {
			return nil, err
		}
		b.of[n] = p.res
		return n, b.fill(p, n)
	default:
		return nil, p.at(weir.Invalid, "a schema is an object or a boolean").WithFix("write { } around it")
	}
	b.of[n] = p.res
	return n, nil
}

// name notes the names that a schema gives itself, and the resource to which
// it belongs.
func (b *builder) name(p place, n *Node) (*resource, error) {
	d, v := p.doc.draft, n.value
	if d <= Draft7 && v.get("$ref") != nil && p.pointer != "" {
		return p.res, nil
	}
	if name := dynamicName(n); name != "" {
		b.dynamic[name]++
	}
	res := p.res
	url, fragment := cutFragment(v.str(d.idKey()))
	if url != "" {
		if b.ids++; b.ids > MaxIDs {
			return nil, p.at(weir.Limit, "more than %d subschemas have an id", MaxIDs).WithFix("use $defs and pointers (#/$defs/name)")
		}
		url = resolve(p.res.url, url)
		if p.pointer == "" {
			res = p.res
			res.url = url
		} else {
			res = &resource{url: url, root: n, doc: p.doc, anchors: map[string]*Node{}}
		}
		if old := b.resources[url]; old != nil && old != res {
			return nil, p.at(weir.Invalid, "two schemas have the id %q", clip(url)).WithFix("give each an id of its own")
		}
		b.resources[url] = res
	}
	anchors := []string{v.str("$anchor"), v.str("$dynamicAnchor")}
	if d <= Draft7 {
		anchors = []string{fragment}
	}
	for _, a := range anchors {
		if a != "" {
			res.anchors[a] = n
		}
	}
	return res, nil
}

// fill reads what stands in a schema.
func (b *builder) fill(p place, n *Node) error {
	n.describe()
	if b.refers(n) {
		b.pending = append(b.pending, n)
	}
	for _, h := range holders() {
		if !h.in(p.doc.draft) {
			continue
		}
		if v := n.value.get(h.keyword); v != nil {
			if err := b.hold(p.below(h.keyword), n, h, v); err != nil {
				return err
			}
		}
	}
	return b.assert(p, n)
}

// refers reports whether a schema has a reference.
func (b *builder) refers(n *Node) bool {
	return slices.ContainsFunc(refKeywords(n.Draft), func(k string) bool { return n.value.str(k) != "" })
}

// refKeywords are the keywords that refer to a schema.
func refKeywords(d Draft) []string {
	switch d {
	case Draft2019:
		return []string{"$ref", "$recursiveRef"}
	case Draft2020:
		return []string{"$ref", "$dynamicRef"}
	}
	return []string{"$ref"}
}

// hold reads what a keyword holds. Faults of shape are left to the metaschema.
func (b *builder) hold(p place, n *Node, h holder, v *value) error {
	switch {
	case h.shape == one || h.shape == either && v.sort != array:
		if v.sort != object && v.sort != boolean {
			return nil
		}
		c, err := b.walk(p, v)
		if err == nil {
			n.take(h, "", c)
		}
		return err
	case v.sort == array && (h.shape == list || h.shape == either):
		for i, e := range v.items {
			if err := b.element(p.below(strconv.Itoa(i)), n, h, e); err != nil {
				return err
			}
		}
	case v.sort == object && (h.shape == named || h.shape == mixed):
		for i, e := range v.items {
			if err := b.member(p.below(v.keys[i]), n, h, v.keys[i], e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *builder) element(p place, n *Node, h holder, e *value) error {
	if e.sort != object && e.sort != boolean {
		return nil
	}
	if h.keyword == "items" {
		h.keyword = "prefixItems"
	}
	c, err := b.walk(p, e)
	if err == nil {
		n.take(h, "", c)
	}
	return err
}

func (b *builder) member(p place, n *Node, h holder, key string, e *value) error {
	if h.shape == mixed && e.sort == array {
		n.DependentRequired = append(n.DependentRequired, Dependency{key, e.strings()})
		return nil
	}
	if e.sort != object && e.sort != boolean {
		return nil
	}
	c, err := b.walk(p, e)
	if err != nil {
		return err
	}
	if h.keyword == "patternProperties" {
		re, err := b.patterns.understand(p, key)
		if err != nil {
			return err
		}
		n.Patterns = append(n.Patterns, Pattern{re, c, b.patterns.size[key]})
	}
	n.take(h, key, c)
	return nil
}

// take puts a subschema where it belongs.
func (n *Node) take(h holder, key string, c *Node) {
	n.children = append(n.children, c)
	switch h.keyword {
	case "definitions", "$defs", "contentSchema":
		return
	case "allOf":
		n.AllOf = append(n.AllOf, c)
	case "anyOf":
		n.AnyOf = append(n.AnyOf, c)
	case "oneOf":
		n.OneOf = append(n.OneOf, c)
	case "not":
		n.Not = c
	case "if":
		n.If = c
	case "then":
		n.Then = c
	case "else":
		n.Else = c
	case "dependencies", "dependentSchemas":
		n.DependentSchemas = append(n.DependentSchemas, Property{key, c})
	default:
		n.takePart(h, key, c)
	}
	if h.inPlace {
		n.inPlace = append(n.inPlace, c)
	} else {
		n.deeper = append(n.deeper, c)
	}
}

// takePart puts a subschema that judges a part of the value.
func (n *Node) takePart(h holder, key string, c *Node) {
	switch h.keyword {
	case "properties":
		n.WithProperties(Property{key, c})
	case "additionalProperties":
		n.Additional = c
	case "propertyNames":
		n.Names = c
	case "unevaluatedProperties":
		n.UnevaluatedProperties = c
	case "prefixItems":
		n.Prefix = append(n.Prefix, c)
	case "items":
		n.Items = c
	case "additionalItems":
		if v := n.value.get("items"); v != nil && v.sort == array {
			n.Items = c
		}
	case "contains":
		n.Contains = c
	case "unevaluatedItems":
		n.UnevaluatedItems = c
	}
}
