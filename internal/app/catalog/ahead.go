package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// ahead is a view that shows also what an entry, not written yet, has decided
// so far. Several parts of one entry see one another by it: two schemas that
// come with one product get two ids.
type ahead struct {
	weir.View
	after map[weir.UID]later
}

// later is an entity after a change; nil is its end.
type later struct {
	noun   weir.Noun
	entity weir.Entity
	rev    weir.Revision
}

func newAhead(v weir.View, changes []weir.Change) (*ahead, error) {
	a := &ahead{View: v, after: map[weir.UID]later{}}
	for _, ch := range changes {
		l := later{noun: ch.Ref.Noun, rev: ch.Rev}
		if !ch.Deleted {
			e, err := weir.DecodeEntity(ch.Ref.Noun, ch.Body)
			if err != nil {
				return nil, err
			}
			l.entity = e
		}
		a.after[ch.Ref.UID] = l
	}
	return a, nil
}

// Get is what the view has, or what became of it.
func (a *ahead) Get(ctx context.Context, r weir.Ref) (weir.Entity, weir.Revision, error) {
	for uid, l := range a.after {
		if l.entity != nil && l.noun == r.Noun && (uid == r.UID || r.UID.IsZero() && l.entity.Ref().Name == r.Name) {
			return l.entity, l.rev, nil
		}
	}
	e, rev, err := a.View.Get(ctx, r)
	if err != nil {
		return nil, 0, err
	}
	if _, changed := a.after[e.Ref().UID]; changed {
		return nil, 0, weir.Absent(r) // it ended, or has another name now
	}
	return e, rev, nil
}

// usualLimit is that of a query which names none.
const usualLimit = 100

// List is what the view has, with what became of it.
func (a *ahead) List(ctx context.Context, q weir.ListQuery) (weir.Page, error) {
	page, err := a.View.List(ctx, q)
	if err != nil {
		return page, err
	}
	items := slices.DeleteFunc(slices.Clone(page.Items), func(it weir.Item) bool {
		_, changed := a.after[it.Entity.Ref().UID]
		return changed
	})
	for _, l := range a.after {
		if l.entity != nil && l.noun == q.Noun && within(q, page.Next, l.entity) {
			items = append(items, weir.Item{Entity: l.entity, Rev: l.rev, At: a.Offset()})
		}
	}
	by := order(q)
	slices.SortFunc(items, func(x, y weir.Item) int { return by(x.Entity.Ref().Name, y.Entity.Ref().Name) })
	if limit := or(q.Limit, usualLimit); len(items) > limit {
		items = items[:limit]
		page.Next = items[limit-1].Entity.Ref().Name
	}
	page.Items = items
	return page, nil
}

// within reports whether a query finds e on the page that ends at next.
func within(q weir.ListQuery, next string, e weir.Entity) bool {
	name, by := e.Ref().Name, order(q)
	if q.After != "" && by(name, q.After) <= 0 || next != "" && by(name, next) > 0 {
		return false
	}
	refers := e.Refers()
	for _, u := range q.Refers {
		if !slices.ContainsFunc(refers, func(r weir.Ref) bool { return r.UID == u }) {
			return false
		}
	}
	return q.Scope.Knows(e.Readers())
}

// order is how a query sorts names.
func order(q weir.ListQuery) func(x, y string) int {
	if q.Desc {
		return func(x, y string) int { return strings.Compare(y, x) }
	}
	return strings.Compare
}
