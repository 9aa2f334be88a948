package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/records"
)

func (a *API) profileRoutes() {
	add(a, route{method: http.MethodGet, path: "/products/{name}/profile", summary: "What stands in the fields of a product's newest records"}, a.profile)
}

func (a *API) profile(ctx context.Context, p weir.Principal, in *struct {
	Named
	Records int `query:"records" minimum:"1" maximum:"10000" default:"1000" doc:"How many to look at."`
}) (*answered[client.Profile], error) {
	of, fields, err := a.Catalog.Fields(ctx, p, in.Name)
	if err != nil {
		return nil, err
	}
	got, err := a.Records.Profile(ctx, p, weir.Ref{Noun: weir.NounProduct, Name: in.Name}, in.Records, maps(fields))
	if err != nil {
		return nil, err
	}
	return &answered[client.Profile]{profiled(of.Name, got)}, nil
}

// maps says which fields are maps, by what the schema has below them.
func maps(fields []catalog.Field) func(string) bool {
	is := map[string]bool{}
	for _, f := range fields {
		for rest, from := f.Path, 0; ; {
			i := strings.Index(rest[from:], "{}")
			if i < 0 {
				break
			}
			is[rest[:from+i]] = true
			from += i + len("{}")
		}
	}
	return func(path string) bool { return is[path] }
}

func profiled(name string, s records.Sample) client.Profile {
	out := client.Profile{
		Product: name, At: s.At.UTC(), Records: s.Records, Undecoded: s.Undecoded, First: sometime(s.First), Last: sometime(s.Last),
		Cut: s.Cut, More: s.More, Fields: []client.FieldProfile{},
	}
	for _, f := range s.Fields {
		is := client.FieldProfile{Path: f.Path, Values: f.Values, Nulls: f.Nulls, Distinct: f.Distinct, AtLeast: f.AtLeast, Smallest: f.Smallest, Largest: f.Largest}
		for _, c := range f.Top {
			is.Top = append(is.Top, client.ValueCount{Value: c.Value, Count: c.Times})
		}
		out.Fields = append(out.Fields, is)
	}
	return out
}

// moment is a time that may be unknown.
func sometime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
