package client

import (
	"context"
	"net/http"
	"time"
)

// Term is an entry of the mesh's glossary, which fields point to.
type Term struct {
	Name       string    `json:"name"`
	UID        string    `json:"uid"`
	Title      string    `json:"title,omitempty"`
	Definition string    `json:"definition"`
	Revision   uint64    `json:"revision"`
	Created    time.Time `json:"created"`
}

// NewTerm asks for a term.
type NewTerm struct {
	Name       string `json:"name" minLength:"1" maxLength:"63" doc:"As it is looked up: 1 to 63 lower-case letters, digits and dashes."`
	Title      string `json:"title,omitempty" maxLength:"4096" doc:"As people write it."`
	Definition string `json:"definition" minLength:"1" maxLength:"4096" doc:"What the word means in this mesh."`
}

// TermEdit says what shall change; what is absent stays.
type TermEdit struct {
	Title      *string `json:"title,omitempty" maxLength:"4096"`
	Definition *string `json:"definition,omitempty" minLength:"1" maxLength:"4096"`
}

// Terms lists the glossary.
func (c *Client) Terms(ctx context.Context) ([]Term, error) {
	return all[Term](ctx, c, "/terms", nil)
}

// Term gets one term.
func (c *Client) Term(ctx context.Context, name string) (Term, error) {
	return call[Term](ctx, c, http.MethodGet, "/terms/"+seg(name), nil, nil)
}

// CreateTerm puts a term into the glossary.
func (c *Client) CreateTerm(ctx context.Context, n NewTerm, opts ...Option) (Term, error) {
	return call[Term](ctx, c, http.MethodPost, "/terms", n, opts)
}

// EditTerm changes a term.
func (c *Client) EditTerm(ctx context.Context, name string, e TermEdit, opts ...Option) (Term, error) {
	return call[Term](ctx, c, http.MethodPatch, "/terms/"+seg(name), e, opts)
}

// DeleteTerm takes a term out of the glossary. It is refused while a field
// points to it.
func (c *Client) DeleteTerm(ctx context.Context, name string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, "/terms/"+seg(name), nil, nil, opts...)
}
