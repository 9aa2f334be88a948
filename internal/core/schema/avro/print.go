package avro

import (
	"cmp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// printer writes types as JSON, in the form in which the Java library does: no
// white space, one order of keys, and a named type in full where it is first
// met and by its name after that.
type printer struct {
	b      []byte
	known  map[*Type]bool // that may be written by their names
	normal bool           // sorted, as registries normalize
}

// print writes t; the types that are known already are written by their names.
func print(t *Type, known map[*Type]bool, normal bool) string {
	p := &printer{known: known, normal: normal}
	p.schema(t, "")
	return string(p.b)
}

// key writes a key and its colon, with a comma if it is not the first.
func (p *printer) key(k string) {
	if last := p.b[len(p.b)-1]; last != '{' {
		p.b = append(p.b, ',')
	}
	p.b = append(appendString(p.b, k), ':')
}

func (p *printer) pair(k, v string) {
	p.key(k)
	p.b = appendString(p.b, v)
}

func (p *printer) text(k string, t text) {
	if t.given {
		p.pair(k, t.string)
	}
}

// list writes n things between brackets.
func (p *printer) list(n int, one func(i int)) {
	p.b = append(p.b, '[')
	for i := range n {
		if i > 0 {
			p.b = append(p.b, ',')
		}
		one(i)
	}
	p.b = append(p.b, ']')
}

func (p *printer) strings(k string, list []string) {
	p.key(k)
	p.list(len(list), func(i int) { p.b = appendString(p.b, list[i]) })
}

// schema writes a type as it is said in a namespace.
func (p *printer) schema(t *Type, space string) {
	switch {
	case t.Kind == Union:
		p.list(len(t.Branches), func(i int) { p.schema(t.Branches[i], space) })
		return
	case t.Kind.Primitive() && len(t.props) == 0:
		p.b = appendString(p.b, t.Kind.String())
		return
	case p.known[t]:
		p.b = appendString(p.b, t.Name.from(space))
		return
	}
	p.b = append(p.b, '{')
	p.pair("type", p.word(t))
	if t.Kind.Named() {
		p.known[t] = true
		p.named(t, space)
	} else if t.Elem != nil {
		p.key(map[Kind]string{Array: "items", Map: "values"}[t.Kind])
		p.schema(t.Elem, space)
	}
	p.props(t.props, t)
	p.aliases(t)
	p.b = append(p.b, '}')
}

func (p *printer) word(t *Type) string {
	if t.isError && !p.normal {
		return "error"
	}
	return t.Kind.String()
}

// named writes what is between a type's word and its properties.
func (p *printer) named(t *Type, space string) {
	p.pair("name", t.Name.Short)
	if t.Name.Space != space {
		p.pair("namespace", t.Name.Space)
	}
	if t.doc.string != "" || !p.normal {
		p.text("doc", t.doc)
	}
	switch t.Kind {
	case Record:
		p.key("fields")
		p.list(len(t.Fields), func(i int) { p.field(t.Fields[i], t.Name.Space) })
	case Enum:
		p.strings("symbols", t.Symbols)
		p.text("default", text{t.Default, t.Default != ""})
	case Fixed:
		p.key("size")
		p.b = strconv.AppendInt(p.b, int64(t.Size), 10)
	}
}

func (p *printer) field(f *Field, space string) {
	p.b = append(p.b, '{')
	p.pair("name", f.Name)
	p.key("type")
	p.schema(f.Type, space)
	p.text("doc", f.doc)
	if f.HasDefault {
		p.key("default")
		p.value(&f.def)
	}
	p.text("order", text{f.order, f.order != ""})
	if len(f.Aliases) > 0 {
		p.strings("aliases", p.sorted(f.Aliases))
	}
	p.props(f.props, nil)
	p.b = append(p.b, '}')
}

// sorted is the list itself, unless everything is sorted.
func (p *printer) sorted(list []string) []string {
	if !p.normal {
		return list
	}
	return slices.Sorted(slices.Values(list))
}

func (p *printer) aliases(t *Type) {
	if len(t.Aliases) == 0 {
		return
	}
	list := slices.Clone(t.Aliases)
	if p.normal {
		slices.SortFunc(list, func(a, b Name) int { return cmp.Compare(a.Full(), b.Full()) })
	}
	p.key("aliases")
	p.list(len(list), func(i int) { p.b = appendString(p.b, list[i].from(t.Name.Space)) })
}

// props writes the properties. When all is sorted, what makes a logical type
// still comes first, as registries have it.
func (p *printer) props(props []member, t *Type) {
	if p.normal {
		props = slices.Clone(props)
		slices.SortFunc(props, func(a, b member) int {
			return cmp.Or(cmp.Compare(rank(a, t), rank(b, t)), cmp.Compare(a.key, b.key))
		})
	}
	for i := range props {
		p.key(props[i].key)
		p.value(&props[i].value)
	}
}

// rank is the place of a property of a type, before that of the alphabet.
func rank(m member, t *Type) int {
	switch {
	case t == nil || t.Kind == Record || t.Kind == Enum || t.logicalType() == "":
	case m.key == "logicalType":
		return -3
	case t.Decimal != nil && m.key == "precision":
		return -2
	case t.Decimal != nil && m.key == "scale" && t.Decimal.Scale != 0:
		return -1
	}
	return 0
}

// value writes a JSON value as it came.
func (p *printer) value(v *value) {
	switch v.kind {
	case jsonNull, jsonFalse, jsonTrue:
		p.b = append(p.b, v.kind.String()...)
	case jsonNumber:
		p.b = append(p.b, v.text...)
	case jsonString:
		p.b = appendString(p.b, v.text)
	case jsonArray:
		p.list(len(v.members), func(i int) { p.value(&v.members[i].value) })
	case jsonObject:
		p.object(v.members)
	}
}

func (p *printer) object(members []member) {
	if p.normal {
		members = slices.Clone(members)
		slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	}
	p.b = append(p.b, '{')
	for i := range members {
		p.key(members[i].key)
		p.value(&members[i].value)
	}
	p.b = append(p.b, '}')
}

// appendString writes a JSON string with no more escapes than are needed, and
// those as the Java library writes them.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' || c >= utf8.RuneSelf {
			b = append(b, c)
			continue
		}
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		}
	}
	return append(b, '"')
}
