package product

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Planned is who will read the product, as far as the viewer may know, and the
// form by which a team says so and asks to be allowed to.
type Planned struct {
	Product string
	Plans   []client.Plan
	Mine    []string        // applications of the viewer's teams
	Teams   []string        // the viewer's
	Closed  bool            // it is not open: one asks
	Decide  bool            // answering is offered
	Problem *client.Problem // of the form
	Typed   url.Values
}

// lookPlanned asks who plans to read the product, and who could.
func lookPlanned(r *site.Request, k known, decide bool) (Planned, error) {
	v := Planned{Product: k.product.Name, Teams: r.Me.Teams, Closed: k.product.Access == "request", Decide: decide}
	var err error
	if v.Plans, err = r.API.Plans(r.Context(), v.Product, ""); err != nil || len(r.Me.Teams) == 0 {
		return v, err
	}
	apps, err := r.API.Applications(r.Context())
	for _, a := range apps {
		if slices.Contains(r.Me.Teams, a.Team) && !a.Ending && !a.Query {
			v.Mine = append(v.Mine, a.Name)
		}
	}
	return v, err
}

func (v Planned) table() ui.TableView {
	t := ui.TableView{Caption: "Who will read it", Keys: true, Columns: []ui.Column{
		{Title: "Application"}, {Title: "Team"}, {Title: "Fields", Wide: true}, {Title: "By"}, {Title: "What for", Wide: true}, {Title: "Access"}, {Title: "Change"},
	}}
	for _, p := range v.Plans {
		fields := strings.Join(p.Fields, ", ")
		if fields == "" {
			fields = "it does not say"
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Link(p.Application, "/applications/"+url.PathEscape(p.Application)), ui.Text(p.Team), ui.Text(fields), ui.Text(p.Due), ui.Text(p.Note), planAccess(p), planChange(v, p),
		}})
	}
	return t
}

// planAccess says whether an application may read the product.
func planAccess(p client.Plan) templ.Component {
	switch p.Access {
	case "may":
		return ui.Status(ui.Good, "may read it", "")
	case "asked":
		return ui.Status(ui.Warning, "asked", "it waits for an answer")
	case "declined":
		why := ""
		if p.Answer != nil {
			why = p.Answer.Why
		}
		return ui.Status(ui.Failing, "declined", why)
	}
	return ui.Status(ui.Unknown, "may not", "it did not ask")
}

// inputs are the form, with what was typed.
func (v Planned) inputs() []ui.Input {
	all := []ui.Input{
		{Name: "application", Label: "Application", Required: true, Kind: ui.SelectInput, Help: "One of your teams'."},
		{Name: "fields", Label: "Fields that it will need", Mono: true, Help: "With commas between; none: it does not say."},
		{Name: "due", Label: "By", Help: "The day by which it will read, such as 2027-03-01."},
		{Name: "note", Label: "What for"},
		{Name: "ask", Label: "Ask to be allowed to read it, too", Kind: ui.CheckInput},
	}
	for _, a := range v.Mine {
		all[0].Options = append(all[0].Options, ui.Option{Value: a})
	}
	if !v.Closed {
		all = all[:4] // an open product is read without asking
	}
	for i, in := range all {
		all[i].Value = v.Typed.Get(in.Name)
		all[i].Error = site.FieldError(v.Problem, in.Name)
	}
	return all
}

// planned goes back to the readers, or shows them with what was refused.
func planned(r *site.Request, err error, done site.Answer) (site.Answer, error) {
	if err == nil {
		done.Redirect = at(r.PathValue("name"), partReaders) + "#plans"
		return done, nil
	}
	p := refused(err)
	if p == nil {
		return site.Answer{}, err
	}
	v, lerr := lookReaders(r)
	if lerr != nil {
		return site.Answer{}, lerr
	}
	v.Planned.Problem, v.Planned.Typed = p, r.PostForm
	a := readersAnswer(v, r.Now)
	a.Status = p.Status
	return a, nil
}

func planAdd(r *site.Request) (site.Answer, error) {
	name, app, n := r.PathValue("name"), sent(r, "application"), site.PlanOf(r.PostForm)
	if app == "" {
		return planned(r, &client.Problem{Status: http.StatusBadRequest, Where: "application", Detail: "which application will read it is not said", Fix: "make one first: /new/application"}, site.Answer{})
	}
	_, err := r.API.Declare(r.Context(), name, app, n)
	notice := "Who answers for " + name + " knows now that " + app + " will read it."
	if n.Ask {
		notice = "Whoever may allow it is asked to let " + app + " read " + name + "."
	}
	return planned(r, err, site.Answer{Notice: notice, Same: site.SamePlan(name, app, n)})
}

func planRemove(r *site.Request) (site.Answer, error) {
	name, app := r.PathValue("name"), sent(r, "application")
	err := r.API.Withdraw(r.Context(), name, app)
	return planned(r, err, site.Answer{Notice: app + " does not plan to read it any more.", Same: site.SameWithdrawal(name, app)})
}

func planAllow(r *site.Request) (site.Answer, error) {
	name, app := r.PathValue("name"), sent(r, "application")
	_, err := r.API.Allow(r.Context(), name, app)
	return planned(r, err, site.Answer{Notice: app + " may read " + name + " now.", Same: []site.Same{{
		Command: "weir access allow " + name + " --app " + site.Quoted(app), Method: http.MethodPut, Path: "/api/v1" + api(name, "access/"+url.PathEscape(app)),
	}}})
}

func planDecline(r *site.Request) (site.Answer, error) {
	name, app, why := r.PathValue("name"), sent(r, "application"), sent(r, "why")
	_, err := r.API.Decline(r.Context(), name, app, client.Declining{Why: why})
	command := "weir access decline " + name + " --app " + site.Quoted(app)
	if why != "" {
		command += " --why " + site.Quoted(why)
	}
	return planned(r, err, site.Answer{Notice: "The team of " + app + " is told that it may not read " + name + ".", Same: []site.Same{{
		Command: command, Method: http.MethodPost, Path: "/api/v1" + api(name, "plans/"+url.PathEscape(app)+"/decline"),
	}}})
}
