// Package activity is the page of the record: who did what, when and through
// what, with what differs since and why; refused attempts too. Everybody sees
// what their scope covers, which the API decides.
//
// The filters are in the address, so a view of the record can be sent to
// somebody. The page works without a script; with one it says how many entries
// came since.
package activity

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Path is where the page stands.
const Path = "/activity"

// perPage is how many entries a page has.
const perPage = 50

// Family is the page and its stories.
func Family() site.Family {
	return site.Family{
		Name:    "activity",
		Routes:  []site.Route{{Method: http.MethodGet, Path: Path, Handle: show}},
		Stories: stories(),
	}
}

func show(r *site.Request) (site.Answer, error) {
	f := filterOf(r.URL.Query())
	page, err := r.API.EntryPage(r.Context(), f)
	v := View{Now: r.Now, Filter: f}
	switch p := problem(err); {
	case err != nil && p == nil:
		return site.Answer{}, err
	case p != nil:
		v.Problem = p
	default:
		v.Lines = lines(page.Items)
		v.Next = page.Next
	}
	return answer(v), nil
}

// problem is a filter that the API does not take: the form shows it. Anything
// else is not the form's fault.
func problem(err error) *client.Problem {
	p, ok := err.(*client.Problem)
	if !ok || p.Status != http.StatusBadRequest && p.Status != http.StatusUnprocessableEntity && p.Status != http.StatusNotFound {
		return nil
	}
	return p
}

func answer(v View) site.Answer {
	a := site.Answer{Title: "Activity", Tab: site.Activity, Body: page(v), Same: []site.Same{{
		Command: command(v.Filter), Method: http.MethodGet, Path: "/api/v1/audit" + queryText(v.Filter.Values()),
	}}}
	if v.Problem != nil {
		a.Status = v.Problem.Status
	}
	return a
}

// fields are the filters that the page has, by their names in addresses, which
// are the API's and the command's too.
func fields(f *client.EntryFilter) map[string]*string {
	return map[string]*string{
		"by": &f.By, "about": &f.About, "noun": &f.Noun, "what": &f.What, "door": &f.Door, "result": &f.Result,
		"since": &f.Since, "until": &f.Until, "why": &f.Why, "cursor": &f.Cursor,
	}
}

func filterOf(q url.Values) client.EntryFilter {
	f := client.EntryFilter{Limit: perPage}
	for name, field := range fields(&f) {
		*field = strings.TrimSpace(strings.ToValidUTF8(q.Get(name), "�"))
	}
	return f
}

// href is the address of a view of the record.
func href(f client.EntryFilter) string {
	q := f.Values()
	q.Del("limit")
	return Path + queryText(q)
}

func queryText(q url.Values) string {
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// order is how a command's flags are written.
var order = [...]string{"by", "about", "noun", "what", "door", "result", "since", "until", "why"}

// command is the one that lists the same.
func command(f client.EntryFilter) string {
	parts := []string{"weir audit list"}
	named := fields(&f)
	for _, name := range order {
		if value := *named[name]; value != "" {
			parts = append(parts, "--"+name+" "+site.Quoted(value))
		}
	}
	return strings.Join(append(parts, "--limit 50"), " ")
}
