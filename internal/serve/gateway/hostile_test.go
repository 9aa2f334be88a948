package gateway_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/serve/gateway"
)

// someRequests are good requests, to be torn.
func someRequests(r *rand.Rand, id [16]byte) kmsg.Request {
	topic := "own.data.v1"
	switch r.IntN(8) {
	case 0:
		req := kmsg.NewPtrProduceRequest()
		req.Version, req.Acks, req.TimeoutMillis = int16(3+r.IntN(11)), -1, 100
		req.Topics = []kmsg.ProduceRequestTopic{{Topic: topic, TopicID: id, Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch()}}}}
		return req
	case 1:
		req := kmsg.NewPtrFetchRequest()
		req.Version, req.ReplicaID, req.SessionEpoch, req.MaxBytes, req.MaxWaitMillis = int16(4+r.IntN(15)), -1, -1, 1<<20, 1
		t := kmsg.NewFetchRequestTopic()
		t.Topic, t.TopicID, t.Partitions = topic, id, []kmsg.FetchRequestTopicPartition{kmsg.NewFetchRequestTopicPartition()}
		req.Topics = []kmsg.FetchRequestTopic{t}
		return req
	case 2:
		req := kmsg.NewPtrMetadataRequest()
		req.Version = int16(4 + r.IntN(10))
		req.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
		return req
	case 3:
		req := kmsg.NewPtrOffsetCommitRequest()
		req.Version, req.Group = int16(2+r.IntN(8)), "app.g"
		req.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: topic, Partitions: []kmsg.OffsetCommitRequestTopicPartition{{}}}}
		return req
	case 4:
		req := kmsg.NewPtrFindCoordinatorRequest()
		req.Version, req.CoordinatorKeys = int16(r.IntN(7)), []string{"app", "app.x"}
		return req
	case 5:
		req := kmsg.NewPtrApiVersionsRequest()
		req.Version = int16(r.IntN(6))
		return req
	case 6:
		req := kmsg.NewPtrSASLAuthenticateRequest()
		req.Version, req.SASLAuthBytes = int16(r.IntN(3)), []byte("n,,n=app,r=abc")
		return req
	}
	req := kmsg.RequestForKey(int16(r.IntN(kmsg.MaxKey + 3)))
	if req == nil {
		req = kmsg.NewPtrHeartbeatRequest()
	}
	req.SetVersion(int16(r.IntN(int(req.MaxVersion()) + 2)))
	return req
}

// garbage is a frame that is random, or a good one that was torn.
func garbage(r *rand.Rand, raw *raw, id [16]byte) []byte {
	if r.IntN(4) == 0 {
		b := make([]byte, 4+r.IntN(300))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		if r.IntN(2) == 0 { // a size that is right, a key that is known
			binary.BigEndian.PutUint32(b, uint32(len(b)-4))
			if len(b) > 8 {
				b[4], b[5], b[6], b[7] = 0, byte(r.IntN(95)), 0, byte(r.IntN(14))
			}
		}
		return b
	}
	b := raw.frame(someRequests(r, id))
	for range r.IntN(6) {
		at := 4 + r.IntN(len(b)-4)
		switch r.IntN(3) {
		case 0:
			b[at] = byte(r.Uint32())
		case 1:
			b[at] = 0xff
		case 2:
			b = append(b[:at], b[at+r.IntN(len(b)-at):]...)
		}
		if len(b) < 9 {
			break
		}
	}
	if r.IntN(5) > 0 {
		binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	}
	return b
}

// TestGarbage: 1,000 random and torn frames before and after the login hurt
// nobody: the process lives, others are served, memory stays bounded.
func TestGarbage(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	seed := uint64(20261121)
	id := m.cluster.TopicInfo("own.data.v1").TopicID
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(w)))
			for i := range 125 {
				raw := m.raw()
				if i%2 == 0 {
					raw.Close()
					raw = m.login("app")
				}
				raw.SetDeadline(time.Now().Add(2 * time.Second))
				raw.send(garbage(r, raw, id))
				raw.Conn.(interface{ CloseWrite() error }).CloseWrite()
				drained(raw)
				raw.Close()
			}
		})
	}
	workers.Wait()
	produce(t, m.client("app2"), "own.data.v1", "after", 10)
	eventually(t, "all connections of the garbage are gone", func() bool { return m.metrics.Connections.Load() < 5 })
}

// TestAnnouncedSizes: what is only announced costs nothing, before the login
// and after it; what lies about its counts is refused before a decoder sees it.
func TestAnnouncedSizes(t *testing.T) { // alone, since it measures memory
	m := mustMesh(t, mustCluster(t, 1), nil)
	for _, size := range []uint32{1<<32 - 1, 1 << 31, 1<<31 - 1, 101 << 20, 17 << 10} {
		r := m.raw()
		must(t, r.send(binary.BigEndian.AppendUint32(nil, size)))
		r.mustEnd(fmt.Sprintf("a frame of %d bytes before the login", size))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		r := m.login("app")
		must(t, r.send(append(binary.BigEndian.AppendUint32(nil, 99<<20), 0, 0, 0, 9, 0, 0, 0, 1)))
	}
	for _, key := range []byte{1, 3, 8, 11} {
		r := m.login("app")
		must(t, r.send(append(binary.BigEndian.AppendUint32(nil, 2<<20), 0, key, 0, 9, 0, 0, 0, 1)))
		r.mustEnd("a large request that does not produce")
	}
	// Counts of topics and of tagged fields that are not there.
	for _, lie := range [][]byte{
		{0, 0, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f},
		{0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f},
		{0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1},
	} {
		r := m.login("app")
		must(t, r.send(append(binary.BigEndian.AppendUint32(nil, uint32(len(lie))), lie...)))
		r.mustEnd(fmt.Sprintf("% x", lie))
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 100<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

// TestIdleConnections: 300 that say nothing cost little and hurt nobody.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	before := resident(t)
	for range 300 {
		m.raw()
	}
	eventually(t, "they are in", func() bool { return m.metrics.Connections.Load() == 300 })
	produce(t, m.client("app"), "own.data.v1", "x", 100)
	consume(t, m.client("app2", kgo.ConsumeTopics("own.data.v1")), 100)
	t.Logf("300 connections: %d KB each", (resident(t)-before)/300)
}

// resident is this process's memory in KB.
func resident(t *testing.T) int {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc here")
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}

// TestSlowReader: a client that takes no answers is held back, then closed, and
// others are served meanwhile.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) {
		c.Limits.WriteTime, c.Limits.Answers = 500*time.Millisecond, 2<<20
	})
	writer := m.client("app", kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	value := []byte(strings.Repeat("v", 500_000))
	for range 10 {
		must(t, writer.ProduceSync(within(t, 10*time.Second), &kgo.Record{Topic: "own.data.v1", Value: value}).FirstErr())
	}
	slow := m.login("app")
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.ReplicaID, req.SessionEpoch, req.MaxBytes, req.MaxWaitMillis = 12, -1, -1, 1<<30, 10
	topic := kmsg.NewFetchRequestTopic()
	p := kmsg.NewFetchRequestTopicPartition()
	p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1<<30, -1
	topic.Topic, topic.Partitions = "own.data.v1", append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	for range 40 { // and reads none of the answers
		if slow.send(slow.frame(req)) != nil {
			break
		}
	}
	consume(t, m.client("app2", kgo.ConsumeTopics("own.data.v1")), 10)
	eventually(t, "the slow one is closed", func() bool { return slow.send(slow.frame(req)) != nil })
}

// TestPipelining: answers come in the order of the requests, also where some
// are made here and some by the broker, and where some have none.
func TestPipelining(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	foreign := "stranger.tx"
	local := kmsg.NewPtrInitProducerIDRequest() // answered here
	local.Version, local.TransactionalID = 4, &foreign
	quiet := kmsg.NewPtrProduceRequest() // not answered at all
	quiet.Version, quiet.Acks = 11, 0
	quiet.Topics = []kmsg.ProduceRequestTopic{{Topic: "own.data.v1", Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch()}}}}
	mixed := kmsg.NewPtrProduceRequest() // answered by both
	mixed.Version, mixed.Acks = 11, -1
	mixed.Topics = append([]kmsg.ProduceRequestTopic{{Topic: "other.open.v1", Partitions: quiet.Topics[0].Partitions}}, quiet.Topics...)
	versions := kmsg.NewPtrApiVersionsRequest()
	order := []kmsg.Request{metadataRequest(), local, mixed, quiet, versions, metadataRequest(), local, quiet, local, mixed}
	for range 20 {
		var all []byte
		first := r.next + 1
		for _, req := range order {
			all = append(all, r.frame(req)...)
		}
		must(t, r.send(all))
		for i, req := range order {
			if req == kmsg.Request(quiet) {
				continue
			}
			if _, err := r.answer(req, first+int32(i)); err != nil {
				t.Fatalf("answer %d: %v", i, err)
			}
		}
	}
	if n := m.cluster.PartitionInfo("own.data.v1", 0).HighWatermark; n != 20*4 {
		t.Errorf("%d records, sent %d", n, 20*4)
	}
}

// TestInFlight: more requests than the limit wait their turn.
func TestInFlight(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) { c.Limits.InFlight = 2 })
	r := m.login("app")
	go func() {
		for range 200 {
			r.send(kmsg.NewRequestFormatter().AppendRequest(nil, metadataRequest(), 7))
		}
	}()
	for i := range 200 {
		if _, err := r.answer(metadataRequest(), 7); err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
	}
}

// TestUpstreamEnds: when the broker ends a connection, the client's ends too,
// though nothing is under way.
func TestUpstreamEnds(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	r := m.login("app")
	ask[*kmsg.MetadataResponse](r, metadataRequest())
	m.cluster.Close()
	r.mustEnd("the broker is gone")
}
