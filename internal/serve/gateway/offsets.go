package gateway

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/core/rights"
)

func listOffsetsRequest(x *exchange) error {
	req := x.req.(*kmsg.ListOffsetsRequest)
	if req.ReplicaID != consumer {
		return refusef("a ListOffsets as replica %d", req.ReplicaID)
	}
	strip(x, &req.Topics,
		func(t kmsg.ListOffsetsRequestTopic) int16 { return x.topicNamed(t.Topic, rights.Read) },
		func(t kmsg.ListOffsetsRequestTopic, code int16) kmsg.ListOffsetsResponseTopic {
			return kmsg.ListOffsetsResponseTopic{Topic: t.Topic, Partitions: each(t.Partitions,
				func(p kmsg.ListOffsetsRequestTopicPartition) kmsg.ListOffsetsResponseTopicPartition {
					r := kmsg.NewListOffsetsResponseTopicPartition()
					r.Partition, r.ErrorCode, r.Offset, r.Timestamp = p.Partition, code, -1, -1
					return r
				})}
		},
		func(resp kmsg.Response) *[]kmsg.ListOffsetsResponseTopic {
			return &resp.(*kmsg.ListOffsetsResponse).Topics
		},
	)
	return nil
}

func leaderEpochRequest(x *exchange) error {
	req := x.req.(*kmsg.OffsetForLeaderEpochRequest)
	if req.ReplicaID >= 0 {
		return refusef("an OffsetForLeaderEpoch as replica %d", req.ReplicaID)
	}
	strip(x, &req.Topics,
		func(t kmsg.OffsetForLeaderEpochRequestTopic) int16 { return x.topicNamed(t.Topic, rights.Read) },
		func(t kmsg.OffsetForLeaderEpochRequestTopic, code int16) kmsg.OffsetForLeaderEpochResponseTopic {
			return kmsg.OffsetForLeaderEpochResponseTopic{Topic: t.Topic, Partitions: each(t.Partitions,
				func(p kmsg.OffsetForLeaderEpochRequestTopicPartition) kmsg.OffsetForLeaderEpochResponseTopicPartition {
					r := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
					r.Partition, r.ErrorCode, r.LeaderEpoch, r.EndOffset = p.Partition, code, -1, -1
					return r
				})}
		},
		func(resp kmsg.Response) *[]kmsg.OffsetForLeaderEpochResponseTopic {
			return &resp.(*kmsg.OffsetForLeaderEpochResponse).Topics
		},
	)
	return nil
}

func offsetCommitRequest(x *exchange) error {
	req := x.req.(*kmsg.OffsetCommitRequest)
	group := x.group(req.Group)
	strip(x, &req.Topics,
		func(t kmsg.OffsetCommitRequestTopic) int16 {
			if group != allowed {
				return group
			}
			return x.named(t.Topic, t.TopicID, rights.Read)
		},
		func(t kmsg.OffsetCommitRequestTopic, code int16) kmsg.OffsetCommitResponseTopic {
			return kmsg.OffsetCommitResponseTopic{Topic: t.Topic, TopicID: t.TopicID, Partitions: each(t.Partitions,
				func(p kmsg.OffsetCommitRequestTopicPartition) kmsg.OffsetCommitResponseTopicPartition {
					return kmsg.OffsetCommitResponseTopicPartition{Partition: p.Partition, ErrorCode: code}
				})}
		},
		func(resp kmsg.Response) *[]kmsg.OffsetCommitResponseTopic {
			return &resp.(*kmsg.OffsetCommitResponse).Topics
		},
	)
	if group != allowed && x.local == nil { // no topics, and so no place for the error
		x.local = x.newAnswer()
	}
	return nil
}

// offsetFetchRequest is about one group until version 7, and many from 8 on.
func offsetFetchRequest(x *exchange) error {
	req := x.req.(*kmsg.OffsetFetchRequest)
	if req.Version < 8 {
		return offsetFetchOne(x, req)
	}
	strip(x, &req.Groups,
		func(g kmsg.OffsetFetchRequestGroup) int16 { return x.group(g.Group) },
		func(g kmsg.OffsetFetchRequestGroup, code int16) kmsg.OffsetFetchResponseGroup {
			return kmsg.OffsetFetchResponseGroup{Group: g.Group, ErrorCode: code}
		},
		func(resp kmsg.Response) *[]kmsg.OffsetFetchResponseGroup {
			return &resp.(*kmsg.OffsetFetchResponse).Groups
		},
	)
	for i := range req.Groups {
		offsetFetchGroup(x, &req.Groups[i])
	}
	return nil
}

// offsetFetchGroup takes refused topics out of what is asked of a group. If
// none is left the group is still asked: null would mean all.
func offsetFetchGroup(x *exchange, g *kmsg.OffsetFetchRequestGroup) {
	if g.Topics == nil {
		return
	}
	kept := []kmsg.OffsetFetchRequestGroupTopic{}
	var refused []kmsg.OffsetFetchResponseGroupTopic
	for _, t := range g.Topics {
		code := x.named(t.Topic, t.TopicID, rights.Read)
		if code == allowed {
			kept = append(kept, t)
			continue
		}
		refused = append(refused, kmsg.OffsetFetchResponseGroupTopic{Topic: t.Topic, TopicID: t.TopicID, Partitions: each(t.Partitions,
			func(p int32) kmsg.OffsetFetchResponseGroupTopicPartition {
				r := kmsg.NewOffsetFetchResponseGroupTopicPartition()
				r.Partition, r.ErrorCode, r.Offset, r.Metadata = p, code, -1, kmsg.StringPtr("")
				return r
			})})
	}
	if len(refused) == 0 {
		return
	}
	g.Topics, x.changed = kept, true
	group := g.Group
	x.merges = append(x.merges, func(resp kmsg.Response) {
		r := resp.(*kmsg.OffsetFetchResponse)
		for i := range r.Groups {
			if r.Groups[i].Group == group {
				r.Groups[i].Topics = append(r.Groups[i].Topics, refused...)
			}
		}
	})
}

func offsetFetchOne(x *exchange, req *kmsg.OffsetFetchRequest) error {
	if code := x.group(req.Group); code != allowed {
		resp := x.newAnswer().(*kmsg.OffsetFetchResponse)
		resp.ErrorCode = code
		x.local = resp
		return nil
	}
	strip(x, &req.Topics,
		func(t kmsg.OffsetFetchRequestTopic) int16 { return x.topicNamed(t.Topic, rights.Read) },
		func(t kmsg.OffsetFetchRequestTopic, code int16) kmsg.OffsetFetchResponseTopic {
			return kmsg.OffsetFetchResponseTopic{Topic: t.Topic, Partitions: each(t.Partitions,
				func(p int32) kmsg.OffsetFetchResponseTopicPartition {
					r := kmsg.NewOffsetFetchResponseTopicPartition()
					r.Partition, r.ErrorCode, r.Offset, r.Metadata = p, code, -1, kmsg.StringPtr("")
					return r
				})}
		},
		func(resp kmsg.Response) *[]kmsg.OffsetFetchResponseTopic {
			return &resp.(*kmsg.OffsetFetchResponse).Topics
		},
	)
	return nil
}

// offsetFetchAnswer leaves out topics that the application may not read any
// more, which a group may still have offsets of.
func offsetFetchAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.OffsetFetchResponse)
	topics := []kmsg.OffsetFetchResponseTopic{}
	for _, t := range r.Topics {
		if x.byName(t.Topic, rights.Read) == allowed {
			topics = append(topics, t)
		}
	}
	changed := len(topics) < len(r.Topics)
	r.Topics = topics
	for i := range r.Groups {
		g := &r.Groups[i]
		kept := []kmsg.OffsetFetchResponseGroupTopic{}
		for _, t := range g.Topics {
			if x.named(t.Topic, t.TopicID, rights.Read) == allowed {
				kept = append(kept, t)
			}
		}
		changed = changed || len(kept) < len(g.Topics)
		g.Topics = kept
	}
	return changed
}

func offsetDeleteRequest(x *exchange) error {
	req := x.req.(*kmsg.OffsetDeleteRequest)
	if x.group(req.Group) != allowed {
		return ownGroup(x, req.Group, func(r *kmsg.OffsetDeleteResponse, code int16) { r.ErrorCode = code })
	}
	strip(x, &req.Topics,
		func(t kmsg.OffsetDeleteRequestTopic) int16 { return x.topicNamed(t.Topic, rights.Read) },
		func(t kmsg.OffsetDeleteRequestTopic, code int16) kmsg.OffsetDeleteResponseTopic {
			return kmsg.OffsetDeleteResponseTopic{Topic: t.Topic, Partitions: each(t.Partitions,
				func(p kmsg.OffsetDeleteRequestTopicPartition) kmsg.OffsetDeleteResponseTopicPartition {
					return kmsg.OffsetDeleteResponseTopicPartition{Partition: p.Partition, ErrorCode: code}
				})}
		},
		func(resp kmsg.Response) *[]kmsg.OffsetDeleteResponseTopic {
			return &resp.(*kmsg.OffsetDeleteResponse).Topics
		},
	)
	return nil
}
