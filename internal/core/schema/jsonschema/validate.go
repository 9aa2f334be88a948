package jsonschema

import (
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"

	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirmesh/weir"
)

// Limits of a value that is judged.
const (
	MaxValueDepth = 256
	MaxSteps      = 1_000_000 // visits of a schema to a part of the value
)

// Validate judges a value as encoding/json gives it with UseNumber. A value
// that does not fit is kind [weir.Invalid], its Where a JSON pointer; one that
// is too deep, or would take more than [MaxSteps], is kind [weir.Limit] and
// was not judged.
func (s *Schema) Validate(v any) error {
	if err := bounded(v, 0); err != nil {
		return err
	}
	c := cost{left: MaxSteps, known: map[visit]int{}}
	if c.of(s.root, v, 1) > MaxSteps {
		return weir.Errorf(weir.Limit, "judging the record by its schema takes more than %d steps", MaxSteps).WithFix("use fewer alternatives (anyOf, oneOf) in the schema, or smaller records")
	}
	j, err := s.root.by.of(s.root)
	if err != nil {
		return err
	}
	if err = j.Validate(v); err == nil {
		return nil
	}
	e := weir.Errorf(weir.Invalid, "the record does not fit its schema").WithFix("correct the record, or register a schema that allows it")
	var ve *validator.ValidationError
	if errors.As(err, &ve) {
		leaf := deepest(ve)
		e.Where, e.Msg = pointer(leaf.InstanceLocation), "the record does not fit its schema: "+said(leaf)
	}
	return e
}

// Accepts reports whether a literal fits the node. Where that cannot be told (a
// node that is not of a text, or a literal that takes too many steps) it is
// otherwise.
func (n *Node) Accepts(l Literal, otherwise bool) bool {
	c := cost{left: MaxSteps, known: map[visit]int{}}
	if n.by == nil || c.of(n, l.plain, 1) > MaxSteps {
		return otherwise
	}
	j, err := n.by.of(n)
	if err != nil {
		return otherwise
	}
	return j.Validate(l.plain) == nil
}

// OnlyLists reports whether the node demands nothing of a value itself but types
// and to be one of those that it lists. What it refers to, and what its allOf and
// anyOf demand, is not asked.
func (n *Node) OnlyLists() bool {
	plain := n.External == "" && n.Always == nil && n.Not == nil && n.If == nil && len(n.OneOf)+len(n.DependentSchemas)+len(n.deeper) == 0
	text := n.MinLength == nil && n.MaxLength == nil && n.Pattern == "" && n.Format == "" && n.ContentEncoding == "" && n.ContentType == ""
	num := n.Min == nil && n.Max == nil && n.MultipleOf == nil
	parts := n.MinItems == nil && n.MaxItems == nil && !n.Unique && n.MinProperties == nil && n.MaxProperties == nil && len(n.Required)+len(n.DependentRequired) == 0
	return plain && text && num && parts
}

// Cost is how much [Node.Accepts] does for a literal, in steps of which each is
// about a visit of a schema; it is more than most if it is more.
func (n *Node) Cost(l Literal, most int) int {
	if n.by == nil {
		return 1
	}
	c := cost{left: most, known: map[visit]int{}, lists: true}
	return n.by.cost(n) + len(l.Text)/64 + c.of(n, l.plain, 1)
}

// bounded refuses values that are too deep, and numbers with which computing
// would be dear.
func bounded(v any, depth int) error {
	if depth > MaxValueDepth {
		return weir.Errorf(weir.Limit, "the record is nested more than %d deep", MaxValueDepth).WithFix("nest less")
	}
	switch v := v.(type) {
	case json.Number:
		if len(v) > MaxDigits || len(exponent(string(v))) > 3 {
			return weir.Errorf(weir.Limit, "a number has more than %d digits, or an exponent of more than three", MaxDigits).WithFix("use a shorter number")
		}
	case []any:
		for _, e := range v {
			if err := bounded(e, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := bounded(e, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// exponent is the digits behind an e.
func exponent(n string) string {
	i := strings.IndexAny(n, "eE")
	if i < 0 {
		return ""
	}
	return strings.TrimLeft(n[i+1:], "+-0")
}

// cost counts, before a value is judged, how many visits that takes: each
// schema that judges a part of it, as often as others lead there. Counting
// visits each pair once.
type cost struct {
	left  int
	known map[visit]int
	lists bool // those in which a value is looked for count, too
}

// own is what the schema itself takes.
func (c *cost) own(n *Node, v any) int {
	if !c.lists {
		return 1
	}
	sum := 1 + (len(n.Enum)+len(n.Required))/16
	if s, ok := v.(string); ok && n.Pattern != "" {
		sum += n.patternSize * len(s) / 512
	}
	if m, ok := v.(map[string]any); ok {
		for _, p := range n.Patterns {
			for name := range m {
				sum += p.Cost(name)
			}
		}
	}
	return sum
}

type visit struct {
	n    *Node
	part int // a number of the part of the value
}

// of is the visits of a schema to a value and its parts. Parts are numbered in
// the order of a walk over the value, so that equal numbers are the same part.
func (c *cost) of(n *Node, v any, part int) int {
	key := visit{n, part}
	if k, ok := c.known[key]; ok {
		return k
	}
	if c.left--; c.left < 0 {
		return MaxSteps + 1
	}
	sum := c.own(n, v)
	for _, s := range n.same() {
		sum = min(sum+c.of(s, v, part), MaxSteps+1)
	}
	switch v := v.(type) {
	case []any:
		sum = c.items(n, v, part, sum)
	case map[string]any:
		sum = c.members(n, v, part, sum)
	}
	c.known[key] = sum
	return sum
}

func (c *cost) items(n *Node, v []any, part, sum int) int {
	at := part + 1
	for i, e := range v {
		for _, s := range n.itemsAt(i) {
			sum = min(sum+c.of(s, e, at), MaxSteps+1)
		}
		at += parts(e)
	}
	return sum
}

func (c *cost) members(n *Node, v map[string]any, part, sum int) int {
	at := part + 1
	for _, k := range sortedKeys(v) {
		for _, s := range n.membersAt(k) {
			sum = min(sum+c.of(s, v[k], at), MaxSteps+1)
		}
		if n.Names != nil {
			sum = min(sum+n.Names.weight, MaxSteps+1)
		}
		at += parts(v[k])
	}
	return sum
}

// parts is how many numbers a value takes.
func parts(v any) int {
	sum := 1
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			sum += parts(e)
		}
	case map[string]any:
		for _, e := range v {
			sum += parts(e)
		}
	}
	return sum
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// itemsAt are the schemas that judge the element at an index.
func (n *Node) itemsAt(i int) []*Node {
	var all []*Node
	if i < len(n.Prefix) {
		all = append(all, n.Prefix[i])
	} else if n.Items != nil {
		all = append(all, n.Items)
	}
	for _, s := range []*Node{n.Contains, n.UnevaluatedItems} {
		if s != nil {
			all = append(all, s)
		}
	}
	return all
}

// membersAt are the schemas that judge the property of a name.
func (n *Node) membersAt(name string) []*Node {
	var all []*Node
	if p := n.Property(name); p != nil {
		all = append(all, p)
	}
	for _, p := range n.Patterns {
		if p.Regexp.MatchString(name) {
			all = append(all, p.Schema)
		}
	}
	if len(all) == 0 && n.Additional != nil {
		all = append(all, n.Additional)
	}
	if n.UnevaluatedProperties != nil {
		all = append(all, n.UnevaluatedProperties)
	}
	return all
}

// typeOf is the JSON type of a plain value.
func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		if r, ok := new(big.Rat).SetString(string(v)); ok && r.IsInt() {
			return "integer"
		}
	}
	return "number"
}

// said is what the library says of one fault, without its place.
func said(v *validator.ValidationError) string {
	s := v.Error()
	s = s[strings.LastIndexByte(s, '\n')+1:]
	if _, after, ok := strings.Cut(s, "': "); ok {
		s = after
	}
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "..."
	}
	return s
}
