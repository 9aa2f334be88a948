package demo

import (
	"bytes"
	"encoding/json"
	"io/fs"
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
)

// decoders read the values of each encoding by the text of the schema alone, as
// a stranger does, into the fields of a record.
func decoders() map[string]func(*testing.T, product, []byte) map[string]any {
	return map[string]func(*testing.T, product, []byte) map[string]any{
		inAvro: func(t *testing.T, p product, b []byte) map[string]any {
			s, err := avro.Parse(p.schema())
			must(t, err)
			var got map[string]any
			rest, err := s.Decode(b, &got)
			must(t, err)
			if len(rest) > 0 {
				t.Errorf("%d bytes too many", len(rest))
			}
			return got
		},
		inProtobuf: func(t *testing.T, p product, b []byte) map[string]any {
			meta, err := os.ReadFile("../core/schema/protobuf/known/confluent/meta.proto")
			must(t, err)
			c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
				Accessor: protocompile.SourceAccessorFromMap(map[string]string{p.file: p.schema(), "confluent/meta.proto": string(meta)}),
			})}
			files, err := c.Compile(t.Context(), p.file)
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
		inJSONSchema: func(t *testing.T, p product, b []byte) map[string]any {
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(p.schema()))
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

// plain is a decoded record as its JSON has it.
func plain(t *testing.T, m map[string]any) map[string]any {
	t.Helper()
	for k, v := range m {
		if at, ok := v.(time.Time); ok && k != "changed" {
			m[k] = at.UnixMilli()
		}
	}
	b, err := json.Marshal(m)
	must(t, err)
	return object(t, b)
}

// TestValuesAreWhatTheSchemasSay decodes what each producer writes by the
// product's schema: framed as registry serialisers do, and every field there.
func TestValuesAreWhatTheSchemasSay(t *testing.T) {
	t.Parallel()
	w := newWorld(3, clock())
	for i, p := range products() {
		enc, err := Form{Encoding: p.encoding, ID: 70_000 + i}.encoder(p)
		must(t, err)
		for range 200 {
			r := w.nexts()[i]()
			b, err := enc(r)
			must(t, err)
			var h sr.ConfluentHeader
			id, b, err := h.DecodeID(b)
			must(t, err)
			if id != 70_000+i {
				t.Fatalf("%s: the id is %d", p.full(), id)
			}
			if p.encoding == inProtobuf {
				var index []int
				index, b, err = h.DecodeIndex(b, 4)
				must(t, err)
				if diff := cmp.Diff([]int{0}, index); diff != "" {
					t.Fatal(diff)
				}
			}
			if diff := cmp.Diff(object(t, encode(r)), plain(t, decoders()[p.encoding](t, p, b))); diff != "" {
				t.Fatalf("%s: written, then read:\n%s", p.full(), diff)
			}
		}
	}
}

// TestOlderMeshKeepsJSON writes into products of a demo before there were
// schemas what such demos wrote.
func TestOlderMeshKeepsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(3, clock())
	for i, p := range products() {
		enc, err := Form{Encoding: inJSON}.encoder(p)
		must(t, err)
		r := w.nexts()[i]()
		b, err := enc(r)
		must(t, err)
		if _, ok := object(t, b)[p.key]; !ok || !bytes.Equal(b, encode(r)) {
			t.Errorf("%s: %s", p.full(), b)
		}
	}
}

// TestEachProductHasItsSchema makes sure that no file is left over, and that
// the key is one of the fields.
func TestEachProductHasItsSchema(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(schemas, "schema/*")
	must(t, err)
	if len(files) != len(products()) {
		t.Errorf("%d schemas for %d products: %v", len(files), len(products()), files)
	}
	for i, p := range products() {
		r := newWorld(1, clock()).nexts()[i]()
		if got := object(t, encode(r))[p.key]; got != r.key() {
			t.Errorf("%s: the field %s is %v, the key is %s", p.full(), p.key, got, r.key())
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
