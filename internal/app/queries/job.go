package queries

import (
	"context"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/flow"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Job is what the engine shall run for a query, understood with the rights that
// its application has now. A refusal says why the query cannot go on; Unavailable
// when something is not made yet.
func (q *Queries) Job(ctx context.Context, it *weir.Query) (flow.Job, error) {
	var job flow.Job
	err := q.view(ctx, func(v weir.View) (err error) {
		job, err = q.job(ctx, v, it)
		return err
	})
	return job, err
}

func (q *Queries) job(ctx context.Context, v weir.View, it *weir.Query) (flow.Job, error) {
	if err := q.mayRun(ctx, v, it); err != nil {
		return flow.Job{}, err
	}
	by, err := asApplication(ctx, v, it.Application)
	if err != nil {
		return flow.Job{}, err
	}
	plan, used, err := q.compile(ctx, v, by, it.Statement)
	if err != nil {
		return flow.Job{}, err
	}
	p, _, err := weir.Find[*weir.Product](ctx, v, weir.Ref{Noun: weir.NounProduct, UID: it.Product})
	if err != nil {
		return flow.Job{}, err
	}
	job := flow.Job{
		Query: it.UID, Run: it.Run, Name: p.Topic(), Application: by.Ref.Name, Plan: plan, Journal: it.Journal(), AtEnd: it.AtEnd,
		Epoch: time.Duration(it.Epoch), MaxState: or(q.cfg.MaxState, DefaultState),
	}
	if job.Sources, err = q.sources(ctx, plan, used); err != nil {
		return job, err
	}
	if job.Sink, err = q.sink(ctx, plan, p); err != nil {
		return job, err
	}
	if !it.Aside.IsZero() {
		s, _, err := weir.Find[*weir.Stream](ctx, v, weir.Ref{Noun: weir.NounStream, UID: it.Aside})
		if err != nil {
			return job, err
		}
		job.Aside = s.Topic()
	}
	return job, made(ctx, v, job)
}

// made refuses, as Unavailable, a job whose topics are not all there.
func made(ctx context.Context, v weir.View, job flow.Job) error {
	topics := []string{job.Sink.Topic, job.Journal}
	for _, s := range job.Sources {
		topics = append(topics, s.Topic)
	}
	if job.Aside != "" {
		topics = append(topics, job.Aside)
	}
	for _, name := range topics {
		t, _, err := weir.Find[*weir.Topic](ctx, v, weir.Ref{Noun: weir.NounTopic, Name: name})
		if err != nil && !weir.NotFound.In(err) {
			return err
		}
		if err != nil || t.State != weir.TopicMade {
			return weir.Errorf(weir.Unavailable, "the topic %s is not made yet", name).WithFix("try again in a moment; weir topic list says what it waits for")
		}
	}
	return nil
}

// sources are how the inputs of a plan are read.
func (q *Queries) sources(ctx context.Context, plan *sqlang.Plan, used []used) ([]flow.Source, error) {
	out := make([]flow.Source, len(plan.Inputs))
	for i, p := range used {
		s, err := q.source(ctx, p.product)
		if err != nil {
			return nil, err
		}
		for _, scan := range plan.Scans(i) {
			s.Value.Fields = append(s.Value.Fields, valueFields(plan.Inputs[i], scan)...)
			s.Key.Fields = append(s.Key.Fields, keyFields(plan.Inputs[i], scan)...)
		}
		out[i] = s
	}
	return out, nil
}

// valueFields are the fields of values that a scan wants.
func valueFields(in *sqlang.Input, scan *sqlang.Scan) []record.ColumnField {
	var out []record.ColumnField
	for _, f := range scan.Fields {
		if f >= 0 {
			out = append(out, columnField(in.Fields[f]))
		}
	}
	return out
}

// keyFields are the fields of keys that the scan of a table wants: a record
// without a value has no others.
func keyFields(in *sqlang.Input, scan *sqlang.Scan) []record.ColumnField {
	if !scan.Table {
		return nil
	}
	var out []record.ColumnField
	for _, c := range scan.Key {
		if f := scan.Fields[c]; f >= 0 {
			out = append(out, columnField(in.Fields[f]))
		}
	}
	return out
}

func columnField(f sqlang.Field) record.ColumnField {
	return record.ColumnField{Path: f.Path, Type: f.Type, Nullable: f.Nullable}
}

// source is how the records of a product are read, without the fields.
func (q *Queries) source(ctx context.Context, p *weir.Product) (flow.Source, error) {
	s := flow.Source{
		Topic: p.OnCluster(),
		Value: record.DecoderConfig{Encoding: p.Encoding},
		Key:   record.DecoderConfig{KeyEncoding: p.KeyEncoding},
	}
	if p.KeyEncoding == weir.KeyAvro || p.KeyEncoding == weir.KeyProtobuf {
		s.Key.SchemaOf = q.schemaOf(p.Subject(weir.OfKey))
	}
	if p.Encoding != weir.EncodingJSON {
		s.Value.SchemaOf = q.schemaOf(p.Subject(weir.OfValue))
	}
	var err error
	_, s.Value.Schema, err = q.cfg.Schemas.LatestSchema(ctx, p.Subject(weir.OfValue))
	if err != nil || p.SchemaFormat(weir.OfKey) == "" {
		return s, err
	}
	_, s.Key.Schema, err = q.cfg.Schemas.LatestSchema(ctx, p.Subject(weir.OfKey))
	if weir.NotFound.In(err) {
		err = nil
	}
	return s, err
}

// schemaFor bounds how long a record waits for its schema.
const schemaFor = 5 * time.Second

// schemaOf finds the schemas of records by their ids: those of a subject alone.
func (q *Queries) schemaOf(subject string) func(weir.SchemaID) (schema.Schema, error) {
	return func(id weir.SchemaID) (schema.Schema, error) {
		ctx, cancel := context.WithTimeout(context.Background(), schemaFor)
		defer cancel()
		return q.cfg.Schemas.SchemaIn(ctx, subject, id)
	}
}

// sink is how the result is written: with the latest schema of the product, which
// must be able to hold it.
func (q *Queries) sink(ctx context.Context, plan *sqlang.Plan, p *weir.Product) (flow.Sink, error) {
	id, s, err := q.cfg.Schemas.LatestSchema(ctx, p.Subject(weir.OfValue))
	if weir.NotFound.In(err) {
		return flow.Sink{}, weir.Errorf(weir.Conflict, "%s has no schema any more", p.Name).
			WithFix("register it again: weir schema register %s FILE; then: weir query start %s", p.Subject(weir.OfValue), p.Name)
	}
	if err != nil {
		return flow.Sink{}, err
	}
	if err := holds(s, p, plan); err != nil {
		return flow.Sink{}, err
	}
	out := flow.Sink{
		Topic: p.OnCluster(),
		Value: record.EncoderConfig{Encoding: p.Encoding, Fields: columnFields(plan, all(len(plan.Columns))), Schema: s, ID: id},
		Key:   record.EncoderConfig{KeyEncoding: p.KeyEncoding, Fields: columnFields(plan, plan.Key)},
	}
	if p.Encoding == weir.EncodingJSON {
		out.Value.ID = 0
	}
	return out, nil
}

// holds refuses a plan whose result is not what the product promises: an input
// has changed since the query was made.
func holds(s schema.Schema, p *weir.Product, plan *sqlang.Plan) error {
	promised, err := record.ColumnsOf(s, p.Encoding)
	if err != nil {
		return err
	}
	now, err := written(p, plan)
	if err != nil {
		return err
	}
	for _, c := range now {
		i := slices.IndexFunc(promised, func(f record.ColumnField) bool { return f.Path == c.Path })
		switch {
		case i < 0:
			return changed(p, "the schema of %s has no field %s", p.Name, c.Path)
		case promised[i].Type.Kind != c.Type.Kind:
			return changed(p, "%s is %s now, and %s promises %s", c.Path, c.Type, p.Name, promised[i].Type)
		case c.Nullable && !promised[i].Nullable:
			return changed(p, "%s can be null now, and %s promises a value", c.Path, p.Name)
		}
	}
	if !slices.Equal(p.Key, keyed(plan)) {
		return changed(p, "its key is another one now than %s promises", p.Name)
	}
	return nil
}

// written are the columns of a result as the schema made of it has them.
func written(p *weir.Product, plan *sqlang.Plan) ([]record.ColumnField, error) {
	f := p.Encoding.SchemaFormat()
	text, err := record.SchemaText(f, p.Name, columnFields(plan, all(len(plan.Columns))), make([]string, len(plan.Columns)))
	if err != nil {
		return nil, err
	}
	s, err := format.Parse(f, schema.Source{Text: text})
	if err != nil {
		return nil, err
	}
	return record.ColumnsOf(s, p.Encoding)
}

func changed(p *weir.Product, format string, args ...any) error {
	return weir.Errorf(weir.Conflict, "the result is not what it was: "+format, args...).
		WithFix("let the inputs be as they were, or make the next major of the statement beside this one: weir query create %s --sql ...", nextMajor(p.Name))
}

// keyed are the names of a result's key.
func keyed(plan *sqlang.Plan) []string {
	var names []string
	for _, c := range plan.Key {
		names = append(names, plan.Columns[c].Name)
	}
	return names
}

// Standing refuses a query that may not run any more, and says in one text what a
// job of it depends on: as long as that is the same, so is the job.
func (q *Queries) Standing(ctx context.Context, v weir.View, it *weir.Query) (string, error) {
	if err := q.mayRun(ctx, v, it); err != nil {
		return "", err
	}
	about := []any{it.Run, it.Epoch, it.AtEnd, it.Aside, it.Statement}
	for i, uid := range append(slices.Clone(it.Inputs), it.Product) {
		p, _, err := sourceOf(ctx, v, uid)
		if err != nil {
			return "", err
		}
		rev, err := subjectRevision(ctx, v, p)
		if err != nil {
			return "", err
		}
		about = append(about, i, p.OnCluster(), p.Kind, p.Encoding, p.KeyEncoding, p.Key, p.EventTime, p.Lateness, rev)
	}
	b, err := weir.Canonical(about)
	return string(b), err
}
