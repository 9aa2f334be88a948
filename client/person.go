package client

import (
	"context"
	"net/http"
	"time"
)

// Person is someone who can log in.
type Person struct {
	Name     string    `json:"name"`
	UID      string    `json:"uid"`
	Roles    []string  `json:"roles" nullable:"false" doc:"Roles on the mesh."`
	Teams    []string  `json:"teams" nullable:"false" doc:"Teams that the person is a member of."`
	Revision uint64    `json:"revision"`
	Created  time.Time `json:"created"`
	Password string    `json:"password,omitempty" doc:"Only in the answer that made it: it is shown once."`
}

// NewPerson asks for a person.
type NewPerson struct {
	Name string `json:"name" minLength:"1" maxLength:"63" doc:"1 to 63 lower-case letters, digits and dashes."`
}

// NewPassword asks for another password.
type NewPassword struct {
	Password string `json:"password,omitempty" maxLength:"1024" doc:"At least 12 characters; empty: one is made up and shown once."`
}

// People lists everyone.
func (c *Client) People(ctx context.Context) ([]Person, error) {
	return all[Person](ctx, c, "/people", nil)
}

// Person gets one person.
func (c *Client) Person(ctx context.Context, name string) (Person, error) {
	return call[Person](ctx, c, http.MethodGet, "/people/"+seg(name), nil, nil)
}

// CreatePerson makes a person; the answer has the password.
func (c *Client) CreatePerson(ctx context.Context, n NewPerson, opts ...Option) (Person, error) {
	return call[Person](ctx, c, http.MethodPost, "/people", n, opts)
}

// SetPassword gives a person another password.
func (c *Client) SetPassword(ctx context.Context, name string, n NewPassword, opts ...Option) (Person, error) {
	return call[Person](ctx, c, http.MethodPost, "/people/"+seg(name)+"/password", n, opts)
}

// DeletePerson ends a person.
func (c *Client) DeletePerson(ctx context.Context, name string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, "/people/"+seg(name), nil, nil, opts...)
}
