package jsonschema

import (
	"math/big"
	"slices"

	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// same reports whether two schemas demand the same in the same words; what
// they say for people does not count. Schemas that refer to themselves are the
// same unless something in them differs.
func (c *checker) same(a, b *js.Node) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	pair := [2]*js.Node{a, b}
	if is, ok := c.equal[pair]; ok {
		return is
	}
	c.spend(1)
	mark := len(c.trail)
	c.equal[pair] = true
	c.trail = append(c.trail, pair)
	is := c.sameAny(a, b) && sameScalars(a, b) && c.sameParts(a, b) && c.sameCombined(a, b)
	if !is {
		c.doubt(mark)
		c.equal[pair] = false
	}
	return is
}

// doubt forgets which schemas were found to be the same while one was taken
// for the same that is not.
func (c *checker) doubt(mark int) {
	for _, pair := range c.trail[mark:] {
		if c.equal[pair] {
			delete(c.equal, pair)
		}
	}
	c.trail = c.trail[:mark]
}

func (c *checker) sameAny(a, b *js.Node) bool {
	return a.External == b.External && sameBool(a.Always, b.Always) && sameTypes(a, b) && a.HasEnum() == b.HasEnum() &&
		c.sameLiterals(a.Enum, b.Enum) && (a.Const == nil) == (b.Const == nil) && (a.Const == nil || a.Const.Key == b.Const.Key)
}

func sameBool(a, b *bool) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

func sameTypes(a, b *js.Node) bool { return ownTypes(a) == ownTypes(b) }

func (c *checker) sameLiterals(a, b []js.Literal) bool {
	c.spend((len(a) + len(b)) / 8)
	return lacking(a, b) == 0 && lacking(b, a) == 0
}

func sameScalars(a, b *js.Node) bool {
	for _, rules := range [][]countRule{lengthRules(), itemCountRules(), propertyCountRules()} {
		for _, r := range rules {
			if !sameCount(r.of(a), r.of(b)) {
				return false
			}
		}
	}
	for _, r := range textRules() {
		if r.of(a) != r.of(b) {
			return false
		}
	}
	return sameBound(a.Min, b.Min) && sameBound(a.Max, b.Max) && sameRat(a.MultipleOf, b.MultipleOf) && a.Unique == b.Unique &&
		sameCount(a.MinContains, b.MinContains) && sameCount(a.MaxContains, b.MaxContains)
}

func sameCount(a, b *int) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

func sameRat(a, b *big.Rat) bool { return (a == nil) == (b == nil) && (a == nil || a.Cmp(b) == 0) }

func sameBound(a, b *js.Bound) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Exclusive == b.Exclusive && a.At.Cmp(b.At) == 0)
}

func (c *checker) sameParts(a, b *js.Node) bool {
	if len(a.Properties) != len(b.Properties) || !c.sameNames(a.Required, b.Required) || len(a.Patterns) != len(b.Patterns) || len(a.DependentRequired) != len(b.DependentRequired) {
		return false
	}
	for i, d := range a.DependentRequired {
		if d.Name != b.DependentRequired[i].Name || !c.sameNames(d.Needs, b.DependentRequired[i].Needs) {
			return false
		}
	}
	for _, p := range a.Properties {
		if q := b.Property(p.Name); q == nil || !c.same(p.Schema, q) {
			return false
		}
	}
	for i, p := range a.Patterns {
		if q := b.Patterns[i]; p.Regexp.String() != q.Regexp.String() || !c.same(p.Schema, q.Schema) {
			return false
		}
	}
	return c.sameLists(a.Prefix, b.Prefix) && c.same(a.Items, b.Items) && c.same(a.Additional, b.Additional) && c.same(a.Names, b.Names) &&
		c.same(a.Contains, b.Contains) && c.same(a.UnevaluatedItems, b.UnevaluatedItems) && c.same(a.UnevaluatedProperties, b.UnevaluatedProperties)
}

func (c *checker) sameNames(a, b []string) bool {
	c.spend((len(a) + len(b)) / 8)
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(x), slices.Compact(y))
}

func (c *checker) sameCombined(a, b *js.Node) bool {
	if len(a.DependentSchemas) != len(b.DependentSchemas) {
		return false
	}
	for i, d := range a.DependentSchemas {
		if d.Name != b.DependentSchemas[i].Name || !c.same(d.Schema, b.DependentSchemas[i].Schema) {
			return false
		}
	}
	return c.same(a.Ref, b.Ref) && c.sameLists(a.AllOf, b.AllOf) && c.sameLists(a.AnyOf, b.AnyOf) && c.sameLists(a.OneOf, b.OneOf) &&
		c.same(a.Not, b.Not) && c.same(a.If, b.If) && c.same(a.Then, b.Then) && c.same(a.Else, b.Else)
}

func (c *checker) sameLists(a, b []*js.Node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !c.same(a[i], b[i]) {
			return false
		}
	}
	return true
}
