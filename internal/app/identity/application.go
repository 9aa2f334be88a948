package identity

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// NewApplication asks for an application.
type NewApplication struct {
	Name, Team, Description string
}

// CreateApplication registers an application and its first credential.
func (i *Identity) CreateApplication(ctx context.Context, call weir.Call, cmd NewApplication) (WithPassword, error) {
	a := &weir.Application{UID: i.uid(), Name: cmd.Name, Description: cmd.Description, Created: i.now().UTC()}
	password, cred, err := i.newCredential()
	if err != nil {
		return WithPassword{}, err
	}
	r, err := i.writer.Submit(ctx, call.Decision("application.create", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		t, _, err := weir.Find[*weir.Team](ctx, v, weir.Ref{Noun: weir.NounTeam, Name: cmd.Team})
		if err != nil {
			return weir.Outcome{}, err
		}
		a.Team = t.UID
		if old, _, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, Name: a.Name}); err == nil && old.Ending {
			return weir.Outcome{}, beingDeleted(weir.Exists, a.Name)
		}
		if err := rights.Must(call.By, rights.Create, ownedBy(weir.NounApplication, t.UID), a.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		ca, err := weir.NewChange(i.home, nil, 0, a)
		if err != nil {
			return weir.Outcome{}, err
		}
		cc, err := weir.NewChange(i.home, nil, 0, cred.of(a))
		if err != nil {
			return weir.Outcome{}, err
		}
		return outcome("application.created", a, ca, cc)
	}))
	return shown(r, password, err)
}

// EditApplication changes the description.
func (i *Identity) EditApplication(ctx context.Context, call weir.Call, name, description string) (weir.Receipt, error) {
	return i.writer.Submit(ctx, call.Decision("application.edit", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		a, rev, err := i.application(ctx, v, call, rights.Edit, weir.NounApplication, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *a
		next.Description = description
		return i.changed("application.changed", a, rev, &next)
	}))
}

// RotateCredential gives an application a new password. The one before ends at
// once, on open connections too.
func (i *Identity) RotateCredential(ctx context.Context, call weir.Call, name string) (WithPassword, error) {
	password, cred, err := i.newCredential()
	if err != nil {
		return WithPassword{}, err
	}
	r, err := i.writer.Submit(ctx, call.Decision("application.rotate", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		a, _, err := i.application(ctx, v, call, rights.Create, weir.NounCredential, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		cs, err := i.endCredentials(ctx, v, a)
		if err != nil {
			return weir.Outcome{}, err
		}
		c, err := weir.NewChange(i.home, nil, 0, cred.of(a))
		if err != nil {
			return weir.Outcome{}, err
		}
		return outcome("application.rotated", a, append(cs, c)...)
	}))
	return shown(r, password, err)
}

// RevokeCredential ends an application's credentials; it cannot log in until
// it gets new ones. Conflict when it has none.
func (i *Identity) RevokeCredential(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return i.writer.Submit(ctx, call.Decision("application.revoke", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		a, _, err := i.application(ctx, v, call, rights.Revoke, weir.NounCredential, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		cs, err := i.endCredentials(ctx, v, a)
		if err == nil && len(cs) == 0 {
			err = weir.Errorf(weir.Conflict, "application %s has no credentials", name).WithFix("new ones: weir app rotate %s", name)
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		return outcome("application.revoked", a, cs...)
	}))
}

// DeleteApplication ends an application: its credentials and what it was
// allowed at once, its groups on the cluster as soon as the cluster answers.
// Until then the name is taken.
func (i *Identity) DeleteApplication(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return i.writer.Submit(ctx, call.Decision("application.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		a, rev, err := i.application(ctx, v, call, rights.Delete, weir.NounApplication, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		cs, next, err := i.DecideEndApplication(ctx, v, a, rev)
		if err != nil {
			return weir.Outcome{}, err
		}
		return outcome("application.deleted", next, cs...)
	}))
}

// DecideEndApplication ends an application's credentials, what it was allowed and
// what it plans, and lets it end, inside a decision.
func (i *Identity) DecideEndApplication(ctx context.Context, v weir.View, a *weir.Application, rev weir.Revision) ([]weir.Change, *weir.Application, error) {
	cs, err := i.endCredentials(ctx, v, a)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range []weir.Noun{weir.NounAccess, weir.NounPlan} {
		err = weir.All(ctx, v, weir.ListQuery{Noun: n, Scope: weir.Everything, Refers: []weir.UID{a.UID}}, func(it weir.Item) error {
			cs = append(cs, weir.DeleteChange(i.home, it.Entity, it.Rev))
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	next := *a
	next.Ending = true
	c, err := weir.NewChange(i.home, a, rev, &next)
	return append(cs, c), &next, err
}

// application finds one with whose noun the caller may do something.
func (i *Identity) application(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, n weir.Noun, name string) (*weir.Application, weir.Revision, error) {
	a, rev, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, Name: name})
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, ownedBy(n, a.Team), a.Ref()); err != nil {
		return nil, 0, err
	}
	if a.Ending {
		return nil, 0, beingDeleted(weir.Conflict, name)
	}
	if err := ofNoQuery(ctx, v, a); err != nil {
		return nil, 0, err
	}
	return a, rev, call.Check(a.Ref(), rev)
}

// ofNoQuery refuses to touch the application as which a query runs: it lives as
// long as the query, and nobody logs in as it.
func ofNoQuery(ctx context.Context, v weir.View, a *weir.Application) error {
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounQuery, Scope: weir.Everything, Refers: []weir.UID{a.UID}, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return err
	}
	of := page.Items[0].Entity.Ref()
	e := weir.Errorf(weir.Conflict, "application %s is the one as which the %s runs", a.Name, of).
		WithFix("change the query instead; the application ends with it: weir query delete %s", of.Name)
	e.Ref = a.Ref()
	return e
}

func beingDeleted(k weir.ErrKind, name string) error {
	return weir.Errorf(k, "application %s is being deleted", name).
		WithFix("it is gone when its consumers have left their groups, which takes up to their session timeout; see weir app show %s", name)
}

// endCredentials deletes what an application logs in with.
func (i *Identity) endCredentials(ctx context.Context, v weir.View, a *weir.Application) ([]weir.Change, error) {
	var cs []weir.Change
	err := weir.All(ctx, v, weir.ListQuery{Noun: weir.NounCredential, Scope: weir.Everything, Refers: []weir.UID{a.UID}}, func(it weir.Item) error {
		cs = append(cs, weir.DeleteChange(i.home, it.Entity, it.Rev))
		return nil
	})
	return cs, err
}

// credential is one that was made before the queue, for an application that
// is known inside.
type credential struct{ weir.Credential }

func (i *Identity) newCredential() (string, *credential, error) {
	password, err := i.text(32)
	if err != nil {
		return "", nil, err
	}
	v, err := i.newVerifier(password)
	return password, &credential{weir.Credential{UID: i.uid(), Scram: v, Created: i.now().UTC()}}, err
}

func (c *credential) of(a *weir.Application) *weir.Credential {
	c.Name, c.Application, c.Team = a.Name, a.UID, a.Team
	return &c.Credential
}

func ownedBy(n weir.Noun, team weir.UID) rights.Thing { return rights.Thing{Noun: n, Team: team} }

// ApplicationGone records that the cluster has nothing of an application that
// was ending any more. Its name is free.
func (i *Identity) ApplicationGone(ctx context.Context, call weir.Call, application weir.UID) error {
	_, err := i.writer.Submit(ctx, call.Decision("application.gone", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		a, rev, err := weir.Find[*weir.Application](ctx, v, weir.Ref{Noun: weir.NounApplication, UID: application})
		if weir.NotFound.In(err) || err == nil && !a.Ending {
			return weir.Outcome{}, nil
		}
		if err != nil {
			return weir.Outcome{}, err
		}
		return outcome("application.gone", a, weir.DeleteChange(i.home, a, rev))
	}))
	return err
}
