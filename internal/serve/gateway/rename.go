package gateway

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/core/wire"
)

// Where requests and answers of the table have names of topics. A test compares
// this with every field of theirs that could be one.

// renamer replaces names, and notes whether any changed.
type renamer struct {
	to      func(string) string
	changed bool
}

func (r *renamer) name(p *string) {
	if to := r.to(*p); to != *p {
		*p, r.changed = to, true
	}
}

// pointed replaces a name that others may point to as well.
func (r *renamer) pointed(p **string) {
	if *p == nil {
		return
	}
	if to := r.to(**p); to != **p {
		*p, r.changed = &to, true
	}
}

// packed replaces names in the bytes of a group's members. What is not of the
// consumer protocol stays as it is.
func (r *renamer) packed(p *[]byte, rename func([]byte, func(string) string) ([]byte, error)) {
	if len(*p) == 0 {
		return
	}
	was := r.changed
	r.changed = false
	to, err := rename(*p, func(name string) string {
		to := r.to(name)
		r.changed = r.changed || to != name
		return to
	})
	if err != nil {
		r.changed = was
		return
	}
	*p, r.changed = to, was || r.changed
}

// consumers reports whether a group's members are consumers; nil: nobody said.
func consumers(protocol *string) bool { return protocol == nil || *protocol == "consumer" }

// renamed replaces the name of each of some entries.
func renamed[T any](r *renamer, of []T, name func(*T) *string) {
	for i := range of {
		r.name(name(&of[i]))
	}
}

// renameRequest replaces every name of a topic in a request, and reports whether
// any changed.
func renameRequest(req kmsg.Request, to func(string) string) bool {
	r := &renamer{to: to}
	switch q := req.(type) {
	case *kmsg.ProduceRequest:
		renamed(r, q.Topics, func(t *kmsg.ProduceRequestTopic) *string { return &t.Topic })
	case *kmsg.FetchRequest:
		renamed(r, q.Topics, func(t *kmsg.FetchRequestTopic) *string { return &t.Topic })
		renamed(r, q.ForgottenTopics, func(t *kmsg.FetchRequestForgottenTopic) *string { return &t.Topic })
	case *kmsg.ListOffsetsRequest:
		renamed(r, q.Topics, func(t *kmsg.ListOffsetsRequestTopic) *string { return &t.Topic })
	case *kmsg.MetadataRequest:
		for i := range q.Topics {
			r.pointed(&q.Topics[i].Topic)
		}
	case *kmsg.OffsetCommitRequest:
		renamed(r, q.Topics, func(t *kmsg.OffsetCommitRequestTopic) *string { return &t.Topic })
	case *kmsg.OffsetFetchRequest:
		renamed(r, q.Topics, func(t *kmsg.OffsetFetchRequestTopic) *string { return &t.Topic })
		for _, g := range q.Groups {
			renamed(r, g.Topics, func(t *kmsg.OffsetFetchRequestGroupTopic) *string { return &t.Topic })
		}
	case *kmsg.OffsetForLeaderEpochRequest:
		renamed(r, q.Topics, func(t *kmsg.OffsetForLeaderEpochRequestTopic) *string { return &t.Topic })
	case *kmsg.AddPartitionsToTxnRequest:
		renamed(r, q.Topics, func(t *kmsg.AddPartitionsToTxnRequestTopic) *string { return &t.Topic })
		for _, one := range q.Transactions { // from version 4 on, which is for brokers
			renamed(r, one.Topics, func(t *kmsg.AddPartitionsToTxnRequestTransactionTopic) *string { return &t.Topic })
		}
	case *kmsg.TxnOffsetCommitRequest:
		renamed(r, q.Topics, func(t *kmsg.TxnOffsetCommitRequestTopic) *string { return &t.Topic })
	default:
		r.more(req)
	}
	return r.changed
}

// more is the requests of groups and administrators.
func (r *renamer) more(req kmsg.Request) {
	switch q := req.(type) {
	case *kmsg.JoinGroupRequest:
		for i := range q.Protocols {
			if consumers(&q.ProtocolType) {
				r.packed(&q.Protocols[i].Metadata, wire.RenameTopics)
			}
		}
	case *kmsg.SyncGroupRequest:
		for i := range q.GroupAssignment {
			if consumers(q.ProtocolType) {
				r.packed(&q.GroupAssignment[i].MemberAssignment, wire.RenameAssigned)
			}
		}
	case *kmsg.ConsumerGroupHeartbeatRequest:
		renamed(r, q.SubscribedTopicNames, func(t *string) *string { return t })
	case *kmsg.DescribeConfigsRequest:
		for i := range q.Resources {
			if q.Resources[i].ResourceType == kmsg.ConfigResourceTypeTopic {
				r.name(&q.Resources[i].ResourceName)
			}
		}
	case *kmsg.OffsetDeleteRequest:
		renamed(r, q.Topics, func(t *kmsg.OffsetDeleteRequestTopic) *string { return &t.Topic })
	case *kmsg.DescribeProducersRequest:
		renamed(r, q.Topics, func(t *kmsg.DescribeProducersRequestTopic) *string { return &t.Topic })
	case *kmsg.DescribeTopicPartitionsRequest:
		renamed(r, q.Topics, func(t *kmsg.DescribeTopicPartitionsRequestTopic) *string { return &t.Topic })
		if q.Cursor != nil {
			r.name(&q.Cursor.Topic)
		}
	}
}

// renameResponse replaces every name of a topic in an answer, and reports
// whether any changed.
func renameResponse(resp kmsg.Response, to func(string) string) bool {
	r := &renamer{to: to}
	switch a := resp.(type) {
	case *kmsg.ProduceResponse:
		renamed(r, a.Topics, func(t *kmsg.ProduceResponseTopic) *string { return &t.Topic })
	case *kmsg.FetchResponse:
		renamed(r, a.Topics, func(t *kmsg.FetchResponseTopic) *string { return &t.Topic })
	case *kmsg.ListOffsetsResponse:
		renamed(r, a.Topics, func(t *kmsg.ListOffsetsResponseTopic) *string { return &t.Topic })
	case *kmsg.MetadataResponse:
		for i := range a.Topics {
			r.pointed(&a.Topics[i].Topic)
		}
	case *kmsg.OffsetCommitResponse:
		renamed(r, a.Topics, func(t *kmsg.OffsetCommitResponseTopic) *string { return &t.Topic })
	case *kmsg.OffsetFetchResponse:
		renamed(r, a.Topics, func(t *kmsg.OffsetFetchResponseTopic) *string { return &t.Topic })
		for _, g := range a.Groups {
			renamed(r, g.Topics, func(t *kmsg.OffsetFetchResponseGroupTopic) *string { return &t.Topic })
		}
	case *kmsg.OffsetForLeaderEpochResponse:
		renamed(r, a.Topics, func(t *kmsg.OffsetForLeaderEpochResponseTopic) *string { return &t.Topic })
	case *kmsg.AddPartitionsToTxnResponse:
		renamed(r, a.Topics, func(t *kmsg.AddPartitionsToTxnResponseTopic) *string { return &t.Topic })
		for _, one := range a.Transactions {
			renamed(r, one.Topics, func(t *kmsg.AddPartitionsToTxnResponseTransactionTopic) *string { return &t.Topic })
		}
	case *kmsg.TxnOffsetCommitResponse:
		renamed(r, a.Topics, func(t *kmsg.TxnOffsetCommitResponseTopic) *string { return &t.Topic })
	default:
		r.moreOf(resp)
	}
	return r.changed
}

// moreOf is the answers to groups and administrators.
func (r *renamer) moreOf(resp kmsg.Response) {
	switch a := resp.(type) {
	case *kmsg.JoinGroupResponse:
		for i := range a.Members {
			if consumers(a.ProtocolType) {
				r.packed(&a.Members[i].ProtocolMetadata, wire.RenameTopics)
			}
		}
	case *kmsg.SyncGroupResponse:
		if consumers(a.ProtocolType) {
			r.packed(&a.MemberAssignment, wire.RenameAssigned)
		}
	case *kmsg.DescribeGroupsResponse:
		for _, g := range a.Groups {
			r.members(g)
		}
	case *kmsg.DescribeConfigsResponse:
		for i := range a.Resources {
			if a.Resources[i].ResourceType == kmsg.ConfigResourceTypeTopic {
				r.name(&a.Resources[i].ResourceName)
			}
		}
	case *kmsg.OffsetDeleteResponse:
		renamed(r, a.Topics, func(t *kmsg.OffsetDeleteResponseTopic) *string { return &t.Topic })
	case *kmsg.DescribeProducersResponse:
		renamed(r, a.Topics, func(t *kmsg.DescribeProducersResponseTopic) *string { return &t.Topic })
	case *kmsg.DescribeTransactionsResponse:
		for _, s := range a.TransactionStates {
			renamed(r, s.Topics, func(t *kmsg.DescribeTransactionsResponseTransactionStateTopic) *string { return &t.Topic })
		}
	case *kmsg.ConsumerGroupDescribeResponse:
		for _, g := range a.Groups {
			r.described(g)
		}
	case *kmsg.DescribeTopicPartitionsResponse:
		for i := range a.Topics {
			r.pointed(&a.Topics[i].Topic)
		}
		if a.NextCursor != nil {
			r.name(&a.NextCursor.Topic)
		}
	}
}

// members is a group of the classic protocol.
func (r *renamer) members(g kmsg.DescribeGroupsResponseGroup) {
	if !consumers(&g.ProtocolType) {
		return
	}
	for i := range g.Members {
		r.packed(&g.Members[i].ProtocolMetadata, wire.RenameTopics)
		r.packed(&g.Members[i].MemberAssignment, wire.RenameAssigned)
	}
}

// described is a group of the new protocol.
func (r *renamer) described(g kmsg.ConsumerGroupDescribeResponseGroup) {
	for i := range g.Members {
		m := &g.Members[i]
		renamed(r, m.SubscribedTopics, func(t *string) *string { return t })
		renamed(r, m.Assignment.TopicPartitions, func(p *kmsg.AssignmentTopicPartition) *string { return &p.Topic })
		renamed(r, m.TargetAssignment.TopicPartitions, func(p *kmsg.AssignmentTopicPartition) *string { return &p.Topic })
	}
}
