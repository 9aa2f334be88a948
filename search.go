package weir

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Searcher finds things of the mesh by what is told about them: products by
// their names, fields, tags, glossary terms, owners and documentation; domains;
// terms. It is a projection of the ledger like [State], beside it.
//
// Nothing that it answers depends on what is out of the query's scope: not
// hits, their order, totals, facets, corrections, highlights, suggestions nor
// errors. A hit is as the state showed it, or showed a moment ago: whoever wrote
// something before searching finds it. What cannot be brought up to date in a
// few seconds is Unavailable, never older rights. All methods may be called at
// the same time from any goroutine.
type Searcher interface {
	// Search finds what has every word and passes every filter. Words match
	// without regard to case and accents, and as prefixes; one that nothing
	// in scope has, of five letters or more, matches the word in scope that is
	// one error away. Hits come best first: name before field before tag
	// before description before documentation, the same always in the same
	// order. Invalid: the query breaks a bound, or its cursor is none.
	// Unavailable: not now.
	Search(ctx context.Context, q SearchQuery) (Hits, error)
	// Suggest lists things whose name, or whose own part of it, begins with a
	// prefix, sorted by name. The same errors.
	Suggest(ctx context.Context, q SuggestQuery) ([]Ref, error)
}

// Bounds of a search.
const (
	MaxSearchText    = 2048 // bytes of a query as a person writes it
	MaxSearchWords   = 16
	MaxSearchFilters = 32
	MaxSearchLimit   = 200
)

// SearchWord is a word, or a phrase of them, that a hit has, or has not. A
// phrase's words stand beside each other, whole.
type SearchWord struct {
	Text   string
	Phrase bool
	Not    bool
}

// SearchFilter is a facet's value that a hit has, or has not. Several values of
// one facet: one of them is enough. An empty value is any.
type SearchFilter struct {
	Facet string
	Value string
	Not   bool
}

// The facets. Those of tags are "tag:" and a dimension; FacetTag alone, as a
// filter, is the value of a tag that has no dimension, or a dimension.
const (
	FacetNoun           = "noun" // product, domain, term
	FacetDomain         = "domain"
	FacetType           = "type"
	FacetKind           = "kind"
	FacetFormat         = "format" // of the values
	FacetLifecycle      = "lifecycle"
	FacetQuality        = "quality"
	FacetSLA            = "sla"
	FacetClassification = "classification" // of fields
	FacetTerm           = "term"
	FacetOwner          = "owner"
	FacetTag            = "tag"
)

// SearchFacets lists every facet but those of tags, in the order in which
// people look at them.
func SearchFacets() []string {
	return []string{
		FacetNoun, FacetDomain, FacetType, FacetKind, FacetFormat, FacetLifecycle, FacetQuality, FacetSLA,
		FacetClassification, FacetTerm, FacetOwner,
	}
}

// SearchQuery asks for hits. No words and no filters: everything in scope, by
// name.
type SearchQuery struct {
	Words   []SearchWord
	Filters []SearchFilter
	Scope   Scope
	Facets  bool   // count them
	After   string // the cursor; empty is the beginning
	Limit   int    // 1 to MaxSearchLimit; 0 is 20
}

// Validate checks the bounds.
func (q SearchQuery) Validate() error {
	if len(q.Words) > MaxSearchWords || len(q.Filters) > MaxSearchFilters {
		return Errorf(Invalid, "%d words and %d filters", len(q.Words), len(q.Filters)).At("q").
			WithFix("use at most %d and %d", MaxSearchWords, MaxSearchFilters)
	}
	n := 0
	for _, w := range q.Words {
		n += len(w.Text)
	}
	if n > MaxSearchText {
		return Errorf(Invalid, "the words have %d bytes", n).At("q").WithFix("use at most %d", MaxSearchText)
	}
	if q.Limit < 0 || q.Limit > MaxSearchLimit {
		return Errorf(Invalid, "a page of %d", q.Limit).At("limit").WithFix("use 1 to %d", MaxSearchLimit)
	}
	return nil
}

// SuggestQuery asks for names.
type SuggestQuery struct {
	Prefix string
	Nouns  []Noun // of these; none: of all that are searched
	Scope  Scope
	Limit  int // 1 to MaxSearchLimit; 0 is 20
}

// Validate checks the bounds.
func (q SuggestQuery) Validate() error {
	if len(q.Prefix) > MaxSearchText || !utf8.ValidString(q.Prefix) {
		return Errorf(Invalid, "a prefix of %d bytes", len(q.Prefix)).At("prefix").WithFix("use UTF-8, at most %d bytes", MaxSearchText)
	}
	if q.Limit < 0 || q.Limit > MaxSearchLimit {
		return Errorf(Invalid, "a page of %d", q.Limit).At("limit").WithFix("use 1 to %d", MaxSearchLimit)
	}
	return nil
}

// Hits is a part of what was found.
type Hits struct {
	Items     []Hit
	Total     int     // in scope, on all pages
	Next      string  // the cursor of the part after it, empty at the end
	Facets    []Facet // those that hits have, if asked for
	Corrected []Correction
	Building  *Building // nil: everything is searched
}

// Hit is a thing that was found, and where.
type Hit struct {
	Ref         Ref
	Description string
	Facets      []SearchFilter // what it has
	Matches     []Match        // the best place first, at most [MaxMatches]
}

// MaxMatches bounds the places that a hit tells.
const MaxMatches = 5

// Value is a hit's value of a facet that has one, empty if it has none.
func (h Hit) Value(facet string) string {
	for _, f := range h.Facets {
		if f.Facet == facet {
			return f.Value
		}
	}
	return ""
}

// Place is what part of a thing matched.
type Place string

// The places, the best first.
const (
	InName          Place = "name"
	InField         Place = "field"
	InTag           Place = "tag"
	InTerm          Place = "term"
	InOwner         Place = "owner"
	InDescription   Place = "description"
	InDocumentation Place = "documentation"
)

// Match is a place with the words in it. Of is the field's path in [InField].
// The parts together are the text around the words.
type Match struct {
	Place Place
	Of    string
	Parts []MatchPart
}

// Text is the parts together.
func (m Match) Text() string {
	var b strings.Builder
	for _, p := range m.Parts {
		b.WriteString(p.Text)
	}
	return b.String()
}

// MatchPart is a piece of text, found or beside it.
type MatchPart struct {
	Text  string
	Found bool
}

// Facet is a property of hits with how many have each value, the most frequent
// first.
type Facet struct {
	Name   string
	Values []FacetCount
	More   int // values that are not listed
}

// MaxFacetValues bounds the values that a facet lists.
const MaxFacetValues = 100

// FacetCount is how many hits have a value.
type FacetCount struct {
	Value string
	Count int
}

// Correction is a word that nothing in scope has, and the one that was searched
// instead.
type Correction struct{ From, To string }

// Building says that the index is being made: how many of the things in scope
// can be found.
type Building struct{ Done, Of int }

func (b Building) String() string { return fmt.Sprintf("building: %d of %d", b.Done, b.Of) }
