package flow

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// jsonForms read parts of JSON, which is valid: a column that is not is made by
// a cast, which says so.
var jsonForms = map[string]form{
	"->(json,text)":            plain(jsonKernel(member, false)),
	"->>(json,text)":           plain(jsonKernel(member, true)),
	"->(json,integer)":         plain(jsonElement(false)),
	"->>(json,integer)":        plain(jsonElement(true)),
	"#>(json,text)":            plain(jsonKernel(atPath, false)),
	"#>>(json,text)":           plain(jsonKernel(atPath, true)),
	"json_array_length(json)":  plain(jsonLength),
	"json_typeof(json)":        plain(jsonType),
	"jsonb_array_length(json)": plain(jsonLength),
	"jsonb_typeof(json)":       plain(jsonType),
}

// jsonKernel gives the part that a text names: as JSON, or as text, of which a
// JSON null is none.
func jsonKernel(part func(doc, name []byte) []byte, asText bool) kernel {
	return func(c *call) {
		a, names := c.args[0].Texts, c.args[1].Texts
		for _, i := range c.sel {
			c.setJSON(i, part(a[i], names[i]), asText)
		}
	}
}

func jsonElement(asText bool) kernel {
	return func(c *call) {
		a, n := c.args[0].Texts, c.args[1].Ints
		for _, i := range c.sel {
			c.setJSON(i, element(a[i], n[i]), asText)
		}
	}
}

func (c *call) setJSON(i int32, part []byte, asText bool) {
	switch {
	case part == nil, asText && string(part) == "null":
		c.out.null(i)
	case asText && part[0] == '"':
		c.unquote(i, part)
	default:
		c.out.Texts[i] = part
	}
}

func (c *call) unquote(i int32, s []byte) {
	if bytes.IndexByte(s, '\\') < 0 {
		c.out.Texts[i] = s[1 : len(s)-1]
		return
	}
	var t string
	if json.Unmarshal(s, &t) != nil {
		c.fail(i, errJSONText)
		return
	}
	c.text(i, append(c.open(), t...))
}

// member is the last value of a name in an object; nil if there is none.
func member(doc, name []byte) (found []byte) {
	eachMember(doc, func(key, value []byte) {
		if same(key, name) {
			found = value
		}
	})
	return found
}

// same compares a string of JSON with a text.
func same(quoted, name []byte) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return bytes.Equal(quoted[1:len(quoted)-1], name)
	}
	var t string
	return json.Unmarshal(quoted, &t) == nil && t == string(name)
}

// element is the n-th value of an array, from its end if n is negative; nil if
// there is none.
func element(doc []byte, n int64) (found []byte) {
	if n < 0 {
		n += count(doc)
	}
	at := int64(0)
	eachElement(doc, func(value []byte) {
		if at == n {
			found = value
		}
		at++
	})
	return found
}

func count(doc []byte) (n int64) {
	eachElement(doc, func([]byte) { n++ })
	return n
}

// atPath follows a path as PostgreSQL writes one: {a,0,b}.
func atPath(doc, path []byte) []byte {
	path = bytes.TrimSpace(path)
	if len(path) < 2 || path[0] != '{' || path[len(path)-1] != '}' {
		return nil
	}
	doc = trimmed(doc)
	rest := path[1 : len(path)-1]
	for len(rest) > 0 && doc != nil {
		var step []byte
		step, rest, _ = bytes.Cut(rest, []byte(","))
		step = bytes.Trim(bytes.TrimSpace(step), `"`)
		doc = stepInto(doc, step)
	}
	return doc
}

func stepInto(doc, step []byte) []byte {
	if len(doc) > 0 && doc[0] == '[' {
		n, err := strconv.ParseInt(string(step), 10, 32)
		if err != nil {
			return nil
		}
		return element(doc, n)
	}
	return member(doc, step)
}

var errNoArray = errors.New("the JSON is no array")

func jsonLength(c *call) {
	a := c.args[0].Texts
	for _, i := range c.sel {
		if t := trimmed(a[i]); len(t) == 0 || t[0] != '[' {
			c.fail(i, errNoArray)
			continue
		}
		c.out.Ints[i] = count(a[i])
	}
}

func jsonType(c *call) {
	a := c.args[0].Texts
	for _, i := range c.sel {
		c.out.Texts[i] = []byte(typeOfJSON(trimmed(a[i])))
	}
}

func typeOfJSON(t []byte) string {
	if len(t) == 0 {
		return "null"
	}
	switch t[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}

const jsonSpace = " \t\r\n"

func trimmed(t []byte) []byte { return bytes.Trim(t, jsonSpace) }

// eachMember calls fn for every member of an object, with the key as it stands,
// in quotes; of anything else there are none.
func eachMember(doc []byte, fn func(key, value []byte)) {
	t := trimmed(doc)
	if len(t) < 2 || t[0] != '{' {
		return
	}
	for t = bytes.TrimLeft(t[1:], jsonSpace); len(t) > 0 && t[0] == '"'; {
		var key, value []byte
		key, t = value1(t)
		t = bytes.TrimLeft(t, jsonSpace+":")
		value, t = value1(t)
		fn(key, value)
		t = bytes.TrimLeft(t, jsonSpace+",")
	}
}

func eachElement(doc []byte, fn func(value []byte)) {
	t := trimmed(doc)
	if len(t) < 2 || t[0] != '[' {
		return
	}
	for t = bytes.TrimLeft(t[1:], jsonSpace); len(t) > 0 && t[0] != ']'; {
		var value []byte
		value, t = value1(t)
		fn(value)
		t = bytes.TrimLeft(t, jsonSpace+",")
	}
}

// value1 cuts the first value off a text that begins with one.
func value1(t []byte) (value, rest []byte) {
	depth, at := 0, 0
	for at < len(t) {
		switch t[at] {
		case '"':
			at = endOfString(t, at)
		case '{', '[':
			depth++
			at++
		case '}', ']':
			depth--
			at++
		case ',', ':', ' ', '\t', '\r', '\n':
			at++
		default:
			at = endOfWord(t, at)
		}
		if depth <= 0 {
			break
		}
	}
	return t[:at], t[at:]
}

func endOfString(t []byte, at int) int {
	for at++; at < len(t); at++ {
		switch t[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(t)
}

func endOfWord(t []byte, at int) int {
	if n := bytes.IndexAny(t[at:], ",:]} \t\r\n"); n > 0 {
		return at + n
	}
	return len(t)
}
