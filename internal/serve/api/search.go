package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
)

func (a *API) searchRoutes() {
	add(a, route{method: http.MethodGet, path: "/search", summary: "Search products, domains and terms by what is told about them"}, a.search)
	add(a, route{method: http.MethodGet, path: "/search/names", summary: "List names that begin with a prefix"}, a.suggest)
}

func (a *API) search(ctx context.Context, p weir.Principal, in *struct {
	Text   string `query:"q" doc:"Words, which are found as prefixes; \"a phrase\"; -without; facet:value, such as domain:edge; tag:dimension=value."`
	Cursor string `query:"cursor" maxLength:"32" doc:"Where the page before ended, as its next said."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
	Facets bool   `query:"facets" doc:"Count what was found by its properties."`
}) (*answer[client.Found], error) {
	if a.Search == nil {
		return nil, noSearch()
	}
	hits, err := a.Search.Search(ctx, p, catalog.Search{Text: in.Text, After: in.Cursor, Limit: in.Limit, Facets: in.Facets})
	if err != nil {
		return nil, err
	}
	return &answer[client.Found]{found(hits)}, nil
}

func (a *API) suggest(ctx context.Context, p weir.Principal, in *struct {
	Prefix string `query:"prefix" maxLength:"200"`
	Noun   string `query:"noun" enum:"product,domain,term" doc:"Of these alone."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
}) (*many[client.Named], error) {
	if a.Search == nil {
		return nil, noSearch()
	}
	var nouns []weir.Noun
	if in.Noun != "" {
		nouns = []weir.Noun{weir.Noun(in.Noun)}
	}
	refs, err := a.Search.Suggest(ctx, p, in.Prefix, in.Limit, nouns...)
	if err != nil {
		return nil, err
	}
	out := &many[client.Named]{Body: client.List[client.Named]{Items: []client.Named{}}}
	for _, r := range refs {
		out.Body.Items = append(out.Body.Items, client.Named{Noun: string(r.Noun), Name: r.Name})
	}
	return out, nil
}

// answer is one without a revision.
type answer[T any] struct{ Body T }

func noSearch() error {
	return weir.Errorf(weir.Unavailable, "nothing can be searched at this node")
}

func found(h weir.Hits) client.Found {
	out := client.Found{Items: []client.Hit{}, Total: h.Total, Next: h.Next}
	for _, it := range h.Items {
		out.Items = append(out.Items, hit(it))
	}
	for _, f := range h.Facets {
		facet := client.Facet{Name: f.Name, More: f.More}
		for _, v := range f.Values {
			facet.Values = append(facet.Values, client.FacetCount(v))
		}
		out.Facets = append(out.Facets, facet)
	}
	for _, c := range h.Corrected {
		out.Corrected = append(out.Corrected, client.Correction(c))
	}
	if h.Building != nil {
		out.Building = h.Building.String()
	}
	return out
}

func hit(h weir.Hit) client.Hit {
	out := client.Hit{
		Noun: string(h.Ref.Noun), Name: h.Ref.Name, UID: h.Ref.UID.String(), Description: h.Description,
		Domain: h.Value(weir.FacetDomain), Owner: h.Value(weir.FacetOwner), Type: h.Value(weir.FacetType), Kind: h.Value(weir.FacetKind),
		Format: h.Value(weir.FacetFormat), Lifecycle: h.Value(weir.FacetLifecycle), Quality: h.Value(weir.FacetQuality), SLA: h.Value(weir.FacetSLA),
		Matches: []client.Match{},
	}
	for _, f := range h.Facets {
		dimension, isTag := strings.CutPrefix(f.Facet, weir.FacetTag)
		switch {
		case f.Facet == weir.FacetClassification:
			out.Classification = append(out.Classification, f.Value)
		case f.Facet == weir.FacetTerm && h.Ref.Noun != weir.NounTerm:
			out.Terms = append(out.Terms, f.Value)
		case isTag && dimension == "":
			out.Tags = append(out.Tags, f.Value)
		case isTag:
			out.Tags = append(out.Tags, dimension[1:]+":"+f.Value)
		}
	}
	for _, m := range h.Matches {
		match := client.Match{Place: string(m.Place), Of: m.Of}
		for _, p := range m.Parts {
			match.Parts = append(match.Parts, client.MatchPart(p))
		}
		out.Matches = append(out.Matches, match)
	}
	return out
}
