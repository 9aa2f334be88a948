package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weirmesh/weir"
)

// Finder is the use cases of who looks for something: everybody may, and finds
// what they may know of.
type Finder struct{ searcher weir.Searcher }

// NewFinder makes the use cases.
func NewFinder(s weir.Searcher) *Finder { return &Finder{searcher: s} }

// Search asks for things by a query as people write it.
type Search struct {
	Text   string // in the language of [ParseSearch]
	Facets bool   // count them
	After  string // the cursor
	Limit  int    // 1 to weir.MaxSearchLimit; 0 is 20
}

// Search finds what the principal may know of.
func (f *Finder) Search(ctx context.Context, p weir.Principal, s Search) (weir.Hits, error) {
	q, err := ParseSearch(s.Text)
	if err != nil {
		return weir.Hits{}, err
	}
	q.Scope, q.Facets, q.After, q.Limit = p.Scope(), s.Facets, s.After, s.Limit
	return f.searcher.Search(ctx, q)
}

// Suggest lists names that begin with a prefix, of what the principal may know
// of.
func (f *Finder) Suggest(ctx context.Context, p weir.Principal, prefix string, limit int, nouns ...weir.Noun) ([]weir.Ref, error) {
	return f.searcher.Suggest(ctx, weir.SuggestQuery{Prefix: prefix, Nouns: nouns, Limit: limit, Scope: p.Scope()})
}

// ParseSearch reads a query:
//
//	pageid user            both words, or words that begin so
//	"page view"            these words beside each other
//	-email                 without the word
//	domain:edge            the facet's value; -domain:edge: another value
//	domain:"a b"           a value with spaces
//	tag:area=finance       the tag's dimension and value; tag:area: any value
//
// Several values of one facet: one of them is enough. A quote that begins a part
// is closed; a colon or an equals sign in a word that is no facet is an error,
// so that nobody takes a filter for a word. What is wrong is Invalid, and its
// Where names the part.
func ParseSearch(text string) (weir.SearchQuery, error) {
	var q weir.SearchQuery
	if len(text) > weir.MaxSearchText {
		return q, weir.Errorf(weir.Invalid, "the query has %d bytes", len(text)).At("q").WithFix("use at most %d", weir.MaxSearchText)
	}
	if !utf8.ValidString(text) {
		return q, weir.Errorf(weir.Invalid, "the query is no UTF-8 text").At("q")
	}
	for rest := skipSpace(text); rest != ""; rest = skipSpace(rest) {
		p, err := nextPart(rest)
		if err == nil {
			err = p.add(&q)
		}
		if err != nil {
			return weir.SearchQuery{}, inPart(err, text, rest)
		}
		rest = p.rest
	}
	return q, q.Validate()
}

// part is one piece of a query.
type part struct {
	not    bool
	facet  string // empty: a word
	quoted bool
	value  string
	rest   string // of the query
}

// nextPart reads one piece. What separates pieces is space, and what cannot be
// printed.
func nextPart(text string) (part, error) {
	var p part
	text, p.not = strings.CutPrefix(text, "-")
	if end := strings.IndexFunc(text, func(r rune) bool { return isSpace(r) || r == ':' || r == '"' }); end > 0 && text[end] == ':' {
		p.facet, text = strings.ToLower(text[:end]), text[end+1:]
	}
	if p.quoted = strings.HasPrefix(text, `"`); p.quoted {
		value, rest, closed := strings.Cut(text[1:], `"`)
		if !closed {
			return p, weir.Errorf(weir.Invalid, "the quote is not closed").WithFix(`write a second " at its end`)
		}
		p.value, p.rest = value, rest
		return p, nil
	}
	end := strings.IndexFunc(text, isSpace)
	if end < 0 {
		end = len(text)
	}
	p.value, p.rest = text[:end], text[end:]
	return p, nil
}

func isSpace(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

func skipSpace(text string) string { return strings.TrimLeftFunc(text, isSpace) }

// add puts the piece into the query.
func (p part) add(q *weir.SearchQuery) error {
	if p.facet == "" {
		if p.value == "" {
			return weir.Errorf(weir.Invalid, "there is no word").WithFix(`write one behind -, or between quotes`)
		}
		q.Words = append(q.Words, weir.SearchWord{Text: p.value, Phrase: p.quoted, Not: p.not})
		return nil
	}
	f := weir.SearchFilter{Facet: p.facet, Value: p.value, Not: p.not}
	if p.value == "" {
		return weir.Errorf(weir.Invalid, "%s: has no value", p.facet).WithFix("write one behind the colon, such as %s", example(p.facet))
	}
	if p.facet == weir.FacetTag {
		if key, value, ok := strings.Cut(p.value, "="); ok {
			f.Facet, f.Value = weir.FacetTag+":"+strings.ToLower(key), value
		}
	} else if !slices.Contains(weir.SearchFacets(), p.facet) {
		return weir.Errorf(weir.Invalid, "there is no facet %q", p.facet).
			WithFix("use tag, %s; or put quotes around it to search for the words", strings.Join(weir.SearchFacets(), ", "))
	}
	q.Filters = append(q.Filters, f)
	return nil
}

func example(facet string) string {
	switch facet {
	case weir.FacetTag:
		return "tag:area=finance"
	case weir.FacetClassification:
		return "classification:personal"
	}
	return facet + ":NAME"
}

// inPart says which part of a query an error is about.
func inPart(err error, text, rest string) error {
	var e *weir.Error
	if !errors.As(err, &e) {
		return err
	}
	from := utf8.RuneCountInString(text[:len(text)-len(rest)]) + 1
	piece, _, _ := strings.Cut(rest, " ")
	if r := []rune(piece); len(r) > 40 {
		piece = string(r[:40]) + "…"
	}
	at := *e
	at.Msg = fmt.Sprintf("character %d, %q: %s", from, piece, e.Msg)
	return at.At("q")
}
