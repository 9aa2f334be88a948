package demo

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bufbuild/protocompile"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/sr"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/weirmesh/weir/internal/demo/world"
)

// decoders read the values of each encoding by the text of the schema alone, as
// a stranger does, into the fields of a record.
func decoders() map[string]func(*testing.T, product, []byte) map[string]any {
	return map[string]func(*testing.T, product, []byte) map[string]any{
		world.Avro: func(t *testing.T, p product, b []byte) map[string]any {
			s, err := avro.Parse(p.Schema())
			must(t, err)
			var got map[string]any
			rest, err := s.Decode(b, &got)
			must(t, err)
			if len(rest) > 0 {
				t.Errorf("%d bytes too many", len(rest))
			}
			return got
		},
		world.Protobuf: func(t *testing.T, p product, b []byte) map[string]any {
			meta, err := os.ReadFile("../core/schema/protobuf/known/confluent/meta.proto")
			must(t, err)
			c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
				Accessor: protocompile.SourceAccessorFromMap(map[string]string{p.File: p.Schema(), "confluent/meta.proto": string(meta)}),
			})}
			files, err := c.Compile(t.Context(), p.File)
			must(t, err)
			m := dynamicpb.NewMessage(files[0].Messages().Get(0))
			must(t, proto.UnmarshalOptions{DiscardUnknown: false}.Unmarshal(b, m))
			if len(m.GetUnknown()) > 0 {
				t.Errorf("fields that the schema does not have: %x", m.GetUnknown())
			}
			text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
			must(t, err)
			return object(t, text)
		},
		world.JSONSchema: func(t *testing.T, p product, b []byte) map[string]any {
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(p.Schema()))
			must(t, err)
			c := jsonschema.NewCompiler()
			c.AssertFormat()
			must(t, c.AddResource("schema.json", doc))
			s, err := c.Compile("schema.json")
			must(t, err)
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
			must(t, err)
			must(t, s.Validate(v))
			return object(t, b)
		},
	}
}

func object(t *testing.T, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	must(t, json.Unmarshal(b, &m))
	return m
}

// clock is a time that moves on by a step at each look.
func clock() func() time.Time {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(10 * time.Millisecond)
		return at
	}
}

// plain is a decoded record as its JSON has it.
func plain(t *testing.T, m map[string]any) map[string]any {
	t.Helper()
	b, err := json.Marshal(plainly("", m))
	must(t, err)
	return object(t, b)
}

// plainly is a decoded value of a field.
func plainly(field string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, of := range v {
			v[k] = plainly(k, of)
		}
	case []any:
		for i, of := range v {
			v[i] = plainly(field, of)
		}
	case time.Time:
		if field != "changed" {
			return v.UnixMilli()
		}
	case *big.Rat:
		return json.Number(v.FloatString(2))
	}
	return v
}

// TestValuesAreWhatTheSchemasSay decodes what each producer writes by the
// product's schema: framed as registry serialisers do, and every field there.
func TestValuesAreWhatTheSchemasSay(t *testing.T) {
	t.Parallel()
	w := world.New(3, clock())
	for i, p := range products() {
		enc, err := Form{Encoding: p.Encoding, ID: 70_000 + i}.encoder(p)
		must(t, err)
		for range 200 {
			r := p.Next(w)
			b, err := enc(r)
			must(t, err)
			var h sr.ConfluentHeader
			id, b, err := h.DecodeID(b)
			must(t, err)
			if id != 70_000+i {
				t.Fatalf("%s: the id is %d", p.Full(), id)
			}
			if p.Encoding == world.Protobuf {
				var index []int
				index, b, err = h.DecodeIndex(b, 4)
				must(t, err)
				if diff := cmp.Diff([]int{0}, index); diff != "" {
					t.Fatal(diff)
				}
			}
			if diff := cmp.Diff(object(t, encode(r)), plain(t, decoders()[p.Encoding](t, p, b))); diff != "" {
				t.Fatalf("%s: written, then read:\n%s", p.Full(), diff)
			}
		}
	}
}

// TestOlderMeshKeepsJSON writes into products of a demo before there were
// schemas what such demos wrote.
func TestOlderMeshKeepsJSON(t *testing.T) {
	t.Parallel()
	w := world.New(3, clock())
	for _, p := range products() {
		enc, err := Form{Encoding: inJSON}.encoder(p)
		must(t, err)
		r := p.Next(w)
		b, err := enc(r)
		must(t, err)
		if _, ok := object(t, b)[p.KeyField]; !ok || !bytes.Equal(b, encode(r)) {
			t.Errorf("%s: %s", p.Full(), b)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
