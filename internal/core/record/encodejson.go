package record

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/weirmesh/weir/internal/core/column"
)

// jsonWriter writes objects; what is null is written so.
type jsonWriter struct {
	fields []ColumnField
	keys   [][]byte // with what stands before and behind them
}

func newJSONWriter(fields []ColumnField) *jsonWriter {
	w := &jsonWriter{fields: fields}
	for i, f := range fields {
		before := byte(',')
		if i == 0 {
			before = '{'
		}
		w.keys = append(w.keys, append(appendString([]byte{before}, f.Path), ':'))
	}
	return w
}

func (w *jsonWriter) append(dst []byte, columns []*column.Vector, row int) ([]byte, error) {
	if len(w.keys) == 0 {
		return append(dst, "{}"...), nil
	}
	var err error
	for i, v := range columns[:len(w.keys)] {
		dst = append(dst, w.keys[i]...)
		if v.IsNull(row) {
			if !w.fields[i].Nullable {
				return dst, at(w.fields[i].Path, errNull)
			}
			dst = append(dst, "null"...)
			continue
		}
		if dst, err = appendJSON(dst, v, row); err != nil {
			return dst, at(w.fields[i].Path, err)
		}
	}
	return append(dst, '}'), nil
}

// appendJSON writes a value.
func appendJSON(dst []byte, v *column.Vector, row int) ([]byte, error) {
	switch v.Kind {
	case column.Text:
		return appendText(dst, v.Texts[row])
	case column.JSON:
		return append(dst, v.Texts[row]...), nil
	case column.Bytes:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), v.Texts[row])
		return append(dst, '"'), nil
	case column.UUID:
		return append(appendUUID(append(dst, '"'), v.Texts[row]), '"'), nil
	case column.Date, column.Timestamp:
		out, err := appendMoment(append(dst, '"'), v.Kind, v.Ints[row])
		return append(out, '"'), err
	}
	return appendNumber(dst, v, row)
}

// appendText writes a text as a JSON string.
func appendText(dst, b []byte) ([]byte, error) {
	from := len(dst)
	dst = append(dst, '"')
	n, high := smooth(b)
	dst = append(dst, b[:n]...)
	for _, c := range b[n:] {
		if c < ' ' || c == '"' || c == '\\' {
			dst = appendEscaped(dst, c)
			continue
		}
		high |= c
		dst = append(dst, c)
	}
	if high >= utf8.RuneSelf && !utf8.Valid(b) {
		return dst[:from], errNoText
	}
	return append(dst, '"'), nil
}

func appendEscaped(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\t':
		return append(dst, '\\', 't')
	case '\r':
		return append(dst, '\\', 'r')
	}
	return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
}

// appendNumber writes a number or a boolean.
func appendNumber(dst []byte, v *column.Vector, row int) ([]byte, error) {
	switch v.Kind {
	case column.Bool:
		return strconv.AppendBool(dst, v.Ints[row] != 0), nil
	case column.Int32, column.Int64:
		return strconv.AppendInt(dst, v.Ints[row], 10), nil
	case column.Decimal:
		return v.Decimals[row].AppendDecimal(dst, v.Scale), nil
	case column.Float64:
		f := v.Floats[row]
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return dst, fmt.Errorf("%g cannot stand in JSON", f)
		}
		return strconv.AppendFloat(dst, f, 'g', -1, 64), nil
	}
	return dst, fmt.Errorf("a column of %s cannot be written", v.Kind)
}

// appendMoment writes a date or a time in UTC as RFC 3339 has it, which knows the
// years 0 to 9999.
func appendMoment(dst []byte, k column.Kind, n int64) ([]byte, error) {
	t, layout := time.UnixMicro(n).UTC(), "2006-01-02T15:04:05.999999Z"
	if k == column.Date {
		const most = 1 << 40 // days: beyond it time.Time has no seconds
		if n > most || n < -most {
			return dst, errYear
		}
		t, layout = time.Unix(n*86400, 0).UTC(), time.DateOnly
	}
	if !inYears(t) {
		return dst, errYear
	}
	return t.AppendFormat(dst, layout), nil
}

var errYear = errors.New("it is outside of the years that the encoding can say")
