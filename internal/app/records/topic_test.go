package records_test

import (
	"context"
	"sync"
	"time"

	"github.com/weirmesh/weir"
)

// topic is a weir.Reader of one topic in memory. Its tails never wait longer
// than a few milliseconds of their context.
type topic struct {
	mu         sync.Mutex
	partitions map[int32][]weir.Message
	spans      map[int32]weir.Span
	news       chan struct{}
	onTail     func() // is called before a tail of it is opened; nil: nothing is
}

func newTopic(partitions int32) *topic {
	t := &topic{news: make(chan struct{})}
	t.reset(partitions)
	return t
}

// reset makes it a topic that holds nothing.
func (t *topic) reset(partitions int32) {
	t.mu.Lock()
	t.partitions, t.spans = map[int32][]weir.Message{}, map[int32]weir.Span{}
	t.mu.Unlock()
	t.grow(partitions)
}

func (t *topic) grow(to int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p := range to {
		if _, ok := t.spans[p]; !ok {
			t.spans[p] = weir.Span{}
		}
	}
}

func (t *topic) put(p int32, m weir.Message) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.spans[p]
	m.Partition, m.Offset = p, s.End
	t.partitions[p] = append(t.partitions[p], m)
	s.End++
	t.spans[p] = s
	close(t.news)
	t.news = make(chan struct{})
}

func (t *topic) add(p int32, at time.Time, value string) {
	t.put(p, weir.Message{Time: at, Key: []byte("k"), Value: []byte(value)})
}

// start deletes what is before an offset, hole adds offsets without records.
func (t *topic) start(p int32, at int64) {
	s := t.spans[p]
	s.Start = at
	t.spans[p] = s
}

func (t *topic) hole(p int32, n int64) {
	s := t.spans[p]
	s.End += n
	t.spans[p] = s
}

func (t *topic) Spans(context.Context, string) (map[int32]weir.Span, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[int32]weir.Span{}
	for p, s := range t.spans {
		out[p] = s
	}
	return out, nil
}

func (t *topic) OffsetsAt(_ context.Context, _ string, at time.Time) (map[int32]int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[int32]int64{}
	for p, s := range t.spans {
		out[p] = s.End
		for _, m := range t.partitions[p] {
			if !m.Time.Before(at) {
				out[p] = m.Offset
				break
			}
		}
	}
	return out, nil
}

func (t *topic) Tail(_ context.Context, _ string, from map[int32]int64) (weir.Tail, error) {
	at := map[int32]int64{}
	for p, o := range from {
		at[p] = o
	}
	return &memoryTail{t, at}, nil
}

type memoryTail struct {
	topic *topic
	at    map[int32]int64
}

func (m *memoryTail) Next(ctx context.Context) ([]weir.Message, error) {
	for {
		m.topic.mu.Lock()
		news := m.topic.news
		var out []weir.Message
		for p := range m.topic.spans {
			from, ok := m.at[p]
			for _, msg := range m.topic.partitions[p] {
				if ok && msg.Offset >= max(from, m.topic.spans[p].Start) {
					out = append(out, msg)
					m.at[p] = msg.Offset + 1
				}
			}
		}
		m.topic.mu.Unlock()
		if len(out) > 0 {
			return inOrder(out), nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// inOrder puts lower partitions first, so that tests can say what comes.
func inOrder(ms []weir.Message) []weir.Message {
	var out []weir.Message
	for p := range int32(16) {
		for _, m := range ms {
			if m.Partition == p {
				out = append(out, m)
			}
		}
	}
	return out
}

func (m *memoryTail) At(p int32) int64 { return m.at[p] }
func (m *memoryTail) Close()           {}
