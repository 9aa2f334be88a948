package wire

import "encoding/binary"

// KeepTopics takes topics out of what a member of a consumer group subscribes
// to, which brokers and other members read: from the topics themselves, and
// from the partitions that it says it owns. It returns meta itself if keep is
// true for all of them, and a copy otherwise. ErrTorn when it is not of the
// consumer protocol.
func KeepTopics(meta []byte, keep func(topic string) bool) ([]byte, error) {
	s := &subscription{Reader: NewReader(meta), keep: keep}
	version := s.Int16()
	s.copied()
	s.entries(func() {})
	s.text(s.Int32()) // user data
	s.copied()
	if version >= 1 {
		s.entries(func() { s.partitions() })
	}
	if s.bad || version < 0 {
		return nil, ErrTorn
	}
	if !s.changed {
		return meta, nil
	}
	return append(s.out, meta[s.at:]...), nil
}

// subscription is walked and copied at the same time.
type subscription struct {
	*Reader
	keep    func(string) bool
	out     []byte
	from    int // what was not copied yet
	changed bool
}

// copied takes over what was read since.
func (s *subscription) copied() {
	if !s.bad {
		s.out = append(s.out, s.src[s.from:s.at]...)
		s.from = s.at
	}
}

func (s *subscription) text(size int32) []byte { return s.nullable(int(size)) }

func (s *subscription) partitions() {
	if n := int(s.Int32()); n > 0 {
		s.Span(min(n, len(s.src)) * 4)
	} else if n < -1 {
		s.bad = true
	}
}

// entries walks an array of topics, each with what rest reads.
func (s *subscription) entries(rest func()) {
	n, kept, count := s.Int32(), int32(0), len(s.out)
	s.copied()
	if s.bad || n < -1 {
		s.bad = true
		return
	}
	for range max(n, 0) {
		name := string(s.text(int32(s.Int16())))
		if rest(); s.bad {
			return
		}
		if s.keep(name) {
			s.copied()
			kept++
		}
		s.changed, s.from = s.changed || s.from < s.at, s.at
	}
	if kept < n {
		binary.BigEndian.PutUint32(s.out[count:], uint32(kept))
	}
}
