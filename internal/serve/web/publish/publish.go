// Package publish is where a topic becomes a product, and a product that is
// proposed one that others know of: the list of topics that could be published,
// and the forms that ask for what others need before they rely on it. Nothing of
// the topic changes by it.
//
// The form shows everything that is missing at once, each at its field, and
// keeps what was typed. Whoever sends it has seen the terms of publishing: the
// form carries which text it showed, and terms that were replaced meanwhile are
// shown again.
package publish

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// Path is where the pages stand.
const Path = "/publish"

// Family is the pages and their stories.
func Family() site.Family {
	return site.Family{
		Name: "publish",
		Routes: []site.Route{
			{Method: http.MethodGet, Path: Path, Handle: list},
			{Method: http.MethodGet, Path: Path + "/{topic}", Handle: form},
			{Method: http.MethodPost, Path: Path + "/{topic}", Handle: send},
			{Method: http.MethodGet, Path: ProposedPath, Handle: proposedForm},
			{Method: http.MethodPost, Path: ProposedPath, Handle: sendProposed},
		},
		Stories: stories(),
	}
}

func list(r *site.Request) (site.Answer, error) {
	topics, err := r.API.UnpublishedTopics(r.Context(), "")
	if err != nil {
		return site.Answer{}, err
	}
	streams, err := r.API.Streams(r.Context(), "")
	if err != nil {
		return site.Answer{}, err
	}
	v := ListView{Teams: len(r.Me.Teams) > 0, Admin: r.Me.Admin}
	v.Topics, v.More = first(topics)
	for _, s := range streams {
		if s.Published != "" && len(v.Published) < maxShown {
			v.Published = append(v.Published, s)
		}
	}
	return listAnswer(v), nil
}

// maxShown bounds each list on the page; the command lists all.
const maxShown = 200

func first(all []client.UnpublishedTopic) ([]client.UnpublishedTopic, int) {
	if len(all) > maxShown {
		return all[:maxShown], len(all) - maxShown
	}
	return all, 0
}

func listAnswer(v ListView) site.Answer {
	return site.Answer{Title: "Publish", Tab: site.Publish, Body: listPage(v), Same: []site.Same{{
		Command: "weir topic list --unpublished", Method: http.MethodGet, Path: "/api/v1/topics/unpublished",
	}}}
}

func form(r *site.Request) (site.Answer, error) {
	v, err := look(r)
	if err != nil {
		return site.Answer{}, err
	}
	return formAnswer(v), nil
}

// look asks for what the form needs. Somebody typed before, or nobody did.
func look(r *site.Request) (FormView, error) {
	v := FormView{Topic: client.UnpublishedTopic{Name: r.PathValue("topic")}, Typed: r.Typed()}
	all, err := r.API.UnpublishedTopics(r.Context(), "")
	if err != nil {
		return v, err
	}
	for _, t := range all {
		if t.Name == v.Topic.Name {
			v.Topic, v.Known = t, true
		}
	}
	if v.Terms, err = r.API.PublishingTerms(r.Context()); err != nil {
		return v, err
	}
	if v.Typed == nil {
		v.Typed = suggested(v.Topic, r.Me.Name)
	}
	if !v.Known {
		v.As, err = publishedAs(r, v.Topic.Name)
	}
	return v, err
}

// publishedAs is the product that a stream is already, as far as the person may
// know.
func publishedAs(r *site.Request, topic string) (string, error) {
	s, err := r.API.Stream(r.Context(), topic)
	if p := site.Refused(err); p != nil && p.Status == http.StatusNotFound {
		return "", nil
	}
	return s.Published, err
}

// suggested is what a form begins with: what can be known without asking.
func suggested(t client.UnpublishedTopic, me string) url.Values {
	v := url.Values{"owner": {me}, "description": {t.Description}, "encoding": {t.Encoding}, "kind": {"stream"}, "type": {"source-aligned"}}
	if domain, name, ok := strings.Cut(t.Name, "._private."); ok {
		v.Set("as", domain+"."+name)
	}
	return v
}

func send(r *site.Request) (site.Answer, error) {
	asked := request(r.PostForm)
	var opts []client.Option
	if why := oneLine(r.PostForm.Get("reason")); why != "" {
		opts = append(opts, client.Reason(why))
	}
	p, err := r.API.Publish(r.Context(), r.PathValue("topic"), asked, opts...)
	if err == nil {
		return site.Answer{
			Redirect: "/products/" + url.PathEscape(p.Name),
			Notice:   p.Name + " is published: " + p.Published.Topic + " is what it was, and others find it now.",
			Same:     []site.Same{same(r.PathValue("topic"), asked, r.PostForm.Get("reason"))},
		}, nil
	}
	refused := site.Refused(err)
	if refused == nil {
		return site.Answer{}, err
	}
	v, err := look(r)
	if err != nil {
		return site.Answer{}, err
	}
	v.Problem = refused
	return formAnswer(v), nil
}

// oneLine is a text without line ends, as a header takes it.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// request is what the form asks for; what was left empty is not said.
func request(f url.Values) client.NewPublication {
	text := func(name string) *string {
		if s := strings.TrimSpace(f.Get(name)); s != "" {
			return &s
		}
		return nil
	}
	return client.NewPublication{
		As: strings.TrimSpace(f.Get("as")), Owner: strings.TrimSpace(f.Get("owner")), Description: strings.TrimSpace(f.Get("description")),
		Kind: f.Get("kind"), Encoding: f.Get("encoding"), KeyEncoding: f.Get("keyEncoding"), Key: site.Words(f.Get("key")),
		Visibility: f.Get("visibility"), Access: f.Get("access"), Schema: strings.TrimSpace(f.Get("schema")),
		Telling: client.Telling{
			Type: text("type"), Quality: text("quality"), SLA: text("sla"), Purpose: text("purpose"), Usage: text("usage"),
			Limitations: text("limitations"), EventTime: text("eventTime"), Tags: site.Words(f.Get("tags")),
		},
		AcceptTerms: f.Get("acceptTerms") == "on", AcceptedTerms: f.Get("acceptedTerms"),
	}
}

func formAnswer(v FormView) site.Answer {
	a := site.Answer{Title: "Publish " + v.Topic.Name, Tab: site.Publish, Body: formPage(v)}
	if v.Problem != nil {
		a.Status = v.Problem.Status
	} else if !v.Known {
		a.Status = http.StatusNotFound
	}
	a.Same = []site.Same{same(v.Topic.Name, request(v.Typed), v.Typed.Get("reason"))}
	return a
}
