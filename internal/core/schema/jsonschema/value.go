package jsonschema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// sort is the kind of a JSON value.
type sort uint8

const (
	null sort = iota
	boolean
	number
	text
	array
	object
)

// value is a JSON value as it was written: members in their order, numbers in
// their digits.
type value struct {
	sort    sort
	yes     bool     // of a boolean
	text    string   // of a string, or a number's digits
	items   []*value // of an array, or the values of an object
	keys    []string // of an object
	at      int      // the byte at which it starts
	subtree int      // values in it, itself included
}

// get is an object's member, or nil.
func (v *value) get(key string) *value {
	if v == nil || v.sort != object {
		return nil
	}
	if i := slices.Index(v.keys, key); i >= 0 {
		return v.items[i]
	}
	return nil
}

// str is the string under a key, or nothing.
func (v *value) str(key string) string {
	if m := v.get(key); m != nil && m.sort == text {
		return m.text
	}
	return ""
}

// strings are those strings that stand in an array.
func (v *value) strings() []string {
	if v == nil || v.sort != array {
		return nil
	}
	var all []string
	for _, e := range v.items {
		if e.sort == text {
			all = append(all, e.text)
		}
	}
	return all
}

// plain is the value as encoding/json would give it, with [json.Number].
func (v *value) plain() any {
	switch v.sort {
	case boolean:
		return v.yes
	case number:
		return json.Number(v.text)
	case text:
		return v.text
	case array:
		all := make([]any, len(v.items))
		for i, e := range v.items {
			all[i] = e.plain()
		}
		return all
	case object:
		all := make(map[string]any, len(v.items))
		for i, e := range v.items {
			all[v.keys[i]] = e.plain()
		}
		return all
	}
	return nil
}

// write appends the value without insignificant space; sorted puts the keys of
// objects in order.
func (v *value) write(b *strings.Builder, sorted bool) {
	switch v.sort {
	case null:
		b.WriteString("null")
	case boolean:
		fmt.Fprint(b, v.yes)
	case number:
		b.WriteString(v.text)
	case text:
		quote(b, v.text)
	case array:
		v.writeItems(b, sorted)
	case object:
		v.writeMembers(b, sorted)
	}
}

func (v *value) writeItems(b *strings.Builder, sorted bool) {
	b.WriteByte('[')
	for i, e := range v.items {
		if i > 0 {
			b.WriteByte(',')
		}
		e.write(b, sorted)
	}
	b.WriteByte(']')
}

func (v *value) writeMembers(b *strings.Builder, sorted bool) {
	b.WriteByte('{')
	for n, i := range v.order(sorted) {
		if n > 0 {
			b.WriteByte(',')
		}
		quote(b, v.keys[i])
		b.WriteByte(':')
		v.items[i].write(b, sorted)
	}
	b.WriteByte('}')
}

func (v *value) order(sorted bool) []int {
	order := make([]int, len(v.keys))
	for i := range order {
		order[i] = i
	}
	if sorted {
		slices.SortFunc(order, func(a, b int) int { return strings.Compare(v.keys[a], v.keys[b]) })
	}
	return order
}

// quote writes a string as the original registry does: only what JSON demands
// is escaped.
func quote(b *strings.Builder, s string) {
	const short = "btn\x00fr" // from \b on
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= '\b' && r <= '\r' && r != '\v':
			b.WriteByte('\\')
			b.WriteByte(short[r-'\b'])
		case r < ' ':
			fmt.Fprintf(b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}

// parser reads one JSON text strictly: RFC 8259, no key twice, nothing behind.
type parser struct {
	src string
	at  int
}

// parse reads a whole text.
func parse(src string) (*value, error) {
	if len(src) > MaxText {
		return nil, weir.Errorf(weir.Limit, "the schema has %d bytes", len(src)).WithFix("use at most %d bytes; put parts into schemas of their own and refer to them", MaxText)
	}
	if !utf8.ValidString(src) {
		return nil, weir.Errorf(weir.Invalid, "the schema is not valid UTF-8").WithFix("save it as UTF-8")
	}
	p := &parser{src: strings.TrimPrefix(src, "\ufeff")}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(p.src) {
		return nil, p.bad("there is more behind the end of the schema")
	}
	return v, nil
}

// bad is a fault at the place where the parser is.
func (p *parser) bad(format string, args ...any) *weir.Error {
	e := weir.Errorf(weir.Invalid, format, args...).WithFix("write the schema as JSON (RFC 8259)")
	e.Where = p.where(p.at)
	return e
}

// where is a byte's line and column, the latter in characters.
func (p *parser) where(at int) string {
	before := p.src[:min(at, len(p.src))]
	line := strings.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf("%d:%d", strings.Count(before, "\n")+1, utf8.RuneCountInString(before[line:])+1)
}

func (p *parser) space() {
	for p.at < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.at]) >= 0 {
		p.at++
	}
}

// peek is the next byte that is not space; 0 is the end.
func (p *parser) peek() byte {
	p.space()
	if p.at == len(p.src) {
		return 0
	}
	return p.src[p.at]
}

func (p *parser) value(depth int) (*value, error) {
	if depth > schema.MaxDepth {
		e := weir.Errorf(weir.Limit, "the schema is nested more than %d deep", schema.MaxDepth).WithFix("put inner parts under definitions and refer to them with $ref")
		e.Where = p.where(p.at)
		return nil, e
	}
	c := p.peek()
	v := &value{at: p.at, subtree: 1}
	var err error
	switch {
	case c == '{':
		err = p.object(v, depth)
	case c == '[':
		err = p.array(v, depth)
	case c == '"':
		v.sort = text
		v.text, err = p.string()
	case c == '-' || c >= '0' && c <= '9':
		v.sort = number
		v.text, err = p.number()
	default:
		err = p.word(v)
	}
	return v, err
}

func (p *parser) word(v *value) error {
	for w, is := range map[string]value{"true": {sort: boolean, yes: true}, "false": {sort: boolean}, "null": {}} {
		if strings.HasPrefix(p.src[p.at:], w) {
			p.at += len(w)
			v.sort, v.yes = is.sort, is.yes
			return nil
		}
	}
	if p.at == len(p.src) {
		return p.bad("the schema ends where a value should stand")
	}
	return p.bad("no JSON value starts with %q", firstRune(p.src[p.at:]))
}

func firstRune(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	return string(r)
}

func (p *parser) array(v *value, depth int) error {
	v.sort = array
	p.at++
	if p.peek() == ']' {
		p.at++
		return nil
	}
	for {
		e, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		if err := p.add(v, e); err != nil {
			return err
		}
		if more, err := p.more(']'); !more {
			return err
		}
	}
}

func (p *parser) object(v *value, depth int) error {
	v.sort = object
	p.at++
	if p.peek() == '}' {
		p.at++
		return nil
	}
	seen := map[string]bool{}
	for {
		key, err := p.key(seen)
		if err != nil {
			return err
		}
		e, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		v.keys = append(v.keys, key)
		if err := p.add(v, e); err != nil {
			return err
		}
		if more, err := p.more('}'); !more {
			return err
		}
	}
}

// add puts a value into an array or an object.
func (p *parser) add(v, e *value) error {
	v.items = append(v.items, e)
	v.subtree += e.subtree
	if len(v.items) <= MaxList {
		return nil
	}
	err := weir.Errorf(weir.Limit, "a list or an object has more than %d elements", MaxList).WithFix("use fewer")
	err.Where = p.where(v.at)
	return err
}

// key reads a member's name and the colon.
func (p *parser) key(seen map[string]bool) (string, error) {
	if p.peek() != '"' {
		return "", p.bad("a key in quotation marks should stand here")
	}
	at := p.at
	key, err := p.string()
	if err != nil {
		return "", err
	}
	if seen[key] {
		p.at = at
		return "", p.bad("the key %q stands twice in one object", clip(key)).WithFix("keep one of them")
	}
	seen[key] = true
	if p.peek() != ':' {
		return "", p.bad("a colon should stand behind the key %q", clip(key))
	}
	p.at++
	return key, nil
}

// more reads what stands behind an element.
func (p *parser) more(end byte) (bool, error) {
	switch p.peek() {
	case ',':
		p.at++
		return true, nil
	case end:
		p.at++
		return false, nil
	}
	return false, p.bad("a comma or %q should stand here", end)
}

// number reads a number and bounds what it would cost to compute with it.
func (p *parser) number() (string, error) {
	from := p.at
	p.accept("-")
	if !p.accept("0") && p.digits() == 0 {
		return "", p.bad("digits should stand here")
	}
	if p.accept(".") && p.digits() == 0 {
		return "", p.bad("digits should stand behind the point")
	}
	exponent := ""
	if p.accept("e") || p.accept("E") {
		if !p.accept("-") {
			p.accept("+")
		}
		at := p.at
		if p.digits() == 0 {
			return "", p.bad("digits should stand in the exponent")
		}
		exponent = strings.TrimLeft(p.src[at:p.at], "0")
	}
	n := p.src[from:p.at]
	if len(n) > MaxDigits || len(exponent) > 3 {
		p.at = from
		e := weir.Errorf(weir.Limit, "the number has more than %d digits, or an exponent of more than three", MaxDigits).WithFix("use a shorter number")
		e.Where = p.where(from)
		return "", e
	}
	return n, nil
}

func (p *parser) accept(s string) bool {
	if !strings.HasPrefix(p.src[p.at:], s) {
		return false
	}
	p.at += len(s)
	return true
}

func (p *parser) digits() int {
	from := p.at
	for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
		p.at++
	}
	return p.at - from
}

// string reads a string with its quotation marks.
func (p *parser) string() (string, error) {
	p.at++
	var b strings.Builder
	for p.at < len(p.src) {
		switch c := p.src[p.at]; {
		case c == '"':
			p.at++
			return b.String(), nil
		case c < ' ':
			return "", p.bad("a control character stands in a string").WithFix(`write it as \n, \t or \u00XX`)
		case c == '\\':
			r, err := p.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
			p.at++
		}
	}
	return "", p.bad("a string does not end")
}

// escape reads one escape sequence.
func (p *parser) escape() (rune, error) {
	if p.at+1 < len(p.src) {
		c := p.src[p.at+1]
		if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
			p.at += 2
			return rune("\"\\/\b\f\n\r\t"[i]), nil
		}
		if c == 'u' {
			return p.unicode()
		}
	}
	return 0, p.bad("JSON has no such escape in a string")
}

// unicode reads \uXXXX, and a second one where two make a character.
func (p *parser) unicode() (rune, error) {
	from := p.at
	r, ok := p.hex()
	if ok && utf16.IsSurrogate(r) {
		var low rune
		low, ok = p.hex()
		r = utf16.DecodeRune(r, low)
		ok = ok && r != utf8.RuneError
	}
	if !ok {
		p.at = from
		return 0, p.bad(`\u and four digits that are no character`)
	}
	return r, nil
}

func (p *parser) hex() (rune, bool) {
	if !strings.HasPrefix(p.src[p.at:], `\u`) || len(p.src) < p.at+6 {
		return 0, false
	}
	var r rune
	for _, c := range strings.ToLower(p.src[p.at+2 : p.at+6]) {
		i := strings.IndexRune("0123456789abcdef", c)
		if i < 0 {
			return 0, false
		}
		r = r<<4 | rune(i)
	}
	p.at += 6
	return r, true
}

// clip shortens what is shown in a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}
