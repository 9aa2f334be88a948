package flow

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"unicode"
	"unicode/utf8"
)

// maxText is how long a text that a function makes longer may get.
const maxText = 1 << 20

// maxPad is how many characters a text is filled up to at most.
const maxPad = 64 << 10

// textForms compute with texts, which are UTF-8, and bytes. Positions count
// characters from one.
var textForms = map[string]form{
	"||(text,text)": plain(joinTexts), "||(bytea,bytea)": plain(joinTexts),
	"concat(text)":    {make: plain(concat).make, nulls: true},
	"concat_ws(text)": {make: plain(concatWith).make, nulls: true},

	"length(text)":           plain(textInt(func(t []byte) int64 { return int64(utf8.RuneCount(t)) })),
	"char_length(text)":      plain(textInt(func(t []byte) int64 { return int64(utf8.RuneCount(t)) })),
	"character_length(text)": plain(textInt(func(t []byte) int64 { return int64(utf8.RuneCount(t)) })),
	"octet_length(text)":     plain(textInt(func(t []byte) int64 { return int64(len(t)) })),
	"octet_length(bytea)":    plain(textInt(func(t []byte) int64 { return int64(len(t)) })),
	"length(bytea)":          plain(textInt(func(t []byte) int64 { return int64(len(t)) })),
	"bit_length(text)":       plain(textInt(func(t []byte) int64 { return int64(len(t)) * 8 })),
	"ascii(text)":            plain(textInt(firstRune)),

	"upper(text)":   plain(runes('a', 'z', unicode.ToUpper)),
	"lower(text)":   plain(runes('A', 'Z', unicode.ToLower)),
	"initcap(text)": plain(text1(initcap)),
	"reverse(text)": plain(text1(reverse)),
	"md5(text)":     plain(text1(md5Hex)), "md5(bytea)": plain(text1(md5Hex)),
	"sha224(bytea)": plain(text1(func(dst, t []byte) []byte { s := sha256.Sum224(t); return append(dst, s[:]...) })),
	"sha256(bytea)": plain(text1(func(dst, t []byte) []byte { s := sha256.Sum256(t); return append(dst, s[:]...) })),
	"sha384(bytea)": plain(text1(func(dst, t []byte) []byte { s := sha512.Sum384(t); return append(dst, s[:]...) })),
	"sha512(bytea)": plain(text1(func(dst, t []byte) []byte { s := sha512.Sum512(t); return append(dst, s[:]...) })),

	"trim(text)":       plain(cutText(func(t []byte) []byte { return bytes.Trim(t, " ") })),
	"btrim(text)":      plain(cutText(func(t []byte) []byte { return bytes.Trim(t, " ") })),
	"ltrim(text)":      plain(cutText(func(t []byte) []byte { return bytes.TrimLeft(t, " ") })),
	"rtrim(text)":      plain(cutText(func(t []byte) []byte { return bytes.TrimRight(t, " ") })),
	"trim(text,text)":  plain(trimBy(true, true)),
	"btrim(text,text)": plain(trimBy(true, true)),
	"ltrim(text,text)": plain(trimBy(true, false)),
	"rtrim(text,text)": plain(trimBy(false, true)),

	"left(text,integer)":                 plain(leftRight(left)),
	"right(text,integer)":                plain(leftRight(right)),
	"substr(text,integer)":               plain(substring),
	"substring(text,integer)":            plain(substring),
	"substr(text,integer,integer)":       plain(substring),
	"substring(text,integer,integer)":    plain(substring),
	"strpos(text,text)":                  plain(position(0, 1)),
	"position(text,text)":                plain(position(0, 1)),
	"starts_with(text,text)":             plain(twoTexts(bytes.HasPrefix)),
	"ends_with(text,text)":               plain(twoTexts(bytes.HasSuffix)),
	"contains(text,text)":                plain(twoTexts(bytes.Contains)),
	"split_part(text,text,integer)":      plain(splitPart),
	"replace(text,text,text)":            plain(replace),
	"translate(text,text,text)":          plain(translate),
	"repeat(text,integer)":               plain(repeat),
	"lpad(text,integer)":                 plain(pad(true)),
	"rpad(text,integer)":                 plain(pad(false)),
	"lpad(text,integer,text)":            plain(pad(true)),
	"rpad(text,integer,text)":            plain(pad(false)),
	"overlay(text,text,integer)":         plain(overlay),
	"overlay(text,text,integer,integer)": plain(overlay),
	"chr(integer)":                       plain(chr),
	"to_hex(integer)":                    plain(toHex),
	"to_hex(bigint)":                     plain(toHex),
	"mask_hash(text)":                    plain(text1(maskHash)),
	"mask_last(text,integer)":            plain(maskLast),
	"encode(bytea,text)":                 plain(encode),
	"decode(text,text)":                  plain(decode),
}

// text1 appends the result for one text.
func text1(fn func(dst, t []byte) []byte) kernel {
	return func(c *call) {
		a := c.args[0].Texts
		for _, i := range c.sel {
			c.text(i, fn(c.open(), a[i]))
		}
	}
}

// cutText gives a part of the text itself.
func cutText(fn func(t []byte) []byte) kernel {
	return func(c *call) {
		a, out := c.args[0].Texts, c.out.Texts
		for _, i := range c.sel {
			out[i] = fn(a[i])
		}
	}
}

func textInt(fn func(t []byte) int64) kernel {
	return func(c *call) {
		a, out := c.args[0].Texts, c.out.Ints
		for _, i := range c.sel {
			out[i] = fn(a[i])
		}
	}
}

func twoTexts(fn func(a, b []byte) bool) kernel {
	return func(c *call) {
		a, b, out := c.args[0].Texts, c.args[1].Texts, c.out.Ints
		for _, i := range c.sel {
			out[i] = bit(fn(a[i], b[i]))
		}
	}
}

func joinTexts(c *call) {
	a, b := c.args[0].Texts, c.args[1].Texts
	for _, i := range c.sel {
		if len(a[i])+len(b[i]) > maxText {
			c.fail(i, errTooLong)
			continue
		}
		c.text(i, append(append(c.open(), a[i]...), b[i]...))
	}
}

// concat skips nulls.
func concat(c *call) {
	for _, i := range c.sel {
		b := c.open()
		for _, a := range c.args {
			b = append(b, a.Texts[i]...)
		}
		c.bounded(i, b)
	}
}

func concatWith(c *call) {
	with := c.args[0]
	for _, i := range c.sel {
		if with.IsNull(int(i)) {
			c.out.null(i)
			continue
		}
		b, first := c.open(), true
		for _, a := range c.args[1:] {
			if a.IsNull(int(i)) {
				continue
			}
			if !first {
				b = append(b, with.Texts[i]...)
			}
			b, first = append(b, a.Texts[i]...), false
		}
		c.bounded(i, b)
	}
}

// bounded is text for functions that make texts longer.
func (c *call) bounded(i int32, b []byte) {
	if len(b) > maxText {
		c.fail(i, errTooLong)
		return
	}
	c.text(i, b)
}

func firstRune(t []byte) int64 {
	if len(t) == 0 {
		return 0
	}
	r, _ := utf8.DecodeRune(t)
	return int64(r)
}

// runes changes the case of letters; of ASCII those from first to last.
func runes(first, last byte, fn func(rune) rune) kernel {
	return text1(func(dst, t []byte) []byte {
		for k, c := range t {
			switch {
			case c >= utf8.RuneSelf:
				return mapRunes(dst, t[k:], fn)
			case c >= first && c <= last:
				c ^= 'a' ^ 'A'
			}
			dst = append(dst, c)
		}
		return dst
	})
}

func mapRunes(dst, t []byte, fn func(rune) rune) []byte {
	for len(t) > 0 {
		r, n := rune(t[0]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(t)
		}
		dst, t = utf8.AppendRune(dst, fn(r)), t[n:]
	}
	return dst
}

// initcap makes the first letter of each word large and the others small.
func initcap(dst, t []byte) []byte {
	in := false
	return mapRunes(dst, t, func(r rune) rune {
		was := in
		in = unicode.IsLetter(r) || unicode.IsDigit(r)
		if was {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	})
}

func reverse(dst, t []byte) []byte {
	for len(t) > 0 {
		_, n := utf8.DecodeLastRune(t)
		dst, t = append(dst, t[len(t)-n:]...), t[:len(t)-n]
	}
	return dst
}

func md5Hex(dst, t []byte) []byte {
	s := md5.Sum(t)
	return hex.AppendEncode(dst, s[:])
}

func trimBy(leading, trailing bool) kernel {
	return func(c *call) {
		a, set, out := c.args[0].Texts, c.args[1].Texts, c.out.Texts
		for _, i := range c.sel {
			t := a[i]
			for leading && len(t) > 0 {
				_, n := utf8.DecodeRune(t)
				if !hasRune(set[i], t[:n]) {
					break
				}
				t = t[n:]
			}
			for trailing && len(t) > 0 {
				_, n := utf8.DecodeLastRune(t)
				if !hasRune(set[i], t[len(t)-n:]) {
					break
				}
				t = t[:len(t)-n]
			}
			out[i] = t
		}
	}
}

// hasRune finds one character among others. UTF-8 is such that its bytes are
// found nowhere else.
func hasRune(set, r []byte) bool { return bytes.Contains(set, r) }

// offset is the byte at which the character n begins, or the end.
func offset(t []byte, n int64) int {
	at := 0
	for ; n > 0 && at < len(t); n-- {
		_, w := utf8.DecodeRune(t[at:])
		at += w
	}
	return at
}

func leftRight(fn func(t []byte, n int64) []byte) kernel {
	return func(c *call) {
		a, n, out := c.args[0].Texts, c.args[1].Ints, c.out.Texts
		for _, i := range c.sel {
			out[i] = fn(a[i], n[i])
		}
	}
}

// left is the first n characters, or all but the last -n.
func left(t []byte, n int64) []byte {
	if n < 0 {
		n = max(0, int64(utf8.RuneCount(t))+n)
	}
	return t[:offset(t, n)]
}

// right is the last n characters, or all but the first -n.
func right(t []byte, n int64) []byte {
	if n >= 0 {
		n = -max(0, int64(utf8.RuneCount(t))-n)
	}
	return t[offset(t, -n):]
}

var (
	errLength = errors.New("a negative length")
	errBefore = errors.New("a position before the first character")
	errField  = errors.New("the number of a field is not zero")
	errRune   = errors.New("no character has this number")
	errCode   = errors.New("the encodings are hex and base64")
	errPad    = errors.New("a length of more than 65536 characters")
	errBytes  = errors.New("the text is not of this encoding")
)

func substring(c *call) {
	a, from, out := c.args[0].Texts, c.args[1].Ints, c.out.Texts
	for _, i := range c.sel {
		t, start, end := a[i], from[i], int64(len(a[i]))+1
		if len(c.args) > 2 {
			n := c.args[2].Ints[i]
			if n < 0 {
				c.fail(i, errLength)
				continue
			}
			end = min(end, start+n)
		}
		start = max(start, 1)
		t = t[offset(t, start-1):]
		out[i] = t[:offset(t, max(end-start, 0))]
	}
}

func position(text, part int) kernel {
	return func(c *call) {
		a, b, out := c.args[text].Texts, c.args[part].Texts, c.out.Ints
		for _, i := range c.sel {
			at := bytes.Index(a[i], b[i])
			if at > 0 {
				at = utf8.RuneCount(a[i][:at])
			}
			out[i] = int64(at + 1)
		}
	}
}

func splitPart(c *call) {
	a, sep, n, out := c.args[0].Texts, c.args[1].Texts, c.args[2].Ints, c.out.Texts
	for _, i := range c.sel {
		if n[i] == 0 {
			c.fail(i, errField)
			continue
		}
		out[i] = part1(a[i], sep[i], n[i])
	}
}

// part1 is field n of a text, from its end if n is negative.
func part1(t, sep []byte, n int64) []byte {
	if len(sep) == 0 {
		if n == 1 || n == -1 {
			return t
		}
		return nil
	}
	if n < 0 {
		n += int64(bytes.Count(t, sep)) + 2
		if n < 1 {
			return nil
		}
	}
	for ; n > 1; n-- {
		_, rest, ok := bytes.Cut(t, sep)
		if !ok {
			return nil
		}
		t = rest
	}
	field, _, _ := bytes.Cut(t, sep)
	return field
}

func replace(c *call) {
	a, from, to := c.args[0].Texts, c.args[1].Texts, c.args[2].Texts
	for _, i := range c.sel {
		if len(from[i]) == 0 || !bytes.Contains(a[i], from[i]) {
			c.out.Texts[i] = a[i]
			continue
		}
		b, t := c.open(), a[i]
		for len(b) <= maxText {
			before, after, ok := bytes.Cut(t, from[i])
			b = append(b, before...)
			if !ok {
				break
			}
			b, t = append(b, to[i]...), after
		}
		c.bounded(i, b)
	}
}

func translate(c *call) {
	a, from, to := c.args[0].Texts, c.args[1].Texts, c.args[2].Texts
	for _, i := range c.sel {
		b, t := c.open(), a[i]
		for len(t) > 0 {
			_, n := utf8.DecodeRune(t)
			at := bytes.Index(from[i], t[:n])
			if at < 0 {
				b = append(b, t[:n]...)
			} else {
				k := int64(utf8.RuneCount(from[i][:at]))
				rest := to[i][offset(to[i], k):]
				b = append(b, rest[:offset(rest, 1)]...)
			}
			t = t[n:]
		}
		c.bounded(i, b)
	}
}

func repeat(c *call) {
	a, n := c.args[0].Texts, c.args[1].Ints
	for _, i := range c.sel {
		if n[i] > 0 && len(a[i]) > 0 && n[i] > maxText/int64(len(a[i])) {
			c.fail(i, errTooLong)
			continue
		}
		b := c.open()
		for k := int64(0); k < n[i] && len(a[i]) > 0; k++ {
			b = append(b, a[i]...)
		}
		c.text(i, b)
	}
}

func pad(before bool) kernel {
	return func(c *call) {
		for _, i := range c.sel {
			fill := []byte(" ")
			if len(c.args) > 2 {
				fill = c.args[2].Texts[i]
			}
			c.pad(i, fill, before)
		}
	}
}

func (c *call) pad(i int32, fill []byte, before bool) {
	t, n := c.args[0].Texts[i], max(c.args[1].Ints[i], 0)
	missing := n - int64(utf8.RuneCount(t))
	switch {
	case missing <= 0 || len(fill) == 0:
		c.out.Texts[i] = t[:offset(t, n)]
		return
	case n > maxPad:
		c.fail(i, errPad)
		return
	}
	b := c.open()
	if !before {
		b = append(b, t...)
	}
	for rest := fill; missing > 0; missing-- {
		if len(rest) == 0 {
			rest = fill
		}
		k := offset(rest, 1)
		b, rest = append(b, rest[:k]...), rest[k:]
	}
	if before {
		b = append(b, t...)
	}
	c.bounded(i, b)
}

func overlay(c *call) {
	a, with, from := c.args[0].Texts, c.args[1].Texts, c.args[2].Ints
	for _, i := range c.sel {
		n := int64(utf8.RuneCount(with[i]))
		if len(c.args) > 3 {
			n = c.args[3].Ints[i]
		}
		if from[i] < 1 {
			c.fail(i, errBefore)
			continue
		}
		t := a[i]
		b := append(append(c.open(), t[:offset(t, from[i]-1)]...), with[i]...)
		c.bounded(i, append(b, t[offset(t, from[i]-1+n):]...))
	}
}
