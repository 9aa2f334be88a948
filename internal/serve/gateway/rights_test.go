package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
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

// TestTopicRights: every request that names topics, by name and by id, for
// every kind of topic.
func TestTopicRights(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	for _, p := range probes {
		for _, g := range topicsOfApp {
			t.Run(p.name+"/"+g.topic, func(t *testing.T) {
				t.Parallel()
				id := [16]byte{9, 9, 9}
				if info := m.cluster.TopicInfo(g.topic); info != nil {
					id = info.TopicID
				}
				r := m.login("app")
				if got, want := p.send(r, g.topic, id), g.code(p.right(g), p.unknown); got != want {
					t.Errorf("code %d (%v), want %d (%v)", got, kerr.ErrorForCode(got), want, kerr.ErrorForCode(want))
				}
			})
		}
	}
}

// TestHiddenIsAbsent: what an application may not know of is answered byte for
// byte as what does not exist.
func TestHiddenIsAbsent(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	// Names of one length, so that whole answers can be compared.
	for _, version := range []int16{4, 9, 12, 13} {
		answer := func(topic string) string {
			r := m.login("app")
			req := kmsg.NewPtrMetadataRequest()
			req.Version = version
			req.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
			resp := ask[*kmsg.MetadataResponse](r, req)
			resp.Topics[0].Topic = nil
			return fmt.Sprintf("%+v %+v", resp.Topics, len(resp.Brokers))
		}
		if hidden, absent := answer("other.hidden.v1"), answer("other.absent.v1"); hidden != absent {
			t.Errorf("version %d: hidden %s, absent %s", version, hidden, absent)
		}
	}
}

func TestListsShowOnlyWhatMayBeKnown(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	// Groups and transactions of two applications.
	for _, app := range []string{"app", "stranger"} {
		produce(t, m.client("app"), "own.data.v1", app, 1)
		c := m.client(app, kgo.ConsumerGroup(app+".g"), kgo.ConsumeTopics("own.data.v1"))
		consume(t, c, 1)
		initProducer(m.login(app), app+".tx")
	}
	r := m.login("app")

	req := kmsg.NewPtrMetadataRequest()
	req.Version = 12
	got := map[string]bool{}
	for _, topic := range ask[*kmsg.MetadataResponse](r, req).Topics {
		got[*topic.Topic] = true
	}
	pages := map[string]bool{}
	describe := kmsg.NewPtrDescribeTopicPartitionsRequest()
	describe.ResponsePartitionLimit = 1000
	for _, topic := range ask[*kmsg.DescribeTopicPartitionsResponse](r, describe).Topics {
		pages[*topic.Topic] = true
	}
	for _, g := range topicsOfApp {
		if got[g.topic] != g.see || pages[g.topic] != g.see {
			t.Errorf("%s: listed %v and %v, want %v", g.topic, got[g.topic], pages[g.topic], g.see)
		}
	}

	list := kmsg.NewPtrListGroupsRequest()
	list.Version = 4
	if gs := ask[*kmsg.ListGroupsResponse](r, list).Groups; len(gs) != 1 || gs[0].Group != "app.g" {
		t.Errorf("groups %+v", gs)
	}
	if ts := ask[*kmsg.ListTransactionsResponse](r, kmsg.NewPtrListTransactionsRequest()).TransactionStates; len(ts) != 1 || ts[0].TransactionalID != "app.tx" {
		t.Errorf("transactions %+v", ts)
	}
}

// TestForeignNames: groups and transactional ids of others, in every request
// that names one.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	const (
		group = 30
		txn   = 53
	)
	topic := "own.data.v1"
	for name, test := range map[string]struct {
		want int16
		send func(r *raw, id string) int16
	}{
		"FindCoordinator v3 group": {group, func(r *raw, id string) int16 { return coordinator(r, 3, 0, id) }},
		"FindCoordinator v4 group": {group, func(r *raw, id string) int16 { return coordinator(r, 4, 0, id) }},
		"FindCoordinator v3 txn":   {txn, func(r *raw, id string) int16 { return coordinator(r, 3, 1, id) }},
		"FindCoordinator v6 txn":   {txn, func(r *raw, id string) int16 { return coordinator(r, 6, 1, id) }},
		"JoinGroup": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrJoinGroupRequest()
			req.Version, req.Group, req.ProtocolType, req.SessionTimeoutMillis = 9, id, "consumer", 10000
			req.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range"}}
			code := ask[*kmsg.JoinGroupResponse](r, req).ErrorCode
			if code == kerr.MemberIDRequired.Code {
				return 0
			}
			return code
		}},
		"Heartbeat": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrHeartbeatRequest()
			req.Version, req.Group = 4, id
			return ask[*kmsg.HeartbeatResponse](r, req).ErrorCode
		}},
		"SyncGroup": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrSyncGroupRequest()
			req.Version, req.Group = 5, id
			return ask[*kmsg.SyncGroupResponse](r, req).ErrorCode
		}},
		"LeaveGroup": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrLeaveGroupRequest()
			req.Version, req.Group = 5, id
			return ask[*kmsg.LeaveGroupResponse](r, req).ErrorCode
		}},
		"ConsumerGroupHeartbeat": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrConsumerGroupHeartbeatRequest()
			req.Version, req.Group, req.MemberID, req.RebalanceTimeoutMillis = 1, id, "m", 10000
			req.SubscribedTopicNames = []string{topic}
			return ask[*kmsg.ConsumerGroupHeartbeatResponse](r, req).ErrorCode
		}},
		"DescribeGroups": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrDescribeGroupsRequest()
			req.Version, req.Groups = 5, []string{id}
			return ask[*kmsg.DescribeGroupsResponse](r, req).Groups[0].ErrorCode
		}},
		"ConsumerGroupDescribe": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrConsumerGroupDescribeRequest()
			req.Groups = []string{id}
			return ask[*kmsg.ConsumerGroupDescribeResponse](r, req).Groups[0].ErrorCode
		}},
		"DeleteGroups": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrDeleteGroupsRequest()
			req.Version, req.Groups = 2, []string{id}
			return ask[*kmsg.DeleteGroupsResponse](r, req).Groups[0].ErrorCode
		}},
		"OffsetDelete": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrOffsetDeleteRequest()
			req.Group = id
			return ask[*kmsg.OffsetDeleteResponse](r, req).ErrorCode
		}},
		"OffsetCommit": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrOffsetCommitRequest()
			req.Version, req.Group, req.Generation = 8, id, -1
			req.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetCommitRequestTopicPartition{{}}}}
			return ask[*kmsg.OffsetCommitResponse](r, req).Topics[0].Partitions[0].ErrorCode
		}},
		"OffsetFetch v5": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrOffsetFetchRequest()
			req.Version, req.Group = 5, id
			return ask[*kmsg.OffsetFetchResponse](r, req).ErrorCode
		}},
		"OffsetFetch v8": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrOffsetFetchRequest()
			req.Version = 8
			req.Groups = []kmsg.OffsetFetchRequestGroup{{Group: id}}
			return ask[*kmsg.OffsetFetchResponse](r, req).Groups[0].ErrorCode
		}},
		"DescribeConfigs": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrDescribeConfigsRequest()
			req.Version = 4
			req.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: kmsg.ConfigResourceTypeGroupConfig, ResourceName: id}}
			return ask[*kmsg.DescribeConfigsResponse](r, req).Resources[0].ErrorCode
		}},
		"AddOffsetsToTxn, group": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrAddOffsetsToTxnRequest()
			req.Version, req.TransactionalID, req.Group = 3, "app.tx", id
			return ask[*kmsg.AddOffsetsToTxnResponse](r, req).ErrorCode
		}},
		"TxnOffsetCommit, group": {group, func(r *raw, id string) int16 {
			req := kmsg.NewPtrTxnOffsetCommitRequest()
			req.Version, req.TransactionalID, req.Group = 3, "app.tx", id
			req.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: topic, Partitions: []kmsg.TxnOffsetCommitRequestTopicPartition{{}}}}
			return ask[*kmsg.TxnOffsetCommitResponse](r, req).Topics[0].Partitions[0].ErrorCode
		}},
		"InitProducerId": {txn, func(r *raw, id string) int16 { return initProducer(r, id).ErrorCode }},
		"Produce": {txn, func(r *raw, id string) int16 {
			req := kmsg.NewPtrProduceRequest()
			req.Version, req.Acks, req.TransactionID = 11, -1, &id
			req.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch()}}}}
			return ask[*kmsg.ProduceResponse](r, req).Topics[0].Partitions[0].ErrorCode
		}},
		"AddPartitionsToTxn": {txn, func(r *raw, id string) int16 {
			req := kmsg.NewPtrAddPartitionsToTxnRequest()
			req.Version, req.TransactionalID = 3, id
			req.Topics = []kmsg.AddPartitionsToTxnRequestTopic{{Topic: topic, Partitions: []int32{0}}}
			return ask[*kmsg.AddPartitionsToTxnResponse](r, req).Topics[0].Partitions[0].ErrorCode
		}},
		"AddOffsetsToTxn": {txn, func(r *raw, id string) int16 {
			req := kmsg.NewPtrAddOffsetsToTxnRequest()
			req.Version, req.TransactionalID, req.Group = 3, id, "app.g"
			return ask[*kmsg.AddOffsetsToTxnResponse](r, req).ErrorCode
		}},
		"EndTxn": {txn, func(r *raw, id string) int16 {
			req := kmsg.NewPtrEndTxnRequest()
			req.Version, req.TransactionalID = 5, id
			return ask[*kmsg.EndTxnResponse](r, req).ErrorCode
		}},
		"TxnOffsetCommit": {txn, func(r *raw, id string) int16 {
			req := kmsg.NewPtrTxnOffsetCommitRequest()
			req.Version, req.TransactionalID, req.Group = 3, id, "app.g"
			req.Topics = []kmsg.TxnOffsetCommitRequestTopic{{Topic: topic, Partitions: []kmsg.TxnOffsetCommitRequestTopicPartition{{}}}}
			return ask[*kmsg.TxnOffsetCommitResponse](r, req).Topics[0].Partitions[0].ErrorCode
		}},
		"DescribeTransactions": {txn, func(r *raw, id string) int16 {
			req := kmsg.NewPtrDescribeTransactionsRequest()
			req.TransactionalIDs = []string{id}
			return ask[*kmsg.DescribeTransactionsResponse](r, req).TransactionStates[0].ErrorCode
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := m.login("app")
			// app2 is of the same team, apps a longer name, "" nobody's.
			for _, id := range []string{"stranger.x", "app2", "apps", "app-x", ""} {
				if got := test.send(r, id); got != test.want {
					t.Errorf("%q: code %d, want %d", id, got, test.want)
				}
			}
			for _, id := range []string{"app", "app.x"} {
				if got := test.send(r, id); got == test.want {
					t.Errorf("%q, which is its own, is refused", id)
				}
			}
		})
	}
}

func coordinator(r *raw, version int16, kind int8, id string) int16 {
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.Version, req.CoordinatorType, req.CoordinatorKey, req.CoordinatorKeys = version, kind, id, []string{id}
	resp := ask[*kmsg.FindCoordinatorResponse](r, req)
	if version < 4 {
		return resp.ErrorCode
	}
	if resp.Coordinators[0].Key != id {
		r.Errorf("asked for %q, told of %q", id, resp.Coordinators[0].Key)
	}
	return resp.Coordinators[0].ErrorCode
}

// TestMixedRequests: of one request with good and bad topics, the good ones are
// served and the bad ones told.
func TestMixedRequests(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis = 11, -1, 1000
	topics := []string{"other.open.v1", "own.data.v1", "other.hidden.v1", "own._private.notes"}
	for _, topic := range topics {
		req.Topics = append(req.Topics, kmsg.ProduceRequestTopic{Topic: topic, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch()}}})
	}
	req.Topics[1].Partitions = append(req.Topics[1].Partitions, kmsg.ProduceRequestTopicPartition{Partition: 1, Records: []byte("torn")})
	got := map[string]int16{}
	for _, topic := range ask[*kmsg.ProduceResponse](r, req).Topics {
		for _, p := range topic.Partitions {
			got[fmt.Sprint(topic.Topic, p.Partition)] = p.ErrorCode
		}
	}
	for key, code := range map[string]int16{
		"other.open.v10": 29, "other.hidden.v10": 3, "own.data.v10": 0, "own.data.v11": 87, "own._private.notes0": 0,
	} {
		if c, ok := got[key]; !ok || c != code {
			t.Errorf("%s: %d (%v), want %d", key, c, ok, code)
		}
	}
	if n := m.cluster.PartitionInfo("other.open.v1", 0).HighWatermark; n != 0 {
		t.Errorf("%d records in a topic that may not be written", n)
	}
	if n := m.cluster.PartitionInfo("own.data.v1", 0).HighWatermark; n != 1 {
		t.Errorf("%d records where one was written", n)
	}
}

// TestReplicas: nobody follows partitions as a broker does.
func TestReplicas(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	old := kmsg.NewPtrFetchRequest()
	old.Version, old.ReplicaID = 12, 1
	state := kmsg.NewPtrFetchRequest()
	state.Version, state.ReplicaState.ID = 17, 1
	list := kmsg.NewPtrListOffsetsRequest()
	list.Version, list.ReplicaID = 7, 0
	epoch := kmsg.NewPtrOffsetForLeaderEpochRequest()
	epoch.Version, epoch.ReplicaID = 4, 2
	for _, req := range []kmsg.Request{old, state, list, epoch} {
		r := m.login("app")
		must(t, r.send(r.frame(req)))
		r.mustEnd(kmsg.NameForKey(req.Key()))
	}
}

// TestPatterns: a subscription that the broker would resolve is refused.
func TestPatterns(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	req := kmsg.NewPtrConsumerGroupHeartbeatRequest()
	all := ".*"
	req.Version, req.Group, req.MemberID, req.RebalanceTimeoutMillis, req.SubscribedTopicRegex = 1, "app.g", "m", 10000, &all
	req.SubscribedTopicNames, req.Topics = []string{}, []kmsg.ConsumerGroupHeartbeatRequestTopic{} // as one that joins
	if resp := ask[*kmsg.ConsumerGroupHeartbeatResponse](r, req); resp.ErrorCode != kerr.InvalidRequest.Code || resp.ErrorMessage == nil {
		t.Errorf("%+v", resp)
	}
	// Names that may not be known are not subscribed to.
	req.SubscribedTopicRegex, req.SubscribedTopicNames = nil, []string{"other.hidden.v1", "own.data.v1"}
	seen := map[[16]byte]bool{}
	deadline := time.Now().Add(10 * time.Second)
	for len(seen) == 0 && time.Now().Before(deadline) {
		resp := ask[*kmsg.ConsumerGroupHeartbeatResponse](r, req)
		if resp.ErrorCode != 0 {
			t.Fatalf("%+v", resp)
		}
		req.MemberEpoch = resp.MemberEpoch
		if resp.Assignment != nil {
			for _, topic := range resp.Assignment.Topics {
				seen[topic.TopicID] = true
			}
		}
	}
	if seen[m.cluster.TopicInfo("other.hidden.v1").TopicID] || !seen[m.cluster.TopicInfo("own.data.v1").TopicID] {
		t.Errorf("assigned %v", seen)
	}
}

// TestFull: when the cluster has no room, every record is refused with the
// reason, and reading goes on.
func TestFull(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	produce(t, m.client("app"), "own.data.v1", "x", 10)
	m.cluster.full.Store(true)
	r := m.login("app")
	p := produceOnce(r, 11, "own.data.v1", [16]byte{}).Topics[0].Partitions[0]
	if p.ErrorCode != kerr.PolicyViolation.Code || p.ErrorMessage == nil || *p.ErrorMessage != m.cluster.Room().Error() {
		t.Errorf("%+v", p)
	}
	if got := m.metrics.Full.Load(); got != 1 {
		t.Errorf("%d counted", got)
	}
	consume(t, m.client("app", kgo.ConsumeTopics("own.data.v1")), 10)
	req := kmsg.NewPtrProduceRequest() // without acks there is no way to tell
	req.Version, req.Acks = 11, 0
	req.Topics = []kmsg.ProduceRequestTopic{{Topic: "own.data.v1", Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch()}}}}
	must(t, r.send(r.frame(req)))
	r.mustEnd("records without acknowledgement")
	m.cluster.full.Store(false)
	produce(t, m.client("app"), "own.data.v1", "y", 1)
}
