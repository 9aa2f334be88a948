package protobuf

import (
	"fmt"

	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// The limits. What is over one is refused with kind Limit, before the compiler
// sees it: it takes memory for every word and level, and for some things time
// that grows with the square of their number.
const (
	MaxText  = 256 << 10 // bytes of one text
	MaxTexts = 1 << 20   // bytes of a text and all that it imports
	MaxDepth = schema.MaxDepth

	// Of one schema.
	MaxFields   = 5_000 // and extensions
	MaxMessages = 2_000
	MaxEnums    = 1_000
	MaxValues   = 5_000 // of all enums
	MaxImports  = weir.MaxReferences

	// Of a schema and all that it imports, except what registries know.
	MaxReferences   = weir.MaxReferences
	MaxDeclarations = 8_000  // fields, values, messages, options, ...; a map counts three, a part of an option's name two
	MaxWords        = 40_000 // names, numbers, strings and signs
	MaxRanges       = 1_000  // reserved numbers and names, and extension ranges

	// MaxPairs bounds declarations times what is reserved: the compiler holds
	// each against each.
	MaxPairs = 2_500_000

	// MaxChoices bounds, in each message with all inside it, oneofs times
	// declarations; an optional field of proto3 is in a oneof of its own. The
	// compiler holds each against each.
	MaxChoices = 6_000_000

	// MaxColumns bounds the columns at which words end, all together: the
	// compiler counts the runes before each place in its line. Lines of 100
	// columns never come near it, and all in one line does from some 15 KB on.
	MaxColumns = 40_000_000
)

// checkSource bounds what was sent. It looks at the signs of the texts alone.
func checkSource(src schema.Source) error {
	left := budget{bytes: MaxTexts, sources: MaxReferences + 1}
	if err := left.take("", src, 0); err != nil {
		return err
	}
	return left.words.take("", src)
}

type budget struct {
	bytes, sources int
	words          words
}

func (b *budget) take(name string, src schema.Source, depth int) error {
	b.bytes -= len(src.Text)
	b.sources--
	switch {
	case len(src.Text) > MaxText:
		return tooMuch(name, "the text has %d bytes", len(src.Text)).WithFix("use at most %d; put a part into a file that is imported", MaxText)
	case b.bytes < 0:
		return tooMuch(name, "the text and what it imports have more than %d bytes", MaxTexts).WithFix("import less")
	case b.sources < 0:
		return tooMuch(name, "there are more than %d references", MaxReferences).WithFix("import less")
	case depth > MaxDepth:
		return tooMuch(name, "references are nested deeper than %d", MaxDepth).WithFix("import what is needed directly")
	}
	for _, r := range src.References {
		if err := b.take(r.Name, r.Source, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func tooMuch(name, format string, args ...any) *weir.Error {
	return weir.Errorf(weir.Limit, format, args...).At(name)
}

// words counts what stands in texts.
type words struct{ words, declarations, ranges, columns int }

// take counts a text and what it imports. A descriptor is counted when it is
// printed.
func (w *words) take(name string, src schema.Source) error {
	if err := w.count(name, src.Text); err != nil {
		return err
	}
	for _, r := range src.References {
		if err := w.take(r.Name, r.Source); err != nil {
			return err
		}
	}
	return nil
}

// count reads one text.
func (w *words) count(name, text string) error {
	s := scanner{text: text}
	var at state
	for t := s.next(); t != ""; t = s.next() {
		at.see(t)
		w.words++
		w.columns += s.column()
		w.declarations += at.declares(t)
		w.ranges += at.reserves(t)
		if e := w.over(at); e != nil {
			return e.At(place(name, s.line()))
		}
	}
	return nil
}

func (w *words) over(at state) *weir.Error {
	switch {
	case at.depth > MaxDepth:
		return tooMuch("", "brackets are nested deeper than %d", MaxDepth).WithFix("declare inner messages beside each other")
	case at.dots > MaxDepth:
		return tooMuch("", "a name has more than %d parts", MaxDepth).WithFix("use a shorter name")
	case w.declarations > MaxDeclarations:
		return tooMuch("", "the text and what it imports declare more than %d things", MaxDeclarations).WithFix("split the schema, or import less")
	case w.words > MaxWords:
		return tooMuch("", "the text and what it imports have more than %d words and signs", MaxWords).WithFix("split the schema, or import less")
	case w.columns > MaxColumns:
		return tooMuch("", "too many words stand in long lines").WithFix("break the lines behind each ; and {")
	case w.ranges*w.declarations > MaxPairs:
		return tooMuch("", "%d numbers, names and ranges are reserved beside %d declarations", w.ranges, w.declarations).WithFix("write numbers that follow each other as ranges, or split the schema")
	case at.oneofs*at.declared > MaxChoices:
		return tooMuch("", "a message has %d oneofs and optional fields among %d declarations", at.oneofs, at.declared).WithFix("put a part of its fields into a message of their own")
	case w.ranges > MaxRanges:
		return tooMuch("", "more than %d numbers, names and ranges are reserved", MaxRanges).WithFix("write numbers that follow each other as ranges")
	}
	return nil
}

// state is where a text was read to.
type state struct {
	depth    int
	dots     int  // of the name that is being read
	reserved bool // in such a declaration
	option   bool // before the value of one
	list     int  // in so many brackets, where options of fields and values stand
	proto3   bool
	oneofs   int // in the outermost message
	declared int
}

func (at *state) see(t string) {
	switch t[0] {
	case '{', '[', '(', '<':
		at.depth++
	case '}', ']', ')', '>':
		at.depth--
	case '.':
		at.dots++
	case '=':
		at.dots, at.option = 0, false
	case ';', ',':
		at.dots = 0
	}
	switch t {
	case "[":
		at.list++
	case "]":
		at.list = max(0, at.list-1)
	case "option":
		at.option = true
	case `"proto3"`, `'proto3'`:
		at.proto3 = true
	}
	at.choose(t)
	if t == ";" || t == "{" || t == "}" {
		at.reserved, at.option = false, false
	}
}

// choose counts what the compiler holds against each other in a message.
func (at *state) choose(t string) {
	switch {
	case at.depth == 0:
		at.oneofs, at.declared = 0, 0
	case t == "oneof", t == "optional" && at.proto3:
		at.oneofs++
	case t == ";", t == "}":
		at.declared++
	}
}

func (at *state) declares(t string) int {
	switch t {
	case ";", "}":
		return 1
	case "<":
		return 2
	case ".":
		if at.option || at.list > 0 { // the compiler copies what is around each part
			return 2
		}
	}
	return 0
}

func (at *state) reserves(t string) int {
	if t == "reserved" || t == "extensions" {
		at.reserved = true
	}
	if at.reserved && (t == "," || t == "reserved" || t == "extensions") {
		return 1
	}
	return 0
}

func place(name string, line int) string {
	if name == "" {
		return fmt.Sprintf("%d:1", line)
	}
	return fmt.Sprintf("%s:%d:1", name, line)
}

// checkForm bounds the canonical form as if it had been sent, so that it can be:
// it may be longer than what it was made of.
func checkForm(text string) error {
	if len(text) > MaxText {
		return tooMuch("", "the canonical form has %d bytes", len(text)).WithFix("use at most %d; put a part into a file that is imported", MaxText)
	}
	return new(words).count("canonical form", text)
}

// counts is what a descriptor has of each thing.
type counts struct{ fields, messages, enums, values, ranges int }

// checkCounts bounds a descriptor.
func checkCounts(f *descriptorpb.FileDescriptorProto) error {
	c := counts{fields: len(f.GetExtension())}
	if !c.messagesOf(f.GetMessageType(), 1) {
		return tooMuch("", "messages are nested deeper than %d", MaxDepth).WithFix("declare the inner ones beside each other")
	}
	c.enumsOf(f.GetEnumType())
	for _, x := range []struct {
		what     string
		has, max int
	}{
		{"fields", c.fields, MaxFields}, {"messages", c.messages, MaxMessages},
		{"enums", c.enums, MaxEnums}, {"enum values", c.values, MaxValues},
		{"imports", len(f.GetDependency()), MaxImports}, {"reserved ranges", c.ranges, MaxRanges},
	} {
		if x.has > x.max {
			return tooMuch("", "the schema has %d %s", x.has, x.what).
				WithFix("use at most %d; put a part into a file that is imported", x.max)
		}
	}
	return nil
}

func (c *counts) messagesOf(ms []*descriptorpb.DescriptorProto, depth int) bool {
	if depth > MaxDepth && len(ms) > 0 {
		return false
	}
	for _, m := range ms {
		if m.GetOptions().GetMapEntry() {
			continue
		}
		c.messages++
		c.fields += len(m.GetField()) + len(m.GetExtension())
		c.ranges += len(m.GetReservedRange()) + len(m.GetReservedName()) + len(m.GetExtensionRange())
		c.enumsOf(m.GetEnumType())
		if !c.messagesOf(m.GetNestedType(), depth+1) {
			return false
		}
	}
	return true
}

func (c *counts) enumsOf(es []*descriptorpb.EnumDescriptorProto) {
	c.enums += len(es)
	for _, e := range es {
		c.values += len(e.GetValue())
		c.ranges += len(e.GetReservedRange()) + len(e.GetReservedName())
	}
}
