package record

import (
	"bytes"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// maxMessagePlans bounds the messages of one schema for which there are plans.
const maxMessagePlans = 100

// protoPlan reads the records of a schema: each names its message.
type protoPlan struct {
	schema *protobuf.Schema
	cfg    DecoderConfig
	want   *wish
	bare   bool // records do not name their message: it is the first
	plans  []*messagePlan
}

// messagePlan reads one message.
type messagePlan struct {
	at     []byte // its position, as records say it
	err    error  // why it cannot be read
	desc   protoreflect.MessageDescriptor
	root   *protoNode
	wholes []protoWhole
	row    uint64
}

// protoNode is a message of which something is wanted.
type protoNode struct {
	special  special
	near     []*protoField // by number, for the first ones
	far      map[protowire.Number]*protoField
	defaults []protoColumn // of fields without presence
	absent   []int         // columns that are null until their field comes
	row      uint64        // for which it was begun
	inner    []*protoNode
	columns  []protoColumn // of a special one
	slots    [3]int64      // of a special one: its fields
	octets   []byte
}

// protoField is a field that is wanted.
type protoField struct {
	wire    protowire.Type
	columns []protoColumn
	slot    int // of a special message: one more than the place
	node    *protoNode
	others  []*protoField // of its oneof
	all     []int         // columns of it, and below
}

// protoColumn is a column that is made of a field.
type protoColumn struct {
	column int
	field  protoreflect.FieldDescriptor
	path   string
	names  map[protoreflect.EnumNumber][]byte
}

// protoWhole is a column of JSON, which is made of the whole record.
type protoWhole struct {
	column int
	path   []protoreflect.FieldDescriptor
	where  string
}

// nearFields is how many numbers are found without a map.
const nearFields = 128

func protoPlanOf(s schema.Schema, cfg DecoderConfig, want *wish) (plan, error) {
	p, ok := s.(*protobuf.Schema)
	if !ok {
		return nil, weir.Errorf(weir.Invalid, "a schema of %s says nothing about Protobuf", s.Format())
	}
	return &protoPlan{schema: p, cfg: cfg, want: want, bare: cfg.SchemaOf == nil}, nil
}

func (p *protoPlan) read(o *output, b []byte) error {
	position, rest := []byte{0}, b
	if !p.bare {
		var err error
		if _, rest, err = indexes(b); err != nil {
			return err
		}
		position = b[:len(b)-len(rest)]
	}
	m := p.planOf(position)
	if m.err != nil {
		return m.err
	}
	return m.read(o, rest)
}

// planOf finds the plan of the message at a position.
func (p *protoPlan) planOf(position []byte) *messagePlan {
	for _, m := range p.plans {
		if bytes.Equal(m.at, position) {
			return m
		}
	}
	m := &messagePlan{at: bytes.Clone(position)}
	m.err = p.compile(m)
	if len(p.plans) >= maxMessagePlans {
		p.plans = nil
	}
	p.plans = append(p.plans, m)
	return m
}

func (p *protoPlan) compile(m *messagePlan) error {
	at, _, err := indexes(m.at)
	if err != nil {
		return err
	}
	if m.desc = p.schema.Message(at); m.desc == nil {
		return fmt.Errorf("its schema has no message at the position %v", at)
	}
	var reader protoreflect.MessageDescriptor
	if r, ok := p.cfg.Schema.(*protobuf.Schema); ok {
		reader = r.Message(nil)
	}
	if first := len(at) == 0 || len(at) == 1 && at[0] == 0; !first && reader != nil && reader.Name() != m.desc.Name() {
		return fmt.Errorf("it is a message %s, and %s is read", m.desc.FullName(), reader.FullName())
	}
	c := &protoCompiler{plan: m, fields: p.cfg.Fields, schema: p.schema}
	m.root, err = c.message(m.desc, reader, p.wanted(m.desc), nil)
	return err
}

// wanted is what is read of a message; of a key, its only field may stand under
// any name.
func (p *protoPlan) wanted(d protoreflect.MessageDescriptor) *wish {
	one := p.cfg.single()
	if one == nil || d.Fields().Len() != 1 || p.cfg.Schema != nil {
		return p.want
	}
	one.name = string(d.Fields().Get(0).Name())
	return &wish{below: []*wish{one}, all: one.all}
}

// protoCompiler makes a messagePlan.
type protoCompiler struct {
	plan   *messagePlan
	schema *protobuf.Schema
	fields []ColumnField
}

// message compiles a message of which fields are wanted; r is the reader's, if it
// is known, by whose numbers they are found.
func (c *protoCompiler) message(d, r protoreflect.MessageDescriptor, w *wish, path []protoreflect.FieldDescriptor) (*protoNode, error) {
	n := &protoNode{near: make([]*protoField, nearFields), far: map[protowire.Number]*protoField{}}
	groups := map[protoreflect.OneofDescriptor][]*protoField{}
	if len(w.columns) > 0 && len(path) == 0 {
		for _, col := range w.columns {
			c.plan.wholes = append(c.plan.wholes, protoWhole{col, nil, w.where()})
		}
	}
	for _, b := range w.below {
		f, inner := fieldIn(d, r, b.name)
		if f == nil {
			n.absent = append(n.absent, b.all...)
			continue
		}
		made, err := c.field(n, f, inner, b, path)
		if err != nil {
			return nil, err
		}
		if group := f.ContainingOneof(); group != nil && !group.IsSynthetic() {
			groups[group] = append(groups[group], made)
		}
	}
	c.oneofs(d, n, groups)
	return n, nil
}

// fieldIn finds a field by the number that it has in the reader's message, or by
// its name; inner is the reader's message in it.
func fieldIn(d, r protoreflect.MessageDescriptor, name string) (f protoreflect.FieldDescriptor, inner protoreflect.MessageDescriptor) {
	if r == nil {
		return d.Fields().ByName(protoreflect.Name(name)), nil
	}
	known := r.Fields().ByName(protoreflect.Name(name))
	if known == nil {
		return nil, nil
	}
	return d.Fields().ByNumber(known.Number()), known.Message()
}

// oneofs lets each member of a oneof know the others that are wanted; those that
// are not are followed too, since they take the place of one that is.
func (c *protoCompiler) oneofs(d protoreflect.MessageDescriptor, n *protoNode, groups map[protoreflect.OneofDescriptor][]*protoField) {
	for group, members := range groups {
		for i := range group.Fields().Len() {
			f := group.Fields().Get(i)
			own := n.field(f.Number())
			if own == nil {
				own = &protoField{wire: wireOf(f)}
				n.set(f.Number(), own)
			}
			for _, m := range members {
				if m != own {
					own.others = append(own.others, m)
				}
			}
		}
	}
}

// field compiles what is wanted of a field.
func (c *protoCompiler) field(n *protoNode, f protoreflect.FieldDescriptor, r protoreflect.MessageDescriptor, w *wish, path []protoreflect.FieldDescriptor) (*protoField, error) {
	made := &protoField{wire: wireOf(f), all: w.all}
	way := append(path[:len(path):len(path)], f)
	whole := f.IsList() || f.IsMap()
	for _, col := range w.columns {
		p := protoColumn{column: col, field: f, path: w.path, names: namesOf(f)}
		if c.fields[col].Type.Kind == column.JSON && (whole || f.Message() != nil || f.Kind() != protoreflect.StringKind || markedKind(c.schema, f) != column.JSON) {
			c.plan.wholes = append(c.plan.wholes, protoWhole{col, way, w.where()})
			n.absent = append(n.absent, col)
			continue
		}
		if whole || !c.fits(f, c.fields[col].Type) {
			return nil, protoConflict(w.where(), f, c.fields[col].Type.String())
		}
		made.columns = append(made.columns, p)
		if f.HasPresence() {
			n.absent = append(n.absent, col)
		} else {
			n.defaults = append(n.defaults, p)
		}
	}
	if len(w.below) > 0 && (whole || f.Message() == nil) {
		return nil, protoConflict(w.where(), f, "a message with fields")
	}
	var err error
	if f.Message() != nil && !whole && (len(w.below) > 0 || len(made.columns) > 0) {
		err = c.inside(n, made, f, r, w, way)
	}
	if len(made.columns) > 0 || made.node != nil {
		n.set(f.Number(), made)
	}
	return made, err
}

// inside compiles a field that is a message.
func (c *protoCompiler) inside(n *protoNode, made *protoField, f protoreflect.FieldDescriptor, r protoreflect.MessageDescriptor, w *wish, way []protoreflect.FieldDescriptor) (err error) {
	if made.node, err = c.message(f.Message(), r, &wish{path: w.path, below: w.below}, way); err != nil {
		return err
	}
	n.inner = append(n.inner, made.node)
	for _, b := range w.below {
		n.absent = append(n.absent, b.all...)
	}
	s := specialOf(f.Message())
	if len(made.columns) == 0 || s == noSpecial {
		return nil
	}
	made.node.special, made.node.columns = s, made.columns
	made.columns = nil
	made.node.slotsOf(s, f.Message())
	return nil
}

// slotsOf lets a special message's fields go where its value is made of them.
func (n *protoNode) slotsOf(s special, m protoreflect.MessageDescriptor) {
	if s == wrapperMessage {
		f := m.Fields().Get(0)
		own := n.member(f)
		for _, c := range n.columns {
			inner := protoColumn{column: c.column, field: f, path: c.path}
			own.columns = append(own.columns, inner)
			n.defaults = append(n.defaults, inner)
		}
		return
	}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		switch {
		case s != decimalMessage && f.Number() <= 3:
			n.member(f).slot = int(f.Number())
		case s == decimalMessage && f.Name() == "value":
			n.member(f).slot = -1
		case s == decimalMessage && f.Name() == "scale":
			n.member(f).slot = 1
		}
	}
}

// member is the entry of a field, which may be wanted for itself too.
func (n *protoNode) member(f protoreflect.FieldDescriptor) *protoField {
	own := n.field(f.Number())
	if own == nil {
		own = &protoField{wire: wireOf(f)}
		n.set(f.Number(), own)
	}
	return own
}

func (n *protoNode) field(number protowire.Number) *protoField {
	if number < nearFields {
		return n.near[number]
	}
	return n.far[number]
}

func (n *protoNode) set(number protowire.Number, f *protoField) {
	if number < nearFields {
		n.near[number] = f
	} else {
		n.far[number] = f
	}
}

// namesOf are the names of an enum's values.
func namesOf(f protoreflect.FieldDescriptor) map[protoreflect.EnumNumber][]byte {
	if f.Enum() == nil {
		return nil
	}
	names := map[protoreflect.EnumNumber][]byte{}
	for i := range f.Enum().Values().Len() {
		if v := f.Enum().Values().Get(i); names[v.Number()] == nil {
			names[v.Number()] = []byte(v.Name())
		}
	}
	return names
}

// zero is the text of the column where the field is not written: of an enum
// without presence the first value.
func (p *protoColumn) zero() []byte {
	if p.names == nil {
		return nil
	}
	return p.names[p.field.Enum().Values().Get(0).Number()]
}

func protoConflict(path string, f protoreflect.FieldDescriptor, want string) error {
	kind := f.Kind().String()
	if f.Message() != nil {
		kind = string(f.Message().FullName())
	}
	if f.IsList() || f.IsMap() {
		kind = "several of " + kind
	}
	return weir.Errorf(weir.Conflict, "the writer has %s here, and %s is read", kind, want).At(path).
		WithFix("write the field with the type that the product's schema has, or begin the query anew as another major")
}

// fits reports whether a field's values can be a column's: what is the same in
// records for Protobuf is so here.
func (c *protoCompiler) fits(f protoreflect.FieldDescriptor, t column.Type) bool {
	if f.Message() != nil {
		return c.messageFits(f, t)
	}
	switch f.Kind() {
	case protoreflect.StringKind:
		return t.Kind == column.Text || t.Kind == column.Bytes || t.Kind == column.UUID || t.Kind == column.JSON
	case protoreflect.BytesKind:
		return t.Kind == column.Text || t.Kind == column.Bytes
	case protoreflect.EnumKind:
		return t.Kind == column.Text || isWhole(t)
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return t.Kind == column.Float64
	}
	return isWhole(t) || t.Kind == column.Bool
}

func (c *protoCompiler) messageFits(f protoreflect.FieldDescriptor, t column.Type) bool {
	switch specialOf(f.Message()) {
	case timestampMessage:
		return t.Kind == column.Timestamp
	case durationMessage:
		return t.Kind == column.Interval
	case dateMessage:
		return t.Kind == column.Date
	case decimalMessage:
		return t.Kind == column.Decimal
	case wrapperMessage:
		return c.fits(f.Message().Fields().Get(0), t)
	}
	return false
}

func isWhole(t column.Type) bool {
	return t.Kind == column.Int32 || t.Kind == column.Int64 || t.Kind == column.Decimal
}

// wireOf is how a field's value is written.
func wireOf(f protoreflect.FieldDescriptor) protowire.Type {
	switch f.Kind() {
	case protoreflect.DoubleKind, protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		return protowire.Fixed64Type
	case protoreflect.FloatKind, protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind:
		return protowire.Fixed32Type
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	}
	return protowire.VarintType
}
