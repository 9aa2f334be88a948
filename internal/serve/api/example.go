package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/queries"
)

func (a *API) exampleRoutes() {
	add(a, route{method: http.MethodGet, path: "/queries/examples", summary: "List statements to begin with"}, a.examples)
	add(a, route{method: http.MethodGet, path: "/queries/examples/{name}", summary: "Show a statement to begin with"}, a.example)
}

func (a *API) examples(ctx context.Context, p weir.Principal, _ *struct{}) (*many[client.QueryExample], error) {
	got, err := a.Queries.Examples(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &many[client.QueryExample]{Body: client.List[client.QueryExample]{Items: []client.QueryExample{}}}
	for _, e := range got {
		out.Body.Items = append(out.Body.Items, exampleOf(e))
	}
	return out, nil
}

func (a *API) example(ctx context.Context, p weir.Principal, in *Named) (*answer[client.QueryExample], error) {
	e, err := a.Queries.Example(ctx, p, in.Name)
	if err != nil {
		return nil, err
	}
	return &answer[client.QueryExample]{exampleOf(e)}, nil
}

// exampleOf is an example as the API tells of it.
func exampleOf(e queries.Example) client.QueryExample {
	return client.QueryExample{
		Name: e.Name, Product: e.Product, Title: e.Title, Shows: e.Shows, Text: e.Text, Inputs: e.Inputs,
		Missing: notNil(e.Missing), Ready: e.Ready, Statement: e.Statement,
	}
}
