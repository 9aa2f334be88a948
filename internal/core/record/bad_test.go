package record_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// TestColumnBombs: few bytes that say they are many, or deep, end soon.
func TestColumnBombs(t *testing.T) {
	t.Parallel()
	avro := func(typ string) schema.Schema {
		return schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"f","type":`+typ+`},{"name":"z","type":"int"}]}`)
	}
	deepProto := []byte{}
	for range 11_000 {
		deepProto = append(append([]byte{0x0a}, binary.AppendUvarint(nil, uint64(len(deepProto)))...), deepProto...)
	}
	nestedProto := schemaOf(t, weir.FormatProtobuf, `syntax = "proto3"; message M { M m = 1; repeated M many = 2; int32 z = 3; int32 `+strings.Repeat("x", 400)+` = 4; }`)
	groups := bytes.Repeat([]byte{0x0b}, 100_000)
	for name, c := range map[string]struct {
		encoding weir.Encoding
		schema   schema.Schema
		fields   string
		in       []byte
		want     string
	}{
		"many nulls":                 {weir.EncodingAvro, avro(`{"type":"array","items":"null"}`), "f json", unhex(t, "80 80 80 01 00 02"), "!f: as JSON it is more than 128 times as large as the record"},
		"many nulls, not wanted":     {weir.EncodingAvro, avro(`{"type":"array","items":"null"}`), "z integer", unhex(t, "80 80 80 01 00 02"), "1"},
		"too many, not wanted":       {weir.EncodingAvro, avro(`{"type":"array","items":"null"}`), "z integer", unhex(t, "fe ff ff ff ff ff ff ff ff 01"), "!byte 0: it holds more than 1048576 values"},
		"a block of a wrong size":    {weir.EncodingAvro, avro(`{"type":"array","items":"long"}`), "z integer", unhex(t, "01 fe ff ff ff ff ff ff ff ff 01 02"), "!byte 0: it ends before its schema does"},
		"a block of a negative size": {weir.EncodingAvro, avro(`{"type":"array","items":"long"}`), "z integer", unhex(t, "01 01 02"), "!byte 0: it ends before its schema does"},
		"least count":                {weir.EncodingAvro, avro(`{"type":"array","items":"long"}`), "z integer", unhex(t, "ff ff ff ff ff ff ff ff ff 01 02 02 00 02"), "1"},
		"a record in itself":         {weir.EncodingAvro, avro(`{"type":"record","name":"S","fields":[{"name":"s","type":"S"}]}`), "z integer", nil, "!byte 0: it nests deeper than 200"},
		"a list in itself":           {weir.EncodingAvro, avro(`{"type":"record","name":"S","fields":[{"name":"s","type":{"type":"array","items":"S"}}]}`), "z integer", bytes.Repeat([]byte{2}, 5000), "!byte 0: it nests deeper than 200"},
		"a wanted list in itself":    {weir.EncodingAvro, avro(`{"type":"record","name":"S","fields":[{"name":"s","type":{"type":"array","items":"S"}}]}`), "f json", bytes.Repeat([]byte{2}, 5000), "!f: it nests deeper than 200"},
		"deep messages":              {weir.EncodingProtobuf, nestedProto, "m json?", append([]byte{0}, deepProto...), "!: it nests deeper than 200"},
		"deep messages, not wanted":  {weir.EncodingProtobuf, nestedProto, "z integer", append([]byte{0}, deepProto...), "0"},
		"deep groups":                {weir.EncodingProtobuf, nestedProto, "z integer", append([]byte{0}, groups...), "!: its bytes are no message of Protobuf"},
		"many messages":              {weir.EncodingProtobuf, nestedProto, "many json", append([]byte{0}, bytes.Repeat([]byte{0x12, 0}, 1<<18)...), "!: it holds more than 131072 messages"},
		"empty messages":             {weir.EncodingProtobuf, nestedProto, "many json", append([]byte{0}, bytes.Repeat([]byte{0x12, 0}, 1<<14)...), "!many: as JSON it is more than 128 times as large as the record"},
		"deep JSON":                  {weir.EncodingJSON, nil, "a json?", []byte(`{"a":` + strings.Repeat(`{"a":`, 1000)), "!a: it nests deeper than 200"},
		"a number of 1 MB":           {weir.EncodingJSON, nil, "a numeric(38,2)", []byte(`{"a":` + strings.Repeat("9", 1<<20) + "}"), `!a: "9999999999999999999999999999999999999999"... does not fit into numeric(38,2)`},
		"a number of many zeros":     {weir.EncodingJSON, nil, "a numeric(38,2)", []byte(`{"a":1.` + strings.Repeat("0", 1<<20) + "}"), `1.00`},
		"an exponent of 1 MB":        {weir.EncodingJSON, nil, "a bigint", []byte(`{"a":1e` + strings.Repeat("9", 1<<20) + "}"), `!a: "1e99999999999999999999999999999999999999"... is no whole number that fits into bigint`},
	} {
		cfg := record.DecoderConfig{Encoding: c.encoding, Fields: fields(t, c.fields), SchemaOf: ids(c.schema)}
		in := c.in
		if c.schema != nil {
			in = framed(in...)
		}
		begun := time.Now()
		if got := oneRow(t, cfg, in); got != c.want {
			t.Errorf("%s: %.300s, want %s", name, got, c.want)
		}
		if d := time.Since(begun); d > 10*time.Second {
			t.Errorf("%s took %s", name, d)
		}
	}
}

// TestCutRecords: a record of Avro or JSON that ends early fails wherever it was
// cut, whatever is wanted of it.
func TestCutRecords(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, weir.FormatAvro, tradeSchema)
	all, err := record.ColumnsOf(s, weir.EncodingAvro)
	if err != nil {
		t.Fatal(err)
	}
	whole := trades(1)[0]
	into := vectors(len(all))
	if failed := decoder(t, record.DecoderConfig{Encoding: weir.EncodingAvro, Fields: all, SchemaOf: ids(s)}).Decode([][]byte{whole}, into); failed != nil {
		t.Fatal(failed)
	}
	enc, err := record.NewEncoder(record.EncoderConfig{Encoding: weir.EncodingJSON, Fields: all})
	if err != nil {
		t.Fatal(err)
	}
	text, err := enc.Append(nil, into, 0)
	if err != nil {
		t.Fatal(err)
	}
	for e, b := range map[weir.Encoding][]byte{weir.EncodingAvro: whole, weir.EncodingJSON: text} {
		for _, fields := range [][]record.ColumnField{all, all[:1], all[5:6], nil} {
			var cut [][]byte
			for i := range b {
				cut = append(cut, b[:i])
			}
			d := decoder(t, record.DecoderConfig{Encoding: e, Fields: fields, SchemaOf: ids(s)})
			if failed := d.Decode(cut, vectors(len(fields))); len(failed) != len(cut) {
				t.Errorf("%s: of %d that were cut %d failed", e, len(cut), len(failed))
			}
			if failed := d.Decode([][]byte{b}, vectors(len(fields))); failed != nil {
				t.Error(failed)
			}
		}
	}
}

func TestProtobufColumns(t *testing.T) {
	t.Parallel()
	const text = `syntax = "proto2"; package p; import "google/protobuf/timestamp.proto"; import "google/type/date.proto"; import "confluent/type/decimal.proto"; import "confluent/meta.proto";
		import "google/protobuf/struct.proto"; import "google/protobuf/any.proto";
		message Other { optional string o = 1; }
		message M {
			required int32 must = 1; optional int32 n = 2 [default = 7]; optional E e = 3; repeated int32 many = 4; map<string, int32> named = 5;
			optional group G = 6 { optional string s = 1; } optional google.protobuf.Timestamp ts = 7; optional google.type.Date day = 8;
			optional confluent.type.Decimal price = 9 [(confluent.field_meta) = {params: {key: "precision", value: "9"}, params: {key: "scale", value: "2"}}];
			optional confluent.type.Decimal loose = 10; optional google.protobuf.Struct st = 11; optional google.protobuf.Any an = 12; optional M self = 13;
			optional uint64 big = 14; oneof choice { string a = 15; Other b = 16; string c = 17; } optional string id = 18 [(confluent.field_meta) = {params: {key: "weir.type", value: "uuid"}}];
			enum E { X = 1; Y = 2; } }`
	s := schemaOf(t, weir.FormatProtobuf, text)
	all, err := record.ColumnsOf(s, weir.EncodingProtobuf)
	if want := "o text?"; err != nil || said(all) != want {
		t.Errorf("%v\n got %s\nwant %s", err, said(all), want)
	}
	own := schemaOf(t, weir.FormatProtobuf, strings.Replace(text, "message Other { optional string o = 1; }", "", 1)+" message Other { optional string o = 1; }")
	all, err = record.ColumnsOf(own, weir.EncodingProtobuf)
	if want := "must integer; n integer?; e text?; many json; named json; g json?; g.s text?; ts timestamp?; day date?; price numeric(9,2)?; loose json?; loose.value bytea?; loose.precision bigint?; loose.scale integer?; " +
		"st json?; an json?; self json?; big numeric(20,0)?; a text?; b json?; b.o text?; c text?; id uuid?"; err != nil || said(all) != want {
		t.Errorf("%v\n got %s\nwant %s", err, said(all), want)
	}
	m := own.(*protobuf.Schema).Message(nil)
	for _, c := range []struct{ columns, text, want string }{
		{"must integer; n integer?; e text?", `must: 1`, "1|null|null"},
		{"must bigint; n integer?; e text?; many json; named json", `must: 1 n: 0 e: Y many: [1, 2] named { key: "a" value: 1 }`, `1|0|Y|[1,2]|{"a":1}`},
		{"g.s text?; g json?", `must: 1 G { s: "x" }`, `x|{"s":"x"}`},
		{"g.s text?; g json?", `must: 1`, `null|null`},
		{"ts timestamp?; ts json?; day date?", `must: 1 ts { seconds: -1 nanos: 999999999 } day { year: 2024 month: 2 day: 29 }`, `1969-12-31T23:59:59.999999Z|"1969-12-31T23:59:59.999999999Z"|2024-02-29`},
		{"ts timestamp?", `must: 1 ts { seconds: 9999999999999 }`, `!ts: the time is outside of what microseconds in 64 bits can say`},
		{"ts timestamp?", `must: 1 ts { }`, `1970-01-01T00:00:00Z`},
		{"day date?", `must: 1 day { year: 2024 month: 2 }`, `!day: 2024-2-0 is no date`},
		{"price numeric(9,2)?; price.scale integer?", `must: 1 price { value: "\x04\xd2" scale: 3 }`, `!price: a decimal of it does not fit into numeric(9,2)`},
		{"price numeric(9,2)?; price.scale integer?", `must: 1 price { value: "\x04\xd2" scale: 1 }`, `123.40|1`},
		{"price numeric(9,2)?", `must: 1 price { value: "\x04\xd2" scale: 2147483647 }`, `!price: a decimal of it does not fit into numeric(9,2)`},
		{"st json?; self.n integer?; self json?", `must: 1 st { fields { key: "k" value { number_value: 1.5 } } } self { must: 2 n: 3 }`, `{"k":1.5}|3|{"must":2,"n":3,"many":[],"named":{}}`},
		{"big numeric(20,0)?; big bigint?", `must: 1 big: 18446744073709551615`, `!big: 18446744073709551615 does not fit into bigint`},
		{"big numeric(20,0)?", `must: 1 big: 18446744073709551615`, `18446744073709551615`},
		{"a text?; b.o text?; c text?", `must: 1 b { o: "x" }`, `null|x|null`},
		{"id uuid?", `must: 1 id: "x"`, `!id: "x" is no UUID such as 123e4567-e89b-12d3-a456-426614174000`},
		{"n text?", `must: 1`, `!n: the writer has int32 here, and text is read`},
		{"many integer", `must: 1`, `!many: the writer has several of int32 here, and integer is read`},
		{"n.x integer?", `must: 1`, `!n: the writer has int32 here, and a message with fields is read`},
		{"gone text?; gone.more bigint?; must integer", `must: 1`, `null|null|1`},
	} {
		v := dynamicpb.NewMessage(m)
		if err := prototext.Unmarshal([]byte(c.text), v); err != nil {
			t.Fatal(err)
		}
		b, err := proto.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		cfg := record.DecoderConfig{Encoding: weir.EncodingProtobuf, Fields: fields(t, c.columns), SchemaOf: ids(own)}
		if got := oneRow(t, cfg, framed(append([]byte{0}, b...)...)); got != c.want {
			t.Errorf("%s of %s:\n got %s\nwant %s", c.columns, c.text, got, c.want)
		}
		cfg.SchemaOf, cfg.Schema = nil, own
		d, err := record.NewDecoder(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if failed := d.Decode([][]byte{b}, vectors(len(cfg.Fields))); (failed != nil) != (c.want[0] == '!') {
			t.Errorf("without an id: %v", failed)
		}
	}
	// A oneof: the last member counts, and one that comes again begins anew.
	cfg := record.DecoderConfig{Encoding: weir.EncodingProtobuf, Fields: fields(t, "a text?; b.o text?"), SchemaOf: ids(own), Schema: own}
	b := []byte("\x00\x82\x01\x03\x0a\x01x" + "\x7a\x01y" + "\x82\x01\x00")
	if got := oneRow(t, cfg, framed(b...)); got != "null|null" {
		t.Error(got)
	}
	if got := oneRow(t, cfg, framed(append(b, "\x8a\x01\x01z"...)...)); got != "null|null" {
		t.Error(got)
	}
	kinds := schemaOf(t, weir.FormatProtobuf, manyKinds)
	again := record.DecoderConfig{Encoding: weir.EncodingProtobuf, Fields: fields(t, "c.n integer?; c.deep.s text?; b bigint?"), SchemaOf: ids(kinds)}
	if got := oneRow(t, again, framed([]byte("\x00\xaa\x01\x07\x08\x05\x1a\x03\x0a\x01x"+"\xa0\x01\x09"+"\xaa\x01\x02\x1a\x00")...)); got != "0||null" {
		t.Errorf("a message that comes again in its oneof: %s", got)
	}
	for in, want := range map[string]string{
		"":                 "!: there is no position of a message behind the schema's id",
		"\x02\x04":         "!: its schema has no message at the position [2]",
		"\x02\x02\x0a\x00": "!: it is a message p.Other, and p.M is read",
		"\x00\x7a\x05y":    "!: its bytes are no message of Protobuf",
		"\x00\x7a\x01\xff": "!a: a string of it is no UTF-8 text",
		"\x00\x07":         "!: its bytes are no message of Protobuf",
		"\x00\x0c":         "!: its bytes are no message of Protobuf",
		"\x00\x78\x01":     "null|null", // another form of the number: not the field
	} {
		if got := oneRow(t, cfg, framed([]byte(in)...)); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

// TestProtobufFieldsByNumber: a field that the writer calls otherwise is the same.
func TestProtobufFieldsByNumber(t *testing.T) {
	t.Parallel()
	reader := schemaOf(t, weir.FormatProtobuf, `syntax = "proto3"; message M { int64 amount = 1; In in = 2; string later = 9; message In { string s = 3; } }`)
	writer := schemaOf(t, weir.FormatProtobuf, `syntax = "proto3"; message M { int32 quantity = 1; Inner inner = 2; message Inner { string text = 3; } }`)
	cfg := record.DecoderConfig{Encoding: weir.EncodingProtobuf, Fields: fields(t, "amount bigint; in.s text?; later text"), SchemaOf: ids(writer), Schema: reader}
	b := framed(0, 8, 5, 0x12, 3, 0x1a, 1, 'x')
	if got := oneRow(t, cfg, b); got != "5|x|null" {
		t.Error(got)
	}
	cfg.Schema = nil
	if got := oneRow(t, cfg, b); got != "null|null|null" {
		t.Error(got)
	}
}
