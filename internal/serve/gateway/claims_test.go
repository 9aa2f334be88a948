package gateway_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/serve/gateway"
)

func join(r *raw, version int16, group, member, kind string, protocols []kmsg.JoinGroupRequestProtocol) *kmsg.JoinGroupResponse {
	req := kmsg.NewPtrJoinGroupRequest()
	req.Version, req.Group, req.MemberID, req.ProtocolType = version, group, member, kind
	req.SessionTimeoutMillis, req.RebalanceTimeoutMillis, req.Protocols = 10000, 1000, protocols
	return ask[*kmsg.JoinGroupResponse](r, req)
}

// TestProtocolsOfGroups: a member in whose protocols the broker cannot choose
// from is refused; the embedded one would end the process.
func TestProtocolsOfGroups(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	many := []kmsg.JoinGroupRequestProtocol{}
	for n := range 101 {
		many = append(many, kmsg.JoinGroupRequestProtocol{Name: fmt.Sprint(n)})
	}
	long := strings.Repeat("x", 256)
	for name, test := range map[string]struct {
		kind      string
		protocols []kmsg.JoinGroupRequestProtocol
	}{
		"none":           {"consumer", nil},
		"twice":          {"consumer", []kmsg.JoinGroupRequestProtocol{{Name: "range"}, {Name: "range"}}},
		"no name":        {"consumer", []kmsg.JoinGroupRequestProtocol{{}}},
		"no type":        {"", []kmsg.JoinGroupRequestProtocol{{Name: "range"}}},
		"too many":       {"consumer", many},
		"long name":      {"consumer", []kmsg.JoinGroupRequestProtocol{{Name: long}}},
		"long type":      {long, []kmsg.JoinGroupRequestProtocol{{Name: "range"}}},
		"torn, consumer": {"consumer", []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: []byte{0, 1, 0, 0, 0, 9}}}},
	} {
		for _, version := range []int16{0, 3, 5, 9} {
			if code := join(r, version, "app.g", "", test.kind, test.protocols).ErrorCode; code != kerr.InconsistentGroupProtocol.Code {
				t.Errorf("%s, version %d: code %d", name, version, code)
			}
		}
	}
	if code := join(r, 3, "app.g", "", "connect", []kmsg.JoinGroupRequestProtocol{{Name: "one", Metadata: []byte{1}}, {Name: "two"}}).ErrorCode; code != 0 {
		t.Errorf("a good one: code %d", code)
	}
}

// TestSubscriptionsOfMembers: neither brokers nor other members learn of topics
// that the application may not know of.
func TestSubscriptionsOfMembers(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Version, meta.UserData, meta.Generation = 3, []byte("mine"), 7
	meta.Topics = []string{"other.hidden.v1", "own.data.v1", "never.was.v1"}
	meta.OwnedPartitions = []kmsg.ConsumerMemberMetadataOwnedPartition{
		{Topic: "other._private.notes", Partitions: []int32{0, 1}}, {Topic: "own.data.v1", Partitions: []int32{2}},
	}
	got := join(r, 3, "app.g", "", "consumer", []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: meta.AppendTo(nil)}})
	if got.ErrorCode != 0 || len(got.Members) != 1 {
		t.Fatalf("joining: %+v", got)
	}
	seen := kmsg.NewConsumerMemberMetadata()
	must(t, seen.ReadFrom(got.Members[0].ProtocolMetadata))
	meta.Topics, meta.OwnedPartitions = meta.Topics[1:2], meta.OwnedPartitions[1:]
	if diff := cmp.Diff(meta, seen); diff != "" {
		t.Error(diff)
	}
}

// TestTopicByNameAndID: the broker goes by the id, and so does the gateway; a
// refused answer holds what the client sent.
func TestTopicByNameAndID(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	own, hidden := "own.data.v1", m.cluster.TopicInfo("other.hidden.v1").TopicID
	for version := int16(10); version <= 13; version++ {
		for _, name := range []string{own, "never.was.v1"} {
			req := kmsg.NewPtrMetadataRequest()
			req.Version, req.Topics = version, []kmsg.MetadataRequestTopic{{Topic: &name, TopicID: hidden}, {Topic: &own}}
			got := ask[*kmsg.MetadataResponse](r, req).Topics
			if len(got) != 2 || *got[0].Topic != own || got[0].ErrorCode != 0 {
				t.Fatalf("version %d: %+v", version, got)
			}
			if *got[1].Topic != name || got[1].TopicID != hidden || got[1].ErrorCode != unknownID || len(got[1].Partitions) > 0 {
				t.Errorf("version %d: %q with a hidden id gave %+v", version, name, got[1])
			}
		}
		stranger := "other.hidden.v1"
		req := kmsg.NewPtrMetadataRequest()
		req.Version, req.Topics = version, []kmsg.MetadataRequestTopic{{Topic: &stranger, TopicID: m.cluster.TopicInfo(own).TopicID}}
		if got := ask[*kmsg.MetadataResponse](r, req).Topics; len(got) != 1 || *got[0].Topic != own || got[0].ErrorCode != 0 {
			t.Errorf("version %d: an own id with another name gave %+v", version, got)
		}
	}
}

// TestLoginAgain: who is logged in is told so in turn, and stays.
func TestLoginAgain(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	slow := kmsg.NewPtrFetchRequest()
	slow.Version, slow.SessionEpoch, slow.MaxBytes, slow.MinBytes, slow.MaxWaitMillis = 12, -1, 1<<20, 1, 300
	topic := kmsg.NewFetchRequestTopic()
	part := kmsg.NewFetchRequestTopicPartition()
	part.PartitionMaxBytes, part.CurrentLeaderEpoch = 1<<20, -1
	topic.Topic, topic.Partitions = "own.data.v1", append(topic.Partitions, part)
	slow.Topics = append(slow.Topics, topic)
	token := kmsg.NewPtrSASLAuthenticateRequest()
	token.Version, token.SASLAuthBytes = 2, []byte("n,,n=app,r=x")
	hello := kmsg.NewPtrSASLHandshakeRequest()
	hello.Version, hello.Mechanism = 1, "SCRAM-SHA-256"
	first := r.next + 1
	must(t, r.send(append(append(r.frame(slow), r.frame(token)...), r.frame(hello)...)))
	if resp, err := r.answer(slow, first); err != nil || resp.(*kmsg.FetchResponse).Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatalf("the first answer: %+v %v", resp, err)
	}
	if resp, err := r.answer(token, first+1); err != nil || resp.(*kmsg.SASLAuthenticateResponse).ErrorCode != kerr.IllegalSaslState.Code {
		t.Fatalf("the second answer: %+v %v", resp, err)
	}
	if resp, err := r.answer(hello, first+2); err != nil || resp.(*kmsg.SASLHandshakeResponse).ErrorCode != kerr.IllegalSaslState.Code {
		t.Fatalf("the third answer: %+v %v", resp, err)
	}
	if got := ask[*kmsg.MetadataResponse](r, metadataOf(9)); len(got.Brokers) != 1 {
		t.Errorf("after it: %+v", got)
	}
}

// TestReplicasAreRefused: only -1 is a consumer; -2 and -3 are not bound by
// what is committed.
func TestReplicasAreRefused(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	for _, replica := range []int32{-3, -2, 0, 1} {
		for _, version := range []int16{4, 12, 14} {
			req := kmsg.NewPtrFetchRequest()
			req.Version, req.ReplicaID = version, replica
			r := m.login("app")
			must(t, r.send(r.frame(req)))
			r.mustEnd(fmt.Sprintf("Fetch v%d as %d", version, replica))
		}
		req := kmsg.NewPtrFetchRequest()
		req.Version, req.ReplicaState.ID = 15, replica
		r := m.login("app")
		must(t, r.send(r.frame(req)))
		r.mustEnd(fmt.Sprintf("Fetch v15 as %d", replica))
		list := kmsg.NewPtrListOffsetsRequest()
		list.Version, list.ReplicaID = 7, replica
		r = m.login("app")
		must(t, r.send(r.frame(list)))
		r.mustEnd(fmt.Sprintf("ListOffsets as %d", replica))
	}
}

// TestLostTopics: a topic that the cluster does not have any more does not
// exist, in requests and in what a Fetch brings.
func TestLostTopics(t *testing.T) {
	t.Parallel()
	var lost atomic.Bool
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) {
		c.Lost = func(topic string) bool { return topic == "own.data.v1" && lost.Load() }
	})
	id := m.cluster.TopicInfo("own.data.v1").TopicID
	waiting := m.login("app")
	fetch := kmsg.NewPtrFetchRequest()
	fetch.Version, fetch.SessionEpoch, fetch.MaxBytes, fetch.MinBytes, fetch.MaxWaitMillis = 12, -1, 1<<20, 1, 500
	topic := kmsg.NewFetchRequestTopic()
	part := kmsg.NewFetchRequestTopicPartition()
	part.PartitionMaxBytes, part.CurrentLeaderEpoch = 1<<20, -1
	topic.Topic, topic.Partitions = "own.data.v1", append(topic.Partitions, part)
	fetch.Topics = append(fetch.Topics, topic)
	must(t, waiting.send(waiting.frame(fetch)))
	forwarded := m.metrics.Requests.Load()
	eventually(t, "the fetch waits", func() bool { return m.metrics.Requests.Load() >= forwarded && m.cluster.dials.Load() > 0 })
	r := m.login("app")
	fetchOnce(r, 12, "own.data.v1", id, -1)
	lost.Store(true)
	resp, err := waiting.answer(fetch, waiting.next)
	must(t, err)
	if code := resp.(*kmsg.FetchResponse).Topics[0].Partitions[0].ErrorCode; code != unknownName {
		t.Errorf("what a Fetch brings: code %d", code)
	}
	for _, p := range probes {
		if code := p.send(r, "own.data.v1", id); code != p.unknown && !strings.Contains(p.name, "group") && !strings.HasPrefix(p.name, "OffsetFetch") && !strings.HasPrefix(p.name, "OffsetDelete") {
			t.Errorf("%s: code %d, want %d", p.name, code, p.unknown)
		}
	}
	all := kmsg.NewPtrMetadataRequest()
	all.Version, all.Topics = 12, nil
	for _, got := range ask[*kmsg.MetadataResponse](r, all).Topics {
		if *got.Topic == "own.data.v1" {
			t.Error("it is listed")
		}
	}
}

func metadataOf(version int16) *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	req.Version, req.Topics = version, []kmsg.MetadataRequestTopic{}
	return req
}
