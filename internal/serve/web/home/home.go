// Package home is the first page: what is new in the mesh, what is mine, and
// what fails. It asks for a bounded part of each, however large the mesh is.
package home

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Bounds of what the page shows.
const (
	maxDomains  = 12
	perDomain   = 50
	maxMine     = 60
	maxNews     = 12
	lookedAt    = 200 // entries of the audit, to find what is new
	maxTroubles = 12
	maxMade     = 100 // products; of more, those that are new are known by the record alone
)

// View is the page.
type View struct {
	Me           string
	Mesh         string
	Now          time.Time
	Facts        []ui.Fact
	New          []New
	Mine         []Mine
	MoreMine     bool
	Applications []client.Application
	HasTeam      bool
	ForYou       []ForYou
	MoreForYou   bool
	Troubles     []Trouble
	MoreTroubles int
	Admin        bool
}

// New is something that came lately.
type New struct {
	Noun string // product, domain, stream
	Name string
	Href string // empty: it is gone
	Did  string // created, changed
	Who  string
	At   time.Time
}

// Mine is a product that the person, or a team of theirs, answers for.
type Mine struct {
	Name        string
	Description string
	Kind        string
	Encoding    string
	Lifecycle   string
	Owner       string
	State       ui.State
	Word        string // of the state
	Why         string
}

// Trouble is something that fails, or that should be told and is not.
type Trouble struct {
	State ui.State
	Of    string
	Href  string
	Text  string
	Fix   string
}

// Family is the page and its stories.
func Family() site.Family {
	return site.Family{
		Name:    "home",
		Routes:  []site.Route{{Method: "GET", Path: "/{$}", Handle: show}},
		Stories: stories(),
	}
}

func show(r *site.Request) (site.Answer, error) {
	v, err := look(r.Context(), r)
	if err != nil {
		return site.Answer{}, err
	}
	return answer(v), nil
}

func answer(v View) site.Answer {
	return site.Answer{Title: "Home", Body: page(v), Same: []site.Same{
		{Command: "weir audit list --limit 20", Method: "GET", Path: "/api/v1/audit?limit=20"},
		{Command: "weir product list", Method: "GET", Path: "/api/v1/products"},
	}}
}

// look asks for everything that the page shows.
func look(ctx context.Context, r *site.Request) (View, error) {
	v := View{Me: r.Me.Name, Mesh: r.Mesh.Name, Now: r.Now, HasTeam: len(r.Me.Teams) > 0, Admin: r.Me.Admin}
	domains, err := r.API.Domains(ctx)
	if err != nil {
		return v, err
	}
	mesh, err := r.API.Mesh(ctx)
	if err != nil {
		return v, err
	}
	mine, err := v.mine(ctx, r, domains)
	if err != nil {
		return v, err
	}
	entries, err := r.API.Entries(ctx, client.EntryFilter{Limit: lookedAt})
	if err != nil {
		return v, err
	}
	made, more, err := r.API.SomeProducts(ctx, "", maxMade)
	if err != nil {
		return v, err
	}
	if v.New = news(entries); !more {
		v.New = withProducts(v.New, made)
	}
	if err := v.forYou(ctx, r); err != nil {
		return v, err
	}
	queries, err := r.API.Queries(ctx, "")
	if err != nil {
		return v, err
	}
	v.troubles(mesh, mine, queries)
	v.Facts, err = facts(ctx, r, len(domains))
	return v, err
}

// facts are the strip: how much there is.
func facts(ctx context.Context, r *site.Request, domains int) ([]ui.Fact, error) {
	all := []ui.Fact{products(ctx, r)}
	teams, err := r.API.Teams(ctx)
	if err != nil {
		return nil, err
	}
	return append(all,
		ui.Fact{Label: "domains", Value: ui.ShortNumber(float64(domains)), Exact: ui.Exact(int64(domains))},
		ui.Fact{Label: "teams", Value: ui.ShortNumber(float64(len(teams))), Exact: ui.Exact(int64(len(teams)))},
	), nil
}

// products counts by the search index, which knows without counting. While it
// is being made, or does not answer, nobody has counted.
func products(ctx context.Context, r *site.Request) ui.Fact {
	found, err := r.API.Search(ctx, client.Search{Text: "noun:product", Limit: 1})
	switch {
	case err != nil:
		return ui.Fact{Label: "products", Why: "the search index does not answer"}
	case found.Building != "":
		return ui.Fact{Label: "products", Why: "the search index is being made"}
	}
	return ui.Fact{Label: "products", Value: ui.ShortNumber(float64(found.Total)), Exact: ui.Exact(int64(found.Total))}
}

// mine finds the products of the person's domains, and the applications.
func (v *View) mine(ctx context.Context, r *site.Request, domains []client.Domain) ([]client.Product, error) {
	var all []client.Product
	own := 0
	for _, d := range domains {
		if !slices.Contains(r.Me.Teams, d.Team) {
			continue
		}
		if own++; own > maxDomains {
			v.MoreMine = true
			break
		}
		some, more, err := r.API.SomeProducts(ctx, d.Name, perDomain)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
		v.MoreMine = v.MoreMine || more
	}
	for i, p := range all {
		if i == maxMine {
			v.MoreMine = true
			break
		}
		v.Mine = append(v.Mine, mineOf(p))
	}
	apps, err := r.API.Applications(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		if slices.Contains(r.Me.Teams, a.Team) && len(v.Applications) < maxMine {
			v.Applications = append(v.Applications, a)
		}
	}
	return all, nil
}

func mineOf(p client.Product) Mine {
	m := Mine{
		Name: p.Name, Description: p.Description, Kind: p.Kind, Encoding: p.Encoding, Lifecycle: p.Lifecycle, Owner: p.Owner,
		State: ui.Good, Word: "ready",
	}
	switch {
	case p.Status.Topic == "lost":
		m.State, m.Word, m.Why = ui.Failing, "lost", p.Status.Problem
	case p.Status.Topic != "ready":
		m.State, m.Word, m.Why = ui.Warning, p.Status.Topic, p.Status.Problem
	case len(p.Warnings) > 0:
		m.State, m.Word, m.Why = ui.Warning, ui.Plural(len(p.Warnings), "warning", "warnings"), p.Warnings[0].Message
	}
	return m
}

// troubles are what the cluster says first, then queries of the person's domains
// that do not run, then what the person's products lack.
func (v *View) troubles(mesh client.Mesh, mine []client.Product, queries []client.Query) {
	var all []Trouble
	for _, p := range mesh.Cluster.Problems {
		all = append(all, Trouble{State: ui.Failing, Of: "cluster", Href: "/nodes", Text: p})
	}
	for _, q := range queries {
		if t, ok := troubleOf(q); ok {
			all = append(all, t)
		}
	}
	for _, p := range mine {
		href := productHref(p.Name)
		if p.Status.Topic != "ready" {
			all = append(all, Trouble{State: state(p.Status.Topic), Of: p.Name, Href: href, Text: "its topic is " + p.Status.Topic + because(p.Status.Problem)})
		}
		if n := len(p.Warnings); n > 0 {
			w := p.Warnings[0]
			text := w.Message
			if n > 1 {
				text = fmt.Sprintf("%s; and %s", text, ui.Plural(n-1, "more warning", "more warnings"))
			}
			all = append(all, Trouble{State: ui.Warning, Of: p.Name, Href: href, Text: text, Fix: w.Fix})
		}
	}
	slices.SortStableFunc(all, func(a, b Trouble) int { return cmp.Compare(rank(a.State), rank(b.State)) })
	v.Troubles = all[:min(len(all), maxTroubles)]
	v.MoreTroubles = len(all) - len(v.Troubles)
}

// troubleOf is what is wrong with a query: that Weir stopped it, or that it tries
// again. One that people let rest is no trouble.
func troubleOf(q client.Query) (Trouble, bool) {
	t := Trouble{State: ui.Failing, Of: q.Name, Href: productHref(q.Name) + "/query", Text: "its query is stopped" + because(q.Why), Fix: "weir query start " + q.Name}
	switch {
	case q.Why != "":
		return t, true
	case q.Status != nil && q.Status.Error != "" && q.State != "paused" && q.State != "stopped":
		t.State, t.Text, t.Fix = ui.Warning, "its query has an error"+because(q.Status.Error), ""
		return t, true
	}
	return t, false
}

func state(topic string) ui.State {
	if topic == "lost" {
		return ui.Failing
	}
	return ui.Warning
}

func because(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func rank(s ui.State) int {
	if s == ui.Failing {
		return 0
	}
	return 1
}

// news are the last things that people made or changed, each thing once.
func news(entries []client.Entry) []New {
	gone := map[string]bool{}
	seen := map[string]bool{}
	var all []New
	for _, e := range entries {
		if e.Refusal != nil || e.Noun == "mesh" {
			continue
		}
		for _, c := range e.Changes {
			id := c.Noun + "/" + c.UID
			if c.Deleted {
				gone[id] = true
			}
			if seen[id] || gone[id] || !told(c.Noun) {
				continue
			}
			seen[id] = true
			if all = append(all, newOf(e, c)); len(all) == maxNews {
				return all
			}
		}
	}
	return all
}

// withProducts adds products whose making is not in what the person may see of
// the record, though they may know of the product, the newest first.
func withProducts(all []New, made []client.Product) []New {
	for _, p := range made {
		same := func(n New) bool { return n.Noun == "product" && n.Name == p.Name }
		if !slices.ContainsFunc(all, same) {
			all = append(all, New{Noun: "product", Name: p.Name, Href: productHref(p.Name), Did: "owned by", Who: p.Owner, At: p.Created})
		}
	}
	slices.SortStableFunc(all, func(a, b New) int { return b.At.Compare(a.At) })
	return all[:min(len(all), maxNews)]
}

// told reports whether a change of a noun is news.
func told(noun string) bool { return noun == "product" || noun == "domain" || noun == "stream" }

func newOf(e client.Entry, c client.EntryChange) New {
	n := New{Noun: c.Noun, Name: c.Name, Who: e.Who, At: e.At, Did: "changed by"}
	if strings.HasSuffix(e.What, ".create") {
		n.Did = "made by"
	}
	switch c.Noun {
	case "product":
		n.Href = productHref(c.Name)
	case "domain":
		n.Href = "/domains/" + c.Name
	case "stream":
		n.Href = "/publish/" + c.Name
	}
	return n
}

func productHref(name string) string { return "/products/" + name }
