// Package avrotest makes random Avro schemas, later versions of them, and
// records, for tests that say what holds for all of them.
package avrotest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// Schema is a random schema. It is changed by Evolve alone, on a copy.
type Schema struct {
	kind     string // a word of the specification, or "ref"
	name     string // of a named type, without namespace; unique
	space    string
	aliases  []string // full names
	fields   []field
	elem     *Schema
	branches []*Schema
	symbols  []string
	def      string  // of an enum
	size     int     // of a fixed
	to       *Schema // of a ref
}

type field struct {
	name    string
	aliases []string
	typ     *Schema
	def     string // in JSON; empty: none
}

// maker makes schemas; names are numbered so that each is new.
type maker struct {
	t     *rapid.T
	names int
	open  []*Schema // the records around
}

// Draw makes a schema, most often a record.
func Draw(t *rapid.T) *Schema {
	m := &maker{t: t}
	if m.chance(4) {
		return m.schema(3, true)
	}
	return m.record(3)
}

func (m *maker) chance(of int) bool         { return m.pick(of) == 0 }
func (m *maker) pick(n int) int             { return rapid.IntRange(0, n-1).Draw(m.t, "pick") }
func (m *maker) fresh(prefix string) string { m.names++; return prefix + strconv.Itoa(m.names) }

var primitives = []string{"null", "boolean", "int", "long", "float", "double", "bytes", "string"}

// schema makes one that is nested at most depth deep.
func (m *maker) schema(depth int, union bool) *Schema {
	n := 14
	if depth == 0 {
		n = 10
	}
	switch k := m.pick(n); k {
	case 8:
		s := &Schema{kind: "enum", name: m.fresh("E"), space: m.space()}
		for range 1 + m.pick(3) {
			s.symbols = append(s.symbols, m.fresh("S"))
		}
		if m.chance(3) {
			s.def = s.symbols[m.pick(len(s.symbols))]
		}
		return s
	case 9:
		return &Schema{kind: "fixed", name: m.fresh("X"), space: m.space(), size: m.pick(5)}
	case 10:
		return m.record(depth - 1)
	case 11:
		return &Schema{kind: "array", elem: m.schema(depth-1, true)}
	case 12:
		return &Schema{kind: "map", elem: m.schema(depth-1, true)}
	case 13:
		if !union {
			return &Schema{kind: "string"}
		}
		return m.union(depth - 1)
	default:
		return &Schema{kind: primitives[k]}
	}
}

func (m *maker) space() string { return []string{"", "a", "a.b"}[m.pick(3)] }

func (m *maker) record(depth int) *Schema {
	s := &Schema{kind: "record", name: m.fresh("R"), space: m.space()}
	m.open = append(m.open, s)
	for range m.pick(5) {
		s.fields = append(s.fields, m.field(depth))
	}
	m.open = m.open[:len(m.open)-1]
	return s
}

func (m *maker) field(depth int) field {
	f := field{name: m.fresh("f")}
	if m.chance(8) && len(m.open) > 0 {
		to := m.open[m.pick(len(m.open))]
		f.typ = &Schema{kind: "union", branches: []*Schema{{kind: "null"}, {kind: "ref", to: to}}}
		return f
	}
	f.typ = m.schema(max(depth, 0), true)
	if m.chance(3) {
		f.def = f.typ.value()
	}
	return f
}

func (m *maker) union(depth int) *Schema {
	s := &Schema{kind: "union"}
	for range 1 + m.pick(4) {
		s.add(m.schema(max(depth, 0), false))
	}
	return s
}

// add adds a branch that the union does not have yet.
func (s *Schema) add(b *Schema) {
	for _, have := range s.branches {
		if have.kind == b.kind && b.name == have.name {
			return
		}
	}
	s.branches = append(s.branches, b)
}

// value is some value in JSON, as defaults are written; empty if there is none
// that is simple.
func (s *Schema) value() string {
	switch s.kind {
	case "null":
		return "null"
	case "boolean":
		return "true"
	case "int", "long":
		return "-7"
	case "float", "double":
		return "1.5"
	case "bytes", "string":
		return `"x"`
	case "enum":
		return strconv.Quote(s.symbols[0])
	case "fixed":
		return strconv.Quote(strings.Repeat("z", s.size))
	case "array":
		return "[]"
	case "map":
		return "{}"
	case "union":
		return s.branches[0].value()
	}
	return ""
}

// Text is the schema in JSON.
func (s *Schema) Text() string { return s.text(map[*Schema]bool{}) }

func (s *Schema) full() string { return strings.TrimPrefix(s.space+"."+s.name, ".") }

func (s *Schema) text(known map[*Schema]bool) string {
	switch s.kind {
	case "ref":
		return strconv.Quote(s.to.full())
	case "union":
		var parts []string
		for _, b := range s.branches {
			parts = append(parts, b.text(known))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case "array":
		return `{"items": ` + s.elem.text(known) + `, "type": "array"}`
	case "map":
		return `{"type":"map","values":` + s.elem.text(known) + `,"note":{"b":[1.50],"a":null}}`
	case "record", "enum", "fixed":
		return s.named(known)
	}
	return strconv.Quote(s.kind)
}

func (s *Schema) named(known map[*Schema]bool) string {
	if known[s] {
		return strconv.Quote(s.full())
	}
	known[s] = true
	parts := []string{`"doc":"of ` + s.name + `"`, `"namespace":"` + s.space + `"`, `"name":"` + s.name + `"`, `"type":"` + s.kind + `"`}
	if len(s.aliases) > 0 {
		parts = append(parts, `"aliases":`+list(s.aliases))
	}
	switch s.kind {
	case "fixed":
		parts = append(parts, fmt.Sprintf(`"size":%d`, s.size))
	case "enum":
		parts = append(parts, `"symbols":`+list(s.symbols))
		if s.def != "" {
			parts = append(parts, `"default":"`+s.def+`"`)
		}
	case "record":
		var fields []string
		for _, f := range s.fields {
			fields = append(fields, f.text(known))
		}
		parts = append(parts, `"fields":[`+strings.Join(fields, ",")+"]")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (f field) text(known map[*Schema]bool) string {
	out := "{"
	if f.def != "" {
		out += `"default":` + f.def + ","
	}
	out += `"name":"` + f.name + `","type":` + f.typ.text(known)
	if len(f.aliases) > 0 {
		out += `,"aliases":` + list(f.aliases)
	}
	return out + "}"
}

func list(names []string) string { return `["` + strings.Join(names, `","`) + `"]` }

// Encode makes a random value of the schema, as records are written.
func (s *Schema) Encode(t *rapid.T) []byte {
	e := &encoder{m: &maker{t: t}}
	e.value(s, 0)
	return e.b
}

type encoder struct {
	m *maker
	b []byte
}

func (e *encoder) long(n int64) { e.b = binary.AppendVarint(e.b, n) }

func (e *encoder) value(s *Schema, depth int) {
	switch s.kind {
	case "boolean":
		e.b = append(e.b, byte(e.m.pick(2)))
	case "int":
		e.long(int64(rapid.Int32().Draw(e.m.t, "int")))
	case "long":
		e.long(rapid.Int64().Draw(e.m.t, "long"))
	case "float":
		e.b = binary.LittleEndian.AppendUint32(e.b, math.Float32bits(rapid.Float32().Draw(e.m.t, "float")))
	case "double":
		e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(rapid.Float64().Draw(e.m.t, "double")))
	case "bytes", "string":
		text := rapid.StringN(0, 5, 20).Draw(e.m.t, "text")
		e.long(int64(len(text)))
		e.b = append(e.b, text...)
	case "enum":
		e.long(int64(e.m.pick(len(s.symbols))))
	case "fixed":
		e.b = append(e.b, make([]byte, s.size)...)
	case "array", "map":
		e.elements(s, depth)
	case "union":
		e.branch(s, depth)
	case "ref":
		e.value(s.to, depth+1)
	case "record":
		for _, f := range s.fields {
			e.value(f.typ, depth+1)
		}
	}
}

func (e *encoder) elements(s *Schema, depth int) {
	if n := e.m.pick(3); n > 0 && depth < 6 {
		e.long(int64(n))
		for i := range n {
			if s.kind == "map" {
				e.long(1)
				e.b = append(e.b, byte('a'+i))
			}
			e.value(s.elem, depth+1)
		}
	}
	e.long(0)
}

// branch writes null if it may and the value is deep, so that it ends.
func (e *encoder) branch(s *Schema, depth int) {
	i := e.m.pick(len(s.branches))
	if null := slices.IndexFunc(s.branches, func(b *Schema) bool { return b.kind == "null" }); depth > 6 && null >= 0 {
		i = null
	}
	e.long(int64(i))
	e.value(s.branches[i], depth+1)
}
