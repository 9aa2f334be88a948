package gateway_test

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// What app may do, topic by topic.
type grantedTopic struct {
	topic            string
	see, read, write bool
}

var topicsOfApp = []grantedTopic{
	{"own.data.v1", true, true, true},
	{"own._private.notes", true, true, true},
	{"other.open.v1", true, true, false},
	{"other.allowed.v1", true, true, false},
	{"other.asked.v1", true, false, false},
	{"other.hidden.v1", false, false, false},
	{"other._private.notes", false, false, false},
	{"never.was.v1", false, false, false},
}

func (g grantedTopic) code(allowed bool, unknown int16) int16 {
	switch {
	case !g.see:
		return unknown
	case !allowed:
		return kerr.TopicAuthorizationFailed.Code
	}
	return 0
}

// probe sends one request about one topic and gives the code of the answer.
type probe struct {
	name    string
	right   func(grantedTopic) bool
	unknown int16
	send    func(r *raw, topic string, id [16]byte) int16
}

// ownName is a group or transactional id of app that no other probe uses.
func ownName(r *raw) string { return "app." + r.LocalAddr().String() }

func see(g grantedTopic) bool   { return g.see }
func read(g grantedTopic) bool  { return g.read }
func write(g grantedTopic) bool { return g.write }

const (
	unknownName = 3
	unknownID   = 100
)

// batch is one record batch that a broker takes.
func batch() []byte {
	b := kmsg.RecordBatch{PartitionLeaderEpoch: -1, Magic: 2, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 1}
	rec := kmsg.Record{Value: []byte("x")}
	rec.Length = int32(len(rec.AppendTo(nil)) - 1)
	b.Records = rec.AppendTo(nil)
	return seal(&b)
}

var probes = []probe{
	{"Produce by name", write, unknownName, func(r *raw, topic string, id [16]byte) int16 {
		return produceOnce(r, 11, topic, id).Topics[0].Partitions[0].ErrorCode
	}},
	{"Produce by id", write, unknownID, func(r *raw, topic string, id [16]byte) int16 {
		return produceOnce(r, 13, "", id).Topics[0].Partitions[0].ErrorCode
	}},
	{"Fetch by name", read, unknownName, func(r *raw, topic string, id [16]byte) int16 {
		return fetchOnce(r, 12, topic, id, -1).Topics[0].Partitions[0].ErrorCode
	}},
	{"Fetch by id", read, unknownID, func(r *raw, topic string, id [16]byte) int16 {
		return fetchOnce(r, 18, "", id, -1).Topics[0].Partitions[0].ErrorCode
	}},
	{"ListOffsets", read, unknownName, func(r *raw, topic string, _ [16]byte) int16 {
		req := kmsg.NewPtrListOffsetsRequest()
		req.Version, req.ReplicaID = 7, -1
		t := kmsg.NewListOffsetsRequestTopic()
		p := kmsg.NewListOffsetsRequestTopicPartition()
		p.Timestamp = -1
		t.Topic, t.Partitions = topic, append(t.Partitions, p)
		req.Topics = append(req.Topics, t)
		return ask[*kmsg.ListOffsetsResponse](r, req).Topics[0].Partitions[0].ErrorCode
	}},
	{"Metadata by name", see, unknownName, func(r *raw, topic string, _ [16]byte) int16 {
		req := kmsg.NewPtrMetadataRequest()
		req.Version = 12
		req.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
		return ask[*kmsg.MetadataResponse](r, req).Topics[0].ErrorCode
	}},
	{"Metadata by id", see, unknownID, func(r *raw, _ string, id [16]byte) int16 {
		req := kmsg.NewPtrMetadataRequest()
		req.Version = 13
		req.Topics = []kmsg.MetadataRequestTopic{{TopicID: id}}
		return ask[*kmsg.MetadataResponse](r, req).Topics[0].ErrorCode
	}},
	{"OffsetCommit by name", read, unknownName, func(r *raw, topic string, id [16]byte) int16 { return commitOnce(r, 8, topic, id) }},
	{"OffsetCommit by id", read, unknownID, func(r *raw, _ string, id [16]byte) int16 { return commitOnce(r, 10, "", id) }},
	{"OffsetFetch of one group", read, unknownName, func(r *raw, topic string, id [16]byte) int16 {
		commitOnce(r, 8, "own.data.v1", id) // makes the group
		req := kmsg.NewPtrOffsetFetchRequest()
		req.Version, req.Group = 7, ownName(r)
		req.Topics = []kmsg.OffsetFetchRequestTopic{{Topic: topic, Partitions: []int32{0}}}
		return ask[*kmsg.OffsetFetchResponse](r, req).Topics[0].Partitions[0].ErrorCode
	}},
	{"OffsetFetch by name", read, unknownName, func(r *raw, topic string, id [16]byte) int16 { return offsetOnce(r, 8, topic, id) }},
	{"OffsetFetch by id", read, unknownID, func(r *raw, _ string, id [16]byte) int16 { return offsetOnce(r, 10, "", id) }},
	{"OffsetForLeaderEpoch", read, unknownName, func(r *raw, topic string, _ [16]byte) int16 {
		req := kmsg.NewPtrOffsetForLeaderEpochRequest()
		req.Version, req.ReplicaID = 4, -1
		t := kmsg.NewOffsetForLeaderEpochRequestTopic()
		p := kmsg.NewOffsetForLeaderEpochRequestTopicPartition()
		p.CurrentLeaderEpoch = -1
		t.Topic, t.Partitions = topic, append(t.Partitions, p)
		req.Topics = append(req.Topics, t)
		return ask[*kmsg.OffsetForLeaderEpochResponse](r, req).Topics[0].Partitions[0].ErrorCode
	}},
	{"AddPartitionsToTxn", write, unknownName, func(r *raw, topic string, _ [16]byte) int16 {
		tx := ownName(r)
		id := initProducer(r, tx)
		req := kmsg.NewPtrAddPartitionsToTxnRequest()
		req.Version, req.TransactionalID, req.ProducerID, req.ProducerEpoch = 3, tx, id.ProducerID, id.ProducerEpoch
		req.Topics = []kmsg.AddPartitionsToTxnRequestTopic{{Topic: topic, Partitions: []int32{0}}}
		return ask[*kmsg.AddPartitionsToTxnResponse](r, req).Topics[0].Partitions[0].ErrorCode
	}},
	{"TxnOffsetCommit by name", read, unknownName, func(r *raw, topic string, id [16]byte) int16 { return txnCommitOnce(r, 3, topic, id) }},
	{"TxnOffsetCommit by id", read, unknownID, func(r *raw, _ string, id [16]byte) int16 { return txnCommitOnce(r, 6, "", id) }},
	{"DescribeConfigs", see, unknownName, func(r *raw, topic string, _ [16]byte) int16 {
		req := kmsg.NewPtrDescribeConfigsRequest()
		req.Version = 4
		req.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: topic}}
		return ask[*kmsg.DescribeConfigsResponse](r, req).Resources[0].ErrorCode
	}},
	{"OffsetDelete", read, unknownName, func(r *raw, topic string, id [16]byte) int16 {
		commitOnce(r, 8, "own.data.v1", id)
		req := kmsg.NewPtrOffsetDeleteRequest()
		req.Group = ownName(r)
		req.Topics = []kmsg.OffsetDeleteRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetDeleteRequestTopicPartition{{}}}}
		return ask[*kmsg.OffsetDeleteResponse](r, req).Topics[0].Partitions[0].ErrorCode
	}},
	{"DescribeProducers", write, unknownName, func(r *raw, topic string, _ [16]byte) int16 {
		req := kmsg.NewPtrDescribeProducersRequest()
		req.Topics = []kmsg.DescribeProducersRequestTopic{{Topic: topic, Partitions: []int32{0}}}
		return ask[*kmsg.DescribeProducersResponse](r, req).Topics[0].Partitions[0].ErrorCode
	}},
	{"DescribeTopicPartitions", see, unknownName, func(r *raw, topic string, _ [16]byte) int16 {
		req := kmsg.NewPtrDescribeTopicPartitionsRequest()
		req.ResponsePartitionLimit = 100
		req.Topics = []kmsg.DescribeTopicPartitionsRequestTopic{{Topic: topic}}
		return ask[*kmsg.DescribeTopicPartitionsResponse](r, req).Topics[0].ErrorCode
	}},
}

func produceOnce(r *raw, version int16, topic string, id [16]byte) *kmsg.ProduceResponse {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis = version, -1, 1000
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, TopicID: id, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch()}}}}
	return ask[*kmsg.ProduceResponse](r, req)
}

// fetchOnce fetches partition 0 from its beginning.
func fetchOnce(r *raw, version int16, topic string, id [16]byte, epoch int32) *kmsg.FetchResponse {
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.ReplicaID, req.SessionEpoch, req.MaxBytes, req.MaxWaitMillis = version, -1, epoch, 1<<20, 10
	t := kmsg.NewFetchRequestTopic()
	p := kmsg.NewFetchRequestTopicPartition()
	p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1<<20, -1
	t.Topic, t.TopicID, t.Partitions = topic, id, append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return ask[*kmsg.FetchResponse](r, req)
}

func commitOnce(r *raw, version int16, topic string, id [16]byte) int16 {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Version, req.Group, req.Generation = version, ownName(r), -1
	t := kmsg.NewOffsetCommitRequestTopic()
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	t.Topic, t.TopicID, t.Partitions = topic, id, append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return ask[*kmsg.OffsetCommitResponse](r, req).Topics[0].Partitions[0].ErrorCode
}

func offsetOnce(r *raw, version int16, topic string, id [16]byte) int16 {
	commitOnce(r, 8, "own.data.v1", id) // makes the group
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Version = version
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group, g.MemberEpoch = ownName(r), -1
	g.Topics = []kmsg.OffsetFetchRequestGroupTopic{{Topic: topic, TopicID: id, Partitions: []int32{0}}}
	req.Groups = append(req.Groups, g)
	return ask[*kmsg.OffsetFetchResponse](r, req).Groups[0].Topics[0].Partitions[0].ErrorCode
}

func txnCommitOnce(r *raw, version int16, topic string, id [16]byte) int16 {
	tx := ownName(r)
	producer := initProducer(r, tx)
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.Version, add.TransactionalID, add.Group = 3, tx, ownName(r)
	add.ProducerID, add.ProducerEpoch = producer.ProducerID, producer.ProducerEpoch
	if code := ask[*kmsg.AddOffsetsToTxnResponse](r, add).ErrorCode; code != 0 {
		return code
	}
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.Version, req.TransactionalID, req.Group, req.Generation = version, tx, ownName(r), -1
	req.ProducerID, req.ProducerEpoch = producer.ProducerID, producer.ProducerEpoch
	t := kmsg.NewTxnOffsetCommitRequestTopic()
	p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
	t.Topic, t.TopicID, t.Partitions = topic, id, append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return ask[*kmsg.TxnOffsetCommitResponse](r, req).Topics[0].Partitions[0].ErrorCode
}

func initProducer(r *raw, id string) *kmsg.InitProducerIDResponse {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.Version, req.TransactionalID, req.TransactionTimeoutMillis = 4, &id, 10000
	req.ProducerID, req.ProducerEpoch = -1, -1
	return ask[*kmsg.InitProducerIDResponse](r, req)
}
