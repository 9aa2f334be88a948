package home

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// ForYou is something that was said to the person, or to a team of theirs.
type ForYou struct {
	Product string
	Href    string
	Did     string // asks, announced, answered
	Who     string
	Text    string
	At      time.Time
	Open    bool // it waits for an answer
}

// Bounds of what is told: how much, how old what needs no answer may be, and how
// many letters of it.
const (
	maxForYou  = 12
	forYouFor  = 30 * 24 * time.Hour
	forYouText = 200
)

// forYou gathers what waits for an answer first, then what is new.
func (v *View) forYou(ctx context.Context, r *site.Request) error {
	questions, err := r.API.MyQuestions(ctx, false)
	if err != nil {
		return err
	}
	announced, err := r.API.MyAnnouncements(ctx)
	if err != nil {
		return err
	}
	all := append(asked(questions.Items, r.Me.Name, r.Now), announcements(announced.Items, r.Me.Name, r.Now)...)
	slices.SortStableFunc(all, func(a, b ForYou) int {
		if a.Open != b.Open {
			if a.Open {
				return -1
			}
			return 1
		}
		return b.At.Compare(a.At)
	})
	v.ForYou = all[:min(len(all), maxForYou)]
	v.MoreForYou = len(all) > maxForYou || questions.More || announced.More
	return nil
}

// asked are questions that wait for the person's answer, and answers to their own.
func asked(all []client.Question, me string, now time.Time) []ForYou {
	var out []ForYou
	for _, q := range all {
		f := ForYou{Product: q.Product, Href: productHref(q.Product) + "/questions"}
		switch {
		case q.Answer == "" && q.MayAnswer:
			f.Did, f.Who, f.Text, f.At, f.Open = "asks", q.By, q.Text, q.Asked, true
		case q.Answered != nil && q.By == me && now.Sub(*q.Answered) < forYouFor:
			f.Did, f.Who, f.Text, f.At = "answered you", q.AnsweredBy, q.Answer, *q.Answered
		default:
			continue
		}
		f.Text = cut(f.Text)
		out = append(out, f)
	}
	return out
}

// announcements are what others announced lately.
func announcements(all []client.Announcement, me string, now time.Time) []ForYou {
	var out []ForYou
	for _, a := range all {
		if a.By != me && now.Sub(a.Announced) < forYouFor {
			out = append(out, ForYou{Product: a.Product, Href: productHref(a.Product) + "/questions", Did: "announced", Who: a.By, Text: cut(a.Text), At: a.Announced})
		}
	}
	return out
}

// cut is the beginning of a text, in a line.
func cut(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= forYouText {
		return string(runes)
	}
	return string(runes[:forYouText]) + "…"
}
