package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Access says that an application was allowed to read a product.
type Access struct {
	Name        string    `json:"name" doc:"product/application"`
	UID         string    `json:"uid"`
	Product     string    `json:"product"`
	Application string    `json:"application"`
	Revision    uint64    `json:"revision"`
	Created     time.Time `json:"created"`
}

// Accesses lists what was allowed on your products and to your applications;
// product and application narrow it, if not empty.
func (c *Client) Accesses(ctx context.Context, product, application string) ([]Access, error) {
	q := url.Values{}
	if product != "" {
		q.Set("product", product)
	}
	if application != "" {
		q.Set("application", application)
	}
	return all[Access](ctx, c, "/access", q)
}

// Allow lets an application read a product.
func (c *Client) Allow(ctx context.Context, product, application string, opts ...Option) (Access, error) {
	return call[Access](ctx, c, http.MethodPut, accessPath(product, application), nil, opts)
}

// Revoke takes it back.
func (c *Client) Revoke(ctx context.Context, product, application string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, accessPath(product, application), nil, nil, opts...)
}

func accessPath(product, application string) string {
	return "/products/" + seg(product) + "/access/" + seg(application)
}
