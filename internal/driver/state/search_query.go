package state

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// Search finds what has every word and passes every filter.
func (x *Search) Search(ctx context.Context, q weir.SearchQuery) (weir.Hits, error) {
	if err := q.Validate(); err != nil {
		return weir.Hits{}, err
	}
	skip, err := searchCursor(q.After)
	if err != nil {
		return weir.Hits{}, err
	}
	if q.Limit = cmp.Or(q.Limit, defaultHits); skip > maxSkip {
		return weir.Hits{}, weir.Errorf(weir.Invalid, "nobody reads that far").At("cursor").WithFix("narrow the search")
	}
	var hits weir.Hits
	err = x.read(ctx, func(c *sqlite.Conn) error {
		s := searching{ctx: ctx, shelf: x.shelf, c: c, q: q}
		hits, err = s.run(skip)
		if x.done.noun != "" {
			hits.Building = &weir.Building{Done: s.visible.count()}
		}
		return err
	})
	if err == nil && hits.Building != nil {
		hits.Building.Of, err = x.all(ctx, q.Scope)
		hits.Building.Of = max(hits.Building.Of, hits.Building.Done)
	}
	return hits, x.fault(err)
}

// The default and the bound of pages.
const (
	defaultHits = 20
	maxSkip     = 100_000
)

func searchCursor(after string) (int, error) {
	if after == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(after)
	if err != nil || n < 1 {
		return 0, weir.Errorf(weir.Invalid, "this is no cursor of a search").At("cursor").WithFix("use the next of an earlier page")
	}
	return n, nil
}

// read runs fn on a connection that sees what the shelf shows, once that is
// what the state shows.
func (x *Search) read(ctx context.Context, fn func(*sqlite.Conn) error) error {
	limit, cancel := context.WithTimeout(ctx, x.opt.Behind)
	defer cancel()
	var c *sqlite.Conn
	select {
	case c = <-x.readers:
	case <-limit.Done():
		return x.late(ctx)
	}
	defer func() { x.readers <- c }()
	if x.Wait(limit, x.state.Offset()) != nil {
		return x.late(ctx)
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if err := x.unusable(); err != nil {
		return err
	}
	if c == nil {
		var err error
		if c, err = sqlite.Connect(ctx, x.db); err != nil {
			return err
		}
	}
	return fn(c)
}

// late is what one is told who cannot be answered from an index that is behind:
// what it shows may be what one may not see any more.
func (x *Search) late(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if err := x.unusable(); err != nil {
		return err
	}
	return weir.Errorf(weir.Unavailable, "the search index does not show the latest changes yet").WithFix("try again in a moment")
}

// all counts what in scope is searched once everything is indexed.
func (x *Search) all(ctx context.Context, scope weir.Scope) (int, error) {
	v, release, err := x.state.View(ctx)
	if err != nil {
		return 0, err
	}
	defer release()
	n := 0
	err = v.(*view).c.Row(ctx, `select count(*) from entity e where e.noun in ('domain', 'term', 'product') and (? or (? and e.readers = 0) or exists
		(select 1 from reader r where r.uid = e.uid and r.reader in (select value from json_each(?))))`,
		[]any{scope.All, scope.Mesh, uids(scope.Of)}, &n)
	return n, err
}

// searching is one search while it runs.
type searching struct {
	ctx     context.Context
	shelf   *shelf
	c       *sqlite.Conn
	q       weir.SearchQuery
	visible set
	terms   []term  // those that must be there
	finds   []*find // of terms
	result  set
	fixed   []weir.Correction
}

func (s *searching) run(skip int) (weir.Hits, error) {
	s.visible = s.shelf.visible(s.q.Scope)
	s.result = slices.Clone(s.visible)
	s.filter()
	for _, w := range s.q.Words {
		s.word(w)
	}
	h := weir.Hits{Total: s.result.count(), Corrected: s.fixed}
	if s.q.Facets {
		h.Facets = s.facets()
	}
	ids := s.ranked(skip + s.q.Limit)
	ids = ids[min(skip, len(ids)):]
	if skip+len(ids) < h.Total {
		h.Next = strconv.Itoa(skip + len(ids))
	}
	var err error
	h.Items, err = s.hits(ids)
	return h, err
}

// minCorrected is how many letters a word has that may be mistyped: shorter ones
// are near to too many others.
const minCorrected = 5

// word narrows the result to what has a word, or has it not. A word without a
// letter or digit asks for nothing.
func (s *searching) word(w weir.SearchWord) {
	t := term{words: wordsOf(w.Text), not: w.Not, phrase: w.Phrase}
	if len(t.words) == 0 {
		return
	}
	t.prefix = !w.Phrase && !w.Not
	f := s.shelf.find(t)
	if t.not {
		s.result.without(f.any)
		return
	}
	t, f = s.corrected(w, t, f)
	s.result.and(f.any)
	s.terms, s.finds = append(s.terms, t), append(s.finds, f)
}

// corrected is the term, or, if nothing in scope has it, the one in scope that
// is one error away and that most have.
func (s *searching) corrected(w weir.SearchWord, t term, f *find) (term, *find) {
	if w.Phrase || len(t.words) != 1 || len([]rune(t.words[0])) < minCorrected || s.visible.common(f.any) > 0 {
		return t, f
	}
	near := s.shelf.near(s.visible, t.words[0])
	if near == "" {
		return t, f
	}
	s.fixed = append(s.fixed, weir.Correction{From: w.Text, To: near})
	t = term{words: []string{near}}
	return t, s.shelf.find(t)
}

// filter narrows the result to what passes every filter: of several values of
// one facet, one is enough.
func (s *searching) filter() {
	groups := map[string][]weir.SearchFilter{}
	for _, f := range s.q.Filters {
		if f.Not {
			s.keep([]weir.SearchFilter{f}, false)
			continue
		}
		key := strings.ToLower(f.Facet)
		groups[key] = append(groups[key], f)
	}
	for _, g := range groups {
		s.keep(g, true)
	}
}

// keep keeps what has one of some values, or has none of them.
func (s *searching) keep(fs []weir.SearchFilter, has bool) {
	wanted := make([]bool, len(s.shelf.values))
	for i, v := range s.shelf.values {
		wanted[i] = slices.ContainsFunc(fs, func(f weir.SearchFilter) bool { return passes(f, v) })
	}
	out := newSet(len(s.shelf.items))
	s.result.each(func(id int) {
		if slices.ContainsFunc(s.shelf.facts.of(id), func(v uint32) bool { return wanted[v] }) == has {
			out.add(id)
		}
	})
	s.result = out
}

// passes reports whether a facet's value is the one that a filter asks for.
func passes(f, v weir.SearchFilter) bool {
	if f.Facet == weir.FacetTag && f.Value != "" && strings.EqualFold(v.Facet, weir.FacetTag+":"+f.Value) {
		return true // a dimension
	}
	return strings.EqualFold(f.Facet, v.Facet) && (f.Value == "" || strings.EqualFold(f.Value, v.Value))
}

// facets counts the values of what was found.
func (s *searching) facets() []weir.Facet {
	counts := make([]int, len(s.shelf.values))
	s.result.each(func(id int) {
		for _, v := range s.shelf.facts.of(id) {
			counts[v]++
		}
	})
	by := map[string]*weir.Facet{}
	for i, n := range counts {
		if n == 0 {
			continue
		}
		v := s.shelf.values[i]
		if by[v.Facet] == nil {
			by[v.Facet] = &weir.Facet{Name: v.Facet}
		}
		by[v.Facet].Values = append(by[v.Facet].Values, weir.FacetCount{Value: v.Value, Count: n})
	}
	return sortFacets(by)
}

// sortFacets puts facets in their order, those of tags behind the others by
// name, and values by how many have them.
func sortFacets(by map[string]*weir.Facet) []weir.Facet {
	out := make([]weir.Facet, 0, len(by))
	for _, f := range by {
		slices.SortFunc(f.Values, func(a, b weir.FacetCount) int {
			return cmp.Or(b.Count-a.Count, strings.Compare(a.Value, b.Value))
		})
		f.More = max(0, len(f.Values)-weir.MaxFacetValues)
		f.Values = f.Values[:len(f.Values)-f.More]
		out = append(out, *f)
	}
	order := weir.SearchFacets()
	place := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(out, func(a, b weir.Facet) int { return cmp.Or(place(a.Name)-place(b.Name), strings.Compare(a.Name, b.Name)) })
	return out
}

// ranked gives the best n of the result, in order.
func (s *searching) ranked(n int) []int {
	best := top{n: n, before: func(a, b scored) bool {
		if a.score != b.score {
			return a.score > b.score
		}
		return s.shelf.byName(a.id, b.id) < 0
	}}
	s.scores(best.offer)
	return best.ids()
}

// Factors of a document's worth.
const (
	begunOnly = 0.6 // the word only begins one of the document's
	named     = 100 // the query is the name
)

// scores weighs the result: for each term its best column, and how few of what
// is in scope have it.
func (s *searching) scores(yield func(scored)) {
	worth := make([][256]float64, len(s.finds))
	total := float64(s.visible.count())
	for i, f := range s.finds {
		rare := math.Log1p(total / float64(1+s.visible.common(f.any)))
		for in := range worth[i] {
			worth[i][in] = rare * weight(uint8(in))
		}
	}
	whole := s.whole()
	sum := wordSum(whole)
	s.result.each(func(id int) {
		score := 0.0
		for i, f := range s.finds {
			w := worth[i][f.in[id]]
			if !f.whole.has(id) {
				w *= begunOnly
			}
			score += w
		}
		if n := s.shelf.names[id]; whole != "" && (n.whole == sum || n.own == sum) && s.shelf.isNamed(id, whole) {
			score += named
		}
		yield(scored{id, score})
	})
}

// whole is the query without anything between its words.
func (s *searching) whole() string {
	var b strings.Builder
	for _, t := range s.terms {
		for _, w := range t.words {
			b.WriteString(w)
		}
	}
	return b.String()
}

// weight is that of the best of some columns.
func weight(in uint8) float64 {
	w := 0.0
	for c := range weights {
		if in&(1<<c) != 0 {
			w = max(w, weights[c])
		}
	}
	return w
}

// Suggest lists things whose name, or own part of it, begins with a prefix.
func (x *Search) Suggest(ctx context.Context, q weir.SuggestQuery) ([]weir.Ref, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	var out []weir.Ref
	err := x.read(ctx, func(*sqlite.Conn) error {
		out = x.shelf.suggest(q)
		return nil
	})
	return out, x.fault(err)
}

func (s *shelf) suggest(q weir.SuggestQuery) []weir.Ref {
	prefix := strings.ToLower(q.Prefix)
	best := top{n: cmp.Or(q.Limit, defaultHits), before: func(a, b scored) bool { return s.byName(a.id, b.id) < 0 }}
	s.visible(q.Scope).each(func(id int) {
		r := &s.items[id]
		if len(q.Nouns) > 0 && !slices.Contains(q.Nouns, r.Noun) {
			return
		}
		_, own, _ := strings.Cut(r.Name, ".")
		if strings.HasPrefix(r.Name, prefix) || own != "" && strings.HasPrefix(own, prefix) {
			best.offer(scored{id: id})
		}
	})
	var out []weir.Ref
	for _, id := range best.ids() {
		out = append(out, s.items[id])
	}
	return out
}
