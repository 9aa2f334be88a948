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
	// topic's subjects.
	SchemaOf func(weir.SchemaID) (schema.Schema, error)
	// Schema is of records without an id; nil: they have none.
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
