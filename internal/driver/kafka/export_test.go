package kafka

import (
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// Unpacker unpacks batches one after the other.
type Unpacker struct{ codecs codecs }

// Unpack gives what was packed.
func (u *Unpacker) Unpack(packed []byte, by kgo.CompressionCodecType) ([]byte, error) {
	return u.codecs.unpack(nil, packed, by)
}

// Answer is what was read of a partition.
type Answer struct {
	Rows weir.Messages
	Next int64 // where the next fetch begins
}

// Read reads the batches of an answer from an offset on.
func Read(batches []byte, from int64) (Answer, error) {
	s := &source{of: &ahead{}}
	defer s.codecs.close()
	p, err := s.take(&part{next: from}, &kmsg.FetchResponseTopicPartition{RecordBatches: batches})
	return Answer{p.rows.cut(0, len(p.rows.Offsets)), p.next}, err
}
