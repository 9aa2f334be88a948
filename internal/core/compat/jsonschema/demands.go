package jsonschema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/weirmesh/weir/internal/core/schema"
	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

func number(n int) string { return strconv.Itoa(n) }

// place is one comparison at one place.
type place struct {
	c     *checker
	w     *side
	r     *js.Node
	path  string
	depth int
	found []schema.Mismatch
}

// add notes that a rule is broken here.
func (p *place) add(rule, reader, writer string) { p.addAt(p.path, rule, reader, writer) }

func (p *place) addAt(path, rule, reader, writer string) {
	p.take([]schema.Mismatch{p.c.mismatch(rule, path, reader, writer)})
}

// take keeps what was found, as far as anybody will be told.
func (p *place) take(found []schema.Mismatch) {
	p.c.spend(len(found) / 4)
	p.found = append(p.found, found[:min(len(found), max(MaxFindings-len(p.found), 0))]...)
}

// full reports whether no more is kept.
func (p *place) full() bool { return len(p.found) >= MaxFindings }

// ask holds another pair of schemas against each other.
func (p *place) ask(w *side, r *js.Node, path string) []schema.Mismatch {
	return p.c.covers(w, r, path, p.depth+1)
}

// takes reports whether a reader's schema takes all of a side.
func (p *place) takes(w *side, r *js.Node) bool { return len(p.ask(w, r, p.path)) == 0 }

// demands asks each of the reader's demands of the writer.
func (c *checker) demands(w *side, r *js.Node, path string, depth int) []schema.Mismatch {
	p := &place{c: c, w: w, r: r, path: path, depth: depth}
	if r.External != "" {
		p.add("REFERENCE_CHANGED", r.External, p.c.show(w))
		return p.found
	}
	for _, also := range append([]*js.Node{r.Ref}, r.AllOf...) {
		p.take(p.ask(w, also, path))
	}
	if all, ok := c.values(w); ok {
		p.literals(all)
		return p.found
	}
	if !p.typesFit() {
		return p.found
	}
	p.values()
	for _, by := range []struct {
		types typeSet
		ask   func()
	}{{stringType, p.strings}, {numberType, p.numbers}, {arrayType, p.arrays}, {objectType, p.objects}} {
		if w.types&by.types != 0 {
			by.ask()
		}
	}
	p.combinations()
	slices.SortStableFunc(p.found, func(a, b schema.Mismatch) int { return strings.Compare(a.Path, b.Path) })
	return p.found
}

// typesFit asks for the types. Where they do not fit, nothing else is said.
func (p *place) typesFit() bool {
	own := ownTypes(p.r)
	if p.w.types&^own == 0 {
		return true
	}
	rule := "TYPE_NARROWED"
	if p.w.types&own == 0 {
		rule = "TYPE_CHANGED"
	}
	p.add(rule, own.String(), p.w.types.String())
	return false
}

// values asks for enum and const of a writer that lists no values.
func (p *place) values() {
	if p.r.HasEnum() {
		p.add("ENUM_ARRAY_ADDED", list(p.r.Enum), p.c.show(p.w))
	}
	if p.r.Const != nil {
		p.add("CONST_ADDED", short(p.r.Const.Text), p.c.show(p.w))
	}
}

// literals asks of a writer that lists its values whether the reader takes
// each. Values that the writer's own schemas refuse do not count, but in an
// enum they must stay, as they do in stock registries.
func (p *place) literals(all *valueSet) {
	if p.r.HasEnum() {
		if rule := p.c.lack(all, p.r); rule != "" {
			p.add(rule, list(p.r.Enum), list(all.list))
			return
		}
	}
	if p.r.Const != nil && slices.ContainsFunc(all.list, func(l js.Literal) bool { return l.Key != p.r.Const.Key }) {
		p.add("CONST_CHANGED", short(p.r.Const.Text), list(all.list))
		return
	}
	if len(p.found) == 0 {
		p.each(all)
	}
}

// each asks of every value whether the reader takes it.
func (p *place) each(all *valueSet) {
	own, simple := ownTypes(p.r), p.r.OnlyLists()
	if simple && len(p.r.AnyOf) > 0 {
		simple = p.covering(p.r.AnyOf) > 0
	}
	if simple && own == everyType {
		return
	}
	for _, l := range all.list {
		p.c.look()
		switch typed := typeOfLiteral(l)&own != 0; {
		case simple && typed, !simple && p.c.accepts(p.r, l, false), !p.writes(l):
		case !typed:
			p.add("TYPE_CHANGED", own.String(), short(l.Text))
			return
		default:
			p.add("VALUE_REJECTED", saysOf(p.r), short(l.Text))
			return
		}
	}
}

// writes reports whether the writer may write the value at all; true if it
// cannot be told.
func (p *place) writes(l js.Literal) bool {
	for _, n := range p.w.nodes {
		if !p.c.accepts(n, l, true) {
			return false
		}
	}
	return true
}

// accepts judges a value by a schema. What plain looking does not decide is put
// to the validator, which costs much more.
func (c *checker) accepts(n *js.Node, l js.Literal, otherwise bool) bool {
	if v := c.decide(n, l); v != unknown {
		return v == fits
	}
	c.spend(n.Cost(l, max(MaxSteps-c.steps, 0)))
	return n.Accepts(l, otherwise)
}

// lacking counts the values that are missing in others.
func lacking(all, in []js.Literal) int {
	has := make(map[string]bool, len(in))
	for _, l := range in {
		has[l.Key] = true
	}
	lost := 0
	for _, l := range all {
		if !has[l.Key] {
			lost++
		}
	}
	return lost
}

// saysOf says in short what a schema demands.
func saysOf(n *js.Node) string {
	switch {
	case n.Ref != nil:
		return saysOf(n.Ref)
	case n.Const != nil:
		return short(n.Const.Text)
	case n.HasEnum():
		return list(n.Enum)
	case n.Always != nil && !*n.Always:
		return "nothing"
	case len(n.Types) > 0:
		return strings.Join(n.Types, " or ")
	case len(n.AnyOf)+len(n.OneOf) > 0:
		return number(len(n.AnyOf)+len(n.OneOf)) + " alternatives"
	}
	return "a schema (" + n.Where + ")"
}
