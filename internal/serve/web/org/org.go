// Package org is the pages of who owns what: domains, teams, people,
// applications and their credentials, and tokens.
//
// A secret that is made is shown once, on the page that answers the form that
// made it, and stands in no address. What a form asks for and may not be, stays
// typed, with the reason beside it.
package org

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// maxShown bounds each list on a page; the commands list all.
const maxShown = 500

// Family is the pages and their stories.
func Family() site.Family {
	get, post := http.MethodGet, http.MethodPost
	return site.Family{
		Name: "org",
		Routes: []site.Route{
			{Method: get, Path: "/domains", Handle: domains},
			{Method: get, Path: "/domains/{name}", Handle: domain},
			{Method: get, Path: "/domains/{name}/edit", Handle: domainEdit},
			{Method: post, Path: "/domains/{name}/edit", Handle: domainEdit},
			{Method: get, Path: "/new/domain", Handle: domainNew},
			{Method: post, Path: "/new/domain", Handle: domainNew},

			{Method: get, Path: "/teams", Handle: teams},
			{Method: get, Path: "/teams/{name}", Handle: team},
			{Method: post, Path: "/teams/{name}/add", Handle: teamAdd},
			{Method: post, Path: "/teams/{name}/remove", Handle: teamRemove},
			{Method: get, Path: "/new/team", Handle: teamNew},
			{Method: post, Path: "/new/team", Handle: teamNew},

			{Method: get, Path: "/applications", Handle: applications},
			{Method: get, Path: "/applications/{name}", Handle: application},
			{Method: post, Path: "/applications/{name}/rotate", Handle: applicationRotate},
			{Method: post, Path: "/applications/{name}/plans/add", Handle: applicationPlan},
			{Method: post, Path: "/applications/{name}/plans/remove", Handle: applicationUnplan},
			{Method: get, Path: "/applications/{name}/delete", Handle: applicationDelete},
			{Method: post, Path: "/applications/{name}/delete", Handle: applicationDelete},
			{Method: get, Path: "/new/application", Handle: applicationNew},
			{Method: post, Path: "/new/application", Handle: applicationNew},

			{Method: get, Path: "/people", Handle: people},
			{Method: get, Path: "/people/{name}", Handle: person},
			{Method: post, Path: "/people/{name}/password", Handle: personPassword},
			{Method: post, Path: "/people/{name}/roles/add", Handle: roleAdd},
			{Method: post, Path: "/people/{name}/roles/remove", Handle: roleRemove},
			{Method: post, Path: "/people/{name}/tokens", Handle: tokenNew},
			{Method: post, Path: "/people/{name}/tokens/remove", Handle: tokenRemove},
			{Method: get, Path: "/new/person", Handle: personNew},
			{Method: post, Path: "/new/person", Handle: personNew},
		},
		Stories: stories(),
	}
}

// formView is a page that is one form.
type formView struct {
	Title, Lead    string
	Action, Cancel string
	Submit         string
	Danger         bool
	Fields         []ui.Input
	Problem        *client.Problem
	Same           []site.Same
	Tab            site.Tab
	Hurt           templ.Component // what it would do to others; nil: nothing
}

// answerForm shows a form: with what was typed, and with what is wrong at its
// field.
func answerForm(v formView, typed url.Values) site.Answer {
	shown := map[string]bool{}
	for i, in := range v.Fields {
		if typed != nil {
			v.Fields[i].Value = typed.Get(in.Name)
		}
		v.Fields[i].Error = site.FieldError(v.Problem, in.Name)
		shown[in.Name] = v.Fields[i].Error != ""
	}
	a := site.Answer{Title: v.Title, Tab: v.Tab, Same: v.Same}
	if v.Problem != nil {
		a.Status = v.Problem.Status
		v.Problem = besides(v.Problem, shown)
	}
	a.Body = formPage(v)
	return a
}

// besides is a refusal without what stands at the fields.
func besides(p *client.Problem, shown map[string]bool) *client.Problem {
	out := *p
	out.Errors = nil
	for _, e := range p.Errors {
		if !shown[strings.TrimPrefix(e.Location, "body.")] {
			out.Errors = append(out.Errors, e)
		}
	}
	return &out
}

// submit shows a form, or does what was sent. do gives where to go then.
func submit(r *site.Request, v formView, do func(typed url.Values) (site.Answer, error)) (site.Answer, error) {
	if r.Method != http.MethodPost {
		return answerForm(v, r.Typed()), nil
	}
	a, err := do(r.PostForm)
	if err == nil {
		return a, nil
	}
	if v.Problem = site.Refused(err); v.Problem == nil {
		return site.Answer{}, err
	}
	return answerForm(v, r.PostForm), nil
}

// on is the address of a thing's page.
func on(noun, name string) string { return "/" + noun + "/" + url.PathEscape(name) }

func links(noun string, names []string) templ.Component {
	return linkList(noun, names)
}

func text(f url.Values, name string) string { return strings.TrimSpace(f.Get(name)) }
