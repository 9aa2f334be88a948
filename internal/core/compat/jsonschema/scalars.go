package jsonschema

import (
	"math/big"
	"strconv"

	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// countRule is a demand on a number of things.
type countRule struct {
	of             func(*js.Node) *int
	implied        func(*js.Node) *int // what other keywords guarantee
	upper          bool
	added, changed string
}

func lengthRules() []countRule {
	return []countRule{
		{func(n *js.Node) *int { return n.MinLength }, nil, false, "MIN_LENGTH_ADDED", "MIN_LENGTH_INCREASED"},
		{func(n *js.Node) *int { return n.MaxLength }, nil, true, "MAX_LENGTH_ADDED", "MAX_LENGTH_DECREASED"},
	}
}

func itemCountRules() []countRule {
	return []countRule{
		{func(n *js.Node) *int { return n.MinItems }, nil, false, "MIN_ITEMS_ADDED", "MIN_ITEMS_INCREASED"},
		{func(n *js.Node) *int { return n.MaxItems }, closedItems, true, "MAX_ITEMS_ADDED", "MAX_ITEMS_DECREASED"},
	}
}

func propertyCountRules() []countRule {
	return []countRule{
		{func(n *js.Node) *int { return n.MinProperties }, requiredCount, false, "MIN_PROPERTIES_ADDED", "MIN_PROPERTIES_INCREASED"},
		{func(n *js.Node) *int { return n.MaxProperties }, closedProperties, true, "MAX_PROPERTIES_ADDED", "MAX_PROPERTIES_DECREASED"},
	}
}

// closedItems is how many elements fit where no others may follow.
func closedItems(n *js.Node) *int {
	if n.Items == nil || n.Items.Always == nil || *n.Items.Always {
		return nil
	}
	count := len(n.Prefix)
	return &count
}

// closedProperties is how many properties an object has that is closed.
func closedProperties(n *js.Node) *int {
	if n.Additional == nil || n.Additional.Always == nil || *n.Additional.Always || len(n.Patterns) > 0 {
		return nil
	}
	count := len(n.Properties)
	return &count
}

func requiredCount(n *js.Node) *int {
	count := n.RequiredCount()
	if count == 0 {
		return nil
	}
	return &count
}

// counts asks for numbers of things.
func (p *place) counts(rules []countRule) {
	for _, rule := range rules {
		want := rule.of(p.r)
		if want == nil || !rule.upper && *want == 0 {
			continue
		}
		has := rule.sharpest(p.w)
		switch {
		case has == nil:
			p.add(rule.added, number(*want), "any number")
		case rule.upper && *has > *want, !rule.upper && *has < *want:
			p.add(rule.changed, number(*want), number(*has))
		}
	}
}

// sharpest is the best guarantee of a writer's schemas.
func (rule countRule) sharpest(w *side) *int {
	var best *int
	for _, n := range w.nodes {
		for _, of := range []func(*js.Node) *int{rule.of, rule.implied} {
			if of == nil {
				continue
			}
			if c := of(n); c != nil && (best == nil || rule.upper == (*c < *best)) {
				best = c
			}
		}
	}
	return best
}

// textRule is a demand that is met by the same words only.
type textRule struct {
	of             func(*js.Node) string
	added, changed string
}

func textRules() []textRule {
	return []textRule{
		{func(n *js.Node) string { return n.Pattern }, "PATTERN_ADDED", "PATTERN_CHANGED"},
		{formatOf, "FORMAT_ADDED", "FORMAT_CHANGED"},
		{encodingOf, "CONTENT_ENCODING_ADDED", "CONTENT_ENCODING_CHANGED"},
		{contentTypeOf, "CONTENT_MEDIA_TYPE_ADDED", "CONTENT_MEDIA_TYPE_CHANGED"},
	}
}

// formatOf is the format, in those drafts in which it decides anything.
func formatOf(n *js.Node) string {
	if n.Draft > js.Draft7 {
		return ""
	}
	return n.Format
}

func encodingOf(n *js.Node) string {
	if n.Draft > js.Draft7 {
		return ""
	}
	return n.ContentEncoding
}

func contentTypeOf(n *js.Node) string {
	if n.Draft > js.Draft7 {
		return ""
	}
	return n.ContentType
}

// strings asks what is about strings.
func (p *place) strings() {
	p.counts(lengthRules())
	for _, rule := range textRules() {
		want := rule.of(p.r)
		if want == "" {
			continue
		}
		has := rule.any(p.w, want)
		switch has {
		case want:
		case "":
			p.add(rule.added, want, "none")
		default:
			p.add(rule.changed, want, has)
		}
	}
}

// any is the text if one of the writer's schemas has it, or else another.
func (rule textRule) any(w *side, want string) string {
	other := ""
	for _, n := range w.nodes {
		switch has := rule.of(n); has {
		case "":
		case want:
			return want
		default:
			other = has
		}
	}
	return other
}

// numbers asks what is about numbers.
func (p *place) numbers() {
	p.lower()
	p.upper()
	p.multiples()
}

func (p *place) lower() {
	want := p.r.Min
	if want == nil {
		return
	}
	var best *js.Bound
	for _, n := range p.w.nodes {
		if n.Min != nil && (best == nil || sharper(n.Min, best, 1)) {
			best = n.Min
		}
	}
	p.bound(want, best, 1, map[bool][2]string{false: {"MINIMUM_ADDED", "MINIMUM_INCREASED"}, true: {"EXCLUSIVE_MINIMUM_ADDED", "EXCLUSIVE_MINIMUM_INCREASED"}})
}

func (p *place) upper() {
	want := p.r.Max
	if want == nil {
		return
	}
	var best *js.Bound
	for _, n := range p.w.nodes {
		if n.Max != nil && (best == nil || sharper(n.Max, best, -1)) {
			best = n.Max
		}
	}
	p.bound(want, best, -1, map[bool][2]string{false: {"MAXIMUM_ADDED", "MAXIMUM_DECREASED"}, true: {"EXCLUSIVE_MAXIMUM_ADDED", "EXCLUSIVE_MAXIMUM_DECREASED"}})
}

// bound asks for one end of a range; sign is 1 for the lower one.
func (p *place) bound(want, has *js.Bound, sign int, rules map[bool][2]string) {
	rule := rules[want.Exclusive]
	if has == nil {
		p.add(rule[0], showRat(want.At), "none")
		return
	}
	w, h := *want, *has
	if p.w.types&fractionType == 0 {
		w, h = wholeBound(w, sign), wholeBound(h, sign)
	}
	if sharper(&w, &h, sign) {
		p.add(rule[1], showRat(want.At), showBound(has))
	}
}

// sharper reports whether a leaves out something that b does not.
func sharper(a, b *js.Bound, sign int) bool {
	if c := a.At.Cmp(b.At); c != 0 {
		return c == sign
	}
	return a.Exclusive && !b.Exclusive
}

// wholeBound is the end of a range of integers, as one that is within.
func wholeBound(b js.Bound, sign int) js.Bound {
	q, rem := new(big.Int).DivMod(b.At.Num(), b.At.Denom(), new(big.Int))
	whole := rem.Sign() == 0
	switch {
	case sign > 0 && (!whole || b.Exclusive):
		q.Add(q, big.NewInt(1))
	case sign < 0 && whole && b.Exclusive:
		q.Sub(q, big.NewInt(1))
	}
	return js.Bound{At: new(big.Rat).SetInt(q), Keyword: b.Keyword}
}

// multiples asks for multipleOf.
func (p *place) multiples() {
	want := p.r.MultipleOf
	if want == nil {
		return
	}
	var has *big.Rat
	for _, n := range p.w.nodes {
		if n.MultipleOf == nil {
			continue
		}
		has = n.MultipleOf
		if divides(want, has) {
			return
		}
	}
	if p.w.types&fractionType == 0 && divides(want, big.NewRat(1, 1)) {
		return
	}
	switch {
	case has == nil:
		p.add("MULTIPLE_OF_ADDED", showRat(want), "none")
	case divides(has, want):
		p.add("MULTIPLE_OF_EXPANDED", showRat(want), showRat(has))
	default:
		p.add("MULTIPLE_OF_CHANGED", showRat(want), showRat(has))
	}
}

func divides(a, b *big.Rat) bool { return new(big.Rat).Quo(b, a).IsInt() }

func showRat(r *big.Rat) string {
	if r.IsInt() {
		return short(r.RatString())
	}
	f, _ := r.Float64()
	return short(trimFloat(f))
}

// showBound says also that the end itself is outside.
func showBound(b *js.Bound) string {
	if b.Exclusive {
		return showRat(b.At) + " (exclusive)"
	}
	return showRat(b.At)
}

func trimFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
