package kafka

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/weirmesh/weir"
)

// Bounds of what a session reads ahead of all partitions together, and of one,
// and how often it looks for partitions that are new. The bound of a whole answer
// is never reached; see tailBytes.
const (
	sessionAnswer         = 96 << 20
	sessionFetch          = 16 << 20
	sessionFetchPartition = 1 << 20
	lookEvery             = 10 * time.Second
)

// session is a weir.Session: a client that reads, a producer that writes, and
// the journal that says where it is.
type session struct {
	c       *Cluster
	spec    weir.SessionSpec
	client  *kgo.Client
	out     *producer
	outlets [][]*outlet // of each output
	now     func() time.Time

	resumed weir.Resumed
	epoch   int64
	base    int64   // of the journal: where a restore begins
	end     int64   // of the journal
	cutAt   int64   // of the journal: where it begins, as far as is known
	epochs  []int64 // of the journal: where the last ones begin
	turn    int32   // of records without a key

	ahead *ahead
	ready []*piece // that Poll has not given yet
	spent []*rows  // that it gave since the last commit

	inputs map[string]int
	at     []map[int32]*reach // of each input
	moved  bool               // Poll gave something since the last commit
	looked time.Time
}

// reach is how far a partition of an input is read.
type reach struct{ next, end int64 }

// Session opens a session. What of the same ID was open can commit nothing more.
func (c *Cluster) Session(ctx context.Context, spec weir.SessionSpec) (weir.Session, error) {
	if err := c.up.Room(); err != nil {
		return nil, err
	}
	s := &session{c: c, spec: spec, now: time.Now, inputs: map[string]int{}}
	for i, topic := range spec.Inputs {
		s.inputs[topic] = i
	}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, s.failed(err, "open the query's session "+spec.ID)
	}
	return s, nil
}

func (s *session) open(ctx context.Context) error {
	call, cancel := s.c.call(ctx)
	defer cancel()
	if err := s.connect(call); err != nil {
		return err
	}
	if err := s.mark(call); err != nil {
		return err
	}
	e, at, err := s.last(call, s.end)
	if err != nil {
		return err
	}
	if e == nil || e.Run != s.spec.Run {
		err = s.begin(call)
	} else {
		err = s.goOn(call, e, at)
	}
	if err != nil {
		return err
	}
	s.consume()
	return nil
}

// connect makes the clients and takes the ID.
func (s *session) connect(ctx context.Context) (err error) {
	id := s.spec.ID
	if boot := s.c.up.Boot(); boot != "" {
		id = boot + "." + id
	}
	if s.client, err = s.c.sessionClient(); err != nil {
		return err
	}
	s.out = &producer{client: s.client, txn: id, timeout: s.c.timeout, topics: map[string][]*outlet{}}
	if err := s.out.learn(ctx, append([]string{s.spec.Journal}, s.spec.Outputs...)...); err != nil {
		return err
	}
	for _, topic := range s.spec.Outputs {
		s.outlets = append(s.outlets, s.out.topics[topic])
	}
	return s.out.open(ctx)
}

// sessionClient makes a client of a session, which speaks the protocol of
// transactions in the form that all clusters know.
func (c *Cluster) sessionClient() (*kgo.Client, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(entrance),
		kgo.ClientID("weir"),
		kgo.Dialer(dialer{c.up}.dial),
		kgo.MaxVersions(kversion.V3_5_0()),
		kgo.RequestRetries(8), kgo.RetryTimeout(c.timeout), kgo.RequestTimeoutOverhead(c.timeout),
		kgo.RetryBackoffFn(func(tries int) time.Duration { return min(time.Second, 5*time.Millisecond<<min(tries, 8)) }),
		kgo.MetadataMinAge(50*time.Millisecond), kgo.MetadataMaxAge(time.Minute),
		kgo.DisableClientMetrics(),
	)
	if err != nil {
		return nil, weir.Errorf(weir.Internal, "the Kafka client does not start").Because(err)
	}
	return client, nil
}

// begin finds where a run begins, and commits that, so that it begins there
// whatever happens.
func (s *session) begin(ctx context.Context) error {
	starts, _, committed, err := s.spans(ctx)
	if err != nil {
		return err
	}
	from := starts
	if s.spec.AtEnd {
		from = committed
	}
	for _, topic := range s.spec.Inputs {
		at := map[int32]*reach{}
		for p, o := range from[topic] {
			end, _ := committed.Lookup(topic, p)
			at[p] = &reach{o.Offset, max(o.Offset, end.Offset)}
		}
		s.at = append(s.at, at)
	}
	s.cutAt, s.base = 0, s.end
	if err := s.commit(ctx, weir.Epoch{Base: s.end}); err != nil {
		return err
	}
	s.resumed = weir.Resumed{At: s.positions()}
	return nil
}

// goOn takes up where the last epoch was.
func (s *session) goOn(ctx context.Context, e *entry, at int64) error {
	starts, ends, committed, err := s.spans(ctx)
	if err != nil {
		return err
	}
	s.resumed = weir.Resumed{Epoch: e.Epoch, Note: e.Note}
	s.epoch, s.base, s.epochs = e.Epoch+1, e.Base, nil
	for _, topic := range s.spec.Inputs {
		was, err := e.position(topic)
		if err != nil {
			return err
		}
		reached := map[int32]*reach{}
		for p, start := range starts[topic] {
			next := was.Offsets[p] // a partition that is new is read from its beginning
			end, _ := ends.Lookup(topic, p)
			if next > end.Offset {
				return weir.Errorf(weir.Damaged, "%s/%d ends at %d, and was read up to %d", topic, p, end.Offset, next).
					WithFix("it is another topic, or has lost records: let the query begin anew with weir query stop, then start")
			}
			if next < start.Offset {
				s.resumed.Lost = append(s.resumed.Lost, weir.LostRecords{Topic: topic, Partition: p, From: next, To: start.Offset})
				next = start.Offset
			}
			stable, _ := committed.Lookup(topic, p)
			reached[p] = &reach{next, max(next, stable.Offset)}
		}
		s.at = append(s.at, reached)
	}
	s.resumed.At = s.positions()
	return nil
}

// consume begins to read.
func (s *session) consume() {
	var parts []*part
	for i, topic := range s.spec.Inputs {
		for p, r := range s.at[i] {
			parts = append(parts, &part{input: i, topic: topic, number: p, next: r.next, end: r.end})
		}
	}
	s.looked = s.now()
	bytes := min(sessionFetchPartition, max(64<<10, sessionFetch/max(1, len(parts))))
	s.ahead = readAhead(s.client, s.c.timeout, int32(bytes), parts)
}

// Resumed is where it was when it was opened.
func (s *session) Resumed() weir.Resumed { return s.resumed }

// End is the place in the journal behind everything that is committed.
func (s *session) End() int64 { return s.end }

// Base is the base of the last epoch.
func (s *session) Base() int64 { return s.base }

// Restore gives the changes since the base of the last epoch.
func (s *session) Restore(ctx context.Context, fn func([]byte) error) error {
	return s.journal(ctx, s.base, s.end, func(m *weir.Message) error {
		if string(m.Key) != keyChange {
			return nil
		}
		return fn(m.Value)
	})
}

// Poll waits for records.
func (s *session) Poll(ctx context.Context, records int, wait time.Duration) ([]weir.Messages, error) {
	if err := s.c.up.Room(); err != nil {
		return nil, err
	}
	if err := s.look(ctx); err != nil {
		return nil, s.failed(err, "look at the inputs of the query")
	}
	if len(s.ready) == 0 {
		pieces, err := s.ahead.next(ctx, wait)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, s.failed(err, "read the inputs of the query")
		}
		s.arrived(pieces)
	}
	return s.take(records), nil
}

// arrived takes in an answer.
func (s *session) arrived(pieces []*piece) {
	for _, p := range pieces {
		if r := s.at[p.part.input][p.part.number]; p.left() == 0 && p.broken == nil {
			r.next, r.end = p.next, max(r.end, p.end, p.next)
			s.ahead.memory.release(p.rows)
		} else {
			r.end = max(r.end, p.end)
			s.ready = append(s.ready, p)
		}
	}
}

// take gives at most so many records of those that are there.
func (s *session) take(records int) (all []weir.Messages) {
	for records > 0 {
		if len(s.ready) == 0 {
			s.arrived(s.ahead.more())
		}
		if len(s.ready) == 0 {
			break
		}
		p := s.ready[0]
		m := p.give(min(records, p.left()))
		all, s.moved = append(all, m), true
		records -= max(1, len(m.Offsets))
		r := s.at[m.Input][m.Partition]
		if n := len(m.Offsets); n > 0 {
			r.next = m.Offsets[n-1] + 1
		}
		if p.left() == 0 {
			r.next = p.next
			s.spent, s.ready = append(s.spent, p.rows), slices.Delete(s.ready, 0, 1)
		}
		r.end = max(r.end, r.next)
	}
	return all
}

// look finds partitions that are new. They are read from their beginning.
func (s *session) look(ctx context.Context) error {
	if s.now().Sub(s.looked) < lookEvery {
		return nil
	}
	ctx, cancel := s.c.call(ctx)
	defer cancel()
	resp, err := metadata(ctx, s.client, false, s.spec.Inputs...)
	if err != nil {
		return err
	}
	s.looked = s.now()
	var added []*part
	for _, t := range resp.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
			if kerr.IsRetriable(err) && !errors.Is(err, kerr.UnknownTopicOrPartition) {
				continue
			}
			return err
		}
		input := s.inputs[*t.Topic]
		for _, p := range t.Partitions {
			if s.at[input][p.Partition] == nil {
				s.at[input][p.Partition] = &reach{}
				added = append(added, &part{input: input, topic: *t.Topic, number: p.Partition})
			}
		}
	}
	if len(added) > 0 {
		s.ahead.add(added)
	}
	return nil
}

// Put adds a record to what is committed next.
func (s *session) Put(ctx context.Context, output int, m *weir.Message) error {
	size := sizeOf(m)
	if size > weir.MaxPut {
		return weir.Errorf(weir.Limit, "the record has %d bytes", size).WithFix("a record of a query has at most %d", weir.MaxPut)
	}
	outlets := s.outlets[output]
	n := int32(len(outlets))
	to := s.turn % n
	if m.Key != nil {
		to = partitionOf(m.Key, n)
	} else {
		s.turn = to + 1
	}
	s.out.put(outlets[to], m, size)
	if s.out.waiting < putBytes {
		return nil
	}
	ctx, cancel := s.c.call(ctx)
	defer cancel()
	return s.failed(s.out.flush(ctx), "write to the topic "+s.spec.Outputs[output])
}

// Commit commits everything since the last one.
func (s *session) Commit(ctx context.Context, e weir.Epoch) error {
	if !s.moved && !s.out.begun && s.out.waiting == 0 && len(e.Changes) == 0 {
		return nil
	}
	ctx, cancel := s.c.call(ctx)
	defer cancel()
	if err := s.commit(ctx, e); err != nil {
		return s.failed(err, "commit an epoch of the query")
	}
	return s.failed(s.cut(ctx), "cut the topic "+s.spec.Journal)
}

func (s *session) commit(ctx context.Context, e weir.Epoch) error {
	o := s.out.topics[s.spec.Journal][0]
	for _, change := range e.Changes {
		s.out.add(o, &weir.Message{Time: s.now(), Key: []byte(keyChange), Value: change})
	}
	positions := map[string]string{}
	at := map[place]int64{}
	for i, topic := range s.spec.Inputs {
		positions[topic] = s.position(i).String()
		for p, r := range s.at[i] {
			at[place{topic, p}] = r.next
		}
	}
	value, err := json.Marshal(entry{Run: s.spec.Run, Epoch: s.epoch, Base: e.Base, At: positions, Note: e.Note})
	if err != nil {
		return weir.Errorf(weir.Internal, "the note of an epoch is no JSON").Because(err)
	}
	s.out.add(o, &weir.Message{Time: s.now(), Key: []byte(keyEpoch), Value: value})
	if err := s.out.flush(ctx); err != nil {
		return err
	}
	if err := s.out.offsets(ctx, s.spec.Group, at); err != nil {
		return err
	}
	begins, last := o.base, o.last
	if err := s.out.end(ctx, true); err != nil {
		return err
	}
	s.end, s.base, s.moved = last+1, e.Base, false
	s.epoch++
	s.turn = int32(s.epoch & 0xffff)
	s.epochs = append(s.epochs, begins)
	s.release()
	return nil
}

// release says that what Poll gave is not valid any more.
func (s *session) release() {
	for _, r := range s.spent {
		s.ahead.memory.release(r)
	}
	clear(s.spent)
	s.spent = s.spent[:0]
}

func (s *session) position(input int) weir.Position {
	p := weir.Position{Offsets: map[int32]int64{}}
	for n, r := range s.at[input] {
		p.Offsets[n] = r.next
	}
	return p
}

func (s *session) positions() []weir.Position {
	all := make([]weir.Position, len(s.spec.Inputs))
	for i := range all {
		all[i] = s.position(i)
	}
	return all
}

// Lag is how many records Poll has not given yet.
func (s *session) Lag() (n int64) {
	for _, at := range s.at {
		for r := range maps.Values(at) {
			n += max(0, r.end-r.next)
		}
	}
	return n
}

// Behind is how many records of a partition Poll has not given yet.
func (s *session) Behind(input int, partition int32) int64 {
	if r := s.at[input][partition]; r != nil {
		return max(0, r.end-r.next)
	}
	return 0
}

// Close undoes what was not committed, unless an end was asked for already: then
// nobody can say which.
func (s *session) Close() {
	if s.client == nil {
		return
	}
	if s.ahead != nil {
		s.ahead.close()
	}
	if s.out != nil && s.out.begun && !s.out.ended {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = s.out.end(ctx, false) // whatever it says, the next session with the ID does it
		cancel()
	}
	s.client.Close()
	s.client = nil
}

// failed is an error of the session as ours. That another one has the ID is a
// conflict.
func (s *session) failed(err error, op string) error {
	for _, fenced := range []error{kerr.InvalidProducerEpoch, kerr.ProducerFenced, kerr.InvalidProducerIDMapping, kerr.InvalidTxnState} {
		if errors.Is(err, fenced) {
			return weir.Errorf(weir.Conflict, "cannot %s: another one has its place", op).Because(err).
				WithFix("run the query on one node")
		}
	}
	if errors.Is(err, kerr.ConcurrentTransactions) {
		return weir.Errorf(weir.Unavailable, "cannot %s: the transaction before is not over yet", op).Because(err)
	}
	if errors.Is(err, kerr.OffsetOutOfRange) {
		return weir.Errorf(weir.Unavailable, "cannot %s: records were deleted before they were read", op).Because(err)
	}
	return failed(err, op)
}
