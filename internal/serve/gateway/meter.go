package gateway

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/wire"
)

// noMeter counts nothing.
type noMeter struct{}

func (noMeter) Add(weir.Passage, int64, int64) {}

// heardLibrary notes which client library a connection says it is, before its
// login; a later request does not change it.
func (c *conn) heardLibrary(version int16) {
	if version < 3 || c.login.Load() != nil {
		return
	}
	if l := weir.NewLibrary(wire.ReadSoftware(c.frame)); l != (weir.Library{}) {
		c.library = l
	}
}

// offer is what one partition of a Produce brings, until it is acknowledged.
type offer struct{ records, bytes int64 }

// place is a partition of a product or stream.
type place struct {
	of        weir.UID
	partition int32
}

// offers is what a Produce brings, by partition.
type offers struct {
	by    map[place]offer
	names map[weir.UID]weir.Ref
}

// topicAs finds a topic as this request's version names it.
func (x *exchange) topicAs(name string, id [16]byte) (access.Topic, bool) {
	if x.entry.ids > 0 && x.header.Version >= x.entry.ids {
		return x.snap.TopicByID(id)
	}
	return x.snap.Topic(name)
}

// offered notes what is about to be sent to the cluster.
func (x *exchange) offered(req kmsg.ProduceRequestTopic) {
	t, ok := x.topicAs(req.Topic, req.TopicID)
	if !ok {
		return
	}
	if x.offers.by == nil {
		x.offers = offers{map[place]offer{}, map[weir.UID]weir.Ref{}}
	}
	x.offers.names[t.Of.UID] = t.Of
	for _, p := range req.Partitions {
		_, records, _ := wire.Count(p.Records) // they were checked
		at := place{t.Of.UID, p.Partition}
		had := x.offers.by[at]
		x.offers.by[at] = offer{had.records + int64(records), had.bytes + int64(len(p.Records))}
	}
}

// meterSent counts what was sent by a producer that asked for no
// acknowledgement: whether the cluster has it is not known.
func (x *exchange) meterSent() {
	for at, o := range x.offers.by {
		x.meter(x.offers.names[at.of], weir.Writing, weir.BySent, o)
	}
}

// meterAcknowledged counts what the cluster says it has. A batch that a
// producer sends again, because the answer to the first was lost on its way,
// counts again.
func (x *exchange) meterAcknowledged(r *kmsg.ProduceResponse) {
	for i := range r.Topics {
		t, ok := x.topicAs(r.Topics[i].Topic, r.Topics[i].TopicID)
		if !ok {
			continue
		}
		var sum offer
		for _, p := range r.Topics[i].Partitions {
			if p.ErrorCode != allowed {
				continue
			}
			o := x.offers.by[place{t.Of.UID, p.Partition}]
			sum.records, sum.bytes = sum.records+o.records, sum.bytes+o.bytes
		}
		x.meter(t.Of, weir.Writing, weir.ByGateway, sum)
	}
}

// wanted is the offset from which a connection reads each partition, as its
// requests said last. Requests and answers use it.
type wanted struct {
	mu   sync.Mutex
	from map[place]int64
}

// maxWanted bounds how many partitions of one connection are remembered.
const maxWanted = 20_000

// wants notes from where a Fetch reads; a fresh one names everything.
func (x *exchange) wants(topics []kmsg.FetchRequestTopic, fresh bool) {
	w := &x.c.wanted
	w.mu.Lock()
	defer w.mu.Unlock()
	if fresh || w.from == nil || len(w.from) > maxWanted {
		w.from = map[place]int64{}
	}
	for i := range topics {
		t, ok := x.topicAs(topics[i].Topic, topics[i].TopicID)
		if !ok {
			continue
		}
		for _, p := range topics[i].Partitions {
			w.from[place{t.Of.UID, p.Partition}] = p.FetchOffset
		}
	}
}

// meterFetched counts what is sent to the client, from the offset on that it
// asked for: a batch leaves whole, but what lies before that is dropped by the
// client. So are marks of transactions, and what was aborted.
func (x *exchange) meterFetched(t *kmsg.FetchResponseTopic) {
	of, known := x.topicAs(t.Topic, t.TopicID)
	m := x.c.g.metrics
	var sum offer
	for i := range t.Partitions {
		p := &t.Partitions[i]
		if len(p.RecordBatches) == 0 {
			continue
		}
		sum.records += delivered(p, x.c.wanted.at(place{of.Of.UID, p.Partition}))
		sum.bytes += int64(len(p.RecordBatches))
		m.DeliveredPartitions.Add(1)
	}
	m.DeliveredRecords.Add(sum.records)
	m.DeliveredBytes.Add(sum.bytes)
	if known {
		x.meter(of.Of, weir.Reading, weir.ByGateway, sum)
	}
}

func (w *wanted) at(p place) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.from[p]
}

// delivered counts the records that a client hands on which asked for those from
// an offset on; old formats are not counted.
func delivered(p *kmsg.FetchResponseTopicPartition, from int64) (records int64) {
	aborted := p.AbortedTransactions // sorted by offset
	var dropped map[int64]bool       // producers whose transaction was aborted
	for raw := p.RecordBatches; ; {
		b, rest, ok, err := wire.NextBatch(raw)
		if !ok || err != nil {
			return records
		}
		raw = rest
		for len(aborted) > 0 && aborted[0].FirstOffset <= b.Last {
			if dropped == nil {
				dropped = map[int64]bool{}
			}
			dropped[aborted[0].ProducerID], aborted = true, aborted[1:]
		}
		switch {
		case b.Control:
			delete(dropped, b.Producer)
		case !b.Transactional || !dropped[b.Producer]:
			records += min(int64(b.Records), max(0, b.Last-from+1))
		}
	}
}

// meter counts a passage of this connection's application.
func (x *exchange) meter(of weir.Ref, d weir.Direction, how weir.Evidence, o offer) {
	if o.records == 0 {
		return
	}
	x.c.g.meter.Add(weir.Passage{
		Who: weir.Ref{Noun: weir.NounApplication, UID: x.login.Application, Name: x.login.Name},
		Of:  of, Direction: d, How: how, Library: x.c.library,
	}, o.records, o.bytes)
}
