package postings

import (
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// Words shorter than this are near to too many others, longer ones than that
// nobody mistypes.
const (
	minNear = 4
	maxNear = 32 // bytes
)

// vocabulary is the words that others may be mistyped for: of letters alone,
// since those with digits are as many as there are numbers, and are not
// mistyped but mistaken.
type vocabulary struct {
	known []known
	text  []byte
}

// known is a word with what tells most others apart quickly.
type known struct {
	letters uint32 // a bit for each letter that it has
	from    uint32
	bytes   uint8
	runes   uint8
}

func learn(s *Segment) vocabulary {
	var v vocabulary
	for c := s.first(); c.next(); {
		n := utf8.RuneCount(c.word)
		letters, ok := lettersOf(string(c.word))
		if !ok || n < minNear || len(c.word) > maxNear {
			continue
		}
		v.known = append(v.known, known{letters, uint32(len(v.text)), uint8(len(c.word)), uint8(n)})
		v.text = append(v.text, c.word...)
	}
	return v
}

// lettersOf is a set of the letters of a word; those that are not of the English
// alphabet share a few bits. Not ok: it has others than letters.
func lettersOf(word string) (set uint32, ok bool) {
	for _, r := range word {
		switch {
		case r >= 'a' && r <= 'z':
			set |= 1 << (r - 'a')
		case unicode.IsNumber(r):
			return 0, false
		default:
			set |= 1 << (26 + r%6)
		}
	}
	return set, true
}

// Near calls fn for every word of letters alone that is one error away: a letter
// too many, too few, another one, two that changed places. It has four letters or
// more.
func (s *Segment) Near(word string, fn func(word string)) {
	rs := []rune(word)
	letters, ok := lettersOf(word)
	if !ok {
		return
	}
	for _, k := range s.near.known {
		if d := int(k.runes) - len(rs); d < -1 || d > 1 || bits.OnesCount32(k.letters^letters) > 2 {
			continue
		}
		candidate := string(s.near.text[k.from : k.from+uint32(k.bytes)])
		if oneError(rs, []rune(candidate)) {
			fn(candidate)
		}
	}
}

// oneError reports whether one edit makes one of the other.
func oneError(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	from := 0
	for from < len(a) && a[from] == b[from] {
		from++
	}
	to := 0
	for to < len(a)-from && a[len(a)-1-to] == b[len(b)-1-to] {
		to++
	}
	left, right := a[from:len(a)-to], b[from:len(b)-to]
	switch {
	case len(a) != len(b):
		return len(left) == 0 && len(right) == 1
	case len(left) == 1:
		return true
	}
	return len(left) == 2 && left[0] == right[1] && left[1] == right[0]
}
