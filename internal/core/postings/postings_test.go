package postings_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirmesh/weir/internal/core/postings"
)

// book is what a segment says, told in the plainest way: of each document the
// texts of its columns.
type book map[uint32][]column

// column is words beside each other, gaps between texts, and words that stand
// beside nothing.
type column struct {
	texts  [][]string
	beside []string
}

func (b book) segment(keep func(uint32) bool) *postings.Segment {
	var s postings.Builder
	for _, doc := range slices.Sorted(maps.Keys(b)) {
		if !keep(doc) {
			continue
		}
		s.Doc(doc)
		for c, col := range b[doc] {
			at := uint32(0)
			for _, text := range col.texts {
				for _, w := range text {
					at++
					s.Word(uint8(c), at, w)
				}
				at++
			}
			for _, w := range col.beside {
				s.Word(uint8(c), 0, w)
			}
		}
	}
	return s.Segment()
}

// has lists documents and columns that have what passes.
func (b book) has(passes func(column) bool) map[uint32]uint8 {
	out := map[uint32]uint8{}
	for doc, cols := range b {
		for c, col := range cols {
			if passes(col) {
				out[doc] |= 1 << c
			}
		}
	}
	return out
}

func (c column) words() []string { return append(slices.Concat(c.texts...), c.beside...) }

// phrase reports whether words stand in one text, the last perhaps only begun.
func (c column) phrase(words []string, prefix bool) bool {
	return slices.ContainsFunc(c.texts, func(text []string) bool {
		for i := range max(0, len(text)-len(words)+1) {
			last := len(words) - 1
			got := text[i : i+len(words)]
			if slices.Equal(got[:last], words[:last]) && (got[last] == words[last] || prefix && strings.HasPrefix(got[last], words[last])) {
				return true
			}
		}
		return false
	})
}

var lexicon = []string{"a", "ab", "abc", "abcd", "abce", "abdc", "bbcd", "page", "pages", "paeg", "pages7", "sides", "söde", "z"}

func drawBook(t *rapid.T) book {
	word := rapid.SampledFrom(lexicon)
	text := rapid.SliceOfN(word, 0, 5)
	col := rapid.Custom(func(t *rapid.T) column {
		return column{rapid.SliceOfN(text, 0, 3).Draw(t, "texts"), rapid.SliceOfN(word, 0, 2).Draw(t, "beside")}
	})
	return rapid.MapOfN(rapid.Uint32Range(0, 300), rapid.SliceOfN(col, postings.Columns, postings.Columns), 0, 20).Draw(t, "book")
}

// parts cuts a book into segments without a document in common, of which some
// were merged, and opens their bytes.
func parts(t *rapid.T, b book) []*postings.Segment {
	n := rapid.IntRange(1, 4).Draw(t, "segments")
	in := map[uint32]int{}
	for _, doc := range slices.Sorted(maps.Keys(b)) {
		in[doc] = rapid.IntRange(0, n-1).Draw(t, "in")
	}
	var all []*postings.Segment
	for i := range n {
		all = append(all, b.segment(func(doc uint32) bool { return in[doc] == i }))
	}
	if n > 2 {
		all = append(all[:n-2], postings.Merge(all[n-2:], func(uint32) bool { return true }))
	}
	for i, s := range all {
		again, err := postings.Open(slices.Clone(s.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		all[i] = again
	}
	return all
}

type answer struct {
	any, whole map[uint32]uint8
}

func newAnswer() answer { return answer{map[uint32]uint8{}, map[uint32]uint8{}} }

func (a answer) take(doc uint32, in uint8, whole bool) {
	a.any[doc] |= in
	if whole {
		a.whole[doc] |= in
	}
}

// Segments say what their documents have, however they were put together:
// words, what begins with something, and what stands beside each other.
func TestSegmentsSayWhatDocumentsHave(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t)
		segments := parts(t, b)
		for _, w := range append([]string{"", "p", "pag", "zz", "nothing"}, lexicon...) {
			word, alone, prefix := newAnswer(), newAnswer(), newAnswer()
			for _, s := range segments {
				s.Word(w, func(doc uint32, in uint8) { word.take(doc, in, true) })
				mark(prefix, s, w, true)
				mark(alone, s, w, false)
			}
			whole := b.has(func(c column) bool { return slices.Contains(c.words(), w) })
			begun := b.has(func(c column) bool {
				return slices.ContainsFunc(c.words(), func(o string) bool { return strings.HasPrefix(o, w) })
			})
			check(t, "word "+w, answer{whole, whole}, word)
			check(t, "marked "+w, answer{whole, flat(whole)}, alone)
			check(t, "prefix "+w, answer{begun, flat(whole)}, prefix)
		}
		phrase := rapid.SliceOfN(rapid.SampledFrom(lexicon), 2, 3).Draw(t, "phrase")
		for _, prefix := range []bool{false, true} {
			got := newAnswer()
			for _, s := range segments {
				s.Phrase(phrase, prefix, got.take)
			}
			check(t, fmt.Sprint("phrase ", phrase, prefix), answer{
				b.has(func(c column) bool { return c.phrase(phrase, prefix) }), b.has(func(c column) bool { return c.phrase(phrase, false) }),
			}, got)
		}
	})
}

// mark takes what a segment marks; who has the whole word is said without
// columns.
func mark(a answer, s *postings.Segment, word string, prefix bool) {
	in, whole := make([]uint8, 400), make([]uint64, 400/64+1)
	s.Mark(word, prefix, in, whole)
	for doc, cols := range in {
		if cols != 0 {
			a.any[uint32(doc)] = cols
		}
		if whole[doc/64]&(1<<(doc%64)) != 0 {
			a.whole[uint32(doc)] = 1
		}
	}
}

func flat(m map[uint32]uint8) map[uint32]uint8 {
	out := map[uint32]uint8{}
	for doc := range m {
		out[doc] = 1
	}
	return out
}

func check(t *rapid.T, what string, want, got answer) {
	t.Helper()
	if d := cmp.Diff(want.any, got.any) + cmp.Diff(want.whole, got.whole); d != "" {
		t.Fatalf("%s: %s", what, d)
	}
}

// What is merged without some documents is as if they had never been.
func TestMergeLeavesOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := drawBook(t)
		limit := rapid.Uint32Range(0, 300).Draw(t, "limit")
		keep := func(doc uint32) bool { return doc < limit }
		want, got := b.segment(keep), postings.Merge(parts(t, b), keep)
		if d := cmp.Diff(want.Bytes(), got.Bytes()); d != "" {
			t.Fatal(d)
		}
		var docs []uint32
		got.Docs(func(doc uint32) { docs = append(docs, doc) })
		if len(docs) != got.Len() || !slices.IsSorted(docs) || len(docs) > 0 && docs[len(docs)-1] >= limit {
			t.Fatalf("%d documents %v, limit %d", got.Len(), docs, limit)
		}
	})
}

// More words than one block holds are found, each.
func TestManyWords(t *testing.T) {
	t.Parallel()
	var b postings.Builder
	b.Doc(7)
	for i := range 5000 {
		b.Word(3, uint32(i+1), fmt.Sprintf("w%04d", i))
	}
	s := b.Segment()
	for i := range 5000 {
		n := 0
		s.Word(fmt.Sprintf("w%04d", i), func(doc uint32, in uint8) { n += int(doc) * int(in) })
		if n != 7*8 {
			t.Fatalf("word %d: %d", i, n)
		}
	}
	n := 0
	in, whole := make([]uint8, 8), make([]uint64, 1)
	s.Mark("w123", true, in, whole)
	if in[7] != 8 || whole[0] != 0 {
		t.Error(in, whole)
	}
	s.Phrase([]string{"w0999", "w1000", "w1001"}, false, func(uint32, uint8, bool) { n += 100 })
	if n != 100 {
		t.Error(n)
	}
}

// Near finds what is one error away, and nothing else.
func TestNear(t *testing.T) {
	t.Parallel()
	var b postings.Builder
	b.Doc(1)
	for _, w := range []string{"pageviews", "pageview", "pagesviews", "paegviews", "pagevi3ws", "pagevie", "söder", "soder", "abc"} {
		b.Word(0, 0, w)
	}
	s := b.Segment()
	for word, want := range map[string][]string{
		"pageviews": {"paegviews", "pagesviews", "pageview"},
		"pageviewz": {"pageview", "pageviews"},
		"pagveiews": {"pageviews"},
		"säder":     {"soder", "söder"},
		"abcd":      nil,
		"pagevi":    {"pagevie"},
		"söde2":     nil,
	} {
		var got []string
		s.Near(word, func(w string) { got = append(got, w) })
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", word, d)
		}
	}
}

// Bytes that were changed anywhere are no segment.
func TestDamageIsSeen(t *testing.T) {
	t.Parallel()
	var b postings.Builder
	b.Doc(1)
	b.Word(0, 1, "word")
	whole := b.Segment().Bytes()
	for i := range whole {
		for name, data := range map[string][]byte{"cut": whole[:i], "changed": slices.Concat(whole[:i], []byte{whole[i] ^ 0x55}, whole[i+1:])} {
			if _, err := postings.Open(data); !errors.Is(err, postings.ErrDamaged) {
				t.Errorf("%s at %d: %v", name, i, err)
			}
		}
	}
}
