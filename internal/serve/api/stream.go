package api

import (
	"context"
	"net/http"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/catalog"
)

func (a *API) streamRoutes() {
	add(a, route{method: http.MethodGet, path: "/streams", summary: "List private streams"}, a.streams)
	add(a, route{method: http.MethodPost, path: "/streams", summary: "Create a private stream", status: http.StatusCreated}, a.createStream)
	add(a, route{method: http.MethodGet, path: "/streams/{name}", summary: "Show a private stream"}, a.stream)
	add(a, route{method: http.MethodPatch, path: "/streams/{name}", summary: "Edit a private stream"}, a.editStream)
	add(a, route{method: http.MethodDelete, path: "/streams/{name}", summary: "Delete a private stream", status: http.StatusNoContent}, a.deleteStream)
}

func (a *API) streams(ctx context.Context, p weir.Principal, in *inDomain) (*many[client.Stream], error) {
	q, err := in.query(ctx, a, p, weir.NounStream)
	if err != nil {
		return nil, err
	}
	return page(ctx, a, q, in.Paging, stream)
}

func (a *API) stream(ctx context.Context, p weir.Principal, in *Named) (*one[client.Stream], error) {
	return get(ctx, a, p, weir.NounStream, in.Name, stream)
}

func (a *API) createStream(ctx context.Context, p weir.Principal, in *struct {
	Write
	Body client.NewStream
}) (*one[client.Stream], error) {
	b := in.Body
	call, err := in.of(p, "stream.create", b)
	if err != nil {
		return nil, err
	}
	retention, err := duration("retention", b.Retention)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.CreateStream(ctx, call, catalog.NewStream{
		Name: b.Name, Description: b.Description, Partitions: b.Partitions, Retention: retention,
	})
	return wroteStream(ctx, a, r, err)
}

func (a *API) editStream(ctx context.Context, p weir.Principal, in *struct {
	Write
	Named
	Body client.StreamEdit
}) (*one[client.Stream], error) {
	b := in.Body
	call, err := in.of(p, "stream.edit", in.Name, b)
	if err != nil {
		return nil, err
	}
	retention, err := maybeDuration("retention", b.Retention)
	if err != nil {
		return nil, err
	}
	r, err := a.Catalog.EditStream(ctx, call, in.Name, catalog.StreamEdit{
		Description: b.Description, Partitions: b.Partitions, Retention: retention,
	})
	return wroteStream(ctx, a, r, err)
}

func (a *API) deleteStream(ctx context.Context, p weir.Principal, in *ending) (*hurting, error) {
	call, err := in.of(p, "stream.delete", in.Name, in.Destroy)
	if err != nil {
		return nil, err
	}
	hurts := a.hurts(ctx, p, in.Name)
	r, err := a.Catalog.DeleteStream(ctx, call, in.Name, in.Destroy)
	if err != nil {
		return nil, err
	}
	return going(r, a.ended(ctx, r, in.Destroy, in.Name)).hurting(hurts), nil
}

func wroteStream(ctx context.Context, a *API, r weir.Receipt, err error) (*one[client.Stream], error) {
	if err != nil {
		return nil, err
	}
	e, err := decodeAnswer(weir.NounStream, r.Answer)
	if err != nil {
		return nil, err
	}
	a.ready(ctx, r, e.Ref().Name)
	out, err := wrote(ctx, a, r, weir.NounStream, stream)
	if err == nil {
		out.Location = "/api/v1/streams/" + out.Body.Name
	}
	return out, err
}

func stream(ctx context.Context, n *names, s *weir.Stream, rev weir.Revision) (client.Stream, error) {
	d, _, err := n.domainOf(ctx, s.Domain)
	if err != nil {
		return client.Stream{}, err
	}
	status, err := n.status(ctx, s.Topic())
	if err != nil {
		return client.Stream{}, err
	}
	published, err := n.publishedAs(ctx, s)
	return client.Stream{
		Published: published,
		Name:      s.Name, UID: s.UID.String(), Domain: d, Description: s.Description, Partitions: s.Partitions,
		Retention: s.Retention.String(), Topic: s.Topic(), Status: status, Revision: uint64(rev), Created: s.Created,
	}, err
}
