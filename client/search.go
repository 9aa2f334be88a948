package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// Search asks for things of the mesh.
type Search struct {
	Text   string // words, "a phrase", -without, facet:value, tag:dimension=value
	Limit  int    // 1 to 200; 0 is 20
	Cursor string // the Next of the page before
	Facets bool   // count what was found by its properties
}

// Found is a page of what a search found.
type Found struct {
	Items     []Hit        `json:"items" nullable:"false" doc:"The best first."`
	Total     int          `json:"total" doc:"On all pages."`
	Next      string       `json:"next,omitempty" doc:"The cursor of the next page; absent at the end."`
	Facets    []Facet      `json:"facets,omitempty" nullable:"false" doc:"Of everything that was found, if asked for."`
	Corrected []Correction `json:"corrected,omitempty" nullable:"false" doc:"Words that nothing has, and what was searched instead."`
	Building  string       `json:"building,omitempty" doc:"The index is being made: how much of it is there, such as building: 3 of 20. Absent: everything is searched."`
}

// Hit is a thing that was found.
type Hit struct {
	Noun           string   `json:"noun" enum:"product,domain,term"`
	Name           string   `json:"name"`
	UID            string   `json:"uid"`
	Description    string   `json:"description,omitempty"`
	Domain         string   `json:"domain,omitempty"`
	Owner          string   `json:"owner,omitempty" doc:"Of a product the person, of a domain the team."`
	Type           string   `json:"type,omitempty"`
	Kind           string   `json:"kind,omitempty"`
	Format         string   `json:"format,omitempty"`
	Lifecycle      string   `json:"lifecycle,omitempty"`
	Quality        string   `json:"quality,omitempty"`
	SLA            string   `json:"sla,omitempty"`
	Classification []string `json:"classification,omitempty" nullable:"false" doc:"Those that fields have."`
	Tags           []string `json:"tags,omitempty" nullable:"false" doc:"Its own and its fields'."`
	Terms          []string `json:"terms,omitempty" nullable:"false"`
	Matches        []Match  `json:"matches" nullable:"false" doc:"Where the words are, the best place first."`
}

// Match is a place with the words in it.
type Match struct {
	Place string      `json:"place" enum:"name,field,tag,term,owner,description,documentation"`
	Of    string      `json:"of,omitempty" doc:"The field's path."`
	Parts []MatchPart `json:"parts" nullable:"false" doc:"The text around the words, in order."`
}

// MatchPart is a piece of text.
type MatchPart struct {
	Text  string `json:"text"`
	Found bool   `json:"found,omitempty" doc:"It is what was searched."`
}

// Facet is a property of what was found.
type Facet struct {
	Name   string       `json:"name" doc:"As a query says it: domain, kind, tag:area."`
	Values []FacetCount `json:"values" nullable:"false" doc:"The most frequent first, at most 100."`
	More   int          `json:"more,omitempty" doc:"Values that are not listed."`
}

// FacetCount is how many of what was found have a value.
type FacetCount struct {
	Value string `json:"value"`
	Count int    `json:"count"`
}

// Correction is a word that nothing has, and the one that was searched instead.
type Correction struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Named is a thing by its noun and name.
type Named struct {
	Noun string `json:"noun"`
	Name string `json:"name"`
}

// Search finds things of the mesh.
func (c *Client) Search(ctx context.Context, s Search) (Found, error) {
	q := url.Values{"q": {s.Text}}
	if s.Limit != 0 {
		q.Set("limit", strconv.Itoa(s.Limit))
	}
	if s.Cursor != "" {
		q.Set("cursor", s.Cursor)
	}
	if s.Facets {
		q.Set("facets", "true")
	}
	return call[Found](ctx, c, http.MethodGet, "/search?"+q.Encode(), nil, nil)
}

// Suggest lists names that begin with a prefix, of one noun if it is not empty.
func (c *Client) Suggest(ctx context.Context, prefix, noun string) ([]Named, error) {
	q := url.Values{"prefix": {prefix}}
	if noun != "" {
		q.Set("noun", noun)
	}
	got, err := call[List[Named]](ctx, c, http.MethodGet, "/search/names?"+q.Encode(), nil, nil)
	return got.Items, err
}
