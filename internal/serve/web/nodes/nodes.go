// Package nodes is the page of health: the node that answers, the brokers
// behind it, and what is not as it should be.
package nodes

import (
	"context"
	"fmt"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/serve/web/site"
	"github.com/weirmesh/weir/internal/serve/web/ui"
)

// View is the page.
type View struct {
	Mesh     client.Mesh
	HTTP     string
	Facts    []ui.Fact
	State    ui.State
	Word     string
	Why      string
	Problems []string
	Admin    bool // sees what problems there are
}

// Family is the page and its stories.
func Family() site.Family {
	return site.Family{
		Name:    "nodes",
		Routes:  []site.Route{{Method: "GET", Path: "/nodes", Handle: show}},
		Stories: stories(),
	}
}

func show(r *site.Request) (site.Answer, error) {
	v, err := look(r.Context(), r)
	if err != nil {
		return site.Answer{}, err
	}
	return answer(v), nil
}

func answer(v View) site.Answer {
	return site.Answer{Title: "Nodes", Body: page(v), Same: []site.Same{
		{Command: "weir mesh show", Method: "GET", Path: "/api/v1/mesh"},
		{Command: "curl " + v.HTTP + "/readyz"},
	}}
}

func look(ctx context.Context, r *site.Request) (View, error) {
	m, err := r.API.Mesh(ctx)
	if err != nil {
		return View{}, err
	}
	return viewOf(m, r.Mesh.HTTP, r.Me.Admin), nil
}

func viewOf(m client.Mesh, http string, admin bool) View {
	v := View{Mesh: m, HTTP: http, Problems: m.Cluster.Problems, Admin: admin, State: ui.Good, Word: "healthy"}
	switch {
	case len(v.Problems) > 0:
		v.State, v.Word = ui.Failing, ui.Plural(len(v.Problems), "problem", "problems")
	case full(m.Cluster) >= 90:
		v.State, v.Word, v.Why = ui.Warning, "nearly full", "the embedded broker refuses writes at its limit"
	}
	v.Facts = facts(m)
	return v
}

// full is how much of its limit the embedded broker holds, in percent.
func full(c client.Cluster) float64 {
	if c.Limit <= 0 {
		return 0
	}
	return 100 * float64(c.Used) / float64(c.Limit)
}

func facts(m client.Mesh) []ui.Fact {
	kind := "Kafka cluster"
	if m.Cluster.Kind == "embedded" {
		kind = "embedded broker"
	}
	all := []ui.Fact{
		{Label: "version", Value: m.Version},
		{Label: "records are in", Value: kind},
	}
	if m.Cluster.Kind != "embedded" {
		return append(all, ui.Fact{Label: "stored", Why: "the cluster's disks are its own to measure"})
	}
	return append(all,
		ui.Fact{Label: "stored", Value: ui.ShortBytes(m.Cluster.Used), Exact: ui.Exact(m.Cluster.Used) + " bytes"},
		ui.Fact{Label: "limit", Value: ui.ShortBytes(m.Cluster.Limit), Exact: ui.Exact(m.Cluster.Limit) + " bytes"},
		ui.Fact{Label: "full", Value: fmt.Sprintf("%.3g %%", full(m.Cluster))},
	)
}

func stories() []site.Story {
	tell := func(name string, m client.Mesh, admin bool) site.Story {
		return site.Story{Name: "nodes/" + name, Answer: func() site.Answer { return answer(viewOf(m, "http://127.0.0.1:8080", admin)) }}
	}
	m := client.Mesh{
		Name: "demo", UID: "01a2b3c4d5e6f708192a3b4c5d6e7f80", Version: "1.2.3", Kafka: "127.0.0.1:9092", Registry: "http://127.0.0.1:8081",
		Cluster: client.Cluster{Kind: "embedded", Used: 412_300_000, Limit: 2_000_000_000},
	}
	failing, nearly, foreign := m, m, m
	failing.Cluster.Problems = []string{"edge.pageviews: the cluster has no topic of that name", "a write took longer than 10 s (3 times, last at 2026-11-21T12:00:00Z)"}
	nearly.Cluster.Used = 1_900_000_000
	foreign.Cluster = client.Cluster{Kind: "kafka"}
	return []site.Story{tell("healthy", m, true), tell("failing", failing, true), tell("nearly-full", nearly, true), tell("kafka", foreign, true), tell("no-rights", m, false)}
}
