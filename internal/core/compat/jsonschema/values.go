package jsonschema

import (
	"slices"

	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// valueSet is the values that a writer may write, where its schemas list them.
// Sets are worked out once for the same schemas.
type valueSet struct {
	list []js.Literal
	keys map[string]bool
}

// valuesAgainst is such values held against a reader's enum.
type valuesAgainst struct {
	values *valueSet
	enum   *js.Node
}

// values are those that the writer may write, if a schema lists them.
func (c *checker) values(s *side) (*valueSet, bool) {
	var from []*js.Node
	for _, n := range s.nodes {
		if n.Const != nil || n.HasEnum() {
			from = append(from, n)
		}
	}
	if len(from) > 0 {
		return c.common(from), true
	}
	if s.types&^(nullType|booleanType) == 0 {
		return &valueSet{list: smallTypes(s.types)}, true
	}
	return nil, false
}

// common are the values that all the schemas list.
func (c *checker) common(from []*js.Node) *valueSet {
	key := ""
	var all *valueSet
	for _, n := range from {
		key += number(c.id(n)) + " "
		next := c.sets[key]
		if next == nil {
			next = c.newSet(all, n)
			c.sets[key] = next
		}
		all = next
	}
	return all
}

// newSet is what a schema lists, as far as it is in a set, if there is one.
func (c *checker) newSet(in *valueSet, n *js.Node) *valueSet {
	own := n.Enum
	if n.Const != nil {
		own = []js.Literal{*n.Const}
	}
	c.spend(len(own) / 4)
	set := &valueSet{keys: make(map[string]bool, len(own))}
	for _, l := range own {
		if (in == nil || in.has(l)) && (n.Const == nil || !n.HasEnum() || c.lists(n, l)) {
			set.list, set.keys[l.Key] = append(set.list, l), true
		}
	}
	return set
}

// lists reports whether a schema's enum has the value.
func (c *checker) lists(n *js.Node, l js.Literal) bool {
	c.spend(len(n.Enum) / 4)
	for _, e := range n.Enum {
		if e.Key == l.Key {
			return true
		}
	}
	return false
}

func (s *valueSet) has(l js.Literal) bool { return s.keys[l.Key] }

// lack is the rule that a reader's enum breaks by the values that it lacks, or
// nothing.
func (c *checker) lack(all *valueSet, r *js.Node) string {
	pair := valuesAgainst{all, r}
	rule, known := c.lacks[pair]
	if !known {
		rule = c.enumRule(all, r)
		c.lacks[pair] = rule
	}
	return rule
}

// enumRule names what became of an enum: it lost values, or has others too.
func (c *checker) enumRule(all *valueSet, r *js.Node) string {
	c.spend(len(all.list) / 4)
	has := c.keys(r)
	own := map[string]bool{}
	for _, l := range all.list {
		if has[l.Key] {
			own[l.Key] = true
		}
	}
	switch {
	case !slices.ContainsFunc(all.list, func(l js.Literal) bool { return !has[l.Key] }):
		return ""
	case len(own) == len(has):
		return "ENUM_ARRAY_NARROWED"
	}
	return "ENUM_ARRAY_CHANGED"
}

// show says in short what a writer may write.
func (c *checker) show(s *side) string {
	if s.types&^(nullType|booleanType) != 0 {
		if all, ok := c.values(s); ok {
			return list(all.list)
		}
	}
	return s.types.String()
}
