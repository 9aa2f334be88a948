package identity

import (
	"bytes"
	"context"
	"slices"

	"github.com/weirmesh/weir"
)

// OwnTeam makes the team of the mesh admins, if it is not there, and lets its
// members be the mesh admins, if they are not. Exists: somebody made a team of
// its name before the name was Weir's own.
func (i *Identity) OwnTeam(ctx context.Context) error {
	uid := weir.OwnUID(i.home, weir.NounTeam, weir.OwnName)
	_, err := i.writer.Submit(ctx, weir.Decision{By: starting(), Op: "team.create", Decide: func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		old, _, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, Name: weir.OwnName})
		switch {
		case err == nil && old.UID != uid:
			return weir.Outcome{}, weir.Errorf(weir.Exists, "there is a team %s already, and the name is Weir's own now", weir.OwnName).
				WithFix("let another team own what it owns and delete it: weir team delete %s; then start the node again", weir.OwnName)
		case err == nil:
			cs, err := i.followAdmins(ctx, v, nil)
			return weir.Outcome{Changes: cs, Events: []weir.Event{{Type: "team.changed", Ref: old.Ref()}}}, err
		case !weir.NotFound.In(err):
			return weir.Outcome{}, err
		}
		t := &weir.Team{UID: uid, Name: weir.OwnName, Description: "The mesh admins, who own what Weir itself offers", Created: i.now().UTC()}
		if t.Members, err = i.admins(ctx, v, nil); err != nil {
			return weir.Outcome{}, err
		}
		return changes(i.home, t)
	}})
	return err
}

// followAdmins is what changes with the mesh admins: the members of Weir's own
// team, and the owner of its product if that is none any more. next is a person
// as it will be; without a name, as one who is gone.
func (i *Identity) followAdmins(ctx context.Context, v weir.View, next *weir.Person) ([]weir.Change, error) {
	t, rev, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, UID: weir.OwnUID(i.home, weir.NounTeam, weir.OwnName)})
	if weir.NotFound.In(err) {
		return nil, nil // an earlier weir's ledger
	}
	if err != nil {
		return nil, err
	}
	members, err := i.admins(ctx, v, next)
	if err != nil {
		return nil, err
	}
	var cs []weir.Change
	if !slices.Equal(members, t.Members) {
		after := *t
		after.Members = members
		c, err := weir.NewChange(i.home, t, rev, &after)
		if err != nil {
			return nil, err
		}
		cs = append(cs, c)
	}
	return i.followOwner(ctx, v, members, cs)
}

// followOwner gives Weir's own product to a mesh admin.
func (i *Identity) followOwner(ctx context.Context, v weir.View, admins []weir.UID, cs []weir.Change) ([]weir.Change, error) {
	p, rev, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, UID: weir.OwnUID(i.home, weir.NounProduct, weir.ActivityProduct)})
	if weir.NotFound.In(err) || err == nil && slices.Contains(admins, p.Owner) {
		return cs, nil
	}
	if err != nil {
		return nil, err
	}
	after := *p
	after.Owner = admins[0] // there is one at least
	c, err := weir.NewChange(i.home, p, rev, &after)
	return append(cs, c), err
}

// admins lists the mesh admins, the oldest first, with a person as it will be.
func (i *Identity) admins(ctx context.Context, v weir.View, next *weir.Person) ([]weir.UID, error) {
	var us []weir.UID
	if next != nil && isAdmin(next) {
		us = append(us, next.UID)
	}
	q := weir.ListQuery{Noun: weir.NounPerson, Scope: weir.Everything, Refers: []weir.UID{i.home}}
	err := weir.All(ctx, v, q, func(it weir.Item) error {
		if p, ok := it.Entity.(*weir.Person); ok && isAdmin(p) && (next == nil || next.UID != p.UID) {
			us = append(us, p.UID)
		}
		return nil
	})
	slices.SortFunc(us, func(a, b weir.UID) int { return bytes.Compare(a[:], b[:]) })
	return us, err
}

// isAdmin reports whether a person is a mesh admin.
func isAdmin(p *weir.Person) bool { return (weir.Principal{Roles: p.Roles}).Has(weir.RoleMeshAdmin) }
