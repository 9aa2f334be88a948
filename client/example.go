package client

import (
	"context"
	"net/http"
)

// QueryExample is a statement to begin with, over products of the demo.
type QueryExample struct {
	Name      string   `json:"name"`
	Product   string   `json:"product" doc:"domain.product that it makes, unless you want another name."`
	Title     string   `json:"title"`
	Shows     string   `json:"shows" doc:"Which means of the language it uses."`
	Text      string   `json:"text" doc:"What the product is good for."`
	Inputs    []string `json:"inputs" nullable:"false"`
	Missing   []string `json:"missing" nullable:"false" doc:"Of the inputs, those that are not there, or that you may not know of."`
	Ready     bool     `json:"ready" doc:"You may read every input."`
	Statement string   `json:"statement"`
}

// QueryExamples lists statements to begin with.
func (c *Client) QueryExamples(ctx context.Context) ([]QueryExample, error) {
	l, err := call[List[QueryExample]](ctx, c, http.MethodGet, "/queries/examples", nil, nil)
	return l.Items, err
}

// QueryExample gets one of them.
func (c *Client) QueryExample(ctx context.Context, name string) (QueryExample, error) {
	return call[QueryExample](ctx, c, http.MethodGet, "/queries/examples/"+seg(name), nil, nil)
}
