package lineage

import (
	"fmt"
	"strings"
	"time"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
)

func storyNow() time.Time { return time.Date(2026, 5, 12, 10, 0, 0, 0, time.UTC) }

func stories() []site.Story {
	out := []site.Story{
		{Name: "lineage/start-empty", Answer: func() site.Answer { return beginAnswer(Start{}) }},
		{Name: "lineage/start-many", Answer: func() site.Answer {
			v := Start{More: true}
			for i := range 30 {
				v.Products = append(v.Products, Offer{fmt.Sprintf("edge.pageviews-%d", i), "stream", "edge", "What users look at on the site"})
			}
			return beginAnswer(v)
		}},
	}
	for name, of := range map[string]func() View{
		"many": storyMany, "field": storyField, "alone": storyAlone, "closed": storyClosed, "past": storyPast, "no-question": storyWrong, "no-counts": storyUncounted,
		"long-names": storyLong, "of-an-application": storyApplication, "large": storyLarge,
	} {
		out = append(out, site.Story{Name: "lineage/" + name, Answer: func() site.Answer { return answer(of()) }})
	}
	return out
}

// told is a view of boxes and what is between them.
func told(of string, nodes []client.LineageNode, edges []client.LineageEdge, fields []client.LineageFields) View {
	now := storyNow()
	for i := range nodes {
		nodes[i].ID = fmt.Sprint("n", i+1)
	}
	l := client.Lineage{Of: of, At: now, From: now.AddDate(0, 0, -30), Nodes: nodes, Edges: edges, Fields: fields, Measured: client.Measured{Since: now.AddDate(0, -3, 0)}}
	v := View{Now: now, Name: of, Lineage: l, Impact: client.Impact{Of: of, At: now}}
	for _, n := range nodes {
		h := client.Hurt{Name: n.Name, Domain: n.Domain, Team: n.Team, Depth: n.Depth, Fields: n.Fields, How: []string{"plan"}, What: []string{"reads"}, Last: &now}
		switch {
		case !n.Down:
		case n.Kind == "application":
			v.Impact.Applications = append(v.Impact.Applications, h)
		case n.Kind == "query":
			v.Impact.Queries = append(v.Impact.Queries, h)
		case n.Kind == "product":
			v.Impact.Products = append(v.Impact.Products, h)
		case n.Kind == "closed":
			v.Impact.Hidden += max(n.Count, 1)
		}
	}
	v.Impact.Teams = []string{"risk", "trading"}
	return v
}

func step(from, to int, how, what string, records int64, ago time.Duration) client.LineageEdge {
	e := client.LineageEdge{From: fmt.Sprint("n", from), To: fmt.Sprint("n", to), Known: []client.LineageEvidence{{How: how, What: what, Records: records}}}
	if ago > 0 {
		last := storyNow().Add(-ago)
		e.Last = &last
	}
	return e
}

func storyMany() View {
	node := func(kind, name, team string, depth int, up, down bool) client.LineageNode {
		domain, _, _ := strings.Cut(name, ".")
		if kind == "application" {
			domain = ""
		}
		return client.LineageNode{Kind: kind, Name: name, Domain: domain, Team: team, Depth: depth, Up: up, Down: down}
	}
	nodes := []client.LineageNode{
		node("product", "execution.stocktrades", "execution", 0, false, false),
		node("application", "exchange", "execution", 1, true, false),
		node("query", "market.us-trades", "trading", 1, false, true),
		node("product", "market.us-trades", "trading", 1, false, true),
		node("product", "membership.users", "members", 2, true, false),
		node("application", "fraud-scoring", "risk", 2, false, true),
		node("application", "planner", "risk", 1, false, true),
		{Kind: "closed", Count: 3, Depth: 1, Down: true},
	}
	nodes[2].State = "running"
	v := told("execution.stocktrades", nodes, []client.LineageEdge{
		step(2, 1, "traffic", "writes", 1_204_113, time.Second), step(1, 3, "plan", "reads", 0, time.Second), step(3, 4, "plan", "writes", 0, time.Second),
		step(5, 3, "plan", "reads", 0, time.Second), step(4, 6, "traffic", "reads", 3000, 49*time.Hour), step(1, 7, "declaration", "planned", 0, 0), step(1, 8, "traffic", "reads", 900, time.Hour),
	}, []client.LineageFields{
		{From: "n1", Field: "price", To: "n4", Column: "price", Query: "n3", Direct: true}, {From: "n1", Field: "userid", To: "n4", Column: "userid", Query: "n3", Direct: true},
		{From: "n5", Field: "regionid", To: "n4", Column: "*", Query: "n3"}, {From: "n5", Field: "userid", To: "n4", Column: "*", Query: "n3"},
		{From: "n5", Field: "name", To: "n4", Column: "who", Query: "n3", Direct: true, Masked: "sha256"},
	})
	v.Choices = []string{"symbol", "price", "quantity", "userid"}
	return v
}

func storyField() View {
	v := storyMany()
	v.Asked = Asked{Field: "price", Direction: "down"}
	v.Lineage.Field = "price"
	v.Lineage.Nodes[3].Fields = []string{"price"}
	return v
}

func storyAlone() View {
	return told("edge.clicks", []client.LineageNode{{Kind: "product", Name: "edge.clicks", Domain: "edge", Team: "edge"}}, nil, nil)
}

func storyClosed() View {
	return told("edge.clicks", []client.LineageNode{
		{Kind: "product", Name: "edge.clicks", Domain: "edge", Team: "edge"}, {Kind: "closed", Depth: 1, Down: true}, {Kind: "product", Name: "edge.open", Domain: "edge", Team: "edge", Depth: 2, Down: true},
		{Kind: "closed", Count: 4, Depth: 1, Up: true},
	}, []client.LineageEdge{step(1, 2, "plan", "reads", 0, 0), step(2, 3, "plan", "writes", 0, 0), step(4, 1, "traffic", "writes", 70, time.Hour)}, nil)
}

func storyPast() View {
	v := storyMany()
	v.Asked.At = "2026-03-01"
	v.Lineage.At = time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC)
	return v
}

func storyWrong() View {
	a := Asked{At: "yesterday"}
	_, err := a.question()
	p, _ := err.(*client.Problem)
	return View{Now: storyNow(), Name: "edge.clicks", Asked: a, Problem: p}
}

func storyUncounted() View {
	v := storyMany()
	v.Lineage.Problems = []string{"the measures cannot be read now"}
	v.Lineage.Measured = client.Measured{}
	v.Lineage.LeftOut = 12
	return v
}

func storyLong() View {
	name := func(c string) string { return strings.Repeat(c, 63) + "." + strings.Repeat(c, 63) }
	field := strings.Repeat("f", 200)
	return told(name("a"), []client.LineageNode{
		{Kind: "product", Name: name("a"), Domain: strings.Repeat("a", 63), Team: strings.Repeat("t", 63)},
		{Kind: "query", Name: name("b"), Domain: strings.Repeat("b", 63), Team: strings.Repeat("t", 63), Depth: 1, Down: true},
		{Kind: "product", Name: name("b"), Domain: strings.Repeat("b", 63), Team: strings.Repeat("t", 63), Depth: 1, Down: true, Fields: []string{field}},
	}, []client.LineageEdge{step(1, 2, "plan", "reads", 0, 0), step(2, 3, "plan", "writes", 0, 0)},
		[]client.LineageFields{{From: "n1", Field: field, To: "n3", Column: field, Query: "n2", Direct: true}})
}

func storyApplication() View {
	return told("fraud-scoring", []client.LineageNode{
		{Kind: "application", Name: "fraud-scoring", Team: "risk"}, {Kind: "product", Name: "market.us-trades", Domain: "market", Team: "trading", Depth: 1, Up: true},
		{Kind: "product", Name: "risk.alerts", Domain: "risk", Team: "risk", Depth: 1, Down: true},
	}, []client.LineageEdge{step(2, 1, "traffic", "reads", 3000, time.Minute), step(1, 3, "traffic", "writes", 12, time.Hour)}, nil)
}

// storyLarge is a mesh of ten domains with a thousand things each, and five edges
// a thing.
func storyLarge() View {
	const domains, each = 10, 1000
	var nodes []client.LineageNode
	var edges []client.LineageEdge
	for i := range domains * each {
		n := client.LineageNode{Kind: "product", Name: fmt.Sprintf("domain%d.product%d", i%domains, i/domains), Domain: fmt.Sprint("domain", i%domains), Team: fmt.Sprint("team", i%domains), Depth: 1 + i/1000, Down: i > 0}
		if i%3 == 2 {
			n.Kind, n.Name, n.Domain = "application", fmt.Sprint("app", i), ""
		}
		nodes = append(nodes, n)
		for k := range 5 {
			if to := i + 1 + (i*7919+k*104729)%(domains*each); to < domains*each {
				edges = append(edges, step(i+1, to+1, "traffic", "reads", int64(i*k+1), time.Minute))
			} else {
				edges = append(edges, step(to-domains*each+1, i+1, "traffic", "writes", int64(i+k+1), time.Minute))
			}
		}
	}
	nodes[0].Depth = 0
	return told(nodes[0].Name, nodes, edges, nil)
}
