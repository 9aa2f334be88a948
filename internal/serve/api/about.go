package api

import (
	"cmp"
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
)

func (a *API) aboutRoutes() {
	add(a, route{method: http.MethodGet, path: "/products/{name}/fields", summary: "List the fields of a product's values"}, a.productFields)
	add(a, route{method: http.MethodGet, path: "/products/{name}/documentation", summary: "A product's documentation, in Markdown"}, a.documentation)
	add(a, route{method: http.MethodGet, path: "/products/{name}/terms", summary: "A product's terms of use, in Markdown"}, a.termsOfUse)
}

func (a *API) productFields(ctx context.Context, p weir.Principal, in *Named) (*answered[client.ProductFields], error) {
	of, fields, err := a.Catalog.Fields(ctx, p, in.Name)
	if err != nil {
		return nil, err
	}
	out := client.ProductFields{Product: of.Name, Fields: []client.ProductField{}}
	if of.SchemaFormat(weir.OfValue) != "" {
		out.Subject = of.Subject(weir.OfValue)
	}
	err = a.view(ctx, func(v weir.View) error {
		known := a.names(v)
		for _, f := range fields {
			field, err := productField(ctx, known, f)
			if err != nil {
				return err
			}
			out.Fields = append(out.Fields, field)
		}
		return nil
	})
	return &answered[client.ProductFields]{out}, err
}

func productField(ctx context.Context, n *names, f catalog.Field) (client.ProductField, error) {
	out := client.ProductField{
		Path: f.Path, Type: f.Type, Optional: f.Optional, Description: f.Description, DescriptionFrom: string(f.DescriptionFrom),
		Classification: string(f.Classification), ClassificationFrom: string(f.ClassificationFrom), Unit: f.Unit, Examples: f.Examples,
	}
	for _, t := range f.Tags {
		out.Tags = append(out.Tags, client.FieldTag{Tag: t.Tag, From: string(t.From)})
	}
	if f.Term.IsZero() {
		return out, nil
	}
	var err error
	out.Term, err = n.of(ctx, weir.NounTerm, f.Term)
	return out, err
}

// markdown is a text of somebody's, never a page of ours.
type markdown struct {
	Type    string `header:"Content-Type"`
	NoSniff string `header:"X-Content-Type-Options"`
	Body    []byte
}

func (a *API) documentation(ctx context.Context, p weir.Principal, in *Named) (*markdown, error) {
	return a.markdown(ctx, p, in.Name, func(of *weir.Product) weir.UID { return of.Documentation })
}

func (a *API) termsOfUse(ctx context.Context, p weir.Principal, in *Named) (*markdown, error) {
	return a.markdown(ctx, p, in.Name, func(of *weir.Product) weir.UID { return of.Terms })
}

func (a *API) markdown(ctx context.Context, p weir.Principal, name string, which func(*weir.Product) weir.UID) (*markdown, error) {
	text, err := a.Catalog.Text(ctx, p, name, which)
	if err != nil {
		return nil, err
	}
	return &markdown{Type: "text/markdown; charset=utf-8", NoSniff: "nosniff", Body: []byte(text)}, nil
}

// told is what is told about a product. A successor is named to those who may
// know of it.
func (n *names) told(ctx context.Context, p *weir.Product) (client.About, error) {
	out := plainAbout(p)
	if p.Successor.IsZero() {
		return out, nil
	}
	s, _, err := weir.Find[*weir.Product](ctx, n.v, weir.Ref{Noun: weir.NounProduct, UID: p.Successor})
	if err == nil && len(s.Readers()) == 0 {
		out.Successor = s.Name
	}
	return out, err
}

// plainAbout is what is told without looking anything up.
func plainAbout(p *weir.Product) client.About {
	out := client.About{
		Type: string(cmp.Or(p.Type, weir.TypeSource)), Lifecycle: string(p.Stage()), Purpose: p.Purpose, Usage: p.Usage,
		Limitations: p.Limitations, Quality: string(p.Quality), SLA: string(p.SLA), EventTime: p.EventTime,
	}
	for _, s := range p.SLOs {
		out.SLOs = append(out.SLOs, client.SLO{Property: string(s.Property), Value: s.Value, Unit: s.Unit})
	}
	for _, s := range p.Support {
		out.Support = append(out.Support, client.Support(s))
	}
	for _, t := range p.Tags {
		out.Tags = append(out.Tags, string(t))
	}
	if p.Lateness != 0 {
		out.Lateness = p.Lateness.String()
	}
	at := "/api/v1/products/" + p.Name
	if !p.Documentation.IsZero() {
		out.Documentation = at + "/documentation"
	}
	if !p.Terms.IsZero() {
		out.Terms = at + "/terms"
	}
	return out
}

// telling is what shall be told, as the use case takes it.
func telling(t client.Telling) (catalog.Telling, error) {
	out := catalog.Telling{
		Type: (*weir.ProductType)(t.Type), Purpose: t.Purpose, Usage: t.Usage, Limitations: t.Limitations,
		Quality: (*weir.QualityTier)(t.Quality), SLA: (*weir.SLATier)(t.SLA), Tags: tags(t.Tags), AddTags: tags(t.AddTags), RemoveTags: tags(t.RemoveTags),
		Documentation: t.Documentation, Terms: t.Terms, EventTime: t.EventTime,
		SLOs: each(t.SLOs, func(s client.SLO) weir.SLO {
			return weir.SLO{Property: weir.SLOProperty(s.Property), Value: s.Value, Unit: s.Unit}
		}),
		Support: each(t.Support, func(s client.Support) weir.Support { return weir.Support(s) }),
		Fields: each(t.Fields, func(n client.NoteEdit) catalog.NoteEdit {
			return catalog.NoteEdit{
				Path: n.Path, Clear: n.Clear, Description: n.Description, Classification: (*weir.Classification)(n.Classification),
				Tags: tags(n.Tags), Term: n.Term, Unit: n.Unit, Examples: n.Examples,
			}
		}),
	}
	if t.Lateness == nil {
		return out, nil
	}
	var none weir.Duration
	out.Lateness = &none
	if *t.Lateness == "" {
		return out, nil
	}
	d, err := weir.ParseDuration(*t.Lateness)
	if err != nil || d == weir.Forever {
		return out, weir.Errorf(weir.Invalid, "%q is not how late a record may come", *t.Lateness).At("lateness").WithFix("write a number and a unit: 90s, 5m, 1h")
	}
	out.Lateness = &d
	return out, nil
}

func tags(words []string) []weir.Tag {
	return each(words, func(w string) weir.Tag { return weir.Tag(w) })
}

// each turns a list into another; nil stays nil.
func each[A, B any](list []A, turn func(A) B) []B {
	if list == nil {
		return nil
	}
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = turn(a)
	}
	return out
}
