// Package adoption is the page for the one who has to show progress: how the
// mesh is taken up, as far as the viewer may know of it. It tells domains,
// products and consumers over time, what came first in each domain, which
// products lack an owner, documentation or a consumer, and how long it took from
// a request to the first record.
package adoption

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Path is where the page is.
const Path = "/adoption"

// View is the page.
type View struct {
	client.Adoption
	By string // how far points are apart: day, week, month
}

// Family is the page and its stories.
func Family() site.Family {
	return site.Family{
		Name:    "adoption",
		Routes:  []site.Route{{Method: "GET", Path: Path, Handle: show}},
		Stories: stories(),
	}
}

func show(r *site.Request) (site.Answer, error) {
	by := r.URL.Query().Get("by")
	if by == "" {
		by = "week"
	}
	a, err := r.API.Adoption(r.Context(), by)
	if err != nil {
		return site.Answer{}, err
	}
	return answer(View{Adoption: a, By: by}, r.Now), nil
}

func answer(v View, now time.Time) site.Answer {
	return site.Answer{Title: "Adoption", Tab: site.Domains, Body: page(v, now), Same: []site.Same{
		{Command: "weir adoption --by " + v.By, Method: "GET", Path: "/api/v1/adoption?by=" + v.By},
	}}
}

// tabs are the distances that one can look at.
func (v View) tabs() []ui.TabLink {
	var all []ui.TabLink
	for _, t := range []struct{ by, text string }{{"day", "By day"}, {"week", "By week"}, {"month", "By month"}} {
		all = append(all, ui.TabLink{Text: t.text, Href: Path + "?by=" + t.by, Here: v.By == t.by})
	}
	return all
}

// facts are the newest point, each number with how it came to be.
func (v View) facts() []ui.Fact {
	return []ui.Fact{
		v.grown("domains", func(p client.AdoptionPoint) int { return p.Domains }),
		v.grown("products", func(p client.AdoptionPoint) int { return p.Products }),
		v.grown("consumers", func(p client.AdoptionPoint) int { return p.Consumers }),
		{Label: "read in the last 30 days", Value: strconv.Itoa(v.Reading)},
		{Label: "request to first record", Value: v.wait(), Why: v.waitWhy(), Exact: v.waitWhy()},
	}
}

func (v View) grown(label string, of func(client.AdoptionPoint) int) ui.Fact {
	f := ui.Fact{Label: label}
	for _, p := range v.Points {
		f.Spark = append(f.Spark, float64(of(p)))
		f.Value = strconv.Itoa(of(p))
	}
	return f
}

// wait is the middle one of the times from a request to the first record.
func (v View) wait() string {
	if v.Waits.Done == 0 {
		return ""
	}
	return length(v.Waits.Median)
}

func (v View) waitWhy() string {
	text := "nobody had to ask"
	if v.Waits.Done > 0 {
		text = fmt.Sprintf("half of %d within %s, nine in ten within %s", v.Waits.Done, length(v.Waits.Median), length(v.Waits.Most))
	}
	if v.Waits.Waiting > 0 {
		text += fmt.Sprintf("; %d without a record yet", v.Waits.Waiting)
	}
	return text
}

// length is a time of so many seconds, as people say it.
func length(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return d.Round(100 * time.Millisecond).String()
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// points are the numbers behind the pictures, the newest first.
func (v View) points() ui.TableView {
	t := ui.TableView{Caption: "Over time", Columns: []ui.Column{{Title: "Until", Wide: true}, {Title: "Domains", Number: true}, {Title: "Products", Number: true}, {Title: "Consumers", Number: true}}}
	for i := range v.Points {
		p := v.Points[len(v.Points)-1-i]
		t.Rows = append(t.Rows, row(ui.Text(p.Until.UTC().Format("2006-01-02 15:04")), number(p.Domains), number(p.Products), number(p.Consumers)))
	}
	return t
}

func (v View) domains() ui.TableView {
	t := ui.TableView{Caption: "Domains", Keys: true, Columns: []ui.Column{
		{Title: "Domain", Wide: true}, {Title: "Team"}, {Title: "Products", Number: true}, {Title: "Consumers", Number: true}, {Title: "First product"}, {Title: "First consumer"},
	}}
	for _, d := range v.Domains {
		team := ui.Text("")
		if d.Team != "" {
			team = ui.Link(d.Team, "/teams/"+url.PathEscape(d.Team))
		}
		t.Rows = append(t.Rows, row(ui.Link(d.Name, "/domains/"+url.PathEscape(d.Name)), team, number(d.Products), number(d.Consumers), first(d.FirstProduct), first(d.FirstConsumer)))
	}
	return t
}

// lack is one sort of what products are without.
type lack struct {
	Title, Why, Rest string
	client.LackingSome
}

func (v View) lacks() []lack {
	all := []lack{
		{Title: "Without an owner", Why: "Who answers for them is in no team.", LackingSome: v.Lacking.Owner},
		{Title: "Without documentation", Why: "Nobody wrote any.", LackingSome: v.Lacking.Documentation},
		{Title: "Without a consumer", Why: "No application of another team was given records of them in the last 30 days.", LackingSome: v.Lacking.Consumer},
	}
	for i := range all {
		if more := all[i].Count - len(all[i].shown()); more > 0 {
			all[i].Rest = fmt.Sprintf("and %d more", more)
		}
	}
	return all
}

// shown are the products that a panel names; the command names more.
func (l lack) shown() []string { return l.Products[:min(len(l.Products), 20)] }
