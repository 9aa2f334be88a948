package kafka

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// unpackAtMost bounds what a batch may be when it is unpacked.
const unpackAtMost = 256 << 20

// Room that is made for a batch at first: so many times what it is packed, or what
// the ones before took and an eighth; and some more.
const (
	unpackTimes = 4
	unpackMore  = 4 << 10
)

// errUnpacked is the error of a batch that is too large.
func errUnpacked() error {
	return weir.Errorf(weir.Limit, "a batch of records is larger than %d bytes when it is unpacked", unpackAtMost).
		WithFix("write it in smaller batches")
}

// codecs unpack batches. One goroutine uses them at a time.
type codecs struct {
	source bytes.Reader
	gzip   *gzip.Reader
	lz4    *lz4.Reader
	zstd   *zstd.Decoder
	times  float64 // how much larger batches were lately when they were unpacked
}

// unpack gives what was packed, in room as far as it has the capacity.
func (c *codecs) unpack(room, packed []byte, by kgo.CompressionCodecType) ([]byte, error) {
	got, err := c.unpacked(room, packed, by)
	if err == nil && len(packed) > 0 {
		c.times = max(float64(len(got))/float64(len(packed)), c.times*7/8)
	}
	return got, err
}

func (c *codecs) unpacked(room, packed []byte, by kgo.CompressionCodecType) ([]byte, error) {
	c.source.Reset(packed)
	switch by {
	case kgo.CodecGzip:
		if c.gzip == nil {
			c.gzip = new(gzip.Reader)
		}
		if err := c.gzip.Reset(&c.source); err != nil {
			return nil, err
		}
		return readAll(c.roomFor(room, packed), c.gzip)
	case kgo.CodecSnappy:
		return unsnap(room, packed)
	case kgo.CodecLz4:
		if out, ok := unlz4(c.roomFor(room, packed), packed); ok {
			return out, nil
		}
		if c.lz4 == nil {
			c.lz4 = lz4.NewReader(nil)
		}
		c.lz4.Reset(&c.source)
		return readAll(c.roomFor(room, packed), c.lz4)
	case kgo.CodecZstd:
		return c.unzstd(room, packed)
	}
	return nil, weir.Errorf(weir.Invalid, "a batch of records is packed by the codec %d", by).WithFix("use gzip, snappy, lz4 or zstd")
}

func (c *codecs) roomFor(room, packed []byte) []byte {
	times := c.times * 9 / 8
	if times == 0 {
		times = unpackTimes
	}
	return slices.Grow(room[:0], min(int(times*float64(len(packed))), unpackAtMost)+unpackMore)
}

// readAll is io.ReadAll into room, up to the bound.
func readAll(room []byte, from io.Reader) ([]byte, error) {
	for {
		n, err := from.Read(room[len(room):cap(room)])
		room = room[:len(room)+n]
		switch {
		case err == io.EOF:
			return room, nil
		case err != nil:
			return nil, err
		case len(room) > unpackAtMost:
			return nil, errUnpacked()
		}
		if len(room) == cap(room) {
			room = slices.Grow(room, len(room))
		}
	}
}

// snapMark begins what Java's library writes: then come two numbers, and blocks
// with their size before them.
const (
	snapMark = "\x82SNAPPY\x00"
	snapHead = len(snapMark) + 8
)

func unsnap(room, packed []byte) ([]byte, error) {
	if !bytes.HasPrefix(packed, []byte(snapMark)) || len(packed) < snapHead {
		return unsnapBlock(room[:0], packed)
	}
	out := room[:0]
	for packed = packed[snapHead:]; len(packed) > 0; {
		if len(packed) < 4 {
			return nil, io.ErrUnexpectedEOF
		}
		size := int64(binary.BigEndian.Uint32(packed))
		if packed = packed[4:]; size > int64(len(packed)) {
			return nil, io.ErrUnexpectedEOF
		}
		var err error
		if out, err = unsnapBlock(out, packed[:size]); err != nil {
			return nil, err
		}
		packed = packed[size:]
	}
	return out, nil
}

// unsnapBlock appends what a block holds.
func unsnapBlock(out, block []byte) ([]byte, error) {
	n, err := s2.DecodedLen(block)
	if err != nil {
		return nil, err
	}
	if n > unpackAtMost-len(out) {
		return nil, errUnpacked()
	}
	out = slices.Grow(out, n)
	got, err := s2.Decode(out[len(out):len(out)+n], block)
	if err != nil {
		return nil, err
	}
	return out[:len(out)+len(got)], nil
}

func (c *codecs) unzstd(room, packed []byte) (_ []byte, err error) {
	if c.zstd == nil {
		if c.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(unpackAtMost)); err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
	}
	return c.zstd.DecodeAll(packed, room[:0])
}

// close gives up what they hold.
func (c *codecs) close() {
	if c.zstd != nil {
		c.zstd.Close()
	}
}
