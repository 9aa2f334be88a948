package record_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
)

const nested = `{"type":"record","name":"R","fields":[{"name":"n","type":["null",{"type":"record","name":"I","fields":[{"name":"s","type":"string"},{"name":"r","type":["null","I"]}]}]},
	{"name":"a","type":{"type":"array","items":{"type":"map","values":["long","string","double"]}}},{"name":"u","type":["null","I","int","string"]},
	{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":30,"scale":4}},{"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}},
	{"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},{"name":"id","type":{"type":"string","logicalType":"uuid"}},{"name":"z","type":"int"}]}`

// fuzzed decodes any bytes: what fails says so and leaves nothing behind, and the
// same bytes give the same again, whatever else is wanted of them.
func fuzzed(f *testing.F, s schema.Schema, e weir.Encoding, check func(t *testing.T, b []byte, ok bool)) {
	all, err := record.ColumnsOf(s, e)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		into := vectors(len(all))
		d := decoder(t, record.DecoderConfig{Encoding: e, Fields: all, SchemaOf: ids(s), Schema: s})
		failed := d.Decode([][]byte{b, nil, b}, into)
		for _, fail := range failed {
			var e *weir.Error
			if !errors.As(fail.Err, &e) || e.Msg == "" || strings.Contains(e.Msg, "%!") {
				t.Fatalf("%x: %v", b, fail.Err)
			}
			for _, v := range into {
				if !v.IsNull(fail.Row) {
					t.Fatalf("%x: a failed row has the value %s", b, cell(v, fail.Row))
				}
			}
		}
		if got := rows(into, 3); got[0] != got[2] {
			t.Fatal(cmp.Diff(got[0], got[2]))
		}
		for i, field := range all {
			one := vectors(1)
			alone := decoder(t, record.DecoderConfig{Encoding: e, Fields: all[i : i+1], SchemaOf: ids(s), Schema: s}).Decode([][]byte{b}, one)
			if len(failed) == 0 && (alone != nil || rows(one, 1)[0] != cell(into[i], 0)) {
				t.Fatalf("%x: %s alone is %v %v, and with others %s", b, field.Path, rows(one, 1), alone, cell(into[i], 0))
			}
		}
		check(t, b, len(failed) == 0)
	})
}

func FuzzColumnsAvro(f *testing.F) {
	s := schemaOf(f, weir.FormatAvro, nested)
	reader, err := record.Compile(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(append(framed(2, 2, 'a', 0, 0, 2, 2, 'b', 0, 2, 1, 2, 2), 72), "123e4567-e89b-12d3-a456-426614174000\x06"...))
	f.Add(framed(0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f))
	fuzzed(f, s, weir.EncodingAvro, func(t *testing.T, b []byte, ok bool) {
		if _, err := reader.Read(b[min(5, len(b)):]); ok && err != nil {
			t.Fatalf("%x: it is read as columns, and not as JSON: %v", b, err)
		}
	})
}

func FuzzColumnsJSON(f *testing.F) {
	s := schemaOf(f, weir.FormatJSON, `{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"number"},"c":{"type":"string"},"d":{"type":"string","format":"date-time"},
		"o":{"type":"object","properties":{"x":{"type":"string","contentEncoding":"base64"},"y":{"type":"boolean"}}},"l":{"type":"array"},"m":{"type":"number","multipleOf":0.01,"minimum":0,"maximum":99}}}`)
	f.Add([]byte(`{"a":1,"b":1.5e3,"c":"\u00e9","d":"2026-11-21T15:04:05.123Z","o":{"x":"AP8=","y":true},"l":[1, {"z":null}],"m":1.25}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Add([]byte(`{"o":{"x":"\ud83d\ude00"}}`))
	fuzzed(f, s, weir.EncodingJSON, func(t *testing.T, b []byte, ok bool) {
		if len(b) >= 5 && b[0] == 0 {
			b = b[5:]
		}
		if ok && !json.Valid(b) {
			t.Fatalf("%q is no JSON", b)
		}
	})
}

func FuzzColumnsProtobuf(f *testing.F) {
	s := schemaOf(f, weir.FormatProtobuf, manyKinds)
	f.Add(framed(0, 8, 1, 0xb2, 1, 2, 8, 1, 0xf2, 1, 4, 8, 1, 16, 2))
	f.Add(framed(0, 0x9a, 1, 1, 'a', 0xa0, 1, 5, 0xaa, 1, 2, 8, 1))
	fuzzed(f, s, weir.EncodingProtobuf, func(*testing.T, []byte, bool) {})
}

// FuzzKeys: keys that are one value, and strings that are numbers.
func FuzzKeys(f *testing.F) {
	f.Add([]byte("17"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x05"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range []weir.KeyEncoding{weir.KeyString, weir.KeyBytes, weir.KeyLong, weir.KeyJSON} {
			for _, c := range []string{"id text", "id bigint", "id numeric(9,2)", "id double precision", "id date", "id timestamp", "id uuid", "id bytea", "id integer"} {
				into := vectors(1)
				failed := decoder(t, record.DecoderConfig{KeyEncoding: k, Fields: fields(t, c)}).Decode([][]byte{b}, into)
				if len(failed) > 0 != into[0].IsNull(0) && string(b) != "null" && k != weir.KeyJSON {
					t.Fatalf("%s %s %q: %v, %s", k, c, b, failed, cell(into[0], 0))
				}
			}
		}
	})
}
