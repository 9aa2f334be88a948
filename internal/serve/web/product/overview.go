package product

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Overview is the first part.
type Overview struct {
	Head
	Warnings []client.Warning
	Told     []ui.Property // purpose, usage, limitations
	Promises []Promise
	Terms    bool // it has terms of use
	Tags     []TagLink
	Identity []ui.Property
	News     *client.Announcement // the newest; nil: none lately
	Support  []client.Support
	Related  []Related
	Snippets []ui.Snippet
	May      bool // the viewer may be able to mend what is missing
}

// Promise is what an owner declares, beside what was measured.
type Promise struct {
	What, Declared string
	Measured       string // empty: nobody measured it
	State          ui.State
	Why            string
}

// TagLink is a tag with what else has it.
type TagLink struct{ Text, Href string }

// Related is another product, and what it has in common.
type Related struct{ Name, Href, Description, Why string }

func overview(r *site.Request) (site.Answer, error) {
	k, err := load(r)
	if err != nil {
		return site.Answer{}, err
	}
	p := k.product
	var snippets []client.Snippet
	var related []Related
	var news *client.Announcement
	err = all(func() (err error) {
		news, err = newest(r, p.Name)
		return err
	}, func() (err error) {
		snippets, err = r.API.Snippets(r.Context(), p.Name, "", r.Mesh.HTTP)
		return err
	}, func() (err error) {
		related, err = relatives(r.Context(), r.API, p)
		return err
	})
	if err != nil {
		return site.Answer{}, err
	}
	v := overviewOf(k, snippets, related, r.Me, r.Now)
	v.News = news
	return site.Answer{
		Title: p.Name, Tab: site.Explore, Body: overviewPage(v, r.Now),
		Same: append(read("weir product show "+p.Name, api(p.Name, "")), read("weir product snippet "+p.Name, api(p.Name, "snippets"))...),
	}, nil
}

// newsFor is how long an announcement stands on the first page of a product.
const newsFor = 30 * 24 * time.Hour

// newest is what was announced last, if that is not long ago.
func newest(r *site.Request, product string) (*client.Announcement, error) {
	some, err := r.API.SomeAnnouncements(r.Context(), product, "", 1)
	if err != nil || len(some.Items) == 0 || r.Now.Sub(some.Items[0].Announced) > newsFor {
		return nil, err
	}
	return &some.Items[0], nil
}

// overviewOf turns what the API said into the page.
func overviewOf(k known, snippets []client.Snippet, related []Related, me site.Person, now time.Time) Overview {
	p := k.product
	v := Overview{
		Head: head(k, me, partOverview, now), Warnings: p.Warnings, Related: related, Support: p.Support, Terms: p.Terms != "",
		Told: []ui.Property{
			{Label: "Purpose", Value: p.Purpose}, {Label: "How to use it", Value: p.Usage}, {Label: "Not good for", Value: p.Limitations},
		},
		Promises: promises(k, now), Identity: identity(p),
	}
	v.May = len(v.Manage) > 0
	for _, t := range p.Tags {
		facet := "tag=" + t
		if key, value, ok := strings.Cut(t, ":"); ok {
			facet = "tag:" + key + "=" + value
		}
		v.Tags = append(v.Tags, TagLink{t, "/explore?" + url.Values{"f": {facet}}.Encode()})
	}
	for _, s := range snippets {
		v.Snippets = append(v.Snippets, ui.Snippet{Title: s.Title, Language: s.Lang, Code: s.Text, Note: snippetNote(s)})
	}
	return v
}

// snippetNote says how a snippet is run.
func snippetNote(s client.Snippet) string {
	var parts []string
	if s.File != "" {
		parts = append(parts, "Save it as "+s.File+", then: "+strings.Join(nonempty(s.Install, s.Run), "; ")+".")
	} else if s.Install != "" {
		parts = append(parts, "It needs "+s.Title+": "+s.Install+".")
	}
	if s.Lang == "curl" {
		parts = append(parts, "WEIR_TOKEN is a token of yours: weir token create.")
	} else {
		parts = append(parts, "WEIR_APP and WEIR_PASSWORD are the name and the password of an application of one of your teams.")
	}
	return strings.Join(append(parts, nonempty(s.Note)...), " ")
}

func nonempty(all ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == "" })
}

func identity(p client.Product) []ui.Property {
	out := []ui.Property{
		{Label: "URN", Body: ui.Copy(p.URN)}, {Label: "Topic", Body: ui.Copy(p.Topic)},
	}
	if p.Published != nil {
		out = append(out, ui.Property{Label: "Also called", Body: ui.Copy(p.Published.Topic)},
			ui.Property{Label: "Published", Value: "by " + p.Published.By + ", " + ui.UTC(p.Published.At)})
	}
	if p.Query != "" {
		out = append(out, ui.Property{Label: "Made by", Body: ui.Link("a query", at(p.Name, partQuery))})
	}
	for _, s := range p.Subjects {
		text := s.Subject + ": no schema yet"
		if s.Version > 0 {
			text = fmt.Sprintf("%s, version %d, id %d", s.Subject, s.Version, s.ID)
		}
		out = append(out, ui.Property{Label: "Schema of " + s.Of + "s", Body: ui.Link(text, at(p.Name, "schema")+"?of="+s.Of)})
	}
	key := p.KeyEncoding
	if len(p.Key) > 0 {
		key += " of " + strings.Join(p.Key, ", ")
	}
	return append(out,
		ui.Property{Label: "Key", Value: key}, ui.Property{Label: "Type", Value: p.Type}, ui.Property{Label: "Lifecycle", Value: p.Lifecycle},
		ui.Property{Label: "Access", Value: accessWords(p)}, ui.Property{Label: "Event time", Value: eventTime(p)},
		ui.Property{Label: "Partitions", Value: strconv.Itoa(p.Partitions)}, ui.Property{Label: "Retention", Value: p.Retention},
		ui.Property{Label: "Owner", Body: ui.Link(p.Owner, "/people/"+url.PathEscape(p.Owner))}, ui.Property{Label: "Team", Body: teamLink(p.Team)},
		ui.Property{Label: "Domain", Body: ui.Link(p.Domain, "/domains/"+url.PathEscape(p.Domain))}, ui.Property{Label: "Made", Value: ui.UTC(p.Created)})
}

func teamLink(team string) templ.Component {
	if team == "" {
		return ui.Text("none")
	}
	return ui.Link(team, "/teams/"+url.PathEscape(team))
}

func accessWords(p client.Product) string {
	switch {
	case p.Lifecycle == "deprecated" || p.Lifecycle == "retired":
		return "nobody new: it is " + p.Lifecycle
	case p.Access == "request":
		return "applications that its owner allowed"
	case p.Visibility == "domain":
		return "applications of its own domain"
	}
	return "every application"
}

func eventTime(p client.Product) string {
	if p.EventTime == "" {
		return ""
	}
	if p.Lateness == "" {
		return p.EventTime
	}
	return p.EventTime + ", records come at most " + p.Lateness + " late"
}

// promises puts what is declared beside what was measured.
func promises(k known, now time.Time) []Promise {
	p := k.product
	var out []Promise
	if p.Quality != "" {
		out = append(out, Promise{What: "quality tier", Declared: p.Quality, Why: "a tier is the owner's word"})
	}
	if p.SLA != "" {
		out = append(out, Promise{What: "SLA tier", Declared: p.SLA, Why: "failures are not timed"})
	}
	for _, s := range p.SLOs {
		out = append(out, promise(s, k.facts, now))
	}
	return out
}

func promise(s client.SLO, f *client.ProductFacts, now time.Time) Promise {
	out := Promise{What: s.Property, Declared: sloWords(s), Why: s.Property + " is not measured"}
	if f == nil {
		return out
	}
	declared := time.Duration(s.Value * float64(time.Second))
	switch s.Property {
	case "freshness":
		if f.Last == nil {
			out.Why = "it holds no record, or it is not known"
			return out
		}
		age := max(now.Sub(*f.Last), 0)
		out.Measured, out.State, out.Why = "newest record "+ui.Ago(*f.Last, now), ui.Good, ""
		if age > declared {
			out.State, out.Why = ui.Warning, "it is older than promised"
		}
	case "retention":
		if f.First == nil {
			out.Why = "it holds no record, or it is not known"
			return out
		}
		out.Measured, out.State, out.Why = "oldest record "+ui.Ago(*f.First, now), ui.Good, ""
		if now.Sub(*f.First) < declared {
			out.State, out.Why = ui.Unknown, "it is not that old yet, or records were deleted"
		}
	}
	return out
}

func sloWords(s client.SLO) string {
	if s.Unit == "percent" {
		return "at least " + strconv.FormatFloat(s.Value, 'f', -1, 64) + " %"
	}
	d := time.Duration(s.Value * float64(time.Second))
	word := "at most "
	if s.Property == "retention" {
		word = "at least "
	}
	return word + duration(d)
}

// duration is a time in the largest unit that it is a whole number of.
func duration(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		one  string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if d >= u.size && d%u.size == 0 {
			return strconv.FormatInt(int64(d/u.size), 10) + " " + u.one
		}
	}
	return d.String()
}

// Bounds of what is related.
const (
	maxRelated = 8
	maxTerms   = 3
)

// relatives finds products that point to the same terms, and those of the same
// domain. That the search is not there is no failure of the page.
func relatives(ctx context.Context, api *client.Client, p client.Product) ([]Related, error) {
	var out []Related
	take := func(query, why string) error {
		found, err := api.Search(ctx, client.Search{Text: query + " noun:product", Limit: maxRelated})
		if err != nil {
			return err
		}
		for _, h := range found.Items {
			same := func(r Related) bool { return r.Name == h.Name }
			if h.Name != p.Name && len(out) < maxRelated && !slices.ContainsFunc(out, same) {
				out = append(out, Related{h.Name, at(h.Name, ""), h.Description, why})
			}
		}
		return nil
	}
	mine, err := api.Search(ctx, client.Search{Text: `"` + p.Name + `" noun:product domain:` + p.Domain, Limit: 1})
	if err != nil {
		return nil, unsearched(err)
	}
	for _, h := range mine.Items {
		if h.Name != p.Name {
			continue
		}
		for _, t := range h.Terms[:min(len(h.Terms), maxTerms)] {
			if err := take("term:"+t, "speaks of "+t); err != nil {
				return out, unsearched(err)
			}
		}
	}
	return out, unsearched(take("domain:"+p.Domain, "same domain"))
}

// unsearched forgives a search that is not there now.
func unsearched(err error) error {
	var p *client.Problem
	if errors.As(err, &p) {
		return nil
	}
	return err
}
