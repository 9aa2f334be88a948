package identity

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// WithPassword is an answer with a password that is shown once; it is empty
// when the answer is that of an earlier request.
type WithPassword struct {
	weir.Receipt
	Password string
}

// CreatePerson makes a person with a new password.
func (i *Identity) CreatePerson(ctx context.Context, call weir.Call, name string) (WithPassword, error) {
	p := &weir.Person{UID: i.uid(), Name: name, Created: i.now().UTC()}
	if err := rights.Must(call.By, rights.Create, admin(weir.NounPerson), p.Ref()); err != nil {
		return WithPassword{}, i.refused(ctx, call, "person.create", err)
	}
	password, hash, err := i.newPassword(ctx)
	if err != nil {
		return WithPassword{}, err
	}
	p.Password = hash
	r, err := i.writer.Submit(ctx, call.Decision("person.create", func(context.Context, weir.View) (weir.Outcome, error) {
		return i.changed("person.created", nil, 0, p)
	}))
	return shown(r, password, err)
}

// SetPassword gives a person a new password and ends the person's sessions.
// Tokens stay. An empty own password makes one up.
func (i *Identity) SetPassword(ctx context.Context, call weir.Call, name, own string) (WithPassword, error) {
	if own != "" && (len(own) < 12 || len(own) > maxPassword) {
		return WithPassword{}, weir.Errorf(weir.Invalid, "the password has %d characters", len(own)).At("password").
			WithFix("use 12 to %d", maxPassword)
	}
	password, hash, err := own, "", error(nil)
	if own == "" {
		password, hash, err = i.newPassword(ctx)
	} else {
		hash, err = i.hashPassword(ctx, own)
	}
	if err != nil {
		return WithPassword{}, err
	}
	var person weir.UID
	r, err := i.writer.Submit(ctx, call.Decision("person.password", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := i.person(ctx, v, call, rights.Edit, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		next := *p
		next.Password, person = hash, p.UID
		return i.changed("person.password", p, rev, &next)
	}))
	if err == nil && !r.Replayed {
		i.sessions.endOf(person)
	}
	return shown(r, password, err)
}

// DeletePerson ends a person: out of every team, with all tokens and sessions.
// Someone who owns a product, and the last mesh admin, stay.
func (i *Identity) DeletePerson(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	var person weir.UID
	r, err := i.writer.Submit(ctx, call.Decision("person.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := i.person(ctx, v, call, rights.Delete, name)
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := lastAdmin(ctx, v, p); err != nil {
			return weir.Outcome{}, err
		}
		person = p.UID
		cs, err := i.leaveAll(ctx, v, p.UID)
		if err != nil {
			return weir.Outcome{}, err
		}
		if isAdmin(p) {
			own, err := i.followAdmins(ctx, v, &weir.Person{UID: p.UID})
			if err != nil {
				return weir.Outcome{}, err
			}
			cs = append(cs, own...)
		}
		return outcome("person.deleted", p, append(cs, weir.DeleteChange(i.home, p, rev))...)
	}))
	if err == nil && !r.Replayed {
		i.sessions.endOf(person)
	}
	return r, err
}

// leaveAll takes a person out of the teams and ends the tokens.
func (i *Identity) leaveAll(ctx context.Context, v weir.View, person weir.UID) ([]weir.Change, error) {
	var cs []weir.Change
	for _, n := range []weir.Noun{weir.NounTeam, weir.NounToken} {
		q := weir.ListQuery{Noun: n, Scope: weir.Everything, Refers: []weir.UID{person}}
		err := weir.All(ctx, v, q, func(it weir.Item) error {
			t, ok := it.Entity.(*weir.Team)
			if ok && t.UID.Own() {
				return nil // it follows the mesh admins
			}
			if !ok {
				cs = append(cs, weir.DeleteChange(i.home, it.Entity, it.Rev))
				return nil
			}
			c, err := weir.NewChange(i.home, t, it.Rev, without(t, person))
			cs = append(cs, c)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return cs, nil
}

// lastAdmin refuses to end the only mesh admin.
func lastAdmin(ctx context.Context, v weir.View, p *weir.Person) error {
	if !isAdmin(p) {
		return nil
	}
	admins := 0
	err := weir.All(ctx, v, weir.ListQuery{Noun: weir.NounPerson, Scope: weir.Everything}, func(it weir.Item) error {
		if o, ok := it.Entity.(*weir.Person); ok && isAdmin(o) {
			admins++
		}
		return nil
	})
	if err == nil && admins < 2 {
		err = weir.Errorf(weir.Conflict, "%s is the last mesh admin", p.Name).WithFix("a mesh needs one; make another first")
	}
	return err
}

// person finds someone with whom the caller may do something.
func (i *Identity) person(ctx context.Context, v weir.View, call weir.Call, verb rights.Verb, name string) (*weir.Person, weir.Revision, error) {
	p, rev, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: name})
	if err != nil {
		return nil, 0, err
	}
	if err := rights.Must(call.By, verb, rights.Thing{Noun: weir.NounPerson, Person: p.UID}, p.Ref()); err != nil {
		return nil, 0, err
	}
	return p, rev, call.Check(p.Ref(), rev)
}

// newPassword makes up a password and hashes it.
func (i *Identity) newPassword(ctx context.Context) (password, hash string, err error) {
	if password, err = i.text(20); err != nil {
		return "", "", err
	}
	hash, err = i.hashPassword(ctx, password)
	return password, hash, err
}

// shown is the answer with the secret, unless it was shown before.
func shown(r weir.Receipt, password string, err error) (WithPassword, error) {
	if err != nil || r.Replayed {
		password = ""
	}
	return WithPassword{Receipt: r, Password: password}, err
}

// refused lets a refusal that was found before the queue be recorded like one
// that was found inside.
func (i *Identity) refused(ctx context.Context, call weir.Call, op string, err error) error {
	_, err = i.writer.Submit(ctx, call.Decision(op, func(context.Context, weir.View) (weir.Outcome, error) {
		return weir.Outcome{}, err
	}))
	return err
}
