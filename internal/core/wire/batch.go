package wire

import "encoding/binary"

// batchHead is the size of what stands before the records of a batch in
// message format 2.
const batchHead = 61

// Batch is the head of a record batch.
type Batch struct {
	Offset  int64 // of its first record
	Records int   // as the producer counted them
	Size    int   // in bytes, head included

	Producer      int64 // its id; negative if it has none
	Transactional bool  // it is part of a transaction
	Control       bool  // it holds the mark that ends a transaction, no records
	Last          int64 // the offset of its last record
}

// NextBatch takes the first whole batch off the front of what a Fetch answer
// or a Produce request carries. At the end, and before a batch that the broker
// cut off, rest is empty and ok false. ErrTorn when it is not a batch of
// message format 2.
func NextBatch(raw []byte) (b Batch, rest []byte, ok bool, err error) {
	if len(raw) < 17 {
		return Batch{}, nil, false, nil
	}
	size := 12 + int64(int32(binary.BigEndian.Uint32(raw[8:])))
	if raw[16] != 2 || size < batchHead {
		return Batch{}, nil, false, ErrTorn
	}
	if size > int64(len(raw)) {
		return Batch{}, nil, false, nil
	}
	b = Batch{
		Offset:  int64(binary.BigEndian.Uint64(raw)),
		Records: int(int32(binary.BigEndian.Uint32(raw[57:]))),
		Size:    int(size),

		Producer:      int64(binary.BigEndian.Uint64(raw[43:])),
		Transactional: raw[22]&0x10 != 0,
		Control:       raw[22]&0x20 != 0,
	}
	b.Last = b.Offset + int64(int32(binary.BigEndian.Uint32(raw[23:])))
	if b.Records < 0 {
		return Batch{}, nil, false, ErrTorn
	}
	return b, raw[size:], true, nil
}

// Count adds up the whole batches and their records.
func Count(raw []byte) (batches, records int, err error) {
	for {
		b, rest, ok, err := NextBatch(raw)
		if !ok || err != nil {
			return batches, records, err
		}
		batches, records, raw = batches+1, records+b.Records, rest
	}
}

// CheckBatches counts the records of what a producer sent, and refuses with
// ErrTorn what is not whole batches whose heads agree with themselves: a broker
// counts offsets by them.
func CheckBatches(raw []byte) (records int, err error) {
	if len(raw) == 0 {
		return 0, ErrTorn
	}
	for len(raw) > 0 {
		b, rest, ok, err := NextBatch(raw)
		if err != nil || !ok {
			return 0, ErrTorn
		}
		if last := int(int32(binary.BigEndian.Uint32(raw[23:]))); b.Records < 1 || last != b.Records-1 {
			return 0, ErrTorn
		}
		records, raw = records+b.Records, rest
	}
	return records, nil
}
