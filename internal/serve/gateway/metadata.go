package gateway

import (
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// notAsked is what Kafka answers for operations that nobody asked for. What
// the gateway may do on the cluster says nothing about the client.
const notAsked = math.MinInt32

// readdress replaces a broker's address by the gateway's for it; false if it
// has none, which must not be answered.
func (x *exchange) readdress(id int32, host *string, port *int32) bool {
	h, p, err := x.c.g.doors.address(weir.BrokerID(id))
	if err != nil {
		x.c.g.log.Error("a broker cannot be shown to clients", "broker", id, "error", err)
		return false
	}
	*host, *port = h, p
	return true
}

// metadataRequest asks for what the application may know of only, and never
// makes a topic.
func metadataRequest(x *exchange) error {
	req := x.req.(*kmsg.MetadataRequest)
	x.changed = x.changed || req.AllowAutoTopicCreation || req.IncludeClusterAuthorizedOperations || req.IncludeTopicAuthorizedOperations
	req.AllowAutoTopicCreation, req.IncludeClusterAuthorizedOperations, req.IncludeTopicAuthorizedOperations = false, false, false
	if req.Topics == nil {
		x.changed = true
		req.Topics = each(x.visible(), func(name string) kmsg.MetadataRequestTopic { return kmsg.MetadataRequestTopic{Topic: &name} })
		x.merges = append(x.merges, dropUnknown)
		return nil
	}
	x.bothNames(req)
	x.byIDs = map[[16]byte]*string{}
	for _, t := range req.Topics {
		if t.TopicID != [16]byte{} {
			x.byIDs[t.TopicID] = t.Topic
		}
	}
	strip(x, &req.Topics, x.metadataTopic,
		func(t kmsg.MetadataRequestTopic, code int16) kmsg.MetadataResponseTopic {
			r := kmsg.NewMetadataResponseTopic()
			r.ErrorCode, r.Topic, r.TopicID = code, t.Topic, t.TopicID
			r.Partitions = []kmsg.MetadataResponseTopicPartition{}
			return r
		},
		func(resp kmsg.Response) *[]kmsg.MetadataResponseTopic { return &resp.(*kmsg.MetadataResponse).Topics },
	)
	if x.local != nil { // the brokers are wanted too, and those only the cluster knows
		refused := x.local.(*kmsg.MetadataResponse).Topics
		x.local = nil
		req.Topics = []kmsg.MetadataRequestTopic{}
		x.merges = append(x.merges, func(resp kmsg.Response) {
			r := resp.(*kmsg.MetadataResponse)
			r.Topics = append(r.Topics, refused...)
		})
	}
	return nil
}

// bothNames asks once for a topic that is asked for by both names, and tells of
// the alias what is told of the product's, but not the id: a client could keep
// only one name of an id.
func (x *exchange) bothNames(req *kmsg.MetadataRequest) {
	aliases := map[string]string{} // by the product's name
	req.Topics = slices.DeleteFunc(req.Topics, func(t kmsg.MetadataRequestTopic) bool {
		if t.Topic == nil || t.TopicID != [16]byte{} || x.called(*t.Topic, rights.See) != kerr.InvalidTopicException.Code {
			return false
		}
		known, _ := x.known(*t.Topic)
		aliases[known.Name] = *t.Topic
		return true
	})
	if len(aliases) == 0 {
		return
	}
	x.changed = true
	x.merges = append(x.merges, func(resp kmsg.Response) {
		r := resp.(*kmsg.MetadataResponse)
		for _, t := range r.Topics {
			if t.Topic == nil {
				continue
			}
			if alias, ok := aliases[*t.Topic]; ok {
				t.Topic, t.TopicID = &alias, [16]byte{}
				r.Topics = append(r.Topics, t)
			}
		}
	})
}

// metadataTopic judges a topic by what the broker goes by: the id, if there is
// one.
func (x *exchange) metadataTopic(t kmsg.MetadataRequestTopic) int16 {
	if t.Topic == nil || t.TopicID != [16]byte{} {
		return x.refuse(x.byID(t.TopicID, rights.See), x.asked("", t.TopicID))
	}
	return x.refuse(x.called(*t.Topic, rights.See), *t.Topic)
}

// dropUnknown leaves out of a list of all topics what is not on the cluster.
func dropUnknown(resp kmsg.Response) {
	r := resp.(*kmsg.MetadataResponse)
	kept := []kmsg.MetadataResponseTopic{}
	for _, t := range r.Topics {
		if t.ErrorCode != kerr.UnknownTopicOrPartition.Code {
			kept = append(kept, t)
		}
	}
	r.Topics = kept
}

// metadataAnswer replaces addresses, and checks every topic again: one that is
// another than the mesh made does not exist.
func metadataAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.MetadataResponse)
	brokers := []kmsg.MetadataResponseBroker{}
	for _, b := range r.Brokers {
		if x.readdress(b.NodeID, &b.Host, &b.Port) {
			brokers = append(brokers, b)
		}
	}
	r.Brokers, r.ClusterID, r.AuthorizedOperations = brokers, &x.c.g.cluster, notAsked
	for i := range r.Topics {
		t := &r.Topics[i]
		t.AuthorizedOperations = notAsked
		if code := x.metadataSeen(t); code != allowed {
			x.metadataHide(t, code)
		}
	}
	return true
}

// metadataHide leaves of a topic what the client said, and the error.
func (x *exchange) metadataHide(t *kmsg.MetadataResponseTopic, code int16) {
	t.ErrorCode, t.IsInternal, t.Partitions = code, false, []kmsg.MetadataResponseTopicPartition{}
	if name, ok := x.byIDs[t.TopicID]; ok {
		t.ErrorCode, t.Topic = kerr.UnknownTopicID.Code, name
		return
	}
	t.TopicID = [16]byte{}
}

// metadataSeen judges a topic of the answer.
func (x *exchange) metadataSeen(t *kmsg.MetadataResponseTopic) int16 {
	if t.ErrorCode == kerr.UnknownTopicOrPartition.Code || t.ErrorCode == kerr.UnknownTopicID.Code {
		return t.ErrorCode
	}
	if t.Topic == nil {
		return x.byID(t.TopicID, rights.See)
	}
	known, _ := x.snap.Topic(*t.Topic)
	if x.header.Version >= 10 && known.ID != weir.TopicID(t.TopicID) {
		return kerr.UnknownTopicOrPartition.Code
	}
	return x.byName(*t.Topic, rights.See)
}

// partitionsRequest is Metadata's younger sister: names only, in pages.
func partitionsRequest(x *exchange) error {
	req := x.req.(*kmsg.DescribeTopicPartitionsRequest)
	if len(req.Topics) == 0 {
		x.changed = true
		req.Topics = each(x.visible(), func(name string) kmsg.DescribeTopicPartitionsRequestTopic {
			return kmsg.DescribeTopicPartitionsRequestTopic{Topic: name}
		})
	}
	strip(x, &req.Topics,
		func(t kmsg.DescribeTopicPartitionsRequestTopic) int16 { return x.topicNamed(t.Topic, rights.See) },
		func(t kmsg.DescribeTopicPartitionsRequestTopic, code int16) kmsg.DescribeTopicPartitionsResponseTopic {
			r := kmsg.NewDescribeTopicPartitionsResponseTopic()
			r.ErrorCode, r.Topic, r.AuthorizedOperations = code, &t.Topic, notAsked
			r.Partitions = []kmsg.DescribeTopicPartitionsResponseTopicPartition{}
			return r
		},
		func(resp kmsg.Response) *[]kmsg.DescribeTopicPartitionsResponseTopic {
			return &resp.(*kmsg.DescribeTopicPartitionsResponse).Topics
		},
	)
	if len(req.Topics) == 0 && x.local == nil {
		x.local = x.newAnswer()
	}
	return nil
}

func partitionsAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.DescribeTopicPartitionsResponse)
	for i := range r.Topics {
		t := &r.Topics[i]
		t.AuthorizedOperations = notAsked
		for n := range t.Partitions { // Java's tools take null, which the embedded broker says, for a fault
			p := &t.Partitions[n]
			p.EligibleLeaderReplicas, p.LastKnownELR = orNone(p.EligibleLeaderReplicas), orNone(p.LastKnownELR)
		}
		if t.Topic != nil && t.ErrorCode == allowed {
			if code := x.byName(*t.Topic, rights.See); code != allowed {
				t.ErrorCode, t.TopicID, t.Partitions = code, [16]byte{}, []kmsg.DescribeTopicPartitionsResponseTopicPartition{}
			}
		}
	}
	return true
}

// orNone is a list that is not null.
func orNone(of []int32) []int32 {
	if of == nil {
		return []int32{}
	}
	return of
}

// clusterRequest shows brokers, never controllers.
func clusterRequest(x *exchange) error {
	req := x.req.(*kmsg.DescribeClusterRequest)
	if req.Version >= 1 && req.EndpointType != 1 {
		resp := x.newAnswer().(*kmsg.DescribeClusterResponse)
		text := "controllers are not shown"
		resp.ErrorCode, resp.ErrorMessage, resp.ClusterID = kerr.UnsupportedEndpointType.Code, &text, x.c.g.cluster
		x.local = resp
		return nil
	}
	x.changed = x.changed || req.IncludeClusterAuthorizedOperations
	req.IncludeClusterAuthorizedOperations = false
	return nil
}

func clusterAnswer(x *exchange, resp kmsg.Response) bool {
	r := resp.(*kmsg.DescribeClusterResponse)
	brokers := []kmsg.DescribeClusterResponseBroker{}
	for _, b := range r.Brokers {
		if x.readdress(b.NodeID, &b.Host, &b.Port) {
			brokers = append(brokers, b)
		}
	}
	r.Brokers, r.ClusterID, r.ClusterAuthorizedOperations = brokers, x.c.g.cluster, notAsked
	return true
}
