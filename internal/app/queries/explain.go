package queries

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Understood is a statement as Weir understood it.
type Understood struct {
	Inputs      []string // products, each once, in the order of the text
	Columns     []Column
	Key         []string
	Mode        sqlang.Mode
	Kind        weir.Kind
	Encoding    weir.Encoding
	KeyEncoding weir.KeyEncoding
	Schema      string // of the result's values
	EventTime   string // the column that carries it; empty: none
	Depth       int    // derivations below it
	Plan        string // the operators, one on a line, each above what it works on
}

// Column is a column of a result, with what it is made of.
type Column struct {
	sqlang.Column
	From []From
}

// From is a field of a product on which a column depends.
type From struct {
	Product, Field string
	Direct         bool
	Masked         string // the function by which it is; empty: it is not
}

// Explain says how a statement is understood, with the rights of the caller. It
// makes nothing.
func (q *Queries) Explain(ctx context.Context, by weir.Principal, statement string, encoding weir.Encoding) (Understood, error) {
	u, _, err := q.understand(ctx, by, statement, encoding)
	return u, err
}

// understood is a statement with what it is about.
type understood struct {
	*shape
	used []used
}

// resultName is what the record of a result is called that has no product yet.
const resultName = "query.result"

func (q *Queries) understand(ctx context.Context, by weir.Principal, statement string, encoding weir.Encoding) (Understood, understood, error) {
	var plan *sqlang.Plan
	var inputs []used
	err := q.view(ctx, func(v weir.View) (err error) {
		plan, inputs, err = q.compile(ctx, v, by, statement)
		return err
	})
	if err != nil {
		return Understood{}, understood{}, err
	}
	s, err := shapeOf(plan, resultName, encoding, inputs)
	if err != nil {
		return Understood{}, understood{}, err
	}
	return s.told(), understood{s, inputs}, nil
}

// told is a shape as people are told of it.
func (s *shape) told() Understood {
	u := Understood{
		Key: s.keyNames(), Mode: s.plan.Mode, Kind: s.kind(), Encoding: s.encoding, KeyEncoding: s.keyEncoding, Schema: s.schema,
		Depth: s.plan.Depth, Plan: s.plan.String(),
	}
	if s.plan.EventTime >= 0 {
		u.EventTime = s.plan.Columns[s.plan.EventTime].Name
	}
	for _, in := range s.plan.Inputs {
		u.Inputs = append(u.Inputs, in.Name)
	}
	for _, c := range s.plan.Columns {
		out := Column{Column: c}
		for _, f := range c.From {
			out.From = append(out.From, From{s.plan.Inputs[f.Input].Name, f.Path, f.Direct, f.Masked})
		}
		u.Columns = append(u.Columns, out)
	}
	return u
}
