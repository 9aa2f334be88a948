package org

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

func render(t *testing.T, a site.Answer) string {
	t.Helper()
	var b bytes.Buffer
	if err := a.Body.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestStoriesRender(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		if render(t, s.Answer()) == "" {
			t.Errorf("%s is empty", s.Name)
		}
	}
}

// A form that was refused keeps what was typed, and says what is wrong where.
func TestRefusedFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	v := formView{
		Title: "New team", Action: "/new/team", Submit: "Create", Fields: []ui.Input{{Name: "name", Label: "Name"}, {Name: "description", Label: "Description"}},
		Problem: &client.Problem{Status: 400, Detail: "wrong", Errors: []client.Part{{Location: "body.name", Message: "is too long"}, {Location: "header", Message: "is odd"}}},
	}
	a := answerForm(v, url.Values{"name": {"A <b>"}, "description": {"kept text"}})
	page := render(t, a)
	for _, want := range []string{`value="A &lt;b&gt;"`, "kept text", "is too long", "is odd"} {
		if strings.Count(page, want) != 1 {
			t.Errorf("%q stands there %d times", want, strings.Count(page, want))
		}
	}
	if a.Status != 400 {
		t.Errorf("status %d", a.Status)
	}
}

// What is offered to whom: only for comfort, the API decides.
func TestOffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer  site.Answer
		has, no string
	}{
		"an admin adds members":          {teamAnswer(TeamView{Team: client.Team{Name: "web"}, Edit: true}), "/teams/web/add", "\x00"},
		"others do not":                  {teamAnswer(TeamView{Team: client.Team{Name: "web"}}), "Nobody is in it", "/teams/web/add"},
		"one sees one's tokens":          {personAnswer(PersonView{Person: client.Person{Name: "ann"}, Self: true}), "/people/ann/tokens", "/roles/add"},
		"not those of others":            {personAnswer(PersonView{Person: client.Person{Name: "ann"}}), "ann", "/people/ann/tokens"},
		"one's team's credentials":       {applicationAnswer(ApplicationView{Application: client.Application{Name: "a"}, Edit: true}), "/applications/a/rotate", "\x00"},
		"not of other teams":             {applicationAnswer(ApplicationView{Application: client.Application{Name: "a"}}), "not shown", "/rotate"},
		"nor of what is being ended":     {applicationAnswer(ApplicationView{Application: client.Application{Name: "a", Ending: true}, Edit: true}), "is being deleted", "/rotate"},
		"a domain's streams are its own": {domainAnswer(DomainView{Domain: client.Domain{Name: "edge"}, Streams: []client.Stream{{Name: "edge._private.x"}}}), "edge", "_private.x"},
	} {
		page := render(t, c.answer)
		if !strings.Contains(page, c.has) || strings.Contains(page, c.no) {
			t.Errorf("%s: %s", name, page)
		}
	}
}

// A password that was typed is never sent back.
func TestPasswordIsNotSentBack(t *testing.T) {
	t.Parallel()
	page := render(t, personAnswer(PersonView{
		Person: client.Person{Name: "ann"}, Self: true, Typed: url.Values{"password": {"my secret word"}},
		Problem: &client.Problem{Status: http.StatusBadRequest, Detail: "too short", Where: "password"},
	}))
	if strings.Contains(page, "my secret word") || !strings.Contains(page, "too short") {
		t.Error(page)
	}
}
