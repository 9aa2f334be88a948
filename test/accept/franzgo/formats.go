package main

import (
	"context"
	"encoding/json"

	"github.com/bufbuild/protocompile"
	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// generation is which of three schemas is meant: the second may follow the
// first, the third may follow neither.
type generation int

const (
	first  generation = 1
	second generation = 2
	third  generation = 3
)

// language is one schema language.
type language struct {
	schemas [3]string
	kind    sr.SchemaType
	index   []int // of the message, where a schema has several
	codec   func(ctx context.Context, text string) (codecOf, error)
}

func (l language) schema(g generation) sr.Schema {
	return sr.Schema{Schema: l.schemas[g-1], Type: l.kind}
}

// codecOf writes and reads the records of one schema.
type codecOf struct {
	encode func(map[string]any) ([]byte, error)
	decode func([]byte) (row, error)
}

func languages() map[string]language {
	const (
		record  = `{"type":"record","name":"User","namespace":"shop","fields":[{"name":"id","type":"long"},{"name":"name","type":"string"}`
		object  = `{"$schema":"http://json-schema.org/draft-07/schema#","title":"User","type":"object","properties":{"id":{"type":"integer"},`
		closed  = `},"required":["id","name"],"additionalProperties":false}`
		message = "syntax = \"proto3\";\npackage shop;\n\nmessage User {\n  int64 id = 1;\n"
	)
	return map[string]language{
		"avro": {[3]string{
			record + `]}`,
			record + `,{"name":"note","type":["null","string"],"default":null}]}`,
			record + `,{"name":"grade","type":"int"}]}`,
		}, sr.TypeAvro, nil, avroCodec},
		"json": {[3]string{
			object + `"name":{"type":"string"}` + closed,
			object + `"name":{"type":"string"},"note":{"type":"string"}` + closed,
			object + `"name":{"type":"integer"}` + closed,
		}, sr.TypeJSON, nil, jsonCodec},
		"protobuf": {[3]string{
			message + "  string name = 2;\n}\n",
			message + "  string name = 2;\n  string note = 3;\n}\n",
			message + "  int32 name = 2;\n}\n",
		}, sr.TypeProtobuf, []int{0}, protobufCodec},
	}
}

func avroCodec(_ context.Context, text string) (codecOf, error) {
	s, err := avro.Parse(text)
	if err != nil {
		return codecOf{}, err
	}
	return codecOf{
		encode: func(v map[string]any) ([]byte, error) { return s.Encode(v) },
		decode: func(data []byte) (row, error) {
			var v map[string]any
			if _, err := s.Decode(data, &v); err != nil {
				return row{}, err
			}
			return rowOf(v)
		},
	}, nil
}

// jsonCodec checks nothing: franz-go leaves that to the application.
func jsonCodec(context.Context, string) (codecOf, error) {
	return codecOf{
		encode: func(v map[string]any) ([]byte, error) { return json.Marshal(v) },
		decode: func(data []byte) (row, error) {
			var r row
			err := json.Unmarshal(data, &r)
			return r, err
		},
	}, nil
}

// rowOf goes by JSON, so that it does not matter which of Go's types a codec
// made.
func rowOf(v map[string]any) (row, error) {
	var r row
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	return r, err
}

func protobufCodec(ctx context.Context, text string) (codecOf, error) {
	c := protocompile.Compiler{Resolver: &protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{"schema.proto": text}),
	}}
	files, err := c.Compile(ctx, "schema.proto")
	if err != nil {
		return codecOf{}, err
	}
	message := files[0].Messages().Get(0)
	return codecOf{
		encode: func(v map[string]any) ([]byte, error) { return protobufEncode(message, v) },
		decode: func(data []byte) (row, error) { return protobufDecode(message, data) },
	}, nil
}

func protobufEncode(d protoreflect.MessageDescriptor, v map[string]any) ([]byte, error) {
	m := dynamicpb.NewMessage(d)
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if err := protojson.Unmarshal(text, m); err != nil {
		return nil, err
	}
	return proto.Marshal(m)
}

func protobufDecode(d protoreflect.MessageDescriptor, data []byte) (row, error) {
	m := dynamicpb.NewMessage(d)
	if err := proto.Unmarshal(data, m); err != nil {
		return row{}, err
	}
	fields := d.Fields()
	r := row{ID: m.Get(fields.ByName("id")).Int(), Name: m.Get(fields.ByName("name")).String()}
	if f := fields.ByName("note"); f != nil {
		if s := m.Get(f).String(); s != "" {
			r.Note = &s
		}
	}
	return r, nil
}
