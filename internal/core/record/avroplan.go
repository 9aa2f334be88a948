package record

import (
	"fmt"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/column"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// avroPlan is what to do with the bytes of a writer's schema, one after the
// other.
type avroPlan struct {
	ops []avroOp
}

// avroCode says what an operation does. The bytes that it is about are read in
// any case.
type avroCode uint8

const (
	skipLongs avroCode = iota // n of them
	skipBytes                 // n
	skipSized                 // n times bytes with their number before them
	skipType                  // a value of typ
	optional                  // a branch: null makes null and goes on at n
	branches                  // a branch: go on where table says
	jump                      // to n
	makeNull                  // columns null
	refuse                    // the row: a branch that is no value of the column
	mark                      // remember the place,
	back                      // and go there again
	readBool
	readInt32
	readInt64
	readIntDouble
	readLongDouble
	readFloat
	readDouble
	readText
	readBytes
	readFixed
	readEnum
	readMillis
	readMicros
	readNanos
	readClock // a time of day, as text
	readDecimal
	readFixedDecimal
	readLargeDecimal // as text
	readUUID
	readFixedUUID
	readFixedUUIDText
	readJSON     // a value of typ
	readJSONText // a string that is JSON
)

// avroOp is one operation.
type avroOp struct {
	code    avroCode
	null    uint8 // of optional: the branch
	column  int
	n       int
	scale   int // of the writer's decimal
	nulls   []int
	table   []int
	symbols [][]byte
	typ     *avro.Type
	where   string
}

// maxInlined bounds the operations for fields that nobody wants: what is more
// is skipped by its type.
const maxInlined = 4096

// avroCompiler makes a plan.
type avroCompiler struct {
	ops    []avroOp
	fields []ColumnField
	reader *avro.Type // that of the paths; nil: none
	fixed  int        // operations before this one are jumped to: they are not put together with others
}

func avroPlanOf(s schema.Schema, cfg DecoderConfig, want *wish) (plan, error) {
	a, ok := s.(*avro.Schema)
	if !ok {
		return nil, weir.Errorf(weir.Invalid, "a schema of %s says nothing about Avro", s.Format())
	}
	c := &avroCompiler{fields: cfg.Fields}
	if r, ok := cfg.Schema.(*avro.Schema); ok {
		c.reader = r.Root()
	}
	if one := cfg.single(); one != nil && unwrapped(a.Root()).Kind != avro.Record {
		want = one
	}
	if err := c.value(a.Root(), c.reader, want); err != nil {
		return nil, err
	}
	return &avroPlan{c.ops}, nil
}

func (c *avroCompiler) add(op avroOp) int {
	c.ops = append(c.ops, op)
	return len(c.ops) - 1
}

// here is the next operation's number; something jumps to it.
func (c *avroCompiler) here() int {
	c.fixed = len(c.ops)
	return c.fixed
}

// value compiles a type at a place; r is the reader's type there, if it is
// known.
func (c *avroCompiler) value(t, r *avro.Type, w *wish) error {
	if w == nil {
		c.skip(t, 0)
		return nil
	}
	switch t.Kind {
	case avro.Union:
		return c.union(t, r, w)
	case avro.Null:
		c.add(avroOp{code: makeNull, nulls: w.all})
		return nil
	}
	for i, col := range w.columns {
		again := i < len(w.columns)-1 || len(w.below) > 0
		if again {
			c.add(avroOp{code: mark})
		}
		if err := c.leaf(t, r, w, col); err != nil {
			return err
		}
		if again {
			c.add(avroOp{code: back})
		}
	}
	switch {
	case len(w.below) > 0:
		return c.record(t, r, w)
	case len(w.columns) == 0:
		c.skip(t, 0)
	}
	return nil
}

// record compiles the fields of a record.
func (c *avroCompiler) record(t, r *avro.Type, w *wish) error {
	if t.Kind != avro.Record {
		return conflict(w.where(), t, "a record with fields")
	}
	wanted := map[*avro.Field]*wish{}
	for _, b := range w.below {
		if f := writerField(t, r, b.name); f != nil && wanted[f] == nil {
			wanted[f] = b
		} else {
			c.add(avroOp{code: makeNull, nulls: b.all})
		}
	}
	for _, f := range t.Fields {
		var inner *avro.Type
		b := wanted[f]
		if b != nil {
			if rf := fieldOf(r, b.name); rf != nil {
				inner = rf.Type
			}
		}
		if err := c.value(f.Type, inner, b); err != nil {
			return err
		}
	}
	return nil
}

// writerField finds a field in the writer's record by its name, or by another one
// that the reader says it had and that no other field has now.
func writerField(t, r *avro.Type, name string) *avro.Field {
	if f := fieldOf(t, name); f != nil {
		return f
	}
	known := fieldOf(r, name)
	if known == nil {
		return nil
	}
	for _, alias := range known.Aliases {
		if f := fieldOf(t, alias); f != nil && fieldOf(r, alias) == nil {
			return f
		}
	}
	return nil
}

// fieldOf finds a field of a record, or of an optional one.
func fieldOf(t *avro.Type, name string) *avro.Field {
	if t = unwrapped(t); t == nil {
		return nil
	}
	for _, f := range t.Fields {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// unwrapped is what an optional type is if it is not null.
func unwrapped(t *avro.Type) *avro.Type {
	if t != nil && t.Kind == avro.Union {
		if other, ok := t.Nullable(); ok {
			return other
		}
	}
	return t
}

// union compiles a type that may be one of several.
func (c *avroCompiler) union(t, r *avro.Type, w *wish) error {
	if other, ok := t.Nullable(); ok {
		null := uint8(0)
		if t.Branches[1].Kind == avro.Null {
			null = 1
		}
		at := c.add(avroOp{code: optional, null: null, nulls: w.all, where: w.where()})
		c.here()
		if err := c.value(other, unwrapped(r), w); err != nil {
			return err
		}
		c.ops[at].n = c.here() - 1
		return nil
	}
	return c.choice(t, unwrapped(r), w)
}

// choice compiles a union that is more than an optional type: each branch is
// read in its own way. A record's fields stand under its short name.
func (c *avroCompiler) choice(t, r *avro.Type, w *wish) error {
	at := c.add(avroOp{code: branches, where: w.where(), table: make([]int, len(t.Branches))})
	var jumps []int
	for i, b := range t.Branches {
		c.ops[at].table[i] = c.here() - 1
		if err := c.branch(b, r, w); err != nil {
			return err
		}
		jumps = append(jumps, c.add(avroOp{code: jump}))
	}
	for _, j := range jumps {
		c.ops[j].n = c.here() - 1
	}
	return nil
}

func (c *avroCompiler) branch(t, r *avro.Type, w *wish) error {
	if t.Kind == avro.Null {
		c.add(avroOp{code: makeNull, nulls: w.all})
		return nil
	}
	for _, b := range w.below {
		if t.Kind != avro.Record || b.name != t.Name.Short {
			c.add(avroOp{code: makeNull, nulls: b.all})
		}
	}
	var inner *wish
	if t.Kind == avro.Record {
		inner = w.find(t.Name.Short)
	}
	if len(w.columns) == 0 {
		return c.value(t, nil, inner)
	}
	from := len(c.ops)
	c.add(avroOp{code: mark})
	if err := c.value(t, r, &wish{path: w.path, columns: w.columns}); err != nil {
		c.ops = append(c.ops[:from], avroOp{code: refuse, where: w.where(), typ: t})
		return nil
	}
	if inner == nil {
		return nil
	}
	c.add(avroOp{code: back})
	return c.value(t, nil, inner)
}

// conflict is the error of a writer's type that is no value of a column.
func conflict(path string, t *avro.Type, want string) error {
	return weir.Errorf(weir.Conflict, "the writer has %s here, and %s is read", t, want).At(path).
		WithFix("write the field with the type that the product's schema has, or begin the query anew as another major")
}

// skip compiles what nobody wants.
func (c *avroCompiler) skip(t *avro.Type, depth int) {
	switch t.Kind {
	case avro.Null:
	case avro.Boolean:
		c.skipN(skipBytes, 1)
	case avro.Int, avro.Long, avro.Enum:
		c.skipN(skipLongs, 1)
	case avro.Float:
		c.skipN(skipBytes, 4)
	case avro.Double:
		c.skipN(skipBytes, 8)
	case avro.Fixed:
		c.skipN(skipBytes, t.Size)
	case avro.Bytes, avro.String:
		c.skipN(skipSized, 1)
	default:
		c.skipCompound(t, depth)
	}
}

// skipN skips n of something, together with those before it.
func (c *avroCompiler) skipN(code avroCode, n int) {
	if last := len(c.ops) - 1; last >= c.fixed && c.ops[last].code == code {
		c.ops[last].n += n
		return
	}
	c.add(avroOp{code: code, n: n})
}

func (c *avroCompiler) skipCompound(t *avro.Type, depth int) {
	inline := depth < 4 && len(c.ops) < maxInlined
	other, optionalType := t.Nullable()
	switch {
	case inline && t.Kind == avro.Record:
		for _, f := range t.Fields {
			c.skip(f.Type, depth+1)
		}
	case inline && optionalType && other.Kind.Primitive():
		null := uint8(0)
		if t.Branches[1].Kind == avro.Null {
			null = 1
		}
		at := c.add(avroOp{code: optional, null: null})
		c.here()
		c.skip(other, depth)
		c.ops[at].n = c.here() - 1
	default:
		c.add(avroOp{code: skipType, typ: t})
	}
}

// leaf compiles the reading of a value into a column.
func (c *avroCompiler) leaf(t, r *avro.Type, w *wish, col int) error {
	op := avroOp{column: col, typ: t, where: w.where()}
	want := c.fields[col].Type
	code, ok := avroCodeOf(t, r, want)
	if !ok {
		return conflict(w.where(), t, want.String())
	}
	op.code = code
	switch {
	case t.Decimal != nil:
		op.scale = t.Decimal.Scale
	case t.Kind == avro.Enum:
		for _, s := range t.Symbols {
			op.symbols = append(op.symbols, []byte(s))
		}
	}
	if t.Kind == avro.Fixed {
		op.n = t.Size
	}
	c.add(op)
	return nil
}

// avroCodeOf is how a writer's type is read into a column.
func avroCodeOf(t, r *avro.Type, want column.Type) (avroCode, bool) {
	if want.Kind == column.JSON {
		if isJSON(t) {
			return readJSONText, true
		}
		return readJSON, true
	}
	switch t.Kind {
	case avro.Boolean:
		return readBool, want.Kind == column.Bool
	case avro.Int, avro.Long:
		return integerCode(t, r, want)
	case avro.Float:
		return readFloat, want.Kind == column.Float64
	case avro.Double:
		return readDouble, want.Kind == column.Float64
	case avro.Enum:
		return readEnum, want.Kind == column.Text
	case avro.String, avro.Bytes, avro.Fixed:
		return octetsCode(t, want)
	}
	return 0, false
}

// isJSON reports whether a type is marked as text in JSON, as [SchemaText] does.
func isJSON(t *avro.Type) bool {
	mark, _ := t.Property("logicalType")
	return t.Kind == avro.String && mark == jsonMark
}

func integerCode(t, r *avro.Type, want column.Type) (avroCode, bool) {
	isInt := t.Kind == avro.Int
	switch want.Kind {
	case column.Int32:
		return readInt32, isInt
	case column.Int64:
		if isInt {
			return readInt32, true
		}
		return readInt64, true
	case column.Float64:
		if isInt {
			return readIntDouble, true
		}
		return readLongDouble, true
	case column.Date:
		return readInt32, isInt
	case column.Text:
		return readClock, strings.HasPrefix(t.Logical(), "time-")
	case column.Timestamp:
		return timeCode(t, r)
	}
	return 0, false
}

// timeCode is by the writer's unit of time, or else the reader's.
func timeCode(t, r *avro.Type) (avroCode, bool) {
	unit := t.Logical()
	if r = unwrapped(r); unit == "" && r != nil {
		unit = r.Logical()
	}
	switch strings.TrimPrefix(unit, "local-") {
	case "timestamp-millis":
		return readMillis, true
	case "timestamp-micros":
		return readMicros, true
	case "timestamp-nanos":
		return readNanos, true
	}
	return 0, false
}

func octetsCode(t *avro.Type, want column.Type) (avroCode, bool) {
	fixed := t.Kind == avro.Fixed
	switch want.Kind {
	case column.Decimal:
		if fixed {
			return readFixedDecimal, t.Decimal != nil
		}
		return readDecimal, t.Decimal != nil
	case column.Text:
		switch {
		case t.Decimal != nil:
			return readLargeDecimal, true
		case fixed:
			return readFixedUUIDText, t.Logical() == "uuid"
		}
		return readText, true
	case column.Bytes:
		if fixed {
			return readFixed, true
		}
		return readBytes, true
	case column.UUID:
		if fixed {
			return readFixedUUID, t.Size == 16
		}
		return readUUID, t.Kind == avro.String
	}
	return 0, false
}

// described is a type and the branch of a union that it is, for a message.
func described(t *avro.Type) error {
	return fmt.Errorf("it is %s, which is no value of the column", t)
}
