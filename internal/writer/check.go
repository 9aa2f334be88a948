package writer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// check says whether changes may become an entry: revisions follow, names are
// free, what is referred to lives, and nothing that lives refers to what goes.
// The changes are one set: an entry may delete a thing and all that refers to
// it, or give a name from one to another.
func check(ctx context.Context, view weir.View, changes []weir.Change) error {
	set := &changeSet{view: view, slots: map[weir.UID]*slot{}}
	for _, c := range changes {
		if err := set.add(ctx, c); err != nil {
			return err
		}
	}
	if err := set.names(ctx); err != nil {
		return err
	}
	for _, s := range set.order {
		if err := set.refers(ctx, s); err != nil {
			return err
		}
		if err := set.referrers(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// slot is one entity before and after the changes; nil is not alive.
type slot struct {
	ref           weir.Ref
	before, after weir.Entity
	rev           weir.Revision
}

type changeSet struct {
	view  weir.View
	slots map[weir.UID]*slot
	order []*slot
}

// get reads from the view; nil when there is no such living entity.
func (s *changeSet) get(ctx context.Context, r weir.Ref) (weir.Entity, weir.Revision, error) {
	e, rev, err := s.view.Get(ctx, r)
	if errors.Is(err, weir.NotFound) {
		return nil, 0, nil
	}
	return e, rev, err
}

func (s *changeSet) slot(ctx context.Context, r weir.Ref) (*slot, error) {
	if sl, ok := s.slots[r.UID]; ok {
		return sl, nil
	}
	e, rev, err := s.get(ctx, weir.Ref{Noun: r.Noun, UID: r.UID})
	if err != nil {
		return nil, err
	}
	sl := &slot{ref: r, before: e, after: e, rev: rev}
	s.slots[r.UID] = sl
	s.order = append(s.order, sl)
	return sl, nil
}

// add puts one change after those before it.
func (s *changeSet) add(ctx context.Context, c weir.Change) error {
	if c.Ref.UID.IsZero() {
		return about(c.Ref, weir.Errorf(weir.Internal, "a change of a %s without uid", c.Ref.Noun))
	}
	sl, err := s.slot(ctx, c.Ref)
	if err != nil {
		return err
	}
	if sl.after == nil && (c.Deleted || c.Rev > 1) {
		return about(c.Ref, weir.Errorf(weir.NotFound, "there is no %s any more", c.Ref))
	}
	if c.Rev != sl.rev+1 {
		return about(c.Ref, weir.Errorf(weir.Conflict, "%s was changed meanwhile, its revision is %d", c.Ref, sl.rev).
			At(weir.AtRevision).WithFix("look at it again, then repeat the change"))
	}
	sl.rev = c.Rev
	if c.Deleted {
		sl.after = nil
		return nil
	}
	sl.after, err = decode(c)
	return err
}

// decode makes sure that the ledger never holds what cannot be read again.
func decode(c weir.Change) (weir.Entity, error) {
	e, err := weir.DecodeEntity(c.Ref.Noun, c.Body)
	if err != nil {
		return nil, about(c.Ref, weir.Errorf(weir.Internal, "the change of %s cannot be read", c.Ref).Because(err))
	}
	if e.Ref() != c.Ref {
		return nil, about(c.Ref, weir.Errorf(weir.Internal, "the change of %s holds %s", c.Ref, e.Ref()))
	}
	return e, nil
}

// names checks those that are new or changed.
func (s *changeSet) names(ctx context.Context) error {
	taken := map[weir.Ref]bool{}
	for _, sl := range s.order {
		if sl.after == nil {
			continue
		}
		name := weir.Ref{Noun: sl.ref.Noun, Name: sl.after.Ref().Name}
		if taken[name] {
			return about(name, exists(name))
		}
		taken[name] = true
		if sl.before != nil && sl.before.Ref().Name == name.Name {
			continue
		}
		holder, _, err := s.get(ctx, name)
		if err != nil {
			return err
		}
		if holder != nil && s.keeps(holder) {
			return about(name, exists(name))
		}
	}
	return nil
}

// keeps reports whether an entity of the view has its name after the changes.
func (s *changeSet) keeps(e weir.Entity) bool {
	sl, ok := s.slots[e.Ref().UID]
	return !ok || sl.after != nil && sl.after.Ref().Name == e.Ref().Name
}

func exists(r weir.Ref) *weir.Error {
	return weir.Errorf(weir.Exists, "%s exists already", r).WithFix("use another name")
}

// refers checks that what an entity newly points to lives after the changes.
func (s *changeSet) refers(ctx context.Context, sl *slot) error {
	if sl.after == nil {
		return nil
	}
	var old []weir.Ref
	if sl.before != nil {
		old = sl.before.Refers()
	}
	for _, r := range sl.after.Refers() {
		if slices.Contains(old, r) {
			continue // it lives, or its own deletion is refused
		}
		alive, err := s.alive(ctx, r)
		if err != nil {
			return err
		}
		if !alive {
			return about(r, weir.Errorf(weir.NotFound, "there is no %s, which %s refers to", r, sl.ref))
		}
	}
	return nil
}

func (s *changeSet) alive(ctx context.Context, r weir.Ref) (bool, error) {
	if r.UID.IsZero() {
		return s.aliveByName(ctx, r)
	}
	if sl, ok := s.slots[r.UID]; ok {
		return sl.after != nil && sl.ref.Noun == r.Noun, nil
	}
	e, _, err := s.get(ctx, weir.Ref{Noun: r.Noun, UID: r.UID})
	return e != nil, err
}

func (s *changeSet) aliveByName(ctx context.Context, r weir.Ref) (bool, error) {
	for _, sl := range s.order {
		if sl.after != nil && sl.ref.Noun == r.Noun && sl.after.Ref().Name == r.Name {
			return true, nil
		}
	}
	e, _, err := s.get(ctx, r)
	return e != nil && s.keeps(e), err
}

// namedReferrers is how many of those that stand in the way are named.
const namedReferrers = 3

// referrers checks that nothing that lives after the changes points to what
// they delete.
func (s *changeSet) referrers(ctx context.Context, sl *slot) error {
	if sl.before == nil || sl.after != nil {
		return nil
	}
	var found []string
	for _, n := range weir.Nouns() {
		names, err := s.referrersOf(ctx, n, sl.ref.UID)
		if err != nil {
			return err
		}
		if found = append(found, names...); len(found) > namedReferrers {
			break
		}
	}
	if len(found) == 0 {
		return nil
	}
	return about(sl.ref, weir.Errorf(weir.Conflict, "%s cannot be deleted: %s", sl.ref, inTheWay(found)).
		WithFix("%s", firstOf(found)))
}

// firstOf says how to end what stands in the way.
func firstOf(found []string) string {
	if strings.HasPrefix(found[0], string(weir.NounSubject)+" ") {
		return "delete that first, for ever and with its settings: weir schema delete SUBJECT --permanent, weir schema config SUBJECT --unset"
	}
	return "delete that first"
}

// referrersOf lists the entities of one noun that stand in the way, up to one
// more than are named.
func (s *changeSet) referrersOf(ctx context.Context, n weir.Noun, target weir.UID) ([]string, error) {
	var found []string
	for after := ""; ; {
		p, err := s.view.List(ctx, weir.ListQuery{Noun: n, Scope: weir.Scope{All: true}, Refers: []weir.UID{target}, After: after})
		if err != nil {
			return nil, err
		}
		for _, item := range p.Items {
			if s.stillRefers(item.Entity, target) {
				found = append(found, item.Entity.Ref().String())
			}
		}
		if after = p.Next; after == "" || len(found) > namedReferrers {
			return found, nil
		}
	}
}

// stillRefers reports whether an entity of the view points to a target after
// the changes.
func (s *changeSet) stillRefers(e weir.Entity, target weir.UID) bool {
	sl, ok := s.slots[e.Ref().UID]
	if !ok {
		return true
	}
	return sl.after != nil && slices.ContainsFunc(sl.after.Refers(), func(r weir.Ref) bool { return r.UID == target })
}

func inTheWay(names []string) string {
	more := ""
	if len(names) > namedReferrers {
		names, more = names[:namedReferrers], " and more"
	}
	verb := "refer"
	if len(names) == 1 {
		verb = "refers"
	}
	return fmt.Sprintf("%s%s %s to it", strings.Join(names, ", "), more, verb)
}

// about says which entity an error is about.
func about(r weir.Ref, e *weir.Error) error {
	e.Ref = r
	return e
}
