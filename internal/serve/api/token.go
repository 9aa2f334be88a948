package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/identity"
)

func (a *API) tokenRoutes() {
	add(a, route{method: http.MethodGet, path: "/tokens", summary: "List tokens"}, a.tokens)
	add(a, route{method: http.MethodPost, path: "/tokens", summary: "Create a token", status: http.StatusCreated}, a.createToken)
	add(a, route{method: http.MethodGet, path: "/tokens/{person}/{label}", summary: "Show a token"}, a.token)
	add(a, route{method: http.MethodDelete, path: "/tokens/{person}/{label}", summary: "Revoke a token", status: http.StatusNoContent}, a.deleteToken)
}

// Labelled is a token by both parts of its name.
type Labelled struct {
	Person string `path:"person" maxLength:"63"`
	Label  string `path:"label" maxLength:"63"`
}

func (l Labelled) name() string { return l.Person + "/" + l.Label }

func (a *API) tokens(ctx context.Context, p weir.Principal, in *Paging) (*many[client.Token], error) {
	return page(ctx, a, weir.ListQuery{Noun: weir.NounToken, Scope: p.Scope()}, *in, token)
}

func (a *API) token(ctx context.Context, p weir.Principal, in *Labelled) (*one[client.Token], error) {
	return get(ctx, a, p, weir.NounToken, in.name(), token)
}

func (a *API) createToken(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewToken
}) (*one[client.Token], error) {
	call, err := in.of(p, "token.create", in.Body)
	if err != nil {
		return nil, err
	}
	expires, err := duration("expires", in.Body.Expires)
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.CreateToken(ctx, call, identity.NewToken{Person: in.Body.Person, Label: in.Body.Label, Expires: expires})
	if err != nil {
		return nil, err
	}
	out, err := wrote(ctx, a, r.Receipt, weir.NounToken, token)
	if err == nil {
		out.Body.Token = r.Secret
		out.Location = "/api/v1/tokens/" + out.Body.Name
	}
	return out, err
}

func (a *API) deleteToken(ctx context.Context, p weir.Principal, in *struct {
	Write
	Labelled
}) (*none, error) {
	call, err := in.of(p, "token.delete", in.name())
	if err != nil {
		return nil, err
	}
	r, err := a.Identity.DeleteToken(ctx, call, in.name())
	return gone(r), err
}

func token(ctx context.Context, n *names, t *weir.Token, rev weir.Revision) (client.Token, error) {
	person, err := n.of(ctx, weir.NounPerson, t.Person)
	out := client.Token{Name: t.Name, UID: t.UID.String(), Person: person, Created: t.Created, Revision: uint64(rev)}
	if !t.Expires.IsZero() {
		out.Expires = &t.Expires
	}
	return out, err
}

// duration reads a span of time; empty is for ever.
func duration(field, s string) (weir.Duration, error) {
	if s == "" {
		return weir.Forever, nil
	}
	d, err := weir.ParseDuration(s)
	if err != nil {
		return 0, at(field, err)
	}
	return d, nil
}

// at says which field an error is about.
func at(field string, err error) error {
	if e, ok := err.(*weir.Error); ok && e.Where == "" {
		return e.At(field)
	}
	return err
}
