package gateway_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/kafka"
)

// published is what lists show of the topic that these tests publish.
const published = "own.pub.v1"

// onEach runs a test on the embedded broker and on Apache Kafka, with a mesh and
// the name of a topic that is there and belongs to nobody yet.
func onEach(t *testing.T, test func(t *testing.T, m *mesh, alias string)) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		m := mustMesh(t, mustCluster(t, 1), nil)
		test(t, m, "legacy")
	})
	t.Run("Apache Kafka", func(t *testing.T) {
		t.Parallel()
		seeds := os.Getenv("WEIR_TEST_KAFKA")
		if seeds == "" {
			t.Log("NOT TESTED AGAINST APACHE KAFKA: run `make test-real`, or set WEIR_TEST_KAFKA=HOST:PORT")
			t.Skip("WEIR_TEST_KAFKA is not set")
		}
		up, err := kafka.NewUpstream(kafka.Config{Seeds: strings.Split(seeds, ",")})
		must(t, err)
		t.Cleanup(func() { up.Close() })
		topics, err := kafka.NewCluster(up, kafka.Options{})
		must(t, err)
		t.Cleanup(func() { topics.Close() })
		m := mustMeshOn(t, nil, up, func(name string) weir.TopicID { return mustTopic(t, topics, name) }, nil)
		test(t, m, fmt.Sprintf("legacy-%x", time.Now().UnixNano()))
	})
}

// mustTopic makes a topic; one of an earlier run is as good.
func mustTopic(t *testing.T, c *kafka.Cluster, name string) weir.TopicID {
	t.Helper()
	ctx := within(t, 30*time.Second)
	id, err := c.PutTopic(ctx, weir.TopicSpec{Name: name, Partitions: 3, Retention: weir.Duration(time.Hour)})
	if weir.Exists.In(err) {
		var there weir.Topics
		there, err = c.Topics(ctx)
		id = there[name].ID
	}
	must(t, err)
	return id
}

// publish makes the product own.pub of a topic, which is on the cluster then if
// it was not.
func (m *mesh) publish(alias string) weir.TopicID {
	m.Helper()
	id := m.makeTopic(alias)
	m.publishAs(alias, id)
	return id
}

func (m *mesh) publishAs(alias string, id weir.TopicID) {
	m.Helper()
	p := weir.Product{Name: "own.pub", Domain: m.id("domain/own"), Major: 1, Visibility: weir.VisibleMesh, Access: weir.AccessOpen,
		Published: &weir.Publication{Topic: alias, By: weir.System, At: time.Now(), Terms: m.id("text/terms")}}
	m.put(&p)
	at := m.put(&weir.Topic{Name: alias, Domain: p.Domain, Of: p.UID, Partitions: 3, State: weir.TopicMade, ID: id, Adopted: true})
	must(m, m.live.Wait(within(m, 5*time.Second), at))
}

// takeBack makes the topic the stream's again.
func (m *mesh) takeBack(alias string, id weir.TopicID, stream weir.UID) {
	m.Helper()
	m.put(&weir.Topic{Name: alias, Domain: m.id("domain/own"), Of: stream, Partitions: 3, State: weir.TopicMade, ID: id})
	at := m.remove(weir.NounProduct, "own.pub")
	must(m, m.live.Wait(within(m, 5*time.Second), at))
}

// took reads until n records came, and fails if one is called otherwise.
func took(t testing.TB, cl *kgo.Client, topic string, n int) map[string]int {
	t.Helper()
	ctx := within(t, 30*time.Second)
	got := map[string]int{}
	for total := 0; total < n; {
		fs := cl.PollFetches(ctx)
		for _, e := range fs.Errors() {
			t.Fatalf("%d of %d records came: %s/%d: %v", total, n, e.Topic, e.Partition, e.Err)
		}
		fs.EachRecord(func(r *kgo.Record) {
			if r.Topic != topic {
				t.Fatalf("a record of %s, not %s", r.Topic, topic)
			}
			got[string(r.Value)]++
			total++
		})
	}
	return got
}

func both(alias string) []string { return []string{published, alias} }

// TestEitherName: producers, transactions, readers and groups of both protocols
// use either name, and never hear the other.
func TestEitherName(t *testing.T) {
	onEach(t, func(t *testing.T, m *mesh, alias string) {
		m.publish(alias)
		all := map[string]int{}
		for _, name := range both(alias) {
			produce(t, m.client("app"), name, "plain "+name, 30)
			tx := m.client("app", kgo.TransactionalID("app."+name))
			for _, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
				must(t, tx.BeginTransaction())
				produce(t, tx, name, fmt.Sprint(end, name), 10)
				must(t, tx.EndTransaction(within(t, 10*time.Second), end))
			}
			for v, n := range want("plain "+name, 30) {
				all[v] = n
			}
			for v, n := range want(fmt.Sprint(kgo.TryCommit, name), 10) {
				all[v] = n
			}
		}
		for _, name := range both(alias) {
			committed := kgo.FetchIsolationLevel(kgo.ReadCommitted())
			for what, opts := range map[string][]kgo.Opt{
				"alone":       {kgo.ConsumeTopics(name), committed},
				"a group":     {kgo.ConsumeTopics(name), committed, kgo.ConsumerGroup("stranger.classic-" + name)},
				"a new group": {kgo.ConsumeTopics(name), committed, kgo.ConsumerGroup("stranger.new-" + name), kgo.ServerSideBalancer()},
			} {
				if diff := cmp.Diff(all, took(t, m.client("stranger", opts...), name, len(all))); diff != "" {
					t.Errorf("%s, %s: %s", name, what, diff)
				}
			}
		}
	})
}

// TestOffsetsAreOneSet: what a group committed under one name it finds under the
// other, and who asks for all offsets is told of them once.
func TestOffsetsAreOneSet(t *testing.T) {
	onEach(t, func(t *testing.T, m *mesh, alias string) {
		m.publish(alias)
		produce(t, m.client("app"), alias, "x", 20)
		first := map[string]*kgo.Client{}
		group := func(name string) string { return "stranger." + name + alias }
		of := func(group, name string) *kgo.Client {
			return m.client("stranger", kgo.ConsumerGroup(group), kgo.ConsumeTopics(name), kgo.DisableAutoCommit(), kgo.ClientID(name))
		}
		for _, name := range both(alias) {
			first[name] = of(group(name), name)
			took(t, first[name], name, 20)
			must(t, first[name].CommitUncommittedOffsets(within(t, 10*time.Second)))
			first[name].CloseAllowingRebalance()
		}
		produce(t, m.client("app"), published, "more", 5)
		for i, name := range both(alias) {
			second := both(alias)[1-i]
			if diff := cmp.Diff(want("more", 5), took(t, of(group(name), second), second, 5)); diff != "" {
				t.Errorf("a group of %s goes on under %s: %s", name, second, diff)
			}
			all, err := kadm.NewClient(m.client("stranger", kgo.ClientID("admin"))).FetchOffsets(within(t, 10*time.Second), group(name))
			must(t, err)
			if diff := cmp.Diff([]string{published}, slices.Collect(maps.Keys(all))); diff != "" {
				t.Errorf("all offsets of a group of %s: %s", name, diff)
			}
		}
	})
}

// member is a client in a group, with what it holds and heard.
type member struct {
	name  string // by which it subscribes
	mu    sync.Mutex
	holds map[int32]bool
	heard map[string]int
	other map[string]bool // names that it did not subscribe to
}

func (g *member) note(ps map[string][]int32, holds bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for topic, parts := range ps {
		for _, p := range parts {
			g.holds[p] = holds
		}
		if topic != g.name {
			g.other[topic] = true
		}
	}
}

func (g *member) held() (ps []int32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for p, holds := range g.holds {
		if holds {
			ps = append(ps, p)
		}
	}
	return ps
}

// joins makes a member that reads until the test ends.
func (m *mesh) joins(group, name string, opts ...kgo.Opt) *member {
	g := &member{name: name, holds: map[int32]bool{}, heard: map[string]int{}, other: map[string]bool{}}
	lost := func(_ context.Context, _ *kgo.Client, ps map[string][]int32) { g.note(ps, false) }
	cl := m.client("stranger", append([]kgo.Opt{
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(name), kgo.ClientID(name), kgo.HeartbeatInterval(100 * time.Millisecond), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, ps map[string][]int32) { g.note(ps, true) }),
		kgo.OnPartitionsRevoked(lost), kgo.OnPartitionsLost(lost),
	}, opts...)...)
	ctx, stop := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	reading.Go(func() {
		for ctx.Err() == nil {
			cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.heard[string(r.Value)]++
				if r.Topic != name {
					g.other[r.Topic] = true
				}
			})
		}
	})
	m.Cleanup(func() { stop(); reading.Wait() })
	return g
}

// TestAGroupOfBothNames: members that use different names share the partitions,
// and each hears its own name.
func TestAGroupOfBothNames(t *testing.T) {
	onEach(t, func(t *testing.T, m *mesh, alias string) {
		m.publish(alias)
		for what, opt := range map[string]kgo.Opt{
			"range":       kgo.Balancers(kgo.RangeBalancer()),
			"cooperative": kgo.Balancers(kgo.CooperativeStickyBalancer()),
			"new":         kgo.ServerSideBalancer(),
		} {
			group := "stranger.both-" + what + alias
			a, b := m.joins(group, published, opt), m.joins(group, alias, opt)
			within := 30 * time.Second // Apache Kafka waits before it balances a new group
			inTime(t, within, what+": the partitions are shared", func() bool {
				x, y := a.held(), b.held()
				return len(x) > 0 && len(y) > 0 && len(x)+len(y) == 3
			})
			produce(t, m.client("app"), published, what, 60)
			inTime(t, within, what+": every record came once", func() bool {
				a.mu.Lock()
				defer a.mu.Unlock()
				b.mu.Lock()
				defer b.mu.Unlock()
				for v := range want(what, 60) {
					if a.heard[v]+b.heard[v] != 1 {
						return false
					}
				}
				return true
			})
			if len(a.other)+len(b.other) > 0 {
				t.Errorf("%s: %s heard of %v, %s of %v", what, published, a.other, alias, b.other)
			}
			if groups, err := kadm.NewClient(m.client("stranger", kgo.ClientID("admin"))).DescribeGroups(t.Context(), group); what != "new" {
				must(t, err)
				if diff := cmp.Diff([]string{published}, groups.AssignedPartitions().Topics()); diff != "" {
					t.Errorf("%s: administrators see the assignment of %s", what, diff)
				}
			}
		}
	})
}

// inTime is eventually with more time.
func inTime(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// TestAnswersHaveTheNameThatWasAsked: in every request that names a topic, by
// either name, and whatever the answer, no answer has the other name.
func TestAnswersHaveTheNameThatWasAsked(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	const alias = "legacy"
	id := m.publish(alias)
	said := map[string]bool{}
	m.answered = func(resp kmsg.Response) { texts(reflect.ValueOf(resp), said) }
	for i, name := range both(alias) {
		r, other := m.login("app"), both(alias)[1-i]
		for _, p := range probes {
			clear(said)
			if code := p.send(r, name, id); code != 0 {
				t.Errorf("%s by %s: code %d", p.name, name, code)
			}
			if byID := strings.HasSuffix(p.name, "by id"); !byID && (said[other] || !said[name]) {
				t.Errorf("%s by %s: the answer says %v", p.name, name, said)
			}
		}
	}
}

// TestBothNamesInOneRequest: the product's own goes, the alias is told that it
// is none; but both are described, the alias without an id, and a subscription
// to both is one to the product's own.
func TestBothNamesInOneRequest(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	const alias, none = "legacy", 17
	m.publish(alias)
	r := m.login("app")
	check := func(what string, got map[string]int16) {
		if diff := cmp.Diff(map[string]int16{published: 0, alias: none}, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	for _, order := range [][]string{{published, alias}, {alias, published}} {
		got := map[string]int16{}
		write := kmsg.NewPtrProduceRequest()
		write.Version, write.Acks, write.TimeoutMillis = 11, -1, 1000
		read := kmsg.NewPtrFetchRequest()
		read.Version, read.SessionEpoch, read.MaxBytes, read.MaxWaitMillis = 12, -1, 1<<20, 10
		meta := metadataOf(12)
		list := kmsg.NewPtrListOffsetsRequest()
		list.Version, list.ReplicaID = 7, -1
		commit := kmsg.NewPtrOffsetCommitRequest()
		commit.Version, commit.Group, commit.Generation = 8, "app.g", -1
		for _, name := range order {
			write.Topics = append(write.Topics, kmsg.ProduceRequestTopic{Topic: name, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch()}}})
			part := kmsg.NewFetchRequestTopicPartition()
			part.PartitionMaxBytes, part.CurrentLeaderEpoch = 1<<20, -1
			read.Topics = append(read.Topics, kmsg.FetchRequestTopic{Topic: name, Partitions: []kmsg.FetchRequestTopicPartition{part}})
			meta.Topics = append(meta.Topics, kmsg.MetadataRequestTopic{Topic: &name})
			list.Topics = append(list.Topics, kmsg.ListOffsetsRequestTopic{Topic: name, Partitions: []kmsg.ListOffsetsRequestTopicPartition{{Timestamp: -1, CurrentLeaderEpoch: -1}}})
			commit.Topics = append(commit.Topics, kmsg.OffsetCommitRequestTopic{Topic: name, Partitions: []kmsg.OffsetCommitRequestTopicPartition{{LeaderEpoch: -1}}})
		}
		for _, topic := range ask[*kmsg.ProduceResponse](r, write).Topics {
			got[topic.Topic] = topic.Partitions[0].ErrorCode
		}
		check("Produce", got)
		clear(got)
		for _, topic := range ask[*kmsg.FetchResponse](r, read).Topics {
			got[topic.Topic] = topic.Partitions[0].ErrorCode
		}
		check("Fetch", got)
		clear(got)
		for _, topic := range ask[*kmsg.MetadataResponse](r, meta).Topics {
			got[*topic.Topic] = topic.ErrorCode
			if known := topic.TopicID != [16]byte{}; known != (*topic.Topic == published) || len(topic.Partitions) != 3 {
				t.Errorf("Metadata of both: %+v", topic)
			}
		}
		if diff := cmp.Diff(map[string]int16{published: 0, alias: 0}, got); diff != "" {
			t.Errorf("Metadata: %s", diff)
		}
		clear(got)
		for _, topic := range ask[*kmsg.ListOffsetsResponse](r, list).Topics {
			got[topic.Topic] = topic.Partitions[0].ErrorCode
		}
		check("ListOffsets", got)
		clear(got)
		for _, topic := range ask[*kmsg.OffsetCommitResponse](r, commit).Topics {
			got[topic.Topic] = topic.Partitions[0].ErrorCode
		}
		check("OffsetCommit", got)
	}
	produce(t, m.client("app"), alias, "x", 10)
	for _, opts := range [][]kgo.Opt{{}, {kgo.ServerSideBalancer()}} {
		opts = append(opts, kgo.ConsumerGroup(fmt.Sprint("stranger.", len(opts))), kgo.ConsumeTopics(published, alias))
		cl, ctx := m.client("stranger", opts...), within(t, 20*time.Second)
		names := map[string]int{}
		for ctx.Err() == nil && names[published] < 12 { // two were written above
			cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) { names[r.Topic]++ })
		}
		if diff := cmp.Diff(map[string]int{published: 12}, names); diff != "" {
			t.Errorf("a member that subscribes to both: %s", diff)
		}
	}
}

// TestListsShowATopicOnce: under the product's own name; but a client that asks
// for the alias is not told in a list that there is no such topic.
func TestListsShowATopicOnce(t *testing.T) {
	onEach(t, func(t *testing.T, m *mesh, alias string) {
		id := m.publish(alias)
		lists := func(r *raw) []string {
			all := kmsg.NewPtrMetadataRequest()
			all.Version, all.Topics = 12, nil
			var names []string
			for _, topic := range ask[*kmsg.MetadataResponse](r, all).Topics {
				if topic.TopicID == id {
					names = append(names, *topic.Topic)
				}
			}
			return names
		}
		byID := func(r *raw) string {
			one := metadataOf(12)
			one.Topics = []kmsg.MetadataRequestTopic{{TopicID: id}}
			return *ask[*kmsg.MetadataResponse](r, one).Topics[0].Topic
		}
		asks := func(r *raw, name string) {
			one := metadataOf(12)
			one.Topics = []kmsg.MetadataRequestTopic{{Topic: &name}}
			ask[*kmsg.MetadataResponse](r, one)
		}
		r, same, other := m.login("app"), m.login("app"), m.login("stranger")
		is := func(what string, r *raw, want string) {
			if diff := cmp.Diff([]string{want}, lists(r)); diff != "" {
				t.Errorf("%s lists %s", what, diff)
			}
			if got := byID(r); got != want {
				t.Errorf("%s is told that the id is %s, not %s", what, got, want)
			}
		}
		is("a new client", r, published)
		asks(r, alias)
		is("one that asked for the alias", r, alias)
		is("the same on another connection", same, alias)
		is("another client", other, published)
		asks(same, published)
		is("one that asked for the product", same, published)
		is("the connection that asked for the alias", r, alias)
		asks(r, published)
		is("one that asked again", r, published)
	})
}

// TestListingAsLibrdkafkaAsks: with zeros behind the request, as 2.16 sends it,
// for all topics and for one.
func TestListingAsLibrdkafkaAsks(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	name := "own.data.v1"
	for _, topics := range [][]kmsg.MetadataRequestTopic{nil, {{Topic: &name}}} {
		req := kmsg.NewPtrMetadataRequest()
		req.Version, req.Topics = 13, topics
		frame := append(r.frame(req), 0, 0, 0)
		binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
		must(t, r.send(frame))
		resp, err := r.answer(req, r.next)
		must(t, err)
		if !slices.ContainsFunc(resp.(*kmsg.MetadataResponse).Topics, func(t kmsg.MetadataResponseTopic) bool { return *t.Topic == name && t.ErrorCode == 0 }) {
			t.Errorf("asked for %v: %+v", topics, resp)
		}
	}
}

// TestPartitionsHaveNoNull: Java's tools take null lists of replicas for a fault.
func TestPartitionsHaveNoNull(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	req := kmsg.NewPtrDescribeTopicPartitionsRequest()
	req.ResponsePartitionLimit, req.Topics = 100, []kmsg.DescribeTopicPartitionsRequestTopic{{Topic: "own.data.v1"}}
	ps := ask[*kmsg.DescribeTopicPartitionsResponse](m.login("app"), req).Topics[0].Partitions
	if len(ps) != 3 || slices.ContainsFunc(ps, func(p kmsg.DescribeTopicPartitionsResponseTopicPartition) bool {
		return p.EligibleLeaderReplicas == nil || p.LastKnownELR == nil
	}) {
		t.Errorf("%+v", ps)
	}
}

// TestPublishingUnderAClient: what is published goes on under the name that its
// clients have, in their fetch sessions too; when it is taken back, sessions
// under the product's own name end.
func TestPublishingUnderAClient(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	const stream = "own._private.notes"
	id := weir.TopicID(m.cluster.TopicInfo(stream).TopicID)
	produce(t, m.client("app"), stream, "x", 30)
	old := m.login("app")
	begun := fetchOnce(old, 12, stream, id, 0)
	next := func(r *raw, session *kmsg.FetchResponse, epoch int32, names ...string) *kmsg.FetchResponse {
		req := kmsg.NewPtrFetchRequest()
		req.Version, req.SessionID, req.SessionEpoch, req.MaxBytes, req.MaxWaitMillis = 12, session.SessionID, epoch, 1<<20, 10
		for _, name := range names { // from the start: there is something to answer
			part := kmsg.NewFetchRequestTopicPartition()
			part.PartitionMaxBytes, part.CurrentLeaderEpoch = 1<<20, -1
			req.Topics = append(req.Topics, kmsg.FetchRequestTopic{Topic: name, Partitions: []kmsg.FetchRequestTopicPartition{part}})
		}
		return ask[*kmsg.FetchResponse](r, req)
	}
	if begun.SessionID == 0 || begun.Topics[0].Topic != stream {
		t.Fatalf("no session of %s: %+v", stream, begun)
	}
	m.publishAs(stream, id)
	for epoch, names := range [][]string{{}, {stream}} {
		got := next(old, begun, int32(epoch+1), names...)
		if got.ErrorCode != 0 || len(got.Topics) == 0 && epoch == 1 {
			t.Errorf("the session goes on: %+v", got)
		}
		for _, topic := range got.Topics {
			if topic.Topic != stream {
				t.Errorf("a session that began as %s hears of %s", stream, topic.Topic)
			}
		}
	}
	if got := next(old, begun, 3, published); got.ErrorCode != kerr.FetchSessionIDNotFound.Code {
		t.Errorf("the product's name in a session of the alias: %d", got.ErrorCode)
	}
	own := m.login("stranger")
	named := fetchOnce(own, 12, published, id, 0)
	if named.Topics[0].Topic != published || named.Topics[0].Partitions[0].ErrorCode != 0 {
		t.Fatalf("%s: %+v", published, named)
	}
	if got := next(own, named, 1, published); got.ErrorCode != 0 || got.Topics[0].Topic != published {
		t.Errorf("the session of %s: %+v", published, got)
	}
	m.takeBack(stream, id, m.id("stream/"+stream))
	if got := next(own, named, 2); got.ErrorCode != kerr.FetchSessionIDNotFound.Code || len(got.Topics) > 0 {
		t.Errorf("after it was taken back: %+v", got)
	}
	for _, name := range both(stream) {
		if got := fetchOnce(own, 12, name, id, -1).Topics[0]; got.Topic != name || got.Partitions[0].ErrorCode != unknownName {
			t.Errorf("%s, after it was taken back: %+v", name, got)
		}
	}
	if got := fetchOnce(m.login("app"), 12, stream, id, -1).Topics[0]; got.Partitions[0].ErrorCode != 0 {
		t.Errorf("its own team: %+v", got)
	}
}

// TestForgettingAPublishedTopic: a session forgets a topic under its client's
// name.
func TestForgettingAPublishedTopic(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	id := m.publish("legacy")
	produce(t, m.client("app"), "legacy", "x", 30)
	r := m.login("stranger")
	begun := fetchOnce(r, 12, published, id, 0)
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.SessionID, req.SessionEpoch, req.MaxBytes, req.MaxWaitMillis = 12, begun.SessionID, 1, 1<<20, 10
	req.ForgottenTopics = []kmsg.FetchRequestForgottenTopic{{Topic: published, Partitions: []int32{0}}}
	if got := ask[*kmsg.FetchResponse](r, req); got.ErrorCode != 0 || len(got.Topics) > 0 {
		t.Errorf("it is forgotten: %+v", got)
	}
}

// TestNamesTellNothingOfWhatIsHidden: a name that an application may not know of
// comes back as it was said, so that nobody learns which topic it is.
func TestNamesTellNothingOfWhatIsHidden(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	const alias = "legacy"
	m.publish(alias)
	hidden := weir.Product{Name: "own.pub", Domain: m.id("domain/own"), Major: 1, Visibility: weir.VisibleDomain, Access: weir.AccessOpen,
		Published: &weir.Publication{Topic: alias, By: weir.System, At: time.Now(), Terms: m.id("text/terms")}}
	must(t, m.live.Wait(within(t, 5*time.Second), m.put(&hidden)))
	for app, want := range map[string]string{"stranger": alias, "app": published} {
		r := m.login(app)
		join := kmsg.NewPtrJoinGroupRequest()
		join.Version, join.Group, join.ProtocolType, join.SessionTimeoutMillis, join.RebalanceTimeoutMillis = 3, app+".g", "consumer", 10000, 1000
		meta := kmsg.NewConsumerMemberMetadata()
		join.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: meta.AppendTo(nil)}}
		joined := ask[*kmsg.JoinGroupResponse](r, join)
		sync := kmsg.NewPtrSyncGroupRequest()
		sync.Version, sync.Group, sync.Generation, sync.MemberID = 2, app+".g", joined.Generation, joined.MemberID
		assigned := kmsg.NewConsumerMemberAssignment()
		assigned.Topics = []kmsg.ConsumerMemberAssignmentTopic{{Topic: alias, Partitions: []int32{0}}}
		sync.GroupAssignment = []kmsg.SyncGroupRequestGroupAssignment{{MemberID: joined.MemberID, MemberAssignment: assigned.AppendTo(nil)}}
		if got := assignedTo(t, ask[*kmsg.SyncGroupResponse](r, sync).MemberAssignment); got != alias {
			t.Errorf("%s says %s and hears %s", app, alias, got)
		}
		describe := kmsg.NewPtrDescribeGroupsRequest()
		describe.Groups = []string{app + ".g"}
		if got := assignedTo(t, ask[*kmsg.DescribeGroupsResponse](r, describe).Groups[0].Members[0].MemberAssignment); got != want {
			t.Errorf("%s is told of %s, not %s", app, got, want)
		}
	}
}

func assignedTo(t *testing.T, packed []byte) string {
	t.Helper()
	var got kmsg.ConsumerMemberAssignment
	must(t, got.ReadFrom(packed))
	return got.Topics[0].Topic
}

// texts collects every text in a value.
func texts(v reflect.Value, into map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		into[v.String()] = true
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), into)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			for i := range v.Len() {
				texts(v.Index(i), into)
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				texts(v.Field(i), into)
			}
		}
	}
}
