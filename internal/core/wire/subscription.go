package wire

import "encoding/binary"

// KeepTopics takes topics out of what a member of a consumer group subscribes
// to, which brokers and other members read: from the topics themselves, and
// from the partitions that it says it owns. It returns meta itself if keep is
// true for all of them, and a copy otherwise. ErrTorn when it is not of the
// consumer protocol.
func KeepTopics(meta []byte, keep func(topic string) bool) ([]byte, error) {
	return edited(meta, func(topic string) (string, bool) { return topic, keep(topic) }, (*subscription).subscribed)
}

// RenameTopics renames topics in what a member of a consumer group subscribes
// to. It returns meta itself if nothing is renamed, and a copy otherwise.
// ErrTorn when it is not of the consumer protocol.
func RenameTopics(meta []byte, to func(topic string) string) ([]byte, error) {
	return edited(meta, func(topic string) (string, bool) { return to(topic), true }, (*subscription).subscribed)
}

// RenameAssigned renames topics in what a member of a consumer group was
// assigned, as RenameTopics does.
func RenameAssigned(assignment []byte, to func(topic string) string) ([]byte, error) {
	return edited(assignment, func(topic string) (string, bool) { return to(topic), true }, (*subscription).assigned)
}

// edited walks one of the two forms.
func edited(src []byte, edit func(string) (string, bool), walk func(*subscription, int16)) ([]byte, error) {
	s := &subscription{Reader: NewReader(src), edit: edit}
	version := s.Int16()
	s.copied()
	walk(s, version)
	if s.bad || version < 0 {
		return nil, ErrTorn
	}
	if !s.changed {
		return src, nil
	}
	return append(s.out, src[s.from:]...), nil
}

// subscribed walks topics, what only the balancer reads, and owned partitions.
func (s *subscription) subscribed(version int16) {
	s.entries(func() {})
	s.text(s.Int32())
	if version >= 1 {
		s.copied()
		s.entries(func() { s.partitions() })
	}
}

// assigned walks partitions; what only the balancer reads comes after them.
func (s *subscription) assigned(int16) {
	s.entries(func() { s.partitions() })
	s.text(s.Int32())
}

// subscription is walked and copied at the same time.
type subscription struct {
	*Reader
	edit    func(string) (string, bool) // the topic's new name, and whether it stays
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
		named := s.at
		if rest(); s.bad {
			return
		}
		to, stays := s.edit(name)
		if stays {
			s.renamed(name, to, named)
			kept++
		}
		s.changed, s.from = s.changed || !stays || to != name, s.at
	}
	if kept < n {
		binary.BigEndian.PutUint32(s.out[count:], uint32(kept))
	}
}

// renamed takes over an entry with another name, which ended at named.
func (s *subscription) renamed(name, to string, named int) {
	if to != name {
		s.out = append(binary.BigEndian.AppendUint16(s.out, uint16(len(to))), to...)
		s.from = named
	}
	s.copied()
}
