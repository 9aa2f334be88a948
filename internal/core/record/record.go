// Package record turns the bytes of a record's key or value into JSON that
// people and programs can read without a schema.
//
// What comes out is one JSON value on one line. Its form:
//
//   - plain JSON and JSON with a schema's id before it: as it is, without white
//     space between its parts; what is no JSON, no UTF-8, or nests deeper than
//     MaxDepth cannot be decoded. Where JSON is promised without an id, one is
//     stepped over: a stock serialiser writes it, and no JSON begins so
//   - bytes: base64; string: a string; long: a number
//   - Avro: records are objects with their fields in the order of the schema; a
//     union is the value of its branch; enums are their symbols; bytes and fixed
//     are base64; dates, times and timestamps are as ISO 8601 writes them, and
//     stay numbers outside of the years 0 to 9999; decimals and UUIDs are strings
//   - Protobuf: objects whose fields are named as in the .proto file and stand in
//     its order; fields without presence are there with their default, others
//     only if they are set; enums are their names, or numbers without one; bytes
//     are base64; the wrapper types are what they hold; Timestamp, Duration,
//     FieldMask, Struct and its parts are as Protobuf's JSON mapping has them;
//     Any is its type and its bytes. Fields that the schema does not have are
//     left out.
//
// Numbers are exact: integers of 64 bits are written with all digits. A floating
// point number has a dot or an exponent, so that it is one for the reader too;
// NaN and the infinities are the strings "NaN", "Infinity" and "-Infinity".
//
// What cannot be decoded is the object {"error": why, "bytes": base64}: a record
// is always shown, and never ends a stream. Everything is bounded by the limits
// of this package.
package record

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// The limits. What is over one cannot be decoded.
const (
	MaxBytes  = 8 << 20  // of a key or a value
	MaxJSON   = 32 << 20 // of what comes out
	MaxValues = 1 << 20  // that one JSON value holds
	MaxDepth  = 200      // of objects and arrays in each other
)

// Form is how bytes are to be read. Every weir.Encoding and weir.KeyEncoding is
// one, by the same word.
type Form string

// The forms.
const (
	JSON       Form = "json"
	Bytes      Form = "bytes"
	String     Form = "string"
	Long       Form = "long"
	Avro       Form = "avro"
	Protobuf   Form = "protobuf"
	JSONSchema Form = "json-schema"
	// Unknown is of streams that say nothing about their records: a schema's id
	// before the rest decides, if there is such a schema; else it is JSON if it
	// can be, else a string, else bytes.
	Unknown Form = "unknown"
	// Text is Unknown without JSON: a key 17 stays the string "17".
	Text Form = "text"
)

// Value is what was decoded.
type Value struct {
	JSON []byte // on one line
	Bad  bool   // it is the object that says why not
}

// Find gives the reader of a schema's id. Its error is shown with the record.
type Find func(weir.SchemaID) (*Reader, error)

// Decode reads a key or a value. nil is null.
func Decode(f Form, b []byte, find Find) Value {
	if b == nil {
		return Value{JSON: []byte("null")}
	}
	if len(b) > MaxBytes {
		return bad(fmt.Errorf("it has %d bytes, and %d are shown at most; these are the first of them", len(b), MaxBytes), b[:MaxBytes/8])
	}
	out, err := decode(f, b, find)
	if err != nil {
		return bad(err, b)
	}
	return Value{JSON: out}
}

// bad is the value that says why there is none.
func bad(err error, b []byte) Value {
	out := append(appendString([]byte(`{"error":`), reason(err)), `,"bytes":"`...)
	out = base64.StdEncoding.AppendEncode(out, b)
	return Value{JSON: append(out, `"}`...), Bad: true}
}

func reason(err error) string {
	var e *weir.Error
	if asError(err, &e) {
		return e.Public()
	}
	return err.Error()
}

func decode(f Form, b []byte, find Find) ([]byte, error) {
	switch f {
	case JSON:
		if _, rest, err := Split(b); err == nil {
			b = rest
		}
		return plain(b)
	case Bytes:
		return encoded(b), nil
	case String:
		return text(b)
	case Long:
		return long(b)
	case Unknown:
		return guess(b, find, plain, text), nil
	case Text:
		return guess(b, find, text), nil
	case Avro, Protobuf, JSONSchema:
		return framed(f, b, find)
	}
	return nil, fmt.Errorf("the encoding %q is not known", f)
}

// framed reads what a registry's serialiser wrote.
func framed(f Form, b []byte, find Find) ([]byte, error) {
	id, rest, err := Split(b)
	if err != nil {
		return nil, err
	}
	if f == JSONSchema { // its text says it all
		return plain(rest)
	}
	d, err := find(id)
	if err != nil {
		return nil, err
	}
	if d.form != f {
		return nil, fmt.Errorf("schema %d is of %s, and the encoding is %s", id, d.form, f)
	}
	return d.Read(rest)
}

// Split takes a registry's frame apart: a zero byte, the schema's id in four
// bytes, the rest.
func Split(b []byte) (weir.SchemaID, []byte, error) {
	if len(b) < 5 || b[0] != 0 {
		return 0, nil, fmt.Errorf("it does not begin with a zero byte and the id of a schema, as registry serialisers write it")
	}
	return weir.SchemaID(binary.BigEndian.Uint32(b[1:])), b[5:], nil
}

// guess tries the frame and then what else it may be; bytes are always right.
func guess(b []byte, find Find, others ...func([]byte) ([]byte, error)) []byte {
	if id, rest, err := Split(b); err == nil {
		if d, err := find(id); err == nil {
			if out, err := d.Read(rest); err == nil {
				return out
			}
		}
	}
	for _, as := range others {
		if out, err := as(b); err == nil {
			return out
		}
	}
	return encoded(b)
}

// Reader reads what was written with one schema. Any goroutine may use it.
type Reader struct {
	form Form
	read func([]byte) ([]byte, error)
}

// Compile makes a reader.
func Compile(s schema.Schema) (*Reader, error) {
	switch s := s.(type) {
	case *avro.Schema:
		return &Reader{Avro, avroReader(s.Root())}, nil
	case *protobuf.Schema:
		return &Reader{Protobuf, protobufReader(s)}, nil
	}
	if s.Format() == weir.FormatJSON {
		return &Reader{JSONSchema, plain}, nil
	}
	return nil, weir.Errorf(weir.Invalid, "records of %s cannot be read here", s.Format())
}

// Read reads what stands behind the schema's id. Of several faults the first
// is told.
func (d *Reader) Read(rest []byte) ([]byte, error) { return d.read(rest) }

// plain is JSON as it is, on one line.
func plain(b []byte) ([]byte, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("it is no UTF-8 text, so no JSON")
	}
	if err := checkNesting(b); err != nil {
		return nil, err
	}
	out, err := compact(b)
	if err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	return out, nil
}

// checkNesting refuses what would be too deep for those who read it. It looks
// at brackets outside of strings alone; whether it is JSON is seen later.
func checkNesting(b []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			if depth++; depth > MaxDepth {
				return errDeep
			}
		case c == '}', c == ']':
			depth--
		}
	}
	return nil
}

func encoded(b []byte) []byte {
	return append(base64.StdEncoding.AppendEncode([]byte{'"'}, b), '"')
}

func text(b []byte) ([]byte, error) {
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("it is no UTF-8 text")
	}
	return appendString(nil, string(b)), nil
}

func long(b []byte) ([]byte, error) {
	if len(b) != 8 {
		return nil, fmt.Errorf("it has %d bytes, and a long has 8", len(b))
	}
	return fmt.Append(nil, int64(binary.BigEndian.Uint64(b))), nil
}

// Header is the value of a header: a string if it is one.
func Header(b []byte) Value { return Decode(String, b, nil) }

// appendString writes a string as JSON.
func appendString(dst []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
	b, err := json.Marshal(s)
	if err != nil { // a string always can
		return append(dst, `""`...)
	}
	return append(dst, b...)
}

// isPlain reports whether a string is its own JSON but for the quotes.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}
