package identity

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// tokenPrefix makes a token recognisable, to people and to scanners for secrets.
const tokenPrefix = "weir_"

// NewToken asks for a token.
type NewToken struct {
	Person  string        // whose; empty: the caller's own
	Label   string        // the second part of its name; empty: one is made up
	Expires weir.Duration // from now; Forever: never
}

// MadeToken is a token that was just made. Secret is shown once, and empty when
// the answer is that of an earlier request.
type MadeToken struct {
	weir.Receipt
	Secret string
}

// CreateToken makes a token that acts as a person.
func (i *Identity) CreateToken(ctx context.Context, call weir.Call, cmd NewToken) (MadeToken, error) {
	secret, err := i.text(32)
	if err != nil {
		return MadeToken{}, err
	}
	label, err := i.text(6)
	if err != nil {
		return MadeToken{}, err
	}
	t := &weir.Token{UID: i.uid(), Hash: hashToken(secret), Created: i.now().UTC()}
	if cmd.Expires != weir.Forever {
		t.Expires = t.Created.Add(time.Duration(cmd.Expires)).UTC()
	}
	r, err := i.writer.Submit(ctx, call.Decision("token.create", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		ref := weir.Ref{Noun: weir.NounPerson, Name: cmd.Person}
		if cmd.Person == "" {
			ref = call.By.Ref
		}
		p, _, err := weir.Find[*weir.Person](ctx, v, ref)
		if err != nil {
			return weir.Outcome{}, err
		}
		t.Person, t.Name = p.UID, p.Name+"/"+labelOf(cmd.Label, label)
		if err := rights.Must(call.By, rights.Create, rights.Thing{Noun: weir.NounToken, Person: p.UID}, t.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		return i.changed("token.created", nil, 0, t)
	}))
	if err != nil || r.Replayed {
		return MadeToken{Receipt: r}, err
	}
	return MadeToken{Receipt: r, Secret: tokenPrefix + t.UID.String() + "_" + secret}, nil
}

func labelOf(asked, random string) string {
	if asked != "" {
		return asked
	}
	return "t-" + random
}

// DeleteToken ends a token.
func (i *Identity) DeleteToken(ctx context.Context, call weir.Call, name string) (weir.Receipt, error) {
	return i.writer.Submit(ctx, call.Decision("token.delete", func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		t, rev, err := weir.Known[*weir.Token](ctx, v, call.By, weir.Ref{Noun: weir.NounToken, Name: name})
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := rights.Must(call.By, rights.Delete, rights.Thing{Noun: weir.NounToken, Person: t.Person}, t.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		return outcome("token.deleted", t, weir.DeleteChange(i.home, t, rev))
	}))
}

// Authenticate says who acts, from a token or a session's secret. Unauthorized
// when it is neither, or no longer.
func (i *Identity) Authenticate(ctx context.Context, secret string, via weir.Via) (weir.Principal, error) {
	v, done, err := i.state.View(ctx)
	if err != nil {
		return weir.Principal{}, err
	}
	defer done()
	person, token, err := i.whose(ctx, v, secret)
	if err != nil {
		return weir.Principal{}, err
	}
	via.Token = token
	p, err := i.resolve(ctx, v, person, via)
	if weir.KindOf(err) == weir.NotFound && err != nil {
		return weir.Principal{}, notLoggedIn()
	}
	return p, err
}

// whose finds the person behind a secret, and the token if it is one.
func (i *Identity) whose(ctx context.Context, v weir.View, secret string) (person, token weir.UID, err error) {
	if s, ok := i.sessions.find(secret, i.now()); ok {
		return s.person, weir.UID{}, nil
	}
	id, rest, ok := splitSecret(secret, tokenPrefix)
	if !ok {
		return person, token, notLoggedIn()
	}
	uid, err := weir.ParseUID(id)
	if err != nil {
		return person, token, notLoggedIn()
	}
	t, _, err := weir.Find[*weir.Token](ctx, v, weir.Ref{Noun: weir.NounToken, UID: uid})
	if err != nil {
		if weir.KindOf(err) == weir.NotFound {
			err = notLoggedIn()
		}
		return person, token, err
	}
	want, got := t.Hash, hashToken(rest)
	if subtle.ConstantTimeCompare(want[:], got[:]) != 1 || !t.Expires.IsZero() && i.now().After(t.Expires) {
		return person, token, notLoggedIn()
	}
	return t.Person, t.UID, nil
}

func notLoggedIn() error {
	return weir.Errorf(weir.Unauthorized, "the token is unknown, expired or revoked").
		WithFix("log in again: weir login, or make a token: weir token create")
}
