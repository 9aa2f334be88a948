// Package explore is the page on which people find products, domains and terms:
// a search box, facets with counts, hits with the place that matched, and what
// to do when there are none.
//
// The whole state is in the address: q is what was typed, f a facet's value
// (FACET=VALUE, may be repeated), after the place in the list. The page works
// without a script; with one the results follow the typing, and the keyboard
// goes through the hits. Counts and corrections are the search's own, so they
// tell nothing of what the person may not know of.
package explore

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Path is where the page stands.
const Path = "/explore"

// Family is the pages and their stories.
func Family() site.Family {
	return site.Family{Name: "explore", Routes: routes(), Stories: stories()}
}

func routes() []site.Route {
	return []site.Route{
		{Method: http.MethodGet, Path: Path, Handle: show},
		{Method: http.MethodGet, Path: Path + "/preview", Handle: preview},
		{Method: http.MethodGet, Path: Path + "/names", Handle: names},
	}
}

// perPage is how many hits a page has.
const perPage = 20

// state is what the address says.
type state struct {
	text   string
	chosen []choice
	after  string
}

// choice is a facet's value that hits must have.
type choice struct{ facet, value string }

// Bounds of what is taken from an address.
const (
	maxText   = 2048
	maxChosen = 24
)

func stateOf(q url.Values) state {
	s := state{text: clip(strings.TrimSpace(strings.ToValidUTF8(q.Get("q"), "�")), maxText), after: clip(q.Get("after"), 64)}
	for _, f := range q["f"] {
		facet, value, ok := strings.Cut(strings.ToValidUTF8(f, "�"), "=")
		c := choice{facet, value}
		if ok && facet != "" && value != "" && !strings.ContainsAny(f, "\"\n") && len(f) < 300 && !slices.Contains(s.chosen, c) && len(s.chosen) < maxChosen {
			s.chosen = append(s.chosen, c)
		}
	}
	return s
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// query is the state in the language of searches, but for the choices of one
// facet. Nothing typed and no sort of thing chosen: products alone.
func (s state) query(without string) string {
	parts := []string{}
	if s.text != "" {
		parts = append(parts, s.text)
	}
	for _, c := range s.chosen {
		if c.facet != without {
			parts = append(parts, c.query())
		}
	}
	if s.text == "" && without != facetNoun && !slices.ContainsFunc(s.chosen, func(c choice) bool { return c.facet == facetNoun }) {
		parts = append(parts, "noun:product")
	}
	return strings.Join(parts, " ")
}

const facetNoun = "noun"

func (c choice) query() string {
	if key, ok := strings.CutPrefix(c.facet, "tag:"); ok {
		return `tag:"` + key + "=" + c.value + `"`
	}
	return c.facet + `:"` + c.value + `"`
}

// href is the address of the state.
func (s state) href() string {
	q := url.Values{}
	if s.text != "" {
		q.Set("q", s.text)
	}
	for _, c := range s.chosen {
		q.Add("f", c.facet+"="+c.value)
	}
	if s.after != "" {
		q.Set("after", s.after)
	}
	if len(q) == 0 {
		return Path
	}
	return Path + "?" + q.Encode()
}

// having is the first page of the state with other choices.
func (s state) having(chosen []choice) state { return state{text: s.text, chosen: chosen} }

// saying is the first page of the state with another text.
func (s state) saying(text string) state { return state{text: text, chosen: s.chosen} }

// show is the page, or its results while somebody types.
func show(r *site.Request) (site.Answer, error) {
	s := stateOf(r.URL.Query())
	v, err := find(r.Context(), r.API, s, r.Now)
	if err != nil {
		return site.Answer{}, err
	}
	a := answer(s, v)
	if r.Part() {
		a.Body, a.Bare = results(v), true
	}
	return a, nil
}

func answer(s state, v View) site.Answer {
	return site.Answer{Title: title(s), Tab: site.Explore, Body: page(v), Same: same(s)}
}

func title(s state) string {
	if s.text == "" {
		return "Explore"
	}
	return clip(s.text, 60) + " · Explore"
}

func same(s state) []site.Same {
	q := s.query("")
	return []site.Same{{
		Command: "weir search " + quoted(q), Method: http.MethodGet,
		Path: "/api/v1/search?" + url.Values{"q": {q}, "facets": {"true"}}.Encode(),
	}}
}

// quoted is a text for the shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// find asks the search, for each facet that has a choice how it would be without,
// so that another value of it can be chosen, and once for what was measured of
// all that is shown.
func find(ctx context.Context, api *client.Client, s state, now time.Time) (View, error) {
	found, err := api.Search(ctx, client.Search{Text: s.query(""), Limit: perPage, Cursor: s.after, Facets: true})
	var p *client.Problem
	if errors.As(err, &p) && p.Status == http.StatusBadRequest {
		return refused(s, p), nil
	}
	if err != nil {
		return View{}, err
	}
	for _, facet := range chosenFacets(s) {
		other, err := api.Search(ctx, client.Search{Text: s.query(facet), Limit: 1, Facets: true})
		if err != nil {
			return View{}, err
		}
		found.Facets = exchange(found.Facets, other.Facets, facet)
	}
	v := view(s, found)
	if len(found.Items) == 0 {
		v.Near, err = near(ctx, api, s)
		return v, err
	}
	if names := products(found.Items); len(names) > 0 {
		// What was found is shown, too, when nothing can be said of how it is used.
		if facts, err := api.Facts(ctx, names...); err == nil {
			v.measured(facts, now)
		}
	}
	return v, ctx.Err()
}

func products(all []client.Hit) []string {
	var out []string
	for _, h := range all {
		if h.Noun == "product" {
			out = append(out, h.Name)
		}
	}
	return out
}

// maxOthers bounds the searches of one page.
const maxOthers = 5

// chosenFacets are the facets with a choice, meant or made.
func chosenFacets(s state) []string {
	var out []string
	if s.text == "" {
		out = append(out, facetNoun)
	}
	for _, c := range s.chosen {
		if !slices.Contains(out, c.facet) && len(out) < maxOthers {
			out = append(out, c.facet)
		}
	}
	return out
}

// exchange puts one facet of another answer into a list.
func exchange(into, from []client.Facet, name string) []client.Facet {
	is := func(f client.Facet) bool { return f.Name == name }
	j := slices.IndexFunc(from, is)
	if j < 0 {
		return into
	}
	if i := slices.IndexFunc(into, is); i >= 0 {
		into[i] = from[j]
		return into
	}
	return append(into, from[j])
}

// near says what there would be if less was asked for, and what is named alike.
func near(ctx context.Context, api *client.Client, s state) ([]Near, error) {
	var out []Near
	try := func(text string, to state) error {
		got, err := api.Search(ctx, client.Search{Text: to.query(""), Limit: 1})
		var p *client.Problem
		if errors.As(err, &p) && p.Status == http.StatusBadRequest {
			return nil
		}
		if err == nil && got.Total > 0 {
			out = append(out, Near{Text: text, Count: got.Total, Href: to.href()})
		}
		return err
	}
	if len(s.chosen) > 0 {
		if err := try("without the choices at the side", s.having(nil)); err != nil {
			return nil, err
		}
	}
	words := strings.Fields(s.text)
	for i, w := range words[:min(len(words), 4)] {
		if len(words) == 1 {
			break
		}
		rest := slices.Concat(words[:i], words[i+1:])
		if err := try("without “"+w+"”", s.saying(strings.Join(rest, " "))); err != nil {
			return nil, err
		}
	}
	return alike(ctx, api, words, out)
}

// alike adds names that begin as a word does.
func alike(ctx context.Context, api *client.Client, words []string, out []Near) ([]Near, error) {
	for _, w := range words[:min(len(words), 3)] {
		r := []rune(strings.ToLower(w))
		if len(r) < 2 {
			continue
		}
		named, err := api.Suggest(ctx, string(r[:min(len(r), 3)]), "")
		if err != nil {
			return out, err
		}
		for _, n := range named[:min(len(named), 5)] {
			out = append(out, Near{Text: n.Name, Href: thing(n.Noun, n.Name)})
		}
	}
	return out, nil
}

// thing is where a thing has its page.
func thing(noun, name string) string {
	switch noun {
	case "product":
		return "/products/" + url.PathEscape(name)
	case "domain":
		return "/domains/" + url.PathEscape(name)
	}
	return Path + "?" + url.Values{"f": {"term=" + name}}.Encode()
}

// preview is what the side shows of one product. It is a part of a page: opened
// alone it leads to the product.
func preview(r *site.Request) (site.Answer, error) {
	name := r.URL.Query().Get("name")
	p, err := r.API.Product(r.Context(), name)
	if err != nil {
		return site.Answer{}, err
	}
	if !r.Part() {
		return site.Answer{Redirect: "/products/" + url.PathEscape(p.Name)}, nil
	}
	fields, err := r.API.ProductFields(r.Context(), name)
	if err != nil {
		return site.Answer{}, err
	}
	facts, err := r.API.ProductFacts(r.Context(), name)
	var known *client.ProductFacts
	if err == nil {
		known = &facts
	}
	v := previewView(p, fields, known, r.Now)
	return site.Answer{Title: p.Name, Tab: site.Explore, Body: previewBody(v), Bare: true, Same: []site.Same{{
		Command: "weir product show " + p.Name, Method: http.MethodGet, Path: "/api/v1/products/" + p.Name,
	}}}, nil
}

// names completes what is typed into the search box of the frame.
func names(r *site.Request) (site.Answer, error) {
	words := strings.Fields(strings.ToValidUTF8(r.URL.Query().Get("q"), ""))
	var all []client.Named
	if len(words) == 1 && len(words[0]) <= 200 {
		var err error
		if all, err = r.API.Suggest(r.Context(), words[0], ""); err != nil {
			return site.Answer{}, err
		}
	}
	return site.Answer{Title: "Names", Tab: site.Explore, Body: nameList(all[:min(len(all), 8)]), Bare: true}, nil
}
