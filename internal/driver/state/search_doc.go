package state

import (
	"context"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/postings"
	languages "github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// Bounds of what of one thing is searched.
const (
	maxFields        = 5000
	maxFieldText     = 128 << 10 // bytes of all fields together
	maxDocumentation = 64 << 10
	maxSchemaDepth   = 16
	maxSchemaTexts   = 1000 // of one schema and all that it refers to, each as often as it is there
)

// document is what is searched of one thing. Its texts are kept to show where
// a hit's words are.
type document struct {
	ref     weir.Ref
	readers []weir.UID
	facets  []weir.SearchFilter
	body
}

// body is a document's texts.
type body struct {
	Description   string
	Fields        []fieldText
	Tags          []string
	Terms         []string
	Owners        []string
	More          []string // purpose, usage, limitations
	Documentation string
}

// fieldText is a field and what is said about it.
type fieldText struct{ Path, Doc string }

// texts are the document's, by column.
func (d *document) texts() [columns][]string {
	var c [columns][]string
	for _, f := range d.Fields {
		c[colField] = append(c[colField], f.Path)
		c[colFieldDoc] = append(c[colFieldDoc], f.Doc)
	}
	c[colName] = []string{d.ref.Name}
	c[colTag], c[colTerm], c[colOwner] = d.Tags, d.Terms, d.Owners
	c[colDescription] = append([]string{d.Description}, d.More...)
	c[colDocumentation] = []string{d.Documentation}
	return c
}

// index tells the document's words. No phrase goes over the end of a text, and
// what is joined is in no phrase.
func (d *document) index(b *postings.Builder) {
	for col, texts := range d.texts() {
		at := uint32(0)
		for _, text := range texts {
			scan(text, func(t token) {
				if t.whole {
					b.Word(uint8(col), 0, t.word)
					return
				}
				at++
				b.Word(uint8(col), at, t.word)
			})
			at++
		}
	}
}

// facet adds a value, once.
func (d *document) facet(name, value string) {
	f := weir.SearchFilter{Facet: name, Value: value}
	if value != "" && !slices.Contains(d.facets, f) {
		d.facets = append(d.facets, f)
	}
}

// tag adds a tag: KEY:VALUE is a value of a dimension, anything else has none.
func (d *document) tag(t string) {
	if t == "" || slices.Contains(d.Tags, t) || len(d.Tags) >= maxFields {
		return
	}
	d.Tags = append(d.Tags, t)
	if key, value, ok := strings.Cut(t, ":"); ok && key != "" && value != "" {
		d.facet(weir.FacetTag+":"+key, value)
		return
	}
	d.facet(weir.FacetTag, t)
}

// documents makes documents of what a view shows.
type documents struct{ v weir.View }

// of gives the document of a thing, nil if it is gone or is not searched.
func (m documents) of(ctx context.Context, r weir.Ref) (*document, error) {
	e, _, err := m.v.Get(ctx, r)
	if weir.NotFound.In(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d := &document{ref: e.Ref(), readers: e.Readers()}
	d.facet(weir.FacetNoun, string(d.ref.Noun))
	switch e := e.(type) {
	case *weir.Product:
		return d, m.product(ctx, d, e)
	case *weir.Domain:
		d.Description = e.Description
		d.facet(weir.FacetDomain, e.Name)
		return d, m.owner(ctx, d, weir.Ref{Noun: weir.NounTeam, UID: e.Team})
	case *weir.Term:
		d.Description = e.Definition
		d.facet(weir.FacetTerm, e.Name)
		if e.Title != "" {
			d.Terms = []string{e.Title}
		}
		return d, nil
	}
	return nil, nil
}

// owner adds a name of who owns the thing.
func (m documents) owner(ctx context.Context, d *document, r weir.Ref) error {
	name, err := m.name(ctx, r)
	if name != "" {
		d.Owners = append(d.Owners, name)
		d.facet(weir.FacetOwner, name)
	}
	return err
}

// name is a thing's name, empty if it is gone.
func (m documents) name(ctx context.Context, r weir.Ref) (string, error) {
	e, _, err := m.v.Get(ctx, r)
	if weir.NotFound.In(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return e.Ref().Name, nil
}

func (m documents) product(ctx context.Context, d *document, p *weir.Product) error {
	d.Description = p.Description
	d.More = []string{p.Purpose, p.Usage, p.Limitations}
	domain, _, _ := strings.Cut(p.Name, ".")
	d.facet(weir.FacetDomain, domain)
	d.facet(weir.FacetType, string(p.Type))
	if p.Type == "" {
		d.facet(weir.FacetType, string(weir.TypeSource))
	}
	d.facet(weir.FacetKind, string(p.Kind))
	d.facet(weir.FacetFormat, string(p.Encoding))
	d.facet(weir.FacetLifecycle, string(p.Stage()))
	d.facet(weir.FacetQuality, string(p.Quality))
	d.facet(weir.FacetSLA, string(p.SLA))
	for _, t := range p.Tags {
		d.tag(string(t))
	}
	if err := m.owner(ctx, d, weir.Ref{Noun: weir.NounPerson, UID: p.Owner}); err != nil {
		return err
	}
	if err := m.fields(ctx, d, p); err != nil || p.Documentation.IsZero() {
		return err
	}
	text, err := m.text(ctx, p.Documentation)
	d.Documentation = cut(text, maxDocumentation)
	return err
}

// fields adds those of the latest schema of the values, and what the product
// says about them.
func (m documents) fields(ctx context.Context, d *document, p *weir.Product) error {
	fs, err := m.schemaFields(ctx, p)
	if err != nil {
		return err
	}
	at := map[string]int{}
	room := maxFieldText
	for _, f := range fs {
		at[f.Path] = len(d.Fields)
		d.field(&room, fieldText{f.Path, f.Doc})
		for _, t := range f.Tags {
			d.tag(t)
		}
	}
	for _, n := range p.Fields {
		if i, ok := at[n.Path]; ok && i < len(d.Fields) && n.Description != "" {
			d.Fields[i].Doc = n.Description
		} else if !ok {
			d.field(&room, fieldText{n.Path, n.Description})
		}
		if err := m.note(ctx, d, n); err != nil {
			return err
		}
	}
	return nil
}

// field adds a field while there is room.
func (d *document) field(room *int, f fieldText) {
	if *room -= len(f.Path) + len(f.Doc); *room >= 0 && len(d.Fields) < maxFields {
		d.Fields = append(d.Fields, f)
	}
}

// note adds what the product says about a field.
func (m documents) note(ctx context.Context, d *document, n weir.FieldNote) error {
	d.facet(weir.FacetClassification, string(n.Classification))
	for _, t := range n.Tags {
		d.tag(string(t))
	}
	if n.Term.IsZero() {
		return nil
	}
	e, _, err := m.v.Get(ctx, weir.Ref{Noun: weir.NounTerm, UID: n.Term})
	if err != nil {
		return ignoreGone(err)
	}
	t := e.(*weir.Term)
	d.facet(weir.FacetTerm, t.Name)
	text := strings.TrimSpace(t.Name + " " + t.Title)
	if !slices.Contains(d.Terms, text) {
		d.Terms = append(d.Terms, text)
	}
	return nil
}

// schemaFields walks the latest schema of the product's values. One that cannot
// be understood has no fields.
func (m documents) schemaFields(ctx context.Context, p *weir.Product) ([]languages.Field, error) {
	e, _, err := m.v.Get(ctx, weir.Ref{Noun: weir.NounSubject, Name: p.Subject(weir.OfValue)})
	if err != nil {
		return nil, ignoreGone(err)
	}
	latest, ok := e.(*weir.Subject).Latest()
	if !ok {
		return nil, nil
	}
	texts := maxSchemaTexts
	f, src, err := m.source(ctx, latest.Schema, 0, &texts)
	if err != nil {
		return nil, ignoreGone(err)
	}
	s, err := format.Parse(f, src)
	if err != nil {
		return nil, nil
	}
	return s.Fields(), nil
}

// source gathers a schema's text and those that it refers to.
func (m documents) source(ctx context.Context, u weir.UID, depth int, texts *int) (weir.SchemaFormat, languages.Source, error) {
	var src languages.Source
	if *texts--; *texts < 0 || depth > maxSchemaDepth {
		return "", src, weir.Errorf(weir.NotFound, "references are too many to be searched")
	}
	e, _, err := m.v.Get(ctx, weir.Ref{Noun: weir.NounSchema, UID: u})
	if err != nil {
		return "", src, err
	}
	s := e.(*weir.Schema)
	if src.Text, err = m.text(ctx, s.Text); err != nil {
		return "", src, err
	}
	for i, r := range s.Referred {
		_, below, err := m.source(ctx, r, depth+1, texts)
		if err != nil {
			return "", src, err
		}
		src.References = append(src.References, languages.Reference{Name: s.References[i].Name, Source: below})
	}
	return s.Format, src, nil
}

func (m documents) text(ctx context.Context, u weir.UID) (string, error) {
	e, _, err := m.v.Get(ctx, weir.Ref{Noun: weir.NounText, UID: u})
	if err != nil {
		return "", ignoreGone(err)
	}
	return e.(*weir.Text).Body, nil
}

func ignoreGone(err error) error {
	if weir.NotFound.In(err) {
		return nil
	}
	return err
}
