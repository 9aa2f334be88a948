// Package schema is what the schema languages have in common: a text with the
// texts that it refers to becomes a [Schema], of which one can ask for its
// canonical form and its fields. The languages themselves are the packages
// below it; package format chooses among them.
//
// Everything is pure and bounded. A text is untrusted: a parser reads nothing
// but the text and the references it was given, takes no more than the limits
// that it names, and refuses what is over one with kind [weir.Limit]. Any other
// fault is kind [weir.Invalid], and its Where is a line and column or a path.
package schema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
)

// MaxDepth bounds how deep a schema's parts may be nested.
const MaxDepth = 64

// MaxText bounds the bytes of a schema's text and of all that it refers to,
// together; each language may have a smaller bound for one text.
const MaxText = weir.MaxBody

// Source is a schema as it came: its text, and the texts that it refers to.
type Source struct {
	Text       string
	References []Reference
}

// Unmarked is a text without the mark of its encoding (a byte order mark), which
// some editors write in front.
func Unmarked(text string) string { return strings.TrimPrefix(text, "\ufeff") }

// HowToRefer says what to do about a name that no reference gives.
func HowToRefer(name string) string {
	return fmt.Sprintf("register that schema under a subject of its own, then this one with weir schema register SUBJECT FILE --reference %[1]s=SUBJECT:VERSION (over HTTP: {\"name\": %[1]q, \"subject\": ..., \"version\": ...} in references); a product is created without a schema for that", name)
}

// Reference is a text that stands for a name in another one. It has its own
// references; there is no cycle in them.
type Reference struct {
	Name string // as the other text says it: a full name, a path, a URI
	Source
}

// Schema is one that was understood. It never changes and may be used by many
// goroutines.
type Schema interface {
	Format() weir.SchemaFormat
	// Canonical is the text in the form in which registries store and return
	// it. It means the same, keeps docs and properties, and is its own
	// canonical form.
	Canonical() string
	// Normalized is canonical, and what can be said in several ways (the order
	// of things that have none, names in short or full) is said in one.
	Normalized() string
	// Fields lists the fields of the records that the schema describes, outer
	// ones first, in the order of the text. A schema that refers to itself is
	// walked once.
	Fields() []Field
}

// Field is one place in a record.
type Field struct {
	// Path is the names from the outside, with dots between: "address.street";
	// "[]" behind a name is the elements of an array, "{}" the values of a map.
	Path string
	// Type is what may stand there, in the words of the language.
	Type string
	// Optional: it may be absent or null.
	Optional bool
	// Values are those of an enum, in the order of the text; see [Listed].
	Values []string
	// HasDefault: it has one, and Default is what the schema says it is, short.
	HasDefault bool
	Default    string
	// Number is the field's in records of a language that has numbers.
	Number int
	// Wire says the path by what stands in records, where names do not: two
	// fields with the same one are the same whatever they are called.
	Wire string
	// Doc is what the schema says about it, for people.
	Doc string
	// Tags are those that the schema gives it (confluent:tags and the like).
	Tags []string
}

// Key is by what the field is found in another schema: its Wire, or else its
// Path.
func (f Field) Key() string {
	if f.Wire != "" {
		return f.Wire
	}
	return f.Path
}

// maxListed bounds the values that a field lists, and maxShown the characters
// of one, and of a default.
const (
	maxListed = 20
	maxShown  = 60
)

// Listed is values as a [Field] has them: the first twenty, and how many more
// there are.
func Listed(n int, value func(i int) string) []string {
	var all []string
	for i := range min(n, maxListed) {
		all = append(all, Shown(value(i)))
	}
	if n > maxListed {
		all = append(all, "and "+strconv.Itoa(n-maxListed)+" more")
	}
	return all
}

// Shown is a text as a [Field] has it: no longer than sixty characters.
func Shown(s string) string {
	if len(s) <= maxShown {
		return s
	}
	if r := []rune(s[:min(len(s), 4*(maxShown+1))]); len(r) > maxShown { // a rune has at most four bytes
		return string(r[:maxShown-1]) + "…"
	}
	return s
}

// Mismatch is one reason why a reader cannot read everything that a writer may
// have written.
type Mismatch struct {
	// Path is where, as in [Field]; empty is the whole.
	Path string
	// Rule is the name of the rule that is broken, as the docs list it: upper
	// case and underscores.
	Rule string
	// Reader and Writer are what the two sides say there, short.
	Reader, Writer string
	// Msg is a sentence that says what is wrong, and Fix what one can do.
	Msg, Fix string
}

// String is the sentence, with its place and its fix.
func (m Mismatch) String() string {
	s := m.Rule + ": "
	if m.Path != "" {
		s += m.Path + ": "
	}
	s += m.Msg
	if m.Fix != "" {
		s += "; " + m.Fix
	}
	return s
}
