package records

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/filter"
	"github.com/weirmesh/weir/internal/core/record"
)

// timeForm is RFC 3339 with milliseconds: records have no more.
const timeForm = "2006-01-02T15:04:05.000Z07:00"

// line is a record that becomes a row.
type line struct {
	message    weir.Message
	key, value record.Value
	raw        bool // the bytes too
}

// json is {"partition","offset","timestamp","key","value","headers"}.
func (l line) json() []byte {
	m := l.message
	out := make([]byte, 0, 128+len(l.key.JSON)+len(l.value.JSON))
	out = append(out, `{"partition":`...)
	out = strconv.AppendInt(out, int64(m.Partition), 10)
	out = append(out, `,"offset":`...)
	out = strconv.AppendInt(out, m.Offset, 10)
	out = append(out, `,"timestamp":`...)
	out = stamp(out, m.Time)
	out = append(append(out, `,"key":`...), l.key.JSON...)
	out = append(append(out, `,"value":`...), l.value.JSON...)
	out = append(out, `,"headers":[`...)
	for i, h := range m.Headers {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(h.Key)
		if err != nil {
			name = []byte(`""`) // a string always can
		}
		out = append(append(out, `{"key":`...), name...)
		out = append(append(out, `,"value":`...), record.Header(h.Value).JSON...)
		out = append(out, '}')
	}
	out = append(out, ']')
	if l.raw {
		out = inBase64(append(out, `,"keyBytes":`...), m.Key)
		out = inBase64(append(out, `,"valueBytes":`...), m.Value)
	}
	return append(out, '}')
}

// inBase64 writes bytes as they are; nil is null.
func inBase64(out, b []byte) []byte {
	if b == nil {
		return append(out, "null"...)
	}
	out = base64.StdEncoding.AppendEncode(append(out, '"'), b)
	return append(out, '"')
}

// stamp writes a moment; one that has none, or is no year that people write, is
// null.
func stamp(out []byte, t time.Time) []byte {
	t = t.UTC()
	if t.UnixMilli() < 0 && t.Year() < 0 || t.Year() > 9999 {
		return append(out, "null"...)
	}
	out = t.AppendFormat(append(out, '"'), timeForm)
	return append(out, '"')
}

// record is what a condition is asked about. Of headers with the same key the
// last one counts.
func (l line) record() filter.Record {
	m := l.message
	r := filter.Record{Partition: m.Partition, Offset: m.Offset, Time: m.Time, Key: l.key.JSON, Value: l.value.JSON}
	if len(m.Headers) > 0 {
		r.Headers = make(map[string][]byte, len(m.Headers))
		for _, h := range m.Headers {
			r.Headers[h.Key] = record.Header(h.Value).JSON
		}
	}
	return r
}
