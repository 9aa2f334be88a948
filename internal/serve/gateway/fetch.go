package gateway

import (
	"math"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// session is what the broker's fetch session of this connection holds, so that
// a right that ended is told although later requests do not name the topic.
// Only the goroutine of requests uses it.
type session struct {
	topics map[topicName]struct{} // as the client calls them
	names  map[string]string      // its names of published ones, by the cluster's; replaced, never changed
	judged weir.Offset            // the rights by which they were judged last
}

// topicName is a topic as a request names it: by name or by id.
type topicName struct {
	name string
	id   [16]byte
}

// consumer is the replica id of who is none.
const consumer = -1

// fetchRequest judges what is asked for, and bounds it.
func fetchRequest(x *exchange) error {
	req := x.req.(*kmsg.FetchRequest)
	if req.ReplicaID != consumer || req.ReplicaState.ID != consumer {
		return refusef("a Fetch as replica %d or %d", req.ReplicaID, req.ReplicaState.ID)
	}
	x.boundFetch(req)
	own := req.SessionID != 0 && req.SessionID == x.c.fetchID.Load()
	if req.SessionEpoch > 0 {
		return x.fetchOn(req, own)
	}
	if !own && req.SessionID != 0 { // the broker would end somebody's session
		req.SessionID, x.changed = 0, true
	}
	strip(x, &req.Topics,
		func(t kmsg.FetchRequestTopic) int16 { return x.named(t.Topic, t.TopicID, rights.Read) },
		func(t kmsg.FetchRequestTopic, code int16) kmsg.FetchResponseTopic {
			return kmsg.FetchResponseTopic{Topic: t.Topic, TopicID: t.TopicID, Partitions: each(t.Partitions,
				func(p kmsg.FetchRequestTopicPartition) kmsg.FetchResponseTopicPartition {
					return fetchedError(p.Partition, code)
				})}
		},
		func(resp kmsg.Response) *[]kmsg.FetchResponseTopic { return &resp.(*kmsg.FetchResponse).Topics },
	)
	x.c.fetch = session{topics: map[topicName]struct{}{}, names: x.used, judged: x.snap.Offset()}
	if x.merges != nil {
		// Without a session every further request names all topics again, so
		// what is refused now is found once it is allowed.
		req.SessionID, req.SessionEpoch = 0, -1
	}
	x.c.fetch.add(req.Topics)
	x.wants(req.Topics, true)
	return nil
}

// boundFetch caps how long a Fetch waits, since its rights are judged again
// when it returns, and how much it brings.
func (x *exchange) boundFetch(req *kmsg.FetchRequest) {
	l := x.c.g.limits
	if wait := int32(l.FetchWait.Milliseconds()); req.MaxWaitMillis > wait {
		req.MaxWaitMillis, x.changed = wait, true
	}
	if most := x.c.g.fetchBytes(x.login.Name); req.MaxBytes > most {
		req.MaxBytes, x.changed = most, true
	}
	if req.MinBytes > req.MaxBytes {
		req.MinBytes, x.changed = req.MaxBytes, true
	}
	if x.c.g.shares && req.IsolationLevel == readCommitted {
		shareFetch(req)
		x.changed = true
	}
}

// readCommitted is the isolation level of who is given no undone records.
const readCommitted = 1

// What a partition gets of a shared Fetch: at least leastShare bytes, and as if
// a session, of which a request names only what changed, had sessionShares
// partitions.
const (
	leastShare    = 64 << 10
	sessionShares = 16
)

// shareFetch bounds each partition of a Fetch instead of the whole.
func shareFetch(req *kmsg.FetchRequest) {
	n := 0
	for _, t := range req.Topics {
		n += len(t.Partitions)
	}
	if req.SessionEpoch > 0 {
		n = max(n, sessionShares)
	}
	share := max(leastShare, req.MaxBytes/int32(max(1, n)))
	for i := range req.Topics {
		for j := range req.Topics[i].Partitions {
			p := &req.Topics[i].Partitions[j]
			p.PartitionMaxBytes = min(p.PartitionMaxBytes, share)
		}
	}
	req.MaxBytes = math.MaxInt32
}

// fetchOn judges a request that continues a session. If the session is not this
// connection's own, or it or the request holds what may not be read, the client
// is told that there is no such session: it then asks for everything again, and
// is told topic by topic. For the broker all clients are one, so it would not
// keep their sessions apart.
func (x *exchange) fetchOn(req *kmsg.FetchRequest, own bool) error {
	s := &x.c.fetch
	good := own
	for _, t := range req.Topics {
		good = good && x.named(t.Topic, t.TopicID, rights.Read) == allowed
	}
	if good && s.judged != x.snap.Offset() { // those that are to be forgotten too: their name must be good
		s.rename(x)
		for t := range s.topics {
			good = good && x.named(t.name, t.id, rights.Read) == allowed
		}
	}
	good = good && s.resumed(x)
	for _, t := range req.ForgottenTopics {
		delete(s.topics, topicName{t.Topic, t.TopicID})
	}
	if !good {
		resp := x.newAnswer().(*kmsg.FetchResponse)
		resp.ErrorCode = kerr.FetchSessionIDNotFound.Code
		x.local = resp
		return nil
	}
	s.judged = x.snap.Offset()
	s.add(req.Topics)
	x.wants(req.Topics, false)
	return nil
}

func (s *session) add(topics []kmsg.FetchRequestTopic) {
	if s.topics == nil {
		s.topics = map[topicName]struct{}{}
	}
	for _, t := range topics {
		s.topics[topicName{t.Topic, t.TopicID}] = struct{}{}
	}
}

// fetchAnswer is the pipeline of what is read: rights of this moment for every
// partition, the projection (here, once there are grants of less than all),
// then counting. Addresses of new leaders are replaced.
func fetchAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.FetchResponse)
	if r.SessionID != 0 {
		x.c.fetchID.Store(r.SessionID)
	}
	changed := len(r.Brokers) > 0
	kept := r.Brokers[:0]
	for _, b := range r.Brokers {
		if x.readdress(b.NodeID, &b.Host, &b.Port) {
			kept = append(kept, b)
		}
	}
	r.Brokers = kept
	for i := range r.Topics {
		t := &r.Topics[i]
		if code := x.named(t.Topic, t.TopicID, rights.Read); code != allowed {
			t.Partitions = each(t.Partitions, func(p kmsg.FetchResponseTopicPartition) kmsg.FetchResponseTopicPartition {
				return fetchedError(p.Partition, code)
			})
			changed = true
		}
		x.meterFetched(t)
	}
	return changed
}

// fetchedError tells of a partition nothing but the error.
func fetchedError(partition int32, code int16) kmsg.FetchResponseTopicPartition {
	p := kmsg.NewFetchResponseTopicPartition()
	p.Partition, p.ErrorCode = partition, code
	p.HighWatermark, p.LastStableOffset, p.LogStartOffset, p.PreferredReadReplica = -1, -1, -1, -1
	p.RecordBatches = []byte{}
	return p
}
