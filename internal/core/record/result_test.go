package record_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// result is a random result: columns and rows.
type result struct {
	fields  []record.ColumnField
	docs    []string
	columns []*column.Vector
	n       int
}

var storable = []column.Kind{
	column.Bool, column.Int32, column.Int64, column.Float64, column.Decimal, column.Text,
	column.Bytes, column.Date, column.Timestamp, column.UUID, column.JSON,
}

func drawResult(t *rapid.T) *result {
	r := &result{n: rapid.IntRange(1, 4).Draw(t, "rows")}
	for i := range rapid.IntRange(1, 6).Draw(t, "columns") {
		f := record.ColumnField{Path: fmt.Sprintf("c%d", i), Nullable: rapid.Bool().Draw(t, "null")}
		f.Type.Kind = rapid.SampledFrom(storable).Draw(t, "kind")
		if f.Type.Kind == column.Decimal {
			f.Type.Precision = rapid.IntRange(1, 38).Draw(t, "precision")
			f.Type.Scale = rapid.IntRange(0, f.Type.Precision).Draw(t, "scale")
		}
		r.fields = append(r.fields, f)
		r.docs = append(r.docs, rapid.SampledFrom([]string{"", "what it \"is\"", "of\nlines"}).Draw(t, "doc"))
		v := column.Make(f.Type, r.n)
		for row := range r.n {
			if f.Nullable && rapid.Bool().Draw(t, "isNull") {
				v.SetNull(row)
			} else {
				drawValue(t, v, row)
			}
		}
		r.columns = append(r.columns, v)
	}
	return r
}

func drawValue(t *rapid.T, v *column.Vector, i int) {
	const first, last = -719_162, 2_932_896 // days of the years 1 to 9999
	switch v.Kind {
	case column.Bool:
		v.Ints[i] = int64(rapid.IntRange(0, 1).Draw(t, "bool"))
	case column.Int32:
		v.Ints[i] = int64(rapid.Int32().Draw(t, "int"))
	case column.Int64:
		v.Ints[i] = rapid.Int64().Draw(t, "long")
	case column.Float64:
		v.Floats[i] = rapid.Float64().Draw(t, "double")
	case column.Decimal:
		v.Decimals[i] = drawDecimal(t, v.Precision)
	case column.Date:
		v.Ints[i] = rapid.Int64Range(first, last).Draw(t, "date")
	case column.Timestamp:
		v.Ints[i] = rapid.Int64Range(first*86400e6, last*86400e6).Draw(t, "timestamp")
	case column.Text:
		v.Texts[i] = []byte(rapid.String().Draw(t, "text"))
	case column.JSON:
		v.Texts[i] = []byte(rapid.SampledFrom([]string{`{"a":[1,null]}`, `[]`, `"x"`, `1.50`, `true`}).Draw(t, "json"))
	case column.UUID:
		v.Texts[i] = rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid")
	default:
		v.Texts[i] = rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
	}
}

func drawDecimal(t *rapid.T, precision int) column.Int128 {
	digits := rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), 1, precision, -1).Draw(t, "digits")
	n, _ := new(big.Int).SetString(digits, 10)
	if rapid.Bool().Draw(t, "negative") {
		n.Neg(n)
	}
	d, _ := column.FromBig(n)
	return d
}

// schema is the result's own, in a language.
func (r *result) schema(t *rapid.T, f weir.SchemaFormat) schema.Schema {
	text, err := record.SchemaText(f, "execution.trending-stocks", r.fields, r.docs)
	if err != nil {
		t.Fatal(err)
	}
	s, err := format.Parse(f, schema.Source{Text: text})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// encoded is the rows as records.
func (r *result) encoded(t *rapid.T, e weir.Encoding, s schema.Schema, id weir.SchemaID) (all [][]byte) {
	enc, err := record.NewEncoder(record.EncoderConfig{Encoding: e, Fields: r.fields, Schema: s, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.n {
		b, err := enc.Append(nil, r.columns, i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

// TestSchemaTextGivesTheColumnsBack: what a result's schema says is what the
// result has.
func TestSchemaTextGivesTheColumnsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawResult(t)
		for _, e := range resultEncodings {
			s := r.schema(t, e.SchemaFormat())
			got, err := record.ColumnsOf(s, e)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r.columnsIn(e), got); diff != "" {
				t.Fatalf("%s: %s\n%s", e, s.Canonical(), diff)
			}
			all := s.Fields()
			for i, f := range got {
				at := slices.IndexFunc(all, func(g schema.Field) bool { return g.Path == f.Path })
				if got, want := all[at].Doc, r.docs[i]; got != want {
					t.Fatalf("%s: the doc %q became %q", e, want, got)
				}
			}
		}
	})
}

var resultEncodings = []weir.Encoding{weir.EncodingAvro, weir.EncodingJSONSchema, weir.EncodingProtobuf}

// columnsIn are the columns as the language can say them: in Protobuf, a message
// may always be missing.
func (r *result) columnsIn(e weir.Encoding) []record.ColumnField {
	all := slices.Clone(r.fields)
	for i, f := range all {
		switch f.Type.Kind {
		case column.Decimal, column.Date, column.Timestamp:
			all[i].Nullable = f.Nullable || e == weir.EncodingProtobuf
		}
	}
	return all
}

// TestRecordsOfResultsAreReadAgain: what an encoder writes, a decoder reads.
func TestRecordsOfResultsAreReadAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawResult(t)
		for _, e := range append(resultEncodings, weir.EncodingJSON) {
			s := r.schema(t, e.SchemaFormat())
			id := weir.SchemaID(7)
			if e == weir.EncodingJSON {
				id = 0
			}
			d, err := record.NewDecoder(record.DecoderConfig{Encoding: e, Fields: r.fields, SchemaOf: ids(s)})
			if err != nil {
				t.Fatal(err)
			}
			in := r.encoded(t, e, s, id)
			into := vectors(len(r.fields))
			if failed := d.Decode(in, into); failed != nil {
				t.Fatalf("%s: %q: %v", e, in, failed)
			}
			if diff := cmp.Diff(rows(r.columns, r.n), rows(into, r.n)); diff != "" {
				t.Fatalf("%s: %q: %s", e, in, diff)
			}
		}
	})
}

func TestSchemaText(t *testing.T) {
	t.Parallel()
	all := fields(t, "id bigint; name text?; price numeric(9,2)?; at timestamp; tags json?")
	for f, want := range map[weir.SchemaFormat]string{
		weir.FormatAvro: `{"type":"record","name":"trending_stocks","namespace":"execution","fields":[{"name":"id","type":"long","doc":"who"},{"name":"name","type":["null","string"],"default":null},` +
			`{"name":"price","type":["null",{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}],"default":null},{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},` +
			`{"name":"tags","type":["null",{"type":"string","logicalType":"json"}],"default":null}]}`,
		weir.FormatJSON: `{"$schema":"https://json-schema.org/draft/2020-12/schema","title":"execution.trending-stocks","type":"object","properties":{"id":{"type":"integer","description":"who"},` +
			`"name":{"type":["null","string"],"default":null},"price":{"type":["null","number"],"multipleOf":0.01,"minimum":-9999999.99,"maximum":9999999.99,"default":null},` +
			`"at":{"type":"string","format":"date-time"},"tags":{"default":null}},"required":["id","at"]}`,
	} {
		if got, err := record.SchemaText(f, "execution.trending-stocks", all, []string{"who"}); got != want || err != nil {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	}
	for _, c := range []struct {
		format  weir.SchemaFormat
		columns string
		want    string
	}{
		{weir.FormatAvro, "a text; a text", "a: two columns of the result have this name; give one of them another: AS a_2"},
		{weir.FormatAvro, "ä text", "ä: a field of AVRO cannot have this name; name the column with AS"},
		{weir.FormatAvro, "1a text", "1a: a field of AVRO cannot have this name"},
		{weir.FormatJSON, "a.b text", "a.b: a field of JSON cannot have this name"},
		{weir.FormatAvro, "a interval", "a: the column is an interval, which records do not hold; make it a number: extract(epoch from a)"},
		{weir.FormatAvro, "a unknown", "a: the column is NULL without a type; say its type: cast(NULL as text)"},
		{"XML", "a text", `format: a result cannot be described in "XML"`},
	} {
		if _, err := record.SchemaText(c.format, "d.p", fields(t, c.columns), nil); !weir.Invalid.In(err) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

func TestEncoderRefuses(t *testing.T) {
	t.Parallel()
	avro := func(typ string) schema.Schema {
		return schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"a","type":`+typ+`}]}`)
	}
	for _, c := range []struct {
		cfg  record.EncoderConfig
		want string
	}{
		{record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "b text"), Schema: avro(`"string"`)}, "a: there is no column for the field, and it cannot be null"},
		{record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "b text"), Schema: avro(`["null","string"]`)}, "b: the schema has no field for the column"},
		{record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "a text"), Schema: avro(`"long"`)}, "a: the column is text, and the schema has long"},
		{record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "a text")}, "schema: records in avro cannot be written with this schema"},
		{record.EncoderConfig{Encoding: weir.EncodingJSON, Fields: fields(t, "a interval")}, "a: the column is an interval"},
		{record.EncoderConfig{KeyEncoding: weir.KeyString, Fields: fields(t, "a text; b text")}, "fields: what is written as string is one value"},
		{record.EncoderConfig{KeyEncoding: weir.KeyLong, Fields: fields(t, "a text")}, "a: a column of text cannot be written as long"},
		{record.EncoderConfig{Encoding: "xml"}, "schema: records in xml cannot be written"},
	} {
		if _, err := record.NewEncoder(c.cfg); !weir.Invalid.In(err) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	one := func(typ string, set func(v *column.Vector)) []*column.Vector {
		v := column.Make(typeOf(t, typ), 1)
		set(v)
		return []*column.Vector{v}
	}
	for _, c := range []struct {
		cfg  record.EncoderConfig
		row  []*column.Vector
		want string
	}{
		{record.EncoderConfig{Encoding: weir.EncodingJSON, Fields: fields(t, "a double precision")}, one("double precision", func(v *column.Vector) { v.Floats[0] = math.NaN() }), "a: NaN cannot stand in JSON"},
		{record.EncoderConfig{Encoding: weir.EncodingJSON, Fields: fields(t, "a text")}, one("text", func(v *column.Vector) { v.Texts[0] = []byte("\xff") }), "a: a string of it is no UTF-8 text"},
		{record.EncoderConfig{Encoding: weir.EncodingJSON, Fields: fields(t, "a text")}, one("text", func(v *column.Vector) { v.SetNull(0) }), "a: it is null, and must have a value"},
		{record.EncoderConfig{Encoding: weir.EncodingJSON, Fields: fields(t, "a timestamp")}, one("timestamp", func(v *column.Vector) { v.Ints[0] = math.MaxInt64 }), "a: it is outside of the years"},
		{record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "a text"), Schema: avro(`"string"`)}, one("text", func(v *column.Vector) { v.SetNull(0) }), "a: it is null, and must have a value"},
		{record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "a text"), Schema: avro(`{"type":"enum","name":"E","symbols":["A"]}`)}, one("text", func(v *column.Vector) { v.Texts[0] = []byte("B") }), `a: the enum E has no symbol "B"`},
		{record.EncoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "a timestamp"), Schema: avro(`{"type":"long","logicalType":"timestamp-millis"}`)}, one("timestamp", func(v *column.Vector) { v.Ints[0] = 1 }), `a: 1 microseconds are no whole milliseconds`},
		{record.EncoderConfig{KeyEncoding: weir.KeyString, Fields: fields(t, "a text?")}, one("text", func(v *column.Vector) { v.SetNull(0) }), "a: it is null, and must have a value"},
	} {
		enc, err := record.NewEncoder(c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := enc.Append([]byte("before"), c.row, 0); string(got) != "before" || !weir.Invalid.In(err) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q, %v, want %s", got, err, c.want)
		}
	}
}

func TestKeysAreWritten(t *testing.T) {
	t.Parallel()
	long := schemaOf(t, weir.FormatAvro, `"long"`)
	id, name := column.Make(typeOf(t, "bigint"), 1), column.Make(typeOf(t, "text"), 1)
	id.Ints[0], name.Texts[0] = -2, []byte("a\"b")
	for _, c := range []struct {
		cfg  record.EncoderConfig
		row  []*column.Vector
		want string
	}{
		{record.EncoderConfig{KeyEncoding: weir.KeyString, Fields: fields(t, "id bigint")}, []*column.Vector{id}, "-2"},
		{record.EncoderConfig{KeyEncoding: weir.KeyString, Fields: fields(t, "name text")}, []*column.Vector{name}, "a\"b"},
		{record.EncoderConfig{KeyEncoding: weir.KeyBytes, Fields: fields(t, "name text")}, []*column.Vector{name}, "a\"b"},
		{record.EncoderConfig{KeyEncoding: weir.KeyLong, Fields: fields(t, "id bigint")}, []*column.Vector{id}, "\xff\xff\xff\xff\xff\xff\xff\xfe"},
		{record.EncoderConfig{KeyEncoding: weir.KeyJSON, Fields: fields(t, "id bigint; name text")}, []*column.Vector{id, name}, `{"id":-2,"name":"a\"b"}`},
		{record.EncoderConfig{KeyEncoding: weir.KeyAvro, Fields: fields(t, "id bigint"), Schema: long, ID: 258}, []*column.Vector{id}, "\x00\x00\x00\x01\x02\x03"},
	} {
		enc, err := record.NewEncoder(c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := enc.Append(nil, c.row, 0); string(got) != c.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", c.cfg.KeyEncoding, got, err, c.want)
		}
	}
}
