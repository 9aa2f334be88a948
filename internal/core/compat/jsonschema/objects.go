package jsonschema

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/weirmesh/weir/internal/core/schema"
	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// objects asks what is about objects.
func (p *place) objects() {
	p.counts(propertyCountRules())
	p.required()
	p.properties(p.r)
	p.patterns()
	p.additional(p.r, "ADDITIONAL")
	p.names()
	p.dependencies()
	if rest := p.c.unevaluated(p.r); rest.node != nil {
		p.properties(rest.node)
		p.additional(rest.node, "UNEVALUATED")
	} else if p.r.UnevaluatedProperties != nil && !rest.idle {
		p.unevaluatedUnknown(p.r.UnevaluatedProperties, "UNEVALUATED_PROPERTIES")
	}
}

// unevaluatedUnknown is what remains to be said where it depends on the record
// which of its parts are evaluated.
func (p *place) unevaluatedUnknown(u *js.Node, what string) {
	switch {
	case u.Always != nil && *u.Always:
	case u.Always != nil:
		p.add(what+"_REMOVED", "nothing", "what depends on the record")
	default:
		p.add(what+"_NARROWED", saysOf(u), "what depends on the record")
	}
}

// requires reports whether the writer's records have the property.
func (s *side) requires(name string) bool {
	return slices.ContainsFunc(s.nodes, func(n *js.Node) bool { return n.Requires(name) })
}

// member is what is known of a property's value.
type member struct {
	side  *side
	named bool // under properties
	known bool // under properties, or by pattern or additionalProperties
}

// member looks a property up in all of the writer's schemas.
func (p *place) member(name string) member {
	var m member
	var nodes []*js.Node
	for _, n := range p.w.nodes {
		found := slices.Clip(p.c.matching(n, name))
		if s := n.Property(name); s != nil {
			m.named = true
			found = append(found, s)
		}
		if len(found) == 0 && n.Additional != nil {
			found = append(found, n.Additional)
		}
		nodes = append(nodes, found...)
	}
	m.side = p.c.sideOf(nodes...)
	m.known = len(nodes) > 0
	return m
}

// matching are the schemas of those patterns that a name matches.
func (c *checker) matching(n *js.Node, name string) []*js.Node {
	var all []*js.Node
	for _, pat := range n.Patterns {
		c.spend(pat.Cost(name))
		if pat.Regexp.MatchString(name) {
			all = append(all, pat.Schema)
		}
	}
	return all
}

// required asks for the properties that the reader requires. One with a
// default may be missing, as stock registries have it: the reader fills it in.
func (p *place) required() {
	for _, name := range p.r.Required {
		if p.c.spend(len(p.w.nodes)); p.full() {
			return
		}
		if p.w.requires(name) {
			continue
		}
		own := p.r.Property(name)
		if own != nil && own.Default != nil {
			continue
		}
		m := p.member(name)
		rule := "REQUIRED_ATTRIBUTE_ADDED"
		switch {
		case own == nil || m.named:
		case !m.known:
			rule = "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"
		default:
			rule = "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL"
		}
		p.addAt(below(p.path, name), rule, "required", "optional")
	}
}

// below is the path of a part.
func below(path, name string) string {
	if path == "" || name == "[]" || name == "{}" {
		return path + name
	}
	return path + "." + name
}

// properties asks for the schemas of those properties that the reader names,
// and of those that the writer names and the reader does not.
func (p *place) properties(r *js.Node) {
	for _, own := range r.Properties {
		if p.full() {
			return
		}
		p.property(own)
	}
	for _, n := range p.w.nodes {
		p.c.spend(len(n.Properties) / 16)
		for _, theirs := range n.Properties {
			if r.Property(theirs.Name) == nil && !p.full() {
				p.removed(r, theirs.Name)
			}
		}
	}
}

// property asks for one that the reader names.
func (p *place) property(own js.Property) {
	path := below(p.path, own.Name)
	m := p.member(own.Name)
	bad := p.ask(m.side, own.Schema, path)
	switch {
	case len(bad) == 0:
	case m.named:
		p.take(bad)
	case m.known:
		p.addAt(path, "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", saysOf(own.Schema), p.c.show(m.side))
	case !p.r.Requires(own.Name):
		p.addAt(path, "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL", saysOf(own.Schema), "anything")
	case own.Schema.Default != nil:
		p.addAt(path, "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL", saysOf(own.Schema), "anything")
	case p.w.requires(own.Name):
		p.take(bad)
	}
}

// removed asks for one that the writer names and the reader does not.
func (p *place) removed(r *js.Node, name string) {
	path := below(p.path, name)
	m := p.member(name)
	named := p.c.matching(r, name)
	for _, s := range named {
		p.partly(m, s, path)
	}
	switch {
	case len(named) > 0 || r.Additional == nil:
	case r.Additional.Always != nil && !*r.Additional.Always:
		if m.side.types != noType {
			p.addAt(path, "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", "nothing", p.c.show(m.side))
		}
	default:
		p.partly(m, r.Additional, path)
	}
}

func (p *place) partly(m member, s *js.Node, path string) {
	if len(p.ask(m.side, s, path)) > 0 {
		p.addAt(path, "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", saysOf(s), p.c.show(m.side))
	}
}

// patterns asks for the reader's patternProperties. Names that the writer's
// schema knows were asked for as properties.
func (p *place) patterns() {
	groups := p.unnamed()
	for _, own := range p.r.Patterns {
		for _, n := range p.w.nodes {
			p.c.spend(len(n.Patterns))
			for _, theirs := range n.Properties {
				if p.c.spend(own.Cost(theirs.Name)); p.r.Property(theirs.Name) != nil && own.Regexp.MatchString(theirs.Name) {
					p.take(p.ask(p.member(theirs.Name).side, own.Schema, below(p.path, theirs.Name)))
				}
			}
		}
		p.pattern(own, groups)
	}
}

// pattern asks for names that match and that nobody named.
func (p *place) pattern(own js.Pattern, groups []group) {
	path := below(p.path, "{}")
	p.c.spend(len(groups))
	same := p.samePattern(own)
	for _, group := range groups {
		if group.pattern != nil && p.c.apart(group.pattern.Regexp.String(), own.Regexp.String()) {
			continue
		}
		w := p.c.sideOf(append(slices.Clip(group.nodes), same...)...)
		if len(p.ask(w, own.Schema, path)) == 0 {
			continue
		}
		rule := "PATTERN_PROPERTY_NOT_COVERED"
		if len(w.nodes) == 0 {
			rule = "PATTERN_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL"
		}
		p.addAt(path, rule, own.Regexp.String()+": "+saysOf(own.Schema), p.c.show(w))
		return
	}
}

// samePattern are the writer's schemas for the very same pattern.
func (p *place) samePattern(own js.Pattern) []*js.Node {
	var all []*js.Node
	for _, n := range p.w.nodes {
		for _, pat := range n.Patterns {
			if pat.Regexp.String() == own.Regexp.String() {
				all = append(all, pat.Schema)
			}
		}
	}
	return all
}

// group is a sort of names that no schema of the writer's names, with what is
// known of their values.
type group struct {
	pattern *js.Pattern // that they match; nil: none
	nodes   []*js.Node
}

// unnamed are the sorts of names that the writer may use beside those that its
// schemas name: such as match no pattern, and such as match one.
func (p *place) unnamed() []group {
	var rest group
	groups := []group{}
	for _, n := range p.w.nodes {
		if n.Additional != nil {
			rest.nodes = append(rest.nodes, n.Additional)
		}
	}
	groups = append(groups, rest)
	for _, n := range p.w.nodes {
		for _, pat := range n.Patterns {
			p.c.spend(len(p.w.nodes))
			g := group{pattern: &pat, nodes: []*js.Node{pat.Schema}}
			for _, m := range p.w.nodes {
				if m != n && len(m.Patterns) == 0 && m.Additional != nil {
					g.nodes = append(g.nodes, m.Additional)
				}
			}
			groups = append(groups, g)
		}
	}
	return groups
}

// additional asks for what the reader says of names that nobody named.
func (p *place) additional(r *js.Node, what string) {
	if r.Additional == nil {
		return
	}
	path := below(p.path, "{}")
	closed := r.Additional.Always != nil && !*r.Additional.Always
	for _, g := range p.unnamed() {
		p.c.spend(len(r.Patterns))
		if g.pattern != nil && hasPattern(r, g.pattern.Regexp.String()) {
			continue
		}
		w := p.c.sideOf(g.nodes...)
		bad := p.ask(w, r.Additional, path)
		switch {
		case len(bad) == 0:
			continue
		case closed:
			p.addAt(path, what+"_PROPERTIES_REMOVED", "nothing", p.c.show(w))
		case len(w.nodes) == 0:
			p.addAt(path, what+"_PROPERTIES_NARROWED", saysOf(r.Additional), "anything")
		default:
			p.take(bad)
		}
		return
	}
}

func hasPattern(n *js.Node, expr string) bool {
	return slices.ContainsFunc(n.Patterns, func(p js.Pattern) bool { return p.Regexp.String() == expr })
}

// apart reports whether no name can match both patterns: each starts with a
// fixed text, and neither of these with the other.
func (c *checker) apart(a, b string) bool {
	c.spend(1)
	x, y := c.start(a), c.start(b)
	return x != "" && y != "" && !strings.HasPrefix(x, y) && !strings.HasPrefix(y, x)
}

func (c *checker) start(expr string) string {
	s, ok := c.starts[expr]
	if !ok {
		s = prefix(expr)
		c.starts[expr] = s
	}
	return s
}

// prefix is the text with which all that matches a pattern starts.
func prefix(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil || re.Op != syntax.OpConcat || len(re.Sub) < 2 {
		return ""
	}
	if re.Sub[0].Op != syntax.OpBeginText || re.Sub[1].Op != syntax.OpLiteral || re.Sub[1].Flags&syntax.FoldCase != 0 {
		return ""
	}
	return string(re.Sub[1].Rune)
}

// names asks for propertyNames: of the writer's own, or of all names that a
// closed object can have.
func (p *place) names() {
	if p.r.Names == nil {
		return
	}
	var theirs []*js.Node
	for _, n := range p.w.nodes {
		if n.Names != nil {
			theirs = append(theirs, n.Names)
		}
	}
	w := p.c.sideOf(append(theirs, p.c.onlyType(stringType))...)
	bad := p.ask(w, p.r.Names, p.path)
	if len(bad) == 0 || p.closedNames() {
		return
	}
	rule := "PROPERTY_NAMES_NARROWED"
	if len(theirs) == 0 {
		rule = "PROPERTY_NAMES_ADDED"
	}
	p.add(rule, saysNames(bad), p.c.show(w))
}

func saysNames(bad []schema.Mismatch) string {
	return bad[0].Rule + " " + bad[0].Reader
}

// closedNames reports whether one of the writer's schemas is closed and all
// names that it has are such as the reader takes.
func (p *place) closedNames() bool {
	return slices.ContainsFunc(p.w.nodes, func(n *js.Node) bool {
		if closedProperties(n) == nil {
			return false
		}
		return !slices.ContainsFunc(n.Properties, func(q js.Property) bool {
			return p.member(q.Name).side.types != noType && !p.c.accepts(p.r.Names, js.LiteralOfText(q.Name), false)
		})
	})
}

// dependencies asks for what else a record needs that has a property.
func (p *place) dependencies() {
	for _, own := range p.r.DependentRequired {
		p.dependency(own)
	}
	for _, own := range p.r.DependentSchemas {
		if p.member(own.Name).side.types == noType {
			continue
		}
		present := []*js.Node{{Required: []string{own.Name}}}
		var has bool
		for _, n := range p.w.nodes {
			p.c.spend(len(n.DependentSchemas))
			for _, theirs := range n.DependentSchemas {
				if theirs.Name == own.Name {
					has = true
					present = append(present, theirs.Schema)
				}
			}
		}
		if p.takes(p.c.and(p.w, nil, present...), own.Schema) {
			continue
		}
		rule := "DEPENDENCY_SCHEMA_ADDED"
		if has {
			rule = "DEPENDENCY_SCHEMA_NARROWED"
		}
		p.addAt(below(p.path, own.Name), rule, saysOf(own.Schema), "")
	}
}

func (p *place) dependency(own js.Dependency) {
	if p.member(own.Name).side.types == noType {
		return
	}
	var has []string
	found := false
	p.c.spend(len(own.Needs) * (1 + len(p.w.nodes)) / 4)
	for _, n := range p.w.nodes {
		p.c.spend(len(n.DependentRequired))
		for _, theirs := range n.DependentRequired {
			if theirs.Name == own.Name {
				found = true
				has = append(has, theirs.Needs...)
			}
		}
	}
	p.c.spend(len(has) / 4)
	there, wanted := setOf(has), setOf(own.Needs)
	if !slices.ContainsFunc(own.Needs, func(need string) bool {
		return need != own.Name && !there[need] && !p.w.requires(need)
	}) {
		return
	}
	rule := "DEPENDENCY_ARRAY_CHANGED"
	switch {
	case !found:
		rule = "DEPENDENCY_ARRAY_ADDED"
	case !slices.ContainsFunc(has, func(h string) bool { return !wanted[h] }):
		rule = "DEPENDENCY_ARRAY_EXTENDED"
	}
	p.addAt(below(p.path, own.Name), rule, someOf(own.Needs), someOf(has))
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// someOf lists names, the first ones if there are many.
func someOf(names []string) string {
	const most = 8
	var all []string
	for _, n := range names[:min(len(names), most)] {
		all = append(all, short(n))
	}
	if len(names) > most {
		all = append(all, fmt.Sprintf("and %d more", len(names)-most))
	}
	return fmt.Sprint(all)
}
