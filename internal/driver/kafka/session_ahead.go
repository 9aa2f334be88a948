package kafka

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// Bounds of the pauses after trouble with a broker; what was calm for so long
// begins anew with them.
const (
	aheadPause       = 10 * time.Millisecond
	aheadPauseAtMost = 500 * time.Millisecond
	aheadCalm        = time.Second
)

// ahead reads partitions ahead of whoever wants the records: of every broker, one
// answer while the one before is used. Records go straight into columns, in memory
// that is used again when they are not valid any more.
type ahead struct {
	client  *kgo.Client
	timeout time.Duration
	bytes   int32 // of a partition in an answer, about
	memory  memory

	answers chan []*piece
	added   chan []*part
	good    atomic.Bool // there was an answer without trouble
	stop    context.CancelFunc
	done    chan struct{} // closed with err
	err     error
}

// part is a partition that is read.
type part struct {
	input  int
	topic  string
	id     [16]byte
	number int32
	leader int32
	next   int64 // where the next fetch begins
	end    int64 // of what is committed, as was last said
}

// lasting is an error that does not pass.
type lasting struct{ error }

func (e lasting) Unwrap() error { return e.error }

// passes reports whether an error may be none when it is tried again.
func passes(err error) bool {
	var theirs *kerr.Error
	var ours *weir.Error
	switch {
	case errors.As(err, new(lasting)), errors.As(err, &ours):
		return false
	case errors.As(err, &theirs):
		return theirs.Retriable
	}
	return true
}

// readAhead begins to read. The partitions are its own from now on.
func readAhead(client *kgo.Client, timeout time.Duration, bytes int32, parts []*part) *ahead {
	ctx, stop := context.WithCancel(context.Background())
	a := &ahead{
		client: client, timeout: timeout, bytes: bytes, stop: stop,
		answers: make(chan []*piece), added: make(chan []*part, 1), done: make(chan struct{}),
	}
	go func() {
		defer close(a.done)
		a.err = a.run(ctx, parts)
	}()
	return a
}

// close ends it.
func (a *ahead) close() {
	a.stop()
	<-a.done
}

// add adds partitions.
func (a *ahead) add(parts []*part) {
	select {
	case a.added <- parts:
	case <-a.done:
	}
}

// next waits for an answer, no longer than so long; nil: there is none.
func (a *ahead) next(ctx context.Context, wait time.Duration) ([]*piece, error) {
	late := time.NewTimer(wait)
	defer late.Stop()
	select {
	case p := <-a.answers:
		return p, nil
	case <-a.done:
		return nil, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, nil
	}
}

// more is an answer that is there already; nil: there is none.
func (a *ahead) more() []*piece {
	select {
	case p := <-a.answers:
		return p
	default:
		return nil
	}
}

// run reads until ctx ends, or until trouble stays. After any trouble brokers are
// asked anew who leads.
func (a *ahead) run(ctx context.Context, parts []*part) error {
	wait, fine := aheadPause, time.Now()
	for {
		more, began, err := a.round(ctx, parts)
		parts = append(parts, more...)
		now := time.Now()
		switch {
		case ctx.Err() != nil:
			return nil
		case a.good.Swap(false) && now.Sub(began) > aheadCalm:
			wait, fine = aheadPause, now
		case err != nil && (!passes(err) || now.Sub(fine) > a.timeout):
			return err
		}
		if err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
			wait = min(2*wait, aheadPauseAtMost)
		}
	}
}

// round reads until something is in the way, or until there are more partitions.
func (a *ahead) round(ctx context.Context, parts []*part) (more []*part, began time.Time, err error) {
	if err := a.lead(ctx, parts); err != nil {
		return nil, time.Now(), err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	began = time.Now()
	sources := a.sources(parts)
	trouble := make(chan error, len(sources))
	var all sync.WaitGroup
	for _, s := range sources {
		all.Go(func() { trouble <- s.run(ctx) })
	}
	select {
	case err = <-trouble:
	case more = <-a.added:
	case <-ctx.Done():
	}
	stop()
	all.Wait()
	return more, began, err
}

// sources are the brokers that lead partitions.
func (a *ahead) sources(parts []*part) []*source {
	by := map[int32]*source{}
	for _, p := range parts {
		s := by[p.leader]
		if s == nil {
			s = &source{of: a, leader: p.leader, topics: map[[16]byte]string{}, parts: map[place]*part{}}
			by[p.leader] = s
		}
		s.topics[p.id], s.parts[place{p.topic, p.number}] = p.topic, p
	}
	return slices.Collect(maps.Values(by))
}

// lead finds out who leads partitions.
func (a *ahead) lead(ctx context.Context, parts []*part) error {
	ctx, cancel := context.WithTimeoutCause(ctx, a.timeout, errLate)
	defer cancel()
	topics := map[string]bool{}
	for _, p := range parts {
		topics[p.topic] = true
	}
	resp, err := metadata(ctx, a.client, false, slices.Collect(maps.Keys(topics))...)
	if err != nil {
		return err
	}
	leaders := map[place]kmsg.MetadataResponseTopicPartition{}
	ids := map[string][16]byte{}
	for _, t := range resp.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); errors.Is(err, kerr.UnknownTopicOrPartition) {
			return lasting{err}
		} else if err != nil {
			return err
		}
		ids[*t.Topic] = t.TopicID
		for _, p := range t.Partitions {
			leaders[place{*t.Topic, p.Partition}] = p
		}
	}
	for _, p := range parts {
		if err := p.ledBy(leaders, ids); err != nil {
			return err
		}
	}
	return nil
}

// ledBy takes in who leads. A topic with another id is another topic.
func (p *part) ledBy(leaders map[place]kmsg.MetadataResponseTopicPartition, ids map[string][16]byte) error {
	now, ok := leaders[place{p.topic, p.number}]
	if !ok || now.Leader < 0 {
		return kerr.LeaderNotAvailable
	}
	if id := ids[p.topic]; p.id != id && p.id != [16]byte{} {
		return lasting{kerr.UnknownTopicID}
	}
	p.id, p.leader = ids[p.topic], now.Leader
	return nil
}

// source is a broker that is read from.
type source struct {
	of     *ahead
	leader int32
	topics map[[16]byte]string
	parts  map[place]*part
	codecs codecs
}

// run reads until ctx ends or there is trouble.
func (s *source) run(ctx context.Context) error {
	defer s.codecs.close()
	for {
		pieces, err := s.fetch(ctx)
		if len(pieces) > 0 && !s.give(ctx, pieces) {
			return ctx.Err()
		}
		if err != nil {
			return err
		}
		s.of.good.Store(true)
	}
}

// give waits until an answer is taken. What is not taken was never read.
func (s *source) give(ctx context.Context, pieces []*piece) bool {
	at := make([]reach, len(pieces)) // who takes them has them alone
	for i, p := range pieces {
		at[i] = reach{p.next, p.end}
	}
	select {
	case s.of.answers <- pieces:
		for i, p := range pieces {
			p.part.next, p.part.end = at[i].next, at[i].end
		}
		return true
	case <-ctx.Done():
		for _, p := range pieces {
			s.of.memory.release(p.rows)
		}
		return false
	}
}

// fetch asks once. There may be an error of some partitions besides the pieces
// of others.
func (s *source) fetch(ctx context.Context) ([]*piece, error) {
	answer, err := s.of.client.Broker(int(s.leader)).Request(ctx, s.request())
	if err != nil {
		return nil, err
	}
	resp := answer.(*kmsg.FetchResponse)
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return nil, err
	}
	var pieces []*piece
	var trouble error
	for i := range resp.Topics {
		t := &resp.Topics[i]
		name := t.Topic
		if name == "" {
			name = s.topics[t.TopicID]
		}
		for k := range t.Partitions {
			rp := &t.Partitions[k]
			p, err := s.piece(s.parts[place{name, rp.Partition}], rp)
			if p != nil {
				pieces = append(pieces, p)
			}
			if err != nil && (trouble == nil || !passes(err)) {
				trouble = err
			}
		}
	}
	return pieces, trouble
}

// piece is what an answer says of a partition; nil: nothing new.
func (s *source) piece(p *part, rp *kmsg.FetchResponseTopicPartition) (*piece, error) {
	if p == nil {
		return nil, nil
	}
	if err := kerr.ErrorForCode(rp.ErrorCode); err != nil {
		return nil, err
	}
	got, err := s.take(p, rp)
	if err != nil || len(got.rows.Offsets) == 0 && got.next == p.next && got.end == p.end {
		s.of.memory.release(got.rows)
		return nil, err
	}
	return got, nil
}

// request asks for what comes next of each partition.
func (s *source) request() *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes, req.IsolationLevel = int32(tailWait.Milliseconds()), 1, sessionAnswer, 1
	req.SessionEpoch = -1
	at := map[string]int{}
	for _, p := range s.parts {
		i, ok := at[p.topic]
		if !ok {
			i = len(req.Topics)
			at[p.topic] = i
			t := kmsg.NewFetchRequestTopic()
			t.Topic, t.TopicID = p.topic, p.id
			req.Topics = append(req.Topics, t)
		}
		one := kmsg.NewFetchRequestTopicPartition()
		one.Partition, one.FetchOffset, one.PartitionMaxBytes = p.number, p.next, s.of.bytes
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, one)
	}
	return req
}
