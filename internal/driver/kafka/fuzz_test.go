package kafka_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir/internal/driver/kafka"
)

// FuzzAnswer: whatever a broker answers, reading it gives rows from where the
// fetch began, in columns of one length, and goes on behind them; or it is an
// error. Sums of batches are made right, so that what is behind them is read.
func FuzzAnswer(f *testing.F) {
	for codec := range byte(5) {
		f.Add(batchOf(codec, []byte{14, 0, 0, 0, 2, 'k', 2, 'v', 0}, 1), int64(0))
	}
	f.Add(append(batchOf(0, []byte{14, 0, 0, 0, 2, 'k', 2, 'v', 0}, 1), batchOf(0, []byte{20, 0, 1, 0, 1, 2, 'v', 2, 2, 'h', 1}, 1)...), int64(7))
	f.Fuzz(func(t *testing.T, in []byte, next int64) {
		sum(in)
		got, err := kafka.Read(in, next)
		n := len(got.Rows.Offsets)
		if r := got.Rows; len(r.Times) != n || len(r.Keys) != n || len(r.Values) != n {
			t.Fatalf("columns of %d, %d, %d and %d rows", n, len(r.Times), len(r.Keys), len(r.Values))
		}
		for i, offset := range got.Rows.Offsets {
			if offset < next {
				t.Fatalf("the offset %d, asked from %d", offset, next)
			}
			for _, h := range got.Rows.Headers(i) {
				if len(h.Key)+len(h.Value) > 256<<20 {
					t.Fatalf("a header of %d bytes", len(h.Value))
				}
			}
		}
		if got.Next < next || err == nil && got.Next == next && len(in) > 0 && len(got.Rows.Offsets) > 0 {
			t.Fatalf("it goes on at %d, behind %d rows from %d: %v", got.Next, n, next, err)
		}
	})
}

// FuzzUnpack: whatever is packed comes out, or it is an error; and the next one is
// not disturbed by it.
func FuzzUnpack(f *testing.F) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 4, 0, 0x29, 0, 0, 'h', 'e', 'l', 'l', 'o', 0, 0, 0, 0}
	for codec := range uint8(6) {
		f.Add(codec, frame)
		f.Add(codec, []byte("\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x03\x01\x00a"))
	}
	f.Fuzz(func(t *testing.T, codec uint8, packed []byte) {
		var u, fresh kafka.Unpacker
		_, _ = u.Unpack(packed[:len(packed)/2], kgo.CompressionCodecType(codec))
		one, err := u.Unpack(packed, kgo.CompressionCodecType(codec))
		two, other := fresh.Unpack(packed, kgo.CompressionCodecType(codec))
		if (err == nil) != (other == nil) || err == nil && !bytes.Equal(one, two) {
			t.Fatalf("behind another it is %x, %v; alone %x, %v", one, err, two, other)
		}
	})
}

// batchOf is a batch of message format 2.
func batchOf(codec byte, records []byte, n int32) []byte {
	b := make([]byte, 61, 61+len(records))
	b[16], b[22] = 2, codec
	binary.BigEndian.PutUint32(b[23:], uint32(n-1))
	binary.BigEndian.PutUint32(b[57:], uint32(n))
	b = append(b, records...)
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12))
	return b
}

// sum makes the sums of all batches right.
func sum(in []byte) {
	for len(in) >= 61 {
		size := int(int32(binary.BigEndian.Uint32(in[8:]))) + 12
		if size < 61 || size > len(in) {
			return
		}
		binary.BigEndian.PutUint32(in[17:], crc32.Checksum(in[21:size], crc32.MakeTable(crc32.Castagnoli)))
		in = in[size:]
	}
}
