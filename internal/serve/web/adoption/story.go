package adoption

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

func stories() []site.Story {
	tell := func(name string, a client.Adoption) site.Story {
		return site.Story{Name: "adoption/" + name, Answer: func() site.Answer { return answer(View{Adoption: a, By: "week"}, storyNow()) }}
	}
	return []site.Story{tell("empty", client.Adoption{At: storyNow()}), tell("some", storySome()), tell("long-names", storyLong())}
}

func storyNow() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// storySome is a mesh that grows, with a domain that nobody reads.
func storySome() client.Adoption {
	now := storyNow()
	a := client.Adoption{At: now, Reading: 4, Waits: client.RequestTimes{Done: 5, Waiting: 1, Median: 5400, Most: 4 * 86400}}
	for i := range 12 {
		a.Points = append(a.Points, client.AdoptionPoint{Until: now.AddDate(0, 0, 7*(i-11)), Domains: 1 + i/4, Products: i * i / 8, Consumers: i / 2})
	}
	a.Domains = []client.AdoptionDomain{
		{Name: "edge", Team: "edge", Products: 3, Consumers: 4, Since: now.AddDate(0, 0, -77), FirstProduct: &client.FirstTime{Name: "edge.pageviews", At: now.AddDate(0, 0, -70)}, FirstConsumer: &client.FirstTime{Name: "dashboard", At: now.AddDate(0, 0, -66)}},
		{Name: "shop", Team: "shop", Products: 1, Since: now.AddDate(0, 0, -9), FirstProduct: &client.FirstTime{At: now.AddDate(0, 0, -8)}},
	}
	a.Lacking.Consumer = client.LackingSome{Count: 1, Products: []string{"shop.orders"}}
	a.Counted = client.Measured{Since: now.AddDate(0, 0, -77), Gaps: []client.Gap{{From: now.AddDate(0, 0, -3), Until: now.AddDate(0, 0, -3).Add(time.Minute), Why: "the node ended"}}}
	return a
}

// storyLong has the longest names, and more than is shown.
func storyLong() client.Adoption {
	a := storySome()
	long := strings.Repeat("d", 63)
	a.Domains[0].Name, a.Domains[0].Team = long, strings.Repeat("t", 63)
	a.Domains[0].FirstProduct.Name = long + "." + strings.Repeat("p", 63)
	for i := range 100 {
		a.Lacking.Documentation.Products = append(a.Lacking.Documentation.Products, fmt.Sprintf("%s.%s%03d", long, strings.Repeat("n", 60), i))
	}
	a.Lacking.Documentation.Count = 412
	return a
}
