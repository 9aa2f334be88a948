// Package format chooses among the schema languages.
package format

import (
	"github.com/weirmesh/weir"
	avrocompat "github.com/weirmesh/weir/internal/core/compat/avro"
	jsoncompat "github.com/weirmesh/weir/internal/core/compat/jsonschema"
	protobufcompat "github.com/weirmesh/weir/internal/core/compat/protobuf"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
	"github.com/weirmesh/weir/internal/core/schema/jsonschema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// Parse understands a text in a language. Its errors are the language's; a
// language that is not known is Invalid.
func Parse(f weir.SchemaFormat, src schema.Source) (schema.Schema, error) {
	switch f {
	case weir.FormatAvro:
		return understood(avro.Parse(src))
	case weir.FormatJSON:
		return understood(jsonschema.Parse(src))
	case weir.FormatProtobuf:
		return understood(protobuf.Parse(src))
	}
	return nil, weir.Errorf(weir.Invalid, "Invalid schema type %s", f).At("schemaType").
		WithFix("use one of %v", weir.SchemaFormats())
}

// understood is a language's schema, or its error and no schema.
func understood[S schema.Schema](s S, err error) (schema.Schema, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// CanRead lists what stops a reader with one schema from reading what was
// written with another, by the rules of their language. Two languages never
// read each other.
func CanRead(reader, writer schema.Schema) []schema.Mismatch {
	switch r := reader.(type) {
	case *avro.Schema:
		if w, ok := writer.(*avro.Schema); ok {
			return avrocompat.CanRead(r, w)
		}
	case *jsonschema.Schema:
		if w, ok := writer.(*jsonschema.Schema); ok {
			return jsoncompat.CanRead(r, w)
		}
	case *protobuf.Schema:
		if w, ok := writer.(*protobuf.Schema); ok {
			return protobufcompat.CanRead(r, w)
		}
	}
	return changed(reader, writer)
}

// Top lists the names of the fields at the top of a schema's records, all of
// them: [schema.Schema] walks only so far.
func Top(s schema.Schema) []string {
	switch s := s.(type) {
	case *avro.Schema:
		return s.Top()
	case *jsonschema.Schema:
		return s.Top()
	case *protobuf.Schema:
		return s.Top()
	}
	return nil
}

// changed is the mismatch of two languages.
func changed(reader, writer schema.Schema) []schema.Mismatch {
	r, w := string(reader.Format()), string(writer.Format())
	return []schema.Mismatch{{
		Rule: "FORMAT_CHANGED", Reader: r, Writer: w,
		Msg: "a schema in " + r + " cannot read what was written with one in " + w,
		Fix: "keep the language, or register it under another subject",
	}}
}
