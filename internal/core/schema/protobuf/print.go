package protobuf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"
)

// printer writes the layout of the package comment. A blank line parts the
// sections of a block that have something in them.
type printer struct {
	b     strings.Builder
	depth int
	types *types
	rules syntax

	head  string // of the innermost block, until something stands in it
	first bool   // nothing stands in the block yet
	gap   bool   // a section begins
}

// syntax is the dialect of a file.
type syntax int

const (
	proto2 syntax = iota
	proto3
	edition
)

func syntaxOf(f *descriptorpb.FileDescriptorProto) syntax {
	switch f.GetSyntax() {
	case "proto3":
		return proto3
	case "editions":
		return edition
	}
	return proto2
}

func printFile(f *descriptorpb.FileDescriptorProto, ts *types) string {
	p := &printer{types: ts, rules: syntaxOf(f)}
	p.dialect(f)
	p.section()
	p.imports(f)
	p.section()
	p.options(f.GetOptions(), f.GetPackage())
	b := &block{scope: f.GetPackage(), messages: f.GetMessageType()}
	b.own(nil, f.GetExtension())
	p.innerTypes(b, f.GetEnumType(), f.GetExtension())
	p.section()
	for _, s := range f.GetService() {
		p.service(s, f.GetPackage())
	}
	return p.b.String()
}

// line writes one line, or several that hang together.
func (p *printer) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if p.head != "" {
		p.put(p.depth-1, p.head+" {")
		p.head = ""
	} else if p.gap && !p.first {
		p.b.WriteByte('\n')
	}
	p.gap, p.first = false, false
	for l := range strings.SplitSeq(text, "\n") {
		p.put(p.depth, l)
	}
}

func (p *printer) put(depth int, text string) {
	for range depth {
		p.b.WriteString("  ")
	}
	p.b.WriteString(text)
	p.b.WriteByte('\n')
}

// section says that what comes next is of another kind than what was before.
func (p *printer) section() { p.gap = true }

// open begins a block. Its first line comes with the first line inside.
func (p *printer) open(format string, args ...any) {
	if p.head != "" {
		p.put(p.depth-1, p.head+" {")
	} else if p.gap && !p.first {
		p.b.WriteByte('\n')
	}
	p.gap, p.first = false, true
	p.head = fmt.Sprintf(format, args...)
	p.depth++
}

func (p *printer) close() {
	p.depth--
	if p.head != "" {
		p.put(p.depth, p.head+" {}")
		p.head = ""
	} else {
		p.put(p.depth, "}")
	}
	p.gap, p.first = false, false
}

func (p *printer) dialect(f *descriptorpb.FileDescriptorProto) {
	switch p.rules {
	case edition:
		p.line("edition = %s;", quote(strings.TrimPrefix(f.GetEdition().String(), "EDITION_")))
	case proto3:
		p.line(`syntax = "proto3";`)
	default:
		p.line(`syntax = "proto2";`)
	}
	if f.GetPackage() != "" {
		p.line("package %s;", f.GetPackage())
	}
}

func (p *printer) imports(f *descriptorpb.FileDescriptorProto) {
	for i, path := range f.GetDependency() {
		how := ""
		if slices.Contains(f.GetPublicDependency(), int32(i)) {
			how = "public "
		} else if slices.Contains(f.GetWeakDependency(), int32(i)) {
			how = "weak "
		}
		p.line("import %s%s;", how, quote(path))
	}
}

// block is a file or a message with the messages inside it. Some of these
// belong to a field, a group or a map, and are said where the field is. The
// order of all of them is the order in which records count them.
type block struct {
	scope    string
	messages []*descriptorpb.DescriptorProto
	next     int
	owned    map[string]int // position by type name, of those that a field owns
}

// own finds the messages that fields and extensions own.
func (b *block) own(fields, extensions []*descriptorpb.FieldDescriptorProto) {
	b.owned = map[string]int{}
	at := map[string]int{}
	for i, m := range b.messages {
		at["."+join(b.scope, m.GetName())] = i
	}
	for _, f := range slices.Concat(fields, extensions) {
		i, inside := at[f.GetTypeName()]
		if inside && (isGroup(f) || b.messages[i].GetOptions().GetMapEntry()) {
			b.owned[f.GetTypeName()] = i
		}
	}
}

func isGroup(f *descriptorpb.FieldDescriptorProto) bool {
	return f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_GROUP
}

// of is the message that a field owns, or nil.
func (b *block) of(f *descriptorpb.FieldDescriptorProto) *descriptorpb.DescriptorProto {
	if i, ok := b.owned[f.GetTypeName()]; ok {
		return b.messages[i]
	}
	return nil
}

// before writes the messages that come before the one that a field owns.
func (p *printer) before(b *block, f *descriptorpb.FieldDescriptorProto) {
	if i, ok := b.owned[f.GetTypeName()]; ok {
		p.nested(b, i)
		b.next = max(b.next, i+1)
	}
}

// nested writes the block's messages up to a position that are nobody's.
func (p *printer) nested(b *block, end int) {
	for ; b.next < end; b.next++ {
		if !b.isOwned(b.next) {
			p.message(b.messages[b.next], b.scope)
		}
	}
}

func (b *block) isOwned(i int) bool {
	_, owned := b.owned["."+join(b.scope, b.messages[i].GetName())]
	return owned
}

// ready is the position of the first message that waits for a field's turn.
func (b *block) ready() int {
	i := b.next
	for i < len(b.messages) && !b.isOwned(i) {
		i++
	}
	return i
}

// innerTypes writes what a file and a message both have behind their fields.
func (p *printer) innerTypes(b *block, enums []*descriptorpb.EnumDescriptorProto, extensions []*descriptorpb.FieldDescriptorProto) {
	p.section()
	p.nested(b, b.ready())
	for _, e := range enums {
		p.enum(e, b.scope)
	}
	p.section()
	p.extends(b, extensions)
	p.nested(b, len(b.messages))
}

func (p *printer) message(m *descriptorpb.DescriptorProto, scope string) {
	p.open("message %s", m.GetName())
	p.body(m, join(scope, m.GetName()))
	p.close()
}

func (p *printer) body(m *descriptorpb.DescriptorProto, scope string) {
	p.reserved(messageReserved(m), m.GetReservedName())
	p.section()
	p.options(m.GetOptions(), scope)
	p.section()
	b := &block{scope: scope, messages: m.GetNestedType()}
	b.own(m.GetField(), m.GetExtension())
	p.fields(b, m)
	p.section()
	for _, r := range m.GetExtensionRange() {
		p.line("extensions %s%s;", span(r.GetStart(), r.GetEnd()-1, maxField), p.brackets(p.settings(r.GetOptions(), scope)))
	}
	p.innerTypes(b, m.GetEnumType(), m.GetExtension())
}

// fields writes fields in their order, and a oneof where its first field is.
func (p *printer) fields(b *block, m *descriptorpb.DescriptorProto) {
	members := membersOf(m)
	for _, f := range m.GetField() {
		i := f.GetOneofIndex()
		switch {
		case !inOneof(f):
			p.field(b, f)
		case int(i) < len(m.GetOneofDecl()) && members[i][0] == f:
			p.oneof(b, m.GetOneofDecl()[i], members[i])
		}
	}
}

// membersOf is the fields of each oneof, by its index.
func membersOf(m *descriptorpb.DescriptorProto) map[int32][]*descriptorpb.FieldDescriptorProto {
	members := map[int32][]*descriptorpb.FieldDescriptorProto{}
	for _, f := range m.GetField() {
		if inOneof(f) {
			members[f.GetOneofIndex()] = append(members[f.GetOneofIndex()], f)
		}
	}
	return members
}

// inOneof leaves out the oneofs that stand for proto3's optional.
func inOneof(f *descriptorpb.FieldDescriptorProto) bool {
	return f.OneofIndex != nil && !f.GetProto3Optional()
}

func (p *printer) oneof(b *block, one *descriptorpb.OneofDescriptorProto, members []*descriptorpb.FieldDescriptorProto) {
	p.before(b, members[0])
	p.open("oneof %s", one.GetName())
	p.options(one.GetOptions(), join(b.scope, one.GetName()))
	p.section()
	for _, f := range members {
		p.field(b, f)
	}
	p.close()
}

func (p *printer) field(b *block, f *descriptorpb.FieldDescriptorProto) {
	p.before(b, f)
	own := b.of(f)
	name := join(b.scope, f.GetName())
	tail := fmt.Sprintf(" = %d%s", f.GetNumber(), p.brackets(append(p.settings(f.GetOptions(), name), pseudo(f)...)))
	switch {
	case own == nil:
		p.line("%s%s %s%s;", p.label(f), p.typeName(f, b.scope), f.GetName(), tail)
	case isGroup(f):
		p.open("%sgroup %s%s", p.label(f), own.GetName(), tail)
		p.body(own, join(b.scope, own.GetName()))
		p.close()
	default:
		p.line("%s %s%s;", p.mapType(own, b.scope), f.GetName(), tail)
	}
}

// label is what stands before the type: nothing where it goes without saying.
func (p *printer) label(f *descriptorpb.FieldDescriptorProto) string {
	switch {
	case inOneof(f):
		return ""
	case f.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_REPEATED:
		return "repeated "
	case f.GetProto3Optional():
		return "optional "
	case p.rules != proto2:
		return ""
	case f.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_REQUIRED:
		return "required "
	}
	return "optional "
}

func (p *printer) typeName(f *descriptorpb.FieldDescriptorProto, scope string) string {
	if f.GetTypeName() != "" {
		return p.types.short(f.GetTypeName(), scope)
	}
	return strings.ToLower(strings.TrimPrefix(f.GetType().String(), "TYPE_"))
}

func (p *printer) mapType(entry *descriptorpb.DescriptorProto, scope string) string {
	scope = join(scope, entry.GetName())
	var sides [2]string
	for i, f := range entry.GetField() {
		if i < len(sides) {
			sides[i] = p.typeName(f, scope)
		}
	}
	return fmt.Sprintf("map<%s, %s>", sides[0], sides[1])
}

// extends writes extensions; those of one message that follow each other stand
// together.
func (p *printer) extends(b *block, xs []*descriptorpb.FieldDescriptorProto) {
	for len(xs) > 0 {
		n := 1
		for n < len(xs) && xs[n].GetExtendee() == xs[0].GetExtendee() {
			n++
		}
		p.before(b, xs[0])
		p.open("extend %s", p.types.short(xs[0].GetExtendee(), b.scope))
		for i, x := range xs[:n] {
			if k, ok := b.owned[x.GetTypeName()]; ok && i > 0 && k > b.next {
				n = i // a message stands between
				break
			}
			p.field(b, x)
		}
		p.close()
		xs = xs[n:]
	}
}

func (p *printer) enum(e *descriptorpb.EnumDescriptorProto, scope string) {
	p.open("enum %s", e.GetName())
	p.reserved(enumReserved(e), e.GetReservedName())
	p.section()
	p.options(e.GetOptions(), join(scope, e.GetName()))
	p.section()
	for _, v := range e.GetValue() {
		p.line("%s = %d%s;", v.GetName(), v.GetNumber(), p.brackets(p.settings(v.GetOptions(), join(scope, v.GetName()))))
	}
	p.close()
}

func (p *printer) service(s *descriptorpb.ServiceDescriptorProto, scope string) {
	scope = join(scope, s.GetName())
	p.open("service %s", s.GetName())
	p.options(s.GetOptions(), scope)
	p.section()
	for _, m := range s.GetMethod() {
		p.method(m, scope)
	}
	p.close()
}

func (p *printer) method(m *descriptorpb.MethodDescriptorProto, scope string) {
	side := func(stream bool, name string) string {
		if stream {
			return "stream " + p.types.short(name, scope)
		}
		return p.types.short(name, scope)
	}
	head := fmt.Sprintf("rpc %s (%s) returns (%s)", m.GetName(),
		side(m.GetClientStreaming(), m.GetInputType()), side(m.GetServerStreaming(), m.GetOutputType()))
	if m.GetOptions() == nil {
		p.line("%s;", head)
		return
	}
	p.open("%s", head)
	p.options(m.GetOptions(), join(scope, m.GetName()))
	p.close()
}

// The last numbers that fields and enum values can have.
const (
	maxField = 1<<29 - 1
	maxEnum  = 1<<31 - 1
)

func messageReserved(m *descriptorpb.DescriptorProto) []string {
	var rs []string
	for _, r := range m.GetReservedRange() {
		rs = append(rs, span(r.GetStart(), r.GetEnd()-1, maxField))
	}
	return rs
}

func enumReserved(e *descriptorpb.EnumDescriptorProto) []string {
	var rs []string
	for _, r := range e.GetReservedRange() {
		rs = append(rs, span(r.GetStart(), r.GetEnd(), maxEnum))
	}
	return rs
}

func span(from, to, last int32) string {
	switch to {
	case from:
		return strconv.Itoa(int(from))
	case last:
		return fmt.Sprintf("%d to max", from)
	}
	return fmt.Sprintf("%d to %d", from, to)
}

func (p *printer) reserved(numbers, names []string) {
	if len(numbers) > 0 {
		p.line("reserved %s;", strings.Join(numbers, ", "))
	}
	if len(names) == 0 {
		return
	}
	if p.rules != edition {
		names = slices.Clone(names)
		for i, n := range names {
			names[i] = quote(n)
		}
	}
	p.line("reserved %s;", strings.Join(names, ", "))
}
