package jsonschema

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// typeSet is a set of JSON types. Numbers are two of them, so that integer is
// a part of number.
type typeSet uint8

const (
	nullType typeSet = 1 << iota
	booleanType
	objectType
	arrayType
	stringType
	integerType
	fractionType

	numberType = integerType | fractionType
	noType     = typeSet(0)
	everyType  = nullType | booleanType | objectType | arrayType | stringType | numberType
)

// typeNames are the types by name, in the order in which they are shown.
func typeNames() []struct {
	name string
	set  typeSet
} {
	return []struct {
		name string
		set  typeSet
	}{
		{"null", nullType}, {"boolean", booleanType}, {"object", objectType}, {"array", arrayType},
		{"string", stringType}, {"number", numberType}, {"integer", integerType}, {"fraction", fractionType},
	}
}

func typeOf(name string) typeSet {
	for _, t := range typeNames() {
		if t.name == name {
			return t.set
		}
	}
	return noType
}

// typeOfLiteral is a value's one type: a number that is no integer is a fraction.
func typeOfLiteral(l js.Literal) typeSet {
	if t := typeOf(l.Type()); t != numberType {
		return t
	}
	return fractionType
}

// String names the types as a schema does.
func (s typeSet) String() string {
	switch s {
	case everyType:
		return "any type"
	case noType:
		return "nothing"
	}
	var names []string
	for _, t := range typeNames() {
		if t.set&^s == 0 {
			names = append(names, t.name)
			s &^= t.set
		}
	}
	return strings.Join(names, " or ")
}

// side is all that is known of what a writer writes at one place: it fits
// every one of the nodes, references and allOf followed.
type side struct {
	nodes []*js.Node
	used  map[*js.Node]bool // those whose alternatives were told apart already
	one   bool              // an alternative of a oneOf, which excludes the others
	types typeSet
	key   string
}

// sideOf makes a side of nodes.
func (c *checker) sideOf(nodes ...*js.Node) *side {
	c.turn++
	s := &side{types: everyType}
	for _, n := range nodes {
		c.put(s, n)
	}
	c.seal(s)
	return s
}

// and is the side with one more node.
func (c *checker) and(s *side, used *js.Node, more ...*js.Node) *side {
	t := &side{nodes: slices.Clone(s.nodes), used: s.used, types: s.types, one: s.one}
	if used != nil {
		t.used = map[*js.Node]bool{used: true}
		maps.Copy(t.used, s.used)
	}
	c.turn++
	for _, n := range s.nodes {
		c.stamp[n] = c.turn
	}
	if used != nil {
		t.used[used] = true
	}
	for _, n := range more {
		c.put(t, n)
	}
	c.seal(t)
	return t
}

// put adds a node, what it refers to and what it is put together from.
func (c *checker) put(s *side, n *js.Node) {
	if n == nil || c.stamp[n] == c.turn {
		return
	}
	c.stamp[n] = c.turn
	s.nodes = append(s.nodes, n)
	s.types &= c.typesOf(n)
	c.put(s, n.Ref)
	for _, a := range n.AllOf {
		c.put(s, a)
	}
	c.put(s, c.unevaluated(n).node)
}

// seal gives the side its key, which names its nodes, and counts the work.
func (c *checker) seal(s *side) {
	c.spend(1 + len(s.nodes))
	var b []byte
	for _, n := range s.nodes {
		b = strconv.AppendInt(b, int64(c.id(n)), 36)
		if s.used[n] {
			b = append(b, '+')
		}
		b = append(b, ' ')
	}
	s.key = string(b)
}

// id numbers the nodes.
func (c *checker) id(n *js.Node) int {
	i, ok := c.ids[n]
	if !ok {
		i = len(c.ids)
		c.ids[n] = i
	}
	return i
}

// typesOf is the types that may fit a node. It may be too many, never too few.
func (c *checker) typesOf(n *js.Node) typeSet {
	if n == nil {
		return everyType
	}
	if t, ok := c.types[n]; ok {
		return t
	}
	t := ownTypes(n)
	if n.Ref != nil {
		t &= c.typesOf(n.Ref)
	}
	for _, a := range n.AllOf {
		t &= c.typesOf(a)
	}
	t &= c.unionOf(n.AnyOf) & c.unionOf(n.OneOf)
	c.types[n] = t
	return t
}

func (c *checker) unionOf(ns []*js.Node) typeSet {
	if len(ns) == 0 {
		return everyType
	}
	t := noType
	for _, n := range ns {
		t |= c.typesOf(n)
	}
	return t
}

// ownTypes is the types that a node itself allows.
func ownTypes(n *js.Node) typeSet {
	if n.Always != nil && !*n.Always {
		return noType
	}
	t := everyType
	if len(n.Types) > 0 {
		t = noType
		for _, name := range n.Types {
			t |= typeOf(name)
		}
	}
	return t
}

// smallTypes are the values of types that have few of them.
func smallTypes(t typeSet) []js.Literal {
	var all []js.Literal
	if t&nullType != 0 {
		all = append(all, js.LiteralOf(nil))
	}
	if t&booleanType != 0 {
		all = append(all, js.LiteralOf(false), js.LiteralOf(true))
	}
	return all
}

func list(all []js.Literal) string {
	var b strings.Builder
	for i, l := range all {
		if i == 8 {
			fmt.Fprintf(&b, " and %d more", len(all)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(short(l.Text))
	}
	if b.Len() == 0 {
		return "nothing"
	}
	return b.String()
}

func short(s string) string {
	if len(s) <= 40 {
		return s
	}
	if r := []rune(s[:min(len(s), 4*41)]); len(r) > 40 { // a rune has at most four bytes
		return string(r[:37]) + "..."
	}
	return s
}
