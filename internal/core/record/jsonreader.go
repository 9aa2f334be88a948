package record

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	errJSONEnd   = errors.New("the JSON ends too early")
	errJSONText  = errors.New("a text of it is no UTF-8")
	errControl   = errors.New("a control character stands in a text of it")
	errEscape    = errors.New("JSON has no such escape in a text")
	errSurrogate = errors.New(`\u and four digits in it are no character`)
)

// jsonReader is a place in a JSON text (RFC 8259). It is strict: a key that
// stands twice in one object is refused, at any depth, since two readers would
// take two values.
type jsonReader struct {
	b      []byte
	i      int
	depth  int
	spaces int // bytes of white space so far
	keys   []jsonKey
	arena  *arena
}

// jsonKey is a key of an object that is being read.
type jsonKey struct {
	hash uint64
	text []byte
}

// maxNear is how many keys of an object are each held against the new one; those
// of larger ones are compared when it ends.
const maxNear = 24

func (r *jsonReader) begin(b []byte, a *arena) {
	r.b, r.i, r.depth, r.spaces, r.keys, r.arena = b, 0, 0, 0, r.keys[:0], a
}

// checkJSON refuses what is not one JSON value.
func checkJSON(r *jsonReader, a *arena, b []byte) error {
	r.begin(b, a)
	if err := r.skip(); err != nil {
		return err
	}
	if r.peek(); r.i < len(b) {
		return r.unexpected("the end")
	}
	return nil
}

// peek is the next byte that is no white space; 0: there is none.
func (r *jsonReader) peek() byte {
	for r.i < len(r.b) {
		switch c := r.b[r.i]; c {
		case ' ', '\t', '\r', '\n':
			r.i++
			r.spaces++
		default:
			return c
		}
	}
	return 0
}

// unexpected is the error of what cannot stand here.
func (r *jsonReader) unexpected(want string) error {
	if r.i >= len(r.b) {
		return errJSONEnd
	}
	return fmt.Errorf("%s stands at byte %d, where %s should be", clipped(r.b[r.i:min(r.i+1, len(r.b))]), r.i, want)
}

// skip goes over a value.
func (r *jsonReader) skip() error {
	switch c := r.peek(); {
	case c == '"':
		_, err := r.span()
		return err
	case c == '{':
		return r.object()
	case c == '[':
		return r.array()
	case c == '-' || c-'0' <= 9:
		_, err := r.number()
		return err
	case c == 't':
		return r.word("true")
	case c == 'f':
		return r.word("false")
	case c == 'n':
		return r.word("null")
	}
	return r.unexpected("a value")
}

func (r *jsonReader) word(w string) error {
	if r.i+len(w) > len(r.b) || string(r.b[r.i:r.i+len(w)]) != w {
		return r.unexpected("a value")
	}
	r.i += len(w)
	return nil
}

// in goes into an object or a list; it reports whether something is in it.
func (r *jsonReader) in(end byte) (bool, error) {
	if r.depth++; r.depth > MaxDepth {
		return false, errDeep
	}
	r.i++
	if r.peek() != end {
		return true, nil
	}
	r.i++
	r.depth--
	return false, nil
}

// more reads what stands behind a part; it reports whether another one comes.
func (r *jsonReader) more(end byte) (bool, error) {
	switch r.peek() {
	case ',':
		r.i++
		return true, nil
	case end:
		r.i++
		r.depth--
		return false, nil
	}
	return false, r.unexpected("a comma or " + strconv.QuoteRune(rune(end)))
}

func (r *jsonReader) array() error {
	more, err := r.in(']')
	for more && err == nil {
		if err = r.skip(); err == nil {
			more, err = r.more(']')
		}
	}
	return err
}

// object goes over an object.
func (r *jsonReader) object() error {
	base := len(r.keys)
	more, err := r.in('}')
	for more && err == nil {
		if err = r.key(base); err != nil {
			return err
		}
		if err = r.skip(); err == nil {
			more, err = r.more('}')
		}
	}
	return r.end(base, err)
}

// end forgets the keys of an object, and refuses one that stands twice.
func (r *jsonReader) end(base int, err error) error {
	if err == nil {
		err = distinct(r.keys[base:])
	}
	r.keys = r.keys[:base]
	return err
}

// key reads a key that nobody asked for; its text is valid until the record is
// read.
func (r *jsonReader) key(base int) error {
	key, err := r.name()
	if err != nil {
		return err
	}
	return r.once(base, key)
}

// name reads a key and the colon behind it.
func (r *jsonReader) name() ([]byte, error) {
	if r.peek() != '"' {
		return nil, r.unexpected("a key")
	}
	key, err := r.string()
	if err != nil {
		return nil, err
	}
	if r.peek() != ':' {
		return nil, r.unexpected("a colon")
	}
	r.i++
	return key, nil
}

// once refuses a key that was there in the same object.
func (r *jsonReader) once(base int, key []byte) error {
	k := jsonKey{hashOf(key), key}
	if near := r.keys[base:]; len(near) < maxNear {
		for i := range near {
			if near[i].hash == k.hash && bytes.Equal(near[i].text, key) {
				return errTwice(key)
			}
		}
	}
	r.keys = append(r.keys, k)
	return nil
}

func errTwice(key []byte) error {
	return fmt.Errorf("the key %s stands twice in one object", clipped(key))
}

// hashOf tells keys apart; those that it does not are compared.
func hashOf(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// distinct refuses a key of a large object that stands twice.
func distinct(keys []jsonKey) error {
	if len(keys) <= maxNear {
		return nil
	}
	slices.SortFunc(keys, func(a, b jsonKey) int { return bytes.Compare(a.text, b.text) })
	for i := 1; i < len(keys); i++ {
		if bytes.Equal(keys[i].text, keys[i-1].text) {
			return errTwice(keys[i].text)
		}
	}
	return nil
}

// number reads a number and gives its text.
func (r *jsonReader) number() ([]byte, error) {
	from := r.i
	if r.b[r.i] == '-' {
		r.i++
	}
	zero := r.i < len(r.b) && r.b[r.i] == '0'
	if n := r.digits(); n == 0 || zero && n > 1 {
		return nil, r.unexpected("a number without a zero before it")
	}
	if r.accept(".") && r.digits() == 0 {
		return nil, r.unexpected("a digit")
	}
	if r.accept("eE") {
		r.accept("+-")
		if r.digits() == 0 {
			return nil, r.unexpected("a digit")
		}
	}
	return r.b[from:r.i], nil
}

// accept goes over one of some signs.
func (r *jsonReader) accept(signs string) bool {
	if r.i < len(r.b) && (r.b[r.i] == signs[0] || r.b[r.i] == signs[len(signs)-1]) {
		r.i++
		return true
	}
	return false
}

func (r *jsonReader) digits() int {
	from := r.i
	for r.i < len(r.b) && r.b[r.i]-'0' <= 9 {
		r.i++
	}
	return r.i - from
}

// span goes over a text and gives what stands between its quotes, and whether
// something in it is escaped.
func (r *jsonReader) span() (escaped bool, err error) {
	r.i++
	from := r.i
	n, high := smooth(r.b[from:])
	for r.i += n; r.i < len(r.b); r.i++ {
		switch c := r.b[r.i]; {
		case c == '"':
			if high >= utf8.RuneSelf && !utf8.Valid(r.b[from:r.i]) {
				return false, errJSONText
			}
			r.i++
			return escaped, nil
		case c < ' ':
			return false, errControl
		case c == '\\':
			escaped = true
			if err := r.escape(); err != nil {
				return false, err
			}
		default:
			high |= c
		}
	}
	return false, errJSONEnd
}

// escape goes over an escape up to its last byte, and refuses what is none.
func (r *jsonReader) escape() error {
	rest := r.b[r.i:]
	if len(rest) < 2 {
		return errJSONEnd
	}
	if rest[1] != 'u' {
		if bytes.IndexByte([]byte(`"\/bfnrt`), rest[1]) < 0 {
			return errEscape
		}
		r.i++
		return nil
	}
	_, n, err := escapedRune(rest)
	r.i += n - 1
	return err
}

// escapedRune is what \uXXXX means, or two of them, and how long they are.
func escapedRune(b []byte) (rune, int, error) {
	c, ok := hexRune(b)
	if !ok {
		return 0, 1, errSurrogate
	}
	if !utf16.IsSurrogate(c) {
		return c, 6, nil
	}
	low, ok := hexRune(b[6:])
	if c = utf16.DecodeRune(c, low); !ok || c == utf8.RuneError {
		return 0, 1, errSurrogate
	}
	return c, 12, nil
}

func hexRune(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var c rune
	for _, d := range b[2:6] {
		d = hexDigit(d)
		if d > 15 {
			return 0, false
		}
		c = c<<4 | rune(d)
	}
	return c, true
}

// string reads a text. One without escapes stays where it is.
func (r *jsonReader) string() ([]byte, error) {
	from := r.i + 1
	escaped, err := r.span()
	if err != nil {
		return nil, err
	}
	text := r.b[from : r.i-1 : r.i-1]
	if escaped {
		return unescaped(r.arena.room(len(text)), text), nil
	}
	return text, nil
}

// unescaped writes a text whose escapes were seen to be right.
func unescaped(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			dst = append(dst, text[i])
			continue
		}
		i++
		if text[i] == 'u' {
			c, n, _ := escapedRune(text[i-1:])
			dst = utf8.AppendRune(dst, c)
			i += n - 2
			continue
		}
		dst = append(dst, "\"\\/\b\f\n\r\t"[bytes.IndexByte([]byte(`"\/bfnrt`), text[i])])
	}
	return dst
}
