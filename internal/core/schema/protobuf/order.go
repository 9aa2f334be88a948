package protobuf

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// ordered is a copy of a file with everything in order whose order says nothing.
// The first value of an enum stays the first: it is the default.
func ordered(f *descriptorpb.FileDescriptorProto) *descriptorpb.FileDescriptorProto {
	f = proto.CloneOf(f)
	orderImports(f)
	for _, m := range f.MessageType {
		orderMessage(m)
	}
	orderEnums(f.EnumType)
	orderExtensions(f.Extension)
	return f
}

func orderImports(f *descriptorpb.FileDescriptorProto) {
	names := slices.Clone(f.Dependency)
	slices.Sort(names)
	move := func(is []int32) {
		for i, at := range is {
			is[i] = int32(slices.Index(names, f.Dependency[at]))
		}
		slices.Sort(is)
	}
	move(f.PublicDependency)
	move(f.WeakDependency)
	f.Dependency = names
}

func orderMessage(m *descriptorpb.DescriptorProto) {
	slices.SortStableFunc(m.Field, byNumber)
	orderOneofs(m)
	orderExtensions(m.Extension)
	orderEnums(m.EnumType)
	slices.SortFunc(m.ReservedRange, func(a, b *descriptorpb.DescriptorProto_ReservedRange) int {
		return cmp.Compare(a.GetStart(), b.GetStart())
	})
	slices.SortFunc(m.ExtensionRange, func(a, b *descriptorpb.DescriptorProto_ExtensionRange) int {
		return cmp.Compare(a.GetStart(), b.GetStart())
	})
	slices.Sort(m.ReservedName)
	for _, n := range m.NestedType {
		orderMessage(n)
	}
}

func byNumber(a, b *descriptorpb.FieldDescriptorProto) int {
	return cmp.Compare(a.GetNumber(), b.GetNumber())
}

// orderOneofs puts the fields of a oneof together, at the place of its first.
func orderOneofs(m *descriptorpb.DescriptorProto) {
	least := map[int32]int32{}
	for _, f := range slices.Backward(m.Field) {
		if inOneof(f) {
			least[f.GetOneofIndex()] = f.GetNumber()
		}
	}
	place := func(f *descriptorpb.FieldDescriptorProto) int32 {
		if inOneof(f) {
			return least[f.GetOneofIndex()]
		}
		return f.GetNumber()
	}
	slices.SortStableFunc(m.Field, func(a, b *descriptorpb.FieldDescriptorProto) int {
		return cmp.Compare(place(a), place(b))
	})
}

func orderExtensions(xs []*descriptorpb.FieldDescriptorProto) {
	slices.SortStableFunc(xs, func(a, b *descriptorpb.FieldDescriptorProto) int {
		return cmp.Or(cmp.Compare(a.GetExtendee(), b.GetExtendee()), byNumber(a, b))
	})
}

func orderEnums(es []*descriptorpb.EnumDescriptorProto) {
	for _, e := range es {
		if len(e.Value) > 1 {
			slices.SortStableFunc(e.Value[1:], func(a, b *descriptorpb.EnumValueDescriptorProto) int {
				return cmp.Or(cmp.Compare(a.GetNumber(), b.GetNumber()), cmp.Compare(a.GetName(), b.GetName()))
			})
		}
		slices.SortFunc(e.ReservedRange, func(a, b *descriptorpb.EnumDescriptorProto_EnumReservedRange) int {
			return cmp.Compare(a.GetStart(), b.GetStart())
		})
		slices.Sort(e.ReservedName)
	}
}
