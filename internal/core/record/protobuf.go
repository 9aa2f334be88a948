package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/weirmesh/weir/internal/core/schema/protobuf"
)

// maxMessages bounds the messages in one record: an empty one has two bytes, and
// takes a hundred times that in memory.
const maxMessages = 1 << 17

// protobufReader reads the positions of the message in its file, and then it.
func protobufReader(s *protobuf.Schema) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		at, b, err := indexes(b)
		if err != nil {
			return nil, err
		}
		d := s.Message(at)
		if d == nil {
			return nil, fmt.Errorf("its schema has no message at the position %v", at)
		}
		if _, err := countMessages(d, b, maxMessages, MaxDepth); err != nil {
			return nil, err
		}
		m := dynamicpb.NewMessage(d)
		o := proto.UnmarshalOptions{Resolver: new(protoregistry.Types), RecursionLimit: MaxDepth}
		if err := o.Unmarshal(b, m); err != nil {
			return nil, fmt.Errorf("it is no %s: %w", d.FullName(), err)
		}
		p := &protoPrinter{}
		err = p.message(m)
		return p.out, err
	}
}

// indexes reads the positions: their number and each of them as zig-zag
// numbers. None is written as a single zero, and means the first message.
func indexes(b []byte) ([]int, []byte, error) {
	n, size := binary.Varint(b)
	if size <= 0 || n < 0 || n > MaxDepth {
		return nil, nil, errors.New("there is no position of a message behind the schema's id")
	}
	b = b[size:]
	at := make([]int, n)
	for i := range at {
		v, size := binary.Varint(b)
		if size <= 0 || v < 0 || v > math.MaxInt32 {
			return nil, nil, errors.New("the position of the message behind the schema's id is none")
		}
		at[i], b = int(v), b[size:]
	}
	return at, b, nil
}

// countMessages walks the bytes of a message and gives how many more messages
// may come. What is wrong with the bytes is told by whoever reads them.
func countMessages(d protoreflect.MessageDescriptor, b []byte, left, depth int) (int, error) {
	if left--; left < 0 {
		return 0, fmt.Errorf("it holds more than %d messages", maxMessages)
	}
	if depth == 0 {
		return 0, errDeep
	}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return left, nil
		}
		b = b[n:]
		n = protowire.ConsumeFieldValue(num, typ, b)
		if n < 0 {
			return left, nil
		}
		if f := d.Fields().ByNumber(num); f != nil && f.Message() != nil {
			var err error
			if left, err = countMessages(f.Message(), inside(typ, b[:n]), left, depth-1); err != nil {
				return 0, err
			}
		}
		b = b[n:]
	}
	return left, nil
}

// inside is what a message's field holds.
func inside(typ protowire.Type, b []byte) []byte {
	switch typ {
	case protowire.BytesType:
		b, _ = protowire.ConsumeBytes(b)
		return b
	case protowire.StartGroupType:
		return b
	}
	return nil
}

// protoPrinter writes messages.
type protoPrinter struct{ printer }

func (p *protoPrinter) message(m protoreflect.Message) error {
	if err := p.value(); err != nil {
		return err
	}
	if done, err := p.known(m); done || err != nil {
		return err
	}
	if err := p.in('{'); err != nil {
		return err
	}
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.HasPresence() && !m.Has(f) {
			continue
		}
		p.key(f.TextName())
		if err := p.field(f, m.Get(f)); err != nil {
			return err
		}
	}
	p.leave('}')
	return nil
}

func (p *protoPrinter) field(f protoreflect.FieldDescriptor, v protoreflect.Value) error {
	switch {
	case f.IsMap():
		return p.entries(f, v.Map())
	case f.IsList():
		return p.list(f, v.List())
	}
	return p.single(f, v)
}

func (p *protoPrinter) list(f protoreflect.FieldDescriptor, l protoreflect.List) error {
	if err := p.in('['); err != nil {
		return err
	}
	for i := range l.Len() {
		p.comma()
		if err := p.single(f, l.Get(i)); err != nil {
			return err
		}
	}
	p.leave(']')
	return nil
}

// entries writes a map in the order of its keys as text.
func (p *protoPrinter) entries(f protoreflect.FieldDescriptor, m protoreflect.Map) error {
	if err := p.in('{'); err != nil {
		return err
	}
	for _, k := range sortedKeys(m) {
		p.key(k.String())
		if err := p.single(f.MapValue(), m.Get(k)); err != nil {
			return err
		}
	}
	p.leave('}')
	return nil
}

// single writes one value that is no list and no map.
func (p *protoPrinter) single(f protoreflect.FieldDescriptor, v protoreflect.Value) error {
	if f.Message() != nil {
		return p.message(v.Message())
	}
	if err := p.value(); err != nil {
		return err
	}
	switch f.Kind() {
	case protoreflect.BoolKind:
		p.bool(v.Bool())
	case protoreflect.StringKind:
		return p.text([]byte(v.String()))
	case protoreflect.BytesKind:
		p.bytes(v.Bytes())
	case protoreflect.FloatKind:
		p.float(v.Float(), 32)
	case protoreflect.DoubleKind:
		p.float(v.Float(), 64)
	case protoreflect.EnumKind:
		p.enum(f.Enum(), v.Enum())
	default:
		p.integer(v)
	}
	return nil
}

func (p *protoPrinter) integer(v protoreflect.Value) {
	switch n := v.Interface().(type) {
	case int32:
		p.int(int64(n))
	case int64:
		p.int(n)
	case uint32:
		p.unsigned(uint64(n))
	case uint64:
		p.unsigned(n)
	}
}

func (p *protoPrinter) enum(e protoreflect.EnumDescriptor, n protoreflect.EnumNumber) {
	if v := e.Values().ByNumber(n); v != nil {
		p.string(string(v.Name()))
		return
	}
	p.word(strconv.Itoa(int(n)))
}
