package org

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// maxTold bounds of how many applications a list tells how they get on, and
// atOnce how many are asked about at a time.
const (
	maxTold = 40
	atOnce  = 4
)

// Line is an application of the person's teams, with how it gets on.
type Line struct {
	client.Application
	Facts *client.ApplicationFacts // nil: not told
	Usage *client.ApplicationUsage
	Plans int // products that it plans to read and does not yet
}

// told asks how applications get on; what cannot be told is left out.
func told(r *site.Request, all []client.Application) []Line {
	out := make([]Line, len(all))
	var wg sync.WaitGroup
	turn := make(chan struct{}, atOnce)
	for i, a := range all {
		out[i].Application = a
		if i >= maxTold {
			continue
		}
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			if f, err := r.API.ApplicationFacts(r.Context(), a.Name); err == nil {
				out[i].Facts = &f
			}
			if u, err := r.API.ApplicationUsage(r.Context(), a.Name, "30d"); err == nil {
				out[i].Usage = &u
			}
		})
	}
	wg.Wait()
	return out
}

// planning counts for each application what it plans and does not read yet.
func planning(r *site.Request, lines []Line) error {
	all, err := r.API.Plans(r.Context(), "", "")
	for i, l := range lines {
		for _, p := range all {
			if p.Application == l.Name && !moves(l.Usage, p.Product, "read") {
				lines[i].Plans++
			}
		}
	}
	return err
}

// moves reports whether a product was read or written; any, if none is named.
func moves(u *client.ApplicationUsage, product, direction string) bool {
	return count(u, direction, product) > 0
}

// count says how many products and streams went one way.
func count(u *client.ApplicationUsage, direction, product string) int {
	if u == nil {
		return 0
	}
	seen := map[string]bool{}
	for _, x := range u.Usage {
		if x.Direction == direction && (product == "" || product == x.Product) {
			seen[x.Product+x.Stream] = true
		}
	}
	return len(seen)
}

func lineTable(all []Line) ui.TableView {
	t := ui.TableView{Caption: "Applications of your teams", Keys: true, Columns: []ui.Column{
		{Title: "Application"}, {Title: "What it does", Wide: true}, {Title: "Reads", Number: true}, {Title: "Writes", Number: true},
		{Title: "Behind", Number: true}, {Title: "Plans", Number: true}, {Title: "Refused"}, {Title: "Login"}, {Title: "Team"},
	}}
	for _, a := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Link(a.Name, on("applications", a.Name)), ui.Text(a.Description), ui.Number(int64(count(a.Usage, "read", ""))), ui.Number(int64(count(a.Usage, "write", ""))),
			behind(a.Facts), ui.Number(int64(a.Plans)), denied(a.Facts), login(a.Application), ui.Link(a.Team, on("teams", a.Team)),
		}})
	}
	return t
}

// behind is the lag of all groups of an application.
func behind(f *client.ApplicationFacts) templ.Component {
	switch {
	case f == nil || len(f.Problems) > 0:
		return ui.Text("not known")
	case f.Lag == nil:
		return ui.Text("")
	}
	return ui.Number(*f.Lag)
}

// denied says whether an application was refused something.
func denied(f *client.ApplicationFacts) templ.Component {
	if f == nil || f.Inside == nil {
		return ui.Text("")
	}
	if n := refusals(f.Inside); n > 0 {
		return ui.Status(ui.Warning, ui.Plural(int(n), "time", "times"), "what and why stands on its page")
	}
	return ui.Status(ui.Good, "nothing", "since the node started")
}

func refusals(a *client.Attending) (n int64) {
	for _, d := range a.Refused {
		n += d.Count
	}
	return n
}

func followTable(all []client.Follow) ui.TableView {
	t := ui.TableView{Caption: "How far its consumer groups are", Columns: []ui.Column{
		{Title: "Product or stream", Wide: true}, {Title: "Consumer group"}, {Title: "State"}, {Title: "Members", Number: true}, {Title: "Behind", Number: true},
	}}
	for _, g := range all {
		of := ui.Code(g.Stream)
		if g.Product != "" {
			of = ui.Link(g.Product, on("products", g.Product))
		}
		lag := ui.Text("not known: it committed nothing")
		if g.Lag != nil {
			lag = ui.Number(*g.Lag)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{of, ui.Code(g.Group), ui.Text(g.State), ui.Number(int64(g.Members)), lag}})
	}
	return t
}

func deniedTable(all []client.Denied, now time.Time) ui.TableView {
	t := ui.TableView{Caption: "What the gateway refused it", Columns: []ui.Column{
		{Title: "What"}, {Title: "On"}, {Title: "Times", Number: true}, {Title: "First"}, {Title: "Last"}, {Title: "Why, and what to do", Wide: true},
	}}
	for _, d := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Code(d.What), ui.Code(d.On), ui.Number(d.Count), ui.Time(d.First, now), ui.Time(d.Last, now), ui.Text(d.Why)}})
	}
	return t
}

func planTable(v ApplicationView) ui.TableView {
	t := ui.TableView{Caption: "What it plans to read", Columns: []ui.Column{
		{Title: "Product"}, {Title: "Fields", Wide: true}, {Title: "By"}, {Title: "What for", Wide: true}, {Title: "Access"}, {Title: "Reads it"},
	}}
	if v.Edit {
		t.Columns = append(t.Columns, ui.Column{Title: "Change"})
	}
	for _, p := range v.Plans {
		reads := "not yet"
		if moves(v.Usage, p.Product, "read") {
			reads = "yes"
		}
		fields := strings.Join(p.Fields, ", ")
		if fields == "" {
			fields = "it does not say"
		}
		row := ui.Row{Cells: []templ.Component{
			ui.Link(p.Product, on("products", p.Product)), ui.Text(fields), ui.Text(p.Due), ui.Text(p.Note), planAccess(p), ui.Text(reads),
		}}
		if v.Edit {
			row.Cells = append(row.Cells, withdraw(v.Application.Name, p.Product))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// planAccess says whether an application may read what it plans to.
func planAccess(p client.Plan) templ.Component {
	switch p.Access {
	case "may":
		return ui.Status(ui.Good, "may read it", "")
	case "asked":
		return ui.Status(ui.Warning, "asked", "whoever may allow it has not answered yet")
	case "declined":
		why := ""
		if p.Answer != nil {
			why = p.Answer.Why
		}
		return ui.Status(ui.Failing, "declined", why)
	}
	return ui.Status(ui.Unknown, "may not", "it did not ask")
}

func applicationPlan(r *site.Request) (site.Answer, error) {
	name, product, n := r.PathValue("name"), text(r.PostForm, "product"), site.PlanOf(r.PostForm)
	if product == "" {
		return applicationChanged(r, &client.Problem{Status: http.StatusBadRequest, Where: "product", Detail: "which product it will read is not said"}, site.Answer{})
	}
	_, err := r.API.Declare(r.Context(), product, name, n)
	notice := "Who answers for " + product + " knows now that " + name + " will read it."
	if n.Ask {
		notice = "Whoever may allow it is asked to let " + name + " read " + product + "."
	}
	return applicationChanged(r, err, site.Answer{Notice: notice, Same: site.SamePlan(product, name, n)})
}

func applicationUnplan(r *site.Request) (site.Answer, error) {
	name, product := r.PathValue("name"), text(r.PostForm, "product")
	err := r.API.Withdraw(r.Context(), product, name)
	return applicationChanged(r, err, site.Answer{Notice: name + " does not plan to read " + product + " any more.", Same: site.SameWithdrawal(product, name)})
}

// applicationChanged goes back to the application, or shows it with what was
// refused and typed.
func applicationChanged(r *site.Request, err error, done site.Answer) (site.Answer, error) {
	if err == nil {
		done.Redirect = on("applications", r.PathValue("name")) + "#plans"
		return done, nil
	}
	p := site.Refused(err)
	if p == nil {
		return site.Answer{}, err
	}
	v, err := lookApplication(r)
	if err != nil {
		return site.Answer{}, err
	}
	v.PlanProblem, v.Typed = p, r.PostForm
	return applicationAnswer(v), nil
}

// planInputs are what a plan says, with what was typed.
func planInputs(typed url.Values, p *client.Problem) []ui.Input {
	all := []ui.Input{
		{Name: "product", Label: "Product", Required: true, Mono: true, Help: "As domain.product."},
		{Name: "fields", Label: "Fields that it will need", Mono: true, Help: "With commas between; none: it does not say."},
		{Name: "due", Label: "By", Help: "The day by which it will read, such as 2027-03-01."},
		{Name: "note", Label: "What for"},
		{Name: "ask", Label: "Ask to be allowed to read it, too", Kind: ui.CheckInput},
	}
	for i, in := range all {
		all[i].Value = typed.Get(in.Name)
		all[i].Error = site.FieldError(p, in.Name)
	}
	return all
}

func since(a *client.Attending) string {
	if a.Credential == nil {
		return "it has none"
	}
	return ui.UTC(*a.Credential)
}

func lastLogin(a *client.Attending, now time.Time) string {
	if a.Login == nil {
		return "none since the node started"
	}
	out := ui.Ago(*a.Login, now)
	if a.Library != "" {
		out += ", with " + strings.TrimSpace(a.Library+" "+a.Version)
	}
	return out
}

func connections(a *client.Attending) string { return ui.Exact(int64(a.Open)) }
