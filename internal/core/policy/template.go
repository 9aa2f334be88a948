package policy

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
)

// hole is a place in a text where a fact stands.
var hole = regexp.MustCompile(`\{([a-zA-Z]+(?:\.[a-zA-Z]+)?)\}`)

// The bounds of a text that was filled.
const (
	maxRendered = 2 * weir.MaxText
	namedPlaces = 5 // that {where} names
)

// checkTemplate refuses a text that wants a fact which there is not.
func checkTemplate(field, text string, when weir.PolicyWhen) error {
	f := Facts{}
	if when == weir.WhenPublish {
		f.Publish = &Publish{}
	}
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		if _, ok := f.said(m[1]); !ok && m[1] != "where" {
			return weir.Errorf(weir.Invalid, "{%s} is no fact that is a text", clip(m[1], maxPlace)).At(field).
				WithFix("use {where}, or a fact such as {product.name}; docs/reference/policies.md lists them")
		}
	}
	return nil
}

// render fills a text.
func render(text string, f Facts, where []string, n int) string {
	out := hole.ReplaceAllStringFunc(text, func(m string) string {
		name := m[1 : len(m)-1]
		if name == "where" {
			return listed(where, n)
		}
		s, ok := f.said(name)
		if !ok {
			return m
		}
		return clip(s, maxPlace)
	})
	return clip(out, maxRendered)
}

// listed names the first places, and says how many more there are.
func listed(where []string, n int) string {
	named := where[:min(len(where), namedPlaces)]
	s := strings.Join(named, ", ")
	if n > len(named) {
		s += " and " + strconv.Itoa(n-len(named)) + " more"
	}
	return s
}

// clip keeps the beginning of a text that is too long, whole characters.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
