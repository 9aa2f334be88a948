package state

import "strings"

// term is a word of a query as the index is asked for it: words that stand
// beside each other, the last one perhaps only the beginning of one.
type term struct {
	words  []string
	prefix bool
	not    bool
	phrase bool
}

// find is the documents that have a term: anywhere, whole, and by number in
// which columns.
type find struct {
	any, whole set
	in         []uint8
}

// find asks every segment. Documents that are gone may be in the answer; they
// are in nobody's scope.
func (s *shelf) find(t term) *find {
	f := &find{any: newSet(len(s.items)), whole: newSet(len(s.items)), in: make([]uint8, len(s.items))}
	for _, g := range s.segments {
		if len(t.words) == 1 {
			g.Mark(t.words[0], t.prefix, f.in, f.whole)
			continue
		}
		g.Phrase(t.words, t.prefix, func(doc uint32, in uint8, whole bool) {
			f.in[doc] |= in
			if whole {
				f.whole.add(int(doc))
			}
		})
	}
	for id, in := range f.in {
		if in != 0 {
			f.any.add(id)
		}
	}
	return f
}

// common counts the documents of a set that have a word.
func (s *shelf) common(in set, word string) int {
	n := 0
	for _, g := range s.segments {
		g.Word(word, func(doc uint32, _ uint8) {
			if in.has(int(doc)) {
				n++
			}
		})
	}
	return n
}

// near is the word that is one error away and that most documents of a set
// have, the first of them; empty if there is none.
func (s *shelf) near(in set, word string) string {
	best, most := "", 0
	seen := map[string]bool{}
	for _, g := range s.segments {
		g.Near(word, func(w string) {
			if seen[w] {
				return
			}
			seen[w] = true
			if n := s.common(in, w); n > most || n == most && n > 0 && strings.Compare(w, best) < 0 {
				best, most = w, n
			}
		})
	}
	return best
}
