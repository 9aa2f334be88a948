package client

import (
	"context"
	"net/http"
	"time"
)

// Topic is what the cluster holds for a product or private stream.
type Topic struct {
	Name       string    `json:"name"`
	UID        string    `json:"uid"`
	ID         string    `json:"id,omitempty" doc:"The cluster's id for it."`
	Domain     string    `json:"domain"`
	Of         string    `json:"of,omitempty" doc:"The product or stream; absent when that was deleted without its data."`
	Partitions int       `json:"partitions"`
	Retention  string    `json:"retention"`
	Status     Status    `json:"status"`
	Revision   uint64    `json:"revision"`
	Created    time.Time `json:"created"`
}

// Topics lists the topics of your domains, or of one.
func (c *Client) Topics(ctx context.Context, domain string) ([]Topic, error) {
	return all[Topic](ctx, c, "/topics", inDomain(domain))
}

// Topic gets one topic.
func (c *Client) Topic(ctx context.Context, name string) (Topic, error) {
	return call[Topic](ctx, c, http.MethodGet, "/topics/"+seg(name), nil, nil)
}
