package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/weirmesh/weir/internal/core/schema/avro"
)

var (
	errLong     = errors.New("a number of it does not end, or has more than 64 bits")
	errInt      = errors.New("an int of it has more than 32 bits")
	errNoBranch = errors.New("its union has no branch of that number")
)

// read writes a record into the columns. All its bytes must be the record's.
func (p *avroPlan) read(o *output, b []byte) error {
	i, err := p.run(o, b)
	if err != nil {
		return err
	}
	if i != len(b) {
		return fmt.Errorf("%d bytes are left behind what its schema describes", len(b)-i)
	}
	return nil
}

// run goes through the operations; it gives the place behind the last. It is
// long because it is the loop that everything goes through.
func (p *avroPlan) run(o *output, b []byte) (int, error) {
	i, kept, err := 0, 0, error(nil)
	for pc := 0; pc < len(p.ops); pc++ {
		op, from := &p.ops[pc], i
		switch op.code {
		case skipLongs:
			for n := op.n; n > 0; n-- {
				if i = skipLong(b, i); i < 0 {
					return 0, op.fail(from, errLong)
				}
			}
		case skipBytes:
			if op.n > len(b)-i {
				return 0, op.fail(from, errShort)
			}
			i += op.n
		case skipSized:
			for n := op.n; n > 0; n-- {
				if i < len(b) && b[i] < 0x80 && b[i]&1 == 0 { // most are short
					i += 1 + int(b[i]>>1)
				} else if size, next := readLong(b, i); next >= 0 && size >= 0 && size <= int64(len(b)) {
					i = next + int(size)
				} else {
					return 0, op.fail(from, errShort)
				}
				if i > len(b) {
					return 0, op.fail(from, errShort)
				}
			}
		case optional:
			if i >= len(b) || b[i] > 2 || b[i]&1 == 1 {
				return 0, op.fail(from, noBranch(b, i))
			}
			if b[i]>>1 == op.null {
				o.nulls(op.nulls)
				pc = op.n
			}
			i++
		case readInt64, readMicros:
			var n int64
			if n, i = readLong(b, i); i < 0 {
				return 0, op.fail(from, errLong)
			}
			o.into[op.column].Ints[o.row] = n
		case readDouble:
			if len(b)-i < 8 {
				return 0, op.fail(from, errShort)
			}
			o.into[op.column].Floats[o.row] = math.Float64frombits(binary.LittleEndian.Uint64(b[i:]))
			i += 8
		case readText:
			var size int64
			if size, i = readLong(b, i); i < 0 || size < 0 || size > int64(len(b)-i) {
				return 0, op.fail(from, errShort)
			}
			s := b[i : i+int(size) : i+int(size)]
			if !utf8.Valid(s) {
				return 0, op.fail(from, errNoText)
			}
			o.into[op.column].Texts[o.row] = s
			i += int(size)
		case jump:
			pc = op.n
		case branches:
			var n int64
			if n, i = readLong(b, i); i < 0 || n < 0 || n >= int64(len(op.table)) {
				return 0, op.fail(from, errNoBranch)
			}
			pc = op.table[n]
		case mark:
			kept = i
		case back:
			i = kept
		case makeNull:
			o.nulls(op.nulls)
		default:
			if i, err = op.read(o, b, i); err != nil {
				return 0, op.fail(from, err)
			}
		}
	}
	return i, nil
}

// fail says where an error is: by the path of what is read, or by the byte where
// it begins.
func (op *avroOp) fail(from int, err error) error {
	if op.where == "" {
		return at("byte "+strconv.Itoa(from), err)
	}
	return at(op.where, err)
}

// noBranch says what is wrong with the branch of an optional type.
func noBranch(b []byte, i int) error {
	if i >= len(b) {
		return errShort
	}
	return errNoBranch
}

// readLong reads a zig-zag number at i and gives the place behind it, which is
// negative if there is none.
func readLong(b []byte, i int) (int64, int) {
	if i < len(b) && b[i] < 0x80 {
		return int64(b[i]>>1) ^ -int64(b[i]&1), i + 1
	}
	return readLongSlow(b, i)
}

func readLongSlow(b []byte, i int) (int64, int) {
	x, shift := uint64(0), uint(0)
	for ; i < len(b) && shift < 63; i++ {
		c := b[i]
		x |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int64(x>>1) ^ -int64(x&1), i + 1
		}
		shift += 7
	}
	if i < len(b) && shift == 63 && b[i] <= 1 {
		x |= uint64(b[i]) << 63
		return int64(x>>1) ^ -int64(x&1), i + 1
	}
	return 0, -1
}

// skipLong gives the place behind a number at i.
func skipLong(b []byte, i int) int {
	end := min(len(b), i+binary.MaxVarintLen64)
	for ; i < end; i++ {
		if b[i] < 0x80 {
			return i + 1
		}
	}
	return -1
}

// read does those operations that are rarer.
func (op *avroOp) read(o *output, b []byte, i int) (int, error) {
	switch op.code {
	case skipType:
		w := &o.avro
		w.begin(b[i:])
		err := w.skip(op.typ, 0)
		return len(b) - len(w.rest), err
	case refuse:
		return i, described(op.typ)
	case readJSON:
		return op.json(o, b, i)
	case readBool, readFloat, readFixed, readFixedDecimal, readFixedUUID, readFixedUUIDText:
		return op.fixedSize(o, b, i)
	case readBytes, readDecimal, readLargeDecimal, readUUID, readJSONText:
		n, i := readLong(b, i)
		if i < 0 || n < 0 || n > int64(len(b)-i) {
			return 0, errShort
		}
		end := i + int(n)
		return end, op.octets(o, b[i:end:end])
	}
	n, i := readLong(b, i)
	if i < 0 {
		return 0, errLong
	}
	return i, op.integer(o, n)
}

// fixedSize reads what has the same size in each record.
func (op *avroOp) fixedSize(o *output, b []byte, i int) (int, error) {
	n := op.n
	switch op.code {
	case readBool:
		n = 1
	case readFloat:
		n = 4
	}
	if n > len(b)-i {
		return 0, errShort
	}
	end := i + n
	return end, op.octets(o, b[i:end:end])
}

// octets writes bytes as what they are.
func (op *avroOp) octets(o *output, b []byte) error {
	c := op.column
	switch op.code {
	case readBool:
		o.int(c, int64(b[0]))
		if b[0] > 1 {
			return fmt.Errorf("a boolean of it is the byte %d", b[0])
		}
	case readFloat:
		o.float(c, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case readBytes, readFixed, readFixedUUID:
		o.text(c, b)
	case readUUID:
		return o.uuid(c, b)
	case readJSONText:
		o.text(c, b)
		return checkJSON(&o.json, &o.arena, b)
	case readFixedUUIDText:
		if len(b) != 16 {
			return fmt.Errorf("a UUID has 16 bytes, and it has %d", len(b))
		}
		o.text(c, appendUUID(o.arena.room(36), b))
	case readLargeDecimal:
		s, err := decimal(b, op.scale)
		o.text(c, o.arena.keep([]byte(s)))
		return err
	default:
		return op.decimal(o, b)
	}
	return nil
}

func (op *avroOp) decimal(o *output, b []byte) error {
	t := o.into[op.column].Type
	n, ok := bytesDecimal(b)
	if ok {
		n, ok = rescaled(n, op.scale, t.Scale)
	}
	if !ok || !n.Fits(t.Precision) {
		return fmt.Errorf("a decimal of it does not fit into %s", t)
	}
	o.decimal(op.column, n)
	return nil
}

// integer writes a number as what it is.
func (op *avroOp) integer(o *output, n int64) error {
	c, ok := op.column, true
	switch op.code {
	case readInt32:
		o.int(c, n)
		return isInt(n)
	case readIntDouble:
		o.float(c, float64(n))
		return isInt(n)
	case readLongDouble:
		o.float(c, float64(n))
	case readMillis:
		n, ok = times(n, 1000)
		o.int(c, n)
	case readNanos:
		o.int(c, floorDiv(n, 1000))
	case readClock:
		return op.clock(o, n)
	case readEnum:
		if n < 0 || n >= int64(len(op.symbols)) {
			return fmt.Errorf("the enum %s has no symbol with the number %d", op.typ.Name.Full(), n)
		}
		o.text(c, op.symbols[n])
	}
	if !ok {
		return errTimeRange
	}
	return nil
}

func isInt(n int64) error {
	if n != int64(int32(n)) {
		return errInt
	}
	return nil
}

// clock writes a time of day.
func (op *avroOp) clock(o *output, n int64) error {
	s, ok := moment(op.typ.Logical(), n)
	if !ok {
		return fmt.Errorf("%d is no time of a day", n)
	}
	o.text(op.column, o.arena.keep([]byte(s)))
	return nil
}

// json writes a value as JSON.
func (op *avroOp) json(o *output, b []byte, i int) (int, error) {
	w := &o.avro
	w.begin(b[i:])
	w.most = growth(len(b))
	if err := w.value(op.typ); err != nil {
		return 0, err
	}
	o.text(op.column, o.arena.keep(w.out))
	return len(b) - len(w.rest), nil
}

// begin makes a walk ready for other bytes.
func (r *avroWalk) begin(b []byte) {
	r.out, r.count, r.depth, r.rest, r.most = r.out[:0], 0, 0, b, 0
}

// skip goes over a value. It counts values, as reading does.
func (r *avroWalk) skip(t *avro.Type, depth int) error {
	if r.count++; r.count > MaxValues {
		return errMany
	}
	if depth > MaxDepth {
		return errDeep
	}
	var err error
	switch t.Kind {
	case avro.Null:
	case avro.Boolean:
		_, err = r.take(1)
	case avro.Int, avro.Long, avro.Enum:
		_, err = r.long()
	case avro.Float:
		_, err = r.take(4)
	case avro.Double:
		_, err = r.take(8)
	case avro.Fixed:
		_, err = r.take(int64(t.Size))
	case avro.Bytes, avro.String:
		_, err = r.sized()
	default:
		return r.skipCompound(t, depth)
	}
	return err
}

func (r *avroWalk) skipCompound(t *avro.Type, depth int) error {
	switch t.Kind {
	case avro.Record:
		for _, f := range t.Fields {
			if err := r.skip(f.Type, depth+1); err != nil {
				return err
			}
		}
		return nil
	case avro.Union:
		n, err := r.long()
		if err != nil {
			return err
		}
		if n < 0 || n >= int64(len(t.Branches)) {
			return errNoBranch
		}
		return r.skip(t.Branches[n], depth+1)
	}
	return r.skipBlocks(t, depth)
}

// skipBlocks goes over an array or a map. A block that says its size is left out
// as a whole, and so is one of values that have no bytes.
func (r *avroWalk) skipBlocks(t *avro.Type, depth int) error {
	for {
		n, err := r.long()
		if err != nil || n == 0 {
			return err
		}
		if n < 0 {
			if _, err := r.sized(); err != nil {
				return err
			}
			continue
		}
		if n > MaxValues {
			return errMany
		}
		for range n {
			before := len(r.rest)
			if err := r.skipPart(t, depth); err != nil {
				return err
			}
			if len(r.rest) == before {
				break
			}
		}
	}
}

func (r *avroWalk) skipPart(t *avro.Type, depth int) error {
	if t.Kind == avro.Map {
		if _, err := r.sized(); err != nil {
			return err
		}
	}
	return r.skip(t.Elem, depth+1)
}
