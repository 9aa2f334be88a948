// Package postings holds which documents have which words, in which columns and
// where, in few bytes: about two for a word of a document and one for each of
// its places. A [Segment] never changes and is read from many goroutines at the
// same time; what changes is told by a new segment beside it, and by who asks:
// documents that are gone are passed over until [Merge] leaves them out.
//
// Words are compared byte by byte: whoever makes a segment folds case and
// accents away, and does the same with what is looked for.
package postings

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"sort"
	"strings"
)

// Columns is how many there are at most; a set of them is a byte.
const Columns = 8

// Segment is the words of some documents. Its methods call back in the order of
// documents.
type Segment struct {
	data   []byte
	docs   []byte // distances of numbers
	n      int    // documents
	blocks []byte // for each block where it begins in words and in places
	words  []byte
	places []byte
	near   vocabulary
}

// The bytes of a segment: a head of fixed size, documents, blocks, words,
// places, a checksum of all that.
const (
	magic      = "weirpst1"
	headBytes  = len(magic) + 5*8
	blockBytes = 16
	sumBytes   = 4
	inBlock    = 32 // words
)

// ErrDamaged says that bytes are not those of a segment.
var ErrDamaged = errors.New("these are not the bytes of a segment")

// Open makes a segment of the bytes of one, which it keeps. ErrDamaged: they
// are no segment's, or were changed.
func Open(data []byte) (*Segment, error) {
	if len(data) < headBytes+sumBytes || string(data[:len(magic)]) != magic || sum(data[:len(data)-sumBytes]) != binary.LittleEndian.Uint32(data[len(data)-sumBytes:]) {
		return nil, ErrDamaged
	}
	s := &Segment{data: data}
	rest := data[headBytes : len(data)-sumBytes]
	for i, part := range []*[]byte{&s.docs, &s.blocks, &s.words, &s.places} {
		n := head(data, i)
		if n > uint64(len(rest)) {
			return nil, ErrDamaged
		}
		*part, rest = rest[:n:n], rest[n:]
	}
	s.n = int(head(data, 4))
	s.near = learn(s)
	return s, nil
}

func head(data []byte, i int) uint64 {
	return binary.LittleEndian.Uint64(data[len(magic)+i*8:])
}

func sum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

// Bytes are what [Open] takes. They must not be changed.
func (s *Segment) Bytes() []byte { return s.data }

// Len is how many documents there are.
func (s *Segment) Len() int { return s.n }

// Docs calls fn for every document, in order.
func (s *Segment) Docs(fn func(doc uint32)) {
	doc, list := uint32(0), s.docs
	for len(list) > 0 {
		var d uint64
		d, list = number(list)
		doc += uint32(d)
		fn(doc)
	}
}

// Word calls fn for every document that has a word, with the set of columns in
// which it has it.
func (s *Segment) Word(word string, fn func(doc uint32, in uint8)) {
	if c, ok := s.word(word); ok {
		eachDoc(c.list, fn)
	}
}

// Mark adds to the set in[doc] the columns in which a document has a word, or
// with prefix one that begins so; whole gets the documents that have the word
// itself, as bits. Both have room for every document.
func (s *Segment) Mark(word string, prefix bool, in []uint8, whole []uint64) {
	c := s.from(word)
	if !c.next() {
		return
	}
	more := true
	if string(c.word) == word {
		eachDoc(c.list, func(doc uint32, _ uint8) { whole[doc/64] |= 1 << (doc % 64) })
		mark(c.list, in)
		more = c.next()
	}
	for ; prefix && more && strings.HasPrefix(string(c.word), word); more = c.next() {
		mark(c.list, in)
	}
}

// mark is [eachDoc] for many documents: it calls nothing.
func mark(list []byte, in []uint8) {
	doc := uint32(0)
	for i := 0; i < len(list); {
		v := uint64(list[i])
		i++
		for shift := 7; v>>shift&1 != 0; shift += 7 {
			v = v&^(1<<shift) | uint64(list[i])<<shift
			i++
		}
		doc += uint32(v >> 4)
		if v&several == 0 {
			in[doc] |= 1 << (v & 7)
			continue
		}
		in[doc] |= list[i]
		i++
	}
}

// number reads one.
func number(b []byte) (uint64, []byte) {
	if b[0] < 0x80 {
		return uint64(b[0]), b[1:]
	}
	v, n := binary.Uvarint(b)
	return v, b[n:]
}

// several in the low four bits of a document's number says that the set of its
// columns follows; less than that is the only column.
const several = 8

// eachDoc reads the documents of a word.
func eachDoc(list []byte, fn func(doc uint32, in uint8)) {
	doc := uint32(0)
	for len(list) > 0 {
		var v uint64
		v, list = number(list)
		doc += uint32(v >> 4)
		in := uint8(1) << (v & 7)
		if v&several != 0 {
			in, list = list[0], list[1:]
		}
		fn(doc, in)
	}
}

// cursor goes through words in order.
type cursor struct {
	s      *Segment
	at     int // of the next word in its block
	block  int // the next one
	rest   []byte
	word   []byte
	list   []byte
	places []byte
	after  []byte // places of the words behind
}

// first stands before every word.
func (s *Segment) first() *cursor { return &cursor{s: s, at: inBlock} }

// next goes to the next word, if there is one.
func (c *cursor) next() bool {
	if c.at == inBlock && !c.enter(c.block) || len(c.rest) == 0 {
		return false
	}
	var shared, more, lists, places uint64
	shared, c.rest = number(c.rest)
	more, c.rest = number(c.rest)
	c.word = append(c.word[:shared], c.rest[:more]...)
	lists, c.rest = number(c.rest[more:])
	places, c.rest = number(c.rest)
	c.list, c.rest = c.rest[:lists], c.rest[lists:]
	c.places, c.after = c.after[:places], c.after[places:]
	c.at++
	return true
}

// enter stands before the first word of a block.
func (c *cursor) enter(block int) bool {
	if block >= c.s.blockCount() {
		return false
	}
	words, places := c.s.blockAt(block)
	c.rest, c.after = c.s.words[words:], c.s.places[places:]
	c.at, c.block, c.word = 0, block+1, c.word[:0]
	return true
}

func (s *Segment) blockCount() int { return len(s.blocks) / blockBytes }

func (s *Segment) blockAt(i int) (words, places uint64) {
	b := s.blocks[i*blockBytes:]
	return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
}

// opening is the first word of a block.
func (s *Segment) opening(block int) []byte {
	at, _ := s.blockAt(block)
	_, rest := number(s.words[at:])
	n, rest := number(rest)
	return rest[:n]
}

// from stands before the first word that is not less than a word.
func (s *Segment) from(word string) *cursor {
	c := s.first()
	block := sort.Search(s.blockCount(), func(i int) bool { return string(s.opening(i)) > word }) - 1
	if block < 0 {
		return c
	}
	c.enter(block)
	for {
		before := *c
		before.word = slices.Clone(c.word)
		if !c.next() || string(c.word) >= word {
			return &before
		}
	}
}

// word stands on a word.
func (s *Segment) word(word string) (*cursor, bool) {
	c := s.from(word)
	return c, c.next() && string(c.word) == word
}
