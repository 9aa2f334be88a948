package record_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

var update = flag.Bool("update", false, "write the golden files anew")

const typesFile = "../../../docs/reference/types.md"

const typesHead = `# Types in queries

Made from the decoders of records by ` + "`go test ./internal/core/record -update`" + `.

What a field of a product's schema is in [SQL](sql.md), and how a column of a result stands in its records.

A field is named by its path: ` + "`address.city`" + `. A struct, a list and a map are columns of ` + "`json`" + ` as a whole; a struct's fields
are columns beside it, null where it is. What stands within lists and maps is no column. A record is read by the schema
that it was written with: a field that it does not have is null, whatever its default is; numbers go into wider ones; a
record whose bytes are not its schema's, or whose value does not fit, is set aside with the reason.
`

// sample is a type of a schema language.
type sample struct{ name, schema string }

// avroSamples stand in a record as the field f.
var avroSamples = []sample{
	{"`boolean`", `"boolean"`}, {"`int`", `"int"`}, {"`long`", `"long"`}, {"`float`", `"float"`}, {"`double`", `"double"`},
	{"`string`", `"string"`}, {"`bytes`", `"bytes"`}, {"`fixed`", `{"type":"fixed","name":"F","size":4}`},
	{"`enum`", `{"type":"enum","name":"E","symbols":["A"]}`},
	{"`decimal(9,2)`", `{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`},
	{"`decimal` of more than 38 digits", `{"type":"bytes","logicalType":"decimal","precision":50,"scale":2}`},
	{"`date`", `{"type":"int","logicalType":"date"}`},
	{"`timestamp-millis`, `timestamp-micros`", `{"type":"long","logicalType":"timestamp-micros"}`},
	{"`timestamp-nanos`, cut to microseconds", `{"type":"long","logicalType":"timestamp-nanos"}`},
	{"`local-timestamp-…`, taken for UTC", `{"type":"long","logicalType":"local-timestamp-millis"}`},
	{"`time-millis`, `time-micros`", `{"type":"int","logicalType":"time-millis"}`},
	{"`duration`", `{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`},
	{"`uuid`", `{"type":"string","logicalType":"uuid"}`},
	{"a union of null and one type: that type", `["null","long"]`},
	{"a union of several types; records in it by their names", `["null","long",{"type":"record","name":"Created","fields":[{"name":"by","type":"string"}]}]`},
	{"`record`", `{"type":"record","name":"I","fields":[{"name":"city","type":"string"}]}`},
	{"`array`, `map`", `{"type":"array","items":"long"}`},
}

// jsonSamples stand in an object as the property f.
var jsonSamples = []sample{
	{"`boolean`", `{"type":"boolean"}`}, {"`integer`", `{"type":"integer"}`}, {"`integer`, format `int32`", `{"type":"integer","format":"int32"}`},
	{"`number`", `{"type":"number"}`},
	{"`number` with `multipleOf` a power of ten, `minimum` and `maximum`", `{"type":"number","multipleOf":0.01,"minimum":0,"maximum":9999999.99}`},
	{"`string`", `{"type":"string"}`}, {"`string`, contentEncoding `base64`", `{"type":"string","contentEncoding":"base64"}`},
	{"`string`, format `date`", `{"type":"string","format":"date"}`}, {"`string`, format `date-time`", `{"type":"string","format":"date-time"}`},
	{"`string`, format `uuid`", `{"type":"string","format":"uuid"}`}, {"an enum of strings", `{"enum":["A","B"]}`},
	{"a type or null: that type", `{"type":["string","null"]}`}, {"several types, or none said", `{"type":["string","integer"]}`},
	{"`object`", `{"type":"object","properties":{"city":{"type":"string"}}}`}, {"`array`", `{"type":"array"}`},
}

// protobufSamples are the type of the field f.
var protobufSamples = []sample{
	{"`bool`", "bool"}, {"`int32`, `sint32`, `sfixed32`", "int32"}, {"`uint32`, `fixed32`", "uint32"}, {"`int64`, `sint64`, `sfixed64`", "int64"},
	{"`uint64`, `fixed64`", "uint64"}, {"`float`, `double`", "double"}, {"`string`", "string"}, {"`bytes`", "bytes"}, {"an enum; a value without a name is its number", "E"},
	{"`optional`: null where it is not set", "optional int64"}, {"`google.protobuf.Timestamp`, cut to microseconds", "google.protobuf.Timestamp"},
	{"`google.protobuf.Duration`", "google.protobuf.Duration"}, {"`google.type.Date`", "google.type.Date"},
	{"`google.protobuf.Int64Value` and other wrappers: what they hold", "google.protobuf.Int64Value"},
	{"`google.protobuf.Struct`, `Value`, `ListValue`, `Any`, `FieldMask`", "google.protobuf.Struct"},
	{"`confluent.type.Decimal` with its precision and scale in `(confluent.field_meta).params`", "confluent.type.Decimal f = 1 [(confluent.field_meta) = {params: {key: \"precision\", value: \"9\"}, params: {key: \"scale\", value: \"2\"}}]"},
	{"another message", "I"}, {"`repeated`, `map`", "repeated int64"},
}

func (s sample) text(f weir.SchemaFormat) string {
	switch f {
	case weir.FormatAvro:
		return `{"type":"record","name":"R","fields":[{"name":"f","type":` + s.schema + `}]}`
	case weir.FormatJSON:
		return `{"type":"object","required":["f"],"properties":{"f":` + s.schema + `}}`
	}
	field := s.schema
	if !strings.Contains(field, " = ") {
		field += " f = 1"
	}
	return `syntax = "proto3"; import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/wrappers.proto"; import "google/protobuf/struct.proto";
		import "google/type/date.proto"; import "confluent/type/decimal.proto"; import "confluent/meta.proto"; message M { ` + field + `; enum E { A = 0; } message I { string city = 1; } }`
}

// TestTypesAreDocumented: docs/reference/types.md says what the code does.
func TestTypesAreDocumented(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(typesHead)
	for _, l := range []struct {
		title    string
		encoding weir.Encoding
		samples  []sample
	}{{"Avro", weir.EncodingAvro, avroSamples}, {"JSON Schema", weir.EncodingJSONSchema, jsonSamples}, {"Protobuf", weir.EncodingProtobuf, protobufSamples}} {
		b.WriteString("\n## " + l.title + "\n\n| the schema's `f` | column in SQL |\n|---|---|\n")
		for _, s := range l.samples {
			all, err := record.ColumnsOf(schemaOf(t, l.encoding.SchemaFormat(), s.text(l.encoding.SchemaFormat())), l.encoding)
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			b.WriteString("| " + s.name + " | " + columnWords(all) + " |\n")
		}
	}
	b.WriteString("\n## Results\n\nA column that may be null is a union with null whose default is null (Avro), not required (JSON Schema), optional (Protobuf). An interval and a bare `NULL` cannot stand in records: cast them.\n\n| column in SQL | Avro | JSON Schema | Protobuf |\n|---|---|---|---|\n")
	for _, k := range storable {
		typ := column.Type{Kind: k}
		if k == column.Decimal {
			typ.Precision, typ.Scale = 9, 2
		}
		b.WriteString("| `" + typ.String() + "` | " + resultWords(t, weir.FormatAvro, typ) + " | " + resultWords(t, weir.FormatJSON, typ) + " | " + resultWords(t, weir.FormatProtobuf, typ) + " |\n")
	}
	if *update {
		if err := os.WriteFile(typesFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(typesFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("docs/reference/types.md is old; run go test ./internal/core/record -update\n%s", diff)
	}
}

// columnWords are columns as a page says them: the field itself by its type alone.
func columnWords(all []record.ColumnField) string {
	var parts []string
	for _, f := range all {
		s := "`" + f.Type.String() + "`"
		if f.Path != "f" {
			s = "`" + f.Path + "` " + s
		}
		if f.Nullable {
			s += ", may be null"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

// resultWords are the part of a result's schema that is about its column.
func resultWords(t *testing.T, f weir.SchemaFormat, typ column.Type) string {
	text, err := record.SchemaText(f, "R", []record.ColumnField{{Path: "f", Type: typ}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := format.Parse(f, schema.Source{Text: text}); err != nil {
		t.Fatal(err)
	}
	from, to := `"type":`, "}]}"
	switch f {
	case weir.FormatAvro:
		text = text[strings.Index(text, `"fields"`):]
	case weir.FormatJSON:
		from, to = `"f":`, `},"required"`
	case weir.FormatProtobuf:
		from, to = "{\n  ", ";\n}"
	}
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return "`" + text + "`"
}
