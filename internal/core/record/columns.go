package record

import (
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
	"github.com/weirmesh/weir/internal/core/schema/jsonschema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// MaxColumns bounds the columns of one schema.
const MaxColumns = 5000

// maxColumnPaths bounds the bytes of their paths.
const maxColumnPaths = 4 << 20

// ColumnsOf lists the fields of a schema's records that are columns, in the order
// of its text, each before those inside it. What stands within lists and maps is
// none; a list, a map and a struct are columns of JSON as a whole, and a struct's
// fields are columns beside it, which are null where it is. It is Invalid if the
// encoding is not that of the schema, or if records have no fields.
//
// Avro: int, long, float and double, boolean, string and bytes are what they are
// in SQL; an enum is text; date, timestamps (also local ones, and those of
// nanoseconds, cut to microseconds), decimals and uuid are themselves, a decimal
// of more than 38 digits and a time of day are text; a union of several types is
// JSON, and the fields of its records are columns under the record's name.
//
// JSON Schema: integer is bigint (with format int32 integer), number is double
// precision (numeric, if multipleOf, minimum and maximum say its digits), string
// is text, and by its format date, timestamp (date-time) or uuid, by its
// contentEncoding base64 bytea; what may be of several types, or of any, is JSON.
// A property whose name has a dot is no column.
//
// Protobuf: 32 bits are integer, if signed, and else bigint; 64 bits are bigint,
// if signed, and else numeric(20,0); an enum is text; Timestamp, google.type.Date,
// Duration (an interval) and confluent.type.Decimal with its precision are
// themselves, wrappers are what they hold.
func ColumnsOf(s schema.Schema, e weir.Encoding) ([]ColumnField, error) {
	if s == nil || e.SchemaFormat() == "" {
		return nil, weir.Errorf(weir.Invalid, "records written as %s without a schema have no columns", e).At("encoding").
			WithFix("give the product a schema")
	}
	if s.Format() != e.SchemaFormat() {
		return nil, weir.Errorf(weir.Invalid, "a schema of %s does not describe records in %s", s.Format(), e).At("encoding").
			WithFix("use a schema of %s", e.SchemaFormat())
	}
	l := &columnList{seen: map[string]bool{}}
	switch s := s.(type) {
	case *avro.Schema:
		l.avroType("", s.Root(), false, map[*avro.Type]bool{})
	case *jsonschema.Schema:
		l.jsonSchema(s)
	case *protobuf.Schema:
		l.protobufSchema(s)
	}
	if len(l.fields) == 0 {
		return nil, weir.Errorf(weir.Invalid, "records of this schema have no fields").At("schema").
			WithFix("describe records that are objects with fields")
	}
	return l.fields, nil
}

// columnList collects columns.
type columnList struct {
	fields []ColumnField
	seen   map[string]bool
	bytes  int
}

func (l *columnList) full() bool { return len(l.fields) >= MaxColumns || l.bytes > maxColumnPaths }

// add adds a column; of two with one path the first counts.
func (l *columnList) add(f ColumnField) {
	if !l.seen[f.Path] && !l.full() {
		l.seen[f.Path] = true
		l.bytes += len(f.Path)
		l.fields = append(l.fields, f)
	}
}

// avroType lists what stands below a path.
func (l *columnList) avroType(path string, t *avro.Type, null bool, inside map[*avro.Type]bool) {
	if other, ok := t.Nullable(); ok {
		t, null = other, true
	}
	if t.Kind == avro.Union {
		for _, b := range t.Branches {
			if b.Kind == avro.Record {
				l.avroType(joined(path, b.Name.Short), b, true, inside)
			}
		}
		return
	}
	if t.Kind != avro.Record || inside[t] || len(inside) >= schema.MaxDepth || l.full() {
		return
	}
	inside[t] = true
	for _, f := range t.Fields {
		p := joined(path, f.Name)
		if kind, ok := avroColumn(f.Type); ok {
			l.add(ColumnField{p, kind, null || mayBeNull(f.Type)})
		}
		l.avroType(p, f.Type, null || mayBeNull(f.Type), inside)
	}
	delete(inside, t)
}

func joined(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

func mayBeNull(t *avro.Type) bool {
	for _, b := range t.Branches {
		if b.Kind == avro.Null {
			return true
		}
	}
	return false
}

// avroColumn is a type in SQL; null alone is none.
func avroColumn(t *avro.Type) (column.Type, bool) {
	if other, ok := t.Nullable(); ok {
		t = other
	}
	if t.Kind == avro.Union && len(t.Branches) == 1 {
		t = t.Branches[0]
	}
	if t.Decimal != nil {
		return decimalColumn(t.Decimal.Precision, t.Decimal.Scale), true
	}
	return column.Type{Kind: avroKind(t)}, t.Kind != avro.Null
}

// decimalColumn is a number with so many digits, as text if they are too many.
func decimalColumn(precision, scale int) column.Type {
	if precision > column.MaxPrecision || scale > column.MaxPrecision || scale < 0 {
		return column.Type{Kind: column.Text}
	}
	return column.Type{Kind: column.Decimal, Precision: precision, Scale: scale}
}

func avroKind(t *avro.Type) column.Kind {
	switch t.Kind {
	case avro.Boolean:
		return column.Bool
	case avro.Int, avro.Long:
		return avroNumber(t)
	case avro.Float, avro.Double:
		return column.Float64
	case avro.Enum:
		return column.Text
	case avro.String, avro.Bytes, avro.Fixed:
		return avroOctets(t)
	}
	return column.JSON
}

func avroNumber(t *avro.Type) column.Kind {
	logical := strings.TrimPrefix(t.Logical(), "local-")
	switch {
	case logical == "date":
		return column.Date
	case strings.HasPrefix(logical, "timestamp-"):
		return column.Timestamp
	case strings.HasPrefix(logical, "time-"):
		return column.Text
	case t.Kind == avro.Int:
		return column.Int32
	}
	return column.Int64
}

func avroOctets(t *avro.Type) column.Kind {
	switch {
	case t.Logical() == "uuid" && (t.Kind == avro.String || t.Size == 16):
		return column.UUID
	case t.Logical() == "duration" && t.Size == 12, isJSON(t):
		return column.JSON
	case t.Kind == avro.String:
		return column.Text
	}
	return column.Bytes
}
