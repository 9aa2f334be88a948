// Package lineage is the pages on which one follows data: where a product, a
// private stream or an application gets it from, where it goes, field by field,
// and what a failure or a change there reaches; now, or as it was at a time.
//
// All of it stands in tables, for who has no script; with one there is a picture
// beside them, of the same things. What the viewer may not know of is a closed
// box without a name in both, as the API gives it.
package lineage

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Path is where the pages stand.
const Path = "/lineage"

// maxOffered bounds the products from which one can choose where to begin; the
// others are written by name.
const maxOffered = 200

// Family is the pages and their stories.
func Family() site.Family {
	return site.Family{
		Name: "lineage",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: begin},
			{Method: http.MethodGet, Path: Path + "/{name}", Handle: show},
		},
		Stories: stories(),
	}
}

// begin asks of what, and goes there once it is said.
func begin(r *site.Request) (site.Answer, error) {
	if of := strings.TrimSpace(r.URL.Query().Get("of")); of != "" {
		name, field, _ := strings.Cut(of, "#")
		return site.Answer{Redirect: href(name, field)}, nil
	}
	some, more, err := r.API.SomeProducts(r.Context(), "", maxOffered)
	if err != nil {
		return site.Answer{}, err
	}
	return beginAnswer(Start{Products: offered(some), More: more}), nil
}

func beginAnswer(v Start) site.Answer {
	return site.Answer{Title: "Lineage", Tab: site.Lineage, Body: startPage(v), Same: []site.Same{{
		Command: "weir lineage DOMAIN.PRODUCT", Method: http.MethodGet, Path: "/api/v1/lineage/{name}",
	}}}
}

// href is the address of the lineage of a thing, or of one of its fields.
func href(name, field string) string {
	out := Path + "/" + url.PathEscape(name)
	if field != "" {
		out += "?" + url.Values{"field": {field}}.Encode()
	}
	return out
}

// Asked is what stands in the address: which part, and of when.
type Asked struct {
	Field, Direction, Depth, At, Since string
}

func askedOf(q url.Values) Asked {
	get := func(name string) string { return strings.TrimSpace(strings.ToValidUTF8(q.Get(name), "�")) }
	return Asked{Field: get("field"), Direction: get("direction"), Depth: get("depth"), At: get("at"), Since: get("since")}
}

// question is what the API is asked. Errors: *client.Problem for what is no time
// or no number.
func (a Asked) question() (client.LineageQuestion, error) {
	q := client.LineageQuestion{Field: a.Field, Up: a.Direction == "up", Down: a.Direction == "down", Since: a.Since}
	if a.Depth != "" {
		n, err := strconv.Atoi(a.Depth)
		if err != nil || n < 0 || n > 1000 {
			return q, wrong("depth", strconv.Quote(a.Depth)+" is no number of steps", "write a number up to 1000, or nothing for as far as it goes")
		}
		q.Depth = n
	}
	if a.At == "" {
		return q, nil
	}
	var err error
	q.At, err = moment(a.At)
	return q, err
}

func wrong(where, detail, fix string) *client.Problem {
	return &client.Problem{Status: http.StatusBadRequest, Title: "Bad Request", Where: where, Detail: detail, Fix: fix}
}

// moment reads a day, which is its end, or a time; without a zone it is UTC.
func moment(s string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Second), nil
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, wrong("at", strconv.Quote(s)+" is no time", "write a day, such as 2026-03-01, or a time in UTC, such as 2026-03-01 12:00")
}

// show is the lineage of one thing.
func show(r *site.Request) (site.Answer, error) {
	v := View{Name: r.PathValue("name"), Asked: askedOf(r.URL.Query()), Now: r.Now}
	q, err := v.Asked.question()
	if err == nil {
		err = v.ask(r, q)
	}
	var p *client.Problem
	if errors.As(err, &p) && mends(p) {
		v.Problem, err = p, nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return answer(v), nil
}

// mends reports whether the form can mend what was refused.
func mends(p *client.Problem) bool {
	return p.Status == http.StatusBadRequest || p.Status == http.StatusUnprocessableEntity || p.Where == "field"
}

// ask asks for all that the page shows, at once. That the fields to choose from
// cannot be had takes nothing else away.
func (v *View) ask(r *site.Request, q client.LineageQuestion) error {
	ctx := r.Context()
	var wg sync.WaitGroup
	var told, hurt error
	wg.Go(func() { v.Lineage, told = r.API.Lineage(ctx, v.Name, q) })
	if v.Asked.Direction != "up" {
		wg.Go(func() { v.Impact, hurt = r.API.Impact(ctx, v.Name, q) })
	}
	wg.Go(func() { v.Choices = fieldsOf(r, v.Name) })
	wg.Wait()
	if told != nil {
		return told
	}
	return hurt
}

// fieldsOf are the fields of a product, as far as they are known.
func fieldsOf(r *site.Request, name string) []string {
	if !strings.Contains(name, ".") || strings.Contains(name, "._private.") {
		return nil
	}
	got, err := r.API.ProductFields(r.Context(), name)
	if err != nil {
		return nil
	}
	var out []string
	for _, f := range got.Fields {
		if f.Path != "" {
			out = append(out, f.Path)
		}
	}
	return out
}

func answer(v View) site.Answer {
	a := site.Answer{Title: "Lineage of " + v.title(), Tab: site.Lineage, Body: page(v), Same: same(v)}
	if v.Problem != nil {
		a.Status = v.Problem.Status
	}
	return a
}

// same are the commands and calls of what the page shows.
func same(v View) []site.Same {
	flags, q := "", url.Values{}
	for _, f := range []struct{ name, value string }{{"depth", v.Asked.Depth}, {"at", v.Asked.At}, {"since", v.Asked.Since}} {
		if f.value != "" {
			flags += " --" + f.name + " " + site.Quoted(f.value)
		}
	}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("field", v.Asked.Field)
	set("depth", v.Asked.Depth)
	set("since", v.Asked.Since)
	if t, err := moment(v.Asked.At); err == nil {
		set("at", t.UTC().Format(time.RFC3339))
	}
	of := " " + site.Quoted(v.title())
	direction := map[string]string{"up": " --up", "down": " --down"}[v.Asked.Direction]
	impact := site.Same{Command: "weir impact" + of + flags, Method: http.MethodGet, Path: call("impact", v.Name, q)}
	set("direction", v.Asked.Direction)
	lineage := site.Same{Command: "weir lineage" + of + direction + flags, Method: http.MethodGet, Path: call("lineage", v.Name, q)}
	if v.Asked.Direction == "up" {
		return []site.Same{lineage}
	}
	return []site.Same{lineage, impact}
}

func call(what, name string, q url.Values) string {
	out := "/api/v1/" + what + "/" + url.PathEscape(name)
	if len(q) > 0 {
		out += "?" + q.Encode()
	}
	return out
}
