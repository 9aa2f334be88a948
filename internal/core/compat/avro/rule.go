package avro

import (
	"slices"

	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// expand compares the two types of a pair. This is the table of the docs.
func (c *checker) expand(n *node) {
	r, w := n.reader, n.writer
	switch {
	case w.Kind == avro.Union:
		c.writerUnion(n)
	case r.Kind == avro.Union:
		c.readerUnion(n)
	case r.Kind != w.Kind && !promotes(w.Kind, r.Kind):
		c.wrong(n, "", typeMismatch(r, w))
	case r.Kind == avro.Array:
		c.needs(n, "[]", r.Elem, w.Elem)
	case r.Kind == avro.Map:
		c.needs(n, "{}", r.Elem, w.Elem)
	case r.Kind.Named():
		c.named(n)
	default:
		c.decimal(n)
	}
}

// promotions says as what a reader may take a writer's primitive type.
var promotions = map[avro.Kind][]avro.Kind{
	avro.Int:    {avro.Long, avro.Float, avro.Double},
	avro.Long:   {avro.Float, avro.Double},
	avro.Float:  {avro.Double},
	avro.String: {avro.Bytes},
	avro.Bytes:  {avro.String},
}

func promotes(writer, reader avro.Kind) bool { return slices.Contains(promotions[writer], reader) }

// writerUnion: the reader has to read every branch.
func (c *checker) writerUnion(n *node) {
	for _, b := range n.writer.Branches {
		c.needs(n, "", n.reader, b)
	}
}

// readerUnion: one branch has to read what the writer writes. The first of
// those that are tried is the one that the author will have meant.
func (c *checker) readerUnion(n *node) {
	n.choice = true
	x := c.index(n.reader)
	tried := x.candidates(n.writer)
	c.work += len(tried)
	for _, b := range tried {
		c.needs(n, branchStep(n.reader, b), b, n.writer)
	}
	if len(tried) == 0 {
		c.wrong(n, "", missingBranch(n.reader, n.writer))
	} else if n.good == 0 {
		c.spoil(n)
	}
}

// branchStep is the part of a path that says which branch it is: of a union
// that is more than an optional record, the record's name.
func branchStep(union, branch *avro.Type) string {
	if _, optional := union.Nullable(); optional || branch.Kind != avro.Record {
		return ""
	}
	return branch.Name.Short
}

// named compares names, and then what the types are made of.
func (c *checker) named(n *node) {
	r, w := n.reader, n.writer
	c.work += len(r.Aliases) / 16
	if !sameName(r, w) {
		c.wrong(n, "", nameMismatch(r, w))
	}
	switch r.Kind {
	case avro.Fixed:
		if r.Size != w.Size {
			c.wrong(n, "", sizeMismatch(r, w))
		}
		c.decimal(n)
	case avro.Enum:
		c.enum(n)
	case avro.Record:
		c.record(n)
	}
}

// sameName: names are the same without their namespaces, or the writer's full
// name is an alias of the reader's type.
func sameName(r, w *avro.Type) bool {
	return r.Name.Short == w.Name.Short || slices.Contains(r.Aliases, w.Name)
}

// enum: the reader knows all symbols, or has a default for the others.
func (c *checker) enum(n *node) {
	r, w := n.reader, n.writer
	if r.Default != "" {
		return
	}
	c.work += (len(r.Symbols) + len(w.Symbols)) / 8
	known := make(map[string]bool, len(r.Symbols))
	for _, s := range r.Symbols {
		known[s] = true
	}
	var missing []string
	for _, s := range w.Symbols {
		if !known[s] {
			missing = append(missing, s)
		}
	}
	if len(missing) > 0 {
		c.wrong(n, "", missingSymbols(r, w, missing))
	}
}

// record: each field of the reader is one of the writer's, which it can read,
// or has a default. Fields of the writer alone are skipped when reading.
func (c *checker) record(n *node) {
	x := c.index(n.writer)
	c.work += len(n.reader.Fields)
	for _, f := range n.reader.Fields {
		c.work += len(f.Aliases) / 16
		switch same := x.same(f); {
		case len(same) > 1:
			c.wrong(n, f.Name, ambiguousAlias(f, same))
		case len(same) == 1:
			c.needs(n, f.Name, f.Type, same[0].Type)
		case !f.HasDefault:
			c.wrong(n, f.Name, missingDefault(f, n.writer))
		}
	}
}

// decimal: bytes that both sides take for a number have the same scale, and
// the reader as many digits as the writer or more.
func (c *checker) decimal(n *node) {
	r, w := n.reader.Decimal, n.writer.Decimal
	if r == nil || w == nil || r.Scale == w.Scale && r.Precision >= w.Precision {
		return
	}
	c.wrong(n, "", decimalMismatch(n.reader, n.writer))
}

// index finds fields of a writer's record, or branches of a reader's union.
type index struct {
	fields map[string]*avro.Field
	kinds  map[avro.Kind][]*avro.Type // branches that have no name
	short  map[string][]*avro.Type    // by the name without namespace
	alias  map[avro.Name][]*avro.Type
}

func (c *checker) index(t *avro.Type) *index {
	x, ok := c.indexes[t]
	if !ok {
		x = newIndex(t)
		c.indexes[t] = x
	}
	return x
}

func newIndex(t *avro.Type) *index {
	x := &index{map[string]*avro.Field{}, map[avro.Kind][]*avro.Type{}, map[string][]*avro.Type{}, map[avro.Name][]*avro.Type{}}
	for _, f := range t.Fields {
		x.fields[f.Name] = f
	}
	for _, b := range t.Branches {
		if !b.Kind.Named() {
			x.kinds[b.Kind] = append(x.kinds[b.Kind], b)
			continue
		}
		x.short[b.Name.Short] = append(x.short[b.Name.Short], b)
		for _, a := range b.Aliases {
			x.alias[a] = append(x.alias[a], b)
		}
	}
	return x
}

// same lists the writer's fields that a reader's field is, by its name and its
// aliases.
func (x *index) same(f *avro.Field) (list []*avro.Field) {
	seen := map[string]bool{}
	for _, name := range append([]string{f.Name}, f.Aliases...) {
		if w, ok := x.fields[name]; ok && !seen[name] {
			seen[name] = true
			list = append(list, w)
		}
	}
	return list
}

// candidates lists the branches that may read a writer's type; the rest cannot
// for the kind or the name alone. A branch of the same full name comes first. A
// primitive type is read by the branch of the same kind if there is one.
func (x *index) candidates(w *avro.Type) []*avro.Type {
	if !w.Kind.Named() {
		list := x.kinds[w.Kind]
		for _, k := range promotions[w.Kind] {
			if len(list) == 0 {
				list = x.kinds[k]
			}
		}
		return list
	}
	var exact, list []*avro.Type
	for _, b := range append(slices.Clone(x.short[w.Name.Short]), x.alias[w.Name]...) {
		switch {
		case b.Kind != w.Kind || slices.Contains(list, b):
		case b.Name == w.Name:
			exact = append(exact, b)
		default:
			list = append(list, b)
		}
	}
	return append(exact, list...)
}
