package record

import (
	"errors"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema"
)

// maxPlans bounds the writers' schemas for which a decoder keeps a plan.
const maxPlans = 100

// Decoder turns records into columns. It walks the bytes of a record once and
// writes only the fields that were asked for.
//
// What a field becomes:
//
//   - it is found by its path; one that the writer's schema or the record does
//     not have is null, whatever its default is
//   - a number goes into a wider one (int, long, double), and into a decimal of
//     as many digits; a fraction that a decimal has no digits for, and a number
//     that does not fit, are refused
//   - a timestamp of nanoseconds is cut to microseconds; texts are UTF-8
//   - a struct, a list or a map is its JSON, as this package writes it for people
//
// A column that is asked for twice is there twice. Bytes that are no record of
// their schema fail with the place and the reason, and fail that row alone.
//
// A decoder is used by one goroutine at a time.
type Decoder struct {
	form  Form
	cfg   DecoderConfig
	want  *wish
	plans map[weir.SchemaID]plan
	bad   map[weir.SchemaID]error // of one call
	last  weir.SchemaID
	plan  plan // of last; where records have no id, of all
	out   output
}

// plan reads the records of one schema.
type plan interface {
	read(o *output, b []byte) error
}

// NewDecoder makes a decoder. It refuses, as Invalid, an encoding that it does
// not know, paths into lists and maps, and several columns of what is one value.
func NewDecoder(cfg DecoderConfig) (*Decoder, error) {
	d := &Decoder{form: cfg.form(), cfg: cfg, plans: map[weir.SchemaID]plan{}, bad: map[weir.SchemaID]error{}}
	var err error
	if d.want, err = wishes(cfg.Fields); err != nil {
		return nil, err
	}
	switch d.form {
	case Avro, Protobuf, JSONSchema:
		if cfg.SchemaOf == nil {
			d.plan, err = d.compile(cfg.Schema)
		}
	case JSON:
		d.plan = &jsonPlan{want: d.want, single: cfg.single(), framed: true}
	case Bytes, String, Long:
		d.plan, err = wholePlan(d.form, cfg.Fields)
	default:
		err = weir.Errorf(weir.Invalid, "the encoding %q has no columns", d.form).At("encoding").
			WithFix("use one of %v", weir.Encodings())
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Decode makes rows of records: into has a vector for each field, in their
// order, which become as long as records. A record that is nil has no value: all
// is null, as in a row that failed. Texts point into records, or into memory that
// is not used again.
func (d *Decoder) Decode(records [][]byte, into []*column.Vector) []Failed {
	d.out.begin(d.cfg.Fields, into, len(records))
	clear(d.bad)
	var failed []Failed
	for i, b := range records {
		d.out.row = i
		if b == nil {
			d.out.nulls(d.want.all)
			continue
		}
		if err := d.record(b); err != nil {
			d.out.nulls(d.want.all)
			failed = append(failed, Failed{i, rowError(err)})
		}
	}
	return failed
}

func (d *Decoder) record(b []byte) error {
	if d.cfg.SchemaOf == nil || d.form != Avro && d.form != Protobuf && d.form != JSONSchema {
		return d.plan.read(&d.out, b)
	}
	id, rest, err := Split(b)
	if err != nil {
		return err
	}
	if d.plan == nil || id != d.last {
		p, err := d.planOf(id)
		if err != nil {
			return err
		}
		d.plan, d.last = p, id
	}
	return d.plan.read(&d.out, rest)
}

// planOf finds the plan for a writer's schema. Why there is none is asked again
// at the next call.
func (d *Decoder) planOf(id weir.SchemaID) (plan, error) {
	if p, ok := d.plans[id]; ok {
		return p, nil
	}
	if err, ok := d.bad[id]; ok {
		return nil, err
	}
	p, err := d.newPlan(id)
	if err != nil {
		if len(d.bad) < maxPlans {
			d.bad[id] = err
		}
		return nil, err
	}
	if len(d.plans) >= maxPlans {
		clear(d.plans)
	}
	d.plans[id] = p
	return p, nil
}

func (d *Decoder) newPlan(id weir.SchemaID) (plan, error) {
	s, err := d.cfg.SchemaOf(id)
	if err != nil {
		return nil, err
	}
	p, err := d.compile(s)
	var e *weir.Error
	if asError(err, &e) {
		e.Msg = "schema " + weir.SchemaName(id) + ": " + e.Msg
	}
	return p, err
}

// compile makes the plan for what was written with a schema.
func (d *Decoder) compile(s schema.Schema) (plan, error) {
	if s == nil {
		return nil, weir.Errorf(weir.Invalid, "records in %s cannot be read without a schema", d.form).At("schema").
			WithFix("register a schema for them")
	}
	return compilePlan(d.form, s, d.cfg, d.want)
}

func compilePlan(f Form, s schema.Schema, cfg DecoderConfig, want *wish) (plan, error) {
	if want := weir.Encoding(f).SchemaFormat(); s.Format() != want {
		return nil, weir.Errorf(weir.Conflict, "it is of %s, and the records are in %s", s.Format(), f).
			WithFix("write the records with a schema of %s", want)
	}
	switch f {
	case Avro:
		return avroPlanOf(s, cfg, want)
	case Protobuf:
		return protoPlanOf(s, cfg, want)
	}
	return &jsonPlan{want: want, single: cfg.single()}, nil
}

// rowError says what is wrong with a row's bytes.
func rowError(err error) error {
	var e *weir.Error
	if errors.As(err, &e) {
		return e
	}
	made := weir.Errorf(weir.Invalid, "%s", err).WithFix("write it as its schema says")
	var p *placed
	if errors.As(err, &p) {
		made.Where, made.Msg = p.where, p.err.Error()
	}
	return made
}

// placed is an error with its place in a record.
type placed struct {
	where string
	err   error
}

func (p *placed) Error() string { return p.where + ": " + p.err.Error() }

// at says where an error is; a place that it has already stays.
func at(where string, err error) error {
	if err == nil {
		return nil
	}
	var p *placed // on the heap
	if errors.As(err, &p) {
		return err
	}
	return &placed{where, err}
}
