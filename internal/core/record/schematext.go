package record

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// jsonMark is the logical type of a string that is JSON. Readers that do not know
// it take it for a string.
const jsonMark = "json"

// SchemaText is the schema of a result in a language: a record of the name with a
// field for each column, in their order, and what docs says about them (a doc for
// each field, or none at all). What may be null is a union with null whose
// default is null, not required, or optional. [ColumnsOf] gives the same columns
// back. Of a name with dots the last part is the record's, and those before it are
// its namespace; signs that the language does not know become underscores. It
// refuses, as Invalid, columns whose names cannot stand in the language, that
// occur twice, and types that records do not hold.
func SchemaText(format weir.SchemaFormat, name string, fields []ColumnField, docs []string) (string, error) {
	if err := checkColumns(format, fields); err != nil {
		return "", err
	}
	doc := func(i int) string {
		if i < len(docs) {
			return docs[i]
		}
		return ""
	}
	switch format {
	case weir.FormatAvro:
		return avroText(name, fields, doc), nil
	case weir.FormatJSON:
		return jsonText(name, fields, doc), nil
	case weir.FormatProtobuf:
		return protoText(name, fields, doc), nil
	}
	return "", weir.Errorf(weir.Invalid, "a result cannot be described in %q", format).At("format").
		WithFix("use one of %v", weir.SchemaFormats())
}

func checkColumns(format weir.SchemaFormat, fields []ColumnField) error {
	seen := map[string]bool{}
	for _, f := range fields {
		switch {
		case seen[f.Path]:
			return weir.Errorf(weir.Invalid, "two columns of the result have this name").At(f.Path).
				WithFix("give one of them another: AS %s_2", f.Path)
		case !isColumnName(f.Path, format):
			return weir.Errorf(weir.Invalid, "a field of %s cannot have this name", format).At(f.Path).
				WithFix("name the column with AS and letters of ASCII, digits and underscores, a letter first")
		}
		seen[f.Path] = true
		if err := storable(f.Path, f.Type); err != nil {
			return err
		}
	}
	return nil
}

// isColumnName reports whether a field can have the name. JSON takes more.
func isColumnName(s string, format weir.SchemaFormat) bool {
	if format == weir.FormatJSON {
		return s != "" && len(s) <= weir.MaxSubjectName && !strings.ContainsAny(s, ".[]{}") && strings.ToValidUTF8(s, "") == s
	}
	return s != "" && len(s) <= weir.MaxSubjectName && s == identifier(s)
}

// identifier is a name whose other signs are underscores.
func identifier(s string) string {
	var b strings.Builder
	for i, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
			b.WriteRune(c)
		case c >= '0' && c <= '9':
			if i == 0 {
				b.WriteByte('_')
			}
			b.WriteRune(c)
		default:
			b.WriteByte('_')
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// named is the namespace and the name of a record.
func named(name string) (space, short string) {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = identifier(parts[i])
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], "."), parts[last]
}

// quotedText is a text as JSON.
func quotedText(s string) string { return string(appendString(nil, strings.ToValidUTF8(s, "\uFFFD"))) }

func avroText(name string, fields []ColumnField, doc func(int) string) string {
	space, short := named(name)
	var b strings.Builder
	b.WriteString(`{"type":"record","name":` + quotedText(short))
	if space != "" {
		b.WriteString(`,"namespace":` + quotedText(space))
	}
	b.WriteString(`,"fields":[`)
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"name":` + quotedText(f.Path) + `,"type":`)
		if f.Nullable {
			b.WriteString(`["null",` + avroTypeText(f.Type) + `]`)
		} else {
			b.WriteString(avroTypeText(f.Type))
		}
		if d := doc(i); d != "" {
			b.WriteString(`,"doc":` + quotedText(d))
		}
		if f.Nullable {
			b.WriteString(`,"default":null`)
		}
		b.WriteByte('}')
	}
	return b.String() + "]}"
}

func avroTypeText(t column.Type) string {
	switch t.Kind {
	case column.Bool:
		return `"boolean"`
	case column.Int32:
		return `"int"`
	case column.Int64:
		return `"long"`
	case column.Float64:
		return `"double"`
	case column.Bytes:
		return `"bytes"`
	case column.Decimal:
		return `{"type":"bytes","logicalType":"decimal","precision":` + strconv.Itoa(digits(t)) + `,"scale":` + strconv.Itoa(t.Scale) + `}`
	case column.Date:
		return `{"type":"int","logicalType":"date"}`
	case column.Timestamp:
		return `{"type":"long","logicalType":"timestamp-micros"}`
	case column.UUID:
		return `{"type":"string","logicalType":"uuid"}`
	case column.JSON:
		return `{"type":"string","logicalType":"` + jsonMark + `"}`
	}
	return `"string"`
}

// digits is how many a decimal has at most.
func digits(t column.Type) int {
	if t.Precision == 0 {
		return column.MaxPrecision
	}
	return t.Precision
}

func jsonText(name string, fields []ColumnField, doc func(int) string) string {
	var b strings.Builder
	b.WriteString(`{"$schema":"https://json-schema.org/draft/2020-12/schema","title":` + quotedText(name) + `,"type":"object","properties":{`)
	var required []string
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quotedText(f.Path) + `:{` + strings.Join(jsonWords(f, doc(i)), ",") + `}`)
		if !f.Nullable {
			required = append(required, quotedText(f.Path))
		}
	}
	b.WriteByte('}')
	if len(required) > 0 {
		b.WriteString(`,"required":[` + strings.Join(required, ",") + `]`)
	}
	return b.String() + "}"
}

// jsonWords are what the schema of a field says.
func jsonWords(f ColumnField, doc string) []string {
	var words []string
	word, more := jsonType(f.Type)
	switch {
	case word != "" && f.Nullable:
		words = append(words, `"type":["null","`+word+`"]`)
	case word != "":
		words = append(words, `"type":"`+word+`"`)
	}
	words = append(words, more...)
	if doc != "" {
		words = append(words, `"description":`+quotedText(doc))
	}
	if f.Nullable {
		words = append(words, `"default":null`)
	}
	return words
}

// jsonType is the type of a column's values, and what else is said of them.
func jsonType(t column.Type) (word string, more []string) {
	switch t.Kind {
	case column.Bool:
		return "boolean", nil
	case column.Int32:
		return "integer", []string{`"format":"int32"`}
	case column.Int64:
		return "integer", nil
	case column.Float64:
		return "number", nil
	case column.Decimal:
		return "number", decimalWords(t)
	case column.Bytes:
		return "string", []string{`"contentEncoding":"base64"`}
	case column.Date:
		return "string", []string{`"format":"date"`}
	case column.Timestamp:
		return "string", []string{`"format":"date-time"`}
	case column.UUID:
		return "string", []string{`"format":"uuid"`}
	case column.JSON:
		return "", nil
	}
	return "string", nil
}

// decimalWords say how many digits a decimal has.
func decimalWords(t column.Type) []string {
	most, _ := column.Pow10(digits(t)).Sub(column.Int(1))
	text := func(n column.Int128) string { return string(n.AppendDecimal(nil, t.Scale)) }
	least, _ := column.FromBig(new(big.Int).Neg(most.Big()))
	return []string{`"multipleOf":` + text(column.Int(1)), `"minimum":` + text(least), `"maximum":` + text(most)}
}

// protoText is a file of proto3 with one message. It imports no more than it needs.
func protoText(name string, fields []ColumnField, doc func(int) string) string {
	space, short := named(name)
	var body strings.Builder
	imports := map[string]bool{}
	for i, f := range fields {
		word, file, params := protoWord(f.Type)
		imports[file] = true
		body.WriteString("  ")
		if f.Nullable {
			body.WriteString("optional ")
		}
		body.WriteString(word + " " + f.Path + " = " + strconv.Itoa(fieldNumber(i)))
		if options := protoMeta(doc(i), params); options != "" {
			imports["confluent/meta.proto"] = true
			body.WriteString(" [(confluent.field_meta) = {" + options + "}]")
		}
		body.WriteString(";\n")
	}
	delete(imports, "")
	var head strings.Builder
	head.WriteString("syntax = \"proto3\";\n")
	if space != "" {
		head.WriteString("package " + space + ";\n")
	}
	for _, file := range slices.Sorted(maps.Keys(imports)) {
		head.WriteString("import \"" + file + "\";\n")
	}
	return head.String() + "message " + short + " {\n" + body.String() + "}\n"
}

// fieldNumber is the number of a field; those that the language keeps for itself
// are left out.
func fieldNumber(i int) int {
	const first, many = 19000, 1000
	if i+1 >= first {
		return i + 1 + many
	}
	return i + 1
}

// protoMeta is what stands beside a field.
func protoMeta(doc string, params [][2]string) string {
	var parts []string
	if doc != "" {
		parts = append(parts, "doc: "+protoString(doc))
	}
	for _, p := range params {
		parts = append(parts, "params: {key: "+protoString(p[0])+", value: "+protoString(p[1])+"}")
	}
	return strings.Join(parts, ", ")
}

// protoString is a text in the language.
func protoString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(strings.ToValidUTF8(s, "\uFFFD")) {
		switch {
		case c == '"' || c == '\\':
			b.WriteString("\\" + string(c))
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

// protoWord is the type of a column's values, the file that it is from, and what
// is said beside it.
func protoWord(t column.Type) (word, file string, params [][2]string) {
	switch t.Kind {
	case column.Bool:
		return "bool", "", nil
	case column.Int32:
		return "int32", "", nil
	case column.Int64:
		return "int64", "", nil
	case column.Float64:
		return "double", "", nil
	case column.Bytes:
		return "bytes", "", nil
	case column.Decimal:
		return "confluent.type.Decimal", "confluent/type/decimal.proto", [][2]string{{"precision", strconv.Itoa(digits(t))}, {"scale", strconv.Itoa(t.Scale)}}
	case column.Date:
		return "google.type.Date", "google/type/date.proto", nil
	case column.Timestamp:
		return "google.protobuf.Timestamp", "google/protobuf/timestamp.proto", nil
	case column.UUID, column.JSON:
		return "string", "", [][2]string{{typeParam, t.Kind.String()}}
	}
	return "string", "", nil
}
