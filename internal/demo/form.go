package demo

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/weirmesh/weir/client"
)

//go:embed schema
var schemas embed.FS

// The encodings that the demo writes, as products name them.
const (
	inJSON       = "json" // what demos before there were schemas wrote
	inBytes      = "bytes"
	inAvro       = "avro"
	inProtobuf   = "protobuf"
	inJSONSchema = "json-schema"
)

// Form is how the values of a product are written. Products keep the encoding
// that they were made with, so on an older mesh it is not the demo's own.
type Form struct {
	Encoding string
	ID       int // of the schema, before each value; 0: nothing is
}

// schema is the text of the product's schema.
func (p product) schema() string {
	b, err := schemas.ReadFile("schema/" + p.file)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(b)
}

// form finds how a product that was there before is written, and registers the
// demo's schema if it is not there.
func (p product) form(ctx context.Context, cl *client.Client, got client.Product) (Form, error) {
	switch got.Encoding {
	case inJSON, inBytes:
		return Form{Encoding: got.Encoding}, nil
	case p.encoding:
	default:
		return Form{}, fmt.Errorf("its values are in %s, which the demo cannot write; start without --demo, and end it with its data if you want the demo's own: weir product delete %s --destroy-data",
			got.Encoding, p.full())
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
		n := client.NewSchema{Schema: p.schema(), Type: s.Format}
		v, err := r.Lookup(ctx, s.Subject, n, client.LookupHow{})
		if client.RegistryCode(err) != 0 {
			v, err = r.Register(ctx, s.Subject, n, false)
		}
		return v.ID, err
	}
	return 0, fmt.Errorf("it has no subject for its values")
}

// record is a record of one of the demo's products.
type record interface{ key() string }

// encoder writes records of one product.
type encoder func(record) ([]byte, error)

// encoder is how a product's records are written in this form.
func (f Form) encoder(p product) (encoder, error) {
	switch f.Encoding {
	case inAvro:
		s, err := avro.Parse(p.schema())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.file, err)
		}
		return f.framed(nil, func(b []byte, r record) ([]byte, error) { return s.AppendEncode(b, r) }), nil
	case inProtobuf:
		return f.framed([]int{0}, func(b []byte, r record) ([]byte, error) { return r.(trade).appendProto(b), nil }), nil
	case inJSONSchema:
		return f.framed(nil, func(b []byte, r record) ([]byte, error) { return append(b, encode(r)...), nil }), nil
	}
	return func(r record) ([]byte, error) { return encode(r), nil }, nil
}

// framed writes what registry serialisers write before a value: a zero byte,
// the schema's id, and in Protobuf where in the schema the message is.
func (f Form) framed(index []int, body func([]byte, record) ([]byte, error)) encoder {
	return func(r record) ([]byte, error) {
		b, err := new(sr.ConfluentHeader).AppendEncode(nil, f.ID, index)
		if err != nil {
			return nil, err
		}
		return body(b, r)
	}
}

// encode writes a record as JSON.
func encode(r record) []byte {
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of strings and numbers
	}
	return b
}
