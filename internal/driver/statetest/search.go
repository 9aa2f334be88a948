package statetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
)

// SearchDriver is what is tested as a [weir.Searcher].
type SearchDriver struct {
	Driver
	// Search makes a searcher over a state, which follows it until the test
	// ends.
	Search func(t testing.TB, dir string, s State) weir.Searcher
}

// RunSearch runs the suite of [weir.Searcher].
func RunSearch(t *testing.T, d SearchDriver) {
	for name, test := range map[string]func(*testing.T, *market){
		"Places":      places,
		"Words":       queryWords,
		"Typing":      typing,
		"Filters":     filters,
		"Ranks":       ranks,
		"Scope":       searchScope,
		"Follows":     follows,
		"Pages":       searchPages,
		"Suggests":    suggests,
		"Refusals":    searchRefusals,
		"AnyText":     anyText,
		"FacetsCount": facetsCount,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newMarket(t, d))
		})
	}
}

// market is a world with two domains, their products, and who looks for them.
type market struct {
	*world
	searcher        weir.Searcher
	edge, trade     *weir.Domain
	ann, team       weir.Ref
	views, salaries *weir.Product
	orders          *weir.Product
	everybody       weir.Scope // who is in no team
	ofTrade         weir.Scope
}

func newMarket(t *testing.T, d SearchDriver) *market {
	t.Helper()
	m := &market{world: newWorld(t, d.Driver)}
	m.searcher = d.Search(t, m.dir, m.state)
	ann := &weir.Person{UID: m.uid(), Name: "ann", Created: m.now}
	team := &weir.Team{UID: m.uid(), Name: "webteam", Created: m.now}
	m.edge = &weir.Domain{UID: m.uid(), Name: "edge", Team: team.UID, Description: "What users do on the site", Created: m.now}
	m.trade = &weir.Domain{UID: m.uid(), Name: "trade", Team: team.UID, Created: m.now}
	m.ann, m.team = ann.Ref(), team.Ref()
	m.write(m.entry(m.create(ann), m.create(team), m.create(m.edge), m.create(m.trade)))

	term := &weir.Term{UID: m.uid(), Name: "customer", Title: "Client of the house", Definition: "Somebody who bought", Created: m.now}
	docs := m.text("# Page views\n\nThe *weblog* of the site since 2019.")
	m.views = m.product("edge.pageviews", m.edge, "Each visit of a page")
	m.views.About = weir.About{
		Tags: []weir.Tag{"area:marketing", "team:web"}, Documentation: docs.UID, Quality: weir.QualityCurated, SLA: weir.SLATier2, Type: weir.TypeAggregate,
		Usage: "Counting funnels",
		Fields: []weir.FieldNote{
			{Path: "pageid", Description: "Identifies the sheet"}, {Path: "address.homeStreet", Classification: weir.ClassPersonal, Tags: []weir.Tag{"pii:email"}, Term: term.UID},
		},
	}
	m.orders = m.product("trade.stock-orders", m.trade, "Orders with the page they came from, bandicoot")
	m.orders.Kind, m.orders.Lifecycle = weir.KindTable, weir.Deprecated
	m.orders.Tags = []weir.Tag{"area:finance"}
	m.salaries = m.product("trade.salaries", m.trade, "Quarterly zebrafish compensation of staff on page one, bandicoots")
	m.salaries.Visibility = weir.VisibleDomain
	m.salaries.Tags = []weir.Tag{"area:finance", "secretproject:bluebird"}
	m.write(m.entry(m.create(term), m.create(docs), m.create(m.views), m.create(m.orders), m.create(m.salaries)))
	m.find("") // once it is complete, it stays so
	m.everybody = weir.Scope{Mesh: true, Of: []weir.UID{m.uid()}}
	m.ofTrade = weir.Scope{Mesh: true, Of: []weir.UID{m.uid(), m.trade.UID}}
	return m
}

func (m *market) product(name string, d *weir.Domain, description string) *weir.Product {
	return &weir.Product{
		UID: m.uid(), Name: name, Domain: d.UID, Major: 1, Kind: weir.KindStream, Encoding: weir.EncodingAvro, KeyEncoding: weir.KeyString,
		Visibility: weir.VisibleMesh, Access: weir.AccessOpen, Owner: m.ann.UID, Description: description, Partitions: 3, Retention: weir.MinRetention, Created: m.now,
	}
}

func (m *market) text(body string) *weir.Text {
	return &weir.Text{UID: m.uid(), Name: weir.TextName(body), Body: body, Created: m.now}
}

// change writes an entity's next state.
func (m *market) change(prev weir.Entity, rev weir.Revision, next weir.Entity) {
	m.t.Helper()
	m.write(m.entry(m.must(weir.NewChange(weir.UID{}, prev, rev, next))))
}

// schema gives a product's values a schema, the first or one more.
func (m *market) schema(p *weir.Product, id weir.SchemaID, rev weir.Revision, prev *weir.Subject, text string) *weir.Subject {
	m.t.Helper()
	body := m.text(text)
	s := &weir.Schema{UID: m.uid(), ID: id, Format: weir.FormatAvro, Text: body.UID, Created: m.now}
	next := &weir.Subject{UID: m.uid(), Name: p.Subject(weir.OfValue), Domain: p.Domain, Visibility: p.Visibility, Created: m.now}
	var before weir.Entity
	if prev != nil {
		*next, before = *prev, prev
	}
	next.Versions = append(slices.Clone(next.Versions), weir.SubjectVersion{Version: int(rev) + 1, Schema: s.UID, ID: id})
	m.write(m.entry(m.create(body), m.create(s), m.must(weir.NewChange(weir.UID{}, before, rev, next))))
	return next
}

// search gives the answer of an index that is complete.
func (m *market) search(q weir.SearchQuery) weir.Hits {
	m.t.Helper()
	for {
		h, err := m.searcher.Search(m.t.Context(), q)
		if err != nil {
			m.t.Fatalf("%+v: %v", q, err)
		}
		if h.Building == nil {
			return h
		}
	}
}

// find searches everything for words; a leading - is without, quotes are a
// phrase.
func (m *market) find(text string) weir.Hits {
	m.t.Helper()
	return m.search(weir.SearchQuery{Scope: weir.Everything, Words: wordsOf(text)})
}

func wordsOf(text string) []weir.SearchWord {
	if phrase, ok := strings.CutPrefix(text, `"`); ok {
		return []weir.SearchWord{{Text: strings.TrimSuffix(phrase, `"`), Phrase: true}}
	}
	var ws []weir.SearchWord
	for _, w := range strings.Fields(text) {
		t, not := strings.CutPrefix(w, "-")
		ws = append(ws, weir.SearchWord{Text: t, Not: not})
	}
	return ws
}

func found(h weir.Hits) []string {
	ns := []string{}
	for _, it := range h.Items {
		ns = append(ns, it.Ref.Name)
	}
	return ns
}

func want(t testing.TB, what string, h weir.Hits, names ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, names...), found(h)); diff != "" || h.Total != len(names) {
		t.Errorf("%s: total %d, found (-want +got)\n%s", what, h.Total, diff)
	}
}

// places: each part of a thing is searched, and the place of the match is told.
func places(t *testing.T, m *market) {
	m.schema(m.orders, 1, 0, nil, `{"type":"record","name":"Order","doc":"ignored","fields":[{"name":"limitPrice","type":"long","doc":"In hundredths of a guilder"},{"name":"side","type":"string","confluent:tags":["SENSITIVE"]}]}`)
	for _, c := range []struct {
		text, name string
		place      weir.Place
		of, shown  string
	}{
		{"pageviews", "edge.pageviews", weir.InName, "", "edge.[pageviews]"},
		{"pageid", "edge.pageviews", weir.InField, "pageid", "[pageid]"},
		{"homestreet", "edge.pageviews", weir.InField, "address.homeStreet", "address.[homeStreet]"},
		{"street", "edge.pageviews", weir.InField, "address.homeStreet", "address.home[Street]"},
		{"sheet", "edge.pageviews", weir.InField, "pageid", "Identifies the [sheet]"},
		{"limitprice", "trade.stock-orders", weir.InField, "limitPrice", "[limitPrice]"},
		{"guilder", "trade.stock-orders", weir.InField, "limitPrice", "In hundredths of a [guilder]"},
		{"sensitive", "trade.stock-orders", weir.InTag, "", "[SENSITIVE]"},
		{"marketing", "edge.pageviews", weir.InTag, "", "area:[marketing]"},
		{"pii", "edge.pageviews", weir.InTag, "", "[pii]:email"},
		{"visit", "edge.pageviews", weir.InDescription, "", "Each [visit] of a page"},
		{"funnels", "edge.pageviews", weir.InDescription, "", "Counting [funnels]"},
		{"WEBLOG", "edge.pageviews", weir.InDocumentation, "", "# Page views\n\nThe *[weblog]* of the site since 2019."},
		{"bought", "customer", weir.InDescription, "", "Somebody who [bought]"},
	} {
		h := m.find(c.text)
		if len(h.Items) != 1 || h.Items[0].Ref.Name != c.name || len(h.Items[0].Matches) != 1 {
			t.Errorf("%s: %+v", c.text, h.Items)
			continue
		}
		got := h.Items[0].Matches[0]
		shown := ""
		for _, p := range got.Parts {
			if p.Found {
				p.Text = "[" + p.Text + "]"
			}
			shown += p.Text
		}
		if got.Place != c.place || got.Of != c.of || shown != c.shown {
			t.Errorf("%s: in %s %q: %s; want in %s %q: %s", c.text, got.Place, got.Of, shown, c.place, c.of, c.shown)
		}
	}
	want(t, "a glossary term of a field", m.find("client"), "customer", "edge.pageviews")
	want(t, "an owner", m.search(weir.SearchQuery{Scope: weir.Everything, Words: wordsOf("ann"), Filters: []weir.SearchFilter{{Facet: weir.FacetDomain, Value: "edge"}}}), "edge.pageviews")
	want(t, "a team", m.find("webteam"), "edge", "trade")
}

// queryWords: all words must be there, as prefixes, in whatever case.
func queryWords(t *testing.T, m *market) {
	for text, names := range map[string][]string{
		"visit page":        {"edge.pageviews"},
		"VIS Pag":           {"edge.pageviews"},
		"vísït":             {"edge.pageviews"},
		"orders page":       {"trade.stock-orders"},
		"stockorders":       {"trade.stock-orders"},
		"page -visit":       {"trade.salaries", "trade.stock-orders"},
		`"visit of a page"`: {"edge.pageviews"},
		`"page of a visit"`: {},
		`"visit of a pag"`:  {}, // a phrase's words are whole
		"visit guilder":     {},
		"isit":              {},
		"v":                 {"edge.pageviews"},
	} {
		want(t, text, m.find(text), names...)
	}
	want(t, "nothing", m.find(""), "customer", "edge", "edge.pageviews", "trade", "trade.salaries", "trade.stock-orders")
}

// typing: one error in a word of five letters or more is mended, if nothing has
// the word as it was typed.
func typing(t *testing.T, m *market) {
	for typed, to := range map[string]string{
		"pagviews": "pageviews", "paageviews": "pageviews", "pageviewz": "pageviews", "apgeviews": "pageviews",
		"xageviews": "pageviews", "ageviews": "pageviews", "pageveiws": "pageviews", "pagevieww": "pageviews",
		"fumnels": "funnels", "vissit": "visit",
	} {
		h := m.find(typed)
		want(t, typed, h, "edge.pageviews")
		if diff := cmp.Diff([]weir.Correction{{From: typed, To: to}}, h.Corrected); diff != "" {
			t.Error(typed, diff)
		}
		if len(h.Items) > 0 && len(h.Items[0].Matches) == 0 {
			t.Errorf("%s: nothing is shown", typed)
		}
	}
	for _, typed := range []string{"vixit3", "vsti", "pagveiwss", `"vissit"`, "visit"} {
		if h := m.find(typed); len(h.Corrected) > 0 {
			t.Errorf("%s: corrected %v", typed, h.Corrected)
		}
	}
}

// filters: a facet's value, several of one, none of one, any of one.
func filters(t *testing.T, m *market) {
	f := func(facet, value string) weir.SearchFilter { return weir.SearchFilter{Facet: facet, Value: value} }
	not := func(f weir.SearchFilter) weir.SearchFilter { f.Not = true; return f }
	products := f(weir.FacetNoun, "product")
	for _, c := range []struct {
		fs    []weir.SearchFilter
		names []string
	}{
		{[]weir.SearchFilter{f("tag:area", "finance")}, []string{"trade.salaries", "trade.stock-orders"}},
		{[]weir.SearchFilter{f("tag:area", "FINANCE"), f("kind", "table")}, []string{"trade.stock-orders"}},
		{[]weir.SearchFilter{f("tag:area", "finance"), f("tag:area", "marketing")}, []string{"edge.pageviews", "trade.salaries", "trade.stock-orders"}},
		{[]weir.SearchFilter{f("tag", "pii")}, []string{"edge.pageviews"}},
		{[]weir.SearchFilter{f("tag:pii", "")}, []string{"edge.pageviews"}},
		{[]weir.SearchFilter{f("classification", "personal")}, []string{"edge.pageviews"}},
		{[]weir.SearchFilter{f("domain", "edge")}, []string{"edge", "edge.pageviews"}},
		{[]weir.SearchFilter{products, not(f("domain", "edge"))}, []string{"trade.salaries", "trade.stock-orders"}},
		{[]weir.SearchFilter{f("term", "customer"), products}, []string{"edge.pageviews"}},
		{[]weir.SearchFilter{f("lifecycle", "deprecated")}, []string{"trade.stock-orders"}},
		{[]weir.SearchFilter{f("quality", "curated"), f("sla", "tier-2"), f("type", "aggregate"), f("format", "avro"), f("owner", "ann")}, []string{"edge.pageviews"}},
		{[]weir.SearchFilter{products, not(f("quality", ""))}, []string{"trade.salaries", "trade.stock-orders"}},
		{[]weir.SearchFilter{f("domain", "nowhere")}, nil},
		{[]weir.SearchFilter{f("nothing", "x")}, nil},
	} {
		want(t, fmt.Sprint(c.fs), m.search(weir.SearchQuery{Scope: weir.Everything, Filters: c.fs}), c.names...)
	}
	h := m.search(weir.SearchQuery{Scope: weir.Everything, Words: wordsOf("page"), Facets: true})
	got := map[string]string{}
	for _, facet := range h.Facets {
		got[facet.Name] = fmt.Sprint(facet.Values)
	}
	wantFacets := map[string]string{
		"noun": "[{product 3}]", "domain": "[{trade 2} {edge 1}]", "type": "[{source-aligned 2} {aggregate 1}]", "kind": "[{stream 2} {table 1}]",
		"format": "[{avro 3}]", "lifecycle": "[{active 2} {deprecated 1}]", "quality": "[{curated 1}]", "sla": "[{tier-2 1}]", "classification": "[{personal 1}]",
		"term": "[{customer 1}]", "owner": "[{ann 3}]", "tag:area": "[{finance 2} {marketing 1}]", "tag:pii": "[{email 1}]", "tag:team": "[{web 1}]", "tag:secretproject": "[{bluebird 1}]",
	}
	if diff := cmp.Diff(wantFacets, got); diff != "" {
		t.Error(diff)
	}
	if h.Items[0].Value("domain") != "edge" || h.Items[0].Value("quality") != "curated" {
		t.Errorf("%+v", h.Items[0].Facets)
	}
}

// ranks: name before field before tag before description before documentation,
// and the thing that has the name before those that contain it.
func ranks(t *testing.T, m *market) {
	var cs []weir.Change
	for i, p := range []func(p *weir.Product, doc *weir.Text){
		func(p *weir.Product, doc *weir.Text) { p.Documentation = doc.UID },
		func(p *weir.Product, _ *weir.Text) { p.Description = "about quokka" },
		func(p *weir.Product, _ *weir.Text) { p.Tags = []weir.Tag{"animal:quokka"} },
		func(p *weir.Product, _ *weir.Text) { p.Fields = []weir.FieldNote{{Path: "quokka"}} },
		func(p *weir.Product, _ *weir.Text) { p.Name = "edge.quokka-list" },
		func(p *weir.Product, _ *weir.Text) { p.Name = "edge.quokka" },
	} {
		doc := m.text(fmt.Sprintf("All about the quokka, part %d", i))
		next := m.product(fmt.Sprintf("edge.a%d", i), m.edge, "")
		p(next, doc)
		cs = append(cs, m.create(doc), m.create(next))
	}
	m.write(m.entry(cs...))
	want(t, "quokka", m.find("quokka"), "edge.quokka", "edge.quokka-list", "edge.a3", "edge.a2", "edge.a1", "edge.a0")
	want(t, "quok", m.find("quok"), "edge.quokka", "edge.quokka-list", "edge.a3", "edge.a2", "edge.a1", "edge.a0")
	if h := m.find("edge"); h.Items[0].Ref != m.edge.Ref() {
		t.Errorf("the domain edge is not the first of its name: %v", found(h))
	}
}

// searchScope: nothing that somebody gets depends on what they may not know of:
// it is the same as if that were not there.
func searchScope(t *testing.T, m *market) {
	texts := []string{
		"", "page", "zebrafish", "zebrafihs", "salaries", "salareis", "sal", "bluebird", "bleubird", "secretproject", "compensation page", `"page one"`, "staff -page",
		"finance", "pagd", "quarterlyy",
		"bandicoots", // as it is typed, only what is hidden has it
	}
	ask := func(s weir.Scope) string {
		var b strings.Builder
		for _, text := range texts {
			for _, fs := range [][]weir.SearchFilter{nil, {{Facet: "tag:area", Value: "finance"}}, {{Facet: "tag:secretproject"}}, {{Facet: "domain", Value: "trade"}}} {
				h := m.search(weir.SearchQuery{Words: wordsOf(text), Filters: fs, Scope: s, Facets: true})
				fmt.Fprintf(&b, "%s %v: %+v\n", text, fs, h)
			}
		}
		for _, prefix := range []string{"", "trade.s", "sal", "z"} {
			refs, err := m.searcher.Suggest(t.Context(), weir.SuggestQuery{Prefix: prefix, Scope: s})
			fmt.Fprintf(&b, "%s: %v %v\n", prefix, refs, err)
		}
		return b.String()
	}
	hidden, shown := ask(m.everybody), ask(m.ofTrade)
	for _, word := range []string{"salaries", "zebrafish", "bluebird", "secretproject", "compensation"} {
		for line := range strings.SplitSeq(hidden, "\n") {
			_, answer, _ := strings.Cut(line, ": ")
			if strings.Contains(answer, word) {
				t.Errorf("who may not know of it sees %s: %s", word, line)
			}
		}
		if !strings.Contains(shown, word) {
			t.Errorf("who may know of it does not see %s", word)
		}
	}
	if h := m.search(weir.SearchQuery{Words: wordsOf("bandicoots"), Scope: m.everybody}); len(h.Corrected) != 1 || h.Total != 1 {
		t.Errorf("a word that only what is hidden has is not corrected: %+v", h)
	}
	m.write(m.entry(weir.DeleteChange(weir.UID{}, m.salaries, 1)))
	if diff := cmp.Diff(hidden, ask(m.everybody)); diff != "" {
		t.Errorf("answers depend on what is hidden (-with it +without)\n%s", diff)
	}
	want(t, "nothing is in the empty scope", m.search(weir.SearchQuery{}))
}

// follows: whoever wrote something finds it, and nothing that was before.
func follows(t *testing.T, m *market) {
	next := *m.views
	next.Description, next.Visibility = "Every wombat seen", weir.VisibleDomain
	m.change(m.views, 1, &next)
	want(t, "new description", m.find("wombat"), "edge.pageviews")
	want(t, "old description", m.find("visit"))
	want(t, "hidden now", m.search(weir.SearchQuery{Words: wordsOf("wombat"), Scope: m.everybody}))
	third := next
	third.Visibility = weir.VisibleMesh
	m.change(&next, 2, &third)
	want(t, "shown again", m.search(weir.SearchQuery{Words: wordsOf("wombat"), Scope: m.everybody}), "edge.pageviews")

	s := m.schema(&third, 1, 0, nil, `{"type":"record","name":"V","fields":[{"name":"browser","type":"string"}]}`)
	want(t, "schema", m.find("browser"), "edge.pageviews")
	m.schema(&third, 2, 1, s, `{"type":"record","name":"V","fields":[{"name":"useragent","type":"string"}]}`)
	want(t, "next schema", m.find("useragent"), "edge.pageviews")
	want(t, "schema before", m.find("browser"))

	m.change(&weir.Person{UID: m.ann.UID, Name: "ann", Created: epoch}, 1, &weir.Person{UID: m.ann.UID, Name: "annabel", Created: epoch})
	want(t, "owner's new name", m.find("annabel wombat"), "edge.pageviews")
	m.write(m.entry(weir.DeleteChange(weir.UID{}, &third, 3)))
	want(t, "deleted", m.find("wombat"))
	again := m.product("edge.pageviews", m.edge, "Another wombat")
	m.write(m.entry(m.create(again)))
	want(t, "the name is used again", m.find("wombat"), "edge.pageviews")
}

func searchPages(t *testing.T, m *market) {
	var cs []weir.Change
	var names []string
	for i := range 95 {
		p := m.product(fmt.Sprintf("edge.page-%02d", i), m.edge, "numbat")
		cs, names = append(cs, m.create(p)), append(names, p.Name)
	}
	m.write(m.entry(cs...))
	for _, limit := range []int{0, 7, 95, 200} {
		q := weir.SearchQuery{Words: wordsOf("numbat"), Scope: weir.Everything, Limit: limit}
		var got []string
		for {
			h := m.search(q)
			if h.Total != 95 {
				t.Fatalf("total %d", h.Total)
			}
			got = append(got, found(h)...)
			if q.After = h.Next; q.After == "" {
				break
			}
		}
		if diff := cmp.Diff(names, got); diff != "" {
			t.Errorf("pages of %d: %s", limit, diff)
		}
	}
}

func suggests(t *testing.T, m *market) {
	for prefix, names := range map[string][]string{
		"": {"customer", "edge", "edge.pageviews", "trade", "trade.salaries", "trade.stock-orders"}, "ed": {"edge", "edge.pageviews"}, "pagev": {"edge.pageviews"},
		"trade.s": {"trade.salaries", "trade.stock-orders"}, "STOCK": {"trade.stock-orders"}, "x": {}, "%": {}, "views": {},
	} {
		refs, err := m.searcher.Suggest(t.Context(), weir.SuggestQuery{Prefix: prefix, Scope: weir.Everything})
		got := []string{}
		for _, r := range refs {
			got = append(got, r.Name)
		}
		if diff := cmp.Diff(names, got); diff != "" || err != nil {
			t.Errorf("%q: %v %s", prefix, err, diff)
		}
	}
	refs, err := m.searcher.Suggest(t.Context(), weir.SuggestQuery{Nouns: []weir.Noun{weir.NounDomain}, Scope: weir.Everything, Limit: 1})
	if err != nil || len(refs) != 1 || refs[0] != m.edge.Ref() {
		t.Errorf("%v %v", refs, err)
	}
}

func searchRefusals(t *testing.T, m *market) {
	long := weir.SearchQuery{Words: []weir.SearchWord{{Text: strings.Repeat("x", weir.MaxSearchText+1)}}}
	for name, q := range map[string]weir.SearchQuery{
		"long": long, "many words": {Words: make([]weir.SearchWord, weir.MaxSearchWords+1)}, "many filters": {Filters: make([]weir.SearchFilter, weir.MaxSearchFilters+1)},
		"limit": {Limit: weir.MaxSearchLimit + 1}, "negative": {Limit: -1}, "cursor": {After: "x"}, "cursor back": {After: "-3"}, "far": {After: "999999999"},
	} {
		if _, err := m.searcher.Search(t.Context(), q); !weir.Invalid.In(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.searcher.Suggest(t.Context(), weir.SuggestQuery{Limit: weir.MaxSearchLimit + 1}); !weir.Invalid.In(err) {
		t.Error(err)
	}
}

// anyText: no text of a query is more than words.
func anyText(t *testing.T, m *market) {
	for _, text := range []string{
		"page OR visit", "page AND NOT visit", "NEAR(page visit, 2)", "name:page", "{name}:page", "page*", "^page", `"`, `""`, `"page`, "'", "page\x00visit", "\xff\xfe", "\u202e", "page + visit",
		strings.Repeat("(", 500), "%_", "💩", "ﬁeld", "ǂ", "\u202epage", strings.Repeat("é", 900), "a\u0301\u0301\u0301", "𞤀𞤁", "-", "*",
	} {
		for _, phrase := range []bool{false, true} {
			h := m.search(weir.SearchQuery{Scope: weir.Everything, Words: []weir.SearchWord{{Text: text, Phrase: phrase}}})
			if h.Total != len(h.Items) {
				t.Errorf("%q: %d of %d", text, len(h.Items), h.Total)
			}
		}
		if _, err := m.searcher.Search(t.Context(), weir.SearchQuery{Scope: weir.Everything, Filters: []weir.SearchFilter{{Facet: text, Value: text}}}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	want(t, "operators are words", m.find("page OR visit -NOT"))
}

// facetsCount: every count is the number of hits that have the value.
func facetsCount(t *testing.T, m *market) {
	var cs []weir.Change
	for i := range 60 {
		p := m.product(fmt.Sprintf("edge.p%02d", i), m.edge, []string{"koala", "koala bear", "bear"}[i%3])
		p.Tags = []weir.Tag{weir.Tag(fmt.Sprintf("area:a%d", i%4)), weir.Tag(fmt.Sprintf("size:s%d", i%5))}
		p.Quality = []weir.QualityTier{weir.QualityRaw, weir.QualityCurated}[i%2]
		if i%7 == 0 {
			p.Domain, p.Visibility = m.trade.UID, weir.VisibleDomain
		}
		cs = append(cs, m.create(p))
	}
	m.write(m.entry(cs...))
	for _, s := range []weir.Scope{weir.Everything, m.everybody, m.ofTrade} {
		for _, text := range []string{"", "koala", "bear", "koala bear", "koala -bear"} {
			for _, fs := range [][]weir.SearchFilter{nil, {{Facet: "tag:area", Value: "a1"}}, {{Facet: "tag:size", Value: "s1"}, {Facet: "tag:size", Value: "s2"}}} {
				h := m.search(weir.SearchQuery{Words: wordsOf(text), Filters: fs, Scope: s, Facets: true, Limit: 200})
				counted := map[string]int{}
				for _, it := range h.Items {
					for _, f := range it.Facets {
						counted[f.Facet+"="+f.Value]++
					}
				}
				told := map[string]int{}
				for _, f := range h.Facets {
					for _, v := range f.Values {
						told[f.Name+"="+v.Value] = v.Count
					}
				}
				if diff := cmp.Diff(counted, told); diff != "" {
					t.Errorf("%q %v: %s", text, fs, diff)
				}
			}
		}
	}
}
