package avrotest

import (
	"slices"

	"pgregory.net/rapid"
)

// Evolve makes another version of a schema, by some of the changes that people
// make: good ones and bad ones.
func Evolve(t *rapid.T, s *Schema) *Schema {
	next := s.copy(map[*Schema]*Schema{})
	m := &maker{t: t, names: 1000}
	for range 1 + m.pick(3) {
		all := next.all(nil)
		m.change(all[m.pick(len(all))])
	}
	for _, s := range next.all(nil) {
		s.fit()
	}
	return next
}

// fit makes branches that differ again. What was changed may have become what
// another branch is.
func (s *Schema) fit() {
	branches := s.branches
	s.branches = nil
	for _, b := range branches {
		s.add(b)
	}
	s.fitDefaults()
}

// fitDefaults makes defaults that are values of the types as they are now.
func (s *Schema) fitDefaults() {
	for i := range s.fields {
		if f := &s.fields[i]; f.def != "" {
			f.def = f.typ.value()
		}
	}
}

// copy keeps what refers to itself referring to the copy.
func (s *Schema) copy(done map[*Schema]*Schema) *Schema {
	if s == nil {
		return nil
	}
	if c, ok := done[s]; ok {
		return c
	}
	c := *s
	done[s] = &c
	c.aliases, c.symbols, c.fields, c.branches = slices.Clone(s.aliases), slices.Clone(s.symbols), slices.Clone(s.fields), slices.Clone(s.branches)
	c.elem, c.to = s.elem.copy(done), s.to.copy(done)
	for i := range c.fields {
		c.fields[i].typ = s.fields[i].typ.copy(done)
	}
	for i := range c.branches {
		c.branches[i] = s.branches[i].copy(done)
	}
	return &c
}

// all lists the schema and those inside it.
func (s *Schema) all(list []*Schema) []*Schema {
	list = append(list, s)
	if s.elem != nil {
		list = s.elem.all(list)
	}
	for _, f := range s.fields {
		list = f.typ.all(list)
	}
	for _, b := range s.branches {
		list = b.all(list)
	}
	return list
}

// promoted is what a primitive type may become.
var promoted = map[string][]string{
	"int": {"long", "float", "double", "string"}, "long": {"float", "double", "int"}, "float": {"double", "long"},
	"string": {"bytes", "int"}, "bytes": {"string"}, "double": {"float"}, "boolean": {"int"},
}

// change changes one type.
func (m *maker) change(s *Schema) {
	switch s.kind {
	case "record":
		m.changeRecord(s)
	case "enum":
		m.changeEnum(s)
	case "fixed":
		if m.chance(2) {
			m.rename(s)
		} else {
			s.size++
		}
	case "union":
		m.changeUnion(s)
	case "array", "map", "ref", "null":
	default:
		to := promoted[s.kind]
		s.kind = to[m.pick(len(to))]
	}
}

func (m *maker) rename(s *Schema) {
	switch m.pick(3) {
	case 0:
		s.space = m.space()
	case 1:
		s.aliases = append(s.aliases, s.full())
		s.name = m.fresh("N")
	case 2:
		s.name = m.fresh("N")
	}
}

func (m *maker) changeRecord(s *Schema) {
	n := len(s.fields)
	switch k := m.pick(7); {
	case k == 0:
		m.rename(s)
	case k == 1 || n == 0:
		s.fields = slices.Insert(s.fields, m.pick(n+1), m.field(1))
	case k == 2:
		i := m.pick(n)
		s.fields = slices.Delete(s.fields, i, i+1)
	case k == 3:
		f := &s.fields[m.pick(n)]
		f.aliases, f.name = append(slices.Clone(f.aliases), f.name), m.fresh("g")
	case k == 4:
		slices.Reverse(s.fields)
	case k == 5:
		f := &s.fields[m.pick(n)]
		f.typ, f.def = optional(f.typ), "null"
	case k == 6:
		f := &s.fields[m.pick(n)]
		f.typ, f.def = m.schema(1, true), ""
	}
}

// optional puts null before the type.
func optional(s *Schema) *Schema {
	u := &Schema{kind: "union", branches: []*Schema{{kind: "null"}}}
	if s.kind != "union" {
		u.add(s)
		return u
	}
	for _, b := range s.branches {
		if b.kind != "null" {
			u.add(b)
		}
	}
	return u
}

func (m *maker) changeEnum(s *Schema) {
	switch k := m.pick(4); {
	case k == 0:
		m.rename(s)
	case k == 1:
		s.symbols = append(s.symbols, m.fresh("S"))
	case k == 2:
		s.def = s.symbols[0]
	case len(s.symbols) > 1 && s.def != s.symbols[len(s.symbols)-1]:
		s.symbols = s.symbols[:len(s.symbols)-1]
	}
}

// changeUnion leaves a record's way back to itself alone: without its null no
// value would end.
func (m *maker) changeUnion(s *Schema) {
	if slices.ContainsFunc(s.branches, func(b *Schema) bool { return b.kind == "ref" }) {
		return
	}
	if n := len(s.branches); n > 1 && m.chance(2) {
		i := m.pick(n)
		s.branches = slices.Delete(s.branches, i, i+1)
		return
	}
	s.add(m.schema(0, false))
}
