package record_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
	"github.com/weirmesh/weir/internal/core/schema/avro/avrotest"
	"github.com/weirmesh/weir/internal/core/schema/format"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// compiled is a reader of a text.
func compiled(t testing.TB, f weir.SchemaFormat, text string) *record.Reader {
	t.Helper()
	s, err := format.Parse(f, schema.Source{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	d, err := record.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// only finds one schema, under the id 7.
func only(d *record.Reader) record.Find {
	return func(id weir.SchemaID) (*record.Reader, error) {
		if id != 7 || d == nil {
			return nil, weir.Errorf(weir.NotFound, "Schema %d not found", id)
		}
		return d, nil
	}
}

func framed(b ...byte) []byte { return append([]byte{0, 0, 0, 0, 7}, b...) }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestForms(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("[", record.MaxDepth+1) + strings.Repeat("]", record.MaxDepth+1)
	for _, c := range []struct {
		form record.Form
		in   string
		want string // an error without its bytes begins with !
	}{
		{record.JSON, "{ \"a\" : 1,\n \"b\": [true, null, 9007199254740993] }", `{"a":1,"b":[true,null,9007199254740993]}`},
		{record.JSON, `{"a":1,"a":2}`, `{"a":1,"a":2}`},
		{record.JSON, `1.50`, `1.50`},
		{record.JSON, `{"a":`, `!it is no JSON: unexpected end of JSON input`},
		{record.JSON, ``, `!it is no JSON: unexpected end of JSON input`},
		{record.JSON, "\"\xff\"", `!it is no UTF-8 text, so no JSON`},
		{record.JSON, big, `!it nests deeper than 200`},
		{record.JSON, `"` + strings.Repeat("[", 500) + `"`, `"` + strings.Repeat("[", 500) + `"`},
		{record.JSON, "\x00\x00\x00\x00\x09{ \"a\": 1 }", `{"a":1}`},
		{record.JSON, "\x00\x00\x00\x09", `!it is no JSON: invalid character '\x00' looking for beginning of value`},
		{record.Bytes, "\x00\x01", `"AAE="`},
		{record.String, "a\n\"é\"", `"a\n\"é\""`},
		{record.String, "\xff", `!it is no UTF-8 text`},
		{record.Long, "\x00\x20\x00\x00\x00\x00\x00\x01", `9007199254740993`},
		{record.Long, "\xff\xff\xff\xff\xff\xff\xff\xff", `-1`},
		{record.Long, "17", `!it has 2 bytes, and a long has 8`},
		{record.JSONSchema, "\x00\x00\x00\x00\x09{ \"a\": 1 }", `{"a":1}`},
		{record.JSONSchema, `{"a":1}`, `!it does not begin with a zero byte and the id of a schema, as registry serialisers write it`},
		{record.Avro, "\x00\x00\x00\x00\x09\x02", `!Schema 9 not found`},
		{record.Avro, "\x00\x00\x00", `!it does not begin with a zero byte and the id of a schema, as registry serialisers write it`},
		{record.Avro, "", `!it does not begin with a zero byte and the id of a schema, as registry serialisers write it`},
		{record.Protobuf, "\x00\x00\x00\x00\x07\x00", `!schema 7 is of avro, and the encoding is protobuf`},
		{record.Unknown, `{ "a": 1 }`, `{"a":1}`},
		{record.Unknown, `hello`, `"hello"`},
		{record.Unknown, "\xff", `"/w=="`},
		{record.Unknown, "\x00\x00\x00\x00\x07\x02", `1`},
		{record.Unknown, "\x00\x00\x00\x00\x09\x02", `"\u0000\u0000\u0000\u0000\t\u0002"`},
		{record.Text, "17", `"17"`},
		{"yaml", "17", `!the encoding "yaml" is not known`},
	} {
		got := record.Decode(c.form, []byte(c.in), only(compiled(t, weir.FormatAvro, `"long"`)))
		check(t, string(c.form)+" "+c.in, got, c.in, c.want)
	}
	if got := record.Decode(record.JSON, nil, nil); string(got.JSON) != "null" || got.Bad {
		t.Errorf("nil is %s", got.JSON)
	}
}

// check compares a value; one that is bad must give every byte back.
func check(t *testing.T, what string, got record.Value, in, want string) {
	t.Helper()
	if reason, ok := strings.CutPrefix(want, "!"); ok {
		b, _ := json.Marshal(map[string]string{"error": reason, "bytes": base64.StdEncoding.EncodeToString([]byte(in))})
		var g, w any
		if json.Unmarshal(got.JSON, &g) != nil || json.Unmarshal(b, &w) != nil || !cmp.Equal(g, w) || !got.Bad {
			t.Errorf("%.60q: %.300s, want the error %s", what, got.JSON, reason)
		}
		return
	}
	if string(got.JSON) != want || got.Bad {
		t.Errorf("%.60q: %.300s, want %s", what, got.JSON, want)
	}
}

func TestAvro(t *testing.T) {
	t.Parallel()
	logical := func(kind, name string) string { return `{"type":"` + kind + `","logicalType":"` + name + `"}` }
	for _, c := range []struct{ schema, in, want string }{
		{`"null"`, "", `null`},
		{`"boolean"`, "01", `true`},
		{`"boolean"`, "02", `!a boolean of it is the byte 2`},
		{`"int"`, "01", `-1`},
		{`"int"`, "80 80 80 80 20", `!an int of it is 4294967296, which has more than 32 bits`},
		{`"long"`, "ff ff ff ff ff ff ff ff ff 01", `-9223372036854775808`},
		{`"long"`, "fe ff ff ff ff ff ff ff ff 01", `9223372036854775807`},
		{`"long"`, "ff ff ff ff ff ff ff ff ff ff 01", `!a number of it has more than 64 bits`},
		{`"long"`, "", `!it ends before its schema does`},
		{`"long"`, "02 02", `!1 bytes are left behind what its schema describes`},
		{`"float"`, "cd cc cc 3d", `0.1`},
		{`"float"`, "00 00 c0 7f", `"NaN"`},
		{`"double"`, "00 00 00 00 00 00 f0 3f", `1.0`},
		{`"double"`, "00 00 00 00 00 00 f0 ff", `"-Infinity"`},
		{`"double"`, "00 00 00 00 00 00 00 80", `-0.0`},
		{`"bytes"`, "04 00 ff", `"AP8="`},
		{`"bytes"`, "04 00", `!it ends before its schema does`},
		{`"bytes"`, "01", `!it ends before its schema does`},
		{`"string"`, "06 61 c3 a9", `"aé"`},
		{`"string"`, "02 ff", `!a string of it is no UTF-8 text`},
		{`["null","long"]`, "00", `null`},
		{`["null","long"]`, "02 02", `1`},
		{`["null","long"]`, "04 02", `!a union of 2 branches has none with the number 2`},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, "02", `"B"`},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, "04", `!the enum E has no symbol with the number 2`},
		{`{"type":"fixed","name":"F","size":2}`, "00 ff", `"AP8="`},
		{`{"type":"array","items":"long"}`, "00", `[]`},
		{`{"type":"array","items":"long"}`, "04 02 04 00", `[1,2]`},
		{`{"type":"array","items":"long"}`, "03 04 02 04 02 06 00", `[1,2,3]`},
		{`{"type":"map","values":"long"}`, "04 02 61 02 02 62 04 00", `{"a":1,"b":2}`},
		{`{"type":"record","name":"R","fields":[{"name":"z","type":"long"},{"name":"a","type":["null","R"]}]}`, "02 02 04 00", `{"z":1,"a":{"z":2,"a":null}}`},
		{logical("int", "date"), "00", `"1970-01-01"`},
		{logical("int", "date"), "ff ff ff ff 0f", `-2147483648`},
		{logical("int", "time-millis"), "80 dd db 01", `"00:30:00.000"`},
		{logical("int", "time-millis"), "01", `-1`},
		{logical("long", "time-micros"), "02", `"00:00:00.000001"`},
		{logical("long", "timestamp-millis"), "02", `"1970-01-01T00:00:00.001Z"`},
		{logical("long", "timestamp-micros"), "01", `"1969-12-31T23:59:59.999999Z"`},
		{logical("long", "timestamp-nanos"), "02", `"1970-01-01T00:00:00.000000001Z"`},
		{logical("long", "local-timestamp-millis"), "02", `"1970-01-01T00:00:00.001"`},
		{logical("long", "timestamp-millis"), "fe ff ff ff ff ff ff ff ff 01", `9223372036854775807`},
		{logical("string", "uuid"), "02 61", `"a"`},
		{`{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`, "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f", `"00010203-0405-0607-0809-0a0b0c0d0e0f"`},
		{`{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`, "01 00 00 00 02 00 00 00 03 00 00 00", `{"months":1,"days":2,"millis":3}`},
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, "04 30 39", `"123.45"`},
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, "02 ff", `"-0.01"`},
		{`{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`, "00", `"0.00"`},
		{`{"type":"fixed","name":"D","size":3,"logicalType":"decimal","precision":5}`, "ff ff fe", `"-2"`},
		{logical("bytes", "nonsense"), "02 61", `"YQ=="`},
	} {
		in := framed(unhex(t, c.in)...)
		check(t, c.schema+" "+c.in, record.Decode(record.Avro, in, only(compiled(t, weir.FormatAvro, c.schema))), string(in), c.want)
	}
}

// TestAvroBombs: few bytes that say they are many values end soon.
func TestAvroBombs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ schema, in, want string }{
		{`{"type":"array","items":"null"}`, "fe ff ff ff ff ff ff ff ff 01", "!it holds more than 1048576 values"},
		{`{"type":"array","items":"null"}`, "ff ff ff ff ff ff ff ff ff 01 02", "!it holds more than 1048576 values"},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"R"}]}`, "", "!it nests deeper than 200"},
		{`{"type":"array","items":{"type":"array","items":"null"}}`, strings.Repeat("80 80 80 01", 2), "!it holds more than 1048576 values"},
	} {
		in := framed(unhex(t, c.in)...)
		check(t, c.schema, record.Decode(record.Avro, in, only(compiled(t, weir.FormatAvro, c.schema))), string(in), c.want)
	}
	wide := []string{}
	for i := range 30 {
		wide = append(wide, `{"name":"f`+strconv.Itoa(i)+`","type":"null"}`)
	}
	d := compiled(t, weir.FormatAvro, `{"type":"array","items":{"type":"record","name":"R","fields":[`+strings.Join(wide, ",")+`]}}`)
	in := framed(binary.AppendVarint(nil, 1<<20)...)
	check(t, "wide", record.Decode(record.Avro, in, only(d)), string(in), "!it holds more than 1048576 values")
}

// TestAvroDecodesWhatTheLibraryWrote: random values of random schemas are the
// same for another implementation.
func TestAvroDecodesWhatTheLibraryWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		drawn := avrotest.Draw(t)
		s, err := avro.Parse(schema.Source{Text: drawn.Text()})
		if err != nil {
			t.Fatal(err)
		}
		lib, err := s.Avro()
		if err != nil {
			t.Fatal(err)
		}
		var theirs any
		in := drawn.Encode(t)
		if _, err := lib.Decode(in, &theirs); err != nil {
			t.Skip(err)
		}
		d, err := record.Compile(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Read(in)
		if err != nil {
			t.Fatalf("%s: %x: %v", drawn.Text(), in, err)
		}
		if diff := cmp.Diff(plainOf(theirs), parsed(t, got)); diff != "" {
			t.Fatalf("%s: %x: %s", drawn.Text(), in, diff)
		}
	})
}

// plainOf is what a value of the library is as JSON.
func plainOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[k] = plainOf(e)
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, plainOf(e))
		}
		return out
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case int:
		return json.Number(strconv.Itoa(v))
	case int32:
		return json.Number(strconv.Itoa(int(v)))
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case float32:
		return floatOf(float64(v), 32)
	case float64:
		return floatOf(v, 64)
	}
	return v
}

func floatOf(f float64, bits int) any {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strconv.FormatFloat(f, 'g', -1, 64), "+") + "inity"
	}
	s := strconv.FormatFloat(f, 'g', -1, bits)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return json.Number(s)
}

func parsed(t *rapid.T, b []byte) any {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return v
}

const everything = `syntax = "proto3"; package p;
import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto";
import "google/protobuf/struct.proto"; import "google/protobuf/any.proto"; import "google/protobuf/field_mask.proto";
message First { int32 only = 1; }
message All {
  int32 i32 = 1; int64 i64 = 2; uint32 u32 = 3; uint64 u64 = 4; sint32 s32 = 5; sint64 s64 = 6;
  fixed32 f32 = 7; fixed64 f64 = 8; sfixed32 sf32 = 9; sfixed64 sf64 = 10;
  float fl = 11; double db = 12; bool yes = 13; string text = 14; bytes raw = 15;
  enum Kind { NONE = 0; SOME = 1; } Kind kind = 16;
  optional int64 maybe = 17; oneof one { string a = 18; First b = 19; }
  repeated int64 many = 20; map<string, int64> named = 21; map<int64, First> numbered = 22;
  First inner = 23; All self = 24; string camelCase = 25;
  google.protobuf.Timestamp ts = 30; google.protobuf.Duration du = 31; google.protobuf.Int64Value wrapped = 32;
  google.protobuf.Struct st = 33; google.protobuf.Value va = 34; google.protobuf.Any an = 35; google.protobuf.FieldMask fm = 36;
  google.protobuf.BytesValue wb = 37;
  message Inside { int32 deep = 1; }
}`

func TestProtobuf(t *testing.T) {
	t.Parallel()
	s, err := protobuf.Parse(schema.Source{Text: everything})
	if err != nil {
		t.Fatal(err)
	}
	d, err := record.Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	const zero = `"i32":0,"i64":0,"u32":0,"u64":0,"s32":0,"s64":0,"f32":0,"f64":0,"sf32":0,"sf64":0,"fl":0.0,"db":0.0,"yes":false,"text":"","raw":"","kind":"NONE","many":[],"named":{},"numbered":{},"camelCase":""`
	for _, c := range []struct {
		at         []int
		text, want string // the text is in Protobuf's own text form
	}{
		{[]int{0}, `only: 5`, `{"only":5}`},
		{[]int{1, 2}, `deep: -1`, `{"deep":-1}`},
		{[]int{1}, ``, `{` + zero + `}`},
		{[]int{1}, `i64: 9007199254740993 u64: 18446744073709551615 fl: 0.1 db: 1 kind: 7 raw: "\x00\xff"
			many: 1 many: -2 named { key: "b" value: 2 } named { key: "a" value: 1 } numbered { key: -1 value { only: 3 } } camelCase: "x"`,
			`{"i32":0,"i64":9007199254740993,"u32":0,"u64":18446744073709551615,"s32":0,"s64":0,"f32":0,"f64":0,"sf32":0,"sf64":0,"fl":0.1,"db":1.0,"yes":false,"text":"","raw":"AP8=","kind":7,"many":[1,-2],"named":{"a":1,"b":2},"numbered":{"-1":{"only":3}},"camelCase":"x"}`},
		{[]int{1}, `maybe: 0 b { only: 1 } inner { }`, `{"i32":0,"i64":0,"u32":0,"u64":0,"s32":0,"s64":0,"f32":0,"f64":0,"sf32":0,"sf64":0,"fl":0.0,"db":0.0,"yes":false,"text":"","raw":"","kind":"NONE","maybe":0,"b":{"only":1},"many":[],"named":{},"numbered":{},"inner":{"only":0},"camelCase":""}`},
		{[]int{1}, `db: nan fl: -inf ts { seconds: 1 nanos: 5000000 } du { seconds: 90 } wrapped { value: 9007199254740993 } wb { value: "a" } fm { paths: "a_b" }
			st { fields { key: "k" value { number_value: 1.5 } } } va { list_value { values { bool_value: true } values { null_value: NULL_VALUE } } }
			an { type_url: "t/p.First" value: "\x08\x01" }`,
			`{"i32":0,"i64":0,"u32":0,"u64":0,"s32":0,"s64":0,"f32":0,"f64":0,"sf32":0,"sf64":0,"fl":"-Infinity","db":"NaN","yes":false,"text":"","raw":"","kind":"NONE","many":[],"named":{},"numbered":{},"camelCase":"",` +
				`"ts":"1970-01-01T00:00:01.005Z","du":"90s","wrapped":9007199254740993,"st":{"k":1.5},"va":[true,null],"an":{"type_url":"t/p.First","value":"CAE="},"fm":"aB","wb":"YQ=="}`},
		{[]int{1}, `ts { seconds: 999999999999 }`, `{` + zero + `,"ts":{"seconds":999999999999,"nanos":0}}`},
	} {
		md := s.Message(c.at)
		m := dynamicpb.NewMessage(md)
		if err := prototext.Unmarshal([]byte(c.text), m); err != nil {
			t.Fatal(err)
		}
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		in := framed(append(positions(c.at), b...)...)
		check(t, c.text, record.Decode(record.Protobuf, in, only(d)), string(in), c.want)
	}
	for in, want := range map[string]string{
		"":                     "!there is no position of a message behind the schema's id",
		"\x02\x08":             "!its schema has no message at the position [4]",
		"\x02":                 "!the position of the message behind the schema's id is none",
		"\x03":                 "!there is no position of a message behind the schema's id",
		"\x00\x08":             "!it is no p.First: proto: cannot parse invalid wire-format data",
		"\x00\x12\x02\x01\x01": `{"only":0}`, // a field that the schema does not have
	} {
		got := record.Decode(record.Protobuf, framed([]byte(in)...), only(d))
		got.JSON = bytes.ReplaceAll(got.JSON, []byte("\u00a0"), []byte(" ")) // the library varies its text
		check(t, in, got, string(framed([]byte(in)...)), want)
	}
}

// positions are as serialisers write them: the first message alone is a zero.
func positions(at []int) []byte {
	if len(at) == 1 && at[0] == 0 {
		return []byte{0}
	}
	out := binary.AppendVarint(nil, int64(len(at)))
	for _, i := range at {
		out = binary.AppendVarint(out, int64(i))
	}
	return out
}

func TestProtobufBombs(t *testing.T) {
	t.Parallel()
	d := compiled(t, weir.FormatProtobuf, `syntax = "proto3"; message M { repeated M m = 1; repeated bool b = 2; }`)
	many := framed(append([]byte{0}, bytes.Repeat([]byte{0x0a, 0}, 1<<18)...)...)
	check(t, "many messages", record.Decode(record.Protobuf, many, only(d)), string(many), "!it holds more than 131072 messages")
	var deep []byte
	for range record.MaxDepth + 10 {
		deep = append(append([]byte{0x0a}, binary.AppendUvarint(nil, uint64(len(deep)))...), deep...)
	}
	deep = framed(append([]byte{0}, deep...)...)
	check(t, "deep", record.Decode(record.Protobuf, deep, only(d)), string(deep), "!it nests deeper than 200")
	packed := bytes.Repeat([]byte{1}, 2<<20)
	values := framed(append(append([]byte{0, 0x12}, binary.AppendUvarint(nil, uint64(len(packed)))...), packed...)...)
	check(t, "many values", record.Decode(record.Protobuf, values, only(d)), string(values), "!it holds more than 1048576 values")
}

// TestTooLarge: of what is too large the beginning is shown.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	got := record.Decode(record.String, make([]byte, record.MaxBytes+1), nil)
	var v struct{ Error, Bytes string }
	if err := json.Unmarshal(got.JSON, &v); err != nil || !got.Bad || len(v.Bytes) == 0 || !strings.Contains(v.Error, "8388609 bytes") {
		t.Errorf("%v: %.200s", err, got.JSON)
	}
}

func FuzzDecode(f *testing.F) {
	rec := compiled(f, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"n","type":["null","R"]},{"name":"a","type":{"type":"array","items":{"type":"map","values":["long","string","double"]}}},
		{"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":30,"scale":4}},{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}}]}`)
	msg := compiled(f, weir.FormatProtobuf, everything)
	f.Add([]byte{0, 0, 0, 0, 7, 0, 2, 2, 2, 97, 0, 4, 0, 0, 2, 1, 2})
	f.Add(framed(0x02, 0x02, 0x08, 0x01, 0xf2, 0x01, 0x02, 0x08, 0x01))
	f.Add([]byte(`{"a":[1,2,{"b":null}]}`))
	forms := []record.Form{record.JSON, record.Bytes, record.String, record.Long, record.JSONSchema, record.Unknown, record.Text}
	f.Fuzz(func(t *testing.T, b []byte) {
		values := []record.Value{record.Decode(record.Avro, b, only(rec)), record.Decode(record.Protobuf, b, only(msg))}
		for _, form := range forms {
			values = append(values, record.Decode(form, b, func(weir.SchemaID) (*record.Reader, error) { return nil, errors.New("none") }))
		}
		for _, v := range values {
			if !json.Valid(v.JSON) || bytes.ContainsAny(v.JSON, "\r\n") {
				t.Fatalf("%q is no line of JSON", v.JSON)
			}
			if !v.Bad {
				continue
			}
			var bad struct{ Bytes []byte }
			if err := json.Unmarshal(v.JSON, &bad); err != nil || !bytes.Equal(bad.Bytes, b) {
				t.Fatalf("the bytes %x are told as %s, %v", b, v.JSON, err)
			}
		}
	})
}
