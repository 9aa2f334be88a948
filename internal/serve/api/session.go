package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func (a *API) sessionRoutes() {
	add(a, route{method: http.MethodPost, path: "/sessions", summary: "Log in", status: http.StatusCreated, public: true}, a.login)
	add(a, route{method: http.MethodDelete, path: "/sessions/current", summary: "Log out", status: http.StatusNoContent}, a.logout)
	add(a, route{method: http.MethodGet, path: "/me", summary: "Who you are"}, a.me)
}

func (a *API) login(ctx context.Context, p weir.Principal, in *struct{ Body client.NewSession }) (*struct{ Body client.Session }, error) {
	s, err := a.Identity.Login(ctx, p.Via, in.Body.User, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return &struct{ Body client.Session }{client.Session{User: s.Person.Name, Token: s.Secret, Expires: s.Expires}}, nil
}

func (a *API) logout(_ context.Context, _ weir.Principal, in *struct {
	Authorization string `header:"Authorization" hidden:"true"`
}) (*struct{}, error) {
	a.Identity.Logout(bearer(in.Authorization))
	return nil, nil
}

func (a *API) me(ctx context.Context, p weir.Principal, _ *struct{}) (*one[client.Person], error) {
	return get(ctx, a, p, weir.NounPerson, p.Ref.Name, person)
}
