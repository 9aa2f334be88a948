package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/adoption"
)

func (a *API) adoptionRoutes() {
	add(a, route{method: http.MethodGet, path: "/adoption", summary: "Show how the mesh is taken up"}, a.adoption)
}

func (a *API) adoption(ctx context.Context, p weir.Principal, in *struct {
	By string `query:"by" enum:"day,week,month" default:"week" doc:"How far one point is from the next."`
}) (*counts[client.Adoption], error) {
	got, err := a.Adoption.Tell(ctx, p, adoption.Span(in.By))
	if err != nil {
		return nil, err
	}
	out := client.Adoption{
		At: got.At, Points: []client.AdoptionPoint{}, Reading: got.Reading, Domains: []client.AdoptionDomain{}, Lacking: lacking(got.Lacking), Counted: measured(got.Coverage),
		Waits: client.RequestTimes{Done: got.Requests.Done, Waiting: got.Requests.Waiting, Median: got.Requests.Median.Seconds(), Most: got.Requests.Most.Seconds()},
	}
	for _, p := range got.Points {
		out.Points = append(out.Points, client.AdoptionPoint{Until: p.Until, Domains: p.Domains, Products: p.Products, Consumers: p.Consumers})
	}
	for _, d := range got.Domains {
		out.Domains = append(out.Domains, client.AdoptionDomain{
			Name: d.Name, Team: d.Team, Products: d.Products, Consumers: d.Consumers, Since: d.Since,
			FirstProduct: firstTime(d.FirstProduct), FirstConsumer: firstTime(d.FirstConsumer), Lacking: lacking(d.Lacking),
		})
	}
	return &counts[client.Adoption]{Body: out}, nil
}

func firstTime(f adoption.First) *client.FirstTime {
	if f.At.IsZero() {
		return nil
	}
	return &client.FirstTime{Name: f.Name, At: f.At}
}

func lacking(l adoption.Lacking) client.Lacking {
	some := func(s adoption.Some) client.LackingSome {
		return client.LackingSome{Count: s.Count, Products: append([]string{}, s.Names...)}
	}
	return client.Lacking{Owner: some(l.Owner), Documentation: some(l.Documentation), Consumer: some(l.Consumer)}
}
