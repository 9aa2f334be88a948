// Package conversation is what people say to each other about products: questions
// to those who answer for one, their answers, and what those announce to its
// consumers.
//
// Whoever knows of a product may ask, and reads every question, answer and
// announcement about it; whoever does not know of it learns of none, not even
// their own from a time before. Those who may edit what the product tells answer
// and announce. An announcement is told to the teams whose applications read the
// product lately, may read it, or plan to, as far as they may know of the product:
// it stands in their activity, and in [Conversation.Announced].
package conversation

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// measures says who read what.
type measures interface {
	Usage(ctx context.Context, q weir.UsageQuery) ([]weir.Usage, error)
}

// Config is what Conversation needs. Every field is required.
type Config struct {
	State    weir.State
	Writer   weir.Writer
	Measures measures
	Now      func() time.Time
	Home     weir.UID // the mesh
}

// Conversation is the use cases.
type Conversation struct{ cfg Config }

// New makes the use cases.
func New(c Config) *Conversation { return &Conversation{cfg: c} }

// Bounds of what is gathered for one person, over all products: how many are
// looked at, and how many are given.
const (
	lookedAt = 5000
	maxMine  = 200
)

// find is a product that the caller knows of.
func find(ctx context.Context, v weir.View, p weir.Principal, name string) (*weir.Product, error) {
	e, _, err := weir.Known[*weir.Product](ctx, v, p, weir.Ref{Noun: weir.NounProduct, Name: name})
	return e, err
}

// next is the name of the next thing that is said about a product: behind the one
// with the greatest number, or, where that is taken, in the first gap.
func next(ctx context.Context, v weir.View, n weir.Noun, p *weir.Product, most int) (string, error) {
	q := weir.ListQuery{Noun: n, Scope: weir.Everything, Refers: []weir.UID{p.UID}, Desc: true, Limit: 1}
	newest, err := v.List(ctx, q)
	if err != nil {
		return "", err
	}
	if len(newest.Items) == 0 {
		return weir.Numbered(p.Name, 1), nil
	}
	if _, at := weir.SplitNumbered(newest.Items[0].Entity.Ref().Name); at < most {
		return weir.Numbered(p.Name, at+1), nil
	}
	free := 1
	q.Desc = false
	err = weir.All(ctx, v, q, func(it weir.Item) error {
		if _, at := weir.SplitNumbered(it.Entity.Ref().Name); at == free {
			free++
		}
		return nil
	})
	if err == nil && free > most {
		err = weir.Errorf(weir.Limit, "there are %d %ss about %s already", most, n, p.Name).WithFix("those who answer for it take away what is old: weir %s delete %s NUMBER", n, p.Name)
	}
	return weir.Numbered(p.Name, free), err
}

// numbered finds something that was said about a product that the caller knows of.
func numbered[E weir.Entity](ctx context.Context, v weir.View, p weir.Principal, noun weir.Noun, product string, n int) (E, weir.Revision, *weir.Product, error) {
	var none E
	of, err := find(ctx, v, p, product)
	if err != nil {
		return none, 0, nil, err
	}
	e, rev, err := weir.Find[E](ctx, v, weir.Ref{Noun: noun, Name: weir.Numbered(product, n)})
	if weir.NotFound.In(err) {
		err = weir.Errorf(weir.NotFound, "there is no %s %d about %s", noun, n, product).WithFix("see which there are: weir %s list %s", noun, product)
	}
	return e, rev, of, err
}

// Part is a part of a list: behind a cursor, and at most so many.
type Part struct {
	After string
	Limit int // 1 to 1000; 0 is 100
}

// about lists what was said about one product, the newest first, and gives the
// cursor of what follows; empty at the end.
func about[E weir.Entity](ctx context.Context, state weir.State, p weir.Principal, noun weir.Noun, product string, part Part) ([]Said[E], string, error) {
	v, done, err := state.View(ctx)
	if err != nil {
		return nil, "", err
	}
	defer done()
	of, err := find(ctx, v, p, product)
	if err != nil {
		return nil, "", err
	}
	page, err := v.List(ctx, weir.ListQuery{Noun: noun, Scope: weir.Everything, Refers: []weir.UID{of.UID}, Desc: true, After: part.After, Limit: part.Limit})
	if err != nil {
		return nil, "", err
	}
	all := make([]Said[E], 0, len(page.Items))
	for _, it := range page.Items {
		s, err := said[E](p, of, it)
		if err != nil {
			return nil, "", err
		}
		all = append(all, s)
	}
	return all, page.Next, nil
}

// one is a thing by its number, as the caller sees it.
func one[E weir.Entity](ctx context.Context, state weir.State, p weir.Principal, noun weir.Noun, product string, n int) (Said[E], error) {
	v, done, err := state.View(ctx)
	if err != nil {
		return Said[E]{}, err
	}
	defer done()
	e, rev, of, err := numbered[E](ctx, v, p, noun, product, n)
	if err != nil {
		return Said[E]{}, err
	}
	return said[E](p, of, weir.Item{Entity: e, Rev: rev})
}

// Said is something that was said about a product, with what the caller may do.
type Said[E weir.Entity] struct {
	It      E
	Rev     weir.Revision
	Product string
	May     bool // answer the question
	End     bool // take it away
	Watch   bool // learn who reads the product
}

func said[E weir.Entity](p weir.Principal, of *weir.Product, it weir.Item) (Said[E], error) {
	e, ok := it.Entity.(E)
	if !ok {
		return Said[E]{}, weir.Errorf(weir.Internal, "%s is a %T", it.Entity.Ref(), it.Entity)
	}
	noun := e.Ref().Noun
	return Said[E]{
		It: e, Rev: it.Rev, Product: of.Name,
		May:   noun == weir.NounQuestion && rights.May(p, rights.Answer, rights.OfProduct(noun, of)),
		End:   rights.May(p, rights.Delete, thingOf(e, of)),
		Watch: rights.May(p, rights.Watch, rights.OfProduct(weir.NounProduct, of)),
	}, nil
}

// thingOf is what rights are asked about.
func thingOf(e weir.Entity, of *weir.Product) rights.Thing {
	t := rights.OfProduct(e.Ref().Noun, of)
	if q, ok := e.(*weir.Question); ok {
		t.Person = q.By.UID
	}
	return t
}

// Mine is what concerns a person of all that was said. More: not all of it is
// there.
type Mine[E weir.Entity] struct {
	All  []Said[E]
	More bool
}

// mine gathers what was said by or to a person or their teams, about products that
// they know of, the newest first. A mesh admin gets their own, too.
func mine[E weir.Entity](ctx context.Context, state weir.State, p weir.Principal, noun weir.Noun, at func(E) time.Time, want func(Said[E]) bool) (Mine[E], error) {
	var out Mine[E]
	v, done, err := state.View(ctx)
	if err != nil {
		return out, err
	}
	defer done()
	items, more, err := some(ctx, v, weir.ListQuery{Noun: noun, Scope: own(p), Limit: 1000})
	if err != nil {
		return out, err
	}
	known := products{v: v, p: p, by: map[weir.UID]*weir.Product{}}
	for _, it := range items {
		of, err := known.of(ctx, it.Entity.Refers()[0].UID)
		if err != nil || of == nil {
			if err != nil {
				return out, err
			}
			continue
		}
		s, err := said[E](p, of, it)
		if err != nil {
			return out, err
		}
		if want(s) {
			out.All = append(out.All, s)
		}
	}
	slices.SortStableFunc(out.All, func(a, b Said[E]) int { return cmp.Compare(at(b.It).UnixNano(), at(a.It).UnixNano()) })
	out.More = more || len(out.All) > maxMine
	out.All = out.All[:min(len(out.All), maxMine)]
	return out, nil
}

// own is what is a person's own: as their scope, without what the whole mesh or a
// mesh admin knows.
func own(p weir.Principal) weir.Scope {
	p.Roles = slices.DeleteFunc(slices.Clone(p.Roles), func(b weir.Binding) bool { return b.On.Noun == weir.NounMesh })
	s := p.Scope()
	s.Mesh = false
	return s
}

// some lists entities up to a bound.
func some(ctx context.Context, v weir.View, q weir.ListQuery) (items []weir.Item, more bool, err error) {
	for {
		page, err := v.List(ctx, q)
		if err != nil {
			return nil, false, err
		}
		items = append(items, page.Items...)
		if page.Next == "" || len(items) >= lookedAt {
			return items, page.Next != "", nil
		}
		q.After = page.Next
	}
}

// products finds products that somebody knows of, each once.
type products struct {
	v  weir.View
	p  weir.Principal
	by map[weir.UID]*weir.Product
}

// of is nil for one that is hidden.
func (k products) of(ctx context.Context, u weir.UID) (*weir.Product, error) {
	if p, ok := k.by[u]; ok {
		return p, nil
	}
	p, _, err := weir.Known[*weir.Product](ctx, k.v, k.p, weir.Ref{Noun: weir.NounProduct, UID: u})
	if err != nil && !weir.NotFound.In(err) {
		return nil, err
	}
	k.by[u] = p
	return p, nil
}

// outcome is one change and its event.
func outcome(event string, e weir.Entity, c weir.Change, err error) (weir.Outcome, error) {
	if err != nil {
		return weir.Outcome{}, err
	}
	answer, err := weir.Public(e)
	return weir.Outcome{Changes: []weir.Change{c}, Answer: answer, Events: []weir.Event{{Type: event, Ref: e.Ref()}}}, err
}

// person refuses a caller who is none.
func person(p weir.Principal) error {
	if p.Ref.Noun == weir.NounPerson {
		return nil
	}
	return weir.Errorf(weir.Denied, "%s may not ask", p.Ref).WithFix("ask as a person")
}
