package identity

import (
	"context"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// CreateTeam makes a team without members.
func (i *Identity) CreateTeam(ctx context.Context, call weir.Call, name, description string) (weir.Receipt, error) {
	t := &weir.Team{UID: i.uid(), Name: name, Description: description, Created: i.now().UTC()}
	return i.writer.Submit(ctx, call.Decision("team.create", func(context.Context, weir.View) (weir.Outcome, error) {
		if err := rights.Must(call.By, rights.Create, admin(weir.NounTeam), t.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		if err := weir.NotOwn(call.By, t.Name); err != nil {
			return weir.Outcome{}, err
		}
		return i.changed("team.created", nil, 0, t)
	}))
}

// EditTeam changes the description.
func (i *Identity) EditTeam(ctx context.Context, call weir.Call, name, description string) (weir.Receipt, error) {
	return i.editTeam(ctx, call, "team.edit", name, func(_ context.Context, _ weir.View, t *weir.Team) error {
		t.Description = description
		return nil
	})
}

// AddMember puts a person into a team; one who is in it stays.
func (i *Identity) AddMember(ctx context.Context, call weir.Call, team, person string) (weir.Receipt, error) {
	return i.editTeam(ctx, call, "team.add", team, func(ctx context.Context, v weir.View, t *weir.Team) error {
		p, _, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: person})
		if err == nil && !slices.Contains(t.Members, p.UID) {
			t.Members = append(slices.Clone(t.Members), p.UID)
		}
		return err
	})
}

// RemoveMember takes a person out of a team. NotFound when not in it.
func (i *Identity) RemoveMember(ctx context.Context, call weir.Call, team, person string) (weir.Receipt, error) {
	return i.editTeam(ctx, call, "team.remove", team, func(ctx context.Context, v weir.View, t *weir.Team) error {
		p, _, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: person})
		if err != nil {
			return err
		}
		if !slices.Contains(t.Members, p.UID) {
			return weir.Errorf(weir.NotFound, "%s is not a member of team %s", person, team)
		}
		t.Members = without(t, p.UID).Members
		return nil
	})
}

// DeleteTeam ends a team that owns nothing.
func (i *Identity) DeleteTeam(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return i.writer.Submit(ctx, call.Decision("team.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		t, rev, err := i.team(ctx, v, call, rights.Delete, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		return outcome("team.deleted", t, weir.DeleteChange(i.home, t, rev))
	}))
}

// editTeam changes a copy of a team. What is the same afterwards is no entry.
func (i *Identity) editTeam(ctx context.Context, call weir.Call, op, name string, edit func(context.Context, weir.View, *weir.Team) error) (weir.Receipt, error) {
	return i.writer.Submit(ctx, call.Decision(op, func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		t, rev, err := i.team(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *t
		if err := edit(ctx, v, &next); err != nil {
			return weir.Outcome{}, err
		}
		return i.changed("team.changed", t, rev, &next)
	}))
}

func (i *Identity) team(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, name string) (*weir.Team, weir.Revision, error) {
	t, rev, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, Name: name})
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, ownedBy(weir.NounTeam, t.UID), t.Ref()); err != nil {
		return nil, 0, err
	}
	return t, rev, call.Check(t.Ref(), rev)
}

// without is a team without a member.
func without(t *weir.Team, person weir.UID) *weir.Team {
	next := *t
	next.Members = slices.DeleteFunc(slices.Clone(t.Members), func(m weir.UID) bool { return m == person })
	return &next
}
