package gateway

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Keys of requests that are handled apart.
const (
	keyProduce       int16 = 0
	keyFetch         int16 = 1
	keySASLHandshake int16 = 17
	keyJoinGroup     int16 = 11
	keySyncGroup     int16 = 14
	keyApiVersions   int16 = 18
	keySASLAuth      int16 = 36
)

// entry is one line of the allow-list. A request passes if it is here, in a
// version that is here and that the broker has, and if its check lets it.
type entry struct {
	key         int16
	name        string
	min, max    int16
	ids         int16 // the version from which topics are named by id; 0: never
	beforeLogin bool
	who, what   string // who may send it, and what is checked and changed
	request     func(*exchange) error
	answer      func(*exchange, kmsg.Response) bool // reports whether it changed the answer
}

// allowList is the whole table, sorted by key. The versions are ours; a broker
// may know fewer.
func allowList() []entry {
	return []entry{
		{key: 0, name: "Produce", min: 3, max: 13, ids: 13, who: "writers of each topic", what: "topics, transactional id, producer ids and room judged, refused ones taken out; addresses replaced", request: produceRequest, answer: produceAnswer},
		{key: 1, name: "Fetch", min: 4, max: 18, ids: 13, who: "readers of each topic", what: "topics judged in the request and again in the answer; replicas refused; wait and size capped; addresses replaced", request: fetchRequest, answer: fetchAnswer},
		{key: 2, name: "ListOffsets", min: 1, max: 11, who: "readers of each topic", what: "topics judged; replicas refused", request: listOffsetsRequest},
		{key: 3, name: "Metadata", min: 4, max: 13, ids: 10, who: "everyone", what: "only what the application may know of; never makes a topic; addresses and cluster id replaced", request: metadataRequest, answer: metadataAnswer},
		{key: 8, name: "OffsetCommit", min: 2, max: 10, ids: 10, who: "the group's application, readers of each topic", what: "group and topics judged", request: offsetCommitRequest},
		{key: 9, name: "OffsetFetch", min: 2, max: 10, ids: 10, who: "the group's application, readers of each topic", what: "groups and topics judged; topics in the answer too", request: offsetFetchRequest, answer: offsetFetchAnswer},
		{key: 10, name: "FindCoordinator", min: 0, max: 6, who: "the application of the group or transactional id", what: "names judged; share groups refused; addresses replaced", request: coordinatorRequest, answer: coordinatorAnswer},
		{key: 11, name: "JoinGroup", min: 0, max: 9, who: "the group's application", what: "group and protocols judged; topics that the application may not know of left out", request: joinGroupRequest},
		{key: 12, name: "Heartbeat", min: 0, max: 4, who: "the group's application", what: "group judged", request: heartbeatRequest},
		{key: 13, name: "LeaveGroup", min: 0, max: 5, who: "the group's application", what: "group judged", request: leaveGroupRequest},
		{key: 14, name: "SyncGroup", min: 0, max: 5, who: "the group's application", what: "group judged", request: syncGroupRequest},
		{key: 15, name: "DescribeGroups", min: 0, max: 6, who: "the group's application", what: "groups judged; hosts of members left out", request: describeGroupsRequest, answer: describeGroupsAnswer},
		{key: 16, name: "ListGroups", min: 0, max: 5, who: "everyone", what: "only the application's own groups", request: pass, answer: listGroupsAnswer},
		{key: 17, name: "SaslHandshake", min: 0, max: 1, beforeLogin: true, who: "everyone", what: "answered here"},
		{key: 18, name: "ApiVersions", min: 0, max: 4, beforeLogin: true, who: "everyone", what: "answered here: what this table and the broker have in common"},
		{key: 22, name: "InitProducerId", min: 0, max: 5, who: "the transactional id's application; everyone without one", what: "transactional id and producer id judged; prefixed upstream; new ids counted", request: initProducerRequest},
		{key: 23, name: "OffsetForLeaderEpoch", min: 2, max: 4, who: "readers of each topic", what: "topics judged; replicas refused", request: leaderEpochRequest},
		{key: 24, name: "AddPartitionsToTxn", min: 0, max: 3, who: "the transactional id's application, writers of each topic", what: "transactional id, producer id and topics judged, all or none; prefixed upstream", request: addPartitionsRequest},
		{key: 25, name: "AddOffsetsToTxn", min: 0, max: 4, who: "the application of transactional id and group", what: "both judged, and the producer id; prefixed upstream", request: addOffsetsRequest},
		{key: 26, name: "EndTxn", min: 0, max: 5, who: "the transactional id's application", what: "transactional id and producer id judged; prefixed upstream", request: endTxnRequest},
		{key: 28, name: "TxnOffsetCommit", min: 0, max: 6, ids: 6, who: "the application of transactional id and group, readers of each topic", what: "all judged; prefixed upstream", request: txnCommitRequest},
		{key: 32, name: "DescribeConfigs", min: 1, max: 4, who: "everyone", what: "topics that the application may know of and its own groups; brokers refused", request: configsRequest},
		{key: 36, name: "SaslAuthenticate", min: 0, max: 2, beforeLogin: true, who: "everyone", what: "answered here"},
		{key: 42, name: "DeleteGroups", min: 0, max: 3, who: "the group's application", what: "groups judged", request: deleteGroupsRequest},
		{key: 47, name: "OffsetDelete", min: 0, max: 0, who: "the group's application, readers of each topic", what: "group and topics judged", request: offsetDeleteRequest},
		{key: 60, name: "DescribeCluster", min: 0, max: 2, who: "everyone", what: "controllers refused; addresses and cluster id replaced", request: clusterRequest, answer: clusterAnswer},
		{key: 61, name: "DescribeProducers", min: 0, max: 0, who: "writers of each topic", what: "topics judged", request: producersRequest},
		{key: 65, name: "DescribeTransactions", min: 0, max: 0, who: "the transactional id's application", what: "transactional ids judged; prefixed upstream", request: transactionsRequest, answer: transactionsAnswer},
		{key: 66, name: "ListTransactions", min: 0, max: 1, who: "everyone", what: "only the application's own transactional ids, without the prefix", request: pass, answer: listTransactionsAnswer},
		{key: 68, name: "ConsumerGroupHeartbeat", min: 0, max: 1, who: "the group's application", what: "group judged; topics that the application may not know of left out; patterns of topics refused", request: groupHeartbeatRequest, answer: groupHeartbeatAnswer},
		{key: 69, name: "ConsumerGroupDescribe", min: 0, max: 1, who: "the group's application", what: "groups judged; hosts of members, and topics that the application may not know of, left out", request: groupDescribeRequest, answer: groupDescribeAnswer},
		{key: 75, name: "DescribeTopicPartitions", min: 0, max: 0, who: "everyone", what: "only what the application may know of", request: partitionsRequest, answer: partitionsAnswer},
	}
}

// Reasons for which requests are refused.
const (
	forBrokers  = "between brokers and controllers"
	forTopics   = "topics are made, changed and ended through Weir"
	forRights   = "rights, quotas and credentials are Weir's"
	forOperator = "for the operator of the cluster, at the cluster"
	forShare    = "carries records, or names groups, past what is governed so far"
)

// refused says of every other request that Kafka has why it is not offered.
var refused = map[int16]string{
	4: forBrokers, 5: forBrokers, 6: forBrokers, 7: forBrokers, 27: forBrokers, 52: forBrokers, 53: forBrokers,
	54: forBrokers, 56: forBrokers, 58: forBrokers, 59: forBrokers, 62: forBrokers, 63: forBrokers, 67: forBrokers,
	70: forBrokers, 73: forBrokers, 82: forBrokers, 83: forBrokers, 84: forBrokers, 85: forBrokers, 86: forBrokers,
	87: forBrokers, 94: forBrokers,
	19: forTopics, 20: forTopics, 21: forTopics, 33: forTopics, 37: forTopics, 44: forTopics,
	29: forRights, 30: forRights, 31: forRights, 38: forRights, 39: forRights, 40: forRights, 41: forRights,
	48: forRights, 49: forRights, 50: forRights, 51: forRights,
	34: forOperator, 35: forOperator, 43: forOperator, 45: forOperator, 46: forOperator, 55: forOperator,
	57: forOperator, 64: forOperator, 71: forOperator, 72: forOperator, 74: forOperator, 80: forOperator, 81: forOperator,
	76: forShare, 77: forShare, 78: forShare, 79: forShare, 88: forShare, 89: forShare, 90: forShare, 91: forShare,
	92: forShare, 93: forShare,
}

// byKey finds a request in the table.
func (g *Gateway) byKey(key int16) (*entry, bool) {
	i, ok := slices.BinarySearchFunc(g.table, key, func(e entry, key int16) int { return int(e.key) - int(key) })
	if !ok {
		return nil, false
	}
	return &g.table[i], true
}

// nameOf names a request for the log.
func nameOf(key int16) string {
	if key < 0 || key > kmsg.MaxKey {
		return fmt.Sprintf("%d", key)
	}
	return fmt.Sprintf("%s (%d)", kmsg.NameForKey(key), key)
}

// pass lets a request through as it is: it names nothing, or its answer is
// filtered.
func pass(*exchange) error { return nil }
