package client

import "context"

// QueryFunction is an operator or a function that statements may use.
type QueryFunction struct {
	Group   string `json:"group" doc:"Of the reference of the language."`
	Name    string `json:"name"`
	Form    string `json:"form" doc:"With the types of its arguments, or as it is written."`
	Doc     string `json:"doc"`
	Example string `json:"example,omitempty" doc:"An expression, and what it gives."`
	Masks   bool   `json:"masks,omitempty" doc:"What it gives does not tell what it was given."`
}

// QueryFunctions lists what statements may use, in the order of the reference.
func (c *Client) QueryFunctions(ctx context.Context) ([]QueryFunction, error) {
	return all[QueryFunction](ctx, c, "/queries/functions", nil)
}
