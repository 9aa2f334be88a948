package flow

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Functions that write texts and bytes as others, and masks.

func chr(c *call) {
	a := c.args[0].Ints
	for _, i := range c.sel {
		if a[i] <= 0 || a[i] > unicode.MaxRune || !utf8.ValidRune(rune(a[i])) {
			c.fail(i, errRune)
			continue
		}
		c.text(i, utf8.AppendRune(c.open(), rune(a[i])))
	}
}

func toHex(c *call) {
	a := c.args[0]
	for _, i := range c.sel {
		v := uint64(a.Ints[i])
		if len(c.exprs) == 1 && v>>63 == 1 && int64(int32(v)) == int64(v) && a.Kind.String() == "integer" {
			v &= 1<<32 - 1
		}
		c.text(i, strconv.AppendUint(c.open(), v, 16))
	}
}

func encode(c *call) {
	a, code := c.args[0].Texts, c.args[1].Texts
	for _, i := range c.sel {
		switch string(code[i]) {
		case "hex":
			c.text(i, hex.AppendEncode(c.open(), a[i]))
		case "base64":
			c.text(i, base64.StdEncoding.AppendEncode(c.open(), a[i]))
		default:
			c.fail(i, errCode)
		}
	}
}

func decode(c *call) {
	a, code := c.args[0].Texts, c.args[1].Texts
	for _, i := range c.sel {
		b, err := c.open(), errCode
		switch string(code[i]) {
		case "hex":
			b, err = hex.AppendDecode(b, a[i])
		case "base64":
			b, err = base64.StdEncoding.AppendDecode(b, a[i])
		}
		switch {
		case err == errCode:
			c.fail(i, errCode)
		case err != nil:
			c.fail(i, errBytes)
		default:
			c.text(i, b)
		}
	}
}

// maskHash is the SHA-256 of a text in hexadecimal.
func maskHash(dst, t []byte) []byte {
	s := sha256.Sum256(t)
	return hex.AppendEncode(dst, s[:])
}

// maskLast leaves the last characters of a text that has more than these.
func maskLast(c *call) {
	a, n := c.args[0].Texts, c.args[1].Ints
	for _, i := range c.sel {
		t := a[i]
		hidden := int64(utf8.RuneCount(t)) - n[i]
		if hidden <= 0 {
			t, hidden = nil, int64(utf8.RuneCount(t))
		}
		b := c.open()
		for range hidden {
			b = append(b, '*')
		}
		c.text(i, append(b, t[offset(t, hidden):]...))
	}
}
