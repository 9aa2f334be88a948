package org

import (
	"net/http"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// ApplicationsView is the list of applications.
type ApplicationsView struct {
	Mine   []Line // of the person's teams
	Others []client.Application
	More   int
	InTeam bool
}

// ApplicationView is one application.
type ApplicationView struct {
	Application client.Application
	Kafka       string
	Registry    string
	Now         time.Time
	Accesses    []client.Access
	Usage       *client.ApplicationUsage // nil: it was not told
	Facts       *client.ApplicationFacts // nil: they could not be had
	Plans       []client.Plan
	PlanProblem *client.Problem // of a plan that was refused
	Typed       url.Values      // of that
	Edit        bool            // the person may give it credentials and delete it
	Password    string          // just made; shown once
	Problem     *client.Problem
}

func applications(r *site.Request) (site.Answer, error) {
	all, err := r.API.Applications(r.Context())
	if err != nil {
		return site.Answer{}, err
	}
	v := ApplicationsView{InTeam: len(r.Me.Teams) > 0}
	var mine []client.Application
	for _, a := range all {
		switch {
		case len(mine)+len(v.Others) == maxShown:
			v.More++
		case in(r.Me.Teams, a.Team):
			mine = append(mine, a)
		default:
			v.Others = append(v.Others, a)
		}
	}
	v.Mine = told(r, mine)
	if err := planning(r, v.Mine); err != nil {
		return site.Answer{}, err
	}
	return applicationsAnswer(v), nil
}

func applicationsAnswer(v ApplicationsView) site.Answer {
	return site.Answer{Title: "Applications", Tab: site.Applications, Body: applicationsPage(v), Same: []site.Same{
		{Command: "weir app list", Method: http.MethodGet, Path: "/api/v1/applications"},
	}}
}

func application(r *site.Request) (site.Answer, error) {
	v, err := lookApplication(r)
	if err != nil {
		return site.Answer{}, err
	}
	return applicationAnswer(v), nil
}

func lookApplication(r *site.Request) (ApplicationView, error) {
	ctx, name := r.Context(), r.PathValue("name")
	a, err := r.API.Application(ctx, name)
	if err != nil {
		return ApplicationView{}, err
	}
	v := ApplicationView{Application: a, Now: r.Now, Kafka: a.Bootstrap, Edit: r.Me.Admin || in(r.Me.Teams, a.Team)}
	if v.Accesses, err = r.API.Accesses(ctx, "", name); err != nil {
		return v, err
	}
	if v.Plans, err = r.API.Plans(ctx, "", name); err != nil {
		return v, err
	}
	if f, err := r.API.ApplicationFacts(ctx, name); err == nil {
		v.Facts = &f
	}
	m, err := r.API.Mesh(ctx)
	if err != nil {
		return v, err
	}
	v.Registry = m.Registry
	u, err := r.API.ApplicationUsage(ctx, name, "30d")
	if err == nil {
		v.Usage = &u
	} else if site.Refused(err) == nil {
		return v, err
	}
	return v, nil
}

func applicationAnswer(v ApplicationView) site.Answer {
	name := v.Application.Name
	a := site.Answer{Title: name, Tab: site.Applications, Body: applicationPage(v), Same: []site.Same{
		{Command: "weir app show " + name, Method: http.MethodGet, Path: "/api/v1/applications/" + name},
		{Command: "weir app facts " + name, Method: http.MethodGet, Path: "/api/v1/applications/" + name + "/facts"},
		{Command: "weir app plan list --app " + name, Method: http.MethodGet, Path: "/api/v1/plans?application=" + name},
		{Command: "weir app usage " + name + " --since 30d", Method: http.MethodGet, Path: "/api/v1/applications/" + name + "/usage?since=30d"},
	}}
	for _, p := range []*client.Problem{v.Problem, v.PlanProblem} {
		if p != nil {
			a.Status = p.Status
		}
	}
	return a
}

func applicationRotate(r *site.Request) (site.Answer, error) {
	made, err := r.API.RotateCredential(r.Context(), r.PathValue("name"))
	refused := site.Refused(err)
	if err != nil && refused == nil {
		return site.Answer{}, err
	}
	v, err := lookApplication(r)
	if err != nil {
		return site.Answer{}, err
	}
	v.Password, v.Problem = made.Password, refused
	return applicationAnswer(v), nil
}

func applicationNew(r *site.Request) (site.Answer, error) {
	v := formView{
		Title: "New application", Lead: "A program that reads or writes. It logs in with its own name and a password, which is shown once.",
		Action: "/new/application", Cancel: "/applications", Submit: "Create", Tab: site.Applications,
		Same: []site.Same{{Command: "weir app create NAME --team TEAM --description TEXT", Method: http.MethodPost, Path: "/api/v1/applications"}},
		Fields: []ui.Input{
			{Name: "name", Label: "Name", Required: true, Mono: true, Help: "1 to 63 lower-case letters, digits and dashes: its Kafka user name, and how its consumer groups begin."},
			{Name: "team", Label: "Team", Required: true, Kind: ui.SelectInput, Options: teamOptions(r.Me.Teams), Help: "Who answers for it. It writes what the team's domains offer."},
			{Name: "description", Label: "Description", Kind: ui.AreaInput, Rows: 2},
		},
	}
	if r.Me.Admin {
		v.Fields[1] = ui.Input{Name: "team", Label: "Team", Required: true, Help: v.Fields[1].Help}
	}
	return submit(r, v, func(f url.Values) (site.Answer, error) {
		made, err := r.API.CreateApplication(r.Context(), client.NewApplication{Name: text(f, "name"), Team: text(f, "team"), Description: text(f, "description")})
		if err != nil {
			return site.Answer{}, err
		}
		return applicationAnswer(ApplicationView{
			Application: made, Now: r.Now, Kafka: made.Bootstrap, Password: made.Password, Edit: true, Usage: &client.ApplicationUsage{},
		}), nil
	})
}

func teamOptions(all []string) []ui.Option {
	out := make([]ui.Option, 0, len(all))
	for _, t := range all {
		out = append(out, ui.Option{Value: t})
	}
	return out
}

func applicationDelete(r *site.Request) (site.Answer, error) {
	v, err := lookApplication(r)
	if err != nil {
		return site.Answer{}, err
	}
	name := v.Application.Name
	lead := "It cannot log in any more, open connections end, and its consumer groups with their offsets are deleted. What it wrote stays."
	if i, err := r.API.Impact(r.Context(), name, client.LineageQuestion{}); err == nil && i.Summary != "" {
		lead += " It hurts " + i.Summary + "."
	}
	form := formView{
		Title: "Delete " + name, Lead: lead,
		Action: on("applications", name) + "/delete", Cancel: on("applications", name), Submit: "Delete " + name, Danger: true, Tab: site.Applications,
		Same:   []site.Same{{Command: "weir app delete " + name, Method: http.MethodDelete, Path: "/api/v1/applications/" + name}},
		Fields: []ui.Input{{Name: "sure", Label: "I am sure", Kind: ui.CheckInput, Required: true}},
	}
	return submit(r, form, func(f url.Values) (site.Answer, error) {
		if f.Get("sure") != "on" {
			return site.Answer{}, &client.Problem{Status: http.StatusBadRequest, Detail: "nothing was deleted", Errors: []client.Part{{Location: "sure", Message: "say that you are sure"}}}
		}
		done, err := r.API.DeleteApplication(r.Context(), name)
		notice := name + " is deleted."
		if !done {
			notice = name + " cannot log in any more; its consumer groups are ended as soon as the cluster answers."
		}
		return site.Answer{Redirect: "/applications", Notice: notice}, err
	})
}

func usageTable(u *client.ApplicationUsage, now time.Time) ui.TableView {
	t := ui.TableView{Caption: "What it read and wrote in the last 30 days", Columns: []ui.Column{
		{Title: "Product or stream", Wide: true}, {Title: "Way"}, {Title: "Records", Number: true}, {Title: "Bytes", Number: true}, {Title: "Last"}, {Title: "Client library"}, {Title: "How known"},
	}}
	for _, x := range u.Usage {
		of := ui.Code(x.Stream)
		switch {
		case x.Product != "" && x.Gone:
			of = ui.Text(x.Product + ", which is no more")
		case x.Product != "":
			of = ui.Link(x.Product, on("products", x.Product))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			of, ui.Text(x.Direction), ui.Number(x.Records), ui.Bytes(x.Bytes), ui.Time(x.Last, now), ui.Text(library(x)), ui.Text(x.How),
		}})
	}
	return t
}

func library(u client.Usage) string {
	if u.Library == "" {
		return "not said"
	}
	return u.Library + " " + u.Version
}

func accessTable(all []client.Access, now time.Time) ui.TableView {
	t := ui.TableView{Caption: "What it was allowed to read", Columns: []ui.Column{{Title: "Product", Wide: true}, {Title: "Since"}}}
	for _, a := range all {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Link(a.Product, on("products", a.Product)), ui.Time(a.Created, now)}})
	}
	return t
}
