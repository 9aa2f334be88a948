package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/records"
)

func (a *API) traceRoutes() {
	add(a, route{method: http.MethodGet, path: "/products/{name}/records/{partition}/{offset}/trace", summary: "Walk a product's record back to what it was made of"}, a.productTrace)
	add(a, route{method: http.MethodGet, path: "/streams/{name}/records/{partition}/{offset}/trace", summary: "Walk a private stream's record back to what it was made of"}, a.streamTrace)
}

// tracing is the record that is asked about.
type tracing struct {
	Named
	Partition int32  `path:"partition" minimum:"0"`
	Offset    int64  `path:"offset" minimum:"0"`
	Agent     string `header:"User-Agent" doc:"What reads; who may see the product's usage sees it."`
}

func (a *API) productTrace(ctx context.Context, p weir.Principal, in *tracing) (*one[client.Trace], error) {
	return a.trace(ctx, p, weir.Ref{Noun: weir.NounProduct, Name: in.Name}, in)
}

func (a *API) streamTrace(ctx context.Context, p weir.Principal, in *tracing) (*one[client.Trace], error) {
	return a.trace(ctx, p, weir.Ref{Noun: weir.NounStream, Name: in.Name}, in)
}

func (a *API) trace(ctx context.Context, p weir.Principal, of weir.Ref, in *tracing) (*one[client.Trace], error) {
	still, ok := ctx.Value(again{}).(func(context.Context) (weir.Principal, error))
	if !ok {
		return nil, weir.Errorf(weir.Internal, "nobody says who asks")
	}
	t, err := a.Records.Trace(ctx, p, still, records.Tracing{Of: of, Partition: in.Partition, Offset: in.Offset, Library: agent(in.Agent)})
	if err != nil {
		return nil, err
	}
	return &one[client.Trace]{Body: traced(t)}, nil
}

// traced is a trace as the API tells of it.
func traced(t *records.Trace) client.Trace {
	out := client.Trace{TracePlace: placed(t.Root), Queries: []client.TraceQuery{}, Read: t.Read}
	for _, m := range t.Makers {
		out.Queries = append(out.Queries, client.TraceQuery{
			Name: m.Name, State: m.State, Statement: m.Statement, Plan: m.Fingerprint, Explain: m.Plan, Problem: m.Problem,
		})
	}
	for _, b := range records.Bounds() {
		if n := t.LeftOut[b]; n > 0 {
			out.LeftOut = append(out.LeftOut, client.TraceLeftOut{Bound: string(b), Places: n})
		}
	}
	return out
}

func placed(p *records.Place) client.TracePlace {
	out := client.TracePlace{
		Topic: p.Topic, Partition: p.Partition, Offset: p.Offset, Last: p.Last, Count: p.Count, State: string(p.State), Why: p.Why,
		Key: p.Key, Value: p.Value, Query: p.Made.Query, Plan: p.Made.Plan, Failed: p.Made.Failed, Step: p.Made.Step, Again: p.Again, More: p.More,
		Current: current(p.Made.Standing), Records: allPlaced(p.Records), From: allPlaced(p.From),
	}
	if p.State == records.PlaceRead && p.Time.Year() >= 0 && p.Time.Year() <= 9999 {
		out.Timestamp = p.Time.UTC()
	}
	if p.Of.Noun == weir.NounStream {
		out.Stream = p.Of.Name
	} else {
		out.Product = p.Of.Name
	}
	return out
}

func allPlaced(all []*records.Place) []client.TracePlace {
	var out []client.TracePlace
	for _, p := range all {
		out = append(out, placed(p))
	}
	return out
}

// current says whether a record was made by the plan that its query has now; nil:
// nobody knows.
func current(s records.Standing) *bool {
	yes := s == records.Current
	if s == records.Unknown {
		return nil
	}
	return &yes
}
