package client

import (
	"context"
	"net/http"
	"net/url"
)

// Role is one that a person has somewhere.
type Role struct {
	Role   string `json:"role" enum:"mesh-admin,steward,domain-owner,product-owner,domain-member,reader"`
	Person string `json:"person"`
	On     string `json:"on,omitempty" doc:"The domain or the domain.product; absent: the mesh."`
}

// Roles lists who has which role where, as far as you may know of it; of one
// person or on one domain or product, if they are not empty.
func (c *Client) Roles(ctx context.Context, person, on string) ([]Role, error) {
	q := url.Values{}
	if person != "" {
		q.Set("person", person)
	}
	if on != "" {
		q.Set("on", on)
	}
	return all[Role](ctx, c, "/roles", q)
}

// AddRole gives a person a role.
func (c *Client) AddRole(ctx context.Context, r Role, opts ...Option) (Role, error) {
	return call[Role](ctx, c, http.MethodPut, r.path(), nil, opts)
}

// RemoveRole takes it away.
func (c *Client) RemoveRole(ctx context.Context, r Role, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, r.path(), nil, nil, opts...)
}

func (r Role) path() string {
	p := "/people/" + seg(r.Person) + "/roles/" + seg(r.Role)
	if r.On != "" {
		p += "?" + url.Values{"on": {r.On}}.Encode()
	}
	return p
}
