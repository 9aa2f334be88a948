package jsonschema

import (
	"slices"
	"strings"

	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// arrays asks what is about arrays.
func (p *place) arrays() {
	p.counts(itemCountRules())
	p.items(p.r, "ADDITIONAL_ITEMS")
	rest := p.c.unevaluated(p.r)
	if rest.node != nil {
		p.items(rest.node, "UNEVALUATED_ITEMS")
	} else if p.r.UnevaluatedItems != nil && !rest.idle {
		p.unevaluatedUnknown(p.r.UnevaluatedItems, "UNEVALUATED_ITEMS")
	}
	if p.r.Unique && !slices.ContainsFunc(p.w.nodes, func(n *js.Node) bool { return n.Unique }) && !p.atMost(1) {
		p.add("UNIQUE_ITEMS_ADDED", "unique", "any")
	}
	p.contains()
}

// atMost reports whether the writer's lists have so few elements.
func (p *place) atMost(n int) bool {
	for _, rule := range itemCountRules() {
		if has := rule.sharpest(p.w); rule.upper && has != nil && *has <= n {
			return true
		}
	}
	return false
}

// element is what is known of the elements at an index.
type element struct {
	side  *side
	named bool // by its index
	known bool
}

func (p *place) element(i int) element {
	var e element
	var nodes []*js.Node
	for _, n := range p.w.nodes {
		switch {
		case i < len(n.Prefix):
			e.named = true
			nodes = append(nodes, n.Prefix[i])
		case n.Items != nil:
			nodes = append(nodes, n.Items)
		}
	}
	e.side = p.c.sideOf(nodes...)
	e.known = len(nodes) > 0
	return e
}

// items asks for the elements: one index after the other as far as either side
// tells them apart, and then for the rest.
func (p *place) items(r *js.Node, what string) {
	longest := len(r.Prefix)
	for _, n := range p.w.nodes {
		longest = max(longest, len(n.Prefix))
	}
	for i := range longest {
		if p.atMost(i) {
			return
		}
		p.item(r, i)
	}
	if r.Items == nil || p.atMost(longest) {
		return
	}
	p.rest(r, p.element(longest), what)
}

// item asks for the elements at one index.
func (p *place) item(r *js.Node, i int) {
	own, named := r.Items, false
	if i < len(r.Prefix) {
		own, named = r.Prefix[i], true
	}
	if own == nil {
		return
	}
	e := p.element(i)
	path := below(p.path, "[]")
	bad := p.ask(e.side, own, path)
	switch {
	case len(bad) == 0:
	case named && e.named, !named && !e.named:
		p.take(bad)
	case named && !e.known:
		p.addAt(path, "ITEM_ADDED_TO_OPEN_CONTENT_MODEL", saysOf(own), "anything")
	case named:
		p.addAt(path, "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", saysOf(own), p.c.show(e.side))
	case own.Always != nil:
		p.addAt(path, "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL", "nothing", p.c.show(e.side))
	default:
		p.addAt(path, "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL", saysOf(own), p.c.show(e.side))
	}
}

// rest asks for the elements that no index names.
func (p *place) rest(r *js.Node, e element, what string) {
	path := below(p.path, "[]")
	bad := p.ask(e.side, r.Items, path)
	switch {
	case len(bad) == 0:
	case r.Items.Always != nil:
		p.addAt(path, what+"_REMOVED", "nothing", p.c.show(e.side))
	case e.known:
		p.take(bad)
	case len(r.Prefix) == 0 && strings.HasPrefix(what, "ADD"):
		p.addAt(path, "SCHEMA_ADDED", saysOf(r.Items), "anything")
	default:
		p.addAt(path, what+"_NARROWED", saysOf(r.Items), "anything")
	}
}

// contains asks for elements that fit a schema, and how many.
func (p *place) contains() {
	own := p.r.Contains
	if own == nil {
		return
	}
	p.containsLeast(own, countOr(p.r.MinContains, 1))
	if p.r.MaxContains != nil {
		p.containsMost(own, *p.r.MaxContains)
	}
}

func countOr(n *int, otherwise int) int {
	if n == nil {
		return otherwise
	}
	return *n
}

// containsLeast asks for enough of them: the writer's contains is narrower, or
// all of its elements fit and there are enough.
func (p *place) containsLeast(own *js.Node, least int) {
	if least == 0 || p.allFit(own, least) {
		return
	}
	best := -1
	other := ""
	for _, n := range p.w.nodes {
		if n.Contains == nil {
			continue
		}
		if !p.takes(p.c.sideOf(n.Contains), own) {
			other = saysOf(n.Contains)
			continue
		}
		best = max(best, countOr(n.MinContains, 1))
	}
	switch {
	case best >= least:
	case best >= 0:
		p.add("MIN_CONTAINS_INCREASED", number(least), number(best))
	case other != "":
		p.add("CONTAINS_CHANGED", saysOf(own), other)
	default:
		p.add("CONTAINS_ADDED", saysOf(own), "none")
	}
}

// allFit reports whether every element fits, and there are as many.
func (p *place) allFit(own *js.Node, least int) bool {
	has := itemCountRules()[0].sharpest(p.w)
	if has == nil || *has < least {
		return false
	}
	longest := 0
	for _, n := range p.w.nodes {
		longest = max(longest, len(n.Prefix))
	}
	for i := range longest + 1 {
		if !p.takes(p.element(i).side, own) {
			return false
		}
	}
	return true
}

// containsMost asks for not too many: the writer bounds what fits a schema as
// wide as the reader's.
func (p *place) containsMost(own *js.Node, most int) {
	if p.atMost(most) {
		return
	}
	best := -1
	for _, n := range p.w.nodes {
		if n.Contains == nil || n.MaxContains == nil || !p.takes(p.c.sideOf(own), n.Contains) {
			continue
		}
		if best < 0 || *n.MaxContains < best {
			best = *n.MaxContains
		}
	}
	switch {
	case best >= 0 && best <= most:
	case best >= 0:
		p.add("MAX_CONTAINS_DECREASED", number(most), number(best))
	default:
		p.add("MAX_CONTAINS_ADDED", number(most), "none")
	}
}
