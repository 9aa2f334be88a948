package avro

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// parser builds types of JSON values. Its counts and names are for all texts
// of a schema together.
type parser struct {
	names                          map[string]*Type // by full name
	values, fields, types, symbols int
	bytes, steps                   int
	plain                          [String + 1]*Type // primitive types without properties
	read                           map[string]bool   // texts of references
	defaults                       []*Field
	where                          []*path // of each default
}

func newParser() *parser {
	p := &parser{names: map[string]*Type{}, read: map[string]bool{}}
	for k := Null; k <= String; k++ {
		p.plain[k] = &Type{Kind: k}
	}
	return p
}

// references reads the texts that a text refers to, inner ones first. A text
// that is referred to in several places is read once.
func (p *parser) references(refs []schema.Reference, depth int) error {
	if depth > schema.MaxDepth {
		return weir.Errorf(weir.Limit, "references are nested more than %d deep", schema.MaxDepth).WithFix("refer to the inner schemas directly")
	}
	for _, r := range refs {
		if p.read[r.Text] {
			continue
		}
		p.read[r.Text] = true
		if err := p.references(r.References, depth+1); err != nil {
			return err
		}
		if _, err := p.text(r.Text); err != nil {
			return inReference(r.Name, err)
		}
	}
	return nil
}

// inReference says in which text the fault is.
func inReference(name string, err error) error {
	e, ok := err.(*weir.Error)
	if !ok {
		return err
	}
	in := *e
	in.Where = "reference " + clip(name)
	if e.Where != "" {
		in.Where += ": " + e.Where
	}
	return &in
}

// text reads one text and the defaults in it.
func (p *parser) text(text string) (*Type, error) {
	if len(text) > MaxSource {
		return nil, over("", "bytes of text", MaxSource, "split it: put types into schemas of their own and refer to them")
	}
	if p.bytes += len(text); p.bytes > MaxText {
		return nil, over("", "bytes of text, with what it refers to", MaxText, "split it: put types into schemas of their own")
	}
	v, err := readJSON(text, &p.values)
	if err != nil {
		return nil, err
	}
	t, err := p.schema(&v, "", nil, 1)
	if err != nil {
		return nil, err
	}
	return t, p.checkDefaults()
}

// schema builds a type of what stands at a place in a namespace.
func (p *parser) schema(v *value, space string, at *path, depth int) (*Type, error) {
	if depth > schema.MaxDepth {
		return nil, weir.Errorf(weir.Limit, "types are nested more than %d deep", schema.MaxDepth).
			At(at.String()).WithFix("name the inner types and refer to them")
	}
	switch v.kind {
	case jsonString:
		return p.reference(v.text, space, at)
	case jsonArray:
		return p.union(v, space, at, depth)
	case jsonObject:
		return p.object(v, space, at, depth)
	}
	return nil, invalid(at, `write "string", {"type": ...} or [...]`, "%s is not a schema", v.kind)
}

// reference finds the type that a word means: a primitive one, one of the
// namespace, or one without a namespace.
func (p *parser) reference(word, space string, at *path) (*Type, error) {
	if k, ok := primitive(word); ok {
		return p.plain[k], nil
	}
	if t, ok := p.names[nameIn(word, space).Full()]; ok {
		return t, nil
	}
	if t, ok := p.names[word]; ok {
		return t, nil
	}
	return nil, invalid(at, "define it before it is used, use its full name, or add a reference to the schema that has it", "%q is not a type", clip(word))
}

func (p *parser) union(v *value, space string, at *path, depth int) (*Type, error) {
	t := &Type{Kind: Union}
	for i := range v.members {
		here := at.at(i)
		b, err := p.schema(&v.members[i].value, space, here, depth+1)
		if err != nil {
			return nil, err
		}
		if b.Kind == Union {
			return nil, invalid(here, "put its branches into the outer union", "a union is directly in a union")
		}
		t.Branches = append(t.Branches, b)
	}
	if twice, found := duplicate(len(t.Branches), func(i int) string { return t.Branches[i].branch() }); found {
		return nil, invalid(at, "keep one of them; records of different names can tell them apart", "the union has %s twice", clip(twice))
	}
	return t, nil
}

// branch is by what a union tells its branches apart.
func (t *Type) branch() string {
	if t.Kind.Named() {
		return t.Name.Full()
	}
	return t.Kind.String()
}

// object builds the type that an object describes. What its "type" does not
// know is a property.
func (p *parser) object(v *value, space string, at *path, depth int) (*Type, error) {
	word, ok := v.get("type")
	if !ok || word.kind != jsonString {
		return nil, invalid(at, `write "type": "record" or another type's name`, `the object has no "type" that is a string`)
	}
	if k, ok := primitive(word.text); ok {
		return p.primitive(k, v), nil
	}
	switch word.text {
	case "array":
		return p.elements(Array, "items", v, space, at, depth)
	case "map":
		return p.elements(Map, "values", v, space, at, depth)
	case "record", "error", "enum", "fixed":
		return p.named(word.text, v, space, at, depth)
	}
	return p.reference(word.text, space, at.key("type"))
}

// primitive is shared by all places that say nothing beside the type's name.
func (p *parser) primitive(k Kind, v *value) *Type {
	props := properties(v, k)
	if len(props) == 0 {
		return p.plain[k]
	}
	t := &Type{Kind: k, props: props}
	t.Decimal = t.decimal()
	return t
}

func (p *parser) elements(k Kind, key string, v *value, space string, at *path, depth int) (*Type, error) {
	elem, ok := v.get(key)
	if !ok {
		return nil, invalid(at, fmt.Sprintf("add %q: the type of its %s", key, key), "the %s has no %q", k, key)
	}
	t := &Type{Kind: k, props: properties(v, k)}
	var err error
	t.Elem, err = p.schema(elem, space, at.key(key), depth+1)
	return t, err
}

// reserved are the keys of a type that are not properties.
var reserved = []string{"doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"}

// fieldReserved are those of a field.
var fieldReserved = []string{"default", "doc", "name", "order", "type", "aliases"}

func properties(v *value, k Kind) []member {
	var props []member
	for i := range v.members {
		m := &v.members[i]
		if !slices.Contains(reserved, m.key) && !(k == Enum && m.key == "default") {
			props = append(props, *m)
		}
	}
	return props
}

// named builds a type that has a name.
func (p *parser) named(word string, v *value, space string, at *path, depth int) (*Type, error) {
	t := &Type{Kind: Record, isError: word == "error"}
	switch word {
	case "enum":
		t.Kind = Enum
	case "fixed":
		t.Kind = Fixed
	}
	t.doc, t.props = optional(v, "doc"), properties(v, t.Kind)
	if err := p.define(t, v, space, at); err != nil {
		return nil, err
	}
	var err error
	switch t.Kind {
	case Record:
		err = p.record(t, v, at, depth)
	case Enum:
		err = p.enum(t, v, at)
	case Fixed:
		err = fixed(t, v, at)
	}
	t.Decimal = t.decimal()
	return t, err
}

// optional is a text that may be missing; what is not a text is missing too.
func optional(v *value, key string) text {
	m, ok := v.get(key)
	if !ok || m.kind != jsonString {
		return text{}
	}
	return text{m.text, true}
}

// define gives a type its name and aliases and makes it known.
func (p *parser) define(t *Type, v *value, space string, at *path) error {
	name := optional(v, "name")
	if !name.given {
		return invalid(at, `add "name"`, "the %s has no name", t.Kind)
	}
	if ns := optional(v, "namespace"); ns.given {
		space = ns.string
	}
	t.Name = nameIn(name.string, space)
	if err := checkName(t.Name, at.key("name")); err != nil {
		return err
	}
	full := t.Name.Full()
	if _, known := p.names[full]; known {
		return invalid(at.key("name"), "give one of them another name, or write the name alone where the type is used again", "the type %s is defined twice", clip(full))
	}
	if p.types++; p.types > MaxTypes {
		return over(at.String(), "named types", MaxTypes, "split it into several products")
	}
	p.names[full] = t
	return t.aliases(v, at.key("aliases"))
}

// checkName refuses what is not the name of a type.
func checkName(n Name, at *path) error {
	full := n.Full()
	switch _, taken := primitive(full); {
	case len(full) > MaxName:
		return weir.Errorf(weir.Limit, "the name %s has %d bytes", clip(full), len(full)).At(at.String()).WithFix("use at most %d", MaxName)
	case !isName(n.Short):
		return invalid(at, "use letters, digits and _, not a digit first", "%q is not the name of a type", clip(n.Short))
	case n.Space != "" && !isNamespace(n.Space):
		return invalid(at, "use names with dots between", "%q is not a namespace", clip(n.Space))
	case taken:
		return invalid(at, "use another name, or a namespace", "%s is the name of a primitive type", full)
	}
	return nil
}

// aliases reads the other names of a type; they are in its namespace.
func (t *Type) aliases(v *value, at *path) error {
	list, err := stringList(v, "aliases", at)
	if err != nil {
		return err
	}
	for i, a := range list {
		n := nameIn(a, t.Name.Space)
		if err := checkName(n, at.at(i)); err != nil {
			return err
		}
		if !slices.Contains(t.Aliases, n) {
			t.Aliases = append(t.Aliases, n)
		}
	}
	return nil
}

// maxAliases bounds the aliases of one type or field.
const maxAliases = 100

// stringList reads a list of strings that may be missing.
func stringList(v *value, key string, at *path) ([]string, error) {
	list, ok := v.get(key)
	if !ok {
		return nil, nil
	}
	if list.kind != jsonArray {
		return nil, invalid(at, "write a list of names: [...]", "%q is %s", key, list.kind)
	}
	if len(list.members) > maxAliases && key == "aliases" {
		return nil, over(at.String(), "aliases in one place", maxAliases, "keep those that are still in use")
	}
	out := make([]string, len(list.members))
	for i, m := range list.members {
		if m.kind != jsonString {
			return nil, invalid(at.at(i), "write a name in quotes", "%s is not a name", m.kind)
		}
		if len(m.text) > MaxName {
			return nil, weir.Errorf(weir.Limit, "the name %s has %d bytes", clip(m.text), len(m.text)).At(at.at(i).String()).WithFix("use at most %d", MaxName)
		}
		out[i] = m.text
	}
	return out, nil
}

func (p *parser) record(t *Type, v *value, at *path, depth int) error {
	list, ok := v.get("fields")
	if !ok || list.kind != jsonArray {
		return invalid(at, `add "fields": [...]; it may be empty`, "the record %s has no list of fields", clip(t.Name.Full()))
	}
	at = at.key("fields")
	if p.fields += len(list.members); p.fields > MaxFields {
		return over(at.String(), "fields", MaxFields, "split it into several products")
	}
	t.Fields = make([]*Field, len(list.members))
	for i := range list.members {
		f, err := p.field(&list.members[i].value, t.Name.Space, at.at(i), depth)
		if err != nil {
			return err
		}
		t.Fields[i] = f
	}
	if twice, found := duplicate(len(t.Fields), func(i int) string { return t.Fields[i].Name }); found {
		return invalid(at, "give one of them another name", "the record %s has two fields with the name %s", clip(t.Name.Full()), clip(twice))
	}
	return nil
}

func (p *parser) field(v *value, space string, at *path, depth int) (*Field, error) {
	if v.kind != jsonObject {
		return nil, invalid(at, `write {"name": ..., "type": ...}`, "%s is not a field", v.kind)
	}
	name, f := optional(v, "name"), &Field{doc: optional(v, "doc")}
	if err := checkWord("field", name, at.key("name")); err != nil {
		return nil, err
	}
	f.Name = name.string
	typ, ok := v.get("type")
	if !ok {
		return nil, invalid(at, `add "type"`, "the field %s has no type", f.Name)
	}
	var err error
	if f.Type, err = p.schema(typ, space, at.key("type"), depth+1); err != nil {
		return nil, err
	}
	if f.order, err = order(v, at.key("order")); err != nil {
		return nil, err
	}
	if err := p.fieldAliases(f, v, at.key("aliases")); err != nil {
		return nil, err
	}
	f.props = fieldProperties(v)
	p.fieldDefault(f, v, at.key("default"))
	return f, nil
}

func (p *parser) fieldAliases(f *Field, v *value, at *path) error {
	list, err := stringList(v, "aliases", at)
	for _, a := range list {
		if !slices.Contains(f.Aliases, a) {
			f.Aliases = append(f.Aliases, a)
		}
	}
	return err
}

func fieldProperties(v *value) []member {
	var props []member
	for i := range v.members {
		if !slices.Contains(fieldReserved, v.members[i].key) {
			props = append(props, v.members[i])
		}
	}
	return props
}

// checkWord refuses what is not the name of a field or a symbol.
func checkWord(what string, name text, at *path) error {
	switch {
	case !name.given:
		return invalid(at, "add a name in quotes", "the %s has no name", what)
	case len(name.string) > MaxName:
		return weir.Errorf(weir.Limit, "the name %s has %d bytes", clip(name.string), len(name.string)).At(at.String()).WithFix("use at most %d", MaxName)
	case !isName(name.string):
		return invalid(at, "use letters, digits and _, not a digit first", "%q is not the name of a %s", clip(name.string), what)
	}
	return nil
}

// order is empty if it is ascending.
func order(v *value, at *path) (string, error) {
	o, ok := v.get("order")
	if !ok {
		return "", nil
	}
	switch word := strings.ToLower(o.text); word {
	case "ascending":
		return "", nil
	case "descending", "ignore":
		return word, nil
	}
	return "", invalid(at, "use ascending, descending or ignore", "%q is not an order", clip(o.text))
}

func (p *parser) enum(t *Type, v *value, at *path) error {
	list, ok := v.get("symbols")
	if !ok || list.kind != jsonArray {
		return invalid(at, `add "symbols": [...]`, "the enum %s has no list of symbols", clip(t.Name.Full()))
	}
	if p.symbols += len(list.members); p.symbols > MaxSymbols {
		return over(at.key("symbols").String(), "symbols", MaxSymbols, "use a string, and check it elsewhere")
	}
	symbols, err := stringList(v, "symbols", at.key("symbols"))
	if err != nil {
		return err
	}
	for i, s := range symbols {
		if err := checkWord("symbol", text{s, true}, at.key("symbols").at(i)); err != nil {
			return err
		}
	}
	t.Symbols = symbols
	if twice, found := duplicate(len(symbols), func(i int) string { return symbols[i] }); found {
		return invalid(at.key("symbols"), "keep one of them", "the enum %s has the symbol %s twice", clip(t.Name.Full()), clip(twice))
	}
	if def := optional(v, "default"); def.given {
		if t.Default = def.string; !t.Symbol(t.Default) {
			return invalid(at.key("default"), "use one of its symbols", "the enum %s has no symbol %q", clip(t.Name.Full()), clip(t.Default))
		}
	}
	return nil
}

func fixed(t *Type, v *value, at *path) error {
	size, ok := v.get("size")
	if !ok {
		return invalid(at, `add "size": its number of bytes`, "the fixed %s has no size", clip(t.Name.Full()))
	}
	n, ok := size.integer(32)
	if !ok || n < 0 {
		return invalid(at.key("size"), "use a number of bytes, 0 to 2147483647", "%s is not a size", clip(size.text))
	}
	t.Size = int(n)
	return nil
}

// decimal reads what makes a number of bytes; nil if something is missing or
// wrong, because readers ignore such a logical type.
func (t *Type) decimal() *Decimal {
	name := property(t.props, "logicalType")
	if t.Kind != Bytes && t.Kind != Fixed || name == nil || name.kind != jsonString || name.text != "decimal" {
		return nil
	}
	d := &Decimal{}
	precision, scale := property(t.props, "precision"), property(t.props, "scale")
	if precision == nil {
		return nil
	}
	n, ok := precision.integer(32)
	if !ok || n < 1 || t.Kind == Fixed && n > digits(t.Size) {
		return nil
	}
	if d.Precision = int(n); scale != nil {
		if n, ok = scale.integer(32); !ok || n < 0 || n > int64(d.Precision) {
			return nil
		}
		d.Scale = int(n)
	}
	return d
}

// digits is how many decimal digits fit into bytes with a sign.
func digits(size int) int64 {
	if size == 0 {
		return 0
	}
	if size <= 16 {
		most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*size-1)), big.NewInt(1))
		return int64(len(most.String()) - 1)
	}
	return int64(math.Floor(math.Log10(2) * float64(8*size-1)))
}
