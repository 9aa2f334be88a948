package publish

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

func stories() []site.Story {
	some := client.UnpublishedTopic{Name: "edge._private.clicks", Stream: true, Domain: "edge", Description: "Every click, raw", Partitions: 3}
	lists := map[string]ListView{
		"empty":   {Teams: true},
		"no-team": {},
		"one":     {Teams: true, Topics: []client.UnpublishedTopic{some}},
		"many":    many(),
		"long-names": {Teams: true, Topics: []client.UnpublishedTopic{{
			Name: strings.Repeat("d", 63) + "._private." + strings.Repeat("n", 63), Stream: true, Domain: strings.Repeat("d", 63), Description: strings.Repeat("long ", 200), Partitions: 64,
		}}},
	}
	terms := client.PublishingTerms{Text: "# Terms of publishing\n\nI may publish this data.", SHA256: "0f0f", Default: true}
	typed := url.Values{"as": {"edge.clicks"}, "description": {"Every click"}, "owner": {"ann"}}
	forms := map[string]FormView{
		"form":    {Topic: some, Known: true, Typed: suggested(some, "ann"), Terms: terms},
		"missing": {Topic: some, Known: true, Typed: typed, Terms: terms, Problem: missing()},
		"policy": {Topic: some, Known: true, Typed: typed, Terms: terms, Problem: &client.Problem{
			Status: 403, Title: "Forbidden", Detail: "a policy of the mesh is against it: the field email is personal, and everybody could read it", Fix: "--access request",
		}},
		"unknown":   {Topic: client.UnpublishedTopic{Name: "orders"}, Typed: url.Values{}},
		"published": {Topic: client.UnpublishedTopic{Name: "edge._private.clicks"}, As: "edge.clicks", Typed: url.Values{}},
	}
	var out []site.Story
	for name, v := range lists {
		out = append(out, site.Story{Name: "publish/list-" + name, Answer: func() site.Answer { return listAnswer(v) }})
	}
	for name, v := range forms {
		out = append(out, site.Story{Name: "publish/" + name, Answer: func() site.Answer { return formAnswer(v) }})
	}
	for name, v := range proposals(terms) {
		out = append(out, site.Story{Name: "publish/product-" + name, Answer: func() site.Answer { return shownProposed(v) }})
	}
	return out
}

// proposals are products that only their domain knows of.
func proposals(terms client.PublishingTerms) map[string]ProposedView {
	p := client.Product{
		Name: "edge.page-counts", Domain: "edge", Team: "edge", Owner: "ann", Kind: "stream", Encoding: "avro", KeyEncoding: "json", Key: []string{"pageid"}, Access: "request",
		Description: "How often each page was looked at", About: client.About{Type: "aggregate", Lifecycle: "proposed"}, Query: "edge.page-counts",
	}
	q := &client.Query{Name: p.Name, Inputs: []string{"edge.pageviews"}, Result: &client.QueryResult{Depth: 1, EventTime: "window_start", Classification: map[string]string{"last_user": "personal"}}}
	there := p
	there.Lifecycle = "active"
	long := p
	long.Name, long.Description = strings.Repeat("d", 63)+"."+strings.Repeat("n", 63), strings.Repeat("long ", 200)
	refused := &client.Problem{Status: 422, Detail: "1 policy refuses product edge.page-counts: described", Fix: "do what it says", Errors: []client.Part{{Location: "quality", Message: "nobody knows how far its data can be trusted"}}}
	return map[string]ProposedView{
		"form":       {Product: p, Query: q, Terms: terms, Typed: planned(p, q)},
		"refused":    {Product: p, Query: q, Terms: terms, Typed: planned(p, q), Problem: refused},
		"published":  {Product: there, Query: q, Terms: terms, Typed: planned(there, q)},
		"unknown":    {Product: p, Terms: terms, Typed: planned(p, nil)},
		"long-names": {Product: long, Query: q, Terms: terms, Typed: planned(long, q)},
	}
}

func many() ListView {
	v := ListView{Teams: true, Admin: true, More: 7, Published: []client.Stream{{Name: "edge._private.views", Domain: "edge", Published: "edge.views"}}}
	for i := range 20 {
		v.Topics = append(v.Topics, client.UnpublishedTopic{
			Name: fmt.Sprintf("edge._private.stream-%02d", i), Stream: true, Domain: "edge", Description: "One of many", Encoding: [...]string{"", "avro"}[i%2], Partitions: i + 1,
		})
	}
	v.Topics = append(v.Topics, client.UnpublishedTopic{Name: "orders", Partitions: 12})
	return v
}

func missing() *client.Problem {
	return &client.Problem{
		Status: 400, Title: "Bad Request", Detail: "edge._private.clicks cannot be published yet: 2 things are missing", Fix: "add --quality raw, --accept-terms",
		Errors: []client.Part{
			{Location: "quality", Message: "nobody knows how far its data can be trusted: --quality authoritative, curated or raw"},
			{Location: "acceptTerms", Message: "the mesh's terms of publishing are not accepted"},
		},
	}
}
