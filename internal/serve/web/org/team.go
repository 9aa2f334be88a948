package org

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// TeamsView is the list of teams.
type TeamsView struct {
	Teams []client.Team
	Owns  map[string][]string // domains by team
	More  int
	Admin bool
}

// TeamView is one team.
type TeamView struct {
	Team         client.Team
	Domains      []string
	Applications []client.Application
	Edit         bool // the person may change who is in it
	Problem      *client.Problem
	Typed        string
}

func teams(r *site.Request) (site.Answer, error) {
	all, err := r.API.Teams(r.Context())
	if err != nil {
		return site.Answer{}, err
	}
	owns, err := owned(r)
	if err != nil {
		return site.Answer{}, err
	}
	v := TeamsView{Teams: all, Owns: owns, Admin: r.Me.Admin}
	if len(all) > maxShown {
		v.Teams, v.More = all[:maxShown], len(all)-maxShown
	}
	return teamsAnswer(v), nil
}

func teamsAnswer(v TeamsView) site.Answer {
	return site.Answer{Title: "Teams", Tab: site.Domains, Body: teamsPage(v), Same: []site.Same{
		{Command: "weir team list", Method: http.MethodGet, Path: "/api/v1/teams"},
	}}
}

// owned lists the domains of each team.
func owned(r *site.Request) (map[string][]string, error) {
	all, err := r.API.Domains(r.Context())
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for _, d := range all {
		out[d.Team] = append(out[d.Team], d.Name)
	}
	return out, nil
}

func team(r *site.Request) (site.Answer, error) {
	v, err := lookTeam(r)
	if err != nil {
		return site.Answer{}, err
	}
	return teamAnswer(v), nil
}

func lookTeam(r *site.Request) (TeamView, error) {
	t, err := r.API.Team(r.Context(), r.PathValue("name"))
	if err != nil {
		return TeamView{}, err
	}
	owns, err := owned(r)
	if err != nil {
		return TeamView{}, err
	}
	v := TeamView{Team: t, Domains: owns[t.Name], Edit: r.Me.Admin}
	apps, err := r.API.Applications(r.Context())
	for _, a := range apps {
		if a.Team == t.Name && len(v.Applications) < maxShown {
			v.Applications = append(v.Applications, a)
		}
	}
	return v, err
}

func teamAnswer(v TeamView) site.Answer {
	a := site.Answer{Title: v.Team.Name, Tab: site.Domains, Body: teamPage(v), Same: []site.Same{
		{Command: "weir team show " + v.Team.Name, Method: http.MethodGet, Path: "/api/v1/teams/" + v.Team.Name},
	}}
	if v.Problem != nil {
		a.Status = v.Problem.Status
	}
	return a
}

func teamAdd(r *site.Request) (site.Answer, error) {
	name, who := r.PathValue("name"), text(r.PostForm, "person")
	_, err := r.API.AddMember(r.Context(), name, who)
	return teamChanged(r, err, who+" is in the team "+name+".")
}

func teamRemove(r *site.Request) (site.Answer, error) {
	name, who := r.PathValue("name"), text(r.PostForm, "person")
	err := r.API.RemoveMember(r.Context(), name, who)
	return teamChanged(r, err, who+" is in the team "+name+" no more.")
}

// teamChanged goes back to the team, or shows it with what was refused.
func teamChanged(r *site.Request, err error, notice string) (site.Answer, error) {
	if err == nil {
		return site.Answer{Redirect: on("teams", r.PathValue("name")), Notice: notice}, nil
	}
	p := site.Refused(err)
	if p == nil {
		return site.Answer{}, err
	}
	v, err := lookTeam(r)
	v.Problem, v.Typed = p, text(r.PostForm, "person")
	if err != nil {
		return site.Answer{}, err
	}
	return teamAnswer(v), nil
}

func teamNew(r *site.Request) (site.Answer, error) {
	v := formView{
		Title: "New team", Lead: "People who own domains and applications together.",
		Action: "/new/team", Cancel: "/teams", Submit: "Create", Tab: site.Domains,
		Same: []site.Same{{Command: "weir team create NAME --description TEXT", Method: http.MethodPost, Path: "/api/v1/teams"}},
		Fields: []ui.Input{
			{Name: "name", Label: "Name", Required: true, Mono: true, Help: "1 to 63 lower-case letters, digits and dashes."},
			{Name: "description", Label: "Description", Kind: ui.AreaInput, Rows: 2},
		},
	}
	return submit(r, v, func(f url.Values) (site.Answer, error) {
		t, err := r.API.CreateTeam(r.Context(), client.NewTeam{Name: text(f, "name"), Description: text(f, "description")})
		return site.Answer{Redirect: on("teams", t.Name), Notice: "The team " + t.Name + " is there."}, err
	})
}

func teamTable(v TeamsView) ui.TableView {
	t := ui.TableView{
		Caption: "Teams", Keys: true,
		Columns: []ui.Column{{Title: "Team"}, {Title: "Domains"}, {Title: "What it does", Wide: true}, {Title: "People", Number: true}},
	}
	for _, x := range v.Teams {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Link(x.Name, on("teams", x.Name)), links("domains", v.Owns[x.Name]), ui.Text(x.Description), ui.Number(int64(len(x.Members))),
		}})
	}
	return t
}

func applicationTable(all []client.Application, withTeam bool) ui.TableView {
	t := ui.TableView{Caption: "Applications", Keys: true, Columns: []ui.Column{{Title: "Application"}, {Title: "What it does", Wide: true}, {Title: "Login"}}}
	if withTeam {
		t.Columns = append(t.Columns, ui.Column{Title: "Team"})
	}
	for _, a := range all {
		row := ui.Row{Cells: []templ.Component{ui.Link(a.Name, on("applications", a.Name)), ui.Text(a.Description), login(a)}}
		if withTeam {
			row.Cells = append(row.Cells, ui.Link(a.Team, on("teams", a.Team)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// login says whether an application can log in.
func login(a client.Application) templ.Component {
	switch {
	case a.Ending:
		return ui.Status(ui.Warning, "is being deleted", "its consumer groups are ended on the cluster")
	case a.Credentials == "active":
		return ui.Status(ui.Good, "can log in", "")
	case a.Credentials == "none":
		return ui.Status(ui.Warning, "no credential", "it cannot log in until it gets one")
	}
	return ui.Status(ui.Unknown, "not shown", "its team knows")
}
