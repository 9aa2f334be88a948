package client

import (
	"context"
	"net/http"
	"time"
)

// Domain is a bounded context that a team owns.
type Domain struct {
	Name        string    `json:"name"`
	UID         string    `json:"uid"`
	Team        string    `json:"team"`
	Description string    `json:"description,omitempty"`
	Revision    uint64    `json:"revision"`
	Created     time.Time `json:"created"`
}

// NewDomain asks for a domain.
type NewDomain struct {
	Name        string `json:"name" minLength:"2" maxLength:"63"`
	Team        string `json:"team" minLength:"1" maxLength:"63" doc:"The team that owns it."`
	Description string `json:"description,omitempty" maxLength:"4096"`
}

// DomainEdit says what shall change; what is absent stays.
type DomainEdit struct {
	Team        *string `json:"team,omitempty" maxLength:"63"`
	Description *string `json:"description,omitempty" maxLength:"4096"`
}

// Domains lists every domain.
func (c *Client) Domains(ctx context.Context) ([]Domain, error) {
	return all[Domain](ctx, c, "/domains", nil)
}

// Domain gets one domain.
func (c *Client) Domain(ctx context.Context, name string) (Domain, error) {
	return call[Domain](ctx, c, http.MethodGet, "/domains/"+seg(name), nil, nil)
}

// CreateDomain makes a domain.
func (c *Client) CreateDomain(ctx context.Context, n NewDomain, opts ...Option) (Domain, error) {
	return call[Domain](ctx, c, http.MethodPost, "/domains", n, opts)
}

// EditDomain changes a domain.
func (c *Client) EditDomain(ctx context.Context, name string, e DomainEdit, opts ...Option) (Domain, error) {
	return call[Domain](ctx, c, http.MethodPatch, "/domains/"+seg(name), e, opts)
}

// DeleteDomain ends a domain that holds nothing.
func (c *Client) DeleteDomain(ctx context.Context, name string, opts ...Option) error {
	return c.do(ctx, http.MethodDelete, "/domains/"+seg(name), nil, nil, opts...)
}
