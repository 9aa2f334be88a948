package postings

import (
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
)

// Builder makes a segment of documents. The zero one is empty.
type Builder struct {
	docs  []uint32
	words map[string][]place
}

// place is where a document has a word. at is 0 if it stands beside nothing.
type place struct {
	doc uint32
	col uint8
	at  uint32
}

// maxAt bounds places, so that a document, a column and a place are a number.
const maxAt = 1<<29 - 1

// Doc begins a document. Numbers rise.
func (b *Builder) Doc(doc uint32) { b.docs = append(b.docs, doc) }

// Word says that the document has a word in a column. Columns rise, and places
// in a column; words at n and n+1 stand beside each other, 0 is beside nothing.
func (b *Builder) Word(column uint8, at uint32, word string) {
	if b.words == nil {
		b.words = map[string][]place{}
	}
	b.words[word] = append(b.words[word], place{b.docs[len(b.docs)-1], column, min(at, maxAt)})
}

// Segment is what was told.
func (b *Builder) Segment() *Segment {
	var w writer
	for _, doc := range b.docs {
		w.doc(doc)
	}
	var list []posting
	var places []byte
	for _, word := range slices.Sorted(maps.Keys(b.words)) {
		list, places = list[:0], places[:0]
		for ps := b.words[word]; len(ps) > 0; {
			n := 1
			for n < len(ps) && ps[n].doc == ps[0].doc {
				n++
			}
			from := len(places)
			var in uint8
			in, places = appendPlaces(places, ps[:n])
			list = append(list, posting{doc: ps[0].doc, in: in, from: from, to: len(places)})
			ps = ps[n:]
		}
		for i := range list {
			list[i].places = places[list[i].from:list[i].to]
		}
		w.word(word, list)
	}
	return w.segment()
}

// appendPlaces adds where one document has a word: for each column places, each
// as the distance from the one before, doubled, odd if another follows; 0 if
// there is none.
func appendPlaces(to []byte, ps []place) (in uint8, _ []byte) {
	for len(ps) > 0 {
		n := 1
		for n < len(ps) && ps[n].col == ps[0].col {
			n++
		}
		in |= 1 << ps[0].col
		to = appendColumn(to, ps[:n])
		ps = ps[n:]
	}
	return in, to
}

func appendColumn(to []byte, ps []place) []byte {
	real := slices.DeleteFunc(slices.Clone(ps), func(p place) bool { return p.at == 0 })
	if len(real) == 0 {
		return append(to, 0)
	}
	last := uint32(0)
	for i, p := range real {
		v := uint64(p.at-last) << 1
		if i < len(real)-1 {
			v |= 1
		}
		to = binary.AppendUvarint(to, v)
		last = p.at
	}
	return to
}

// posting is a document of a word.
type posting struct {
	doc      uint32
	in       uint8
	from, to int
	places   []byte
}

// writer puts words together, in order.
type writer struct {
	docs, blocks, words, places []byte
	n, count                    int
	lastDoc                     uint32
	last                        string
	list                        []byte
}

func (w *writer) doc(doc uint32) {
	w.docs = binary.AppendUvarint(w.docs, uint64(doc-w.lastDoc))
	w.lastDoc = doc
	w.n++
}

// word adds one, which is greater than the last, with its documents in order.
func (w *writer) word(word string, list []posting) {
	shared := 0
	if w.count%inBlock == 0 {
		w.blocks = binary.LittleEndian.AppendUint64(w.blocks, uint64(len(w.words)))
		w.blocks = binary.LittleEndian.AppendUint64(w.blocks, uint64(len(w.places)))
	} else {
		shared = common(w.last, word)
	}
	w.count++
	w.last = word
	w.list = w.list[:0]
	before := len(w.places)
	doc := uint32(0)
	for _, p := range list {
		w.list = appendDoc(w.list, p.doc-doc, p.in)
		w.places = append(w.places, p.places...)
		doc = p.doc
	}
	w.words = binary.AppendUvarint(w.words, uint64(shared))
	w.words = binary.AppendUvarint(w.words, uint64(len(word)-shared))
	w.words = append(w.words, word[shared:]...)
	w.words = binary.AppendUvarint(w.words, uint64(len(w.list)))
	w.words = binary.AppendUvarint(w.words, uint64(len(w.places)-before))
	w.words = append(w.words, w.list...)
}

func appendDoc(to []byte, distance uint32, in uint8) []byte {
	v := uint64(distance) << 4
	if bits.OnesCount8(in) == 1 {
		return binary.AppendUvarint(to, v|uint64(bits.TrailingZeros8(in)))
	}
	return append(binary.AppendUvarint(to, v|several), in)
}

func common(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func (w *writer) segment() *Segment {
	parts := [][]byte{w.docs, w.blocks, w.words, w.places}
	size := headBytes + sumBytes
	for _, p := range parts {
		size += len(p)
	}
	data := append(make([]byte, 0, size), magic...)
	for _, p := range parts {
		data = binary.LittleEndian.AppendUint64(data, uint64(len(p)))
	}
	data = binary.LittleEndian.AppendUint64(data, uint64(w.n))
	for _, p := range parts {
		data = append(data, p...)
	}
	s, err := Open(binary.LittleEndian.AppendUint32(data, sum(data)))
	if err != nil {
		panic(err) // it was written here
	}
	return s
}
