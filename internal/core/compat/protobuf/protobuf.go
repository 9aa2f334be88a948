// Package protobuf says whether a reader with one Protobuf schema can read what
// was written with another.
//
// Messages of the two files are compared by their names without the package,
// fields by their numbers; names of fields, packages and the order of messages
// say nothing, for none of them is written. The messages that fields name are
// compared too where they come from another file. Which changes are refused
// follows Confluent's registry, and where that would let a value be lost or a
// record be unreadable we refuse as well: the table below is all of it, and
// docs/reference/compatibility-protobuf.md says the same in words.
package protobuf

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weirmesh/weir/internal/core/compat"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// CanRead lists what stops one who has the reader's schema from reading what was
// written with the writer's, by messages in the writer's order. There are at
// most [compat.MaxFindings].
func CanRead(reader, writer *protobuf.Schema) []schema.Mismatch {
	c := &check{
		reader: reader.Descriptor(), writer: writer.Descriptor(),
		seen: map[pair]bool{}, indexes: map[protoreflect.MessageDescriptor]*index{},
	}
	c.messages("", c.reader.Messages(), c.writer.Messages())
	return c.found
}

// check is one comparison.
type check struct {
	reader, writer protoreflect.FileDescriptor
	seen           map[pair]bool // that were compared, or are being
	indexes        map[protoreflect.MessageDescriptor]*index
	found          []schema.Mismatch
}

type pair struct{ reader, writer protoreflect.FullName }

func (c *check) full() bool { return len(c.found) >= compat.MaxFindings }

// report adds a finding of a rule. What the rule says is filled in.
func (c *check) report(path string, r rule, reader, writer string, words ...string) {
	if c.full() {
		return
	}
	fill := strings.NewReplacer(append([]string{"{reader}", reader, "{writer}", writer}, words...)...)
	c.found = append(c.found, schema.Mismatch{
		Path: path, Rule: r.name, Reader: reader, Writer: writer,
		Msg: fill.Replace(r.msg), Fix: fill.Replace(r.fix),
	})
}

// messages compares the messages of two files, or those inside two messages.
func (c *check) messages(path string, reader, writer protoreflect.MessageDescriptors) {
	named := make(map[protoreflect.Name]protoreflect.MessageDescriptor, reader.Len())
	for i := range reader.Len() {
		named[reader.Get(i).Name()] = reader.Get(i)
	}
	for i := range writer.Len() {
		w := writer.Get(i)
		if c.full() {
			return
		}
		if w.IsMapEntry() || c.isGroup(w) {
			continue
		}
		at := join(path, string(w.Name()))
		r := named[w.Name()]
		if r == nil || r.IsMapEntry() || c.isGroup(r) {
			c.report(at, messageRemoved, "no such message", "message "+string(w.Name()), "{name}", at)
			continue
		}
		c.message(at, r, w)
		c.messages(at, r.Messages(), w.Messages())
	}
}

// isGroup finds messages that are only the inside of a group.
func (c *check) isGroup(m protoreflect.MessageDescriptor) bool {
	holder, ok := m.Parent().(protoreflect.MessageDescriptor)
	if !ok {
		return false
	}
	f := c.index(holder).names[protoreflect.Name(strings.ToLower(string(m.Name())))]
	return f != nil && f.Kind() == protoreflect.GroupKind && f.Message() == m
}

// message compares two messages, once.
func (c *check) message(path string, r, w protoreflect.MessageDescriptor) {
	p := pair{r.FullName(), w.FullName()}
	if c.seen[p] || r == w {
		return
	}
	c.seen[p] = true
	if isSet(r) != isSet(w) {
		c.report(path, messageSetChanged, setName(r), setName(w))
	}
	c.fields(path, r, w)
	c.required(path, r, w)
	c.oneofs(path, r, w)
}

func (c *check) fields(path string, r, w protoreflect.MessageDescriptor) {
	for i := range w.Fields().Len() {
		if c.full() {
			return
		}
		wf := w.Fields().Get(i)
		at := join(path, string(wf.Name()))
		rf := c.index(r).numbers[wf.Number()]
		if rf != nil {
			c.field(at, rf, wf)
			continue
		}
		if wf.Cardinality() == protoreflect.Required {
			c.report(at, requiredFieldRemoved, "no field "+number(wf), describe(wf), "{number}", number(wf))
		}
	}
}

// required finds what the reader insists on and a writer may leave out.
func (c *check) required(path string, r, w protoreflect.MessageDescriptor) {
	for i := range r.Fields().Len() {
		rf := r.Fields().Get(i)
		if c.full() {
			return
		}
		if rf.Cardinality() != protoreflect.Required {
			continue
		}
		at := join(path, string(rf.Name()))
		switch wf := c.index(w).numbers[rf.Number()]; {
		case wf == nil:
			c.report(at, requiredFieldAdded, describe(rf), "no field "+number(rf), "{number}", number(rf))
		case wf.Cardinality() != protoreflect.Required:
			c.report(at, requiredFieldAdded, describe(rf), describe(wf), "{number}", number(rf))
		}
	}
}

func (c *check) field(path string, r, w protoreflect.FieldDescriptor) {
	switch rk, wk := kindOf(r), kindOf(w); {
	case rk != wk:
		c.report(path, fieldKindChanged, describe(r), describe(w), "{number}", number(w))
	case rk == mapKind:
		c.value(path+"{}", number(w), r.MapKey(), w.MapKey())
		c.value(path+"{}", number(w), r.MapValue(), w.MapValue())
	default:
		c.value(path, number(w), r, w)
	}
}

// value compares what stands in a field, or in the map of a field.
func (c *check) value(path, number string, r, w protoreflect.FieldDescriptor) {
	words := []string{"{number}", number}
	switch rk := kindOf(r); {
	case rk != kindOf(w):
		c.report(path, fieldKindChanged, describe(r), describe(w), words...)
	case rk != scalarKind:
		c.named(path, number, r, w)
	case encodingOf(r) != encodingOf(w):
		c.report(path, fieldScalarKindChanged, describe(r), describe(w), append(words, "{group}", encodings[encodingOf(w)])...)
	case encodingOf(r) != textEncoding && labelChanged(r, w):
		c.report(path, fieldNumericLabelChanged, describe(r), describe(w), words...)
	}
}

// labelChanged reports a change of label of a number. Repeated numbers are
// packed, which a reader of a single one skips. The other changes can be read;
// they are refused where both sides say a label, as other registries do.
func labelChanged(r, w protoreflect.FieldDescriptor) bool {
	if inMap(r) || r.Cardinality() == w.Cardinality() {
		return false
	}
	return w.IsList() || saysLabel(r) && saysLabel(w) && r.Cardinality() != protoreflect.Required
}

func inMap(f protoreflect.FieldDescriptor) bool { return f.ContainingMessage().IsMapEntry() }

// saysLabel leaves out fields of proto3 without a word before the type, and
// those of a oneof.
func saysLabel(f protoreflect.FieldDescriptor) bool {
	o := f.ContainingOneof()
	return f.IsList() || f.HasPresence() && (o == nil || o.IsSynthetic())
}

// named compares the messages of two fields. Those of both files themselves are
// compared where they stand.
func (c *check) named(path, number string, r, w protoreflect.FieldDescriptor) {
	rm, wm := r.Message(), w.Message()
	if local(rm) != local(wm) && kindOf(r) != groupKind {
		c.report(path, fieldNamedTypeChanged, describe(r), describe(w), "{number}", number)
		return
	}
	if kindOf(r) == groupKind || rm.ParentFile() != c.reader || wm.ParentFile() != c.writer {
		c.message(path, rm, wm)
	}
}

// oneofs compares who excludes whom.
func (c *check) oneofs(path string, r, w protoreflect.MessageDescriptor) {
	for _, o := range c.index(r).oneofs {
		c.joined(join(path, string(o.name)), o, c.index(w))
	}
	for _, o := range c.index(w).oneofs {
		if c.index(r).has[o.name] {
			c.left(join(path, string(o.name)), c.index(r), o)
		}
	}
}

// index finds what a message has; to look in the message itself takes as long
// as it is large.
type index struct {
	numbers map[protoreflect.FieldNumber]protoreflect.FieldDescriptor
	names   map[protoreflect.Name]protoreflect.FieldDescriptor
	in      map[protoreflect.FieldNumber]protoreflect.Name // the oneofs that fields are in
	oneofs  []oneof
	has     map[protoreflect.Name]bool // oneofs
}

// oneof is one that a text says; those that stand for proto3's optional are not.
type oneof struct {
	name   protoreflect.Name
	fields []protoreflect.FieldDescriptor
}

func (c *check) index(m protoreflect.MessageDescriptor) *index {
	x := c.indexes[m]
	if x == nil {
		x = newIndex(m)
		c.indexes[m] = x
	}
	return x
}

func newIndex(m protoreflect.MessageDescriptor) *index {
	n := m.Fields().Len()
	x := &index{
		numbers: make(map[protoreflect.FieldNumber]protoreflect.FieldDescriptor, n),
		names:   make(map[protoreflect.Name]protoreflect.FieldDescriptor, n),
		in:      map[protoreflect.FieldNumber]protoreflect.Name{}, has: map[protoreflect.Name]bool{},
	}
	for i := range n {
		f := m.Fields().Get(i)
		x.numbers[f.Number()], x.names[f.Name()] = f, f
	}
	for i := range m.Oneofs().Len() {
		x.oneof(m.Oneofs().Get(i))
	}
	return x
}

func (x *index) oneof(d protoreflect.OneofDescriptor) {
	if d.IsSynthetic() {
		return
	}
	o := oneof{name: d.Name()}
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		o.fields = append(o.fields, f)
		x.in[f.Number()] = o.name
	}
	x.oneofs, x.has[o.name] = append(x.oneofs, o), true
}

// joined finds fields that exclude each other for the reader and did not for the
// writer: one of the values is lost.
func (c *check) joined(path string, o oneof, w *index) {
	single := 0
	from := map[protoreflect.Name]bool{}
	var names []string
	for _, f := range o.fields {
		wf := w.numbers[f.Number()]
		if wf == nil || c.full() {
			continue
		}
		names = append(names, string(wf.Name()))
		if other, inside := w.in[f.Number()]; inside {
			from[other] = true
		} else {
			single++
		}
	}
	fields := strings.Join(names, ", ")
	switch {
	case single > 1 || len(from) > 1:
		c.report(path, multipleFieldsMovedToOneof, "oneof "+string(o.name), fields, "{fields}", fields)
	case single == 1 && len(from) == 1:
		c.report(path, fieldMovedToExistingOneof, "oneof "+string(o.name), fields, "{fields}", fields)
	}
}

// left finds fields of a oneof that the reader does not have at all.
func (c *check) left(path string, r *index, o oneof) {
	for _, f := range o.fields {
		if c.full() {
			return
		}
		if r.numbers[f.Number()] == nil {
			c.report(join(path, string(f.Name())), oneofFieldRemoved, "no field "+number(f), describe(f), "{number}", number(f))
		}
	}
}
