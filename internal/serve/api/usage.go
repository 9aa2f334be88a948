package api

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/usage"
)

func (a *API) usageRoutes() {
	add(a, route{method: http.MethodGet, path: "/products/{name}/usage", summary: "Show who read and wrote a product"}, a.productUsage)
	add(a, route{method: http.MethodGet, path: "/products/{name}/facts", summary: "Show what a product holds now, and how fast it is written"}, a.productFacts)
	add(a, route{method: http.MethodGet, path: "/facts", summary: "Show how much several products are written and read"}, a.manyFacts)
	add(a, route{method: http.MethodGet, path: "/streams/{name}/usage", summary: "Show who read and wrote a private stream"}, a.streamUsage)
	add(a, route{method: http.MethodGet, path: "/streams/{name}/facts", summary: "Show what a private stream holds now, and how fast it is written"}, a.streamFacts)
	add(a, route{method: http.MethodGet, path: "/applications/{name}/usage", summary: "Show what an application read and wrote"}, a.applicationUsage)
	add(a, route{method: http.MethodGet, path: "/applications/{name}/facts", summary: "Show how an application gets on: how far it is behind, and what it was refused"}, a.applicationFacts)
	add(a, route{method: http.MethodGet, path: "/mesh/health", summary: "Show how the node and the brokers are"}, a.health)
}

// usedSince is how far back a report looks.
type usedSince struct {
	Named
	Since string `query:"since" maxLength:"32" default:"30d" doc:"How long ago it begins: 6h, 30d, at most 400d. It begins with a whole hour."`
}

func (in usedSince) ago() (time.Duration, error) {
	d, err := duration("since", in.Since)
	return time.Duration(d), err
}

// counts is an answer that has no revision.
type counts[T any] struct{ Body T }

func (a *API) productUsage(ctx context.Context, p weir.Principal, in *usedSince) (*counts[client.ProductUsage], error) {
	return a.usageOf(ctx, p, weir.Ref{Noun: weir.NounProduct, Name: in.Name}, in)
}

func (a *API) streamUsage(ctx context.Context, p weir.Principal, in *usedSince) (*counts[client.ProductUsage], error) {
	return a.usageOf(ctx, p, weir.Ref{Noun: weir.NounStream, Name: in.Name}, in)
}

func (a *API) usageOf(ctx context.Context, p weir.Principal, of weir.Ref, in *usedSince) (*counts[client.ProductUsage], error) {
	since, err := in.ago()
	if err != nil {
		return nil, err
	}
	r, err := a.Usage.Of(ctx, p, of, since)
	if err != nil {
		return nil, err
	}
	out := client.ProductUsage{
		From: r.From, Until: r.Until, Measured: measured(r.Coverage), Readers: []client.Usage{}, Writers: []client.Usage{},
		HiddenReaders: hidden(r.HiddenReaders), HiddenWriters: hidden(r.HiddenWriters), Hours: usageHours(r.Hours),
	}
	out.Product, out.Stream = namesOf(r.Of)
	for _, one := range r.Parties {
		if one.Direction == weir.Reading {
			out.Readers = append(out.Readers, used(one))
		} else {
			out.Writers = append(out.Writers, used(one))
		}
	}
	return &counts[client.ProductUsage]{out}, nil
}

func (a *API) applicationUsage(ctx context.Context, p weir.Principal, in *usedSince) (*counts[client.ApplicationUsage], error) {
	since, err := in.ago()
	if err != nil {
		return nil, err
	}
	r, err := a.Usage.OfApplication(ctx, p, in.Name, since)
	if err != nil {
		return nil, err
	}
	out := client.ApplicationUsage{
		Application: r.Of.Name, From: r.From, Until: r.Until, Measured: measured(r.Coverage), Usage: []client.Usage{}, Hours: usageHours(r.Hours),
	}
	for _, one := range r.Parties {
		out.Usage = append(out.Usage, used(one))
	}
	return &counts[client.ApplicationUsage]{out}, nil
}

func (a *API) applicationFacts(ctx context.Context, p weir.Principal, in *Named) (*counts[client.ApplicationFacts], error) {
	f, err := a.Usage.FactsOfApplication(ctx, p, in.Name)
	if err != nil {
		return nil, err
	}
	out := client.ApplicationFacts{Application: f.Of.Name, At: f.At, Reads: []client.Follow{}, Hidden: f.Hidden, More: f.More, Problems: f.Problems}
	for _, g := range f.Groups {
		one := client.Follow{Group: g.Name, State: g.State, Members: g.Members, Unread: g.Unread}
		one.Product, one.Stream = namesOf(g.Of)
		if g.Unread < g.Partitions {
			one.Lag = &g.Lag
			sum := g.Lag
			if out.Lag != nil {
				sum += *out.Lag
			}
			out.Lag = &sum
		}
		out.Reads = append(out.Reads, one)
	}
	if f.Inside {
		out.Inside = attending(f)
	}
	return &counts[client.ApplicationFacts]{out}, nil
}

func attending(f usage.ApplicationFacts) *client.Attending {
	v := f.Visits
	out := &client.Attending{
		Since: v.Since, Open: v.Open, Login: moment(v.Login), Library: v.Library.Name, Version: v.Library.Version,
		Credential: moment(f.Credential), Refused: []client.Denied{}, More: v.More,
	}
	for _, r := range v.Refused {
		out.Refused = append(out.Refused, client.Denied{What: r.What, On: r.On, Why: r.Why, Count: r.Count, First: r.First, Last: r.Last})
	}
	return out
}

// namesOf is the name of a product, or of a stream.
func namesOf(r weir.Ref) (product, stream string) {
	if r.Noun == weir.NounStream {
		return "", r.Name
	}
	return r.Name, ""
}

func used(p usage.Party) client.Usage {
	out := client.Usage{
		Team: p.Team, Gone: p.Gone, Direction: string(p.Direction), How: string(p.How), Records: p.Records, Bytes: p.Bytes,
		First: p.First, Last: p.Last, Library: p.Library.Name, Version: p.Library.Version,
	}
	switch {
	case p.Who.UID.IsZero():
		out.Others = true
	case p.Who.Noun == weir.NounPerson:
		out.Person = p.Who.Name
	default:
		out.Application = p.Who.Name
	}
	out.Product, out.Stream = namesOf(p.Of)
	return out
}

func hidden(h usage.Hidden) *client.Hidden {
	if h.Count == 0 {
		return nil
	}
	return &client.Hidden{Count: h.Count, Records: h.Records, Bytes: h.Bytes}
}

func measured(c weir.Coverage) client.Measured {
	out := client.Measured{Since: c.Since, Gaps: []client.Gap{}}
	for _, g := range c.Gaps {
		gap := client.Gap{From: g.From, Until: g.Until, Why: g.Why}
		if g.AtMost != weir.Forever {
			gap.AtMost = g.AtMost.String()
		}
		out.Gaps = append(out.Gaps, gap)
	}
	return out
}

func usageHours(hs []weir.UsageHour) []client.UsageHour {
	out := []client.UsageHour{}
	for _, h := range hs {
		out = append(out, client.UsageHour{
			Start: h.Start, Seconds: int64(h.Length / time.Second), Written: h.Written, WrittenBytes: h.WrittenBytes, Read: h.Read, ReadBytes: h.ReadBytes,
		})
	}
	return out
}

func (a *API) productFacts(ctx context.Context, p weir.Principal, in *Named) (*counts[client.ProductFacts], error) {
	return a.factsOf(ctx, p, weir.Ref{Noun: weir.NounProduct, Name: in.Name})
}

func (a *API) streamFacts(ctx context.Context, p weir.Principal, in *Named) (*counts[client.ProductFacts], error) {
	return a.factsOf(ctx, p, weir.Ref{Noun: weir.NounStream, Name: in.Name})
}

func (a *API) factsOf(ctx context.Context, p weir.Principal, of weir.Ref) (*counts[client.ProductFacts], error) {
	f, err := a.Usage.Facts(ctx, p, of)
	if err != nil {
		return nil, err
	}
	out := client.ProductFacts{
		At: f.At, Pace: pace(f), Measured: measured(f.Coverage), Groups: []client.Group{}, HiddenGroups: f.Hidden, MoreGroups: f.More, Problems: f.Problems,
	}
	out.Product, out.Stream = namesOf(f.Of)
	if f.Looked {
		n := f.Extent.Records()
		out.Records, out.First, out.Last = &n, moment(f.Extent.First), moment(f.Extent.Last)
	}
	if f.Counted {
		out.Readers, out.Writers = &f.Readers, &f.Writers
	}
	for _, g := range f.Groups {
		one := client.Group{Name: g.Name, Application: g.Application, State: g.State, Members: g.Members, Unread: g.Unread}
		if g.Unread < len(f.Extent.Spans) {
			one.Lag = &g.Lag
		}
		out.Groups = append(out.Groups, one)
	}
	return &counts[client.ProductFacts]{out}, nil
}

func (a *API) manyFacts(ctx context.Context, p weir.Principal, in *struct {
	Products []string `query:"product,explode" maxItems:"200" doc:"Their names; may be repeated. One that you may not know of, or that is not there, is left out."`
}) (*counts[client.ManyFacts], error) {
	b, err := a.Usage.Briefs(ctx, p, in.Products)
	if err != nil {
		return nil, err
	}
	out := client.ManyFacts{Items: []client.BriefFacts{}, At: b.At, DayFrom: b.DayFrom, Measured: measured(b.Coverage), Problems: b.Problems}
	for _, one := range b.Items {
		f := client.BriefFacts{
			Product: one.Of.Name, PerSecond: perSecond(one.Pace), Minutes: append([]int64{}, one.Pace.Minutes...), Last: moment(one.Last), Empty: one.Looked && one.Last.IsZero(),
		}
		if one.Counted {
			f.Day, f.Readers = &one.Day, &one.Readers
		}
		out.Items = append(out.Items, f)
	}
	return &counts[client.ManyFacts]{out}, nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func pace(f usage.Facts) client.Pace {
	out := client.Pace{Minutes: append([]int64{}, f.Pace.Minutes...), Hours: usageHours(f.Hours), Until: moment(f.Pace.Until)}
	if out.PerSecond = perSecond(f.Pace); out.PerSecond != nil {
		out.Seconds = f.Pace.Over.Seconds()
	}
	return out
}

// perSecond is nil when it is not known yet.
func perSecond(p weir.Pace) *float64 {
	s := p.Over.Seconds()
	if s < 1 {
		return nil
	}
	rate := float64(p.Records) / s
	return &rate
}

// health tells of this node, and asks the brokers. What is wrong with topics is
// for mesh admins: it names them.
func (a *API) health(ctx context.Context, p weir.Principal, _ *struct{}) (*counts[client.Health], error) {
	out := client.Health{Nodes: []client.NodeHealth{a.Node.Health(ctx)}, Brokers: []client.BrokerHealth{}, Cluster: a.Node.Cluster()}
	if !p.Has(weir.RoleMeshAdmin) {
		out.Cluster.Problems, out.Nodes[0].Name = nil, ""
	}
	all, err := a.Usage.Brokers(ctx, p)
	if err != nil {
		out.Problems = append(out.Problems, a.problem("get-mesh-health", err).Detail)
	}
	for _, b := range all {
		one := client.BrokerHealth{ID: int32(b.ID), Leads: b.Leads, Problem: b.Problem}
		if b.Host != "" {
			one.Address = net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))
		}
		out.Brokers = append(out.Brokers, one)
	}
	return &counts[client.Health]{out}, nil
}
