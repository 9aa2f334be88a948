package explore

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

// stories are the page in every state, with canned data.
func stories() []site.Story {
	found := func(s state, f client.Found) func() site.Answer {
		return func() site.Answer {
			v := view(s, f)
			v.measured(usedNow(f), storyNow())
			return answer(s, v)
		}
	}
	nothing := view(state{text: "pageveiws kafka"}, client.Found{})
	nothing.Near = []Near{{Text: "without “kafka”", Count: 3, Href: "/explore?q=pageveiws"}, {Text: "edge.pageviews", Href: "/products/edge.pageviews"}}
	return []site.Story{
		{Name: "explore/empty", Answer: found(state{}, client.Found{})},
		{Name: "explore/one", Answer: found(state{}, one())},
		{Name: "explore/many", Answer: found(state{}, many(20, ""))},
		{Name: "explore/matched", Answer: found(state{text: "page"}, matched())},
		{Name: "explore/narrowed", Answer: found(state{text: "user", chosen: []choice{{"domain", "edge"}, {"tag:area", "web"}}}, many(3, ""))},
		{Name: "explore/long-names", Answer: found(state{text: "n"}, many(4, strings.Repeat("long-name", 7)))},
		{Name: "explore/corrected", Answer: found(state{text: "pagevews"}, corrected())},
		{Name: "explore/building", Answer: found(state{}, building())},
		{Name: "explore/nothing", Answer: func() site.Answer { return answer(state{text: "pageveiws kafka"}, nothing) }},
		{Name: "explore/failing", Answer: func() site.Answer {
			s := state{text: `color:red`}
			return answer(s, refused(s, &client.Problem{Status: 400, Where: "q", Detail: `character 1, "color:red": there is no facet "color"`, Fix: "use tag, noun, domain; or put quotes around it to search for the words"}))
		}},
		{Name: "explore/preview", Answer: previewStory},
	}
}

func storyNow() time.Time { return time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC) }

// usedNow is something else of each: fast, slow, never written, and, of every
// fourth, nothing.
func usedNow(f client.Found) client.ManyFacts {
	out := client.ManyFacts{DayFrom: storyNow().Add(-24 * time.Hour)}
	for i, h := range f.Items {
		fast, day, readers, last := 21.4, int64(1_204_113), i, storyNow().Add(-2*time.Second)
		one := client.BriefFacts{Product: h.Name, PerSecond: &fast, Day: &day, Readers: &readers, Last: &last, Minutes: []int64{1200, 1100, 1300, 1250, 400, 1290}}
		switch i % 4 {
		case 1:
			fast, day, last = 0.004, 340, last.Add(-3*time.Hour)
		case 2:
			fast, day, one.Last, one.Empty, one.Minutes = 0, 0, nil, true, []int64{0, 0, 0}
		case 3:
			continue
		}
		out.Items = append(out.Items, one)
	}
	return out
}

func one() client.Found { return many(1, "") }

func many(n int, name string) client.Found {
	f := client.Found{Total: n, Facets: []client.Facet{
		{Name: "noun", Values: []client.FacetCount{{Value: "product", Count: n}, {Value: "domain", Count: 5}, {Value: "term", Count: 4}}},
		{Name: "domain", Values: []client.FacetCount{{Value: "edge", Count: 7}, {Value: "execution", Count: 4}, {Value: "membership", Count: 3}}},
		{Name: "classification", Values: []client.FacetCount{{Value: "personal", Count: 6}, {Value: "internal", Count: 2}}},
		{Name: "tag:area", Values: []client.FacetCount{{Value: "web", Count: 5}, {Value: "finance", Count: 2}}},
		{Name: "quality", Values: []client.FacetCount{{Value: "authoritative", Count: 5}, {Value: "raw", Count: 2}}},
		{Name: "owner", Values: []client.FacetCount{{Value: "ada", Count: 9}, {Value: "bo", Count: 2}}, More: 12},
	}}
	for i := range n {
		h := client.Hit{
			Noun: "product", Name: fmt.Sprintf("edge%s.pageviews-%d", name, i), Description: "What users look at on the site: one record for each page view. " + strings.Repeat(name+" ", 8),
			Domain: "edge", Owner: "ada" + name, Kind: "stream", Format: "avro", Quality: "authoritative", SLA: "tier-2", Lifecycle: "active",
			Classification: []string{"personal"}, Tags: []string{"area:web" + name, "pii:user"},
		}
		if i == 2 {
			h.Lifecycle = "deprecated"
		}
		f.Items = append(f.Items, h)
	}
	if n >= perPage {
		f.Total, f.Next = 97, "20"
	}
	return f
}

func matched() client.Found {
	f := many(3, "")
	f.Items[0].Matches = []client.Match{
		{Place: "name", Parts: []client.MatchPart{{Text: "edge."}, {Text: "page", Found: true}, {Text: "views-0"}}},
		{Place: "field", Of: "pageid", Parts: []client.MatchPart{{Text: "page", Found: true}, {Text: "id"}}},
	}
	f.Items[1].Matches = []client.Match{{Place: "documentation", Parts: []client.MatchPart{{Text: "… each "}, {Text: "page", Found: true}, {Text: " <script>alert(1)</script> is counted …"}}}}
	f.Items[2] = client.Hit{Noun: "term", Name: "page", Description: "One address of the web site.", Matches: []client.Match{{Place: "name", Parts: []client.MatchPart{{Text: "page", Found: true}}}}}
	return f
}

func corrected() client.Found {
	f := many(1, "")
	f.Corrected = []client.Correction{{From: "pagevews", To: "pageviews"}}
	return f
}

func building() client.Found {
	f := many(2, "")
	f.Building = "building: 120 of 5000"
	return f
}

func previewStory() site.Answer {
	now := time.Date(2026, 11, 21, 15, 0, 0, 0, time.UTC)
	records, rate, last := int64(1_204_113), 21.4, now.Add(-2*time.Second)
	p := client.Product{Name: "edge.pageviews", Description: "What users look at on the site", Team: "edge", Owner: "ada", Access: "open", About: client.About{Purpose: "To know what is read"}}
	fields := client.ProductFields{Fields: []client.ProductField{{Path: "viewtime", Type: "long"}, {Path: "userid", Type: "string", Description: "Who", Classification: "personal"}}}
	v := previewView(p, fields, &client.ProductFacts{Records: &records, Last: &last, Pace: client.Pace{PerSecond: &rate}}, now)
	return site.Answer{Title: "Preview", Tab: site.Explore, Body: previewBody(v), Bare: true}
}
