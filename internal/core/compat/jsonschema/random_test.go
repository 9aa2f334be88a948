package jsonschema_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
	compatjs "github.com/weirmesh/weir/internal/core/compat/jsonschema"
	"github.com/weirmesh/weir/internal/core/schema"
	js "github.com/weirmesh/weir/internal/core/schema/jsonschema"
)

// maker draws schemas from a small world, so that two of them often have to do
// with each other. Left out is what stock registries allow although a record
// may be lost: a default for what is required, and alternatives of a oneOf that
// do not exclude each other by their types.
type maker struct {
	t     *rapid.T
	draft js.Draft
	defs  bool // there are definitions to refer to
}

type object = map[string]any

var (
	types   = []string{"null", "boolean", "object", "array", "string", "number", "integer"}
	letters = []string{"a", "b", "c", "x1"}
	strs    = []string{"", "a", "b", "ab", "abc", "x1", "2026-11-21"}
)

func (m *maker) one(name string, n int) int { return rapid.IntRange(0, n-1).Draw(m.t, name) }

func (m *maker) maybe(name string) bool { return m.one(name, 3) == 0 }

func pick[T any](m *maker, name string, from []T) T { return from[m.one(name, len(from))] }

func (m *maker) schema(depth int) any {
	switch m.one("sort", 14) {
	case 0:
		if m.draft > js.Draft4 {
			return m.one("bool", 2) == 0
		}
	case 1:
		if m.defs {
			return object{"$ref": "#/definitions/" + pick(m, "def", []string{"d", "e"})}
		}
	case 2, 3:
		return m.combined(depth)
	case 4:
		return object{"enum": m.values()}
	case 5:
		if m.draft > js.Draft4 {
			return object{"const": m.value(1)}
		}
	}
	s := object{}
	t := pick(m, "type", types)
	switch m.one("typed", 8) {
	case 0:
	case 1:
		s["type"] = []any{t, pick(m, "second type", slices.DeleteFunc(slices.Clone(types), func(x string) bool { return x == t }))}
	default:
		s["type"] = t
	}
	m.assert(s, t, depth)
	return s
}

func (m *maker) assert(s object, t string, depth int) {
	switch t {
	case "string":
		m.count(s, "minLength", 3)
		m.count(s, "maxLength", 4)
		if m.maybe("pattern") {
			s["pattern"] = pick(m, "expression", []string{"^a", "b", "^x1$"})
		}
	case "number", "integer":
		m.numbers(s)
	case "array":
		m.array(s, depth)
	case "object":
		m.object(s, depth)
	}
}

func (m *maker) count(s object, key string, below int) {
	if m.maybe(key) {
		s[key] = m.one(key+" is", below)
	}
}

func (m *maker) numbers(s object) {
	for _, key := range []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} {
		if !m.maybe(key) {
			continue
		}
		if m.draft == js.Draft4 && strings.HasPrefix(key, "ex") {
			if _, ok := s[strings.ToLower(key[9:])]; ok {
				s[key] = true
			}
			continue
		}
		s[key] = json.Number(pick(m, "bound", []string{"0", "1", "1.5", "2", "3", "4"}))
	}
	if m.maybe("multiple") {
		s["multipleOf"] = json.Number(pick(m, "multiple of", []string{"0.5", "1", "2", "3"}))
	}
}

func (m *maker) array(s object, depth int) {
	m.count(s, "minItems", 3)
	m.count(s, "maxItems", 4)
	if m.maybe("unique") {
		s["uniqueItems"] = true
	}
	if depth == 0 {
		return
	}
	tuple, rest := "items", "additionalItems"
	if m.draft == js.Draft2020 {
		tuple, rest = "prefixItems", "items"
	}
	switch m.one("items", 4) {
	case 0:
		s["items"] = m.strict(depth - 1)
	case 1, 2:
		list := []any{}
		for range m.one("tuple", 2) + 1 {
			list = append(list, m.strict(depth-1))
		}
		s[tuple] = list
		if m.maybe("rest") {
			s[rest] = m.schema(depth - 1)
		} else if m.maybe("closed") {
			s[rest] = false
		}
	}
	if m.draft > js.Draft4 && m.maybe("contains") {
		s["contains"] = m.schema(depth - 1)
		if m.draft >= js.Draft2019 {
			m.count(s, "minContains", 3)
			m.count(s, "maxContains", 3)
		}
	}
	if m.draft >= js.Draft2019 && m.maybe("unevaluated") {
		s["unevaluatedItems"] = m.schema(depth - 1)
	}
}

// strict is a schema that draft 4 takes too where it takes no boolean.
func (m *maker) strict(depth int) any {
	s := m.schema(depth)
	if _, ok := s.(bool); ok && m.draft == js.Draft4 {
		return object{}
	}
	return s
}

func (m *maker) object(s object, depth int) {
	m.count(s, "minProperties", 3)
	m.count(s, "maxProperties", 4)
	if m.maybe("required") {
		s["required"] = []any{pick(m, "required name", letters)}
	}
	if depth == 0 {
		return
	}
	props := object{}
	for _, name := range letters {
		if m.one("property "+name, 2) == 0 {
			props[name] = m.strict(depth - 1)
		}
	}
	if len(props) > 0 {
		s["properties"] = props
	}
	if m.maybe("pattern properties") {
		s["patternProperties"] = object{pick(m, "name pattern", []string{"^a", "^x", "b"}): m.strict(depth - 1)}
	}
	switch m.one("additional", 4) {
	case 0:
		s["additionalProperties"] = false
	case 1:
		s["additionalProperties"] = m.schema(depth - 1)
	}
	if m.draft > js.Draft4 && m.maybe("names") {
		s["propertyNames"] = pick(m, "name schema", []any{object{"maxLength": 1}, object{"pattern": "^a"}, object{"enum": []any{"a", "b"}}})
	}
	m.dependencies(s, depth)
	if m.draft >= js.Draft2019 && m.maybe("unevaluated") {
		s["unevaluatedProperties"] = m.schema(depth - 1)
	}
}

func (m *maker) dependencies(s object, depth int) {
	array, schemas := "dependentRequired", "dependentSchemas"
	if m.draft < js.Draft2019 {
		array, schemas = "dependencies", "dependencies"
	}
	if m.maybe("needs") {
		s[array] = object{pick(m, "needs of", letters): []any{pick(m, "need", letters)}}
	} else if m.maybe("depends") {
		s[schemas] = object{pick(m, "depends on", letters): m.strict(depth - 1)}
	}
}

func (m *maker) combined(depth int) any {
	if depth == 0 {
		return object{}
	}
	s := object{}
	if m.maybe("base") {
		if o, ok := m.schema(depth - 1).(object); ok && o["$ref"] == nil {
			s = o
		}
	}
	switch m.one("combination", 5) {
	case 0:
		s["allOf"] = []any{m.strict(depth - 1), m.strict(depth - 1)}
	case 1:
		s["anyOf"] = []any{m.strict(depth - 1), m.strict(depth - 1)}
	case 2:
		s["oneOf"] = m.exclusive(depth - 1)
	case 3:
		s["not"] = m.strict(depth - 1)
	case 4:
		if m.draft >= js.Draft7 {
			s["if"], s["then"], s["else"] = m.schema(depth-1), m.schema(depth-1), m.schema(depth-1)
		}
	}
	return s
}

// exclusive is alternatives of different types.
func (m *maker) exclusive(depth int) []any {
	var all []any
	for _, t := range rapid.Permutation([]string{"null", "object", "array", "string", "number"}).Draw(m.t, "alternatives")[:2] {
		s := object{"type": t}
		m.assert(s, t, depth)
		all = append(all, s)
	}
	return all
}

func (m *maker) values() []any {
	seen, all := map[string]bool{}, []any{}
	for range m.one("values", 3) + 1 {
		v := m.value(1)
		if k := fmt.Sprint(v); !seen[k] {
			seen[k] = true
			all = append(all, v)
		}
	}
	return all
}

// value is any value.
func (m *maker) value(depth int) any {
	n := 8
	if depth == 0 {
		n = 6
	}
	switch m.one("value", n) {
	case 0:
		return nil
	case 1:
		return m.one("yes", 2) == 0
	case 2, 3:
		return json.Number(pick(m, "number", []string{"0", "1", "1.5", "2", "2.5", "3", "4", "6"}))
	case 4, 5:
		return pick(m, "string", strs)
	case 6:
		list := []any{}
		for range m.one("length", 4) {
			list = append(list, m.value(depth-1))
		}
		return list
	}
	o := object{}
	for range m.one("size", 4) {
		o[pick(m, "name", letters)] = m.value(depth - 1)
	}
	return o
}

// text writes a schema with its draft and definitions.
func (m *maker) text(s any, defs object) string {
	o, ok := s.(object)
	if !ok {
		o = object{"allOf": []any{s}}
	}
	o = maps.Clone(o)
	if ref := o["$ref"]; ref != nil {
		o = object{"allOf": []any{o}}
	}
	o["$schema"] = m.draft.URL()
	if defs != nil {
		o["definitions"] = defs
	}
	b, err := json.Marshal(o)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

// pair draws a writer's schema and a reader's, which mostly is the writer's
// with some changes.
func pair(t *rapid.T) (reader, writer string, m *maker) {
	m = &maker{t: t, draft: rapid.SampledFrom([]js.Draft{js.Draft4, js.Draft6, js.Draft7, js.Draft2019, js.Draft2020}).Draw(t, "draft")}
	var defs object
	if m.defs = m.maybe("definitions"); m.defs {
		defs = object{
			"d": object{"type": "object", "properties": object{"a": m.strict(1), "b": object{"$ref": "#/definitions/d"}}},
			"e": object{"type": "array", "items": object{"$ref": "#/definitions/" + pick(m, "inner", []string{"d", "e"})}},
		}
	}
	w := m.schema(3)
	r := w
	for range m.one("changes", 3) + 1 {
		r = m.change(r, 3)
	}
	rdefs := defs
	if m.defs && m.maybe("other definitions") {
		m.defs = false // a definition that is nothing but itself is refused
		rdefs = object{"d": m.change(defs["d"], 2), "e": m.change(defs["e"], 2)}
	}
	return m.text(r, rdefs), m.text(w, defs), m
}

// change makes another schema of one.
func (m *maker) change(s any, depth int) any {
	o, ok := s.(object)
	if !ok || len(o) == 0 || m.one("anew", 12) == 0 {
		return m.strict(depth)
	}
	o = maps.Clone(o)
	keys := slices.Sorted(maps.Keys(o))
	k := pick(m, "keyword", keys)
	switch m.one("change", 6) {
	case 0:
		delete(o, k)
		if m.draft == js.Draft4 && len(k) == 7 { // the flag goes with its bound
			delete(o, "exclusive"+strings.ToUpper(k[:1])+k[1:])
		}
	case 1:
		if t, ok := o["type"].(string); ok {
			m.assert(o, t, max(depth-1, 0))
		}
	case 2:
		return object{"anyOf": []any{o, m.strict(max(depth-1, 0))}}
	case 3:
		m.widen(o, k)
	default:
		o[k] = m.within(k, o[k], depth)
	}
	return o
}

// widen changes a keyword so that more fits.
func (m *maker) widen(o object, k string) {
	switch v := o[k].(type) {
	case []any:
		if k == "enum" {
			o[k] = append(slices.DeleteFunc(slices.Clone(v), func(e any) bool { return e == "new" }), "new")
		}
		if k == "required" {
			delete(o, k)
		}
	case string:
		if k == "type" && v == "integer" {
			o[k] = "number"
		} else if k == "type" && m.one("and null", 2) == 0 && v != "null" {
			o[k] = []any{v, "null"}
		}
	case int:
		if strings.HasPrefix(k, "max") {
			o[k] = v + 1
		} else if v > 0 {
			o[k] = v - 1
		}
	case bool:
		if k == "additionalProperties" {
			delete(o, k)
		}
	}
}

// within changes what stands under a keyword.
func (m *maker) within(k string, v any, depth int) any {
	inner := max(depth-1, 0)
	switch k {
	case "properties", "patternProperties", "dependentSchemas":
		ps := maps.Clone(v.(object))
		if len(ps) > 0 {
			name := pick(m, "which", slices.Sorted(maps.Keys(ps)))
			ps[name] = m.change(ps[name], inner)
		}
		if k == "properties" && m.maybe("new property") {
			ps[pick(m, "new name", letters)] = m.strict(inner)
		}
		return ps
	case "items", "additionalItems", "additionalProperties", "not", "if", "then", "else", "contains", "unevaluatedItems", "unevaluatedProperties":
		if list, ok := v.([]any); ok {
			return m.element(list, inner)
		}
		return m.change(v, inner)
	case "prefixItems", "allOf", "anyOf", "oneOf":
		return m.element(v.([]any), inner)
	}
	return v
}

func (m *maker) element(list []any, depth int) []any {
	list = slices.Clone(list)
	if i := m.one("element", len(list)+1); i < len(list) {
		list[i] = m.change(list[i], depth)
	} else {
		list = append(list, m.strict(depth))
	}
	return list
}

// record draws a value that may fit a schema: what the schema says is looked
// at, and now and then is not followed.
func (m *maker) record(s any, defs object, depth int) any {
	o, ok := s.(object)
	if !ok || depth <= 0 || m.one("astray", 10) == 0 {
		return m.value(max(depth, 0))
	}
	if ref, ok := o["$ref"].(string); ok && defs != nil {
		return m.record(defs[strings.TrimPrefix(ref, "#/definitions/")], defs, depth-1)
	}
	if e, ok := o["enum"].([]any); ok && len(e) > 0 {
		return pick(m, "enum value", e)
	}
	if c, ok := o["const"]; ok {
		return c
	}
	for _, k := range []string{"oneOf", "anyOf", "allOf"} {
		if list, ok := o[k].([]any); ok && len(list) > 0 && m.one("descend", 4) > 0 {
			return m.record(pick(m, "branch", list), defs, depth)
		}
	}
	t, _ := o["type"].(string)
	if list, ok := o["type"].([]any); ok {
		t, _ = pick(m, "one type", list).(string)
	}
	switch t {
	case "object":
		return m.members(o, defs, depth)
	case "array":
		return m.elements(o, defs, depth)
	case "string":
		return pick(m, "text", strs)
	case "number":
		return json.Number(pick(m, "real", []string{"0", "0.5", "1", "1.5", "2", "3", "4", "6"}))
	case "integer":
		return json.Number(pick(m, "whole", []string{"0", "1", "2", "3", "4", "6"}))
	case "null":
		return nil
	case "boolean":
		return m.one("true", 2) == 0
	}
	return m.value(depth)
}

func (m *maker) members(o, defs object, depth int) any {
	v := object{}
	props, _ := o["properties"].(object)
	for _, name := range letters {
		if p, ok := props[name]; ok && m.one("has "+name, 3) > 0 {
			v[name] = m.record(p, defs, depth-1)
		} else if !ok && m.one("more "+name, 5) == 0 {
			v[name] = m.record(o["additionalProperties"], defs, depth-1)
		}
	}
	if req, ok := o["required"].([]any); ok {
		for _, r := range req {
			if _, has := v[r.(string)]; !has {
				v[r.(string)] = m.record(props[r.(string)], defs, depth-1)
			}
		}
	}
	return v
}

func (m *maker) elements(o, defs object, depth int) any {
	list := []any{}
	var tuple []any
	rest := o["items"]
	if t, ok := rest.([]any); ok {
		tuple, rest = t, o["additionalItems"]
	}
	if t, ok := o["prefixItems"].([]any); ok {
		tuple = t
	}
	for i := range m.one("elements", 4) {
		if i < len(tuple) {
			list = append(list, m.record(tuple[i], defs, depth-1))
		} else {
			list = append(list, m.record(rest, defs, depth-1))
		}
	}
	return list
}

// exclusiveOnly reports whether the alternatives of every oneOf are of
// different types.
func exclusiveOnly(v any) bool {
	switch v := v.(type) {
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !exclusiveOnly(e) })
	case object:
		if list, ok := v["oneOf"].([]any); ok && !differentTypes(list) {
			return false
		}
		for _, e := range v {
			if !exclusiveOnly(e) {
				return false
			}
		}
	}
	return true
}

func differentTypes(list []any) bool {
	seen := map[string]bool{}
	for _, e := range list {
		o, _ := e.(object)
		t, _ := o["type"].(string)
		if t == "integer" {
			t = "number"
		}
		if t == "" || seen[t] {
			return false
		}
		seen[t] = true
	}
	return true
}

func parsed(text string) object {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var o object
	if err := d.Decode(&o); err != nil {
		panic(err)
	}
	return o
}

// TestSound: where a reader can read a writer's records, every record that the
// validator finds to fit the writer's schema fits the reader's.
func TestSound(t *testing.T) {
	t.Parallel()
	judged, compatible := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		rt, wt, m := pair(t)
		reader, writer := must(t, rt), must(t, wt)
		ms := compatjs.CanRead(reader, writer)
		for _, m := range ms {
			if m.Rule == "" || m.Msg == "" || m.Fix == "" || strings.Contains(m.Msg, "%") {
				t.Fatalf("a finding says too little: %+v", m)
			}
		}
		if len(ms) > 0 || !exclusiveOnly(parsed(rt)) {
			return
		}
		compatible++
		o := parsed(wt)
		defs, _ := o["definitions"].(object)
		for range 20 {
			v := m.record(o, defs, 4)
			if writer.Validate(v) != nil {
				continue
			}
			judged++
			if err := reader.Validate(v); err != nil {
				b, _ := json.Marshal(v)
				t.Fatalf("said to be readable\nwriter %s\nreader %s\nrecord %s\n%v", wt, rt, b, err)
			}
		}
	})
	t.Logf("%d compatible pairs, %d records", compatible, judged)
	if judged == 0 {
		t.Error("no record was judged")
	}
}

func must(t *rapid.T, text string) *js.Schema {
	s, err := js.Parse(schema.Source{Text: text})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// TestReflexive: everybody can read what they wrote.
func TestReflexive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, text, _ := pair(t)
		if ms := compatjs.CanRead(must(t, text), must(t, text)); len(ms) > 0 {
			t.Fatalf("%s: %v", text, ms)
		}
	})
}

// TestFullIsBoth: the level FULL is BACKWARD and FORWARD together.
func TestFullIsBoth(t *testing.T) {
	t.Parallel()
	can := func(r, w schema.Schema) []schema.Mismatch { return compatjs.CanRead(r.(*js.Schema), w.(*js.Schema)) }
	rapid.Check(t, func(t *rapid.T) {
		rt, wt, _ := pair(t)
		next, earlier := must(t, rt), []compat.Version{{Version: 1, Schema: must(t, wt)}}
		ok := func(l weir.Compatibility) bool { return compat.Check(l, next, earlier, can).Compatible() }
		if ok(weir.CompatFull) != (ok(weir.CompatBackward) && ok(weir.CompatForward)) {
			t.Fatalf("%s\n%s", rt, wt)
		}
	})
}
