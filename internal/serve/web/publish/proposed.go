package publish

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// ProposedPath is the form for a product that only its domain knows of, such as
// one that a query makes.
const ProposedPath = "/products/{name}/publish"

// ProposedView is the form for a product that is there, and proposed.
type ProposedView struct {
	Product client.Product
	Query   *client.Query // that makes it; nil: none that the viewer may know of
	Terms   client.PublishingTerms
	Typed   url.Values
	Problem *client.Problem
}

func proposedPath(product string) string { return "/products/" + url.PathEscape(product) + "/publish" }

func proposedForm(r *site.Request) (site.Answer, error) { return proposedAnswer(r, nil) }

// proposedAnswer is the form with what was typed, and why it was refused.
func proposedAnswer(r *site.Request, refusal *client.Problem) (site.Answer, error) {
	v := ProposedView{Typed: r.Typed(), Problem: refusal}
	var err error
	if v.Product, err = r.API.Product(r.Context(), r.PathValue("name")); err != nil {
		return site.Answer{}, err
	}
	if v.Product.Query != "" {
		q, err := r.API.Query(r.Context(), v.Product.Query)
		if err != nil && site.Refused(err) == nil {
			return site.Answer{}, err
		}
		if err == nil {
			v.Query = &q
		}
	}
	if v.Terms, err = r.API.PublishingTerms(r.Context()); err != nil {
		return site.Answer{}, err
	}
	if v.Typed == nil {
		v.Typed = planned(v.Product, v.Query)
	}
	return shownProposed(v), nil
}

// planned is what the form begins with: what the product tells already, and what
// follows from the plan of the query that makes it.
func planned(p client.Product, q *client.Query) url.Values {
	v := url.Values{
		"description": {p.Description}, "owner": {p.Owner}, "type": {p.Type}, "purpose": {p.Purpose}, "limitations": {p.Limitations}, "quality": {p.Quality}, "sla": {p.SLA},
		"tags": {strings.Join(p.Tags, ", ")}, "eventTime": {p.EventTime}, "visibility": {"mesh"}, "access": {p.Access},
	}
	if q == nil {
		return v
	}
	if q.Result != nil && q.Result.EventTime != "" {
		v.Set("eventTime", cmp.Or(p.EventTime, q.Result.EventTime))
	}
	if p.Limitations == "" && q.AtEnd {
		v.Set("limitations", "It holds nothing of before it was made.")
	}
	return v
}

func shownProposed(v ProposedView) site.Answer {
	a := site.Answer{Title: "Publish " + v.Product.Name, Tab: site.Publish, Body: proposedPage(v), Same: []site.Same{sameProposed(v.Product.Name, publication(v.Typed))}}
	if v.Problem != nil {
		a.Status = v.Problem.Status
	}
	return a
}

// publication is what the form asks for.
func publication(f url.Values) client.ProductPublication {
	asked := request(f)
	out := client.ProductPublication{Telling: asked.Telling}
	set := func(to **string, text string) {
		if text != "" {
			*to = &text
		}
	}
	set(&out.Owner, asked.Owner)
	set(&out.Description, asked.Description)
	set(&out.Visibility, asked.Visibility)
	set(&out.Access, asked.Access)
	return out
}

func sendProposed(r *site.Request) (site.Answer, error) {
	name := r.PathValue("name")
	var opts []client.Option
	if why := oneLine(r.PostForm.Get("reason")); why != "" {
		opts = append(opts, client.Reason(why))
	}
	asked := publication(r.PostForm)
	p, err := r.API.PublishProduct(r.Context(), name, asked, opts...)
	if refused := site.Refused(err); refused != nil {
		return proposedAnswer(r, refused)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.Answer{
		Redirect: "/products/" + url.PathEscape(p.Name), Notice: p.Name + " is published: others find it now.", Same: []site.Same{sameProposed(name, asked)},
	}, nil
}

// sameProposed is the command that publishes as the form would.
func sameProposed(name string, p client.ProductPublication) site.Same {
	parts := []string{"weir product publish", site.Quoted(name)}
	flag := func(name string, value *string) {
		if value != nil {
			parts = append(parts, "--"+name, site.Quoted(*value))
		}
	}
	flag("owner", p.Owner)
	flag("description", p.Description)
	flag("type", p.Type)
	flag("quality", p.Quality)
	flag("sla", p.SLA)
	flag("visibility", p.Visibility)
	flag("access", p.Access)
	flag("purpose", p.Purpose)
	flag("limitations", p.Limitations)
	flag("event-time", p.EventTime)
	for _, t := range p.Tags {
		flag("tag", &t)
	}
	s := site.Same{Command: strings.Join(parts, " "), Method: http.MethodPost, Path: "/api/v1" + proposedPath(name)}
	if body, err := json.Marshal(p); err == nil {
		s.Body = string(body)
	}
	return s
}

// input is one field of the form with what was typed and what is wrong.
func (v ProposedView) input(in ui.Input) ui.Input {
	return FormView{Typed: v.Typed, Problem: v.Problem}.input(in)
}

// facts are what the plan says, which nobody has to fill in.
func (v ProposedView) facts() []ui.Property {
	p := v.Product
	out := []ui.Property{
		{Label: "Kind", Value: p.Kind}, {Label: "Encoding", Value: p.Encoding + "; keys: " + p.KeyEncoding}, {Label: "Key", Value: cmp.Or(strings.Join(p.Key, ", "), "none")},
	}
	if v.Query == nil {
		return out
	}
	out = append(out, ui.Property{Label: "Made of", Value: cmp.Or(strings.Join(v.Query.Inputs, ", "), "nothing that you may know of")})
	if r := v.Query.Result; r != nil {
		out = append(out, ui.Property{Label: "Personal or secret", Value: cmp.Or(sensitive(r.Classification), "none")}, ui.Property{Label: "Depth", Value: strconv.Itoa(r.Depth)})
	}
	return out
}

func sensitive(classes map[string]string) string {
	var out []string
	for column, class := range classes {
		if class == "personal" || class == "secret" {
			out = append(out, column+" ("+class+")")
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
