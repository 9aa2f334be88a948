package kafka

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

// Bounds of what a session writes: how many bytes wait before they are sent, how
// many go into one request, and how much room is kept for what comes next.
const (
	putBytes     = 4 << 20
	requestBytes = 4 << 20
	spareBytes   = 2 * putBytes
)

// sessionTransaction is the time after which the cluster ends a transaction that
// nobody ends.
const sessionTransaction = 60 * time.Second

// producer writes transactions under an id, by the protocol that every cluster
// since Kafka 2.5 speaks. It is thrown away after any error, so what it knows of
// sequences is always right.
type producer struct {
	client  *kgo.Client
	txn     string
	timeout time.Duration
	id      int64
	epoch   int16
	topics  map[string][]*outlet
	waiting int // bytes that were put and not sent
	begun   bool
	free    []*batch  // to be used again
	spare   int       // bytes of room in them
	fresh   []*outlet // with something to send, not part of the transaction yet
	ended   bool      // an end was asked for, and not confirmed
}

// outlet is a partition that is written.
type outlet struct {
	topic     string
	partition int32
	leader    int32
	sequence  int32
	part      bool     // of the transaction that is open
	queue     []*batch // the last one may grow
	base      int64    // offset of the first record of this transaction; -1: none yet
	last      int64    // offset of the last one
}

// open fences whoever had the id.
func (p *producer) open(ctx context.Context) error {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID = &p.txn
	req.TransactionTimeoutMillis = int32(sessionTransaction.Milliseconds())
	return p.settle(ctx, func() error {
		resp, err := req.RequestWith(ctx, p.client)
		if err != nil {
			return err
		}
		p.id, p.epoch = resp.ProducerID, resp.ProducerEpoch
		return kerr.ErrorForCode(resp.ErrorCode)
	})
}

// learn makes the outlets of topics, and finds the leaders of those that there
// are.
func (p *producer) learn(ctx context.Context, topics ...string) error {
	resp, err := metadata(ctx, p.client, false, topics...)
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
			return err
		}
		p.lead(t)
	}
	return nil
}

func (p *producer) lead(t kmsg.MetadataResponseTopic) {
	outlets := p.topics[*t.Topic]
	for n := len(outlets); n < len(t.Partitions); n++ {
		outlets = append(outlets, &outlet{topic: *t.Topic, partition: int32(n), base: -1})
	}
	for _, part := range t.Partitions {
		if part.Leader >= 0 {
			outlets[part.Partition].leader = part.Leader
		}
	}
	p.topics[*t.Topic] = outlets
}

// add adds a record to what waits for an outlet.
func (p *producer) add(o *outlet, m *weir.Message) { p.put(o, m, sizeOf(m)) }

// put is add for a record whose size is known.
func (p *producer) put(o *outlet, m *weir.Message, size int) {
	if len(o.queue) == 0 {
		o.queue = append(o.queue, p.batch(0))
	} else if !o.queue[len(o.queue)-1].room(size) {
		o.queue = append(o.queue, p.batch(weir.MaxPut))
	}
	if !o.part {
		o.part = true
		p.fresh = append(p.fresh, o)
	}
	b := o.queue[len(o.queue)-1]
	before := len(b.buf)
	b.add(m)
	p.waiting += len(b.buf) - before
}

// batch is an empty one, with room for so many bytes if there is none that was used.
func (p *producer) batch(room int) *batch {
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free = p.free[:n-1]
		p.spare -= cap(b.buf)
		return b
	}
	if room == 0 {
		return &batch{}
	}
	return &batch{buf: make([]byte, 0, room+batchHead)}
}

// flush sends everything that waits.
func (p *producer) flush(ctx context.Context) error {
	if err := p.join(ctx); err != nil {
		return err
	}
	for p.waiting > 0 {
		if err := p.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// join makes the new outlets parts of the transaction.
func (p *producer) join(ctx context.Context) error {
	if len(p.fresh) == 0 {
		return nil
	}
	req := kmsg.NewPtrAddPartitionsToTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch = p.txn, p.id, p.epoch
	of := map[string]int{}
	for _, o := range p.fresh {
		i, ok := of[o.topic]
		if !ok {
			i = len(req.Topics)
			of[o.topic] = i
			req.Topics = append(req.Topics, kmsg.AddPartitionsToTxnRequestTopic{Topic: o.topic})
		}
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, o.partition)
	}
	p.begun = true
	err := p.settle(ctx, func() error {
		resp, err := req.RequestWith(ctx, p.client)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, part := range t.Partitions {
				if err := kerr.ErrorForCode(part.ErrorCode); err != nil && !errors.Is(err, kerr.OperationNotAttempted) {
					return err
				}
			}
		}
		return nil
	})
	p.fresh = p.fresh[:0]
	return err
}

// settle asks again as long as the cluster still ends the transaction before,
// or moves what it is about.
func (p *producer) settle(ctx context.Context, ask func() error) error {
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		err := ask()
		if err == nil || !kerr.IsRetriable(err) && !errors.Is(err, kerr.ConcurrentTransactions) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// round sends a batch of every outlet that has one, to all brokers at once.
func (p *producer) round(ctx context.Context) error {
	byLeader, size := map[int32][]*outlet{}, 0
	for _, outlets := range p.topics {
		for _, o := range outlets {
			if len(o.queue) > 0 && (size == 0 || size+len(o.queue[0].buf) <= requestBytes) {
				size += len(o.queue[0].buf)
				byLeader[o.leader] = append(byLeader[o.leader], o)
			}
		}
	}
	if err := p.sendAll(ctx, byLeader); err != nil {
		return err
	}
	for _, outlets := range byLeader {
		for _, o := range outlets {
			p.sent(o)
		}
	}
	return nil
}

// sendAll sends to all brokers at once.
func (p *producer) sendAll(ctx context.Context, byLeader map[int32][]*outlet) error {
	var wait sync.WaitGroup
	failed := make(chan error, len(byLeader))
	for leader, outlets := range byLeader {
		wait.Go(func() { failed <- p.send(ctx, leader, outlets) })
	}
	wait.Wait()
	close(failed)
	var all error
	for err := range failed {
		all = errors.Join(all, err)
	}
	return all
}

// sent takes away the batch that was written.
func (p *producer) sent(o *outlet) {
	b := o.queue[0]
	o.queue = o.queue[:copy(o.queue, o.queue[1:])]
	o.sequence = (o.sequence + b.n) & 0x7fffffff
	p.waiting -= len(b.buf)
	b.n, b.buf = 0, b.buf[:0]
	if p.spare+cap(b.buf) <= spareBytes {
		p.free = append(p.free, b)
		p.spare += cap(b.buf)
	}
}

// send writes the first batch of outlets; what a leader did not take because it
// has moved, each by itself: the sequence says that it is the same batch.
func (p *producer) send(ctx context.Context, leader int32, outlets []*outlet) error {
	for _, o := range outlets {
		o.queue[0].seal(p.id, p.epoch, o.sequence)
	}
	left, err := p.produce(ctx, leader, outlets)
	for _, o := range left {
		if err := p.sendAlone(ctx, o); err != nil {
			return err
		}
	}
	return err
}

func (p *producer) sendAlone(ctx context.Context, o *outlet) error {
	return p.settle(ctx, func() error {
		if err := p.find(ctx, o); err != nil {
			return err
		}
		left, err := p.produce(ctx, o.leader, []*outlet{o})
		if err == nil && len(left) > 0 {
			err = kerr.NotLeaderForPartition
		}
		return err
	})
}

// find asks who leads an outlet's partition now.
func (p *producer) find(ctx context.Context, o *outlet) error {
	resp, err := metadata(ctx, p.client, false, o.topic)
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, part := range t.Partitions {
			if part.Partition == o.partition && part.Leader >= 0 {
				o.leader = part.Leader
				return nil
			}
		}
	}
	return kerr.LeaderNotAvailable
}

// produce is one request to one broker. left are the outlets that it may take
// another time, or another broker.
func (p *producer) produce(ctx context.Context, leader int32, outlets []*outlet) (left []*outlet, err error) {
	req := kmsg.NewPtrProduceRequest()
	req.TransactionID, req.Acks, req.TimeoutMillis = &p.txn, -1, int32(p.timeout.Milliseconds())
	for _, o := range outlets {
		part := kmsg.ProduceRequestTopicPartition{Partition: o.partition, Records: o.queue[0].buf}
		if n := len(req.Topics); n == 0 || req.Topics[n-1].Topic != o.topic {
			req.Topics = append(req.Topics, kmsg.ProduceRequestTopic{Topic: o.topic})
		}
		t := &req.Topics[len(req.Topics)-1]
		t.Partitions = append(t.Partitions, part)
	}
	answer, err := p.client.Broker(int(leader)).RetriableRequest(ctx, req)
	if err != nil {
		return nil, err
	}
	bases, err := answers(answer.(*kmsg.ProduceResponse))
	if err != nil {
		return nil, err
	}
	for _, o := range outlets {
		base, ok := bases[place{o.topic, o.partition}]
		if !ok {
			left = append(left, o)
			continue
		}
		if o.base < 0 {
			o.base = base
		}
		o.last = base + int64(o.queue[0].n) - 1
	}
	return left, nil
}

// place is a partition of a topic.
type place struct {
	topic     string
	partition int32
}

// answers gives the offsets of what was written; what may be tried again is not
// in it.
func answers(resp *kmsg.ProduceResponse) (map[place]int64, error) {
	bases := map[place]int64{}
	for _, t := range resp.Topics {
		for _, part := range t.Partitions {
			switch err := kerr.ErrorForCode(part.ErrorCode); {
			case err == nil:
				bases[place{t.Topic, part.Partition}] = part.BaseOffset
			case !kerr.IsRetriable(err):
				return nil, err
			}
		}
	}
	return bases, nil
}

// offsets makes it part of the transaction how far a group is.
func (p *producer) offsets(ctx context.Context, group string, at map[place]int64) error {
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = p.txn, p.id, p.epoch, group
	p.begun = true
	err := p.settle(ctx, func() error {
		resp, err := add.RequestWith(ctx, p.client)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if err != nil {
		return err
	}
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Group, req.Generation = p.txn, p.id, p.epoch, group, -1
	of := map[string]int{}
	for at, offset := range at {
		i, ok := of[at.topic]
		if !ok {
			i = len(req.Topics)
			of[at.topic] = i
			req.Topics = append(req.Topics, kmsg.TxnOffsetCommitRequestTopic{Topic: at.topic})
		}
		part := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		part.Partition, part.Offset = at.partition, offset
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, part)
	}
	return p.settle(ctx, func() error {
		resp, err := req.RequestWith(ctx, p.client)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, part := range t.Partitions {
				if err := kerr.ErrorForCode(part.ErrorCode); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// end commits or undoes the transaction, if there is one.
func (p *producer) end(ctx context.Context, commit bool) error {
	if !p.begun {
		return nil
	}
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = p.txn, p.id, p.epoch, commit
	p.ended = true
	err := p.settle(ctx, func() error {
		resp, err := req.RequestWith(ctx, p.client)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if err != nil {
		return err
	}
	p.begun, p.ended = false, false
	for _, outlets := range p.topics {
		for _, o := range outlets {
			o.part, o.base = false, -1
		}
	}
	return nil
}
