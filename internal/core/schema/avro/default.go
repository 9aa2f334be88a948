package avro

import (
	"strconv"
	"unicode/utf8"

	"github.com/weirmesh/weir"
)

// checked is how far the check of a default is.
type checked uint8

const (
	unchecked checked = iota
	checking
	good
	bad
)

// fieldDefault keeps a default; it is checked when the whole text was read,
// because the field's type may not be complete yet.
func (p *parser) fieldDefault(f *Field, v *value, at *path) {
	def, ok := v.get("default")
	if !ok {
		return
	}
	f.HasDefault, f.def = true, *def
	if f.Type.Kind == Float || f.Type.Kind == Double {
		f.def = asNumber(f.def)
	}
	p.defaults, p.where = append(p.defaults, f), append(p.where, at)
}

// asNumber takes a number in quotes for a number, as the Java library does; NaN
// and the infinities keep their quotes, because JSON has no other way.
func asNumber(v value) value {
	if v.kind != jsonString {
		return v
	}
	if n, err := readJSON(v.text, new(int)); err == nil && n.kind == jsonNumber {
		return n
	}
	return v
}

// checkDefaults compares the defaults of the last text with their types.
func (p *parser) checkDefaults() error {
	for i, f := range p.defaults {
		ok := p.goodDefault(f)
		if p.steps > maxSteps {
			return weir.Errorf(weir.Limit, "the default takes more than %d steps to check", maxSteps).
				At(p.where[i].String()).WithFix("make it shorter, or its type simpler")
		}
		if !ok {
			return invalid(p.where[i], defaultFix(f), "the default of the field %s is not a value of its type, %s", clip(f.Name), f.Type)
		}
	}
	p.defaults, p.where = nil, nil
	return nil
}

// defaultFix says what to write in place of a bad default.
func defaultFix(f *Field) string {
	switch {
	case f.def.kind == jsonNull:
		return "make the type a union with \"null\", or leave the default out: without one the field must be written"
	case f.Type.Kind == Bytes || f.Type.Kind == Fixed:
		return "write one character of U+0000 to U+00FF for each byte; a fixed has as many as its size"
	case f.Type.Kind == Record:
		return "give each of its fields a value, or a default of its own that does not need this one"
	case f.Type.Kind == Union:
		return "write a value of one of its branches"
	}
	return "write a value of that type"
}

// goodDefault checks a default once. One that needs itself to be complete is
// bad: it would have no end.
func (p *parser) goodDefault(f *Field) bool {
	switch f.state {
	case unchecked:
		f.state = checking
		if p.isValue(f.Type, &f.def) || isSpecialFloat(f.Type, &f.def) {
			f.state = good
		} else {
			f.state = bad
		}
		return f.state == good
	case good:
		return true
	}
	return false
}

func isSpecialFloat(t *Type, v *value) bool {
	return (t.Kind == Float || t.Kind == Double) && v.kind == jsonString &&
		(v.text == "NaN" || v.text == "Infinity" || v.text == "-Infinity")
}

// isValue reports whether v is a value of the type, as defaults are written.
func (p *parser) isValue(t *Type, v *value) bool {
	if p.steps += 1 + len(t.Symbols)/16; p.steps > maxSteps {
		return false
	}
	switch t.Kind {
	case Array, Map:
		return p.areElements(t, v)
	case Record:
		return p.isRecord(t, v)
	case Union:
		return p.isBranch(t, v)
	}
	return isScalar(t, v)
}

func isScalar(t *Type, v *value) bool {
	switch t.Kind {
	case Null:
		return v.kind == jsonNull
	case Boolean:
		return v.kind == jsonTrue || v.kind == jsonFalse
	case Int:
		_, ok := v.integer(32)
		return ok
	case Long:
		_, ok := v.integer(64)
		return ok
	case Float, Double:
		_, err := strconv.ParseFloat(v.text, 64)
		return v.kind == jsonNumber && err == nil
	}
	return v.kind == jsonString && isTextOf(t, v.text)
}

// isTextOf is for the types whose defaults are strings.
func isTextOf(t *Type, s string) bool {
	switch t.Kind {
	case Enum:
		return t.Symbol(s)
	case Bytes, Fixed:
		for _, r := range s {
			if r > 0xff {
				return false
			}
		}
		return t.Kind == Bytes || utf8.RuneCountInString(s) == t.Size
	}
	return true
}

func (p *parser) areElements(t *Type, v *value) bool {
	if v.kind != jsonArray && t.Kind == Array || v.kind != jsonObject && t.Kind == Map {
		return false
	}
	for i := range v.members {
		if !p.isValue(t.Elem, &v.members[i].value) {
			return false
		}
	}
	return true
}

// isRecord wants a value for each field, or the field's own default.
func (p *parser) isRecord(t *Type, v *value) bool {
	if v.kind != jsonObject {
		return false
	}
	for _, f := range t.Fields {
		if p.steps += 1 + len(v.members)/16; p.steps > maxSteps {
			return false
		}
		if m, ok := v.get(f.Name); ok {
			if !p.isValue(f.Type, m) {
				return false
			}
			continue
		}
		if !f.HasDefault || !p.goodDefault(f) {
			return false
		}
	}
	return true
}

// isBranch takes a value of any branch.
func (p *parser) isBranch(t *Type, v *value) bool {
	for _, b := range t.Branches {
		if p.isValue(b, v) {
			return true
		}
	}
	return false
}
