package kafka

import "sync"

// freeBytes bounds the memory that is kept to be used again.
const freeBytes = 16 << 20

// rowBytes is what a row takes in columns.
const rowBytes = 2*8 + 2*24 + 4

// memory is what records were in that are not valid any more. Any goroutine may
// use it.
type memory struct {
	mu      sync.Mutex
	rows    []*rows
	buffers [][]byte
	bytes   int // of both
}

// fresh gives rows without any.
func (m *memory) fresh(p *part) *rows {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &rows{}
	if n := len(m.rows); n > 0 {
		r, m.rows = m.rows[n-1], m.rows[:n-1]
		m.bytes -= rowBytes * cap(r.Offsets)
	}
	r.Input, r.Partition = p.input, p.number
	return r
}

// buffer gives some capacity, or none.
func (m *memory) buffer() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := len(m.buffers)
	if n == 0 {
		return nil
	}
	b := m.buffers[n-1]
	m.buffers = m.buffers[:n-1]
	m.bytes -= cap(b)
	return b[:0]
}

// release says that nobody uses rows any more.
func (m *memory) release(r *rows) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range r.buffers {
		if m.bytes+cap(b) <= freeBytes {
			m.buffers = append(m.buffers, b)
			m.bytes += cap(b)
		}
	}
	r.cutTo(0)
	clear(r.raw)
	clear(r.buffers)
	r.first, r.raw, r.buffers, r.unpacked = r.first[:0], r.raw[:0], r.buffers[:0], 0
	if size := rowBytes * cap(r.Offsets); m.bytes+size <= freeBytes {
		m.rows = append(m.rows, r)
		m.bytes += size
	}
}
