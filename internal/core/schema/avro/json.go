package avro

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/weirmesh/weir"
)

// jsonKind is what sort of JSON value it is.
type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonFalse
	jsonTrue
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

// String says it in words.
func (k jsonKind) String() string {
	return [...]string{"null", "false", "true", "a number", "a string", "an array", "an object"}[k]
}

// value is a JSON value. Numbers stay as they are written and objects keep
// their order: the canonical text shows both.
type value struct {
	kind    jsonKind
	text    string   // of a number, as written; of a string, decoded
	members []member // of an object or an array, whose keys are empty
}

type member struct {
	key string
	value
}

// get finds a member of an object.
func (v *value) get(key string) (*value, bool) {
	for i := range v.members {
		if v.members[i].key == key {
			return &v.members[i].value, true
		}
	}
	return nil, false
}

// isInteger reports whether it is a number without fraction and exponent.
func (v *value) isInteger() bool {
	return v.kind == jsonNumber && !strings.ContainsAny(v.text, ".eE")
}

// integer is the value of a whole number that fits into bits.
func (v *value) integer(bits int) (int64, bool) {
	if !v.isInteger() {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, bits)
	return n, err == nil
}

// jsonReader reads one text. Comments are fine, as in the Java library; a key
// that occurs twice is not, because its readers would disagree on which counts.
type jsonReader struct {
	text   string
	pos    int
	depth  int
	values *int // so far, in all texts
}

// readJSON understands a whole text. Errors have a line and a column.
func readJSON(text string, values *int) (v value, err error) {
	if !utf8.ValidString(text) {
		return v, weir.Errorf(weir.Invalid, "the schema is not UTF-8").WithFix("send it as UTF-8")
	}
	r := &jsonReader{text: text, values: values}
	if err := r.space(); err != nil {
		return v, err
	}
	if r.pos == len(text) {
		return v, r.fail("the schema is empty", "send an Avro schema in JSON")
	}
	if v, err = r.value(); err != nil {
		return v, err
	}
	if err := r.space(); err != nil {
		return v, err
	}
	if r.pos < len(text) {
		return v, r.fail("there is more text behind the schema", "send one schema; several types are a union: [...]")
	}
	return v, nil
}

// fail is an error at the place where the reader stands.
func (r *jsonReader) fail(msg, fix string) error {
	return weir.Errorf(weir.Invalid, "%s", msg).At(lineColumn(r.text, r.pos)).WithFix("%s", fix)
}

// unexpected is the error of a character that cannot stand there.
func (r *jsonReader) unexpected(want string) error {
	if r.pos >= len(r.text) {
		return r.fail("the text ends where "+want+" should be", "send the whole JSON text")
	}
	c, _ := utf8.DecodeRuneInString(r.text[r.pos:])
	return r.fail(fmt.Sprintf("%q stands where %s should be", c, want), "correct the JSON")
}

// lineColumn counts from 1, columns in characters.
func lineColumn(text string, pos int) string {
	before := text[:min(pos, len(text))]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf("%d:%d", line, column)
}

// space skips white space and comments.
func (r *jsonReader) space() error {
	for r.pos < len(r.text) {
		switch r.text[r.pos] {
		case ' ', '\t', '\r', '\n':
			r.pos++
		case '/':
			if err := r.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (r *jsonReader) comment() error {
	rest := r.text[r.pos:]
	end, skip := -1, 0
	switch {
	case strings.HasPrefix(rest, "//"):
		if end, skip = strings.IndexByte(rest, '\n'), 1; end < 0 {
			end, skip = len(rest), 0
		}
	case strings.HasPrefix(rest, "/*"):
		if end, skip = strings.Index(rest[2:], "*/"), 4; end < 0 {
			return r.fail("a comment has no end", "end it with */")
		}
	default:
		return r.unexpected("a value")
	}
	r.pos += end + skip
	return nil
}

// value reads one value; the reader stands on its first character.
func (r *jsonReader) value() (v value, err error) {
	if *r.values++; *r.values > MaxValues {
		return v, over(lineColumn(r.text, r.pos), "JSON values", MaxValues, "split it: put types into schemas of their own and refer to them")
	}
	if r.pos == len(r.text) {
		return v, r.unexpected("a value")
	}
	switch c := r.text[r.pos]; {
	case c == '{':
		return r.nested(jsonObject, '}')
	case c == '[':
		return r.nested(jsonArray, ']')
	case c == '"':
		v.kind = jsonString
		v.text, err = r.string()
		return v, err
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	return r.word()
}

func (r *jsonReader) word() (value, error) {
	switch rest := r.text[r.pos:]; {
	case strings.HasPrefix(rest, "null"):
		r.pos += 4
		return value{kind: jsonNull}, nil
	case strings.HasPrefix(rest, "true"):
		r.pos += 4
		return value{kind: jsonTrue}, nil
	case strings.HasPrefix(rest, "false"):
		r.pos += 5
		return value{kind: jsonFalse}, nil
	}
	return value{}, r.unexpected("a value")
}

// nested reads an object or an array.
func (r *jsonReader) nested(kind jsonKind, closing byte) (v value, err error) {
	if r.depth++; r.depth > maxNesting {
		return v, weir.Errorf(weir.Limit, "arrays and objects are nested more than %d deep", maxNesting).
			At(lineColumn(r.text, r.pos)).WithFix("name the inner types and refer to them")
	}
	v.kind = kind
	r.pos++
	for {
		if err := r.space(); err != nil {
			return v, err
		}
		if r.pos < len(r.text) && r.text[r.pos] == closing && len(v.members) == 0 {
			break
		}
		if err := r.member(&v); err != nil {
			return v, err
		}
		if r.pos < len(r.text) && r.text[r.pos] == closing {
			break
		}
		if r.pos == len(r.text) || r.text[r.pos] != ',' {
			return v, r.unexpected("a comma or " + strconv.QuoteRune(rune(closing)))
		}
		r.pos++
	}
	r.pos++
	r.depth--
	return v, r.unique(&v)
}

// member reads one member of v and the space behind it.
func (r *jsonReader) member(v *value) (err error) {
	var m member
	if v.kind == jsonObject {
		if m.key, err = r.key(); err != nil {
			return err
		}
	}
	if m.value, err = r.value(); err != nil {
		return err
	}
	v.members = append(v.members, m)
	return r.space()
}

// key reads a key, its colon and the space around.
func (r *jsonReader) key() (string, error) {
	if r.pos == len(r.text) || r.text[r.pos] != '"' {
		return "", r.unexpected("a key in quotes")
	}
	key, err := r.string()
	if err != nil {
		return "", err
	}
	if err := r.space(); err != nil {
		return "", err
	}
	if r.pos == len(r.text) || r.text[r.pos] != ':' {
		return "", r.unexpected("a colon")
	}
	r.pos++
	return key, r.space()
}

// unique refuses an object that says something twice. The reader stands
// behind it.
func (r *jsonReader) unique(v *value) error {
	if v.kind != jsonObject || len(v.members) < 2 {
		return nil
	}
	if twice, found := duplicate(len(v.members), func(i int) string { return v.members[i].key }); found {
		r.pos--
		return r.fail(fmt.Sprintf("an object that ends here has the key %q twice", clip(twice)), "keep one of them")
	}
	return nil
}

// duplicate finds a string that occurs twice among n.
func duplicate(n int, get func(int) string) (string, bool) {
	if n <= 12 {
		for i := range n {
			for j := range i {
				if get(i) == get(j) {
					return get(i), true
				}
			}
		}
		return "", false
	}
	seen := make(map[string]struct{}, n)
	for i := range n {
		seen[get(i)] = struct{}{}
		if len(seen) != i+1 {
			return get(i), true
		}
	}
	return "", false
}

// number reads a number and keeps its text.
func (r *jsonReader) number() (value, error) {
	start := r.pos
	r.skip("-")
	if !r.skip("0") && r.digits() == 0 {
		return value{}, r.unexpected("a digit")
	}
	if r.skip(".") && r.digits() == 0 {
		return value{}, r.unexpected("a digit")
	}
	if r.skip("eE") {
		r.skip("+-")
		if r.digits() == 0 {
			return value{}, r.unexpected("a digit")
		}
	}
	if r.pos < len(r.text) && r.text[r.pos] >= '0' && r.text[r.pos] <= '9' {
		return value{}, r.fail("a number begins with 0", "leave the 0 out")
	}
	return value{kind: jsonNumber, text: r.text[start:r.pos]}, nil
}

// skip goes past one of the characters, if there is one.
func (r *jsonReader) skip(chars string) bool {
	if r.pos < len(r.text) && strings.IndexByte(chars, r.text[r.pos]) >= 0 {
		r.pos++
		return true
	}
	return false
}

func (r *jsonReader) digits() (n int) {
	for r.skip("0123456789") {
		n++
	}
	return n
}

// string reads a string. One without escapes is part of the text itself.
func (r *jsonReader) string() (string, error) {
	r.pos++
	start := r.pos
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == '"':
			r.pos++
			return r.text[start : r.pos-1], nil
		case c == '\\':
			return r.escaped(start)
		case c < ' ':
			return "", r.fail("a string has a control character", `write it as \n, \t or \u00XX`)
		}
		r.pos++
	}
	return "", r.fail("a string has no end", "send the whole JSON text")
}

// escaped reads the rest of a string that has escapes.
func (r *jsonReader) escaped(start int) (string, error) {
	b := []byte(r.text[start:r.pos])
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == '"':
			r.pos++
			return string(b), nil
		case c < ' ':
			return "", r.fail("a string has a control character", `write it as \n, \t or \u00XX`)
		case c != '\\':
			b = append(b, c)
			r.pos++
		default:
			x, err := r.escape()
			if err != nil {
				return "", err
			}
			b = utf8.AppendRune(b, x)
		}
	}
	return "", r.fail("a string has no end", "send the whole JSON text")
}

// escape reads one escape.
func (r *jsonReader) escape() (rune, error) {
	const short, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if r.pos+1 < len(r.text) {
		if i := strings.IndexByte(short, r.text[r.pos+1]); i >= 0 {
			r.pos += 2
			return rune(means[i]), nil
		}
	}
	x, ok := r.hex()
	if !ok {
		return 0, r.fail("a string has a bad escape", `use one of \" \\ \/ \b \f \n \r \t \uXXXX`)
	}
	if !utf16.IsSurrogate(x) {
		return x, nil
	}
	low, ok := r.hex()
	if x = utf16.DecodeRune(x, low); !ok || x == utf8.RuneError {
		return 0, r.fail("a string has half a surrogate pair", "write both halves, or the character itself")
	}
	return x, nil
}

// hex reads \uXXXX.
func (r *jsonReader) hex() (rune, bool) {
	if len(r.text)-r.pos < 6 || r.text[r.pos:r.pos+2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(r.text[r.pos+2:r.pos+6], 16, 16)
	if err != nil {
		return 0, false
	}
	r.pos += 6
	return rune(n), true
}
