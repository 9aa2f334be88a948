package kafka

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
	"slices"

	"github.com/weirmesh/weir"
)

// batchHead is the size of what stands before the records of a batch in
// message format 2, and recordHead the most that a record has besides what it
// holds and its headers.
const (
	batchHead  = 61
	recordHead = 40
)

// transactional is the attribute of a batch that belongs to a transaction.
const transactional = 0x10

// batch is records on their way into one partition, as they stand on the wire.
type batch struct {
	buf         []byte
	n           int32
	first, last int64 // timestamps: of the first record, and the latest
}

// add appends a record.
func (b *batch) add(m *weir.Message) {
	at := m.Time.UnixMilli()
	if b.n == 0 {
		b.buf = append(b.buf[:0], make([]byte, batchHead)...)
		b.first, b.last = at, at
	}
	b.last = max(b.last, at)
	begin := len(b.buf)
	buf := append(b.buf, make([]byte, sizeRoom+1)...)
	buf = appendVarint(buf, at-b.first)
	buf = appendVarint(buf, int64(b.n))
	buf = appendBytes(buf, m.Key)
	buf = appendBytes(buf, m.Value)
	buf = appendVarint(buf, int64(len(m.Headers)))
	for i := range m.Headers {
		h := &m.Headers[i]
		buf = appendVarint(buf, int64(len(h.Key)))
		buf = append(buf, h.Key...)
		buf = appendBytes(buf, h.Value)
	}
	b.buf = withSize(buf, begin)
	b.n++
}

// sizeRoom is how many bytes the size of a record has as a rule: from 64 to 8,191
// bytes.
const sizeRoom = 2

// withSize writes the size of the record at the end of buf before it, where there
// are sizeRoom bytes for it.
func withSize(buf []byte, begin int) []byte {
	size := int64(len(buf) - begin - sizeRoom)
	if n := varintSize(size); n != sizeRoom {
		buf = slices.Grow(buf, n)
		copy(buf[begin+n:len(buf)+n-sizeRoom], buf[begin+sizeRoom:])
		buf = buf[:len(buf)+n-sizeRoom]
	}
	appendVarint(buf[:begin], size)
	return buf
}

// seal writes what stands before the records.
func (b *batch) seal(id int64, epoch int16, sequence int32) {
	h := b.buf
	be := binary.BigEndian
	be.PutUint64(h[0:], 0)
	be.PutUint32(h[8:], uint32(len(h)-12))
	be.PutUint32(h[12:], ^uint32(0)) // no epoch of a leader
	h[16] = 2
	be.PutUint16(h[21:], transactional)
	be.PutUint32(h[23:], uint32(b.n-1))
	be.PutUint64(h[27:], uint64(b.first))
	be.PutUint64(h[35:], uint64(b.last))
	be.PutUint64(h[43:], uint64(id))
	be.PutUint16(h[51:], uint16(epoch))
	be.PutUint32(h[53:], uint32(sequence))
	be.PutUint32(h[57:], uint32(b.n))
	be.PutUint32(h[17:], crc32.Checksum(h[21:], castagnoli))
}

// room reports whether a record fits behind the others.
func (b *batch) room(size int) bool { return b.n == 0 || len(b.buf)+size <= weir.MaxPut+batchHead }

// sizeOf is at least what a record takes.
func sizeOf(m *weir.Message) int {
	size := recordHead + len(m.Key) + len(m.Value)
	for i := range m.Headers {
		size += 10 + len(m.Headers[i].Key) + len(m.Headers[i].Value)
	}
	return size
}

func appendBytes(dst, b []byte) []byte {
	if b == nil {
		return appendVarint(dst, -1)
	}
	return append(appendVarint(dst, int64(len(b))), b...)
}

// appendVarint is binary.AppendVarint, for numbers that are small as a rule.
func appendVarint(dst []byte, v int64) []byte {
	u := uint64(v<<1) ^ uint64(v>>63)
	switch {
	case u < 1<<7:
		return append(dst, byte(u))
	case u < 1<<14:
		return append(dst, byte(u)|0x80, byte(u>>7))
	}
	return binary.AppendUvarint(dst, u)
}

func varintSize(v int64) int {
	return (bits.Len64(uint64(v<<1)^uint64(v>>63)|1) + 6) / 7
}

// partitionOf is the partition that Kafka's own clients choose for a key:
// murmur2 of its bytes, as Kafka's Utils has it.
func partitionOf(key []byte, partitions int32) int32 {
	return int32(murmur2(key)&0x7fffffff) % partitions
}

func murmur2(key []byte) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(key))
	for ; len(key) >= 4; key = key[4:] {
		k := binary.LittleEndian.Uint32(key) * m
		h = h*m ^ (k^k>>24)*m
	}
	switch len(key) {
	case 3:
		h ^= uint32(key[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(key[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(key[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}
