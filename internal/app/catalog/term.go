package catalog

import (
	"context"
	"fmt"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// NewTerm asks for an entry of the glossary.
type NewTerm struct {
	Name, Title, Definition string
}

// CreateTerm puts a term into the glossary.
func (c *Catalog) CreateTerm(ctx context.Context, call weir.Call, cmd NewTerm) (weir.Receipt, error) {
	t := &weir.Term{UID: c.uid(), Name: cmd.Name, Title: cmd.Title, Definition: cmd.Definition, Created: c.now().UTC()}
	return c.writer.Submit(ctx, call.Decision("term.create", func(context.Context, weir.View) (weir.Outcome, error) {
		if err := rights.Must(call.By, rights.Create, rights.Thing{Noun: weir.NounTerm}, t.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		r.put(nil, 0, t)
		return r.outcome("term.created", t)
	}))
}

// TermEdit says what shall change; nil stays.
type TermEdit struct {
	Title, Definition *string
}

// EditTerm changes a term.
func (c *Catalog) EditTerm(ctx context.Context, call weir.Call, name string, cmd TermEdit) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("term.edit", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		t, rev, err := c.term(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *t
		set(&next.Title, cmd.Title)
		set(&next.Definition, cmd.Definition)
		r := c.result()
		r.put(t, rev, &next)
		return r.outcome("term.changed", &next)
	}))
}

// DeleteTerm takes a term out of the glossary. Conflict while a field points to
// it.
func (c *Catalog) DeleteTerm(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return c.writer.Submit(ctx, call.Decision("term.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		t, rev, err := c.term(ctx, v, call, rights.Delete, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := unused(ctx, v, call.By, t); err != nil {
			return weir.Outcome{}, err
		}
		r := c.result()
		r.end(t, rev)
		return r.outcome("term.deleted", t)
	}))
}

// maxPointing bounds how many fields a refusal names.
const maxPointing = 5

// unused refuses to delete a term to which fields point, and names those that
// the caller may know of.
func unused(ctx context.Context, v weir.View, by weir.Principal, t *weir.Term) error {
	var names []string
	hidden := 0
	err := weir.All(ctx, v, weir.ListQuery{Noun: weir.NounProduct, Scope: weir.Everything, Refers: []weir.UID{t.UID}}, func(it weir.Item) error {
		p, ok := it.Entity.(*weir.Product)
		switch {
		case !ok:
			return weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
		case !by.Scope().Knows(p.Readers()):
			hidden++
			return nil
		}
		for _, f := range p.Fields {
			if f.Term == t.UID {
				names = append(names, p.Name+" "+f.Path)
			}
		}
		return nil
	})
	if err != nil || len(names)+hidden == 0 {
		return err
	}
	e := weir.Errorf(weir.Conflict, "fields point to the term %s: %s", t.Name, pointing(names, hidden)).
		WithFix("point them to another one first: weir product field PRODUCT FIELD --term OTHER")
	e.Ref = t.Ref()
	return e
}

func pointing(names []string, hidden int) string {
	more := ""
	if len(names) > maxPointing {
		more = fmt.Sprintf(" and %d more", len(names)-maxPointing)
		names = names[:maxPointing]
	}
	if hidden > 0 {
		names = append(names, "those of products that you do not know of")
	}
	return strings.Join(names, ", ") + more
}

// term finds one with which the caller may do something.
func (c *Catalog) term(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, name string) (*weir.Term, weir.Revision, error) {
	t, rev, err := weir.Find[*weir.Term](ctx, v, weir.Ref{Noun: weir.NounTerm, Name: name})
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, rights.Thing{Noun: weir.NounTerm}, t.Ref()); err != nil {
		return nil, 0, err
	}
	return t, rev, since(ctx, v, call, t.Ref(), call.Check(t.Ref(), rev))
}
