// Package product is the pages of one product: what it is and promises, its
// fields, records, schemas, readers, documentation and history, the query that
// makes it, how to read it, and the forms by which its owner tells and changes
// something.
//
// What a number is not known for, says "not measured" and why. What the viewer
// may not see comes as a count, as the API gives it, or not at all. Forms send
// what was changed and nothing else, with the revision that was looked at: when
// somebody else was faster, the page shows both and keeps what was typed.
package product

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// Family is the pages and their stories.
func Family() site.Family {
	return site.Family{Name: "product", Routes: routes(), Stories: append(stories(), talkStories()...)}
}

func routes() []site.Route {
	get, post := http.MethodGet, http.MethodPost
	const at = "/products/{name}"
	return []site.Route{
		{Method: get, Path: at, Handle: overview},
		{Method: get, Path: at + "/fields", Handle: fields},
		{Method: get, Path: at + "/fields/note", Handle: noteForm},
		{Method: post, Path: at + "/fields/note", Handle: noteSave},
		{Method: get, Path: at + "/records", Handle: records},
		{Method: get, Path: at + "/records/{partition}/{offset}", Handle: record},
		{Method: get, Path: at + "/schema", Handle: schemaPage},
		{Method: get, Path: at + "/query", Handle: queryShow},
		{Method: post, Path: at + "/query/pause", Handle: pauseQuery},
		{Method: post, Path: at + "/query/start", Handle: startQuery},
		{Method: post, Path: at + "/query/stop", Handle: stopQuery},
		{Method: get, Path: at + "/query/delete", Handle: removeQueryForm},
		{Method: post, Path: at + "/query/delete", Handle: removeQuery},
		{Method: get, Path: at + "/readers", Handle: readers},
		{Method: get, Path: at + "/questions", Handle: talk},
		{Method: post, Path: at + "/questions", Handle: say},
		{Method: post, Path: at + "/readers/plan", Handle: planAdd},
		{Method: post, Path: at + "/readers/unplan", Handle: planRemove},
		{Method: post, Path: at + "/readers/allow", Handle: planAllow},
		{Method: post, Path: at + "/readers/decline", Handle: planDecline},
		{Method: get, Path: at + "/documentation", Handle: documentation},
		{Method: get, Path: at + "/documentation/edit", Handle: textForm},
		{Method: post, Path: at + "/documentation/edit", Handle: textSave},
		{Method: get, Path: at + "/activity", Handle: activity},
		{Method: get, Path: at + "/edit", Handle: editForm},
		{Method: post, Path: at + "/edit", Handle: editSave},
		{Method: get, Path: at + "/access", Handle: accessForm},
		{Method: post, Path: at + "/access", Handle: accessSave},
		{Method: get, Path: at + "/deprecate", Handle: deprecateForm},
		{Method: post, Path: at + "/deprecate", Handle: deprecateDo},
		{Method: post, Path: at + "/activate", Handle: activateDo},
		{Method: get, Path: at + "/unpublish", Handle: unpublishForm},
		{Method: post, Path: at + "/unpublish", Handle: unpublishDo},
		{Method: get, Path: at + "/delete", Handle: deleteForm},
		{Method: post, Path: at + "/delete", Handle: deleteDo},
	}
}

// factsFor is how long a page waits for what is measured.
const factsFor = 3 * time.Second

// at is the address of a product, or of a part of it.
func at(name, part string) string {
	out := "/products/" + url.PathEscape(name)
	if part != "" {
		out += "/" + part
	}
	return out
}

// all waits for several questions; the error is the first one's that failed.
func all(questions ...func() error) error {
	errs := make([]error, len(questions))
	var wg sync.WaitGroup
	for i, q := range questions {
		wg.Go(func() { errs[i] = q() })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// known are the product and what was measured of it.
type known struct {
	product client.Product
	facts   *client.ProductFacts // nil: they could not be had
	why     string               // then why
}

// load asks for what every page of a product shows.
func load(r *site.Request) (known, error) {
	var k known
	name := r.PathValue("name")
	err := all(func() (err error) {
		k.product, err = r.API.Product(r.Context(), name)
		return err
	}, func() error {
		ctx, cancel := context.WithTimeout(r.Context(), factsFor)
		defer cancel()
		f, err := r.API.ProductFacts(ctx, name)
		if err == nil {
			k.facts = &f
			return nil
		}
		k.why = "it could not be asked for in time"
		var p *client.Problem
		if errors.As(err, &p) {
			k.why = p.Detail
		}
		return nil
	})
	return k, err
}

// Head is what stands over every part of a product.
type Head struct {
	Name, Version string
	Description   string
	Badges        []string
	Team, Owner   string
	Facts         []ui.Fact
	Tabs          []ui.TabLink
	Lifecycle     string // unless it is active
	Successor     string
	Topic         string // what is wrong with its topic
	Manage        []Choice
	Back          string // of a form: where it belongs
}

// Choice is one line of a menu.
type Choice struct {
	Text, Href, Icon string
	Danger           bool
	Post             bool
}

// The parts of a product.
const (
	partOverview      = ""
	partFields        = "fields"
	partRecords       = "records"
	partSchema        = "schema"
	partQuery         = "query"
	partReaders       = "readers"
	partQuestions     = "questions"
	partDocumentation = "documentation"
	partActivity      = "activity"
)

func head(k known, me site.Person, part string, now time.Time) Head {
	p := k.product
	h := Head{
		Name: p.Name, Version: version(p.Major), Description: p.Description, Team: p.Team, Owner: p.Owner,
		Badges: []string{p.Kind, p.Encoding, p.Type, p.Access}, Facts: strip(k, now), Back: at(p.Name, ""),
	}
	if p.Visibility == "domain" {
		h.Badges = append(h.Badges, "its domain alone")
	}
	if p.Lifecycle != "active" {
		h.Lifecycle, h.Successor = p.Lifecycle, p.Successor
	}
	if p.Status.Topic != "ready" {
		h.Topic = topicWords(p.Status)
	}
	for _, t := range []struct{ text, part string }{
		{"Overview", partOverview}, {"Fields", partFields}, {"Records", partRecords}, {"Schema", partSchema},
		{"Query", partQuery}, {"Readers", partReaders}, {"Questions", partQuestions}, {"Documentation", partDocumentation}, {"Activity", partActivity},
	} {
		if t.part != partQuery || p.Query != "" {
			h.Tabs = append(h.Tabs, ui.TabLink{Text: t.text, Href: at(p.Name, t.part), Here: t.part == part})
		}
		if t.part == partQuery {
			h.Tabs = append(h.Tabs, ui.TabLink{Text: "Lineage", Href: followAt(p.Name, "")})
		}
	}
	if me.Admin || me.Name == p.Owner || slices.Contains(me.Teams, p.Team) {
		h.Manage = manage(p)
	}
	return h
}

// manage is what may be offered; what is allowed, the API decides.
func manage(p client.Product) []Choice {
	var out []Choice
	if p.Lifecycle == "proposed" {
		out = append(out, Choice{Text: "Publish", Href: at(p.Name, "publish"), Icon: "upload"})
	}
	out = append(out,
		Choice{Text: "Edit what it tells", Href: at(p.Name, "edit"), Icon: "pencil"},
		Choice{Text: "Edit documentation", Href: at(p.Name, "documentation/edit"), Icon: "file-text"},
		Choice{Text: "Visibility and access", Href: at(p.Name, "access"), Icon: "lock"},
	)
	if p.Lifecycle == "deprecated" || p.Lifecycle == "retired" {
		out = append(out, Choice{Text: "Make it active again", Href: at(p.Name, "activate"), Icon: "undo-2", Post: true})
	} else {
		out = append(out, Choice{Text: "Deprecate", Href: at(p.Name, "deprecate"), Icon: "triangle-alert"})
	}
	if p.Published != nil {
		return append(out, Choice{Text: "Take back", Href: at(p.Name, "unpublish"), Icon: "undo-2", Danger: true})
	}
	return append(out, Choice{Text: "Delete", Href: at(p.Name, "delete"), Icon: "trash-2", Danger: true})
}

func topicWords(s client.Status) string {
	words := map[string]string{
		"pending":   "Its topic is being made; clients cannot use it yet",
		"adjusting": "Its topic is being changed",
		"ending":    "Its topic is being deleted",
		"lost":      "The cluster has no such topic, or another one of that name",
	}[s.Topic]
	if s.Problem != "" {
		words += ": " + s.Problem
	}
	return words
}

// strip is the strip of facts.
func strip(k known, now time.Time) []ui.Fact {
	f := k.facts
	if f == nil {
		f = &client.ProductFacts{Problems: []string{k.why}}
	}
	why := "the cluster did not say"
	if len(f.Problems) > 0 {
		why = f.Problems[0]
	}
	records, rate, last, since := ui.Fact{Label: "records", Why: why}, ui.Fact{Label: "rate", Why: "not counted yet, since this node started"}, ui.Fact{Label: "last record", Why: why}, ui.Fact{Label: "history since", Why: why}
	if f.Records != nil {
		records = ui.Fact{Label: "records", Value: ui.ShortNumber(float64(*f.Records)), Exact: ui.Exact(*f.Records) + " between the first and the last offset"}
		if *f.Records == 0 {
			last.Why, since.Why = "it holds no record", "it holds no record"
		}
	}
	if f.Pace.PerSecond != nil {
		rate = ui.Fact{Label: "rate", Value: ui.ShortRate(*f.Pace.PerSecond), Exact: "records written a second, through the gateway", Spark: minutes(f.Pace.Minutes)}
	}
	if f.Last != nil {
		last = ui.Fact{Label: "last record", Value: ui.Ago(*f.Last, now), Exact: ui.UTC(*f.Last)}
	}
	if f.First != nil {
		since = ui.Fact{Label: "history since", Value: f.First.UTC().Format("2 Jan 2006"), Exact: ui.UTC(*f.First)}
	}
	readers := ui.Fact{Label: "readers", Why: why}
	if f.Readers != nil {
		readers = ui.Fact{Label: "readers", Value: ui.Exact(int64(*f.Readers)), Exact: "applications and persons in the last 30 days"}
	}
	return []ui.Fact{records, rate, last, readers, since, {Label: "valid", Why: "records are not checked against the contract"}}
}

func minutes(m []int64) []float64 {
	out := make([]float64, len(m))
	for i, n := range m {
		out[i] = float64(n)
	}
	return out
}

// read is the command and the call of a page that only shows.
func read(command, path string) []site.Same {
	return []site.Same{{Command: command, Method: http.MethodGet, Path: "/api/v1" + path}}
}

// api is the path of a product in the API.
func api(name, part string) string { return at(name, part) }

// problem is what the API refused, if it did.
func problem(err error) *client.Problem {
	var p *client.Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// refused reports whether an error is something that the person can mend in a
// form: any refusal but that they are nobody, or that there is nothing.
func refused(err error) *client.Problem {
	p := problem(err)
	if p == nil || p.Status == http.StatusUnauthorized || p.Status == http.StatusNotFound || p.Status >= 500 {
		return nil
	}
	return p
}
