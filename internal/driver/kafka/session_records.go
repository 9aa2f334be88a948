package kafka

import (
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"sort"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// Attributes of a batch in message format 2, besides transactional.
const (
	packedBy  = 0x07 // the codec
	logTime   = 0x08 // times are those at which the broker wrote
	isControl = 0x20
)

// Bounds: the least that a record takes, and about the most that is unpacked of a
// partition at a time.
const (
	recordLeast = 7
	pieceBytes  = 16 << 20
	growAtMost  = 64 << 10 // rows for which there is room because batches say so
)

// castagnoli is the polynomial of the sums of batches.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// piece is what an answer holds of a partition: its committed records, and how
// far it goes.
type piece struct {
	part *part
	rows *rows
	next int64 // where the next fetch begins
	end  int64 // of what is committed, as far as is known
	at   int   // rows that were given

	broken *weir.Broken // then there are no rows
}

// left is how many rows were not given.
func (p *piece) left() int { return len(p.rows.Offsets) - p.at }

// give gives so many rows.
func (p *piece) give(n int) weir.Messages {
	p.at += n
	m := p.rows.cut(p.at-n, p.at)
	m.Broken = p.broken
	return m
}

// rows are records in columns, with what their headers are found by.
type rows struct {
	weir.Messages
	heads    []int32  // where the headers of each row begin in its batch
	first    []int    // of each batch: its first row
	raw      [][]byte // of each batch: its records
	buffers  [][]byte // of those that were packed
	unpacked int      // bytes
}

// batchHeader is what stands before the records of a batch, as far as it matters.
type batchHeader struct {
	base, last   int64 // offsets
	attributes   int16
	time, latest int64
	producer     int64
	n            int
	records      []byte
}

// cutBatch takes the first batch off an answer; ok is false if there is no whole
// one. An answer may end within a batch.
func cutBatch(in []byte) (b batchHeader, rest []byte, ok bool, err error) {
	if len(in) < batchHead {
		return b, nil, false, nil
	}
	be := binary.BigEndian
	size := int(int32(be.Uint32(in[8:]))) + 12
	if size < batchHead {
		return b, nil, false, kerr.CorruptMessage
	}
	if size > len(in) {
		return b, nil, false, nil
	}
	raw := in[:size]
	if in[16] != 2 || crc32.Checksum(raw[21:], castagnoli) != be.Uint32(raw[17:]) {
		return b, nil, false, kerr.CorruptMessage
	}
	b = batchHeader{
		base: int64(be.Uint64(raw)), attributes: int16(be.Uint16(raw[21:])),
		time: int64(be.Uint64(raw[27:])), latest: int64(be.Uint64(raw[35:])), producer: int64(be.Uint64(raw[43:])),
		n: int(int32(be.Uint32(raw[57:]))), records: raw[batchHead:],
	}
	b.last = b.base + max(0, int64(int32(be.Uint32(raw[23:]))))
	return b, in[size:], true, nil
}

// aborted tells which batches were undone. Those of a producer are from where its
// transaction began up to the marker that ends it.
type aborted struct {
	todo []kmsg.FetchResponseTopicPartitionAbortedTransaction // by where they begin
	now  map[int64]bool                                       // producers
}

func abortedOf(rp *kmsg.FetchResponseTopicPartition) *aborted {
	a := &aborted{todo: slices.Clone(rp.AbortedTransactions)}
	slices.SortFunc(a.todo, func(x, y kmsg.FetchResponseTopicPartitionAbortedTransaction) int {
		return cmp.Compare(x.FirstOffset, y.FirstOffset)
	})
	return a
}

// has reports whether a batch of data was undone; it is asked in order, of
// markers too.
func (a *aborted) has(b *batchHeader) bool {
	for len(a.todo) > 0 && a.todo[0].FirstOffset <= b.last {
		if a.now == nil {
			a.now = map[int64]bool{}
		}
		a.now[a.todo[0].ProducerID] = true
		a.todo = a.todo[1:]
	}
	if b.attributes&isControl != 0 {
		if undoes(b.records) {
			delete(a.now, b.producer)
		}
		return false
	}
	return b.attributes&transactional != 0 && a.now[b.producer]
}

// undoes reports whether the first record of a control batch says that a
// transaction was undone: its key is a version and a zero.
func undoes(records []byte) bool {
	r, _, ok := cutRecord(records)
	return ok && len(r.key) >= 4 && r.key[2] == 0 && r.key[3] == 0
}

// take reads the records of an answer that are committed, from where the
// partition is on. An error is of what comes first; what stands before it is
// given, and the next fetch begins with it. So does the batch that comes first and
// is broken, by itself.
func (s *source) take(p *part, rp *kmsg.FetchResponseTopicPartition) (*piece, error) {
	out := &piece{part: p, next: p.next, end: rp.LastStableOffset, rows: s.of.memory.fresh(p)}
	undone, in := abortedOf(rp), rp.RecordBatches
	if len(in) >= batchHead && in[16] < 2 {
		return s.takeOld(out, rp)
	}
	out.rows.grow(min(countOf(in), growAtMost))
	for out.rows.unpacked < pieceBytes {
		b, rest, ok, err := cutBatch(in)
		if err != nil && out.next == p.next {
			return out, err
		}
		if err != nil || !ok {
			break
		}
		if !undone.has(&b) && b.attributes&isControl == 0 && b.last >= p.next {
			err = s.add(out.rows, &b, p.next)
		}
		if err != nil && out.next == p.next {
			out.next, out.broken = b.last+1, brokenBatch(&b, p.next, err)
			return out, nil
		}
		if err != nil {
			break
		}
		out.next, in = max(out.next, b.last+1), rest
	}
	if len(rp.RecordBatches) > 0 && out.next == p.next {
		return out, kerr.CorruptMessage
	}
	return out, nil
}

// brokenBatch is one that cannot be read from an offset on.
func brokenBatch(b *batchHeader, from int64, why error) *weir.Broken {
	var known *weir.Error
	if !errors.As(why, &known) {
		known = weir.Errorf(weir.Invalid, "a batch of %d records is broken, though its sum is right", b.n).Because(why).
			WithFix("mend what writes it")
	}
	return &weir.Broken{From: max(from, b.base), To: b.last + 1, Bytes: b.records, Err: known}
}

// countOf is how many records there are, as the batches say.
func countOf(in []byte) (n int) {
	for len(in) >= batchHead {
		n += max(0, int(int32(binary.BigEndian.Uint32(in[57:]))))
		size := int(int32(binary.BigEndian.Uint32(in[8:]))) + 12
		if size < batchHead || size > len(in) {
			break
		}
		in = in[size:]
	}
	return n
}

// takeOld reads what was written in the formats before Kafka 0.11.
func (s *source) takeOld(out *piece, rp *kmsg.FetchResponseTopicPartition) (*piece, error) {
	got, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: out.next, IsolationLevel: kgo.ReadCommitted(), Topic: out.part.topic, Partition: out.part.number,
	}, rp, kgo.DefaultDecompressor(), nil)
	out.next = max(out.next, next)
	for _, r := range got.Records {
		out.rows.row(r.Offset, r.Timestamp.UnixMilli(), r.Key, r.Value, 0)
	}
	return out, got.Err
}

// add appends the records of a batch from an offset on, or none if they cannot be
// read.
func (s *source) add(to *rows, b *batchHeader, from int64) error {
	records := b.records
	if codec := b.attributes & packedBy; codec != 0 {
		room, err := s.codecs.unpack(s.of.memory.buffer(), records, kgo.CompressionCodecType(codec))
		if err != nil {
			return err
		}
		to.buffers, records = append(to.buffers, room), room
	}
	if b.n < 0 || b.n > len(records)/recordLeast {
		return kerr.CorruptMessage
	}
	before := len(to.Offsets)
	to.unpacked += len(records)
	to.first, to.raw = append(to.first, before), append(to.raw, records)
	to.grow(b.n)
	if !to.records(b, records, from) {
		to.cutTo(before)
		return kerr.CorruptMessage
	}
	return nil
}

// records appends those of a batch; false: they cannot be read.
func (r *rows) records(b *batchHeader, all []byte, from int64) bool {
	rest, stamped := all, b.attributes&logTime != 0
	least, most := int64(0), b.last-b.base
	for range b.n {
		one, next, ok := cutRecord(rest)
		if !ok || one.offset < least || one.offset > most {
			return false
		}
		least = one.offset + 1
		at := b.time + one.time
		if stamped {
			at = b.latest
		}
		if offset := b.base + one.offset; offset >= from {
			r.row(offset, at, one.key, one.value, int32(len(all)-len(rest)+one.heads))
		}
		rest = next
	}
	return true
}

// cutTo leaves so many rows.
func (r *rows) cutTo(n int) {
	clear(r.Keys[n:])
	clear(r.Values[n:])
	r.Offsets, r.Times, r.heads, r.Keys, r.Values = r.Offsets[:n], r.Times[:n], r.heads[:n], r.Keys[:n], r.Values[:n]
}

func (r *rows) grow(n int) {
	r.Offsets, r.Times, r.heads = slices.Grow(r.Offsets, n), slices.Grow(r.Times, n), slices.Grow(r.heads, n)
	r.Keys, r.Values = slices.Grow(r.Keys, n), slices.Grow(r.Values, n)
}

func (r *rows) row(offset, at int64, key, value []byte, heads int32) {
	r.Offsets, r.Times, r.heads = append(r.Offsets, offset), append(r.Times, at), append(r.heads, heads)
	r.Keys, r.Values = append(r.Keys, key), append(r.Values, value)
}

// headers are those of a row.
func (r *rows) headers(row int) (hs []weir.Header) {
	batch := sort.SearchInts(r.first, row+1) - 1
	if batch < 0 {
		return nil // of an old format, which has none
	}
	rest := r.raw[batch][r.heads[row]:]
	n, rest, ok := cutVarint(rest)
	for ; ok && n > 0; n-- {
		var key, value []byte
		if key, rest, ok = cutBytes(rest); !ok {
			return hs
		}
		if value, rest, ok = cutBytes(rest); ok {
			hs = append(hs, weir.Header{Key: string(key), Value: value})
		}
	}
	return hs
}

// cut gives so many rows, from one on.
func (r *rows) cut(from, to int) weir.Messages {
	m := r.Messages
	m.Offsets, m.Times, m.Keys, m.Values = m.Offsets[from:to], m.Times[from:to], m.Keys[from:to], m.Values[from:to]
	m.Headers = func(row int) []weir.Header { return r.headers(from + row) }
	return m
}

// wireRecord is a record in message format 2.
type wireRecord struct {
	time, offset int64 // behind those of the batch
	key, value   []byte
	heads        int // where its headers begin
}

// cutRecord takes the first record off some.
func cutRecord(in []byte) (r wireRecord, rest []byte, ok bool) {
	size, at := varint(in, 0)
	if at < 0 || size < 1 || size > int64(len(in)-at) {
		return r, nil, false
	}
	rest, in = in[at+int(size):], in[:at+int(size)]
	if r.time, at = varint(in, at+1); at < 0 {
		return r, nil, false
	}
	if r.offset, at = varint(in, at); at < 0 {
		return r, nil, false
	}
	if r.key, at = sized(in, at); at < 0 {
		return r, nil, false
	}
	if r.value, at = sized(in, at); at < 0 {
		return r, nil, false
	}
	r.heads = at
	return r, rest, true
}

// sized gives bytes with their number before them, and the place behind; that is
// negative if there are none. Less than none is null.
func sized(in []byte, at int) ([]byte, int) {
	n, at := varint(in, at)
	switch {
	case at < 0 || n > int64(len(in)-at):
		return nil, -1
	case n < 0:
		return nil, at
	}
	end := at + int(n)
	return in[at:end:end], end
}

// varint gives a zig-zag number, and the place behind it; that is negative if
// there is none.
func varint(in []byte, at int) (int64, int) {
	if at < len(in) && in[at] < 0x80 {
		return int64(in[at]>>1) ^ -int64(in[at]&1), at + 1
	}
	return longVarint(in, at)
}

func longVarint(in []byte, at int) (int64, int) {
	if at+1 < len(in) && in[at+1] < 0x80 {
		u := int64(in[at]&0x7f) | int64(in[at+1])<<7
		return u>>1 ^ -(u & 1), at + 2
	}
	if at >= len(in) {
		return 0, -1
	}
	n, size := binary.Varint(in[at:])
	if size <= 0 {
		return 0, -1
	}
	return n, at + size
}

func cutVarint(in []byte) (int64, []byte, bool) {
	n, at := varint(in, 0)
	if at < 0 {
		return 0, nil, false
	}
	return n, in[at:], true
}

func cutBytes(in []byte) (b, rest []byte, ok bool) {
	b, at := sized(in, 0)
	if at < 0 {
		return nil, nil, false
	}
	return b, in[at:], true
}
