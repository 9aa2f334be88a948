package record

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// mapped makes those messages that Protobuf's JSON mapping writes in a way of
// their own.
var mapped = map[protoreflect.FullName]func() proto.Message{
	"google.protobuf.Timestamp": func() proto.Message { return new(timestamppb.Timestamp) },
	"google.protobuf.Duration":  func() proto.Message { return new(durationpb.Duration) },
	"google.protobuf.FieldMask": func() proto.Message { return new(fieldmaskpb.FieldMask) },
	"google.protobuf.Struct":    func() proto.Message { return new(structpb.Struct) },
	"google.protobuf.ListValue": func() proto.Message { return new(structpb.ListValue) },
	"google.protobuf.Value":     func() proto.Message { return new(structpb.Value) },
}

// wrappers make those that stand for what they hold.
var wrappers = map[protoreflect.FullName]func() proto.Message{
	"google.protobuf.BoolValue":   func() proto.Message { return new(wrapperspb.BoolValue) },
	"google.protobuf.Int32Value":  func() proto.Message { return new(wrapperspb.Int32Value) },
	"google.protobuf.Int64Value":  func() proto.Message { return new(wrapperspb.Int64Value) },
	"google.protobuf.UInt32Value": func() proto.Message { return new(wrapperspb.UInt32Value) },
	"google.protobuf.UInt64Value": func() proto.Message { return new(wrapperspb.UInt64Value) },
	"google.protobuf.FloatValue":  func() proto.Message { return new(wrapperspb.FloatValue) },
	"google.protobuf.DoubleValue": func() proto.Message { return new(wrapperspb.DoubleValue) },
	"google.protobuf.StringValue": func() proto.Message { return new(wrapperspb.StringValue) },
	"google.protobuf.BytesValue":  func() proto.Message { return new(wrapperspb.BytesValue) },
}

// known writes a message that has a form of its own. What cannot be written so
// (a time in the year 20000) is an object like any other.
func (p *protoPrinter) known(m protoreflect.Message) (done bool, err error) {
	name := m.Descriptor().FullName()
	if empty, ok := mapped[name]; ok {
		return p.mapped(m, empty())
	}
	if empty, ok := wrappers[name]; ok {
		w := empty()
		if !same(m, w) {
			return false, nil
		}
		f := w.ProtoReflect().Descriptor().Fields().ByNumber(1)
		return true, p.single(f, w.ProtoReflect().Get(f))
	}
	return false, nil
}

func (p *protoPrinter) mapped(m protoreflect.Message, as proto.Message) (bool, error) {
	if !same(m, as) {
		return false, nil
	}
	b, err := protojson.MarshalOptions{AllowPartial: true}.Marshal(as)
	if err != nil {
		return false, nil
	}
	if b, err = compact(b); err != nil || checkNesting(b) != nil {
		return false, err
	}
	p.out = append(p.out, b...)
	return true, nil
}

// same reads a message of a schema as the one of that name that is known here.
// A schema may bring another of that name, which it is not.
func same(m protoreflect.Message, as proto.Message) bool {
	b, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m.Interface())
	if err != nil || proto.Unmarshal(b, as) != nil {
		return false
	}
	return len(as.ProtoReflect().GetUnknown()) == 0
}

func sortedKeys(m protoreflect.Map) []protoreflect.MapKey {
	keys := make([]protoreflect.MapKey, 0, m.Len())
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int { return strings.Compare(a.String(), b.String()) })
	return keys
}
