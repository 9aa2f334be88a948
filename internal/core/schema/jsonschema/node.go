package jsonschema

import (
	"math/big"
	"slices"
)

// Node is one schema within a text, in words that do not depend on the draft.
// It never changes. What is nil or empty is not said.
type Node struct {
	// Where is the place: a JSON pointer, with the reference's name in front
	// if the text is a reference's.
	Where string
	Draft Draft

	// External is a draft's metaschema, where a reference leads to one. Nothing
	// else is known of it.
	External string

	Always *bool // a boolean schema: everything, or nothing
	Ref    *Node // what $ref, $recursiveRef or $dynamicRef means
	AllOf  []*Node
	AnyOf  []*Node
	OneOf  []*Node
	Not    *Node
	If     *Node
	Then   *Node
	Else   *Node

	Types []string // as written; empty is all
	Enum  []Literal
	Const *Literal

	Min, Max        *Bound // minimum and exclusiveMinimum: the sharper one
	MultipleOf      *big.Rat
	MinLength       *int
	MaxLength       *int
	Pattern         string
	Format          string
	ContentEncoding string
	ContentType     string // contentMediaType

	Prefix           []*Node // items as an array, or prefixItems
	Items            *Node   // of those behind the prefix
	UnevaluatedItems *Node
	Contains         *Node
	MinContains      *int
	MaxContains      *int
	MinItems         *int
	MaxItems         *int
	Unique           bool

	Properties            []Property
	Patterns              []Pattern
	Additional            *Node // additionalProperties
	UnevaluatedProperties *Node
	Names                 *Node // propertyNames
	Required              []string
	MinProperties         *int
	MaxProperties         *int
	DependentRequired     []Dependency
	DependentSchemas      []Property

	Default     *Literal
	Title       string
	Description string
	Tags        []string

	index       map[string]int  // of Properties
	needed      map[string]bool // Required, if there are many
	hasEnum     bool
	children    []*Node // all below it, also those that mean nothing here
	inPlace     []*Node // those that judge the same value
	deeper      []*Node // those that judge its parts
	value       *value
	location    string // as the validator knows it
	weight      int
	refs        int // references that it has itself
	patternSize int
	by          *judges
	colour      colour
}

// Property is a schema under a name.
type Property struct {
	Name   string
	Schema *Node
}

// Pattern is the schema of those properties whose names match.
type Pattern struct {
	Regexp *Regexp
	Schema *Node
	size   int
}

// Cost is how much it takes at most to match a name, in steps as in
// [Node.Cost].
func (p Pattern) Cost(name string) int { return 1 + p.size*len(name)/512 }

// Dependency is what else an object needs that has a property.
type Dependency struct {
	Name  string
	Needs []string
}

// Bound is the end of a range.
type Bound struct {
	At        *big.Rat
	Exclusive bool   // the end itself is outside
	Keyword   string // that says it
}

// Literal is a value that a schema names. Equal values have equal keys.
type Literal struct {
	Text  string // as written, without space
	Key   string
	plain any
}

// Type is the literal's type: "integer" if it has no fraction.
func (l Literal) Type() string { return typeOf(l.plain) }

// HasEnum reports whether the schema has an enum, were it empty.
func (n *Node) HasEnum() bool { return n.hasEnum }

// Property is the schema of a property, or nil.
func (n *Node) Property(name string) *Node {
	if i, ok := n.index[name]; ok {
		return n.Properties[i].Schema
	}
	return nil
}

// WithProperties gives a node properties and returns it.
func (n *Node) WithProperties(ps ...Property) *Node {
	if n.index == nil {
		n.index = make(map[string]int, len(ps))
	}
	for _, p := range ps {
		n.index[p.Name] = len(n.Properties)
		n.Properties = append(n.Properties, p)
	}
	return n
}

// Requires reports whether objects need the property.
func (n *Node) Requires(name string) bool {
	if n.needed != nil {
		return n.needed[name]
	}
	return slices.Contains(n.Required, name)
}

// RequiredCount is how many properties objects need.
func (n *Node) RequiredCount() int {
	if n.needed != nil {
		return len(n.needed)
	}
	return len(slices.Compact(slices.Sorted(slices.Values(n.Required))))
}

// require notes the properties that objects need. A few are found without a
// set.
func (n *Node) require(names []string) {
	n.Required, n.needed = names, nil
	if len(names) <= 8 {
		return
	}
	n.needed = make(map[string]bool, len(names))
	for _, name := range names {
		n.needed[name] = true
	}
}

// colour is how far a walk over the graph has come with a node.
type colour uint8

const (
	white colour = iota
	grey
	black
)
