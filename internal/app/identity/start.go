package identity

import (
	"context"

	"github.com/weirmesh/weir"
)

// Founding is what the first start of a mesh shows once.
type Founding struct {
	Admin    string
	Password string
	Token    string
}

// Found makes the mesh and its first admin, if there is no mesh yet. It is
// asked before Identity exists, because everything has the mesh as its home.
// keep is given what is shown once before it is true, so that a crash in
// between leaves secrets that open nothing, and never a mesh without any.
func Found(ctx context.Context, c Config, name, admin string, keep func(Founding) error) (weir.UID, *Founding, error) {
	home, err := meshOf(ctx, c.State)
	if err == nil || !weir.NotFound.In(err) {
		return home, nil, err
	}
	at := c.Now().UTC()
	m := &weir.Mesh{UID: weir.NewUID(at), Name: name, Created: at}
	c.Home = m.UID
	i := New(c)
	password, hash, err := i.newPassword(ctx)
	if err != nil {
		return home, nil, err
	}
	p := &weir.Person{
		UID: i.uid(), Name: admin, Password: hash, Created: at,
		Roles: []weir.Binding{{Role: weir.RoleMeshAdmin, On: m.Ref()}},
	}
	token, secret, err := i.founderToken(p)
	if err != nil {
		return home, nil, err
	}
	founding := Founding{Admin: p.Name, Password: password, Token: secret}
	if err := keep(founding); err != nil {
		return home, nil, err
	}
	_, err = c.Writer.Submit(ctx, weir.Decision{By: starting(), Op: "mesh.create", Decide: func(context.Context, weir.View) (weir.Outcome, error) {
		return changes(m.UID, m, p, token)
	}})
	return m.UID, &founding, err
}

// Reset gives a mesh admin a new password and a new token, for someone who sits
// at the machine itself. The admin's sessions end, the tokens stay.
func (i *Identity) Reset(ctx context.Context, admin string) (*Founding, error) {
	password, hash, err := i.newPassword(ctx)
	if err != nil {
		return nil, err
	}
	out := &Founding{Admin: admin, Password: password}
	_, err = i.writer.Submit(ctx, weir.Decision{By: starting(), Op: "admin.reset", Decide: func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		p, rev, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, Name: admin})
		if err != nil {
			return weir.Outcome{}, err
		}
		if !(weir.Principal{Roles: p.Roles}).Has(weir.RoleMeshAdmin) {
			return weir.Outcome{}, weir.Errorf(weir.Denied, "%s is not a mesh admin", admin)
		}
		token, secret, err := i.founderToken(p)
		if err != nil {
			return weir.Outcome{}, err
		}
		out.Token = secret
		next := *p
		next.Password = hash
		cp, err := weir.NewChange(i.home, p, rev, &next)
		if err != nil {
			return weir.Outcome{}, err
		}
		ct, err := weir.NewChange(i.home, nil, 0, token)
		return weir.Outcome{Changes: []weir.Change{cp, ct}}, err
	}})
	return out, err
}

// founderToken is a token for the file that scripts on the machine read.
func (i *Identity) founderToken(p *weir.Person) (*weir.Token, string, error) {
	secret, err := i.text(32)
	if err != nil {
		return nil, "", err
	}
	label, err := i.text(6)
	t := &weir.Token{
		UID: i.uid(), Name: p.Name + "/local-" + label, Person: p.UID,
		Hash: hashToken(secret), Created: i.now().UTC(),
	}
	return t, tokenPrefix + t.UID.String() + "_" + secret, err
}

// starting is Weir itself at its start.
func starting() weir.Principal {
	return weir.Principal{Ref: weir.System, Via: weir.Via{Door: "start"}}
}

// changes is the outcome of several new things.
func changes(home weir.UID, es ...weir.Entity) (weir.Outcome, error) {
	var out weir.Outcome
	for _, e := range es {
		c, err := weir.NewChange(home, nil, 0, e)
		if err != nil {
			return weir.Outcome{}, err
		}
		out.Changes = append(out.Changes, c)
		out.Events = append(out.Events, weir.Event{Type: string(e.Ref().Noun) + ".created", Ref: e.Ref()})
	}
	return out, nil
}

// meshOf finds the one mesh of a state.
func meshOf(ctx context.Context, s weir.State) (weir.UID, error) {
	v, done, err := s.View(ctx)
	if err != nil {
		return weir.UID{}, err
	}
	defer done()
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounMesh, Scope: weir.Everything, Limit: 1})
	if err != nil {
		return weir.UID{}, err
	}
	if len(page.Items) == 0 {
		return weir.UID{}, weir.Errorf(weir.NotFound, "there is no mesh yet")
	}
	return page.Items[0].Entity.Ref().UID, nil
}
