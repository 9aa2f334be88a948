package record

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
)

// valuePlan reads what is one value: a text, bytes, or a number of 8 bytes.
type valuePlan struct {
	form   Form
	fields []ColumnField
}

// wholePlan reads records that are one value as the one field that is wanted,
// whatever its path.
func wholePlan(f Form, fields []ColumnField) (plan, error) {
	if len(fields) > 1 {
		return nil, weir.Errorf(weir.Invalid, "what is written as %s is one value, and %d fields of it are read", f, len(fields)).
			At("fields").WithFix("read one field")
	}
	return &valuePlan{f, fields}, nil
}

func (p *valuePlan) read(o *output, b []byte) error {
	if len(p.fields) == 0 {
		return nil
	}
	return at(p.fields[0].Path, p.value(o, b))
}

func (p *valuePlan) value(o *output, b []byte) error {
	t := p.fields[0].Type
	switch p.form {
	case Long:
		if len(b) != 8 {
			return fmt.Errorf("it has %d bytes, and a long has 8", len(b))
		}
		return ofLong(o, int64(binary.BigEndian.Uint64(b)))
	case String:
		return ofString(o, b)
	}
	switch {
	case t.Kind == column.Text && !utf8.Valid(b):
		return errNoText
	case t.Kind == column.UUID && len(b) != 16:
		return fmt.Errorf("it has %d bytes, and a UUID has 16", len(b))
	case t.Kind == column.Bytes, t.Kind == column.Text, t.Kind == column.UUID:
		o.text(0, b)
		return nil
	}
	return mismatch("bytes", t)
}

func ofLong(o *output, n int64) error {
	t := o.into[0].Type
	switch t.Kind {
	case column.Int32:
		o.int(0, n)
		return isInt(n)
	case column.Int64:
		o.int(0, n)
	case column.Text:
		o.text(0, fmt.Append(o.arena.room(20), n))
	case column.Decimal:
		d, ok := rescaled(column.Int(n), 0, t.Scale)
		if !ok || !d.Fits(t.Precision) {
			return fmt.Errorf("%d does not fit into %s", n, t)
		}
		o.decimal(0, d)
	default:
		return mismatch("a number of 64 bits", t)
	}
	return nil
}

// ofString reads a text as the type that the field has.
func ofString(o *output, b []byte) error {
	switch t := o.into[0].Type; t.Kind {
	case column.Int32, column.Int64, column.Float64, column.Decimal:
		r := &jsonReader{b: b}
		if c := r.peek(); c == '-' || c-'0' <= 9 {
			if n, err := r.number(); err == nil && len(n) == len(b) {
				return o.fromNumber(0, n)
			}
		}
		return unless(false, "%s is no number", b)
	case column.Bool:
		yes := string(b) == "true"
		if !yes && string(b) != "false" {
			return unless(false, "%s is neither true nor false", b)
		}
		return fromBool(o, 0, yes)
	case column.Bytes:
		o.text(0, b)
		return nil
	}
	return o.fromText(0, b)
}
