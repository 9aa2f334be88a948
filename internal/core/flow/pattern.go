package flow

import (
	"bytes"
	"errors"
	"regexp"
	"unicode"
	"unicode/utf8"

	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Bounds of patterns.
const (
	maxPattern  = 4 << 10 // bytes
	maxPatterns = 64      // that a call remembers
)

// patternForms match texts with patterns. Regular expressions are RE2's: they
// need time in proportion to the text, whatever the pattern.
var patternForms = map[string]form{
	"like(text,text)":                      plain(likeKernel(false)),
	"ilike(text,text)":                     plain(likeKernel(true)),
	"~(text,text)":                         regex("", matchRegex),
	"~*(text,text)":                        regex("(?i)", matchRegex),
	"regexp_like(text,text)":               regex("", matchRegex),
	"regexp_like(text,text,text)":          regex("", matchRegex),
	"regexp_replace(text,text,text)":       regex("", replaceRegex),
	"regexp_replace(text,text,text,text)":  regex("", replaceRegex),
	"regexp_substr(text,text)":             regex("", wholeRegex),
	"substring(text,text)":                 regex("", findRegex),
	"regexp_count(text,text)":              regex("", countRegex),
	"regexp_extract(text,text)":            regex("", findRegex),
	"regexp_extract(text,text,integer)":    regex("", groupRegex),
	"regexp_split_part(text,text,integer)": regex("", splitRegex),
}

func likeKernel(fold bool) kernel {
	return func(c *call) {
		a, p, out := c.args[0].Texts, c.args[1].Texts, c.out.Ints
		for _, i := range c.sel {
			ok, err := like(a[i], p[i], fold)
			if err != nil {
				c.fail(i, err)
				continue
			}
			out[i] = bit(ok)
		}
	}
}

var errEscape = errors.New("a pattern that ends with the character \\")

// like matches the whole text: % is any number of characters, _ is one, and \
// takes the next as it is.
func like(t, p []byte, fold bool) (bool, error) {
	var back, from []byte // behind the last %, and where its match ended
	for {
		switch {
		case len(p) > 0 && p[0] == '%':
			p = p[1:]
			back, from = p, t
			if len(p) == 0 {
				return true, nil
			}
			continue
		case len(p) == 0 && len(t) == 0:
			return true, nil
		case len(p) > 0 && p[0] == '\\' && len(p) == 1:
			return false, errEscape
		}
		if len(p) > 0 && len(t) > 0 {
			if n, m, ok := likeOne(t, p, fold); ok {
				t, p = t[n:], p[m:]
				continue
			}
		}
		if back == nil || len(from) == 0 {
			return false, nil
		}
		_, n := utf8.DecodeRune(from)
		from = from[n:]
		t, p = from, back
	}
}

// likeOne matches one character and says how many bytes of both that took.
func likeOne(t, p []byte, fold bool) (n, m int, ok bool) {
	r, n := utf8.DecodeRune(t)
	if p[0] == '_' {
		return n, 1, true
	}
	escape := 0
	if p[0] == '\\' {
		escape = 1
	}
	q, m := utf8.DecodeRune(p[escape:])
	ok = r == q && (r != utf8.RuneError || bytes.Equal(t[:n], p[escape:escape+m]))
	if fold && !ok {
		ok = unicode.ToLower(r) == unicode.ToLower(q)
	}
	return n, m + escape, ok
}

// regexes are the compiled patterns of a call.
type regexes struct {
	flags string
	known map[string]*regexp.Regexp
}

var errPattern = errors.New("a regular expression longer than 4 KiB")

func (r *regexes) get(pattern, flags []byte) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, errPattern
	}
	key := r.flags + string(flags) + "/" + string(pattern)
	if re, ok := r.known[key]; ok {
		return re, nil
	}
	prefix, err := inline(flags)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(r.flags + prefix + string(pattern))
	if err != nil {
		return nil, errors.New("the regular expression cannot be read: " + err.Error())
	}
	if len(r.known) >= maxPatterns {
		clear(r.known)
	}
	r.known[key] = re
	return re, nil
}

// inline is flags as a regular expression has them.
func inline(flags []byte) (string, error) {
	out := ""
	for _, f := range flags {
		switch f {
		case 'i', 's':
			out += "(?" + string(f) + ")"
		case 'n', 'm':
			out += "(?m)"
		case 'g', 'c':
		default:
			return "", errors.New("a regular expression has the flags i, s, n, m, g and c")
		}
	}
	return out, nil
}

// regex is a form whose second argument is a regular expression. A pattern of
// the statement itself is tried when the flow is made.
func regex(flags string, run func(c *call, r *regexes)) form {
	return form{make: func(e *sqlang.Expr) (kernel, error) {
		r := &regexes{flags: flags, known: map[string]*regexp.Regexp{}}
		if p := e.Args[1]; p.Kind == sqlang.Literal && !p.Value.IsNull(0) {
			if _, err := r.get(p.Value.Texts[0], nil); err != nil {
				return nil, err
			}
		}
		return func(c *call) { run(c, r) }, nil
	}}
}

// each asks fn about every row with its pattern. Flags are the argument at, if
// there are so many.
func (r *regexes) each(c *call, at int, fn func(i int32, t []byte, re *regexp.Regexp)) {
	var last *regexp.Regexp
	var pattern, flags []byte
	for _, i := range c.sel {
		p, f := c.args[1].Texts[i], []byte(nil)
		if len(c.args) > at {
			f = c.args[at].Texts[i]
		}
		if last == nil || !bytes.Equal(p, pattern) || !bytes.Equal(f, flags) {
			re, err := r.get(p, f)
			if err != nil {
				c.fail(i, err)
				continue
			}
			last, pattern, flags = re, p, f
		}
		fn(i, c.args[0].Texts[i], last)
	}
}

func matchRegex(c *call, r *regexes) {
	r.each(c, 2, func(i int32, t []byte, re *regexp.Regexp) { c.out.Ints[i] = bit(re.Match(t)) })
}

// findRegex is the first match, or its first group if it has one.
func findRegex(c *call, r *regexes) {
	r.each(c, 2, func(i int32, t []byte, re *regexp.Regexp) { c.group(i, t, re, min(re.NumSubexp(), 1)) })
}

func wholeRegex(c *call, r *regexes) {
	r.each(c, 2, func(i int32, t []byte, re *regexp.Regexp) { c.group(i, t, re, 0) })
}

func groupRegex(c *call, r *regexes) {
	r.each(c, 3, func(i int32, t []byte, re *regexp.Regexp) { c.group(i, t, re, int(c.args[2].Ints[i])) })
}

func (c *call) group(i int32, t []byte, re *regexp.Regexp, n int) {
	m := re.FindSubmatchIndex(t)
	if n < 0 || 2*n >= len(m) || m[2*n] < 0 {
		c.out.null(i)
		return
	}
	c.out.Texts[i] = t[m[2*n]:m[2*n+1]]
}

func countRegex(c *call, r *regexes) {
	r.each(c, 2, func(i int32, t []byte, re *regexp.Regexp) { c.out.Ints[i] = int64(len(re.FindAllIndex(t, -1))) })
}

func splitRegex(c *call, r *regexes) {
	r.each(c, 3, func(i int32, t []byte, re *regexp.Regexp) {
		n := c.args[2].Ints[i]
		start := 0
		for _, m := range append(re.FindAllIndex(t, maxText), []int{len(t), len(t)}) {
			if n--; n == 0 {
				c.out.Texts[i] = t[start:m[0]]
				return
			}
			start = m[1]
		}
		c.out.Texts[i] = nil
	})
}

// replaceRegex replaces the first match, all with the flag g. \1 to \9 in the
// replacement are groups, \& is the whole match.
func replaceRegex(c *call, r *regexes) {
	r.each(c, 3, func(i int32, t []byte, re *regexp.Regexp) {
		times := 1
		if len(c.args) > 3 && bytes.IndexByte(c.args[3].Texts[i], 'g') >= 0 {
			times = -1
		}
		b, end := c.open(), 0
		for _, m := range re.FindAllSubmatchIndex(t, times) {
			b = append(b, t[end:m[0]]...)
			b = expand(b, c.args[2].Texts[i], t, m)
			if end = m[1]; len(b) > maxText {
				break
			}
		}
		c.bounded(i, append(b, t[end:]...))
	})
}

func expand(dst, with, t []byte, m []int) []byte {
	for k := 0; k < len(with); k++ {
		if with[k] != '\\' || k+1 == len(with) {
			dst = append(dst, with[k])
			continue
		}
		k++
		switch n := int(with[k] - '0'); {
		case with[k] == '&':
			dst = append(dst, t[m[0]:m[1]]...)
		case n >= 1 && n <= 9:
			if 2*n < len(m) && m[2*n] >= 0 {
				dst = append(dst, t[m[2*n]:m[2*n+1]]...)
			}
		case with[k] == '\\':
			dst = append(dst, '\\')
		default:
			dst = append(dst, '\\', with[k])
		}
	}
	return dst
}
