package publish

import (
	"net/url"

	"github.com/a-h/templ"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// ListView is the page of what could be published.
type ListView struct {
	Topics    []client.UnpublishedTopic
	More      int             // topics that are not shown
	Published []client.Stream // what is published already, and can be taken back
	Teams     bool            // the person is in a team
	Admin     bool
}

// FormView is the form for one topic.
type FormView struct {
	Topic   client.UnpublishedTopic
	Known   bool   // it can be published
	As      string // what it is published as already; empty: nothing that one may know of
	Typed   url.Values
	Terms   client.PublishingTerms
	Problem *client.Problem
}

// Input is one field of the form with what was typed and what is wrong.
func (v FormView) input(in ui.Input) ui.Input {
	in.Value = v.Typed.Get(in.Name)
	in.Error = site.FieldError(v.Problem, in.Name)
	return in
}

// problem is what stands over the form: what is not at its fields.
func (v FormView) problem() *client.Problem {
	if v.Problem == nil {
		return nil
	}
	p := *v.Problem
	p.Errors, p.Fix = nil, ""
	for _, e := range v.Problem.Errors {
		if !formFields[e.Location] {
			p.Errors = append(p.Errors, e)
		}
	}
	if len(v.Problem.Errors) == 0 {
		p.Fix = v.Problem.Fix
	}
	return &p
}

// formFields are those that show their own errors.
var formFields = map[string]bool{
	"as": true, "owner": true, "description": true, "quality": true, "sla": true, "schema": true, "encoding": true, "key": true,
	"keyEncoding": true, "reason": true, "acceptTerms": true, "kind": true, "type": true, "tags": true, "purpose": true, "usage": true,
	"limitations": true, "eventTime": true, "visibility": true, "access": true,
}

func href(topic string) templ.SafeURL { return templ.SafeURL(Path + "/" + url.PathEscape(topic)) }

func options[T ~string](none string, all ...T) []ui.Option {
	var out []ui.Option
	if none != "" {
		out = append(out, ui.Option{Text: none})
	}
	for _, v := range all {
		out = append(out, ui.Option{Value: string(v)})
	}
	return out
}

// explained are the tiers, with what they mean.
func qualities() []ui.Option {
	return []ui.Option{
		{Text: "choose"},
		{Value: string(weir.QualityAuthoritative), Text: "authoritative: the source of it"},
		{Value: string(weir.QualityCurated), Text: "curated: checked and cared for"},
		{Value: string(weir.QualityRaw), Text: "raw: as it came"},
	}
}

func slas() []ui.Option {
	return []ui.Option{
		{Text: "choose"},
		{Value: string(weir.SLATier1), Text: "tier-1: mended at once, at any hour"},
		{Value: string(weir.SLATier2), Text: "tier-2: mended the same day"},
		{Value: string(weir.SLATier3), Text: "tier-3: mended when there is time"},
	}
}

func topicTable(all []client.UnpublishedTopic) ui.TableView {
	t := ui.TableView{
		Caption: "Topics that could be published", Keys: true,
		Columns: []ui.Column{{Title: "Topic"}, {Title: "Of"}, {Title: "What it holds", Wide: true}, {Title: "Schema"}, {Title: "Partitions", Number: true}},
	}
	for _, u := range all {
		of := "the cluster"
		if u.Stream {
			of = "domain " + u.Domain
		}
		schema := ui.Badge(u.Encoding)
		if u.Encoding == "" {
			schema = ui.Text("none yet")
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Link(u.Name, string(href(u.Name))), ui.Text(of), ui.Text(u.Description), schema, ui.Number(int64(u.Partitions)),
		}})
	}
	return t
}

func publishedTable(all []client.Stream) ui.TableView {
	t := ui.TableView{
		Caption: "Streams that are published", Keys: true,
		Columns: []ui.Column{{Title: "Product"}, {Title: "Stream", Wide: true}, {Title: "Take back"}},
	}
	for _, s := range all {
		at := "/products/" + url.PathEscape(s.Published)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{
			ui.Link(s.Published, at), ui.Code(s.Name), ui.Link("Take back", at+"/unpublish"),
		}})
	}
	return t
}
