package postings

import (
	"slices"
	"strings"
)

// key is a place: of documents in order, then of columns, then of places.
type key uint64

func keyOf(doc uint32, column int, at uint32) key {
	return key(uint64(doc)<<32 | uint64(column)<<29 | uint64(at))
}

func (k key) doc() uint32 { return uint32(k >> 32) }

func (k key) in() uint8 { return 1 << (k >> 29 & 7) }

// Phrase calls fn for every place where words, two or more, stand beside each
// other; with prefix the last may only begin a word. whole says that it does
// not. A place may be told twice.
func (s *Segment) Phrase(words []string, prefix bool, fn func(doc uint32, in uint8, whole bool)) {
	found := s.all(words[0])
	last := len(words) - 1
	for _, word := range words[1:last] {
		found = s.behind(found, word)
	}
	if len(found) == 0 {
		return
	}
	for _, k := range s.behind(found, words[last]) {
		fn(k.doc(), k.in(), true)
	}
	if prefix {
		s.begun(found, words[last], fn)
	}
}

// all are the places of a word.
func (s *Segment) all(word string) []key {
	var out []key
	if c, ok := s.word(word); ok {
		c.each(func(k key) { out = append(out, k) })
	}
	return out
}

// behind are the places of a word behind others.
func (s *Segment) behind(before []key, word string) []key {
	var out []key
	c, ok := s.word(word)
	if !ok {
		return nil
	}
	c.each(func(k key) {
		for len(before) > 0 && before[0] < k-1 {
			before = before[1:]
		}
		if len(before) > 0 && before[0] == k-1 {
			out = append(out, k)
		}
	})
	return out
}

// begun tells the places behind others of words that begin with a prefix.
func (s *Segment) begun(before []key, prefix string, fn func(uint32, uint8, bool)) {
	c := s.from(prefix)
	for c.next() && strings.HasPrefix(string(c.word), prefix) {
		c.each(func(k key) {
			if _, ok := slices.BinarySearch(before, k-1); ok {
				fn(k.doc(), k.in(), false)
			}
		})
	}
}

// each calls fn for the places of the word at hand, in order.
func (c *cursor) each(fn func(key)) {
	places := c.places
	eachDoc(c.list, func(doc uint32, in uint8) {
		for column := range Columns {
			if in&(1<<column) != 0 {
				places = eachPlace(places, doc, column, fn)
			}
		}
	})
}

// eachPlace reads the places in one column.
func eachPlace(places []byte, doc uint32, column int, fn func(key)) []byte {
	at := uint32(0)
	for {
		var v uint64
		v, places = number(places)
		if at += uint32(v >> 1); at > 0 {
			fn(keyOf(doc, column, at))
		}
		if v&1 == 0 {
			return places
		}
	}
}
