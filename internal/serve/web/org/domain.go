package org

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// DomainsView is the list of domains: the register of who owns what.
type DomainsView struct {
	Domains []DomainLine
	More    int
	Admin   bool
}

// DomainLine is a domain with how many products one may know of.
type DomainLine struct {
	client.Domain
	Products int // -1: nobody counted
}

// DomainView is one domain.
type DomainView struct {
	Domain   client.Domain
	Products []client.Product
	More     bool // products that are not shown
	Streams  []client.Stream
	Roles    []client.Role
	Mine     bool // the person is in the team that owns it
}

func domains(r *site.Request) (site.Answer, error) {
	all, err := r.API.Domains(r.Context())
	if err != nil {
		return site.Answer{}, err
	}
	counts := perDomain(r)
	v := DomainsView{Admin: r.Me.Admin}
	for i, d := range all {
		if i == maxShown {
			v.More = len(all) - maxShown
			break
		}
		n, counted := counts[d.Name]
		if !counted && counts == nil {
			n = -1
		}
		v.Domains = append(v.Domains, DomainLine{d, n})
	}
	return domainsAnswer(v), nil
}

// perDomain counts products by the search's facet; nil when it cannot be asked.
func perDomain(r *site.Request) map[string]int {
	found, err := r.API.Search(r.Context(), client.Search{Text: "noun:product", Facets: true, Limit: 1})
	if err != nil || found.Building != "" {
		return nil
	}
	counts := map[string]int{}
	for _, f := range found.Facets {
		if f.Name == "domain" {
			if f.More > 0 {
				return nil // some would be missing
			}
			for _, c := range f.Values {
				counts[c.Value] = c.Count
			}
		}
	}
	return counts
}

func domainsAnswer(v DomainsView) site.Answer {
	return site.Answer{Title: "Domains", Tab: site.Domains, Body: domainsPage(v), Same: []site.Same{
		{Command: "weir domain list", Method: http.MethodGet, Path: "/api/v1/domains"},
	}}
}

func domain(r *site.Request) (site.Answer, error) {
	ctx, name := r.Context(), r.PathValue("name")
	d, err := r.API.Domain(ctx, name)
	if err != nil {
		return site.Answer{}, err
	}
	v := DomainView{Domain: d, Mine: in(r.Me.Teams, d.Team)}
	if v.Products, v.More, err = r.API.SomeProducts(ctx, name, maxShown); err != nil {
		return site.Answer{}, err
	}
	if v.Mine {
		if v.Streams, err = r.API.Streams(ctx, name); err != nil {
			return site.Answer{}, err
		}
	}
	if v.Roles, err = r.API.Roles(ctx, "", name); err != nil {
		return site.Answer{}, err
	}
	return domainAnswer(v), nil
}

func domainAnswer(v DomainView) site.Answer {
	return site.Answer{Title: v.Domain.Name, Tab: site.Domains, Body: domainPage(v), Same: []site.Same{
		{Command: "weir domain show " + v.Domain.Name, Method: http.MethodGet, Path: "/api/v1/domains/" + v.Domain.Name},
		{Command: "weir product list --domain " + v.Domain.Name},
	}}
}

func in(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

func domainNew(r *site.Request) (site.Answer, error) {
	v := formView{
		Title: "New domain", Lead: "A bounded part of the organisation, owned by a team, that offers its data as products.",
		Action: "/new/domain", Cancel: "/domains", Submit: "Create", Tab: site.Domains,
		Same: []site.Same{{Command: "weir domain create NAME --team TEAM --description TEXT", Method: http.MethodPost, Path: "/api/v1/domains"}},
		Fields: []ui.Input{
			{Name: "name", Label: "Name", Required: true, Mono: true, Help: "2 to 63 lower-case letters, digits and dashes. It begins the names of its products, for ever."},
			{Name: "team", Label: "Team", Required: true, Help: "Who owns it."},
			{Name: "description", Label: "Description", Kind: ui.AreaInput, Rows: 2},
		},
	}
	return submit(r, v, func(f url.Values) (site.Answer, error) {
		d, err := r.API.CreateDomain(r.Context(), client.NewDomain{Name: text(f, "name"), Team: text(f, "team"), Description: text(f, "description")})
		return site.Answer{Redirect: on("domains", d.Name), Notice: "The domain " + d.Name + " is there."}, err
	})
}

func domainEdit(r *site.Request) (site.Answer, error) {
	name := r.PathValue("name")
	d, err := r.API.Domain(r.Context(), name)
	if err != nil {
		return site.Answer{}, err
	}
	v := formView{
		Title: "Edit " + name, Action: on("domains", name) + "/edit", Cancel: on("domains", name), Submit: "Save", Tab: site.Domains,
		Same: []site.Same{{Command: "weir domain edit " + name + " --team TEAM --description TEXT", Method: http.MethodPatch, Path: "/api/v1/domains/" + name}},
		Fields: []ui.Input{
			{Name: "team", Label: "Team", Required: true, Value: d.Team, Help: "Who owns it. Another team's applications write its products from then on, and this one's no more."},
			{Name: "description", Label: "Description", Kind: ui.AreaInput, Rows: 2, Value: d.Description},
			revision(d.Revision),
		},
	}
	return submit(r, v, func(f url.Values) (site.Answer, error) {
		team, description := text(f, "team"), text(f, "description")
		_, err := r.API.EditDomain(r.Context(), name, client.DomainEdit{Team: &team, Description: &description}, meant(f)...)
		return site.Answer{Redirect: on("domains", name), Notice: "Saved."}, err
	})
}

func domainTable(all []DomainLine) ui.TableView {
	t := ui.TableView{
		Caption: "Domains", Keys: true,
		Columns: []ui.Column{{Title: "Domain"}, {Title: "Owned by"}, {Title: "What it is", Wide: true}, {Title: "Products", Number: true}},
	}
	for _, d := range all {
		count := ui.Text("not counted")
		if d.Products >= 0 {
			count = ui.Number(int64(d.Products))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Link(d.Name, on("domains", d.Name)), ui.Link(d.Team, on("teams", d.Team)), ui.Text(d.Description), count,
		}})
	}
	return t
}

func productTable(all []client.Product) ui.TableView {
	t := ui.TableView{
		Caption: "Products", Keys: true,
		Columns: []ui.Column{{Title: "Product"}, {Title: "What it holds", Wide: true}, {Title: "Kind"}, {Title: "Encoding"}, {Title: "Quality"}, {Title: "SLA"}, {Title: "Lifecycle"}, {Title: "Owner"}},
	}
	for _, p := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Link(p.Name, on("products", p.Name)), ui.Text(p.Description), ui.Badge(p.Kind), ui.Badge(p.Encoding), ui.Text(p.Quality), ui.Text(p.SLA),
			ui.Text(p.Lifecycle), ui.Link(p.Owner, on("people", p.Owner)),
		}})
	}
	return t
}

func streamTable(all []client.Stream) ui.TableView {
	t := ui.TableView{
		Caption: "Private streams", Keys: true,
		Columns: []ui.Column{{Title: "Stream"}, {Title: "What it holds", Wide: true}, {Title: "Published as"}},
	}
	for _, s := range all {
		published := ui.Link("publish it", "/publish/"+url.PathEscape(s.Name))
		if s.Published != "" {
			published = ui.Link(s.Published, on("products", s.Published))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Code(s.Name), ui.Text(s.Description), published}})
	}
	return t
}
