package avro

import (
	"strconv"
	"strings"
	"unicode"
)

// Kind is what sort of type it is.
type Kind uint8

// The kinds; the first eight are the primitive ones.
const (
	Null Kind = iota
	Boolean
	Int
	Long
	Float
	Double
	Bytes
	String
	Record
	Enum
	Fixed
	Array
	Map
	Union
)

// kindNames is by kind, as a schema says it.
var kindNames = [...]string{
	"null", "boolean", "int", "long", "float", "double", "bytes", "string",
	"record", "enum", "fixed", "array", "map", "union",
}

// String is the word that a schema has for it.
func (k Kind) String() string { return kindNames[k] }

// Primitive reports whether the kind alone says all.
func (k Kind) Primitive() bool { return k <= String }

// Named reports whether types of this kind have names.
func (k Kind) Named() bool { return k == Record || k == Enum || k == Fixed }

// primitive finds a primitive kind by its word.
func primitive(word string) (Kind, bool) {
	for k := Null; k <= String; k++ {
		if kindNames[k] == word {
			return k, true
		}
	}
	return 0, false
}

// Name is the name of a type. Space is empty for one without a namespace.
type Name struct{ Space, Short string }

// Full is the name with its namespace.
func (n Name) Full() string {
	if n.Space == "" {
		return n.Short
	}
	return n.Space + "." + n.Short
}

// from says the name as one would in a namespace: short if it is in the same
// one, unless a primitive type has the same name.
func (n Name) from(space string) string {
	if _, taken := primitive(n.Short); n.Space != space || taken {
		return n.Full()
	}
	return n.Short
}

// nameIn reads a name as it stands in a namespace; with dots it is a full one.
func nameIn(name, space string) Name {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return Name{name[:i], name[i+1:]}
	}
	return Name{space, name}
}

// Type is a type as a reader of records has to know it. Types may refer to
// themselves. They never change.
type Type struct {
	Kind     Kind
	Name     Name     // of a record, an enum, a fixed
	Aliases  []Name   // of those
	Fields   []*Field // of a record
	Symbols  []string // of an enum
	Default  string   // of an enum: the symbol for those that it does not know; empty: none
	Size     int      // of a fixed
	Elem     *Type    // of an array or a map
	Branches []*Type  // of a union
	Decimal  *Decimal // if bytes or fixed are to be read so

	isError bool
	doc     text
	props   []member
}

// Decimal says how bytes are to be read as a number.
type Decimal struct{ Precision, Scale int }

// Field is a field of a record.
type Field struct {
	Name       string
	Aliases    []string
	Type       *Type
	HasDefault bool

	doc   text
	order string // if not ascending
	def   value
	props []member
	state checked // of def
}

// text is one that may be missing, which is not the same as empty.
type text struct {
	string
	given bool
}

// Symbol reports whether an enum has it.
func (t *Type) Symbol(s string) bool {
	for _, have := range t.Symbols {
		if have == s {
			return true
		}
	}
	return false
}

// Nullable gives the other branch of a union of two whose one branch is null.
func (t *Type) Nullable() (other *Type, ok bool) {
	if t.Kind != Union || len(t.Branches) != 2 {
		return nil, false
	}
	switch Null {
	case t.Branches[0].Kind:
		return t.Branches[1], true
	case t.Branches[1].Kind:
		return t.Branches[0], true
	}
	return nil, false
}

// hasNull reports whether null is a value of the type.
func (t *Type) hasNull() bool {
	for _, b := range t.Branches {
		if b.Kind == Null {
			return true
		}
	}
	return t.Kind == Null
}

// String says the type in short: "string", "array<long>", "record a.b.C".
func (t *Type) String() string { return t.short(4) }

// short says it; what is deeper than levels is left out.
func (t *Type) short(levels int) string {
	if levels == 0 {
		return "..."
	}
	switch {
	case t.Kind == Fixed:
		return t.logical("fixed " + clip(t.Name.Full()) + "(" + strconv.Itoa(t.Size) + ")")
	case t.Kind.Named():
		return t.Kind.String() + " " + clip(t.Name.Full())
	case t.Elem != nil:
		return t.Kind.String() + "<" + t.Elem.short(levels-1) + ">"
	case t.Kind == Union:
		return t.union(levels)
	}
	return t.logical(t.Kind.String())
}

func (t *Type) union(levels int) string {
	const most = 8
	var parts []string
	for i, b := range t.Branches {
		if i == most {
			parts = append(parts, "...")
			break
		}
		parts = append(parts, b.short(levels-1))
	}
	return "union<" + strings.Join(parts, ",") + ">"
}

// logical adds the logical type, if it has one that the specification knows.
func (t *Type) logical(s string) string {
	if t.Decimal != nil {
		return s + "(decimal(" + strconv.Itoa(t.Decimal.Precision) + "," + strconv.Itoa(t.Decimal.Scale) + "))"
	}
	if name := t.logicalType(); name != "" {
		return s + "(" + name + ")"
	}
	return s
}

// logicalKinds says for which kinds the specification has a logical type;
// decimals have rules of their own.
var logicalKinds = map[string][]Kind{
	"big-decimal":            {Bytes},
	"uuid":                   {String, Fixed},
	"date":                   {Int},
	"time-millis":            {Int},
	"time-micros":            {Long},
	"timestamp-millis":       {Long},
	"timestamp-micros":       {Long},
	"timestamp-nanos":        {Long},
	"local-timestamp-millis": {Long},
	"local-timestamp-micros": {Long},
	"local-timestamp-nanos":  {Long},
	"duration":               {Fixed},
}

// Logical is the name of the type's logical type, as far as the specification
// has one of that name for its kind; empty: readers ignore what stands there.
func (t *Type) Logical() string { return t.logicalType() }

// logicalType is the name of the logical type if it is valid for the type;
// any other is ignored by readers, as the specification says.
func (t *Type) logicalType() string {
	name := property(t.props, "logicalType")
	if name == nil || name.kind != jsonString {
		return ""
	}
	for _, k := range logicalKinds[name.text] {
		if k == t.Kind {
			return name.text
		}
	}
	if t.Decimal != nil {
		return name.text
	}
	return ""
}

// Property is the text of a property of the type; it is not ok if there is none
// of that name that is a text.
func (t *Type) Property(name string) (text string, ok bool) {
	v := property(t.props, name)
	if v == nil || v.kind != jsonString {
		return "", false
	}
	return v.text, true
}

func property(props []member, key string) *value {
	for i := range props {
		if props[i].key == key {
			return &props[i].value
		}
	}
	return nil
}

// isName says whether the short name of a type, a field or a symbol can be
// this. Letters and digits are those of Unicode's basic plane: the Java library
// takes them, though the specification has ASCII alone.
func isName(s string) bool {
	for i, r := range s {
		if r > 0xffff || r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return s != ""
}

// isNamespace says whether it is names with dots between. The names of Java's
// packages and nested classes may have $ and -, too.
func isNamespace(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if !isName("_"+strings.NewReplacer("$", "_", "-", "_").Replace(part)) || part == "" {
			return false
		}
	}
	return true
}
