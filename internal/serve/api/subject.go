package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/core/schema"
)

// subjectRoutes are what the API of serialisers has no words for; everything
// else about subjects is below /registry.
func (a *API) subjectRoutes() {
	add(a, route{method: http.MethodGet, path: "/subjects/{name}/fields", summary: "List the fields of a schema"}, a.fields)
	add(a, route{method: http.MethodGet, path: "/subjects/{name}/compare", summary: "Compare two versions of a subject"}, a.compare)
	add(a, route{method: http.MethodPost, path: "/subjects/{name}/compare", summary: "Compare a version of a subject with a schema that is not registered"}, a.compareText)
}

// NamedSubject is a subject by its name, which may be longer than others.
type NamedSubject struct {
	Name string `path:"name" maxLength:"255"`
}

// answered is the answer of what has no revision.
type answered[T any] struct{ Body T }

func (a *API) fields(ctx context.Context, p weir.Principal, in *struct {
	NamedSubject
	Version string `query:"version" default:"latest" maxLength:"10" doc:"A version's number, or latest."`
}) (*answered[client.SchemaFields], error) {
	n, err := versionNumber("version", in.Version)
	if err != nil {
		return nil, err
	}
	v, err := a.Registry.Version(ctx, p, in.Name, n, registry.LivingOnly)
	if err != nil {
		return nil, err
	}
	fs, err := a.Registry.Fields(ctx, p, in.Name, v.Version)
	out := client.SchemaFields{Subject: v.Subject, Version: v.Version, Fields: []client.SchemaField{}}
	for _, f := range fs {
		out.Fields = append(out.Fields, *schemaField(&f))
	}
	return &answered[client.SchemaFields]{out}, err
}

func (a *API) compare(ctx context.Context, p weir.Principal, in *struct {
	NamedSubject
	From string `query:"from" required:"true" maxLength:"10" doc:"The version on the old side: its number, or latest."`
	To   string `query:"to" default:"latest" maxLength:"10" doc:"The version on the new side: its number, or latest."`
}) (*answered[client.SchemaComparison], error) {
	from, err := versionNumber("from", in.From)
	if err != nil {
		return nil, err
	}
	to, err := versionNumber("to", in.To)
	if err != nil {
		return nil, err
	}
	c, err := a.Registry.Compare(ctx, p, in.Name, from, to)
	return comparison(c), err
}

func (a *API) compareText(ctx context.Context, p weir.Principal, in *struct {
	NamedSubject
	From string `query:"from" default:"latest" maxLength:"10" doc:"The version on the old side: its number, or latest."`
	Body client.SchemaText
}) (*answered[client.SchemaComparison], error) {
	from, err := versionNumber("from", in.From)
	if err != nil {
		return nil, err
	}
	next := registry.Registration{Subject: in.Name, Format: weir.SchemaFormat(in.Body.Type), Text: in.Body.Schema}
	for _, r := range in.Body.References {
		next.References = append(next.References, weir.SchemaReference(r))
	}
	c, err := a.Registry.CompareText(ctx, p, from, next)
	return comparison(c), err
}

// versionNumber reads a version's number or latest.
func versionNumber(where, s string) (int, error) {
	if s == "latest" {
		return registry.Latest, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, weir.Errorf(weir.Invalid, "%q is no version", s).At(where).WithFix("use its number, or latest")
	}
	return n, nil
}

func comparison(c registry.Comparison) *answered[client.SchemaComparison] {
	out := client.SchemaComparison{
		Subject: c.From.Subject, Type: string(c.To.Format), From: c.From.Version, To: c.To.Version,
		Fields: []client.SchemaFieldChange{}, Backward: mismatches(c.Backward), Forward: mismatches(c.Forward),
	}
	for _, f := range c.Fields {
		out.Fields = append(out.Fields, client.SchemaFieldChange{Old: schemaField(f.Old), New: schemaField(f.New)})
	}
	return &answered[client.SchemaComparison]{out}
}

func schemaField(f *schema.Field) *client.SchemaField {
	if f == nil {
		return nil
	}
	out := &client.SchemaField{Path: f.Path, Type: f.Type, Optional: f.Optional, Values: f.Values, Number: f.Number, Doc: f.Doc, Tags: f.Tags}
	if f.HasDefault {
		out.Default = &f.Default
	}
	return out
}

func mismatches(ms []schema.Mismatch) []client.SchemaMismatch {
	out := []client.SchemaMismatch{}
	for _, m := range ms {
		out = append(out, client.SchemaMismatch{Path: m.Path, Rule: m.Rule, Reader: m.Reader, Writer: m.Writer, Message: m.Msg, Fix: m.Fix})
	}
	return out
}
