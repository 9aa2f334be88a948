package record_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

func schemaOf(t testing.TB, f weir.SchemaFormat, text string) schema.Schema {
	t.Helper()
	s, err := format.Parse(f, schema.Source{Text: text})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// ids finds schemas by their ids, from 7 on.
func ids(all ...schema.Schema) func(weir.SchemaID) (schema.Schema, error) {
	return func(id weir.SchemaID) (schema.Schema, error) {
		if id < 7 || int(id) >= 7+len(all) {
			return nil, weir.Errorf(weir.NotFound, "Schema %d not found", id)
		}
		return all[id-7], nil
	}
}

// fields reads "a.b bigint, c numeric(9,2)?"; a question mark says that it may be
// null.
func fields(t testing.TB, text string) (all []record.ColumnField) {
	t.Helper()
	for part := range strings.SplitSeq(text, "; ") {
		path, name, _ := strings.Cut(part, " ")
		f := record.ColumnField{Path: path, Nullable: strings.HasSuffix(name, "?")}
		f.Type = typeOf(t, strings.TrimSuffix(name, "?"))
		all = append(all, f)
	}
	return all
}

func typeOf(t testing.TB, name string) (c column.Type) {
	t.Helper()
	if _, err := fmt.Sscanf(name, "numeric(%d,%d)", &c.Precision, &c.Scale); err == nil {
		c.Kind = column.Decimal
		return c
	}
	for k := column.Unknown; k <= column.JSON; k++ {
		if k.String() == name {
			return column.Type{Kind: k}
		}
	}
	t.Fatalf("no type %q", name)
	return c
}

func said(all []record.ColumnField) string {
	var parts []string
	for _, f := range all {
		s := f.Path + " " + f.Type.String()
		if f.Nullable {
			s += "?"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

// cell is a value as a test says it.
func cell(v *column.Vector, i int) string {
	if v.IsNull(i) {
		return "null"
	}
	switch v.Kind {
	case column.Bool:
		return strconv.FormatBool(v.Ints[i] == 1)
	case column.Int32, column.Int64, column.Interval:
		return strconv.FormatInt(v.Ints[i], 10)
	case column.Float64:
		return strconv.FormatFloat(v.Floats[i], 'g', -1, 64)
	case column.Decimal:
		return string(v.Decimals[i].AppendDecimal(nil, v.Scale))
	case column.Bytes, column.UUID:
		return "x" + hex.EncodeToString(v.Texts[i])
	case column.Date:
		return time.Unix(v.Ints[i]*86400, 0).UTC().Format(time.DateOnly)
	case column.Timestamp:
		return time.UnixMicro(v.Ints[i]).UTC().Format("2006-01-02T15:04:05.999999Z")
	}
	return string(v.Texts[i])
}

func vectors(n int) []*column.Vector {
	all := make([]*column.Vector, n)
	for i := range all {
		all[i] = new(column.Vector)
	}
	return all
}

func rows(into []*column.Vector, n int) (all []string) {
	for i := range n {
		var cells []string
		for _, v := range into {
			cells = append(cells, cell(v, i))
		}
		all = append(all, strings.Join(cells, "|"))
	}
	return all
}

func decoder(t testing.TB, cfg record.DecoderConfig) *record.Decoder {
	t.Helper()
	d, err := record.NewDecoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// oneRow decodes one record; an error is said as "!where: what".
func oneRow(t testing.TB, cfg record.DecoderConfig, b []byte) string {
	t.Helper()
	into := vectors(len(cfg.Fields))
	failed := decoder(t, cfg).Decode([][]byte{b}, into)
	if len(failed) == 0 {
		return rows(into, 1)[0]
	}
	for _, v := range into {
		if !v.IsNull(0) {
			t.Errorf("a column of a failed row is %s", cell(v, 0))
		}
	}
	var e *weir.Error
	if !errors.As(failed[0].Err, &e) || failed[0].Row != 0 {
		t.Fatalf("%+v", failed)
	}
	return "!" + e.Where + ": " + e.Msg
}

func TestAvroColumns(t *testing.T) {
	t.Parallel()
	logical := func(kind, name string) string { return `{"type":"` + kind + `","logicalType":"` + name + `"}` }
	decimal := `{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}`
	inner := `{"type":"record","name":"I","fields":[{"name":"s","type":"string"},{"name":"n","type":["null","int"]}]}`
	for _, c := range []struct{ typ, column, in, want string }{
		{`"boolean"`, "f boolean", "01", "true"},
		{`"boolean"`, "f boolean", "02", "!f: a boolean of it is the byte 2"},
		{`"boolean"`, "f boolean", "", "!f: it ends before its schema does"},
		{`"int"`, "f integer", "03", "-2"},
		{`"int"`, "f bigint", "03", "-2"},
		{`"int"`, "f double precision", "03", "-2"},
		{`"int"`, "f integer", "80 80 80 80 20", "!f: an int of it has more than 32 bits"},
		{`"int"`, "f text", "03", "!f: schema 0000000007: the writer has int here, and text is read"},
		{`"long"`, "f bigint", "ff ff ff ff ff ff ff ff ff 01", "-9223372036854775808"},
		{`"long"`, "f double precision", "02", "1"},
		{`"long"`, "f bigint", "ff ff ff ff ff ff ff ff ff ff 01", "!f: a number of it does not end, or has more than 64 bits"},
		{`"long"`, "f bigint", "80", "!f: a number of it does not end, or has more than 64 bits"},
		{`"long"`, "f integer", "02", "!f: schema 0000000007: the writer has long here, and integer is read"},
		{`"long"`, "f bigint", "02 02", "!: 1 bytes are left behind what its schema describes"},
		{`"float"`, "f double precision", "00 00 c0 3f", "1.5"},
		{`"double"`, "f double precision", "00 00 00 00 00 00 f0 3f", "1"},
		{`"double"`, "f double precision", "00 00", "!f: it ends before its schema does"},
		{`"string"`, "f text", "06 61 c3 a9", "aé"},
		{`"string"`, "f text", "02 ff", "!f: a string of it is no UTF-8 text"},
		{`"string"`, "f text", "08 61", "!f: it ends before its schema does"},
		{`"string"`, "f text", "01", "!f: it ends before its schema does"},
		{`"string"`, "f text", "fe ff ff ff ff ff ff ff ff 01", "!f: it ends before its schema does"},
		{`"string"`, "f bytea", "02 ff", "xff"},
		{`"bytes"`, "f bytea", "02 ff", "xff"},
		{`"bytes"`, "f text", "02 61", "a"},
		{`{"type":"fixed","name":"F","size":2}`, "f bytea", "01 02", "x0102"},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, "f text", "02", "B"},
		{`{"type":"enum","name":"E","symbols":["A","B"]}`, "f text", "04", "!f: the enum E has no symbol with the number 2"},
		{`["null","long"]`, "f bigint?", "00", "null"},
		{`["null","long"]`, "f bigint?", "02 02", "1"},
		{`["long","null"]`, "f bigint?", "02", "null"},
		{`["long","null"]`, "f bigint?", "00 02", "1"},
		{`["null","long"]`, "f bigint?", "04 02", "!f: its union has no branch of that number"},
		{`["null","long"]`, "f bigint?", "01 02", "!f: its union has no branch of that number"},
		{`["long"]`, "f bigint", "00 02", "1"},
		{`"null"`, "f bigint?", "", "null"},
		{`["null","int","string"]`, "f bigint?", "02 02", "1"},
		{`["null","int","string"]`, "f bigint?", "00", "null"},
		{`["null","int","string"]`, "f bigint?", "04 02 61", "!f: it is string, which is no value of the column"},
		{`["null","int","string"]`, "f bigint?", "06", "!f: its union has no branch of that number"},
		{`["null","int","string"]`, "f json?", "04 02 61", `"a"`},
		{`["null","int","string"]`, "f json?", "02 02", `1`},
		{`["null",` + inner + `,"string"]`, "f json?; f.I.s text?; f.I.n integer?", "02 02 61 02 06", `{"s":"a","n":3}|a|3`},
		{`["null",` + inner + `,"string"]`, "f.I.s text?; f json?", "04 02 61", `null|"a"`},
		{`["null",` + inner + `,"string"]`, "f.I.n integer?", "02 02 61 02 06", `3`},
		{inner, "f.n integer?; f.s text; f json", "02 61 02 06", `3|a|{"s":"a","n":3}`},
		{inner, "f.s text; f.n integer?", "02 61 00", `a|null`},
		{inner, "f.s text; f.s text", "02 61 00", `a|a`},
		{inner, "f.missing text?; g text?; f.s.x text?", "02 61 00", `!f.s: schema 0000000007: the writer has string here, and a record with fields is read`},
		{inner, "f.missing text?; g text?; g.h bigint", "02 61 00", `null|null|null`},
		{`["null",` + inner + `]`, "f.s text?; f.n integer?; f json?", "00", `null|null|null`},
		{`["null",` + inner + `]`, "f.s text?; f.n integer?; f json?", "02 02 61 02 06", `a|3|{"s":"a","n":3}`},
		{`{"type":"array","items":"long"}`, "f json", "03 04 02 04 02 06 00", "[1,2,3]"},
		{`{"type":"map","values":"long"}`, "f json", "02 02 61 02 00", `{"a":1}`},
		{`{"type":"map","values":"long"}`, "f bigint", "02 02 61 02 00", `!f: schema 0000000007: the writer has map<long> here, and bigint is read`},
		{logical("int", "date"), "f date", "02", "1970-01-02"},
		{logical("int", "date"), "f integer", "02", "1"},
		{logical("long", "timestamp-millis"), "f timestamp", "02", "1970-01-01T00:00:00.001Z"},
		{logical("long", "timestamp-millis"), "f timestamp", "fe ff ff ff ff ff ff ff ff 01", "!f: the time is outside of what microseconds in 64 bits can say"},
		{logical("long", "timestamp-micros"), "f timestamp", "01", "1969-12-31T23:59:59.999999Z"},
		{logical("long", "local-timestamp-micros"), "f timestamp", "02", "1970-01-01T00:00:00.000001Z"},
		{logical("long", "timestamp-nanos"), "f timestamp", "01", "1969-12-31T23:59:59.999999Z"},
		{logical("int", "time-millis"), "f text", "80 dd db 01", "00:30:00.000"},
		{logical("int", "time-millis"), "f text", "01", "!f: -1 is no time of a day"},
		{logical("long", "time-micros"), "f text", "02", "00:00:00.000001"},
		{logical("string", "uuid"), "f uuid", "48 31 32 33 65 34 35 36 37 2d 65 38 39 62 2d 31 32 64 33 2d 61 34 35 36 2d 34 32 36 36 31 34 31 37 34 30 30 30", "x123e4567e89b12d3a456426614174000"},
		{logical("string", "uuid"), "f uuid", "02 61", `!f: "a" is no UUID such as 123e4567-e89b-12d3-a456-426614174000`},
		{logical("string", "json"), "f json", "04 7b 7d", `{}`},
		{logical("string", "json"), "f json", "02 7b", `!f: the JSON ends too early`},
		{`{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`, "f uuid; f text; f bytea", "12 3e 45 67 e8 9b 12 d3 a4 56 42 66 14 17 40 00", "x123e4567e89b12d3a456426614174000|123e4567-e89b-12d3-a456-426614174000|x123e4567e89b12d3a456426614174000"},
		{decimal, "f numeric(9,2)", "04 30 39", "123.45"},
		{decimal, "f numeric(9,2)", "02 ff", "-0.01"},
		{decimal, "f numeric(9,2)", "00", "0.00"},
		{decimal, "f numeric(4,2)", "04 30 39", "!f: a decimal of it does not fit into numeric(4,2)"},
		{decimal, "f numeric(9,1)", "04 30 39", "!f: a decimal of it does not fit into numeric(9,1)"},
		{decimal, "f numeric(9,4)", "04 30 39", "123.4500"},
		{decimal, "f numeric(9,2)", "24 ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff fe", "-0.02"},
		{decimal, "f numeric(9,2)", "24 7f ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff fe", "!f: a decimal of it does not fit into numeric(9,2)"},
		{`{"type":"fixed","name":"D","size":3,"logicalType":"decimal","precision":5}`, "f numeric(5,0)", "ff ff fe", "-2"},
		{`{"type":"bytes","logicalType":"decimal","precision":50,"scale":2}`, "f text", "04 30 39", "123.45"},
	} {
		s := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"f","type":`+c.typ+`}]}`)
		cfg := record.DecoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, c.column), SchemaOf: ids(s)}
		if got := oneRow(t, cfg, framed(unhex(t, c.in)...)); got != c.want {
			t.Errorf("%s as %s of %s:\n got %s\nwant %s", c.typ, c.column, c.in, got, c.want)
		}
		// What is skipped is gone over as exactly: the same field is not wanted, and
		// one behind it is.
		behind := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"f","type":`+c.typ+`},{"name":"z","type":"double"}]}`)
		cfg.Fields, cfg.SchemaOf = fields(t, "z double precision"), ids(behind)
		b := binary.LittleEndian.AppendUint64(framed(unhex(t, c.in)...), 0x3ff8000000000000)
		if got := oneRow(t, cfg, b); c.want[0] != '!' && got != "1.5" {
			t.Errorf("behind %s %s: %s", c.typ, c.in, got)
		}
	}
}

// TestAvroColumnsOfOtherSchemas: each record is read by the schema that it was
// written with.
func TestAvroColumnsOfOtherSchemas(t *testing.T) {
	t.Parallel()
	first := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"n","type":"int"},{"name":"t","type":"long"}]}`)
	second := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"more","type":"string","default":"x"},{"name":"n","type":"long"},{"name":"t","type":{"type":"long","logicalType":"timestamp-millis"}}]}`)
	third := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"n","type":"string"}]}`)
	d := decoder(t, record.DecoderConfig{
		Encoding: weir.EncodingAvro, Fields: fields(t, "n bigint; t timestamp; more text?"), SchemaOf: ids(first, second, third), Schema: second,
	})
	into := vectors(3)
	failed := d.Decode([][]byte{
		{0, 0, 0, 0, 7, 2, 2}, {0, 0, 0, 0, 8, 2, 'y', 4, 4}, nil, {0, 0, 0, 0, 9, 2, 'y'}, {0, 0, 0, 0, 10, 2}, {1, 2}, {0, 0, 0, 0, 7, 6, 6},
	}, into)
	want := []string{
		"1|1970-01-01T00:00:00.001Z|null", "2|1970-01-01T00:00:00.002Z|y", "null|null|null", "null|null|null", "null|null|null", "null|null|null", "3|1970-01-01T00:00:00.003Z|null",
	}
	if diff := cmp.Diff(want, rows(into, 7)); diff != "" {
		t.Error(diff)
	}
	var reasons []string
	for _, f := range failed {
		reasons = append(reasons, fmt.Sprint(f.Row, " ", weir.KindOf(f.Err), " ", f.Err))
	}
	if diff := cmp.Diff([]string{
		"3 conflict n: schema 0000000009: the writer has string here, and bigint is read; write the field with the type that the product's schema has, or begin the query anew as another major",
		"4 not found Schema 10 not found",
		"5 invalid it does not begin with a zero byte and the id of a schema, as registry serialisers write it; write it as its schema says",
	}, reasons); diff != "" {
		t.Error(diff)
	}
}

// TestAvroFieldsByAlias: a field that the reader's schema has renamed is found in
// records of before.
func TestAvroFieldsByAlias(t *testing.T) {
	t.Parallel()
	old := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"a","type":"long"},{"name":"b","type":"long"}]}`)
	now := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"b","type":"long"},{"name":"amount","aliases":["a"],"type":"long"}]}`)
	cfg := record.DecoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "amount bigint; b bigint"), SchemaOf: ids(old), Schema: now}
	if got := oneRow(t, cfg, framed(2, 4)); got != "1|2" {
		t.Error(got)
	}
	cfg.Schema = nil
	if got := oneRow(t, cfg, framed(2, 4)); got != "null|2" {
		t.Error(got)
	}
	cfg.Schema = schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"amount","aliases":["a","b"],"type":"long"},{"name":"a","type":"long"},{"name":"c","aliases":["b"],"type":"long"}]}`)
	cfg.Fields = fields(t, "amount bigint; c bigint; a bigint")
	if got := oneRow(t, cfg, framed(2, 4)); got != "2|null|1" {
		t.Error(got)
	}
}

func TestJSONColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ columns, in, want string }{
		{"a bigint", `{"a":1}`, "1"},
		{"a bigint; b text?", ` { "b" : "x" , "a" : 1 } `, "1|x"},
		{"a bigint?; b.c text?; b json?", `{}`, "null|null|null"},
		{"a bigint?; b.c text?; b json?", `{"b":{"c":null}}`, `null|null|{"c":null}`},
		{"b.c text?; b json?", `{"b": {"c" :"a b" , "d": [ 1, "\" x" ]}}`, `a b|{"c":"a b","d":[1,"\" x"]}`},
		{"b.c text?; b json?", `{"b":null}`, `null|null`},
		{"b.c text?", `{"b":1}`, `!b: it is no object, and b.c is read`},
		{"a bigint", `{"a":9223372036854775807}`, "9223372036854775807"},
		{"a bigint", `{"a":9223372036854775808}`, "!a: \"9223372036854775808\" is no whole number that fits into bigint"},
		{"a bigint", `{"a":-9223372036854775808}`, "-9223372036854775808"},
		{"a bigint", `{"a":1.0}`, "1"},
		{"a bigint", `{"a":1.50e1}`, "15"},
		{"a bigint", `{"a":1e400}`, `!a: "1e400" is no whole number that fits into bigint`},
		{"a bigint", `{"a":0e99999999999}`, `0`},
		{"a bigint", `{"a":1.5}`, `!a: "1.5" is no whole number that fits into bigint`},
		{"a integer", `{"a":2147483648}`, `!a: "2147483648" is no whole number that fits into integer`},
		{"a integer", `{"a":-2147483648}`, `-2147483648`},
		{"a double precision", `{"a":0.1}`, "0.1"},
		{"a double precision", `{"a":-0.0}`, "-0"},
		{"a double precision", `{"a":1e400}`, `!a: "1e400" does not fit into double precision`},
		{"a numeric(38,2)", `{"a":12345678901234567890123456789012345.67}`, "12345678901234567890123456789012345.67"},
		{"a numeric(38,0)", `{"a":99999999999999999999999999999999999999}`, "99999999999999999999999999999999999999"},
		{"a numeric(38,0)", `{"a":100000000000000000000000000000000000000}`, `!a: "100000000000000000000000000000000000000" does not fit into numeric(38,0)`},
		{"a numeric(38,2)", `{"a":1.230}`, "1.23"},
		{"a numeric(38,2)", `{"a":1.234}`, `!a: "1.234" does not fit into numeric(38,2)`},
		{"a numeric(38,2)", `{"a":1e-2}`, `0.01`},
		{"a numeric(3,2)", `{"a":10}`, `!a: "10" does not fit into numeric(3,2)`},
		{"a numeric(3,2)", `{"a":-9.99}`, `-9.99`},
		{"a boolean", `{"a":true}`, "true"},
		{"a boolean", `{"a":false}`, "false"},
		{"a boolean", `{"a":1}`, `!a: it is the number "1", and the column is boolean`},
		{"a bigint", `{"a":"1"}`, `!a: it is the text "1", and the column is bigint`},
		{"a bigint", `{"a":true}`, `!a: it is a boolean, and the column is bigint`},
		{"a bigint", `{"a":[1]}`, `!a: it is a list, and the column is bigint`},
		{"a bigint", `{"a":{}}`, `!a: it is an object, and the column is bigint`},
		{"a text", `{"a":"\u00e9\n\ud83d\ude00\/"}`, "é\n😀/"},
		{"a text", `{"a":"\ud83d"}`, `!a: \u and four digits in it are no character`},
		{"a text", `{"a":"\x"}`, `!a: JSON has no such escape in a text`},
		{"a text", "{\"a\":\"\xff\"}", `!a: a text of it is no UTF-8`},
		{"a text", "{\"a\":\"\n\"}", `!a: a control character stands in a text of it`},
		{"a text", `{"a":"`, `!a: the JSON ends too early`},
		{"a bytea", `{"a":"AP8="}`, "x00ff"},
		{"a bytea", `{"a":"AP8"}`, `!a: "AP8" is no base64`},
		{"a uuid", `{"a":"123E4567-e89b-12d3-a456-426614174000"}`, "x123e4567e89b12d3a456426614174000"},
		{"a uuid", `{"a":"123e4567-e89b-12d3-a456-42661417400g"}`, `!a: "123e4567-e89b-12d3-a456-42661417400g" is no UUID such as 123e4567-e89b-12d3-a456-426614174000`},
		{"a date", `{"a":"2024-02-29"}`, "2024-02-29"},
		{"a date", `{"a":"2023-02-29"}`, `!a: "2023-02-29" is no date such as 2006-01-02`},
		{"a timestamp", `{"a":"2026-11-21T15:04:05.1234567Z"}`, "2026-11-21T15:04:05.123456Z"},
		{"a timestamp", `{"a":"2026-11-21t15:04:05+02:00"}`, "2026-11-21T13:04:05Z"},
		{"a timestamp", `{"a":"1969-12-31T23:59:60-00:30"}`, "1970-01-01T00:30:00Z"},
		{"a timestamp", `{"a":"2026-11-21 15:04:05Z"}`, `!a: "2026-11-21 15:04:05Z" is no time such as 2006-01-02T15:04:05Z`},
		{"a timestamp", `{"a":"2026-11-21T15:04:05"}`, `!a: "2026-11-21T15:04:05" is no time such as 2006-01-02T15:04:05Z`},
		{"a json", `{"a":[1,{"b":2}]}`, `[1,{"b":2}]`},
		{"a json", `{"a":"x"}`, `"x"`},
		{"a bigint", `{"a":1,"a":1}`, `!the whole: the key "a" stands twice in one object`},
		{"a bigint", `{"a":1,"\u0061":1}`, `!the whole: the key "a" stands twice in one object`},
		{"a bigint", `{"a":1,"z":{"b":1,"b":2}}`, `!the whole: the key "b" stands twice in one object`},
		{"a bigint", `{"a":1,"z":` + manyKeys(100, 3) + `}`, `!the whole: the key "k3" stands twice in one object`},
		{"a bigint", `{"a":1,"z":` + manyKeys(100, 100) + `}`, `1`},
		{"a bigint", `[1]`, `!: it is no JSON object`},
		{"a bigint", `null`, `!: it is no JSON object`},
		{"a bigint", ``, `!the whole: the JSON ends too early`},
		{"a bigint", `{"a":1}x`, `!: "x" stands at byte 7, where the end should be`},
		{"a bigint", `{"a":01}`, `!a: "}" stands at byte 7, where a number without a zero before it should be`},
		{"a bigint", `{"a":+1}`, `!a: "+" stands at byte 5, where a value should be`},
		{"a bigint", `{"a":1.}`, `!a: "}" stands at byte 7, where a digit should be`},
		{"a bigint", `{"a":-}`, `!a: "}" stands at byte 6, where a number without a zero before it should be`},
		{"a bigint", `{"a":1e}`, `!a: "}" stands at byte 7, where a digit should be`},
		{"a bigint", `{"a":1,}`, `!the whole: "}" stands at byte 7, where a key should be`},
		{"a bigint", `{"a" 1}`, `!the whole: "1" stands at byte 5, where a colon should be`},
		{"a bigint", `{"a":tru}`, `!a: "t" stands at byte 5, where a value should be`},
		{"a bigint", `{"a":1 "b":2}`, `!the whole: "\"" stands at byte 7, where a comma or '}' should be`},
		{"a bigint", `{"z":` + strings.Repeat("[", 300) + `}`, `!the whole: it nests deeper than 200`},
		{"a bigint", "\x00\x00\x00\x00\x07{\"a\":1}", `1`},
	} {
		cfg := record.DecoderConfig{Encoding: weir.EncodingJSON, Fields: fields(t, c.columns)}
		if got := oneRow(t, cfg, []byte(c.in)); got != c.want {
			t.Errorf("%s of %.100s:\n got %s\nwant %s", c.columns, c.in, got, c.want)
		}
	}
	s := schemaOf(t, weir.FormatJSON, `{"type":"object","properties":{"a":{"type":"integer"}}}`)
	cfg := record.DecoderConfig{Encoding: weir.EncodingJSONSchema, Fields: fields(t, "a bigint"), SchemaOf: ids(s)}
	if got := oneRow(t, cfg, framed([]byte(`{"a":1}`)...)); got != "1" {
		t.Error(got)
	}
	if got := oneRow(t, cfg, []byte(`{"a":1}`)); !strings.HasPrefix(got, "!: it does not begin with a zero byte") {
		t.Error(got)
	}
}

// manyKeys is an object of so many keys; the last is the one with a number.
func manyKeys(n, last int) string {
	var parts []string
	for i := range n {
		parts = append(parts, `"k`+strconv.Itoa(i)+`":1`)
	}
	return "{" + strings.Join(append(parts, `"k`+strconv.Itoa(last)+`":2`), ",") + "}"
}

func TestKeyColumns(t *testing.T) {
	t.Parallel()
	plain := schemaOf(t, weir.FormatAvro, `"long"`)
	whole := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"K","fields":[{"name":"a","type":"long"}]}`)
	for _, c := range []struct {
		key         weir.KeyEncoding
		columns, in string
		schema      schema.Schema
		want        string
	}{
		{weir.KeyString, "id text", "a", nil, "a"},
		{weir.KeyString, "id text", "\xff", nil, "!id: a string of it is no UTF-8 text"},
		{weir.KeyString, "id bigint", "17", nil, "17"},
		{weir.KeyString, "id boolean", "true", nil, "true"},
		{weir.KeyString, "id boolean", "false", nil, "false"},
		{weir.KeyString, "id boolean", "yes", nil, `!id: "yes" is neither true nor false`},
		{weir.KeyString, "id bigint", "017", nil, `!id: "017" is no number`},
		{weir.KeyString, "id bigint", "", nil, `!id: "" is no number`},
		{weir.KeyString, "id uuid", "123e4567-e89b-12d3-a456-426614174000", nil, "x123e4567e89b12d3a456426614174000"},
		{weir.KeyBytes, "id bytea", "\xff", nil, "xff"},
		{weir.KeyBytes, "id bigint", "\xff", nil, "!id: it is bytes, and the column is bigint"},
		{weir.KeyLong, "id bigint", "\xff\xff\xff\xff\xff\xff\xff\xfe", nil, "-2"},
		{weir.KeyLong, "id integer", "\x00\x00\x00\x01\x00\x00\x00\x00", nil, "!id: an int of it has more than 32 bits"},
		{weir.KeyLong, "id text", "\x00\x00\x00\x00\x00\x00\x00\x05", nil, "5"},
		{weir.KeyLong, "id bigint", "\x00", nil, "!id: it has 1 bytes, and a long has 8"},
		{weir.KeyJSON, "id bigint", "5", nil, "5"},
		{weir.KeyJSON, "id bigint", `{"id":5}`, nil, "5"},
		{weir.KeyJSON, "id bigint; z text?", `{"id":5}`, nil, "5|null"},
		{weir.KeyJSON, "id bigint; z text?", `5`, nil, "!: it is no JSON object"},
		{weir.KeyAvro, "id bigint", string(framed(2)), plain, "1"},
		{weir.KeyAvro, "a bigint", string(framed(2)), whole, "1"},
	} {
		cfg := record.DecoderConfig{KeyEncoding: c.key, Fields: fields(t, c.columns)}
		if c.schema != nil {
			cfg.SchemaOf = ids(c.schema)
		}
		if got := oneRow(t, cfg, []byte(c.in)); got != c.want {
			t.Errorf("%s %s of %q:\n got %s\nwant %s", c.key, c.columns, c.in, got, c.want)
		}
	}
}

func TestDecoderRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg  record.DecoderConfig
		want string
	}{
		{record.DecoderConfig{Encoding: weir.EncodingJSON, Fields: fields(t, "a[].b text")}, "a[].b: what a list or a map holds is no column"},
		{record.DecoderConfig{Encoding: "xml"}, "encoding: the encoding \"xml\" has no columns"},
		{record.DecoderConfig{KeyEncoding: weir.KeyString, Fields: fields(t, "a text; b text")}, "fields: what is written as string is one value"},
		{record.DecoderConfig{Encoding: weir.EncodingAvro}, "schema: records in avro cannot be read without a schema"},
	} {
		if _, err := record.NewDecoder(c.cfg); !weir.Invalid.In(err) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestVectorsAreUsedAgain: nulls of a batch before do not show.
func TestVectorsAreUsedAgain(t *testing.T) {
	t.Parallel()
	d := decoder(t, record.DecoderConfig{Encoding: weir.EncodingJSON, Fields: fields(t, "a bigint?; b text?")})
	into := vectors(2)
	for _, c := range []struct{ in, want []string }{
		{[]string{`{"a":1}`, `{"b":"x"}`}, []string{"1|null", "null|x"}},
		{[]string{`{"a":2,"b":"y"}`}, []string{"2|y"}},
		{[]string{`{"a":2,"b":"y"}`, `{}`, `x`}, []string{"2|y", "null|null", "null|null"}},
		{[]string{`{"b":"y"}`, `{"a":3,"b":"z"}`}, []string{"null|y", "3|z"}},
	} {
		var in [][]byte
		for _, s := range c.in {
			in = append(in, []byte(s))
		}
		d.Decode(in, into)
		if diff := cmp.Diff(c.want, rows(into, len(in))); diff != "" {
			t.Error(diff)
		}
		for _, v := range into {
			for i := range in {
				if v.IsNull(i) && v.Kind == column.Int64 && v.Ints[i] != 0 {
					t.Error("a value that is null is not zero")
				}
			}
		}
	}
}

func TestColumnsOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		encoding     weir.Encoding
		schema, want string
	}{
		{weir.EncodingAvro, `{"type":"record","name":"R","fields":[{"name":"a","type":"long"},{"name":"b","type":["null",{"type":"record","name":"I","fields":[{"name":"s","type":"string"},{"name":"r","type":["null","I"]}]}]},
			{"name":"l","type":{"type":"array","items":"I"}},{"name":"n","type":"null"},{"name":"u","type":["I","string"]},{"name":"e","type":{"type":"enum","name":"E","symbols":["A"]}},{"name":"x","type":{"type":"fixed","name":"X","size":4}}]}`,
			"a bigint; b json?; b.s text?; b.r json?; l json; u json; u.I.s text?; u.I.r json?; e text; x bytea"},
		{weir.EncodingJSONSchema, `{"type":"object","required":["a","o","dt"],"properties":{"a":{"type":"integer"},"n":{"type":"number"},"o":{"type":"object","required":["x"],"properties":{"x":{"type":"string"},"y":{"type":["boolean","null"]}}},
			"l":{"type":"array","items":{"type":"object","properties":{"z":{"type":"string"}}}},"m":{"type":["string","integer"]},"e":{"enum":["A","B"]},"dt":{"type":"string","format":"date-time"},"any":{},"w":{"anyOf":[{"type":"string","format":"uuid"},{"type":"null"}]},
			"v":{"anyOf":[{"type":"string","format":"uuid"},{"type":"string"}]},"p":{"$ref":"#/$defs/P"},"money":{"type":"number","multipleOf":0.01,"minimum":0,"maximum":999.99},"dot.ted":{"type":"string"},"so":{"type":["string","object"],"properties":{"q":{"type":"string"}}},"on":{"type":["object","null"],"required":["k"],"properties":{"k":{"type":"string"}}}},"$defs":{"P":{"type":"object","properties":{"d":{"type":"string","format":"date"}}}}}`,
			"a bigint; n double precision?; o json; o.x text; o.y boolean?; l json?; m json?; e text?; dt timestamp; any json?; w uuid?; v text?; p json?; p.d date?; money numeric(5,2)?; so json?; on json?; on.k text?"},
	} {
		got, err := record.ColumnsOf(schemaOf(t, c.encoding.SchemaFormat(), c.schema), c.encoding)
		if err != nil || said(got) != c.want {
			t.Errorf("%v\n got %s\nwant %s", err, said(got), c.want)
		}
	}
	for _, c := range []struct {
		encoding     weir.Encoding
		format       weir.SchemaFormat
		schema, want string
	}{
		{weir.EncodingAvro, weir.FormatJSON, `{}`, "a schema of JSON does not describe records in avro"},
		{weir.EncodingBytes, weir.FormatJSON, `{}`, "records written as bytes without a schema have no columns"},
		{weir.EncodingAvro, weir.FormatAvro, `"long"`, "records of this schema have no fields"},
	} {
		if got, err := record.ColumnsOf(schemaOf(t, c.format, c.schema), c.encoding); !weir.Invalid.In(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, %v, want %s", got, err, c.want)
		}
	}
}

// TestSchemasAreAskedForAgain: what could not be found out is asked once for a
// batch, and again for the next one; what was found is not.
func TestSchemasAreAskedForAgain(t *testing.T) {
	t.Parallel()
	s := schemaOf(t, weir.FormatAvro, `{"type":"record","name":"R","fields":[{"name":"a","type":"long"}]}`)
	asked, down := 0, true
	d := decoder(t, record.DecoderConfig{Encoding: weir.EncodingAvro, Fields: fields(t, "a bigint"), SchemaOf: func(weir.SchemaID) (schema.Schema, error) {
		if asked++; down {
			return nil, weir.Errorf(weir.Unavailable, "not now")
		}
		return s, nil
	}})
	in, into := [][]byte{framed(2), framed(4)}, vectors(1)
	if failed := d.Decode(in, into); len(failed) != 2 || !weir.Unavailable.In(failed[0].Err) || asked != 1 {
		t.Errorf("%v, asked %d times", failed, asked)
	}
	down = false
	for range 3 {
		if failed := d.Decode(in, into); failed != nil || asked != 2 {
			t.Errorf("%v, asked %d times", failed, asked)
		}
	}
	if diff := cmp.Diff([]string{"1", "2"}, rows(into, 2)); diff != "" {
		t.Error(diff)
	}
}

// TestRowsTakeNoMemory: decoding allocates now and then, never for each row. It
// is not parallel, since it counts.
func TestRowsTakeNoMemory(t *testing.T) {
	s := schemaOf(t, weir.FormatAvro, tradeSchema)
	all, err := record.ColumnsOf(s, weir.EncodingAvro)
	if err != nil {
		t.Fatal(err)
	}
	in, into := trades(column.Rows), vectors(len(all))
	if failed := decoder(t, record.DecoderConfig{Encoding: weir.EncodingAvro, Fields: all, SchemaOf: ids(s)}).Decode(in, into); failed != nil {
		t.Fatal(failed)
	}
	for _, e := range []weir.Encoding{weir.EncodingAvro, weir.EncodingJSON, weir.EncodingProtobuf} {
		cfg := record.EncoderConfig{Encoding: e, Fields: all}
		if e != weir.EncodingJSON {
			text, err := record.SchemaText(e.SchemaFormat(), "d.p", all, nil)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Schema, cfg.ID = schemaOf(t, e.SchemaFormat(), text), 7
		}
		enc, err := record.NewEncoder(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var records [][]byte
		for i := range in {
			b, err := enc.Append(nil, into, i)
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, b)
		}
		to := vectors(len(all))
		d := decoder(t, record.DecoderConfig{Encoding: e, Fields: all, SchemaOf: ids(cfg.Schema)})
		got := testing.AllocsPerRun(10, func() {
			if failed := d.Decode(records, to); failed != nil {
				t.Fatal(failed)
			}
		})
		if got > column.Rows/20 {
			t.Errorf("%s: %d rows take %.0f allocations", e, column.Rows, got)
		}
		if diff := cmp.Diff(rows(into, 3), rows(to, 3)); diff != "" {
			t.Errorf("%s: %s", e, diff)
		}
	}
}
