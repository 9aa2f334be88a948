package jsonschema

import (
	"math/big"
	"strings"

	"github.com/weirmesh/weir"
)

// describe reads what a schema says for people.
func (n *Node) describe() {
	v := n.value
	n.Title, n.Description = v.str("title"), v.str("description")
	n.Tags = v.get("confluent:tags").strings()
	if d := v.get("default"); d != nil {
		n.Default = literal(d)
	}
}

// assert reads what a schema demands itself. In drafts up to 7 nothing stands
// beside a reference.
func (b *builder) assert(p place, n *Node) error {
	if n.Draft <= Draft7 && n.value.get("$ref") != nil {
		n.forget()
		return nil
	}
	n.assertAny()
	n.assertNumber()
	n.assertArray()
	n.assertObject()
	return b.assertString(p, n)
}

// forget drops what stands beside a reference, but not what is for people.
func (n *Node) forget() {
	*n = Node{
		Where: n.Where, Draft: n.Draft, Title: n.Title, Description: n.Description, Tags: n.Tags, Default: n.Default,
		children: n.children, value: n.value, location: n.location, weight: 1, by: n.by,
	}
}

func (n *Node) assertAny() {
	v := n.value
	if t := v.get("type"); t != nil && t.sort == text {
		n.Types = []string{t.text}
	} else {
		n.Types = t.strings()
	}
	if e := v.get("enum"); e != nil && e.sort == array {
		n.hasEnum = true
		for _, x := range e.items {
			n.Enum = append(n.Enum, *literal(x))
		}
	}
	if c := v.get("const"); c != nil && n.Draft >= Draft6 {
		n.Const = literal(c)
	}
}

func (n *Node) assertNumber() {
	n.Min = n.bound("minimum", "exclusiveMinimum", 1)
	n.Max = n.bound("maximum", "exclusiveMaximum", -1)
	if m := n.value.rat("multipleOf"); m != nil && m.Sign() > 0 {
		n.MultipleOf = m
	}
}

// bound is the sharper of a bound and an exclusive one; sign is 1 for a lower
// end. In draft 4 the exclusive one is a flag.
func (n *Node) bound(keyword, exclusive string, sign int) *Bound {
	at, out := n.value.rat(keyword), n.value.rat(exclusive)
	if n.Draft == Draft4 {
		if at == nil {
			return nil
		}
		if x := n.value.get(exclusive); x != nil && x.yes {
			return &Bound{at, true, exclusive}
		}
		return &Bound{at, false, keyword}
	}
	switch {
	case at == nil && out == nil:
		return nil
	case out == nil, at != nil && at.Cmp(out) == sign:
		return &Bound{at, false, keyword}
	}
	return &Bound{out, true, exclusive}
}

func (b *builder) assertString(p place, n *Node) error {
	v := n.value
	n.MinLength, n.MaxLength = v.count("minLength"), v.count("maxLength")
	n.Format = v.str("format")
	if n.Draft >= Draft7 {
		n.ContentEncoding, n.ContentType = v.str("contentEncoding"), v.str("contentMediaType")
	}
	n.Pattern = v.str("pattern")
	if n.Pattern == "" {
		return nil
	}
	_, err := b.patterns.understand(p.below("pattern"), n.Pattern)
	n.patternSize = b.patterns.size[n.Pattern]
	return err
}

func (n *Node) assertArray() {
	v := n.value
	n.MinItems, n.MaxItems = v.count("minItems"), v.count("maxItems")
	n.Unique = v.get("uniqueItems") != nil && v.get("uniqueItems").yes
	if n.Contains != nil && n.Draft >= Draft2019 {
		n.MinContains, n.MaxContains = v.count("minContains"), v.count("maxContains")
	}
}

func (n *Node) assertObject() {
	v := n.value
	n.MinProperties, n.MaxProperties = v.count("minProperties"), v.count("maxProperties")
	n.require(v.get("required").strings())
	if d := v.get("dependentRequired"); d != nil && d.sort == object && n.Draft >= Draft2019 {
		for i, needs := range d.items {
			n.DependentRequired = append(n.DependentRequired, Dependency{d.keys[i], needs.strings()})
		}
	}
}

// count is a number of things, as far as anything can have so many.
func (v *value) count(key string) *int {
	r := v.rat(key)
	if r == nil || !r.IsInt() || r.Sign() < 0 {
		return nil
	}
	n := 1<<31 - 1
	if r.Num().IsInt64() && r.Num().Int64() < int64(n) {
		n = int(r.Num().Int64())
	}
	return &n
}

// rat is the number under a key, exactly.
func (v *value) rat(key string) *big.Rat {
	m := v.get(key)
	if m == nil || m.sort != number {
		return nil
	}
	r, _ := new(big.Rat).SetString(m.text)
	return r
}

// literal is a value that a schema names.
func literal(v *value) *Literal {
	var t, k strings.Builder
	v.write(&t, false)
	v.writeKey(&k)
	return &Literal{Text: t.String(), Key: k.String(), plain: v.plain()}
}

// writeKey writes equal values alike: keys in order, numbers by their value.
func (v *value) writeKey(b *strings.Builder) {
	switch v.sort {
	case number:
		r, _ := new(big.Rat).SetString(v.text)
		b.WriteString(r.RatString())
	case array:
		b.WriteByte('[')
		for _, e := range v.items {
			e.writeKey(b)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case object:
		b.WriteByte('{')
		for _, i := range v.order(true) {
			quote(b, v.keys[i])
			b.WriteByte(':')
			v.items[i].writeKey(b)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	default:
		v.write(b, true)
	}
}

// acyclic refuses schemas that refer to themselves without looking at a part
// of the value: nothing could be decided by them.
func acyclic(n *Node) error {
	switch n.colour {
	case black:
		return nil
	case grey:
		e := weir.Errorf(weir.Invalid, "the schema refers to itself and nothing else").WithFix("refer to it below properties or items, or remove the reference")
		e.Where = n.Where
		return e
	}
	n.colour = grey
	for _, c := range n.same() {
		if err := acyclic(c); err != nil {
			return err
		}
	}
	n.colour = black
	return nil
}

// same are the schemas that judge the same value.
func (n *Node) same() []*Node {
	if n.Ref == nil {
		return n.inPlace
	}
	return append([]*Node{n.Ref}, n.inPlace...)
}

// weigh counts the visits that judging one path through a record may take: the
// sum over the schemas that judge the same value, and the heaviest of those
// that judge a part of it. A schema within itself counts once.
func weigh(n *Node) int {
	if n.colour != black {
		return n.weight // white: done; grey: within itself
	}
	n.colour = grey
	sum, part := 1, 0
	for _, c := range n.same() {
		sum = min(sum+weigh(c), MaxWeight+1)
	}
	for _, c := range n.deeper {
		part = max(part, weigh(c))
	}
	n.weight, n.colour = min(sum+part, MaxWeight+1), white
	return n.weight
}

// LiteralOf is the literal of null or a boolean.
func LiteralOf(v any) Literal {
	is := &value{sort: null}
	if yes, ok := v.(bool); ok {
		is = &value{sort: boolean, yes: yes}
	}
	return *literal(is)
}

// LiteralOfText is the literal of a string.
func LiteralOfText(s string) Literal { return *literal(&value{sort: text, text: s}) }
