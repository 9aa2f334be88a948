package gateway

import (
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/core/wire"
)

// verdict is what is said of one partition's batches: an error code and, from
// version 8 on, a text for people.
type verdict struct {
	code int16
	text string
}

// produceRequest judges every partition by itself: the good ones go on, the
// others are answered here, and nothing is dropped unseen. A producer that
// wants no answers cannot be told, so its connection ends, as Apache Kafka does
// it.
func produceRequest(x *exchange) error {
	req := x.req.(*kmsg.ProduceRequest)
	whole := x.produceWhole(req)
	kept := req.Topics[:0:0]
	var refused []kmsg.ProduceResponseTopic
	for _, t := range req.Topics {
		good, bad := x.produceTopic(t, whole)
		if len(good.Partitions) > 0 {
			kept = append(kept, good)
			x.offered(good)
		}
		if len(bad.Partitions) > 0 {
			refused = append(refused, bad)
		}
	}
	x.noAnswer = req.Acks == 0
	if len(refused) == 0 {
		if x.noAnswer {
			x.meterSent()
		}
		return nil
	}
	if x.noAnswer {
		return refusef("records without acknowledgement were refused: %s", reason(refused[0].Partitions[0]))
	}
	add := func(resp kmsg.Response) { mergeProduced(resp.(*kmsg.ProduceResponse), refused) }
	if req.Topics, x.changed = kept, true; len(kept) == 0 {
		x.local = x.newAnswer()
		add(x.local)
		return nil
	}
	x.merges = append(x.merges, add)
	return nil
}

// mergeProduced adds refused partitions to what the broker says of their
// topic's others.
func mergeProduced(r *kmsg.ProduceResponse, refused []kmsg.ProduceResponseTopic) {
	for _, t := range refused {
		i := slices.IndexFunc(r.Topics, func(o kmsg.ProduceResponseTopic) bool { return o.Topic == t.Topic && o.TopicID == t.TopicID })
		if i < 0 {
			r.Topics = append(r.Topics, t)
			continue
		}
		r.Topics[i].Partitions = append(r.Topics[i].Partitions, t.Partitions...)
	}
}

func reason(p kmsg.ProduceResponseTopicPartition) string {
	if p.ErrorMessage != nil {
		return *p.ErrorMessage
	}
	return kerr.ErrorForCode(p.ErrorCode).Error()
}

// produceWhole is what holds for every partition of the request.
func (x *exchange) produceWhole(req *kmsg.ProduceRequest) verdict {
	if req.TransactionID != nil {
		if code := x.transaction(*req.TransactionID); code != allowed {
			return verdict{code, "a transactional id begins with the application's name; use " + x.login.Name + " or " + x.login.Name + ".ANYTHING"}
		}
		sent := x.sent(*req.TransactionID)
		req.TransactionID, x.tx = &sent, sent
	}
	err := x.c.g.upstream.Room()
	if err == nil {
		return verdict{}
	}
	var e *weir.Error
	if errors.As(err, &e) {
		return verdict{kerr.PolicyViolation.Code, e.Public()}
	}
	return verdict{kerr.PolicyViolation.Code, "the cluster takes no more records for now"}
}

// produceTopic divides a topic's partitions into those that may be written and
// the answers to the others.
func (x *exchange) produceTopic(t kmsg.ProduceRequestTopic, whole verdict) (good kmsg.ProduceRequestTopic, bad kmsg.ProduceResponseTopic) {
	v := verdict{code: x.named(t.Topic, t.TopicID, rights.Write)}
	if v.code == kerr.TopicAuthorizationFailed.Code {
		v.text = "only applications of the team that owns the domain may write to this topic, and none while a query makes what it holds"
	} else if v.code == kerr.InvalidTopicException.Code {
		v.text = "the request names a topic by both of its names; use the product's"
	}
	if v.code == allowed {
		v = whole
	}
	good = t
	good.Partitions = good.Partitions[:0:0]
	bad.Topic, bad.TopicID = t.Topic, t.TopicID
	for _, p := range t.Partitions {
		judged := x.producePartition(p, v)
		if judged.code != allowed {
			x.told(judged, t)
			bad.Partitions = append(bad.Partitions, producedError(p.Partition, judged))
		} else {
			good.Partitions = append(good.Partitions, p)
		}
	}
	return good, bad
}

// told notes what a producer was told of a partition, unless its topic was refused
// as a whole, which is noted already.
func (x *exchange) told(v verdict, t kmsg.ProduceRequestTopic) {
	switch v.code {
	case kerr.InvalidRecord.Code, kerr.PolicyViolation.Code, kerr.InvalidProducerIDMapping.Code:
		x.c.tell(v.code, x.asked(t.Topic, t.TopicID), v.text)
	}
}

// producePartition is the pipeline of a written partition: rights and room
// (v), the batches' form and producer, the contract (here, once products have one), then
// counting.
func (x *exchange) producePartition(p kmsg.ProduceRequestTopicPartition, v verdict) verdict {
	m := x.c.g.metrics
	if v.code == kerr.PolicyViolation.Code {
		m.Full.Add(1)
	}
	if v.code != allowed {
		return v
	}
	records, err := wire.CheckBatches(p.Records)
	if err != nil {
		return verdict{kerr.InvalidRecord.Code, "the partition's bytes are no record batches of message format 2"}
	}
	if v := x.batchProducers(p.Records); v.code != allowed {
		return v
	}
	m.ProducedPartitions.Add(1)
	m.ProducedRecords.Add(int64(records))
	m.ProducedBytes.Add(int64(len(p.Records)))
	return verdict{}
}

func producedError(partition int32, v verdict) kmsg.ProduceResponseTopicPartition {
	p := kmsg.NewProduceResponseTopicPartition()
	p.Partition, p.ErrorCode, p.BaseOffset, p.LogAppendTime, p.LogStartOffset = partition, v.code, -1, -1, -1
	if v.text != "" {
		p.ErrorMessage = &v.text
	}
	return p
}

// produceAnswer replaces the addresses of new leaders.
func produceAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.ProduceResponse)
	x.meterAcknowledged(r)
	changed := len(r.Brokers) > 0
	kept := r.Brokers[:0]
	for _, b := range r.Brokers {
		if x.readdress(b.NodeID, &b.Host, &b.Port) {
			kept = append(kept, b)
		}
	}
	r.Brokers = kept
	return changed
}
