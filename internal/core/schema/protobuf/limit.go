package protobuf

import (
	"fmt"

	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// The limits. What is over one is refused with kind Limit before the compiler
// sees it.
const (
	MaxText     = 256 << 10 // bytes of one text
	MaxTexts    = 1 << 20   // bytes of a text and all that it imports
	MaxDepth    = schema.MaxDepth
	MaxImports  = weir.MaxReferences // references, and theirs
	MaxTokens   = 60_000             // of one text: names, numbers, signs
	MaxFields   = 5_000              // and extensions
	MaxMessages = 2_000
	MaxEnums    = 1_000
	MaxValues   = 10_000 // of all enums
)

// checkSize bounds what was sent, before any of it is read.
func checkSize(src schema.Source) error {
	left := budget{bytes: MaxTexts, sources: MaxImports + 1}
	return left.take("", src, 0)
}

type budget struct{ bytes, sources int }

func (b *budget) take(name string, src schema.Source, depth int) error {
	b.bytes -= len(src.Text)
	b.sources--
	switch {
	case len(src.Text) > MaxText:
		return tooMuch(name, "the text has %d bytes", len(src.Text)).WithFix("use at most %d; put a part into a file that is imported", MaxText)
	case b.bytes < 0:
		return tooMuch(name, "the text and what it imports have more than %d bytes", MaxTexts).WithFix("import less")
	case b.sources < 0:
		return tooMuch(name, "there are more than %d references", MaxImports).WithFix("import less")
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

// checkText bounds a .proto text by a look at its signs. It understands only
// comments, strings and brackets; the compiler, which takes memory for each
// token and each level, sees nothing that is over a limit.
func checkText(name, text string) error {
	s := scanner{text: text}
	depth, tokens, line := 0, 0, 1
	for {
		t := s.next()
		if t == 0 {
			return nil
		}
		if tokens++; tokens > MaxTokens {
			line = s.line()
			return tooMuch(place(name, line), "the text has more than %d words and signs", MaxTokens).
				WithFix("put a part into a file that is imported")
		}
		switch t {
		case '{', '[', '(', '<':
			depth++
		case '}', ']', ')', '>':
			depth--
		}
		if depth > MaxDepth {
			line = s.line()
			return tooMuch(place(name, line), "messages are nested deeper than %d", MaxDepth).
				WithFix("declare the inner ones beside each other")
		}
	}
}

func place(name string, line int) string {
	if name == "" {
		return fmt.Sprintf("%d:1", line)
	}
	return fmt.Sprintf("%s:%d:1", name, line)
}

// counts is what a descriptor has of each thing.
type counts struct{ fields, messages, enums, values int }

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
		{"imports", len(f.GetDependency()), MaxImports},
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
		if !m.GetOptions().GetMapEntry() {
			c.messages++
		}
		c.fields += len(m.GetField()) + len(m.GetExtension())
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
	}
}
