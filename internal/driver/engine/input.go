package engine

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// The fields of a scan that are no fields of its values.
const (
	fieldTime = -1
	fieldKey  = -2
)

// input makes the records of an input columns, as its scans want them.
type input struct {
	number  int
	table   bool
	columns []*column.Vector // of all scans, one behind the other
	value   part             // what comes from records' values
	key     part             // and from their keys
	times   []*column.Vector // of them, those that are the record's time
	texts   []*column.Vector // and those that are its key as text
	form    weir.KeyEncoding
	at      *column.Vector // of them, the event time; nil: the record's own

	result  column.Batch
	rows    []int // of the chunk: those that are in the batch
	records [][]byte
}

// part is the columns that one decoder fills.
type part struct {
	decoder *record.Decoder
	into    []*column.Vector
}

// newInput makes the decoders of an input of a job.
func newInput(job *flow.Job, number int) (*input, error) {
	in := &input{number: number, form: job.Sources[number].Key.KeyEncoding}
	var values, keys []record.ColumnField
	first := true
	for _, scan := range job.Plan.Scans(number) {
		in.table = in.table || scan.Table
		for i, field := range scan.Fields {
			c := scan.Columns[i]
			v := column.Make(c.Type, 0)
			in.columns = append(in.columns, v)
			switch {
			case field == fieldTime:
				in.times = append(in.times, v)
			case field == fieldKey:
				in.texts = append(in.texts, v)
			case scan.Table && slices.Contains(scan.Key, i):
				keys = append(keys, columnField(job, number, field, c))
				in.key.into = append(in.key.into, v)
			default:
				values = append(values, columnField(job, number, field, c))
				in.value.into = append(in.value.into, v)
			}
			if first && scan.Time == i {
				in.at = v
			}
		}
		first = false
	}
	var err error
	if in.value.decoder, err = decoder(job.Sources[number].Value, values); err != nil {
		return nil, err
	}
	if len(keys) > 0 {
		in.key.decoder, err = decoder(job.Sources[number].Key, keys)
	}
	return in, err
}

func columnField(job *flow.Job, number, field int, c sqlang.Column) record.ColumnField {
	return record.ColumnField{Path: job.Plan.Inputs[number].Fields[field].Path, Type: c.Type, Nullable: c.Nullable}
}

func decoder(cfg record.DecoderConfig, fields []record.ColumnField) (*record.Decoder, error) {
	cfg.Fields = fields
	return record.NewDecoder(cfg)
}

// chunk is some of the records of a partition.
type chunk struct {
	m        weir.Messages
	from, to int
}

// failed is a record that cannot be read.
type failed struct {
	row int // of the messages
	err error
}

// batch gives the rows of a chunk; the records that cannot be read are not in it.
// A record of a stream that has no value is no row; one of a table takes a row
// away. It is valid until the next call.
func (in *input) batch(c chunk) (*column.Batch, []failed, error) {
	in.rows = in.rows[:0]
	for row := c.from; row < c.to; row++ {
		if in.table || c.m.Values[row] != nil {
			in.rows = append(in.rows, row)
		}
	}
	var all []failed
	for {
		bad, err := in.decode(c.m)
		if err != nil || len(bad) == 0 {
			in.fill(c.m)
			return &in.result, all, err
		}
		all = append(all, bad...)
		in.leaveOut(bad)
	}
}

// decode fills the columns with the rows that are left.
func (in *input) decode(m weir.Messages) ([]failed, error) {
	bad, err := in.part(in.value, m.Values)
	if err != nil {
		return nil, err
	}
	if in.key.decoder != nil {
		more, err := in.part(in.key, m.Keys)
		if err != nil {
			return nil, err
		}
		bad = append(bad, more...)
	}
	bad = append(bad, in.keyTexts(m)...)
	slices.SortStableFunc(bad, func(a, b failed) int { return a.row - b.row })
	return slices.CompactFunc(bad, func(a, b failed) bool { return a.row == b.row }), nil
}

// leaveOut takes rows away; both are in order.
func (in *input) leaveOut(bad []failed) {
	in.rows = slices.DeleteFunc(in.rows, func(row int) bool {
		if len(bad) == 0 || bad[0].row != row {
			return false
		}
		bad = bad[1:]
		return true
	})
}

func (in *input) part(p part, records [][]byte) (bad []failed, err error) {
	for _, f := range p.decoder.Decode(in.of(records), p.into) {
		if weir.Unavailable.In(f.Err) || weir.Conflict.In(f.Err) { // it is not the record's fault, or that of all that follow
			return nil, f.Err
		}
		bad = append(bad, failed{in.rows[f.Row], f.Err})
	}
	return bad, nil
}

// of are the records of the rows.
func (in *input) of(records [][]byte) [][]byte {
	n := len(in.rows)
	if n > 0 && in.rows[n-1]-in.rows[0] == n-1 { // all of a stretch
		return records[in.rows[0] : in.rows[0]+n]
	}
	in.records = in.records[:0]
	for _, row := range in.rows {
		in.records = append(in.records, records[row])
	}
	return in.records
}

// keyTexts fills the columns that are the key as text.
func (in *input) keyTexts(m weir.Messages) (bad []failed) {
	for _, v := range in.texts {
		v.Resize(len(in.rows))
		for i, row := range in.rows {
			text, err := in.keyText(m.Keys[row])
			if err != nil {
				bad = append(bad, failed{row, err})
			}
			if v.Texts[i] = text; text == nil {
				v.SetNull(i)
			}
		}
	}
	return bad
}

func (in *input) keyText(key []byte) ([]byte, error) {
	if key == nil {
		return nil, nil
	}
	if in.form == weir.KeyLong && len(key) == 8 {
		var n int64
		for _, b := range key {
			n = n<<8 | int64(b)
		}
		return strconv.AppendInt(nil, n, 10), nil
	}
	if !utf8.Valid(key) {
		return nil, weir.Errorf(weir.Invalid, "the key is no text").At("_key").WithFix("leave _key out of the statement, or write keys in UTF-8")
	}
	return key, nil
}

// fill makes the batch of the columns, with what a record has besides its value.
func (in *input) fill(m weir.Messages) {
	b := &in.result
	n := len(in.rows)
	b.N, b.Columns, b.Weights = n, in.columns, b.Weights[:0]
	b.From, b.Time = slices.Grow(b.From[:0], n)[:n], slices.Grow(b.Time[:0], n)[:n]
	for i, row := range in.rows {
		b.From[i] = column.Origin{Input: int32(in.number), Partition: m.Partition, Offset: m.Offsets[row]}
		b.Time[i] = m.Times[row] * 1000
	}
	for _, v := range in.times {
		v.Resize(n)
		copy(v.Ints, b.Time)
	}
	if in.at != nil {
		for i := range n {
			if !in.at.IsNull(i) {
				b.Time[i] = in.at.Ints[i]
			}
		}
	}
	if !in.table {
		b.Weights = nil
		return
	}
	for _, row := range in.rows {
		w := int32(1)
		if m.Values[row] == nil {
			w = -1
		}
		b.Weights = append(b.Weights, w)
	}
}
