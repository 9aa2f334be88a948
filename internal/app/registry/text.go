package registry

import (
	"context"
	"crypto/sha256"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// Bounds of what is kept in memory of texts and of schemas made of them.
const (
	textRoom   = 64 << 20 // bytes of texts
	parsedRoom = 64 << 20 // of parsed schemas, as they are estimated
	parsedCost = 16       // what a parsed schema takes for each byte of its text
	keepCost   = 256      // what keeping one costs besides
)

// Bounds of what one schema may refer to, all that those refer to included.
const (
	maxSources = 1000
)

// text gives the text of a schema. The index hears of it before the state shows
// it, so what is not there yet is waited for.
func (r *Registry) text(ctx context.Context, u weir.UID) (string, error) {
	if t, ok := r.texts.get(u); ok {
		return t, nil
	}
	body, err := r.storedText(ctx, u)
	if weir.NotFound.In(err) {
		at, _ := r.cfg.Index.offset()
		if err := r.cfg.State.Wait(ctx, at); err != nil {
			return "", err
		}
		body, err = r.storedText(ctx, u)
	}
	if err != nil {
		return "", err
	}
	r.keepText(u, body)
	return body, nil
}

// storedText is the text that the state shows.
func (r *Registry) storedText(ctx context.Context, u weir.UID) (string, error) {
	v, done, err := r.cfg.State.View(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	t, _, err := weir.Find[*weir.Text](ctx, v, weir.Ref{Noun: weir.NounText, UID: u})
	if err != nil {
		return "", err
	}
	return t.Body, nil
}

func (r *Registry) keepText(u weir.UID, body string) { r.texts.put(u, body, len(body)+keepCost) }

// textOf finds the uid of a text that is stored; false if none is.
func (r *Registry) textOf(ctx context.Context, body string) (weir.UID, bool, error) {
	name := weir.TextName(body)
	if u, ok := r.cfg.Index.text(name); ok {
		return u, true, nil
	}
	v, done, err := r.cfg.State.View(ctx)
	if err != nil {
		return weir.UID{}, false, err
	}
	defer done()
	t, _, err := weir.Find[*weir.Text](ctx, v, weir.Ref{Noun: weir.NounText, Name: name})
	if err != nil {
		return weir.UID{}, false, unlessAbsent(err)
	}
	r.cfg.Index.heard(name, t.UID)
	return t.UID, true, nil
}

// parsed gives a stored schema, understood.
func (r *Registry) parsed(ctx context.Context, u weir.UID) (schema.Schema, error) {
	if s, ok := r.stored.get(u); ok {
		return s.Schema, nil
	}
	w, err := r.begin(ctx, weir.Principal{}, 0)
	if err != nil {
		return nil, err
	}
	defer w.end()
	s, _, err := r.sized(ctx, w, u)
	return s, err
}

// parsedText is a stored schema, understood, with the bytes of its texts.
type parsedText struct {
	schema.Schema
	bytes int
}

// sized gives a stored schema, understood as part of some work, and the bytes of
// its texts.
func (r *Registry) sized(ctx context.Context, w *work, u weir.UID) (schema.Schema, int, error) {
	if s, ok := r.stored.get(u); ok {
		return s.Schema, s.bytes, nil
	}
	e, ok := r.cfg.Index.schema(u)
	if !ok {
		return nil, 0, noSchema()
	}
	g := gathering{r: r, got: map[weir.UID]gathered{}}
	got, err := g.stored(ctx, e, 0)
	if err != nil {
		return nil, 0, err
	}
	if err := w.grow(ctx, got.bytes); err != nil {
		return nil, 0, err
	}
	s, err := format.Parse(e.Format, got.Source)
	if err != nil {
		return nil, 0, weir.Errorf(weir.Internal, "schema %d, which was registered, is not understood", e.ID).Because(err)
	}
	r.stored.put(u, parsedText{s, got.bytes}, got.bytes*parsedCost+keepCost)
	return s, got.bytes, nil
}

// parsedIn is parsed inside a decision, where a schema may be newer than what
// the index shows.
func (r *Registry) parsedIn(ctx context.Context, v weir.View, u weir.UID) (schema.Schema, error) {
	s, _, err := r.sized(ctx, nil, u)
	if !weir.NotFound.In(err) {
		return s, err
	}
	e, _, err := weir.Find[*weir.Schema](ctx, v, weir.Ref{Noun: weir.NounSchema, UID: u})
	if err != nil {
		return nil, err
	}
	src, err := sourceIn(ctx, v, e, 0)
	if err != nil {
		return nil, err
	}
	return format.Parse(e.Format, src)
}

// sourceIn gathers a stored schema's texts from a view.
func sourceIn(ctx context.Context, v weir.View, e *weir.Schema, depth int) (schema.Source, error) {
	t, _, err := weir.Find[*weir.Text](ctx, v, weir.Ref{Noun: weir.NounText, UID: e.Text})
	if err != nil || depth > schema.MaxDepth {
		return schema.Source{}, err
	}
	src := schema.Source{Text: t.Body}
	for i, u := range e.Referred {
		to, _, err := weir.Find[*weir.Schema](ctx, v, weir.Ref{Noun: weir.NounSchema, UID: u})
		if err != nil {
			return schema.Source{}, err
		}
		inner, err := sourceIn(ctx, v, to, depth+1)
		if err != nil {
			return schema.Source{}, err
		}
		src.References = append(src.References, schema.Reference{Name: e.References[i].Name, Source: inner})
	}
	return src, nil
}

// understand parses a text that came, or finds it among those that came lately.
func (r *Registry) understand(f weir.SchemaFormat, text string, refs []gathered, names []weir.SchemaReference, of []weir.UID) (schema.Schema, error) {
	key := sourceKey(f, text, names, of)
	if s, ok := r.came.get(key); ok {
		return s, nil
	}
	src, bytes := schema.Source{Text: text}, len(text)
	for i, g := range refs {
		src.References = append(src.References, schema.Reference{Name: names[i].Name, Source: g.Source})
		bytes += g.bytes
	}
	s, err := format.Parse(f, src)
	if err != nil {
		return nil, faulted(InvalidSchema, err)
	}
	r.came.put(key, s, bytes*parsedCost+keepCost)
	return s, nil
}

// sourceKey is what a text that came and its references are known by.
func sourceKey(f weir.SchemaFormat, text string, names []weir.SchemaReference, of []weir.UID) weir.Hash {
	h := sha256.New()
	h.Write([]byte(f))
	h.Write([]byte{0})
	for i, n := range names {
		h.Write([]byte(n.Name))
		h.Write([]byte{0})
		h.Write(of[i][:])
	}
	h.Write([]byte{1})
	h.Write([]byte(text))
	return weir.Hash(h.Sum(nil))
}

// gathered is a text with all that it refers to.
type gathered struct {
	schema.Source
	count, bytes int // of it and of all below it, each as often as it is there
}

// gathering collects texts, each once.
type gathering struct {
	r   *Registry
	got map[weir.UID]gathered
}

// stored gathers a registered schema. What refers to one another is never a
// circle, because a schema refers only to those that were there before.
func (g *gathering) stored(ctx context.Context, s *weir.Schema, depth int) (gathered, error) {
	if out, ok := g.got[s.UID]; ok {
		return out, nil
	}
	if depth > schema.MaxDepth {
		return gathered{}, tooMuch("references are %d deep", depth)
	}
	text, err := g.r.text(ctx, s.Text)
	if err != nil {
		return gathered{}, err
	}
	out := gathered{Source: schema.Source{Text: text}, count: 1, bytes: len(text)}
	for i, u := range s.Referred {
		below, ok := g.r.cfg.Index.schema(u)
		if !ok {
			return gathered{}, weir.Errorf(weir.Internal, "schema %d refers to one that is not there", s.ID)
		}
		sub, err := g.stored(ctx, below, depth+1)
		if err != nil {
			return gathered{}, err
		}
		if err := out.add(s.References[i].Name, sub); err != nil {
			return gathered{}, err
		}
	}
	g.got[s.UID] = out
	return out, nil
}

// add puts a referred text into one that refers.
func (g *gathered) add(name string, sub gathered) error {
	g.References = append(g.References, schema.Reference{Name: name, Source: sub.Source})
	g.count += sub.count
	g.bytes += sub.bytes
	if g.count > maxSources {
		return tooMuch("references lead to more than %d texts", maxSources)
	}
	if g.bytes > schema.MaxText {
		return tooMuch("the text and what it refers to have more than %d bytes", schema.MaxText)
	}
	return nil
}

func tooMuch(format string, args ...any) error {
	return fault(TooLarge, weir.Limit, format, args...).At("references").WithFix("put what is used together into one schema")
}
