package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
)

func (a *API) topicRoutes() {
	add(a, route{method: http.MethodGet, path: "/topics", summary: "List topics"}, a.topics)
	add(a, route{method: http.MethodGet, path: "/topics/{name}", summary: "Show a topic"}, a.topic)
}

func (a *API) topics(ctx context.Context, p weir.Principal, in *inDomain) (*many[client.Topic], error) {
	q, err := in.query(ctx, a, p, weir.NounTopic)
	if err != nil {
		return nil, err
	}
	return page(ctx, a, q, in.Paging, topic)
}

func (a *API) topic(ctx context.Context, p weir.Principal, in *Named) (*one[client.Topic], error) {
	return get(ctx, a, p, weir.NounTopic, in.Name, topic)
}

func topic(ctx context.Context, n *names, t *weir.Topic, rev weir.Revision) (client.Topic, error) {
	d, _, err := n.domainOf(ctx, t.Domain)
	if err != nil {
		return client.Topic{}, err
	}
	out := client.Topic{
		Name: t.Name, UID: t.UID.String(), Domain: d, Partitions: t.Partitions, Retention: t.Retention.String(),
		Status: n.api.status(t), Revision: uint64(rev), Created: t.Created,
	}
	if t.ID != (weir.TopicID{}) {
		out.ID = t.ID.String()
	}
	for _, noun := range []weir.Noun{weir.NounProduct, weir.NounStream, weir.NounQuery} {
		e, _, err := n.v.Get(ctx, weir.Ref{Noun: noun, UID: t.Of})
		if err == nil {
			out.Of = e.Ref().Name
		} else if !weir.NotFound.In(err) {
			return out, err
		}
	}
	return out, nil
}
