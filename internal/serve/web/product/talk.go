package product

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// What a form of the page does.
const (
	doAsk      = "ask"
	doAnswer   = "answer"
	doAnnounce = "announce"
	doDrop     = "drop"     // a question
	doWithdraw = "withdraw" // an announcement
)

// Talk is what people say about a product, and the forms to say something.
type Talk struct {
	Head
	Questions     []client.Question
	Next          string
	Announcements []client.Announcement
	MoreNews      bool
	May           bool   // announce; what is allowed, the API decides
	Form          string // the one that was sent: ask, announce, answer-3
	Typed         string
	Problem       *client.Problem
	Now           time.Time
}

// Bounds of what the page shows at once.
const (
	talkPage = 50
	maxNews  = 20
)

func talk(r *site.Request) (site.Answer, error) {
	v, err := talkView(r)
	if err != nil {
		return site.Answer{}, err
	}
	if t := r.Typed(); t != nil {
		v.Form, v.Typed = formOf(t)
	}
	return talkAnswer(v, 0), nil
}

func talkView(r *site.Request) (Talk, error) {
	k, err := load(r)
	if err != nil {
		return Talk{}, err
	}
	v := talkOf(k, r.Me, r.Now)
	err = all(func() error {
		got, err := r.API.SomeQuestions(r.Context(), v.Name, r.URL.Query().Get("after"), talkPage)
		v.Questions = got.Items
		if got.Next != "" {
			v.Next = at(v.Name, partQuestions) + "?" + url.Values{"after": {got.Next}}.Encode()
		}
		return err
	}, func() error {
		got, err := r.API.SomeAnnouncements(r.Context(), v.Name, "", maxNews)
		v.Announcements, v.MoreNews = got.Items, got.Next != ""
		return err
	})
	return v, err
}

func talkOf(k known, me site.Person, now time.Time) Talk {
	v := Talk{Head: head(k, me, partQuestions, now), Now: now}
	v.May = len(v.Manage) > 0
	return v
}

func talkAnswer(v Talk, status int) site.Answer {
	return site.Answer{Status: status, Title: "Questions about " + v.Name, Tab: site.Explore, Body: talkPageOf(v), Same: append(
		read("weir question list "+v.Name, api(v.Name, "questions")), read("weir announcement list "+v.Name, api(v.Name, "announcements"))...)}
}

// formOf is which form was sent, and what was typed into it.
func formOf(t url.Values) (form, text string) {
	form = t.Get("do")
	if form == doAnswer {
		form += "-" + t.Get("number")
	}
	return form, strings.ReplaceAll(t.Get(form), "\r\n", "\n")
}

// say does what a form asks for.
func say(r *site.Request) (site.Answer, error) {
	name := r.PathValue("name")
	form, text := formOf(r.PostForm)
	n, _ := strconv.Atoi(r.PostForm.Get("number")) // 0 is no number, which is refused
	a, err := said(r, name, r.PostForm.Get("do"), n, text)
	p := refused(err)
	if p == nil {
		return a, err
	}
	v, err := talkView(r)
	if err != nil {
		return site.Answer{}, err
	}
	v.Form, v.Typed, v.Problem = form, text, p
	return talkAnswer(v, p.Status), nil
}

func said(r *site.Request, name, do string, n int, text string) (site.Answer, error) {
	ctx, done := r.Context(), site.Answer{Redirect: at(name, partQuestions)}
	same := func(method, path, command string, body any) error {
		b, err := json.Marshal(body)
		s := site.Same{Command: command, Method: method, Path: "/api/v1" + api(name, path)}
		if body != nil {
			s.Body = string(b)
		}
		done.Same = []site.Same{s}
		return err
	}
	saying := client.Saying{Text: text}
	switch do {
	case doAsk:
		if _, err := r.API.Ask(ctx, name, text); err != nil {
			return done, err
		}
		done.Notice = "It is asked. Those who answer for " + name + " find it on their first page."
		return done, same(http.MethodPost, "questions", "weir question ask "+name+" "+site.Quoted(text), saying)
	case doAnswer:
		if _, err := r.API.Answer(ctx, name, n, text); err != nil {
			return done, err
		}
		done.Notice = "It is answered."
		return done, same(http.MethodPut, fmt.Sprintf("questions/%d/answer", n), fmt.Sprintf("weir question answer %s %d %s", name, n, site.Quoted(text)), saying)
	case doAnnounce:
		got, err := r.API.Announce(ctx, name, text)
		if err != nil {
			return done, err
		}
		done.Notice = "It is announced" + toWhom(got.Told) + "."
		return done, same(http.MethodPost, "announcements", "weir announcement make "+name+" "+site.Quoted(text), saying)
	case doDrop:
		done.Notice = "The question is gone."
		if err := r.API.DeleteQuestion(ctx, name, n); err != nil {
			return done, err
		}
		return done, same(http.MethodDelete, fmt.Sprintf("questions/%d", n), fmt.Sprintf("weir question delete %s %d", name, n), nil)
	case doWithdraw:
		done.Notice = "The announcement is taken back."
		if err := r.API.DeleteAnnouncement(ctx, name, n); err != nil {
			return done, err
		}
		return done, same(http.MethodDelete, fmt.Sprintf("announcements/%d", n), fmt.Sprintf("weir announcement delete %s %d", name, n), nil)
	}
	return done, &client.Problem{Status: http.StatusBadRequest, Detail: "the form does not say what to do", Fix: "load the page again"}
}

// toWhom says which teams an announcement was told to.
func toWhom(teams []string) string {
	if len(teams) == 0 {
		return " on this page; no other team is known to read it"
	}
	return " to " + joined(shorten(teams, 10))
}

// typed is what stands in a form, and what was refused of it.
func (v Talk) typed(form string) (string, *client.Problem) {
	if v.Form != form {
		return "", nil
	}
	return v.Typed, v.Problem
}

// elsewhere is a refusal of a form that the page does not show any more, or of a
// button.
func (v Talk) elsewhere() *client.Problem {
	if v.Form == doAsk || v.Form == doAnnounce && v.May {
		return nil
	}
	for _, q := range v.Questions {
		if v.Form == answerForm(q) && q.MayAnswer {
			return nil
		}
	}
	return v.Problem
}

func answerForm(q client.Question) string { return fmt.Sprintf("%s-%d", doAnswer, q.Number) }

// clipped is the beginning of a text.
func clipped(text string) string {
	const most = 160
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most]) + "…"
}

func problemOf(v Talk, form string) *client.Problem {
	_, p := v.typed(form)
	return p
}

func sayInput(v Talk, form, label string) ui.Input {
	text, _ := v.typed(form)
	return ui.Input{Name: form, Label: label, Kind: ui.AreaInput, Value: text, Rows: 3, Required: true, Attrs: map[string]any{"maxlength": "4096"}}
}
