package jsonschema

import (
	"strings"
	"unicode/utf8"

	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// verdict is whether a value fits a schema, as far as plain looking says.
type verdict int

const (
	unknown verdict = iota
	fits
	refused
)

func verdictOf(yes bool) verdict {
	if yes {
		return fits
	}
	return refused
}

// look counts what takes much less than a step.
func (c *checker) look() {
	if c.looks++; c.looks%16 == 0 {
		c.spend(1)
	}
}

// decide judges a value by a schema without the validator.
func (c *checker) decide(n *js.Node, l js.Literal) verdict {
	c.look()
	switch {
	case n.Always != nil:
		return verdictOf(*n.Always)
	case n.External != "" || n.If != nil:
		return unknown
	case n.HasEnum() && !c.keys(n)[l.Key], n.Const != nil && n.Const.Key != l.Key:
		return refused
	}
	return both(c.own(n, l), c.combined(n, l))
}

// both is the verdict of two schemas of which each has to fit.
func both(a, b verdict) verdict {
	switch {
	case a == refused || b == refused:
		return refused
	case a == fits:
		return b
	}
	return unknown
}

// own is what the schema's keywords for a sort of value say.
func (c *checker) own(n *js.Node, l js.Literal) verdict {
	t := typeOfLiteral(l)
	if number := t&numberType != 0; number && n.Draft <= js.Draft4 && strings.ContainsAny(l.Text, ".eE") {
		return unknown // 1.0 is no integer there
	}
	if t&ownTypes(n) == 0 {
		return refused
	}
	switch {
	case t&numberType != 0 && (n.Min != nil || n.Max != nil || n.MultipleOf != nil):
		return unknown
	case t&(objectType|arrayType) != 0 && !n.OnlyLists():
		return unknown
	case t == stringType:
		return ownText(n, l)
	}
	return fits
}

func ownText(n *js.Node, l js.Literal) verdict {
	if n.Pattern != "" || n.Format != "" || n.ContentEncoding != "" || n.ContentType != "" {
		return unknown
	}
	if n.MinLength == nil && n.MaxLength == nil {
		return fits
	}
	if strings.Contains(l.Text, `\`) {
		return unknown
	}
	length := utf8.RuneCountInString(l.Text) - 2 // quotes
	return verdictOf((n.MinLength == nil || length >= *n.MinLength) && (n.MaxLength == nil || length <= *n.MaxLength))
}

// combined is what the schemas say that judge the same value.
func (c *checker) combined(n *js.Node, l js.Literal) verdict {
	v := fits
	if n.Ref != nil {
		v = c.decide(n.Ref, l)
	}
	for _, a := range n.AllOf {
		if v == refused {
			return v
		}
		v = both(v, c.decide(a, l))
	}
	if n.Not != nil {
		v = both(v, [...]verdict{unknown: unknown, fits: refused, refused: fits}[c.decide(n.Not, l)])
	}
	if len(n.AnyOf) > 0 {
		v = both(v, c.several(n.AnyOf, l, len(n.AnyOf)))
	}
	if len(n.OneOf) > 0 {
		v = both(v, c.several(n.OneOf, l, 1))
	}
	return v
}

// several asks that a value fits one or more schemas, and no more than most.
func (c *checker) several(ns []*js.Node, l js.Literal, most int) verdict {
	count, sure := 0, true
	for _, n := range ns {
		switch c.decide(n, l) {
		case fits:
			count++
		case unknown:
			sure = false
		}
	}
	switch {
	case count > most:
		return refused
	case count > 0 && (sure || most == len(ns)):
		return fits
	case sure:
		return refused
	}
	return unknown
}

// keys are the values of a schema's enum.
func (c *checker) keys(n *js.Node) map[string]bool {
	set, ok := c.enums[n]
	if !ok {
		c.spend(len(n.Enum) / 4)
		set = make(map[string]bool, len(n.Enum))
		for _, l := range n.Enum {
			set[l.Key] = true
		}
		c.enums[n] = set
	}
	return set
}
