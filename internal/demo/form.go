package demo

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/demo/world"
)

// The encodings of products that are not the demo's own: what demos before there
// were schemas wrote.
const (
	inJSON  = "json"
	inBytes = "bytes"
)

// Form is how the values of a product are written. Products keep the encoding
// that they were made with, so on an older mesh it is not the demo's own.
type Form struct {
	Encoding string
	ID       int // of the schema, before each value; 0: nothing is
}

// form finds how a product that was there before is written, and registers the
// demo's schema if it is not there.
func (p product) form(ctx context.Context, cl *client.Client, got client.Product) (Form, error) {
	switch got.Encoding {
	case inJSON, inBytes:
		return Form{Encoding: got.Encoding}, nil
	case p.Encoding:
	default:
		return Form{}, fmt.Errorf("its values are in %s, which the demo cannot write; start without --demo, and end it with its data if you want the demo's own: weir product delete %s --destroy-data",
			got.Encoding, p.Full())
	}
	id, err := p.registered(ctx, cl.Registry(), got)
	return Form{Encoding: got.Encoding, ID: id}, err
}

// registered gives the id of the demo's schema, which need not be the latest.
func (p product) registered(ctx context.Context, r *client.Registry, got client.Product) (int, error) {
	for _, s := range got.Subjects {
		if s.Of != "value" {
			continue
		}
		n := client.NewSchema{Schema: p.Schema(), Type: s.Format}
		v, err := r.Lookup(ctx, s.Subject, n, client.LookupHow{})
		if client.RegistryCode(err) != 0 {
			v, err = r.Register(ctx, s.Subject, n, false)
		}
		return v.ID, err
	}
	return 0, fmt.Errorf("it has no subject for its values")
}

// encoder writes records of one product.
type encoder func(world.Record) ([]byte, error)

// encoder is how a product's records are written in this form.
func (f Form) encoder(p product) (encoder, error) {
	switch f.Encoding {
	case world.Avro:
		s, err := avro.Parse(p.Schema())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.File, err)
		}
		return f.framed(nil, func(b []byte, r world.Record) ([]byte, error) { return s.AppendEncode(b, r) }), nil
	case world.Protobuf:
		return f.framed([]int{0}, func(b []byte, r world.Record) ([]byte, error) { return r.(world.Trade).AppendProto(b), nil }), nil
	case world.JSONSchema:
		return f.framed(nil, func(b []byte, r world.Record) ([]byte, error) { return append(b, encode(r)...), nil }), nil
	}
	return func(r world.Record) ([]byte, error) { return encode(r), nil }, nil
}

// framed writes what registry serialisers write before a value: a zero byte,
// the schema's id, and in Protobuf where in the schema the message is.
func (f Form) framed(index []int, body func([]byte, world.Record) ([]byte, error)) encoder {
	return func(r world.Record) ([]byte, error) {
		b, err := new(sr.ConfluentHeader).AppendEncode(nil, f.ID, index)
		if err != nil {
			return nil, err
		}
		return body(b, r)
	}
}

// encode writes a record as JSON.
func encode(r world.Record) []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of strings and numbers
	}
	return b
}
