package flow

import (
	"bytes"
	"encoding/binary"
	"iter"

	"github.com/weirmesh/weir"
)

// cellBytes is what a cell needs besides its key and its value, about.
const cellBytes = 176

// store is the state of all operators: tables of keys and values. It remembers
// what undoes the changes since it was last kept.
type store struct {
	tables []*table
	dirty  []*cell
	size   int64 // bytes, about
}

// table is the state of one operator.
type table struct {
	store *store
	id    int
	cells map[string]*cell
	// there is told when a key gets a value, and when it loses it; nil: nobody
	// asks.
	there func(c *cell, is bool)
	by    placing // which shard has a key
}

// placing says which part of a table's keys is the one by which rows are in
// shards.
type placing uint8

const (
	byWhole      placing = iota
	byFront              // of a bag's: the key before the row
	byBehindTime         // what follows a time
	byNone               // the first shard has all
)

// owner is the shard that has a key.
func (t *table) owner(key []byte, shards int) int {
	switch t.by {
	case byNone:
		return 0
	case byFront:
		front, _ := split(&cell{key: string(key)})
		return shardOf(front, shards)
	case byBehindTime:
		return shardOf(key[min(timeBytes, len(key)):], shards)
	}
	return shardOf(key, shards)
}

// alone keeps a table in the first shard.
func (t *table) alone() *table {
	t.by = byNone
	return t
}

// cell is a key with its value, which is never empty; nil: there is none. The
// bytes of a value that somebody may still look at never change, but for those
// that the owner of the table changes in place, after [table.change].
type cell struct {
	key    string
	value  []byte
	before []byte // if dirty: the value when it was last kept
	table  *table
	dirty  bool
	own    bool // the value is not that of before
	pos    int  // these are for the owner of the table
	mark   int
}

func (s *store) table() *table {
	t := &table{store: s, id: len(s.tables), cells: map[string]*cell{}}
	s.tables = append(s.tables, t)
	return t
}

// get is the cell of a key; nil if the key has no value.
func (t *table) get(key []byte) *cell {
	if c := t.cells[string(key)]; c != nil && c.value != nil {
		return c
	}
	return nil
}

// cell is the cell of a key, which may be without a value yet.
func (t *table) cell(key []byte) *cell {
	c := t.cells[string(key)]
	if c == nil {
		c = &cell{key: string(key), table: t}
		t.cells[c.key] = c
		t.store.size += int64(len(key)) + cellBytes
	}
	return c
}

// set gives a cell a value, which it keeps; nil takes it away.
func (c *cell) set(value []byte) {
	c.touch()
	c.own = true
	c.put(value)
}

// change gives the value to be changed in place, as long as it stays.
func (c *cell) change() []byte {
	c.touch()
	if !c.own {
		c.value, c.own = bytes.Clone(c.value), true
	}
	return c.value
}

func (c *cell) touch() {
	if !c.dirty {
		c.before, c.dirty, c.own = c.value, true, false
		c.table.store.dirty = append(c.table.store.dirty, c)
	}
}

func (c *cell) put(value []byte) {
	t, was := c.table, c.value != nil
	t.store.size += int64(len(value) - len(c.value))
	c.value = value
	if is := value != nil; is != was && t.there != nil {
		t.there(c, is)
	}
}

// keep makes what was changed the state to which an undo goes back.
func (s *store) keep() {
	for _, c := range s.dirty {
		c.dirty, c.before = false, nil
		if c.value == nil {
			c.leave()
		}
	}
	s.dirty = s.dirty[:0]
}

// undo goes back to where the state was last kept.
func (s *store) undo() {
	for _, c := range s.dirty {
		c.put(c.before)
		c.dirty, c.before = false, nil
		if c.value == nil {
			c.leave()
		}
	}
	s.dirty = s.dirty[:0]
}

func (c *cell) leave() {
	delete(c.table.cells, c.key)
	c.table.store.size -= int64(len(c.key)) + cellBytes
}

// changes are the keys whose values are others than when the state was last
// kept; a value of nil says that there is none any more.
func (s *store) changes() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		var key []byte
		for _, c := range s.dirty {
			if (c.value == nil) == (c.before == nil) && bytes.Equal(c.value, c.before) {
				continue
			}
			key = append(binary.AppendUvarint(key[:0], uint64(c.table.id)), c.key...)
			if !yield(key, c.value) {
				return
			}
		}
	}
}

// all is every key with its value, as changes gives them.
func (s *store) all() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		var key []byte
		for _, t := range s.tables {
			for _, c := range t.cells {
				if c.value == nil {
					continue
				}
				key = append(binary.AppendUvarint(key[:0], uint64(t.id)), c.key...)
				if !yield(key, c.value) {
					return
				}
			}
		}
	}
}

// find is the table of a key that changes gave, and the key within it.
func (s *store) find(key []byte) (*table, []byte, error) {
	id, n := binary.Uvarint(key)
	if n <= 0 || id >= uint64(len(s.tables)) {
		return nil, nil, weir.Errorf(weir.Damaged, "the state has a key that is not of this plan")
	}
	return s.tables[id], key[n:], nil
}

// restore sets what changes gave.
func (s *store) restore(id int, key, value []byte) error {
	c := s.tables[id].cell(key)
	if len(value) == 0 {
		c.put(nil)
		c.leave()
		return nil
	}
	c.put(bytes.Clone(value))
	return nil
}

// bag holds rows by a key, each so many times.
type bag struct {
	table *table
	rows  map[string]*bunch
}

// bunch is the rows of one key, in no order.
type bunch struct {
	cells []*cell
	heap  *heap // if somebody asks for the first
}

func (s *store) bag() *bag {
	b := &bag{table: s.table(), rows: map[string]*bunch{}}
	b.table.there, b.table.by = b.there, byFront
	return b
}

// split is the key and the row of a cell.
func split(c *cell) (key, row string) {
	n, w := uint64(0), 0
	for shift := 0; ; shift += 7 {
		b := c.key[w]
		n |= uint64(b&0x7f) << shift
		if w++; b < 0x80 {
			break
		}
	}
	return c.key[w : w+int(n)], c.key[w+int(n):]
}

func (b *bag) there(c *cell, is bool) {
	key, _ := split(c)
	g := b.rows[key]
	if is {
		if g == nil {
			g = &bunch{}
			b.rows[key] = g
		}
		c.pos = len(g.cells)
		g.cells = append(g.cells, c)
		g.pushHeap(c)
		return
	}
	last := len(g.cells) - 1
	g.cells[c.pos] = g.cells[last]
	g.cells[c.pos].pos = c.pos
	g.cells[last] = nil
	if g.cells = g.cells[:last]; last == 0 {
		delete(b.rows, key)
	}
}

// pushHeap keeps the heap from growing by rows that come and go.
func (g *bunch) pushHeap(c *cell) {
	switch {
	case g.heap == nil:
	case len(g.heap.cells) > 2*len(g.cells)+64:
		g.heap = newHeap(g.cells, g.heap.sign)
	default:
		g.heap.push(c)
	}
}

// bagKey is the key of a row's cell.
func bagKey(dst, key, row []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	return append(append(dst, key...), row...)
}

// add changes how often a row is there, and says how often it is then.
func (b *bag) add(whole []byte, by int64) int64 {
	c := b.table.cell(whole)
	n := countOf(c) + by
	b.put(c, n, extra(c))
	return n
}

// put says how often a row is there and keeps another number with it. What the
// row was made of stays.
func (b *bag) put(c *cell, n, other int64) {
	if n == 0 {
		c.set(nil)
		return
	}
	value := binary.AppendVarint(binary.AppendVarint(make([]byte, 0, 4), n), other)
	c.set(append(value, behind(c)...))
}

// countOf is how often the row of a cell is there.
func countOf(c *cell) int64 {
	n, _ := binary.Varint(c.value)
	return n
}

// extra is the other number of a cell.
func extra(c *cell) int64 {
	if c.value == nil {
		return 0
	}
	_, w := binary.Varint(c.value)
	n, _ := binary.Varint(c.value[w:])
	return n
}

// of is the rows of a key.
func (b *bag) of(key []byte) []*cell {
	if g := b.rows[string(key)]; g != nil {
		return g.cells
	}
	return nil
}

// heap finds the first of rows by their bytes: the least, or the greatest.
type heap struct {
	cells []*cell
	sign  int
}

func newHeap(cells []*cell, sign int) *heap {
	h := &heap{sign: sign}
	for _, c := range cells {
		h.push(c)
	}
	return h
}

func (h *heap) before(a, b *cell) bool {
	_, x := split(a)
	_, y := split(b)
	if h.sign > 0 {
		return x < y
	}
	return x > y
}

func (h *heap) push(c *cell) {
	h.cells = append(h.cells, c)
	for i := len(h.cells) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.before(h.cells[i], h.cells[up]) {
			return
		}
		h.cells[i], h.cells[up] = h.cells[up], h.cells[i]
		i = up
	}
}

func (h *heap) pop() {
	last := len(h.cells) - 1
	h.cells[0], h.cells[last] = h.cells[last], nil
	h.cells = h.cells[:last]
	for i := 0; ; {
		first := i
		for _, k := range [2]int{2*i + 1, 2*i + 2} {
			if k < last && h.before(h.cells[k], h.cells[first]) {
				first = k
			}
		}
		if first == i {
			return
		}
		h.cells[i], h.cells[first] = h.cells[first], h.cells[i]
		i = first
	}
}

// first is the first row of a key, with the least bytes (sign 1) or the greatest
// (-1); a bag is asked for one of them only.
func (b *bag) first(key []byte, sign int) *cell {
	g := b.rows[string(key)]
	if g == nil {
		return nil
	}
	if g.heap == nil {
		g.heap = newHeap(g.cells, sign)
	}
	for g.heap.cells[0].value == nil {
		g.heap.pop()
	}
	return g.heap.cells[0]
}
