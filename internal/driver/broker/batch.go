package broker

import (
	"encoding/binary"
	"hash/crc32"
	"math"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// batch is the head of a record batch (Kafka's message format 2).
type batch struct {
	offset   int64
	delta    int32 // of the last record
	producer int64
	epoch    int16
	sequence int32
	records  int32
	leader   uint32

	transaction, control, commit bool
}

// end is the offset after the batch.
func (b batch) end() int64 { return b.offset + int64(b.delta) + 1 }

const batchHead = 61

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// nextBatch cuts the first batch off. Where a batch is torn or damaged a
// segment ends, as it does for kfake.
func nextBatch(raw []byte) (b batch, rest []byte, ok bool) {
	size := batchSize(raw)
	if size < batchHead || size > int64(len(raw)) {
		return batch{}, nil, false
	}
	if crc32.Checksum(raw[21:size], castagnoli) != binary.BigEndian.Uint32(raw[17:]) {
		return batch{}, nil, false
	}
	attributes := binary.BigEndian.Uint16(raw[21:])
	b = batch{
		offset:      int64(binary.BigEndian.Uint64(raw)),
		leader:      binary.BigEndian.Uint32(raw[12:]),
		delta:       int32(binary.BigEndian.Uint32(raw[23:])),
		transaction: attributes&0x10 != 0,
		control:     attributes&0x20 != 0,
		producer:    int64(binary.BigEndian.Uint64(raw[43:])),
		epoch:       int16(binary.BigEndian.Uint16(raw[51:])),
		sequence:    int32(binary.BigEndian.Uint32(raw[53:])),
		records:     int32(binary.BigEndian.Uint32(raw[57:])),
	}
	b.commit = b.control && commits(raw[batchHead:size])
	return b, raw[size:], true
}

// batchSize is the size that a batch claims, or 0 when not even that is there.
func batchSize(raw []byte) int64 {
	if len(raw) < 12 {
		return 0
	}
	return 12 + int64(int32(binary.BigEndian.Uint32(raw[8:])))
}

// torn reports that a segment's rest is one batch that was not written to its
// end, which a crash may leave and which nobody was told of. When a good batch
// stands behind it, it is damage.
func torn(rest []byte) bool {
	if size := batchSize(rest); size != 0 && size <= int64(len(rest)) {
		return false
	}
	for at := 1; len(rest)-at >= batchHead; at++ {
		if rest[at+16] != 2 { // not the mark of the format
			continue
		}
		if _, _, ok := nextBatch(rest[at:]); ok {
			return false
		}
	}
	return true
}

// commits reports whether a marker is one of a commit: its record's key is a
// version and a type, 1 for commit.
func commits(records []byte) bool {
	var r kmsg.Record
	if err := r.ReadFrom(records); err != nil || len(r.Key) < 4 {
		return false
	}
	return binary.BigEndian.Uint16(r.Key[2:]) == 1
}

// The file seq_windows.json.
type (
	windowsFile struct {
		Version int      `json:"version"`
		Windows []window `json:"windows"`
	}
	// window is what one producer sent last to one partition.
	window struct {
		Producer  int64   `json:"pid"`
		Topic     string  `json:"topic"`
		Partition int32   `json:"partition"`
		Batches   [5]sent `json:"entries"`
		Count     uint8   `json:"count"`
		At        uint8   `json:"at"`
		Epoch     int16   `json:"epoch"`
		Seen      bool    `json:"seen"`
		Next      int32   `json:"next_seq"`

		last int64 // the offset of its last batch
	}
	sent struct {
		First  int32 `json:"first_seq"`
		Next   int32 `json:"next_seq"`
		Offset int64 `json:"offset"`
	}
)

// add notes a batch that is in the log.
func (w *window) add(b batch) {
	next := int32((int64(b.sequence) + int64(b.records)) % math.MaxInt32)
	if !w.Seen || w.Epoch != b.epoch {
		*w = window{Producer: b.producer, Topic: w.Topic, Partition: w.Partition, Seen: true, Epoch: b.epoch}
	}
	w.Batches[w.At] = sent{b.sequence, next, b.offset}
	w.At = (w.At + 1) % uint8(len(w.Batches))
	w.Count = min(w.Count+1, uint8(len(w.Batches)))
	w.Next, w.last = next, b.offset
}
