package home

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

func stateWord(s ui.State) string {
	switch s {
	case ui.Failing:
		return "failing"
	case ui.Warning:
		return "warning"
	case ui.Good:
		return "good"
	}
	return "unknown"
}

func stories() []site.Story {
	tell := func(name string, v View) site.Story {
		return site.Story{Name: "home/" + name, Answer: func() site.Answer { return answer(v) }}
	}
	return []site.Story{
		tell("empty", View{Me: "ada", Mesh: "demo", Facts: someFacts("0")}),
		tell("no-products", View{Me: "ada", Mesh: "demo", HasTeam: true, Facts: someFacts("3")}),
		tell("one", some(1)),
		tell("many", some(14)),
		tell("long-names", long()),
		tell("failing", failing()),
		tell("for-you", said()),
		tell("unknown", View{Me: "ada", Mesh: "demo", HasTeam: true, Facts: []ui.Fact{{Label: "products", Why: "the search index is being made"}}}),
	}
}

func someFacts(n string) []ui.Fact {
	return []ui.Fact{
		{Label: "products", Value: n, Exact: n}, {Label: "domains", Value: "5", Exact: "5"}, {Label: "teams", Value: "6", Exact: "6"},
	}
}

func day() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func some(n int) View {
	v := View{Me: "ada", Mesh: "demo", Now: day(), HasTeam: true, Facts: someFacts(fmt.Sprint(n))}
	for i := range n {
		name := fmt.Sprintf("edge.pageviews%d", i)
		v.Mine = append(v.Mine, Mine{
			Name: name, Description: "What users look at on the site: one record for each page view.", Kind: "stream", Encoding: "avro",
			Lifecycle: "active", Owner: "ada", State: ui.Good, Word: "ready",
		})
		v.New = append(v.New, New{Noun: "product", Name: name, Href: "/products/" + name, Did: "made by", Who: "ada", At: day().Add(-time.Duration(i*i) * time.Hour)})
		v.Applications = append(v.Applications, client.Application{Name: fmt.Sprintf("dashboard-%d", i), Team: "edge", Credentials: "active"})
	}
	return v
}

func long() View {
	v := some(2)
	v.Mine[0].Name = strings.Repeat("a-very-long-domain", 3) + "." + strings.Repeat("product-with-a-long-name", 3)
	v.Mine[0].Description = strings.Repeat("A description that goes on and on. ", 30)
	v.Mine[1].Description = strings.Repeat("unbroken", 60)
	v.New[0].Name = v.Mine[0].Name
	v.Me = strings.Repeat("n", 63)
	return v
}

func failing() View {
	v := some(3)
	v.Mine[1].State, v.Mine[1].Word, v.Mine[1].Why = ui.Failing, "lost", "the cluster has no topic of that name"
	v.Mine[2].State, v.Mine[2].Word, v.Mine[2].Why = ui.Warning, "2 warnings", "nobody said how far its data can be trusted"
	v.Troubles = []Trouble{
		{State: ui.Failing, Of: "cluster", Href: "/nodes", Text: "the broker at 127.0.0.1:9092 does not answer"},
		{State: ui.Failing, Of: v.Mine[1].Name, Href: "/products/x", Text: "its topic is lost: the cluster has no topic of that name"},
		{State: ui.Failing, Of: "edge.counts", Href: "/products/edge.counts/query", Text: "its query is stopped: application query-1 may not read edge.pageviews", Fix: "weir query start edge.counts"},
		{
			State: ui.Warning, Of: v.Mine[2].Name, Href: "/products/y", Text: "nobody said how far its data can be trusted; and 1 more warning",
			Fix: "weir product edit edge.pageviews2 --quality curated",
		},
	}
	v.MoreTroubles = 3
	return v
}

func said() View {
	v := some(2)
	v.ForYou = []ForYou{
		{Product: "edge.pageviews", Href: "/products/edge.pageviews/questions", Did: "asks", Who: "zoe", Text: "Is a view without a user in it?", At: day().Add(-2 * time.Hour), Open: true},
		{Product: "membership.users", Href: "/products/membership.users/questions", Did: "announced", Who: "uma", Text: strings.Repeat("From March on, regionid may be null. ", 5), At: day().Add(-26 * time.Hour)},
		{Product: strings.Repeat("d", 63) + "." + strings.Repeat("n", 63), Href: "/products/x/questions", Did: "answered you", Who: strings.Repeat("w", 63), Text: strings.Repeat("unbroken", 25), At: day().Add(-50 * time.Hour)},
	}
	v.MoreForYou = true
	return v
}
