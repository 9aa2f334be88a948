package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// Unpacker unpacks batches one after the other.
type Unpacker struct{ codecs codecs }

// Unpack gives what was packed.
func (u *Unpacker) Unpack(packed []byte, by kgo.CompressionCodecType) ([]byte, error) {
	return u.codecs.unpack(nil, packed, by)
}
