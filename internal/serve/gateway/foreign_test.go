package gateway_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

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
