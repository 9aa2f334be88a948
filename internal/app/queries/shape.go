package queries

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// shape is what the records of a result are.
type shape struct {
	plan        *sqlang.Plan
	encoding    weir.Encoding
	keyEncoding weir.KeyEncoding
	fields      []record.ColumnField // of the values
	key         []record.ColumnField
	schema      string // of the values
}

// shapeOf decides how the result of a plan is written. encoding is what was asked
// for; empty is that of the first input.
func shapeOf(plan *sqlang.Plan, name string, encoding weir.Encoding, inputs []used) (*shape, error) {
	s := &shape{plan: plan, encoding: encoding, fields: columnFields(plan, all(len(plan.Columns))), key: columnFields(plan, plan.Key)}
	if s.encoding == "" && len(inputs) > 0 {
		s.encoding = inputs[0].product.Encoding
	}
	format := s.encoding.SchemaFormat()
	if format == "" {
		return nil, weir.Errorf(weir.Invalid, "values in %s have no schema, so the result has no columns in it", or(s.encoding, "nothing")).At("encoding").
			WithFix("use json, avro or json-schema")
	}
	s.keyEncoding = s.keys(inputs)
	docs := make([]string, len(plan.Columns))
	for i, c := range plan.Columns {
		docs[i] = c.Doc
	}
	base, _ := weir.SplitMajor(name) // so that what reads one major can be told to read the next
	var err error
	s.schema, err = record.SchemaText(format, base, s.fields, docs)
	return s, err
}

func all(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// columnFields are columns of a result as fields of records.
func columnFields(plan *sqlang.Plan, columns []int) []record.ColumnField {
	out := make([]record.ColumnField, len(columns))
	for i, c := range columns {
		col := plan.Columns[c]
		out[i] = record.ColumnField{Path: col.Name, Type: col.Type, Nullable: col.Nullable}
	}
	return out
}

// keys chooses the encoding of the result's keys: that of an input whose key they
// are, so that equal keys are equal bytes, else the plainest that holds them.
func (s *shape) keys(inputs []used) weir.KeyEncoding {
	can := func(e weir.KeyEncoding) bool {
		_, err := record.NewEncoder(record.EncoderConfig{KeyEncoding: e, Fields: s.key})
		return err == nil
	}
	if len(s.key) == 0 {
		return weir.KeyString
	}
	for i, in := range inputs {
		e := in.product.KeyEncoding
		if (e == weir.KeyString || e == weir.KeyLong) && s.isKeyOf(i, in.product) && can(e) {
			return e
		}
	}
	for _, e := range []weir.KeyEncoding{weir.KeyString, weir.KeyLong} {
		if len(s.key) == 1 && can(e) {
			return e
		}
	}
	return weir.KeyJSON
}

// isKeyOf reports whether the result's key is that of an input, unchanged.
func (s *shape) isKeyOf(input int, p *weir.Product) bool {
	if len(p.Key) != len(s.plan.Key) {
		return false
	}
	for i, c := range s.plan.Key {
		from := s.plan.Columns[c].From
		if !slices.ContainsFunc(from, func(f sqlang.Source) bool {
			return f.Direct && f.Masked == "" && f.Input == input && f.Path == p.Key[i]
		}) {
			return false
		}
	}
	return true
}

// keyNames are the fields of the values that the key holds.
func (s *shape) keyNames() []string {
	var names []string
	for _, f := range s.key {
		names = append(names, f.Path)
	}
	return names
}

// kind is how the records are meant.
func (s *shape) kind() weir.Kind {
	if s.plan.Mode == sqlang.Upsert {
		return weir.KindTable
	}
	return weir.KindStream
}

// notes are what the plan knows of the result's fields and the schema does not
// say.
func (s *shape) notes() []weir.FieldNote {
	var notes []weir.FieldNote
	for _, c := range s.plan.Columns {
		n := weir.FieldNote{Path: c.Name, Classification: c.Classification, Unit: c.Unit}
		if n.Classification == weir.ClassInternal {
			n.Classification = "" // as anything is of which nobody says otherwise
		}
		if n.Classification != "" || n.Unit != "" {
			notes = append(notes, n)
		}
	}
	return notes
}

// access is who of those that know of the result gets it: whom an owner allows,
// if that is so of an input or if a column is sensitive.
func (s *shape) access(inputs []used) weir.AccessMode {
	for _, in := range inputs {
		if in.product.Access == weir.AccessRequest {
			return weir.AccessRequest
		}
	}
	for _, c := range s.plan.Columns {
		if c.Classification == weir.ClassPersonal || c.Classification == weir.ClassSecret {
			return weir.AccessRequest
		}
	}
	return weir.AccessOpen
}

// product is what the result is as a product, without domain and owner.
func (s *shape) product(name string, inputs []used) *weir.Product {
	_, major := weir.SplitMajor(name)
	p := &weir.Product{
		Name: name, Major: major, Kind: s.kind(), Encoding: s.encoding, KeyEncoding: s.keyEncoding, Key: s.keyNames(),
		Visibility: weir.VisibleDomain, Access: s.access(inputs), Partitions: weir.DefaultPartitions,
		About: weir.About{
			Type: weir.TypeAggregate, Lifecycle: weir.Proposed, Lateness: s.plan.Delay, Fields: s.notes(),
			Quality: lowest(inputs), SLA: laxest(inputs),
		},
	}
	if len(inputs) > 0 {
		p.Partitions = min(inputs[0].product.Partitions, weir.MaxPartitions)
		p.Retention = inputs[0].product.Retention
	}
	if s.plan.EventTime >= 0 {
		p.EventTime = s.plan.Columns[s.plan.EventTime].Name
	}
	p.Description = "Made by a query of " + list(inputs)
	return p
}

// list names inputs.
func list(inputs []used) string {
	var names []string
	for _, in := range inputs {
		names = append(names, in.product.Name)
	}
	return strings.Join(names, ", ")
}

// lowest is how far the result can be trusted: no further than the least of its
// inputs, and not known if that of one is not.
func lowest(inputs []used) weir.QualityTier {
	order := []weir.QualityTier{weir.QualityAuthoritative, weir.QualityCurated, weir.QualityRaw}
	return last(order, inputs, func(p *weir.Product) weir.QualityTier { return p.Quality })
}

// laxest is how soon the result is mended: no sooner than the last of its inputs.
func laxest(inputs []used) weir.SLATier {
	order := []weir.SLATier{weir.SLATier1, weir.SLATier2, weir.SLATier3}
	return last(order, inputs, func(p *weir.Product) weir.SLATier { return p.SLA })
}

// last is the tier of the inputs that stands last in an order; empty if one has
// none.
func last[T ~string](order []T, inputs []used, of func(*weir.Product) T) T {
	worst := -1
	for _, in := range inputs {
		i := slices.Index(order, of(in.product))
		if i < 0 {
			return ""
		}
		worst = max(worst, i)
	}
	if worst < 0 {
		return ""
	}
	return order[worst]
}
