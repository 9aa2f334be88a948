package catalog

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// Telling says what shall be told about a product; nil stays. An empty value
// takes away what was told.
type Telling struct {
	Type                        *weir.ProductType
	Purpose, Usage, Limitations *string
	Quality                     *weir.QualityTier
	SLA                         *weir.SLATier
	SLOs                        []weir.SLO     // instead of those before
	Support                     []weir.Support // instead of those before
	Tags                        []weir.Tag     // instead of those before
	AddTags, RemoveTags         []weir.Tag     // after Tags
	Documentation, Terms        *string        // whole texts, in Markdown
	EventTime                   *string        // a field of the values
	Lateness                    *weir.Duration
	Fields                      []NoteEdit
}

// NoteEdit says what shall be noted about one field; nil stays. Clear takes the
// whole note away first.
type NoteEdit struct {
	Path           string
	Clear          bool
	Description    *string
	Classification *weir.Classification
	Tags           []weir.Tag // instead of those before
	Term           *string    // by name
	Unit           *string
	Examples       []string // instead of those before
}

// apply changes everything that stands for itself.
func (t *Telling) apply(a *weir.About) error {
	set(&a.Type, t.Type)
	set(&a.Purpose, t.Purpose)
	set(&a.Usage, t.Usage)
	set(&a.Limitations, t.Limitations)
	set(&a.Quality, t.Quality)
	set(&a.SLA, t.SLA)
	set(&a.EventTime, t.EventTime)
	set(&a.Lateness, t.Lateness)
	replace(&a.SLOs, t.SLOs)
	replace(&a.Support, t.Support)
	replace(&a.Tags, t.Tags)
	tags := slices.Clone(a.Tags)
	for _, tag := range t.AddTags {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	for _, tag := range t.RemoveTags {
		i := slices.Index(tags, tag)
		if i < 0 {
			return weir.Errorf(weir.Invalid, "the product has no tag %q", tag).At("removeTags").WithFix("its tags are: %s", joined(tags))
		}
		tags = slices.Delete(tags, i, i+1)
	}
	replace(&a.Tags, tags)
	return nil
}

func joined(tags []weir.Tag) string {
	if len(tags) == 0 {
		return "none"
	}
	words := make([]string, len(tags))
	for i, t := range tags {
		words[i] = string(t)
	}
	return strings.Join(words, ", ")
}

// replace sets a list, if there is one; an empty list is none.
func replace[T any](to *[]T, from []T) {
	if from == nil {
		return
	}
	*to = nil
	if len(from) > 0 {
		*to = slices.Clone(from)
	}
}

// tell changes what is told about a product, next, which is a copy. Texts that
// are not stored yet become part of the entry. known are the fields of its
// values.
func (c *Catalog) tell(ctx context.Context, v weir.View, r *result, t *Telling, next *weir.Product, known fieldSet) error {
	if err := t.apply(&next.About); err != nil {
		return err
	}
	if err := t.note(ctx, v, &next.About, known); err != nil {
		return err
	}
	if t.EventTime != nil && *t.EventTime != "" {
		if err := isField("eventTime", *t.EventTime, known); err != nil {
			return err
		}
	}
	for _, text := range []struct {
		field string
		body  *string
		to    *weir.UID
	}{{"documentation", t.Documentation, &next.Documentation}, {"terms", t.Terms, &next.Terms}} {
		if text.body == nil {
			continue
		}
		var err error
		if *text.to, err = c.text(ctx, v, r, text.field, *text.body, next.Readers()); err != nil {
			return err
		}
	}
	return nil
}

// text is the uid of a text, which becomes part of the entry if it is not stored
// yet; an empty text has none.
func (c *Catalog) text(ctx context.Context, v weir.View, r *result, field, body string, readers []weir.UID) (weir.UID, error) {
	if body == "" {
		return weir.UID{}, nil
	}
	if err := checkMarkdown(field, body); err != nil {
		return weir.UID{}, err
	}
	seen, err := newAhead(v, r.changes)
	if err != nil {
		return weir.UID{}, err
	}
	name := weir.TextName(body)
	old, _, err := seen.Get(ctx, weir.Ref{Noun: weir.NounText, Name: name})
	if err == nil {
		return old.Ref().UID, nil
	}
	if !weir.NotFound.In(err) {
		return weir.UID{}, err
	}
	t := &weir.Text{UID: c.uid(), Name: name, Body: body, Domains: readers, Created: c.now().UTC()}
	r.put(nil, 0, t)
	return t.UID, r.err
}

// checkMarkdown refuses what is no text, or too long.
func checkMarkdown(field, body string) error {
	if len(body) > weir.MaxDocumentation {
		return weir.Errorf(weir.Invalid, "the text has %d bytes", len(body)).At(field).WithFix("use at most %d", weir.MaxDocumentation)
	}
	if !utf8.ValidString(body) {
		return weir.Errorf(weir.Invalid, "the text is not UTF-8").At(field).WithFix("save the file as UTF-8")
	}
	for i, ch := range body {
		if ch < ' ' && ch != '\n' && ch != '\t' && ch != '\r' || ch == 0x7f {
			return weir.Errorf(weir.Invalid, "byte %d of the text is a control character (%U)", i, ch).At(field).
				WithFix("send Markdown; line breaks and tabs are fine")
		}
	}
	return nil
}

// note changes the notes on fields. One that says nothing any more is gone.
func (t *Telling) note(ctx context.Context, v weir.View, a *weir.About, known fieldSet) error {
	if len(t.Fields) == 0 {
		return nil
	}
	at := map[string]int{}
	notes := slices.Clone(a.Fields)
	for i, n := range notes {
		at[n.Path] = i
	}
	for i, e := range t.Fields {
		where := "fields." + strconv.Itoa(i)
		j, there := at[e.Path]
		if !there {
			j = len(notes)
			at[e.Path] = j
			notes = append(notes, weir.FieldNote{Path: e.Path})
		}
		if err := e.apply(ctx, v, where, &notes[j]); err != nil {
			return err
		}
		if !there || !e.Clear {
			if err := isField(where+".path", e.Path, known); err != nil {
				return err
			}
		}
	}
	a.Fields = nil
	for _, n := range notes {
		if !said(n) {
			continue
		}
		a.Fields = append(a.Fields, n)
	}
	return nil
}

// said reports whether a note says anything.
func said(n weir.FieldNote) bool {
	return n.Description != "" || len(n.Tags) > 0 || !n.Term.IsZero() || n.Classification != "" || n.Unit != "" || len(n.Examples) > 0
}

func (e *NoteEdit) apply(ctx context.Context, v weir.View, where string, n *weir.FieldNote) error {
	if e.Clear {
		*n = weir.FieldNote{Path: e.Path}
	}
	set(&n.Description, e.Description)
	set(&n.Classification, e.Classification)
	set(&n.Unit, e.Unit)
	replace(&n.Tags, e.Tags)
	replace(&n.Examples, e.Examples)
	if e.Term == nil {
		return nil
	}
	n.Term = weir.UID{}
	if *e.Term == "" {
		return nil
	}
	t, _, err := weir.Find[*weir.Term](ctx, v, weir.Ref{Noun: weir.NounTerm, Name: *e.Term})
	if weir.NotFound.In(err) {
		return weir.Errorf(weir.NotFound, "the glossary has no term %q", *e.Term).At(where + ".term").WithFix("see weir term list, or ask a steward for it")
	}
	if err == nil {
		n.Term = t.UID
	}
	return err
}

// fieldSet is the fields of a product's values; none if it has no schema.
type fieldSet struct {
	list []schema.Field
	has  map[string]bool
}

func setOf(list []schema.Field) fieldSet {
	s := fieldSet{list: list, has: make(map[string]bool, len(list))}
	for _, f := range list {
		s.has[f.Path] = true
	}
	return s
}

func (s fieldSet) none() bool { return len(s.list) == 0 }

// isField refuses a path that the values do not have, with those that are near.
// Without a schema nobody knows.
func isField(where, path string, known fieldSet) error {
	if known.none() || known.has[path] {
		return nil
	}
	e := weir.Errorf(weir.Invalid, "the schema has no field %q", clip(path)).At(where)
	if near := nearest(path, known.list); len(near) > 0 {
		return e.WithFix("did you mean %s?", strings.Join(near, " or "))
	}
	return e.WithFix("see its fields: weir product fields NAME")
}

// latest is the greatest version of a subject, as the registry counts.
const latest = -1

// fieldsOf lists the fields of a product's values, as the latest schema has
// them; nil if there is none. It looks past what people may see: who knows of a
// product knows of its contract.
func (c *Catalog) fieldsOf(ctx context.Context, p *weir.Product) ([]schema.Field, error) {
	if p.SchemaFormat(weir.OfValue) == "" {
		return nil, nil
	}
	fs, err := c.contracts.Fields(ctx, weir.Principal{Ref: weir.System}, p.Subject(weir.OfValue), latest)
	if weir.NotFound.In(err) {
		return nil, nil
	}
	return fs, err
}

// fieldsSaid lists the fields of a new product: of the schema that came with it,
// else of one that was there before.
func (c *Catalog) fieldsSaid(ctx context.Context, p *weir.Product, text string) ([]schema.Field, error) {
	if text == "" {
		return c.fieldsOf(ctx, p)
	}
	s, err := format.Parse(p.SchemaFormat(weir.OfValue), schema.Source{Text: text})
	if err != nil {
		return nil, err
	}
	return s.Fields(), nil
}

// fieldsToCheck lists the fields of a product that lives, if an edit needs them:
// to check what it says of fields, or by policies.
// They are read before the queue; one that the caller may not know of has none,
// and is refused inside.
func (c *Catalog) fieldsToCheck(ctx context.Context, by weir.Principal, name string, t *Telling) ([]schema.Field, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return nil, err
	}
	p, _, err := weir.Known[*weir.Product](ctx, v, by, weir.Ref{Noun: weir.NounProduct, Name: name})
	done()
	if err != nil {
		if weir.NotFound.In(err) {
			err = nil
		}
		return nil, err
	}
	if len(t.Fields) == 0 && t.EventTime == nil && p.Published == nil {
		return nil, nil
	}
	return c.fieldsOf(ctx, p)
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
