package record

import (
	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema"
)

// ColumnField is a field of records that is a column: by its path, as package
// schema says it, and the type that its values have in queries.
type ColumnField struct {
	Path     string
	Type     column.Type
	Nullable bool
}

// DecoderConfig says what a decoder reads.
type DecoderConfig struct {
	Encoding    weir.Encoding    // of values; empty: of keys
	KeyEncoding weir.KeyEncoding // of keys
	Fields      []ColumnField
	// SchemaOf gives a schema by its id, where records begin with one; it may
	// answer from memory alone or wait, and refuses an id that is not of the
	// topic's subjects. Nil: records of Avro and Protobuf have no id before them,
	// and all are of Schema.
	SchemaOf func(weir.SchemaID) (schema.Schema, error)
	// Schema is the one whose paths Fields are: fields of Protobuf are found by
	// its numbers, those of Avro by its aliases too, and numbers without a unit of
	// time have its unit. Nil: fields are found by their names in the writer's
	// schema.
	Schema schema.Schema
}

// EncoderConfig says what an encoder writes.
type EncoderConfig struct {
	Encoding    weir.Encoding    // of values; empty: of keys
	KeyEncoding weir.KeyEncoding // of keys
	Fields      []ColumnField    // in the order of the columns
	Schema      schema.Schema    // nil: none
	ID          weir.SchemaID    // goes before each record; 0: nothing does
}

// Failed is a row that could not be decoded. Err is a *weir.Error: its kind is
// Invalid for bytes that are no record of the schema, Conflict if the writer's
// schema has another type where a column is, and otherwise that of the error by
// which SchemaOf refused: what is Unavailable may come right later.
type Failed struct {
	Row int
	Err error
}

// form is how the bytes are to be read.
func (c DecoderConfig) form() Form { return formOf(c.Encoding, c.KeyEncoding) }

func formOf(value weir.Encoding, key weir.KeyEncoding) Form {
	if value != "" {
		return Form(value)
	}
	return Form(key)
}

// single is what is wanted of a key that has no fields: where one field is read
// of it, it is that one.
func (c DecoderConfig) single() *wish {
	if c.Encoding != "" || len(c.Fields) != 1 {
		return nil
	}
	return &wish{path: c.Fields[0].Path, columns: []int{0}, all: []int{0}}
}
