package client

import (
	"context"
	"net/http"
	"time"
)

// Stream is a private stream of a domain.
type Stream struct {
	Name        string    `json:"name" doc:"domain._private.name; the topic's name too."`
	UID         string    `json:"uid"`
	Domain      string    `json:"domain"`
	Description string    `json:"description,omitempty"`
	Partitions  int       `json:"partitions"`
	Retention   string    `json:"retention"`
	Topic       string    `json:"topic"`
	Status      Status    `json:"status"`
	Published   string    `json:"published,omitempty" doc:"The product that it is published as; absent: it is not."`
	Revision    uint64    `json:"revision"`
	Created     time.Time `json:"created"`
}

// NewStream asks for a private stream.
type NewStream struct {
	Name        string `json:"name" maxLength:"136" doc:"domain._private.name"`
	Description string `json:"description,omitempty" maxLength:"4096"`
	Partitions  int    `json:"partitions,omitempty" minimum:"0" maximum:"64" doc:"0: the usual number, 3."`
	Retention   string `json:"retention,omitempty" maxLength:"32" doc:"6h, 7d; empty or forever: for ever."`
}

// StreamEdit says what shall change; what is absent stays.
type StreamEdit struct {
	Description *string `json:"description,omitempty" maxLength:"4096"`
	Partitions  *int    `json:"partitions,omitempty" minimum:"1" maximum:"64"`
	Retention   *string `json:"retention,omitempty" maxLength:"32"`
}

// Streams lists the private streams of your domains, or of one.
func (c *Client) Streams(ctx context.Context, domain string) ([]Stream, error) {
	return all[Stream](ctx, c, "/streams", inDomain(domain))
}

// Stream gets one private stream.
func (c *Client) Stream(ctx context.Context, name string) (Stream, error) {
	return call[Stream](ctx, c, http.MethodGet, "/streams/"+seg(name), nil, nil)
}

// CreateStream makes a private stream and waits a little until its topic is
// ready.
func (c *Client) CreateStream(ctx context.Context, n NewStream, opts ...Option) (Stream, error) {
	return call[Stream](ctx, c, http.MethodPost, "/streams", n, opts)
}

// EditStream changes a private stream.
func (c *Client) EditStream(ctx context.Context, name string, e StreamEdit, opts ...Option) (Stream, error) {
	return call[Stream](ctx, c, http.MethodPatch, "/streams/"+seg(name), e, opts)
}

// DeleteStream ends a private stream; with destroy its data too. It says whether
// that is gone: as long as the cluster does not answer, it is not.
func (c *Client) DeleteStream(ctx context.Context, name string, destroy bool, opts ...Option) (bool, error) {
	return c.end(ctx, "/streams/"+seg(name)+destroying(destroy), opts)
}
