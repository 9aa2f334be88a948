package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/lineage"
	graph "github.com/weirmesh/weir/internal/core/lineage"
)

func (a *API) lineageRoutes() {
	add(a, route{method: http.MethodGet, path: "/lineage/{name}", summary: "Show where data comes from and where it goes"}, a.lineage)
	add(a, route{method: http.MethodGet, path: "/impact/{name}", summary: "Show whom a change would hurt"}, a.impact)
}

// LineageOf is a question about lineage.
type LineageOf struct {
	Named
	Field string `query:"field" maxLength:"1000" doc:"Of the product; absent: all of it."`
	Depth int    `query:"depth" minimum:"0" maximum:"1000" doc:"How many things away, not counting queries; 0: as far as it goes."`
	At    string `query:"at" maxLength:"40" doc:"A time, by RFC 3339: as it was then."`
	Since string `query:"since" maxLength:"32" default:"30d" doc:"From how long before on records are counted: 6h, 30d, at most 400d."`
}

func (in LineageOf) asking() (lineage.Asking, error) {
	out := lineage.Asking{Of: in.Name, Field: in.Field, Depth: in.Depth}
	since, err := duration("since", in.Since)
	if err != nil {
		return out, err
	}
	out.Since = time.Duration(since)
	if in.At != "" {
		if out.At, err = time.Parse(time.RFC3339, in.At); err != nil {
			return out, weir.Errorf(weir.Invalid, "%q is no time", in.At).At("at").WithFix("write it by RFC 3339, such as 2026-03-01T00:00:00Z")
		}
	}
	return out, nil
}

func (a *API) lineage(ctx context.Context, p weir.Principal, in *struct {
	LineageOf
	Direction string `query:"direction" enum:"up,down" doc:"up: where it comes from; down: where it goes; absent: both."`
}) (*counts[client.Lineage], error) {
	asked, err := in.asking()
	if err != nil {
		return nil, err
	}
	asked.Up, asked.Down = in.Direction != "down", in.Direction != "up"
	asked.Most = mostDrawn
	t, err := a.Lineage.Tell(ctx, p, asked)
	if err != nil {
		return nil, err
	}
	out := client.Lineage{
		Of: t.Of.Name, Field: in.Field, At: t.At, From: t.From, Nodes: []client.LineageNode{}, Edges: []client.LineageEdge{}, Fields: []client.LineageFields{},
		LeftOut: t.LeftOut, Measured: measured(t.Coverage), Problems: t.Problems,
	}
	for _, n := range t.Nodes {
		one := box(n)
		one.State = a.state(n.Query, t)
		out.Nodes = append(out.Nodes, one)
	}
	for _, e := range t.Edges {
		out.Edges = append(out.Edges, a.edge(e, t))
	}
	for _, f := range t.Fields {
		out.Fields = append(out.Fields, fieldEdge(f))
	}
	return &counts[client.Lineage]{out}, nil
}

// mostDrawn bounds how many boxes one answer has: more can nobody look at.
const mostDrawn = 10_000

// state is how a query does now; empty for what is none, or when the answer tells
// of another time.
func (a *API) state(q *weir.Query, t lineage.Answer) string {
	if q == nil || t.Past {
		return ""
	}
	return a.Queries.Shown(q, 0).State
}

func id(n *graph.Node) string { return "n" + strconv.Itoa(n.ID) }

func box(n *graph.Node) client.LineageNode {
	out := client.LineageNode{ID: id(n), Kind: "closed", Count: n.Count, Depth: n.Depth, Up: n.Up, Down: n.Down}
	if !n.Closed {
		out.Kind, out.Name, out.Domain, out.Team, out.Gone = string(n.Thing.Noun), n.Thing.Name, n.Domain, n.Team, n.Thing.Gone
		out.Fields, out.Shared = n.Fields, n.Shared
	}
	return out
}

// edge is an edge as the API tells of it. A query that runs is seen at its edges
// now.
func (a *API) edge(e *graph.Edge, t lineage.Answer) client.LineageEdge {
	now := t.At
	out := client.LineageEdge{From: id(e.From), To: id(e.To), Last: moment(e.Last()), Known: []client.LineageEvidence{}}
	for _, v := range e.Evidence {
		one := client.LineageEvidence{
			How: string(v.How), What: string(v.What), Since: moment(v.Since), First: moment(v.First), Last: moment(v.Last), Records: v.Records, Bytes: v.Bytes,
			Fields: v.Fields, Due: v.Due, Note: v.Note, By: v.By,
		}
		for _, c := range v.Counted {
			one.Counted = append(one.Counted, string(c))
		}
		if v.How == graph.ByPlan && (a.state(e.From.Query, t) == runs || a.state(e.To.Query, t) == runs) {
			one.Last, out.Last = &now, &now
		}
		out.Known = append(out.Known, one)
	}
	return out
}

// runs is the state of a query whose edges are in use.
const runs = "running"

func fieldEdge(f graph.FieldEdge) client.LineageFields {
	out := client.LineageFields{From: id(f.From), Field: f.FromField, To: id(f.To), Column: f.ToField, Direct: f.Direct, Masked: f.Masked}
	if f.Query != nil {
		out.Query = id(f.Query)
	}
	if out.Column == "" && !f.To.Closed {
		out.Column = "*"
	}
	return out
}

func (a *API) impact(ctx context.Context, p weir.Principal, in *LineageOf) (*counts[client.Impact], error) {
	asked, err := in.asking()
	if err != nil {
		return nil, err
	}
	i, err := a.Lineage.Impact(ctx, p, asked)
	if err != nil {
		return nil, err
	}
	t := i.Answer
	hurts := func(all []lineage.Hurt) []client.Hurt { return a.hurt(all, t) }
	out := client.Impact{
		Of: i.Of.Name, Field: in.Field, At: t.At, From: t.From, Queries: hurts(i.Queries), Products: hurts(i.Products), Streams: hurts(i.Streams),
		Applications: hurts(i.Readers), People: hurts(i.People), Teams: append([]string{}, i.Teams...), Hidden: i.Hidden, LeftOut: t.LeftOut,
		Summary: i.Sentence(), Measured: measured(t.Coverage), Problems: t.Problems,
	}
	return &counts[client.Impact]{out}, nil
}

func (a *API) hurt(all []lineage.Hurt, t lineage.Answer) []client.Hurt {
	out := make([]client.Hurt, len(all))
	for i, h := range all {
		out[i] = client.Hurt{
			Name: h.Name, Domain: h.Domain, Team: h.Team, Depth: h.Depth, Fields: h.Fields, Uses: h.Uses, How: texts(h.How), What: texts(h.What),
			Last: moment(h.Last), Records: h.Records, Due: h.Due, State: a.state(h.Query, t),
		}
		if out[i].State == runs {
			out[i].Last = &t.At
		}
	}
	return out
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = string(t)
	}
	slices.Sort(out)
	return out
}

// hurts names whom the end of a product, a stream, a query or an application would
// hurt, as the caller may know; asked before it is done.
func (a *API) hurts(ctx context.Context, p weir.Principal, name string) string {
	if a.Lineage == nil {
		return ""
	}
	return a.Lineage.Hurts(ctx, p, name)
}
