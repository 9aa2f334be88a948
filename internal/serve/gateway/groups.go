package gateway

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/core/wire"
)

// ownGroup lets a request about the application's own group pass; about any
// other, refuse writes the code into an empty answer.
func ownGroup[R kmsg.Response](x *exchange, group string, refuse func(resp R, code int16)) error {
	if code := x.group(group); code != allowed {
		resp := x.newAnswer().(R)
		refuse(resp, code)
		x.local = resp
	}
	return nil
}

// Bounds of what a member of a group offers.
const (
	maxProtocols    = 100
	maxProtocolName = 255 // bytes
)

// joinGroupRequest lets only such members in whose protocols a broker can
// choose from, and keeps what they subscribe to within what the application may
// know of: a broker that takes a group over from its members would tell them
// the partitions of the others.
func joinGroupRequest(x *exchange) error {
	req := x.req.(*kmsg.JoinGroupRequest)
	code := x.group(req.Group)
	if code == allowed {
		code = x.count(x.protocols(req))
	}
	if code == allowed {
		return nil
	}
	return refuseWith(x, code, func(r *kmsg.JoinGroupResponse, code int16) {
		r.ErrorCode, r.Generation, r.MemberID = code, -1, req.MemberID
		none := ""
		r.Protocol = &none
	})
}

func (x *exchange) protocols(req *kmsg.JoinGroupRequest) int16 {
	if !isProtocol(req.ProtocolType) || len(req.Protocols) == 0 || len(req.Protocols) > maxProtocols {
		return kerr.InconsistentGroupProtocol.Code
	}
	seen := map[string]struct{}{}
	for i := range req.Protocols {
		p := &req.Protocols[i]
		if _, twice := seen[p.Name]; twice || !isProtocol(p.Name) {
			return kerr.InconsistentGroupProtocol.Code
		}
		seen[p.Name] = struct{}{}
		if req.ProtocolType != "consumer" || len(p.Metadata) == 0 {
			continue
		}
		meta, err := wire.KeepTopics(p.Metadata, func(topic string) bool { return x.called(topic, rights.See) == allowed })
		if err != nil {
			return kerr.InconsistentGroupProtocol.Code
		}
		x.changed = x.changed || len(meta) < len(p.Metadata)
		p.Metadata = meta
	}
	return allowed
}

func isProtocol(name string) bool { return name != "" && len(name) <= maxProtocolName }

func heartbeatRequest(x *exchange) error {
	return ownGroup(x, x.req.(*kmsg.HeartbeatRequest).Group, func(r *kmsg.HeartbeatResponse, code int16) { r.ErrorCode = code })
}

func leaveGroupRequest(x *exchange) error {
	return ownGroup(x, x.req.(*kmsg.LeaveGroupRequest).Group, func(r *kmsg.LeaveGroupResponse, code int16) { r.ErrorCode = code })
}

func syncGroupRequest(x *exchange) error {
	return ownGroup(x, x.req.(*kmsg.SyncGroupRequest).Group, func(r *kmsg.SyncGroupResponse, code int16) { r.ErrorCode = code })
}

// groupHeartbeatRequest keeps what a member of a new-style group subscribes to
// within what the application may know of: the broker would tell it ids and
// partitions of the others. A pattern is resolved by the broker, without a look
// at rights.
func groupHeartbeatRequest(x *exchange) error {
	req := x.req.(*kmsg.ConsumerGroupHeartbeatRequest)
	if req.SubscribedTopicRegex != nil && *req.SubscribedTopicRegex != "" {
		resp := x.newAnswer().(*kmsg.ConsumerGroupHeartbeatResponse)
		text := "a subscription by pattern is not offered; subscribe to names, or let the client resolve the pattern"
		resp.ErrorCode, resp.ErrorMessage = kerr.InvalidRequest.Code, &text
		x.local = resp
		return nil
	}
	if req.SubscribedTopicNames != nil {
		kept := []string{}
		for _, name := range req.SubscribedTopicNames {
			if x.called(name, rights.See) == allowed {
				kept = append(kept, name)
			}
		}
		x.changed = x.changed || len(kept) < len(req.SubscribedTopicNames)
		req.SubscribedTopicNames = kept
	}
	return ownGroup(x, req.Group, func(r *kmsg.ConsumerGroupHeartbeatResponse, code int16) { r.ErrorCode = code })
}

// groupHeartbeatAnswer leaves out of an assignment what the application may not
// know of any more.
func groupHeartbeatAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.ConsumerGroupHeartbeatResponse)
	if r.Assignment == nil {
		return false
	}
	before := len(r.Assignment.Topics)
	r.Assignment.Topics = slices.DeleteFunc(r.Assignment.Topics, func(t kmsg.ConsumerGroupHeartbeatResponseAssignmentTopic) bool {
		return x.byID(t.TopicID, rights.See) != allowed
	})
	return len(r.Assignment.Topics) < before
}

func describeGroupsRequest(x *exchange) error {
	req := x.req.(*kmsg.DescribeGroupsRequest)
	x.changed = x.changed || req.IncludeAuthorizedOperations
	req.IncludeAuthorizedOperations = false
	strip(x, &req.Groups, x.group,
		func(group string, code int16) kmsg.DescribeGroupsResponseGroup {
			g := kmsg.NewDescribeGroupsResponseGroup()
			g.ErrorCode, g.Group, g.AuthorizedOperations = code, group, notAsked
			return g
		},
		func(resp kmsg.Response) *[]kmsg.DescribeGroupsResponseGroup {
			return &resp.(*kmsg.DescribeGroupsResponse).Groups
		},
	)
	return nil
}

// describeGroupsAnswer leaves out the hosts, which are the gateway's own.
func describeGroupsAnswer(x *exchange, resp kmsg.Response) bool {
	for _, g := range resp.(*kmsg.DescribeGroupsResponse).Groups {
		for i := range g.Members {
			g.Members[i].ClientHost = ""
		}
	}
	return true
}

func groupDescribeRequest(x *exchange) error {
	req := x.req.(*kmsg.ConsumerGroupDescribeRequest)
	x.changed = x.changed || req.IncludeAuthorizedOperations
	req.IncludeAuthorizedOperations = false
	strip(x, &req.Groups, x.group,
		func(group string, code int16) kmsg.ConsumerGroupDescribeResponseGroup {
			g := kmsg.NewConsumerGroupDescribeResponseGroup()
			g.ErrorCode, g.Group, g.AuthorizedOperations = code, group, notAsked
			return g
		},
		func(resp kmsg.Response) *[]kmsg.ConsumerGroupDescribeResponseGroup {
			return &resp.(*kmsg.ConsumerGroupDescribeResponse).Groups
		},
	)
	return nil
}

// groupDescribeAnswer leaves out the hosts, and topics that the application may
// not know of any more.
func groupDescribeAnswer(x *exchange, resp kmsg.Response) bool {
	hidden := func(a kmsg.AssignmentTopicPartition) bool { return x.byID(a.TopicID, rights.See) != allowed }
	for _, g := range resp.(*kmsg.ConsumerGroupDescribeResponse).Groups {
		for i := range g.Members {
			m := &g.Members[i]
			m.ClientHost = ""
			m.SubscribedTopics = slices.DeleteFunc(m.SubscribedTopics, func(name string) bool { return x.byName(name, rights.See) != allowed })
			m.Assignment.TopicPartitions = slices.DeleteFunc(m.Assignment.TopicPartitions, hidden)
			m.TargetAssignment.TopicPartitions = slices.DeleteFunc(m.TargetAssignment.TopicPartitions, hidden)
		}
	}
	return true
}

func listGroupsAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.ListGroupsResponse)
	kept := []kmsg.ListGroupsResponseGroup{}
	for _, g := range r.Groups {
		if weir.OwnsName(x.login.Name, g.Group) {
			kept = append(kept, g)
		}
	}
	r.Groups = kept
	return true
}

func deleteGroupsRequest(x *exchange) error {
	strip(x, &x.req.(*kmsg.DeleteGroupsRequest).Groups, x.group,
		func(group string, code int16) kmsg.DeleteGroupsResponseGroup {
			return kmsg.DeleteGroupsResponseGroup{Group: group, ErrorCode: code}
		},
		func(resp kmsg.Response) *[]kmsg.DeleteGroupsResponseGroup {
			return &resp.(*kmsg.DeleteGroupsResponse).Groups
		},
	)
	return nil
}
