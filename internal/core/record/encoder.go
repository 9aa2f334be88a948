package record

import (
	"encoding/binary"
	"errors"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema/avro"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// Encoder turns rows of columns into records. Any goroutine may use it.
type Encoder struct {
	prefix []byte
	write  rowWriter
}

// rowWriter writes a row.
type rowWriter interface {
	append(dst []byte, columns []*column.Vector, row int) ([]byte, error)
}

// NewEncoder makes an encoder. It refuses, as Invalid, a schema into which the
// columns do not fit: fields are found by their names, and one that no column is
// for must be able to be null.
func NewEncoder(cfg EncoderConfig) (*Encoder, error) {
	e := &Encoder{}
	if cfg.ID != 0 {
		e.prefix = binary.BigEndian.AppendUint32([]byte{0}, uint32(cfg.ID))
	}
	var err error
	e.write, err = writerOf(cfg)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func writerOf(cfg EncoderConfig) (rowWriter, error) {
	form := formOf(cfg.Encoding, cfg.KeyEncoding)
	for _, f := range cfg.Fields {
		if err := storable(f.Path, f.Type); err != nil {
			return nil, err
		}
	}
	switch form {
	case JSON, JSONSchema:
		return newJSONWriter(cfg.Fields), nil
	case Bytes, String, Long:
		return newValueWriter(form, cfg.Fields)
	case Avro:
		if s, ok := cfg.Schema.(*avro.Schema); ok {
			return newAvroWriter(s, cfg)
		}
	case Protobuf:
		if s, ok := cfg.Schema.(*protobuf.Schema); ok {
			return newProtoWriter(s, cfg)
		}
	}
	return nil, weir.Errorf(weir.Invalid, "records in %s cannot be written with this schema", form).At("schema").
		WithFix("give a schema of that language")
}

// storable refuses what no record can hold.
func storable(name string, t column.Type) error {
	switch t.Kind {
	case column.Interval:
		return weir.Errorf(weir.Invalid, "the column is an interval, which records do not hold").At(name).
			WithFix("make it a number: extract(epoch from %s)", name)
	case column.Unknown:
		return weir.Errorf(weir.Invalid, "the column is NULL without a type").At(name).
			WithFix("say its type: cast(NULL as text)")
	}
	return nil
}

// Append appends the record of a row. An error is of that row and Invalid, its
// Where the column; dst then comes back as it was.
func (e *Encoder) Append(dst []byte, columns []*column.Vector, row int) ([]byte, error) {
	out, err := e.write.append(append(dst, e.prefix...), columns, row)
	if err != nil {
		return dst, rowError(err)
	}
	return out, nil
}

// valueWriter writes keys that are one value.
type valueWriter struct {
	form  Form
	field ColumnField
}

func newValueWriter(f Form, fields []ColumnField) (rowWriter, error) {
	if len(fields) != 1 {
		return nil, weir.Errorf(weir.Invalid, "what is written as %s is one value, and there are %d columns for it", f, len(fields)).
			At("fields").WithFix("use json, avro or protobuf")
	}
	w := &valueWriter{f, fields[0]}
	k := w.field.Type.Kind
	if f == Long && k != column.Int32 && k != column.Int64 || f == Bytes && k.Store() != column.InTexts {
		return nil, weir.Errorf(weir.Invalid, "a column of %s cannot be written as %s", w.field.Type, f).At(w.field.Path).
			WithFix("write it as string")
	}
	return w, nil
}

func (w *valueWriter) append(dst []byte, columns []*column.Vector, row int) ([]byte, error) {
	v := columns[0]
	if v.IsNull(row) {
		return dst, at(w.field.Path, errNull)
	}
	switch w.form {
	case Long:
		return binary.BigEndian.AppendUint64(dst, uint64(v.Ints[row])), nil
	case Bytes:
		return append(dst, v.Texts[row]...), nil
	}
	out, err := appendWord(dst, v, row)
	return out, at(w.field.Path, err)
}

// appendWord writes a value as text without quotes.
func appendWord(dst []byte, v *column.Vector, row int) ([]byte, error) {
	switch v.Kind {
	case column.Text, column.Bytes, column.JSON:
		return append(dst, v.Texts[row]...), nil
	case column.UUID:
		return appendUUID(dst, v.Texts[row]), nil
	case column.Date, column.Timestamp:
		return appendMoment(dst, v.Kind, v.Ints[row])
	}
	return appendNumber(dst, v, row)
}

var errNull = errors.New("it is null, and must have a value")
