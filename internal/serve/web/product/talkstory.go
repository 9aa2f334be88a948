package product

import (
	"net/http"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// storyTalk is what was said about a product, as somebody sees it.
func storyTalk(me site.Person, change func(*Talk)) func() site.Answer {
	return func() site.Answer {
		v := talkOf(storyKnown(), me, storyNow())
		if change != nil {
			change(&v)
		}
		status := 0
		if v.Problem != nil {
			status = v.Problem.Status
		}
		return talkAnswer(v, status)
	}
}

func storySaid(may bool) func(*Talk) {
	return func(v *Talk) {
		now := storyNow()
		v.Questions = []client.Question{
			{Number: 2, Text: "Is a view without a user in it?\nWe would count those, too.", By: "zoe", Asked: now.Add(-2 * time.Hour), MayAnswer: may, MayDelete: may},
			{Number: 1, Text: "Since when is viewtime in milliseconds?", By: "bob", Asked: now.Add(-70 * 24 * time.Hour), Answer: "Since the first record.", AnsweredBy: "ada", Answered: ptr(now.Add(-69 * 24 * time.Hour)), MayAnswer: may, MayDelete: may},
		}
		v.Announcements = []client.Announcement{{Number: 1, Text: "From March on, pageid may be null.", By: "ada", Announced: now.Add(-26 * time.Hour), MayDelete: may}}
		if may {
			v.Announcements[0].Told = []string{"growth", "risk"}
		}
	}
}

func storySaidLong(v *Talk) {
	storySaid(true)(v)
	v.Questions[0].Text = strings.Repeat("unbroken", 200) + " <script>alert(1)</script>"
	v.Questions[1].Answer = strings.Repeat("An answer that goes on.\n", 60)
	v.Announcements[0].Text, v.MoreNews, v.Next = strings.Repeat("what is new ", 300), true, "?after=x"
}

// talkStories are every state of the page.
func talkStories() []site.Story {
	zoe := site.Person{Name: "zoe"}
	return []site.Story{
		shows("questions", storyTalk(storyMe(), storySaid(true))),
		shows("questions-empty", storyTalk(storyMe(), nil)),
		shows("questions-no-rights", storyTalk(zoe, storySaid(false))),
		shows("questions-long", storyTalk(storyMe(), storySaidLong)),
		shows("questions-failing", storyTalk(storyMe(), func(v *Talk) {
			storySaid(true)(v)
			v.Form, v.Typed = "answer-2", " "
			v.Problem = &client.Problem{Status: http.StatusBadRequest, Where: "answer", Detail: "the text is empty", Fix: "write what you want to say"}
		})),
	}
}
