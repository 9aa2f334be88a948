package queries

import (
	"context"

	"github.com/weirmesh/weir"
)

// private begins the own part of a private stream's name.
const private = "_private."

// stream gives a private stream of one of the caller's domains as an input. Its
// values are in the encoding of their latest schema; with a JSON Schema they are
// plain JSON.
func (in *inputs) stream(name string) (*weir.Product, weir.Revision, error) {
	s, rev, err := weir.Known[*weir.Stream](in.ctx, in.v, in.by, weir.Ref{Noun: weir.NounStream, Name: name})
	if weir.NotFound.In(err) {
		e := weir.Errorf(weir.NotFound, "there is no private stream %s in a domain of yours", name).WithFix("see which there are: weir stream list")
		e.Ref = weir.Ref{Noun: weir.NounStream, Name: name}
		return nil, 0, e
	}
	if err != nil {
		return nil, 0, err
	}
	p := asProduct(s)
	_, latest, err := in.q.cfg.Schemas.LatestSchema(in.ctx, p.Subject(weir.OfValue))
	if weir.NotFound.In(err) {
		return p, rev, nil // which is refused for that
	}
	if err != nil {
		return nil, 0, err
	}
	switch latest.Format() {
	case weir.FormatAvro:
		p.Encoding = weir.EncodingAvro
	case weir.FormatProtobuf:
		p.Encoding = weir.EncodingProtobuf
	}
	return p, rev, nil
}

// asProduct is a private stream as the input that a product is: with its topic
// and the subjects of that, its domain's alone.
func asProduct(s *weir.Stream) *weir.Product {
	return &weir.Product{
		UID: s.UID, Name: s.Name, Domain: s.Domain, Major: 1, Kind: weir.KindStream, Encoding: weir.EncodingJSON, KeyEncoding: weir.KeyString,
		Visibility: weir.VisibleDomain, Access: weir.AccessRequest, Partitions: s.Partitions, Retention: s.Retention,
		Published: &weir.Publication{Topic: s.Topic()},
	}
}

// sourceOf is an input of a query: a product, or a private stream as one.
func sourceOf(ctx context.Context, v weir.View, uid weir.UID) (*weir.Product, weir.Revision, error) {
	p, rev, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, UID: uid})
	if !weir.NotFound.In(err) {
		return p, rev, err
	}
	s, rev, err := weir.Find[*weir.Stream](ctx, v, weir.Ref{Noun: weir.NounStream, UID: uid})
	if err != nil {
		return nil, 0, err
	}
	return asProduct(s), rev, nil
}
