package kafka_test

import (
	"bytes"
	"testing"

	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir/internal/driver/kafka"
)

// TestFramesOfEveryKind: whatever a frame of LZ4 says of its blocks, sizes and
// sums, its content comes back; of a part of it, nothing does.
func TestFramesOfEveryKind(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("a frame of some length, "), 20_000)
	noise := make([]byte, 300_000)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	for name, options := range map[string][]lz4.Option{
		"plain":      nil,
		"small":      {lz4.BlockSizeOption(lz4.Block64Kb)},
		"sums":       {lz4.BlockChecksumOption(true), lz4.ChecksumOption(true), lz4.BlockSizeOption(lz4.Block256Kb)},
		"size":       {lz4.SizeOption(uint64(len(text)))},
		"no sum":     {lz4.ChecksumOption(false)},
		"the newest": {lz4.CompressionLevelOption(lz4.Level9), lz4.BlockSizeOption(lz4.Block1Mb)},
	} {
		for _, content := range [][]byte{text, noise, nil, text[:1]} {
			var frame bytes.Buffer
			w := lz4.NewWriter(&frame)
			if name != "size" || len(content) == len(text) {
				if err := w.Apply(options...); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := w.Write(content); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			var c kafka.Unpacker
			for range 2 { // the second time it knows how much room to make
				got, err := c.Unpack(frame.Bytes(), kgo.CodecLz4)
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s of %d bytes: %d came back, %v", name, len(content), len(got), err)
				}
			}
			if len(content) > 1 {
				if got, err := c.Unpack(frame.Bytes()[:frame.Len()/2], kgo.CodecLz4); err == nil {
					t.Errorf("half of %s of %d bytes: %d came back", name, len(content), len(got))
				}
			}
		}
	}
}
