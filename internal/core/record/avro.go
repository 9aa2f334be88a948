package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/weirmesh/weir/internal/core/schema/avro"
)

var errShort = errors.New("it ends before its schema does")

// avroReader reads values of a type, by the binary encoding of Avro 1.12.
func avroReader(t *avro.Type) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		r := &avroWalk{rest: b}
		if err := r.value(t); err != nil {
			return nil, err
		}
		if len(r.rest) > 0 {
			return nil, fmt.Errorf("%d bytes are left behind what its schema describes", len(r.rest))
		}
		return r.out, nil
	}
}

// avroWalk is a place in the bytes of a value.
type avroWalk struct {
	printer
	rest []byte
}

func (r *avroWalk) take(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(r.rest)) {
		return nil, errShort
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b, nil
}

// long reads a zig-zag number.
func (r *avroWalk) long() (int64, error) {
	v, n := binary.Varint(r.rest)
	if n == 0 {
		return 0, errShort
	}
	if n < 0 {
		return 0, errors.New("a number of it has more than 64 bits")
	}
	r.rest = r.rest[n:]
	return v, nil
}

// sized reads bytes with their number before them.
func (r *avroWalk) sized() ([]byte, error) {
	n, err := r.long()
	if err != nil {
		return nil, err
	}
	return r.take(n)
}

func (r *avroWalk) value(t *avro.Type) error {
	if t.Kind == avro.Union {
		return r.union(t)
	}
	if err := r.printer.value(); err != nil {
		return err
	}
	switch t.Kind {
	case avro.Null:
		r.word("null")
		return nil
	case avro.Boolean:
		return r.boolean()
	case avro.Int, avro.Long:
		return r.integer(t)
	case avro.Float, avro.Double:
		return r.floating(t)
	case avro.Bytes, avro.Fixed, avro.String:
		return r.octets(t)
	case avro.Enum:
		return r.enum(t)
	}
	return r.compound(t)
}

func (r *avroWalk) compound(t *avro.Type) error {
	switch t.Kind {
	case avro.Record:
		return r.record(t)
	case avro.Array:
		return r.blocks('[', ']', func() error {
			r.comma()
			return r.value(t.Elem)
		})
	case avro.Map:
		return r.blocks('{', '}', func() error { return r.entry(t) })
	}
	return fmt.Errorf("a type %s is not known", t.Kind)
}

func (r *avroWalk) union(t *avro.Type) error {
	i, err := r.long()
	if err != nil {
		return err
	}
	if i < 0 || i >= int64(len(t.Branches)) {
		return fmt.Errorf("a union of %d branches has none with the number %d", len(t.Branches), i)
	}
	return r.value(t.Branches[i])
}

func (r *avroWalk) boolean() error {
	b, err := r.take(1)
	if err != nil {
		return err
	}
	if b[0] > 1 {
		return fmt.Errorf("a boolean of it is the byte %d", b[0])
	}
	r.bool(b[0] == 1)
	return nil
}

func (r *avroWalk) integer(t *avro.Type) error {
	n, err := r.long()
	if err != nil {
		return err
	}
	if t.Kind == avro.Int && (n < math.MinInt32 || n > math.MaxInt32) {
		return fmt.Errorf("an int of it is %d, which has more than 32 bits", n)
	}
	if s, ok := moment(t.Logical(), n); ok {
		r.string(s)
	} else {
		r.int(n)
	}
	return nil
}

func (r *avroWalk) floating(t *avro.Type) error {
	if t.Kind == avro.Float {
		b, err := r.take(4)
		if err == nil {
			r.float(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 32)
		}
		return err
	}
	b, err := r.take(8)
	if err == nil {
		r.float(math.Float64frombits(binary.LittleEndian.Uint64(b)), 64)
	}
	return err
}

func (r *avroWalk) octets(t *avro.Type) (err error) {
	var b []byte
	if t.Kind == avro.Fixed {
		b, err = r.take(int64(t.Size))
	} else {
		b, err = r.sized()
	}
	switch {
	case err != nil:
		return err
	case t.Decimal != nil:
		return r.decimal(b, t.Decimal.Scale)
	case t.Kind == avro.String:
		return r.text(b)
	case t.Kind == avro.Fixed && t.Logical() == "uuid" && len(b) == 16:
		r.string(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
	case t.Kind == avro.Fixed && t.Logical() == "duration" && len(b) == 12:
		r.word(fmt.Sprintf(`{"months":%d,"days":%d,"millis":%d}`,
			binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])))
	default:
		r.bytes(b)
	}
	return nil
}

func (r *avroWalk) decimal(b []byte, scale int) error {
	s, err := decimal(b, scale)
	if err == nil {
		r.string(s)
	}
	return err
}

func (r *avroWalk) enum(t *avro.Type) error {
	i, err := r.long()
	if err != nil {
		return err
	}
	if i < 0 || i >= int64(len(t.Symbols)) {
		return fmt.Errorf("the enum %s has no symbol with the number %d", t.Name.Full(), i)
	}
	r.string(t.Symbols[i])
	return nil
}

func (r *avroWalk) record(t *avro.Type) error {
	if err := r.in('{'); err != nil {
		return err
	}
	for _, f := range t.Fields {
		r.key(f.Name)
		if err := r.value(f.Type); err != nil {
			return err
		}
	}
	r.leave('}')
	return nil
}

// entry reads one key and value of a map.
func (r *avroWalk) entry(t *avro.Type) error {
	r.comma()
	k, err := r.sized()
	if err != nil {
		return err
	}
	if err := r.text(k); err != nil {
		return err
	}
	r.word(":")
	return r.value(t.Elem)
}

// blocks reads the parts of an array or a map: numbered blocks up to one of
// none. A negative number is followed by the block's size.
func (r *avroWalk) blocks(open, end byte, part func() error) error {
	if err := r.in(open); err != nil {
		return err
	}
	for {
		n, err := r.long()
		if err != nil {
			return err
		}
		if n == 0 {
			r.leave(end)
			return nil
		}
		if n < 0 {
			if _, err := r.long(); err != nil {
				return err
			}
			n = -n
		}
		if n < 0 || n > MaxValues {
			return errMany
		}
		for range n {
			if err := part(); err != nil {
				return err
			}
		}
	}
}
