package postings

import (
	"cmp"
	"container/heap"
	"math/bits"
	"slices"
)

// Merge makes one segment of several that have no document in common, of the
// documents that are kept.
func Merge(segments []*Segment, keep func(doc uint32) bool) *Segment {
	var w writer
	var docs []uint32
	for _, s := range segments {
		s.Docs(func(doc uint32) {
			if keep(doc) {
				docs = append(docs, doc)
			}
		})
	}
	slices.Sort(docs)
	for _, doc := range docs {
		w.doc(doc)
	}
	var open cursors
	for _, s := range segments {
		if c := s.first(); c.next() {
			open = append(open, c)
		}
	}
	heap.Init(&open)
	var list []posting
	for len(open) > 0 {
		word := string(open[0].word)
		list = list[:0]
		for len(open) > 0 && string(open[0].word) == word {
			list = open[0].kept(list, keep)
			if open[0].next() {
				heap.Fix(&open, 0)
			} else {
				heap.Pop(&open)
			}
		}
		if len(list) > 0 {
			slices.SortFunc(list, func(a, b posting) int { return cmp.Compare(a.doc, b.doc) })
			w.word(word, list)
		}
	}
	return w.segment()
}

// cursors are a heap, the least word first.
type cursors []*cursor

func (c cursors) Len() int           { return len(c) }
func (c cursors) Less(i, j int) bool { return string(c[i].word) < string(c[j].word) }
func (c cursors) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *cursors) Push(x any)        { *c = append(*c, x.(*cursor)) }
func (c *cursors) Pop() any {
	last := (*c)[len(*c)-1]
	*c = (*c)[:len(*c)-1]
	return last
}

// kept adds the documents of the word at hand that are kept. Their places stay
// bytes of the segment.
func (c *cursor) kept(list []posting, keep func(uint32) bool) []posting {
	places := c.places
	eachDoc(c.list, func(doc uint32, in uint8) {
		n := skip(places, bits.OnesCount8(in))
		if keep(doc) {
			list = append(list, posting{doc: doc, in: in, places: places[:n]})
		}
		places = places[n:]
	})
	return list
}

// skip is how many bytes the places of so many columns are.
func skip(places []byte, columns int) int {
	n := 0
	for columns > 0 {
		first := places[n]
		for places[n] >= 0x80 {
			n++
		}
		n++
		if first&1 == 0 {
			columns--
		}
	}
	return n
}
