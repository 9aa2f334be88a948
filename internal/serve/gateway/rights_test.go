package gateway_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
)

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

// TestNobodyElseWritesWhatAQueryMakes: an application of the team reads a product
// that a query makes, and what the query sets aside, and writes neither; when the
// query is gone it does.
func TestNobodyElseWritesWhatAQueryMakes(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	made := []grantedTopic{{"own.data.v1", true, true, false}, {"own._private.notes", true, true, false}}
	check := func(g grantedTopic) {
		t.Helper()
		for _, p := range probes {
			got := p.send(m.login("app"), g.topic, m.cluster.TopicInfo(g.topic).TopicID)
			if want := g.code(p.right(g), p.unknown); got != want {
				t.Errorf("%s of %s: code %d (%v), want %d", p.name, g.topic, got, kerr.ErrorForCode(got), want)
			}
		}
	}
	must(t, m.live.Wait(t.Context(), m.put(&weir.Query{Name: "own.data", Domain: m.id("domain/own"), Product: m.id("product/own.data"), Aside: m.id("stream/own._private.notes")})))
	for _, g := range made {
		check(g)
	}
	err := m.client("app", kgo.DefaultProduceTopic("own.data.v1")).ProduceSync(within(t, 10*time.Second), kgo.StringRecord("x")).FirstErr()
	if !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Errorf("a client is told %v", err)
	}
	must(t, m.live.Wait(t.Context(), m.remove(weir.NounQuery, "own.data")))
	for _, g := range made {
		g.write = true
		check(g)
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
