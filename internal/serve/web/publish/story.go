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
	return out
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
