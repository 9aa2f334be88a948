// Package identity knows who people and applications are: people with their
// passwords, sessions and tokens, teams and their members, applications and
// their credentials.
//
// Secrets are made here, shown once to the caller, and kept only as what
// checks them: argon2id for people, SCRAM verifiers for applications, SHA-256
// for tokens, which are random enough not to need more.
package identity

import (
	"context"
	"io"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Identity is the use cases about people and applications.
type Identity struct {
	state    weir.State
	writer   weir.Writer
	now      func() time.Time
	random   io.Reader
	home     weir.UID
	sessions *sessions
	hashing  chan struct{} // a slot per password that may be hashed at once
}

// Config is what Identity needs. Every field is required.
type Config struct {
	State  weir.State
	Writer weir.Writer
	Now    func() time.Time
	Random io.Reader // of cryptographic quality
	Home   weir.UID  // the mesh
}

// New makes the use cases.
func New(c Config) *Identity {
	return &Identity{
		state: c.State, writer: c.Writer, now: c.Now, random: c.Random, home: c.Home,
		sessions: newSessions(), hashing: make(chan struct{}, 2),
	}
}

// uid makes an identifier for something new.
func (i *Identity) uid() weir.UID { return weir.NewUID(i.now()) }

// resolve says who a person is now: teams, what they own, roles.
func (i *Identity) resolve(ctx context.Context, v weir.View, person weir.UID, via weir.Via) (weir.Principal, error) {
	p, _, err := weir.Find[*weir.Person](ctx, v, weir.Ref{Noun: weir.NounPerson, UID: person})
	if err != nil {
		return weir.Principal{}, err
	}
	out := weir.Principal{Ref: p.Ref(), Roles: p.Roles, Via: via, AsOf: v.Offset()}
	if out.Teams, err = referring(ctx, v, weir.NounTeam, person); err != nil {
		return weir.Principal{}, err
	}
	for _, team := range out.Teams {
		domains, err := referring(ctx, v, weir.NounDomain, team)
		if err != nil {
			return weir.Principal{}, err
		}
		out.Domains = append(out.Domains, domains...)
	}
	return out, nil
}

// referring lists the living entities of a noun that refer to one.
func referring(ctx context.Context, v weir.View, n weir.Noun, to weir.UID) ([]weir.UID, error) {
	var found []weir.UID
	err := weir.All(ctx, v, weir.ListQuery{Noun: n, Scope: weir.Everything, Refers: []weir.UID{to}}, func(it weir.Item) error {
		found = append(found, it.Entity.Ref().UID)
		return nil
	})
	return found, err
}

// changed is the outcome of one entity's new state; what is the same as before
// is no change.
func (i *Identity) changed(event string, prev weir.Entity, rev weir.Revision, e weir.Entity) (weir.Outcome, error) {
	c, err := weir.NewChange(i.home, prev, rev, e)
	if err != nil {
		return weir.Outcome{}, err
	}
	if rev > 0 && len(c.Diff) == 0 {
		answer, err := weir.Public(e)
		return weir.Outcome{Answer: answer}, err
	}
	return outcome(event, e, c)
}

// outcome answers with an entity's public state.
func outcome(event string, e weir.Entity, cs ...weir.Change) (weir.Outcome, error) {
	answer, err := weir.Public(e)
	return weir.Outcome{Changes: cs, Answer: answer, Events: []weir.Event{{Type: event, Ref: e.Ref()}}}, err
}

// admin is what only a mesh admin may do with a noun.
func admin(n weir.Noun) rights.Thing { return rights.Thing{Noun: n} }
