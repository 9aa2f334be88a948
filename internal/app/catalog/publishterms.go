package catalog

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// defaultTerms is what who publishes agrees to, unless the mesh says otherwise.
const defaultTerms = `# Terms of publishing

Who publishes a product offers it to others, who will build on it. By accepting these terms you say that

1. the named owner knows of it and answers for it: for what it holds, its quality, and questions about it;
2. it may be given to those who can see it: nobody else's rights are hurt, and every personal or secret field is classified as such;
3. what is told about it is true, and is kept true: description, quality tier, SLA tier, schema, objectives;
4. its schema changes only in ways that those who read it can follow;
5. records are neither withheld nor changed once others rely on them, but for what its retention and the law ask;
6. its end is announced: it is deprecated first, with a successor if there is one, and those who read it are given time.
`

// PublishingTerms is what who publishes agrees to.
type PublishingTerms struct {
	Text    string
	Hash    string // the name of the text
	Default bool   // the mesh set none
	Rev     weir.Revision
}

// PublishingTerms gives the terms as they are. Everybody may read them.
func (c *Catalog) PublishingTerms(ctx context.Context) (PublishingTerms, error) {
	v, done, err := c.state.View(ctx)
	if err != nil {
		return PublishingTerms{}, err
	}
	defer done()
	return c.termsIn(ctx, v)
}

func (c *Catalog) termsIn(ctx context.Context, v weir.View) (PublishingTerms, error) {
	m, rev, err := weir.Find[*weir.Mesh](ctx, v, weir.Ref{Noun: weir.NounMesh, UID: c.home})
	if err != nil {
		return PublishingTerms{}, err
	}
	if m.Terms.IsZero() {
		return PublishingTerms{Text: defaultTerms, Hash: weir.TextName(defaultTerms), Default: true, Rev: rev}, nil
	}
	t, _, err := weir.Find[*weir.Text](ctx, v, weir.Ref{Noun: weir.NounText, UID: m.Terms})
	if err != nil {
		return PublishingTerms{}, err
	}
	return PublishingTerms{Text: t.Body, Hash: t.Name, Rev: rev}, nil
}

// SetPublishingTerms changes the terms; an empty text brings the default back.
// What was accepted before is kept.
func (c *Catalog) SetPublishingTerms(ctx context.Context, call weir.Call, text string) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("mesh.terms", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		m, rev, err := weir.Find[*weir.Mesh](ctx, v, weir.Ref{Noun: weir.NounMesh, UID: c.home})
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := rights.Must(call.By, rights.Edit, rights.Thing{Noun: weir.NounMesh}, m.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		if err := call.Check(m.Ref(), rev); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		next := *m
		if next.Terms, err = c.text(ctx, v, r, "text", text, nil); err != nil {
			return weir.Outcome{}, err
		}
		r.put(m, rev, &next)
		return r.outcome("mesh.terms-changed", &next)
	}))
}

// accepted is the text that is agreed to, which becomes part of the entry if it
// is not stored yet. Conflict when another was shown.
func (c *Catalog) accepted(ctx context.Context, v weir.View, r *result, shown string) (weir.UID, error) {
	t, err := c.termsIn(ctx, v)
	if err != nil {
		return weir.UID{}, err
	}
	if shown != "" && shown != t.Hash {
		return weir.UID{}, weir.Errorf(weir.Conflict, "the terms of publishing are not those that you accepted any more").At("acceptedTerms").
			WithFix("read them again, then repeat: weir mesh terms")
	}
	return c.text(ctx, v, r, "terms", t.Text, nil)
}
