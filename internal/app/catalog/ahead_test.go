package catalog

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
)

// TestAheadIsTheStateAfterwards compares what a view shows ahead of an entry
// with what a state shows that has the entry: page by page, both ways round,
// and by name and uid.
func TestAheadIsTheStateAfterwards(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := shelf{}
		for i := range rapid.IntRange(0, 12).Draw(t, "subjects") {
			before = append(before, weir.Item{Entity: subject(i, fmt.Sprintf("t%02d", i*2), i%3), Rev: 1})
		}
		after := slices.Clone(before)
		var changes []weir.Change
		for range rapid.IntRange(0, 5).Draw(t, "changes") {
			n := rapid.IntRange(0, 15).Draw(t, "which")
			end, refers := rapid.Bool().Draw(t, "end"), rapid.IntRange(0, 2).Draw(t, "refers")
			var ch weir.Change
			ch, after = after.change(t, n, end, refers)
			changes = append(changes, ch)
		}
		got, err := newAhead(before, changes)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []weir.ListQuery{
			{}, {Desc: true}, {Limit: 3}, {Limit: 3, Desc: true}, {Limit: 1}, {Refers: []weir.UID{uid(100)}}, {Refers: []weir.UID{uid(101)}, Limit: 2},
		} {
			q.Noun, q.Scope = weir.NounSubject, weir.Everything
			if diff := cmp.Diff(names(t, after, q), names(t, got, q)); diff != "" {
				t.Fatalf("%+v after %v:\n%s", q, changes, diff)
			}
		}
		for i := range 16 {
			for _, r := range []weir.Ref{{Noun: weir.NounSubject, UID: uid(i)}, {Noun: weir.NounSubject, Name: fmt.Sprintf("t%02d", i*2)}} {
				e1, rev1, err1 := after.Get(t.Context(), r)
				e2, rev2, err2 := got.Get(t.Context(), r)
				if !cmp.Equal(e1, e2) || rev1 != rev2 || (err1 == nil) != (err2 == nil) {
					t.Fatalf("%v: %v at %d (%v), ahead %v at %d (%v)", r, e1, rev1, err1, e2, rev2, err2)
				}
			}
		}
	})
}

func uid(n int) weir.UID { return weir.UID{0: 1, 15: byte(n)} }

// subject is one of a domain, which is something with a name and a reference.
func subject(n int, name string, domain int) *weir.Subject {
	return &weir.Subject{UID: uid(n), Name: name, Domain: uid(100 + domain), Visibility: weir.VisibleMesh}
}

// names walks all pages of a query.
func names(t *rapid.T, v weir.View, q weir.ListQuery) []string {
	var all []string
	for {
		page, err := v.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range page.Items {
			all = append(all, fmt.Sprintf("%s at %d", it.Entity.Ref().Name, it.Rev))
		}
		if q.After = page.Next; q.After == "" {
			return all
		}
	}
}

// shelf is a state of a few subjects, the plain way.
type shelf []weir.Item

func (s shelf) change(t *rapid.T, n int, end bool, domain int) (weir.Change, shelf) {
	i := slices.IndexFunc(s, func(it weir.Item) bool { return it.Entity.Ref().UID == uid(n) })
	next := subject(n, fmt.Sprintf("t%02d", n*2), domain)
	if i < 0 {
		ch, err := weir.NewChange(uid(1), nil, 0, next)
		if err != nil {
			t.Fatal(err)
		}
		return ch, append(s, weir.Item{Entity: next, Rev: 1})
	}
	was := s[i]
	if end {
		return weir.DeleteChange(uid(1), was.Entity, was.Rev), slices.Delete(slices.Clone(s), i, i+1)
	}
	ch, err := weir.NewChange(uid(1), was.Entity, was.Rev, next)
	if err != nil {
		t.Fatal(err)
	}
	s = slices.Clone(s)
	s[i] = weir.Item{Entity: next, Rev: was.Rev + 1}
	return ch, s
}

func (s shelf) Offset() weir.Offset { return 1 }

func (s shelf) Get(_ context.Context, r weir.Ref) (weir.Entity, weir.Revision, error) {
	for _, it := range s {
		if is := it.Entity.Ref(); is.UID == r.UID || r.UID.IsZero() && is.Name == r.Name {
			return it.Entity, it.Rev, nil
		}
	}
	return nil, 0, weir.Absent(r)
}

func (s shelf) List(_ context.Context, q weir.ListQuery) (weir.Page, error) {
	var p weir.Page
	sorted := slices.Clone(s)
	slices.SortFunc(sorted, func(a, b weir.Item) int { return order(q)(a.Entity.Ref().Name, b.Entity.Ref().Name) })
	for _, it := range sorted {
		if !within(q, "", it.Entity) {
			continue
		}
		if len(p.Items) == or(q.Limit, usualLimit) {
			p.Next = p.Items[len(p.Items)-1].Entity.Ref().Name
			return p, nil
		}
		p.Items = append(p.Items, it)
	}
	return p, nil
}

func (s shelf) Entries(context.Context, weir.EntryQuery) (weir.EntryPage, error) {
	return weir.EntryPage{}, nil
}

func (s shelf) Answer(context.Context, weir.Ref, string, weir.IdempotencyKey) (weir.Answered, error) {
	return weir.Answered{}, weir.NotFound
}
