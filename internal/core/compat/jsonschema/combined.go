package jsonschema

import (
	"slices"

	"github.com/weirmesh/weir/internal/core/schema"
	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// combinations asks for anyOf, oneOf, not and conditions.
func (p *place) combinations() {
	p.anyOf()
	p.oneOf()
	p.not()
	p.conditional()
}

func (p *place) anyOf() {
	if len(p.r.AnyOf) == 0 || p.covering(p.r.AnyOf) > 0 {
		return
	}
	p.noAlternative(p.r.AnyOf)
}

// covering counts the alternatives that take all that the writer may write.
func (p *place) covering(alternatives []*js.Node) int {
	count := 0
	for _, a := range alternatives {
		if p.takes(p.w, a) {
			count++
		}
	}
	return count
}

// noAlternative says that none does: there are fewer than the writer has, or
// they are others. What is wrong with the nearest one is said too.
func (p *place) noAlternative(alternatives []*js.Node) {
	theirs := 0
	for _, n := range p.w.nodes {
		theirs = max(theirs, len(n.AnyOf), len(n.OneOf))
	}
	rule := "COMBINED_TYPE_SUBSCHEMAS_CHANGED"
	has := p.c.show(p.w)
	if theirs > len(alternatives) {
		rule, has = "SUM_TYPE_NARROWED", number(theirs)
	}
	p.add(rule, number(len(alternatives)), has)
	if near := p.nearest(alternatives); near != nil {
		last := &p.found[len(p.found)-1]
		last.Msg += " (in the nearest alternative, " + near.Rule
		if near.Path != "" {
			last.Path = near.Path
		}
		last.Msg += ": " + near.Msg + ")"
	}
}

// nearest is what is wrong with the alternative with which least is wrong, if
// it is not its type.
func (p *place) nearest(alternatives []*js.Node) *schema.Mismatch {
	var best []schema.Mismatch
	for _, a := range alternatives {
		bad := p.ask(p.w, a, p.path)
		if len(bad) == 0 || bad[0].Path == p.path && (bad[0].Rule == "TYPE_CHANGED" || bad[0].Rule == "TYPE_NARROWED") {
			continue
		}
		if best == nil || len(bad) < len(best) {
			best = bad
		}
	}
	if best == nil {
		return nil
	}
	return &best[0]
}

// oneOf asks for an alternative as anyOf does. That no second one fits is asked
// only where it is certain that one does: stock registries do not ask at all.
func (p *place) oneOf() {
	if len(p.r.OneOf) == 0 || p.hasOneOf() {
		return
	}
	switch n := p.covering(p.r.OneOf); {
	case n == 1 || n > 1 && p.w.one:
	case n > 1:
		p.add("COMBINED_TYPE_CHANGED", "one of "+number(len(p.r.OneOf)), p.c.show(p.w))
	case p.anyOfWriter():
		p.add("COMBINED_TYPE_CHANGED", "one of "+number(len(p.r.OneOf)), "any of several")
	default:
		p.noAlternative(p.r.OneOf)
	}
}

// anyOfWriter reports whether the writer has alternatives that do not exclude
// each other.
func (p *place) anyOfWriter() bool {
	return slices.ContainsFunc(p.w.nodes, func(n *js.Node) bool { return len(n.AnyOf) > 1 && !p.w.used[n] })
}

// hasOneOf reports whether the writer has the very same alternatives.
func (p *place) hasOneOf() bool {
	return slices.ContainsFunc(p.w.nodes, func(n *js.Node) bool { return p.c.sameLists(n.OneOf, p.r.OneOf) })
}

// not asks that the writer writes nothing of what the reader refuses: it
// refuses as much itself, or writes other types.
func (p *place) not() {
	own := p.r.Not
	if own == nil || p.c.typesOf(own)&p.w.types == noType {
		return
	}
	refused := p.c.sideOf(own)
	for _, n := range p.w.nodes {
		if n.Not != nil && p.takes(refused, n.Not) {
			return
		}
	}
	p.add("NOT_TYPE_EXTENDED", saysOf(own), p.c.show(p.w))
}

// conditional asks for what the reader demands under a condition: under the
// writer's own, if it is the same, or else of everything.
func (p *place) conditional() {
	r := p.r
	if r.If == nil || r.Then == nil && r.Else == nil {
		return
	}
	yes, no := []*js.Node{r.If}, []*js.Node{}
	has := false
	for _, n := range p.w.nodes {
		if n.If == nil {
			continue
		}
		has = true
		if p.c.same(n.If, r.If) {
			yes, no = append(yes, n.Then), append(no, n.Else)
		}
	}
	if p.takes(p.c.and(p.w, nil, yes...), r.Then) && p.takes(p.c.and(p.w, nil, no...), r.Else) {
		return
	}
	rule := "CONDITIONAL_ADDED"
	if has {
		rule = "CONDITIONAL_CHANGED"
	}
	p.add(rule, saysOf(r.If), "")
}

// rest is what a schema's unevaluatedProperties and unevaluatedItems say, as
// additionalProperties and items of a schema of its own.
type rest struct {
	node *js.Node
	idle bool // nothing is left that they could judge
}

// unevaluated is that schema, if it does not depend on the record which parts
// the others evaluate.
func (c *checker) unevaluated(n *js.Node) rest {
	if n.UnevaluatedProperties == nil && n.UnevaluatedItems == nil {
		return rest{idle: true}
	}
	if r, ok := c.spread[n]; ok {
		return r
	}
	c.spread[n] = rest{}
	e := evaluated{seen: map[*js.Node]bool{}}
	r := rest{}
	if e.add(c, n, n) {
		r = e.rest(c, n)
	}
	c.spread[n] = r
	return r
}

// evaluated is what schemas evaluate that judge the same value.
type evaluated struct {
	properties []js.Property
	patterns   []js.Pattern
	prefix     int
	everything bool // there are additionalProperties
	all        bool // there are items
	seen       map[*js.Node]bool
}

// add collects from a schema; false: it depends on the record.
func (e *evaluated) add(c *checker, n, from *js.Node) bool {
	if n == nil || e.seen[n] {
		return true
	}
	c.spend(1 + 2*len(n.Properties) + len(n.Patterns) + len(n.Prefix))
	e.seen[n] = true
	inner := n != from && (n.UnevaluatedProperties != nil || n.UnevaluatedItems != nil)
	if inner || len(n.AnyOf)+len(n.OneOf)+len(n.DependentSchemas) > 0 || n.If != nil || n.Contains != nil || n.External != "" {
		return false
	}
	anything := c.anything()
	for _, p := range n.Properties {
		e.properties = append(e.properties, js.Property{Name: p.Name, Schema: anything})
	}
	for _, p := range n.Patterns {
		e.patterns = append(e.patterns, js.Pattern{Regexp: p.Regexp, Schema: anything})
	}
	e.prefix = max(e.prefix, len(n.Prefix))
	e.everything = e.everything || n.Additional != nil
	e.all = e.all || n.Items != nil
	for _, also := range append([]*js.Node{n.Ref}, n.AllOf...) {
		if !e.add(c, also, from) {
			return false
		}
	}
	return true
}

// anything is a schema that takes everything.
func (c *checker) anything() *js.Node {
	if c.all == nil {
		yes := true
		c.all = &js.Node{Always: &yes}
	}
	return c.all
}

func (e *evaluated) rest(c *checker, n *js.Node) rest {
	r := &js.Node{Where: n.Where, Draft: n.Draft, Patterns: e.patterns}
	r.WithProperties(e.properties...)
	if !e.everything {
		r.Additional = n.UnevaluatedProperties
	}
	if !e.all {
		r.Items = n.UnevaluatedItems
		r.Prefix = slices.Repeat([]*js.Node{c.anything()}, e.prefix)
	}
	return rest{node: r, idle: r.Additional == nil && r.Items == nil}
}
