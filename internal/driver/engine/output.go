package engine

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// The outputs of a session.
const (
	toResult = iota
	toAside
)

// stepLate is the step of a row that came late. It is counted as that, and does
// not stop a query without a place for it.
const stepLate = "late"

// output makes rows the records of the result.
type output struct {
	value, key codec
	m          weir.Message
	from       []byte
	plan       weir.Header
	place      place
	keyBuf     []byte
	valueBuf   []byte
}

// place is the partition that a row was last made of, as headers begin with it; an
// offset is written behind that.
type place struct {
	input, partition int32
	text             []byte // nil: none yet
	before           int    // of text: where an offset stands
}

// codec is an encoder and the result's columns that it takes.
type codec struct {
	encoder *record.Encoder // nil: none
	columns []int
	take    []*column.Vector // of a batch
}

func newOutput(job *flow.Job, plan string) (*output, error) {
	o := &output{}
	var err error
	if o.value, err = newCodec(job, job.Sink.Value); err != nil {
		return nil, err
	}
	if len(job.Sink.Key.Fields) > 0 {
		if o.key, err = newCodec(job, job.Sink.Key); err != nil {
			return nil, err
		}
	}
	o.plan = weir.Header{Key: weir.HeaderPlan, Value: []byte(plan)}
	return o, nil
}

func newCodec(job *flow.Job, cfg record.EncoderConfig) (codec, error) {
	var c codec
	for _, f := range cfg.Fields {
		i := slices.IndexFunc(job.Plan.Columns, func(of sqlang.Column) bool { return of.Name == f.Path })
		if i < 0 {
			return c, weir.Errorf(weir.Internal, "the result has no column %s", f.Path)
		}
		c.columns = append(c.columns, i)
	}
	var err error
	c.encoder, err = record.NewEncoder(cfg)
	return c, err
}

// of sets the columns of a batch.
func (c *codec) of(b *column.Batch) {
	c.take = c.take[:0]
	for _, i := range c.columns {
		c.take = append(c.take, b.Columns[i])
	}
}

// put puts the rows of a batch into the result. A row that was taken away is a
// key without a value.
func (r *run) put(ctx context.Context, c chunk, b *column.Batch) error {
	o := r.out
	o.value.of(b)
	o.key.of(b)
	for row := range b.N {
		if err := o.encode(b, row); err != nil {
			if err := r.asideOrigin(ctx, c, origin(b, row), "encode", err); err != nil {
				return err
			}
			continue
		}
		at := origin(b, row)
		o.m.Time = r.time(c, b, row)
		o.headers(r.job.Sources, b, row)
		err := r.s.Put(ctx, toResult, &o.m)
		if weir.Limit.In(err) {
			err = r.asideOrigin(ctx, c, at, "encode", err)
		} else if err == nil {
			r.counts.Out++
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// headers says what a row was made of.
func (o *output) headers(sources []flow.Source, b *column.Batch, row int) {
	o.from, o.m.Headers = o.from[:0], o.m.Headers[:0]
	if b.Made == nil || b.Made[row] == nil {
		if at := origin(b, row); at.Offset >= 0 {
			o.one(sources, at)
		}
	} else {
		for _, made := range b.Made[row] {
			o.named(sources, made)
		}
	}
	o.m.Headers = append(o.m.Headers, o.plan)
}

// one says that a row was made of one record. Most rows were, so it is quick.
func (o *output) one(sources []flow.Source, at column.Origin) {
	if p := &o.place; p.text == nil || p.input != at.Input || p.partition != at.Partition {
		p.input, p.partition = at.Input, at.Partition
		p.text = weir.Provenance{Topic: sources[at.Input].Topic, Partition: at.Partition}.Append(p.text[:0])
		p.before = len(p.text) - 1 // without the offset, which is 0
	}
	o.place.text = strconv.AppendInt(o.place.text[:o.place.before], at.Offset, 10)
	o.m.Headers = append(o.m.Headers, weir.Header{Key: weir.HeaderFrom, Value: o.place.text})
}

func (o *output) named(sources []flow.Source, made column.Range) {
	begin := len(o.from)
	if made.Input == column.Further {
		o.from = strconv.AppendInt(o.from, made.Count, 10)
		o.m.Headers = append(o.m.Headers, weir.Header{Key: weir.HeaderFromMore, Value: o.from[begin:]})
		return
	}
	p := weir.Provenance{Topic: sources[made.Input].Topic, Partition: made.Partition, Offset: made.First, Last: made.Last, Count: made.Count}
	o.from = p.Append(o.from)
	o.m.Headers = append(o.m.Headers, weir.Header{Key: weir.HeaderFrom, Value: o.from[begin:len(o.from):len(o.from)]})
}

func (o *output) encode(b *column.Batch, row int) (err error) {
	o.m.Key, o.m.Value = nil, nil
	if o.key.encoder != nil {
		if o.keyBuf, err = o.key.encoder.Append(o.keyBuf[:0], o.key.take, row); err != nil {
			return err
		}
		o.m.Key = o.keyBuf
	}
	if b.Weight(row) < 0 {
		return nil
	}
	if o.valueBuf, err = o.value.encoder.Append(o.valueBuf[:0], o.value.take, row); err != nil {
		return err
	}
	o.m.Value = o.valueBuf
	return nil
}

func origin(b *column.Batch, row int) column.Origin {
	if b.From == nil {
		return column.Origin{}
	}
	return b.From[row]
}

// find is the row of the messages that a record is; -1 if it is none of them.
func (c chunk) find(o column.Origin) int {
	if int(o.Input) != c.m.Input || o.Partition != c.m.Partition {
		return -1
	}
	all := c.m.Offsets
	if len(all) == 0 || o.Offset < all[0] {
		return -1
	}
	guess := o.Offset - all[0] // where it is if none is missing before it
	if guess < int64(len(all)) && all[guess] == o.Offset {
		return int(guess)
	}
	i, ok := slices.BinarySearch(all[:min(guess, int64(len(all)))], o.Offset)
	if !ok {
		return -1
	}
	return i
}

// time is when the record was written of which a row was made, or else the event
// time of the row.
func (r *run) time(c chunk, b *column.Batch, row int) time.Time {
	if i := c.find(origin(b, row)); i >= 0 {
		return time.UnixMilli(c.m.Times[i])
	}
	if b.Time != nil {
		return time.UnixMicro(b.Time[row])
	}
	return r.cfg.Now()
}

// asideOrigin sets the record of a place aside.
func (r *run) asideOrigin(ctx context.Context, c chunk, o column.Origin, step string, why error) error {
	if row := c.find(o); row >= 0 {
		return r.aside(ctx, c, row, step, why)
	}
	m := &weir.Message{Time: r.cfg.Now()}
	return r.setAside(ctx, m, r.place(o), step, why)
}

// broken sets aside what cannot be read: a batch as it came.
func (r *run) broken(ctx context.Context, read []weir.Messages) error {
	for _, m := range read {
		if m.Broken == nil {
			continue
		}
		from := weir.Provenance{Topic: r.job.Sources[m.Input].Topic, Partition: m.Partition, Offset: m.Broken.From}
		if n := m.Broken.To - m.Broken.From; n > 1 {
			from.Last, from.Count = m.Broken.To-1, n
		}
		if err := r.setAside(ctx, &weir.Message{Time: r.cfg.Now(), Value: m.Broken.Bytes}, from, "read", m.Broken.Err); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) place(o column.Origin) weir.Provenance {
	return weir.Provenance{Topic: r.job.Sources[o.Input].Topic, Partition: o.Partition, Offset: o.Offset}
}

// aside sets a record aside as it came, with the reason; without a place for it
// the query ends.
func (r *run) aside(ctx context.Context, c chunk, row int, step string, why error) error {
	m := &weir.Message{Time: time.UnixMilli(c.m.Times[row]), Key: c.m.Keys[row], Value: c.m.Values[row], Headers: c.m.Headers(row)}
	return r.setAside(ctx, m, r.place(column.Origin{Input: int32(c.m.Input), Partition: c.m.Partition, Offset: c.m.Offsets[row]}), step, why)
}

func (r *run) setAside(ctx context.Context, m *weir.Message, from weir.Provenance, step string, why error) error {
	if r.job.Aside == "" && step == stepLate {
		return nil // it is counted
	}
	if r.job.Aside == "" {
		return weir.Errorf(weir.Invalid, "the record %s cannot be used (%s): %s", from, step, public(why)).
			WithFix("mend what writes it, or let the query set such records aside: weir query create ... --on-failure aside")
	}
	m.Headers = slices.DeleteFunc(m.Headers, reserved)
	m.Headers = append(m.Headers,
		weir.Header{Key: weir.HeaderFrom, Value: from.Append(nil)},
		weir.Header{Key: weir.HeaderPlan, Value: []byte(r.plan)},
		weir.Header{Key: weir.HeaderFailed, Value: []byte(public(why))},
		weir.Header{Key: weir.HeaderStep, Value: []byte(step)},
	)
	if step != stepLate {
		r.counts.Aside++
	}
	err := r.s.Put(ctx, toAside, m)
	if !weir.Limit.In(err) {
		return err
	}
	left := weir.Header{Key: weir.HeaderLeftOut, Value: strconv.AppendInt(nil, int64(len(m.Value)), 10)}
	m.Key, m.Value = nil, nil
	m.Headers = append(slices.DeleteFunc(m.Headers, func(h weir.Header) bool { return !reserved(h) }), left)
	return r.s.Put(ctx, toAside, m)
}

// reserved reports whether a header is Weir's own.
func reserved(h weir.Header) bool {
	switch h.Key {
	case weir.HeaderFrom, weir.HeaderFromMore, weir.HeaderPlan, weir.HeaderFailed, weir.HeaderStep, weir.HeaderLeftOut:
		return true
	}
	return false
}
