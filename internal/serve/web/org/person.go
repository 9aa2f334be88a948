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

// PeopleView is the list of people.
type PeopleView struct {
	People []client.Person
	More   int
	Admin  bool
}

// PersonView is one person.
type PersonView struct {
	Person   client.Person
	Now      time.Time
	Roles    []client.Role
	Tokens   []client.Token // as far as one may see them
	Self     bool
	Admin    bool   // the viewer is
	Password string // just made; shown once
	Token    string // the same
	Problem  *client.Problem
	Typed    url.Values
}

func people(r *site.Request) (site.Answer, error) {
	all, err := r.API.People(r.Context())
	if err != nil {
		return site.Answer{}, err
	}
	v := PeopleView{People: all, Admin: r.Me.Admin}
	if len(all) > maxShown {
		v.People, v.More = all[:maxShown], len(all)-maxShown
	}
	return peopleAnswer(v), nil
}

func peopleAnswer(v PeopleView) site.Answer {
	return site.Answer{Title: "People", Tab: site.Domains, Body: peoplePage(v), Same: []site.Same{
		{Command: "weir person list", Method: http.MethodGet, Path: "/api/v1/people"},
	}}
}

func person(r *site.Request) (site.Answer, error) {
	v, err := lookPerson(r)
	if err != nil {
		return site.Answer{}, err
	}
	return personAnswer(v), nil
}

func lookPerson(r *site.Request) (PersonView, error) {
	ctx, name := r.Context(), r.PathValue("name")
	p, err := r.API.Person(ctx, name)
	if err != nil {
		return PersonView{}, err
	}
	v := PersonView{Person: p, Now: r.Now, Self: name == r.Me.Name, Admin: r.Me.Admin, Typed: r.Typed()}
	if v.Roles, err = r.API.Roles(ctx, name, ""); err != nil {
		return v, err
	}
	if !v.Self && !v.Admin {
		return v, nil
	}
	all, err := r.API.Tokens(ctx)
	for _, t := range all {
		if t.Person == name && len(v.Tokens) < maxShown {
			v.Tokens = append(v.Tokens, t)
		}
	}
	return v, err
}

func personAnswer(v PersonView) site.Answer {
	name := v.Person.Name
	a := site.Answer{Title: name, Tab: site.Domains, Body: personPage(v), Same: []site.Same{
		{Command: "weir person show " + name, Method: http.MethodGet, Path: "/api/v1/people/" + name},
		{Command: "weir role list --person " + name, Method: http.MethodGet, Path: "/api/v1/roles?person=" + name},
	}}
	if v.Problem != nil {
		a.Status = v.Problem.Status
	}
	return a
}

// personChanged shows the person after a form: with what was made once, or with
// what was refused.
func personChanged(r *site.Request, err error, change func(*PersonView)) (site.Answer, error) {
	refused := site.Refused(err)
	if err != nil && refused == nil {
		return site.Answer{}, err
	}
	v, err := lookPerson(r)
	if err != nil {
		return site.Answer{}, err
	}
	if v.Problem = refused; refused == nil {
		v.Typed = nil
		change(&v)
	}
	return personAnswer(v), nil
}

func personPassword(r *site.Request) (site.Answer, error) {
	own := r.PostForm.Get("password")
	p, err := r.API.SetPassword(r.Context(), r.PathValue("name"), client.NewPassword{Password: own})
	if err == nil && r.PathValue("name") == r.Me.Name {
		return site.Answer{Redirect: "/sign-in", Notice: "Your password is another now; sign in again."}, nil
	}
	return personChanged(r, err, func(v *PersonView) { v.Password = p.Password })
}

func roleAdd(r *site.Request) (site.Answer, error) {
	_, err := r.API.AddRole(r.Context(), roleOf(r))
	return roleChanged(r, err, "gave")
}

func roleRemove(r *site.Request) (site.Answer, error) {
	return roleChanged(r, r.API.RemoveRole(r.Context(), roleOf(r)), "took")
}

func roleOf(r *site.Request) client.Role {
	return client.Role{Role: text(r.PostForm, "role"), Person: r.PathValue("name"), On: text(r.PostForm, "on")}
}

func roleChanged(r *site.Request, err error, did string) (site.Answer, error) {
	if err == nil {
		return site.Answer{Redirect: on("people", r.PathValue("name")), Notice: "You " + did + " the role " + text(r.PostForm, "role") + "."}, nil
	}
	return personChanged(r, err, func(*PersonView) {})
}

func tokenNew(r *site.Request) (site.Answer, error) {
	t, err := r.API.CreateToken(r.Context(), client.NewToken{Person: r.PathValue("name"), Label: text(r.PostForm, "label"), Expires: text(r.PostForm, "expires")})
	return personChanged(r, err, func(v *PersonView) { v.Token = t.Token })
}

func tokenRemove(r *site.Request) (site.Answer, error) {
	err := r.API.DeleteToken(r.Context(), text(r.PostForm, "token"))
	if err == nil {
		return site.Answer{Redirect: on("people", r.PathValue("name")), Notice: "The token " + text(r.PostForm, "token") + " ended."}, nil
	}
	return personChanged(r, err, func(*PersonView) {})
}

func personNew(r *site.Request) (site.Answer, error) {
	v := formView{
		Title: "New person", Lead: "Somebody who signs in. The password is made up, and shown once.",
		Action: "/new/person", Cancel: "/people", Submit: "Create", Tab: site.Domains,
		Same:   []site.Same{{Command: "weir person create NAME", Method: http.MethodPost, Path: "/api/v1/people"}},
		Fields: []ui.Input{{Name: "name", Label: "Name", Required: true, Mono: true, Help: "1 to 63 lower-case letters, digits and dashes."}},
	}
	return submit(r, v, func(f url.Values) (site.Answer, error) {
		p, err := r.API.CreatePerson(r.Context(), client.NewPerson{Name: text(f, "name")})
		if err != nil {
			return site.Answer{}, err
		}
		return personAnswer(PersonView{Person: p, Now: r.Now, Admin: r.Me.Admin, Password: p.Password}), nil
	})
}

func personTable(v PeopleView) ui.TableView {
	t := ui.TableView{Caption: "People", Keys: true, Columns: []ui.Column{{Title: "Name"}, {Title: "Teams", Wide: true}, {Title: "Roles on the mesh"}}}
	for _, p := range v.People {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Link(p.Name, on("people", p.Name)), links("teams", p.Teams), badges(p.Roles)}})
	}
	return t
}

// roleNames are the roles, the widest first.
func roleNames() []ui.Option {
	var out []ui.Option
	for _, r := range [...]string{"reader", "domain-member", "product-owner", "domain-owner", "steward", "mesh-admin"} {
		out = append(out, ui.Option{Value: r})
	}
	return out
}

// typed is what a form on the page held, for one of its fields.
func (v PersonView) typed(in ui.Input) ui.Input {
	if v.Typed != nil {
		in.Value = v.Typed.Get(in.Name)
	}
	in.Error = site.FieldError(v.Problem, in.Name)
	return in
}
