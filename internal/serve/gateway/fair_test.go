package gateway_test

import (
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir/internal/serve/gateway"
)

// fillTopic writes n records of 900 kB to own.data.
func fillTopic(m *mesh, n int) {
	m.Helper()
	writer := m.client("app", kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchCompression(kgo.NoCompression()))
	value := []byte(strings.Repeat("v", 900_000))
	for range n {
		must(m, writer.ProduceSync(within(m, 10*time.Second), &kgo.Record{Topic: "own.data.v1", Value: value}).FirstErr())
	}
}

// fetchAll asks for everything in own.data from its beginning.
func fetchAll() *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.Version, req.ReplicaID, req.SessionEpoch, req.MaxBytes, req.MaxWaitMillis = 12, -1, -1, 1<<30, 10
	topic := kmsg.NewFetchRequestTopic()
	p := kmsg.NewFetchRequestTopicPartition()
	p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1<<30, -1
	topic.Topic, topic.Partitions = "own.data.v1", append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	return req
}

// unread sends many fetches and reads none of the answers.
func (m *mesh) unread(app string) *raw {
	m.Helper()
	r := m.login(app)
	must(m, r.Conn.(*net.TCPConn).SetReadBuffer(4096)) // the system should not read for it
	var all []byte
	for range 16 {
		all = append(all, r.frame(fetchAll())...)
	}
	must(m, r.send(all))
	return r
}

// TestUnreadAnswers: an application that reads none of its answers, on many
// connections, waits for itself only.
func TestUnreadAnswers(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) {
		c.Limits.Answers, c.Limits.FetchBytes, c.Limits.SlowTime = 8<<20, 1<<20, time.Minute
	})
	fillTopic(m, 4)
	for range 12 {
		m.unread("stranger")
	}
	eventually(t, "its share is full", func() bool { return m.metrics.HeldAnswers.Load() > 4<<20 })
	r := m.login("app2")
	for range 5 {
		began := time.Now()
		resp := ask[*kmsg.FetchResponse](r, fetchAll())
		if took := time.Since(began); took > time.Second {
			t.Errorf("another application's fetch took %s", took)
		}
		if n := len(resp.Topics[0].Partitions[0].RecordBatches); n < 900_000 {
			t.Errorf("%d bytes came", n)
		}
	}
}

// TestSlowGiveWay: of those that read nothing, the ones that others wait for
// are closed long before the time for an answer is over.
func TestSlowGiveWay(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) {
		c.Limits.Answers, c.Limits.FetchBytes, c.Limits.SlowTime = 4<<20, 1<<20, 200*time.Millisecond
	})
	fillTopic(m, 4)
	before := m.metrics.Refused.Load()
	for range 12 {
		m.unread("stranger")
	}
	eventually(t, "some are closed", func() bool { return m.metrics.Refused.Load() >= before+4 })
}

// TestSlowProduce: large requests that arrive slowly stop their own application
// only, and a connection that is idle holds nothing.
func TestSlowProduce(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) { c.Limits.SlowTime = time.Minute })
	for range 3 {
		for _, size := range []uint32{99 << 20, 60 << 20} {
			r := m.login("app")
			must(t, r.send(append(binary.BigEndian.AppendUint32(nil, size), 0, 0, 0, 9, 0, 0, 0, 1)))
		}
	}
	eventually(t, "large requests are under way", func() bool { return m.metrics.HeldRequests.Load() >= 60<<20 })
	held := m.metrics.HeldRequests.Load()
	r := m.login("app2")
	produce := kmsg.NewPtrProduceRequest()
	produce.Version, produce.Acks, produce.TimeoutMillis = 11, -1, 5000
	records := largeBatch(900_000)
	produce.Topics = []kmsg.ProduceRequestTopic{{Topic: "own.data.v1", Partitions: []kmsg.ProduceRequestTopicPartition{{Records: records}}}}
	for range 3 {
		began := time.Now()
		resp := ask[*kmsg.ProduceResponse](r, produce)
		if took := time.Since(began); took > time.Second {
			t.Errorf("another application's Produce took %s", took)
		}
		if code := resp.Topics[0].Partitions[0].ErrorCode; code != 0 {
			t.Errorf("code %d", code)
		}
	}
	eventually(t, "what was dealt with is given back", func() bool { return m.metrics.HeldRequests.Load() == held })
}

// TestSlowProduceGivesWay: one that holds room and sends nothing is closed
// once its application waits for the room.
func TestSlowProduceGivesWay(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) { c.Limits.SlowTime = 200 * time.Millisecond })
	stuck := m.login("app2")
	must(t, stuck.send(append(binary.BigEndian.AppendUint32(nil, 99<<20), 0, 0, 0, 9, 0, 0, 0, 1)))
	eventually(t, "it holds room", func() bool { return m.metrics.HeldRequests.Load() == 99<<20 })
	next := m.login("app2")
	must(t, next.send(append(binary.BigEndian.AppendUint32(nil, 50<<20), 0, 0, 0, 9, 0, 0, 0, 1)))
	stuck.mustEnd("a request that does not arrive")
	eventually(t, "the next has the room", func() bool { return m.metrics.HeldRequests.Load() == 50<<20 })
}

// largeBatch is a good batch with one record of a size.
func largeBatch(size int) []byte {
	record := kmsg.Record{Value: make([]byte, size)}
	var length [binary.MaxVarintLen32]byte
	body := record.AppendTo(nil)[1:] // without its length, which is 0 and so one byte
	n := binary.PutVarint(length[:], int64(len(body)))
	return seal(&kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: 1,
		Records: append(slices.Clone(length[:n]), body...),
	})
}

// TestStrangersGiveWay: connections that do not log in keep nobody from it.
func TestStrangersGiveWay(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), nil)
	first := m.raw()
	for range 600 {
		m.raw()
	}
	eventually(t, "all of them came", func() bool { return m.metrics.Accepted.Load() == 601 })
	began := time.Now()
	r := m.login("app")
	ask[*kmsg.MetadataResponse](r, metadataRequest())
	if took := time.Since(began); took > time.Second {
		t.Errorf("a login took %s", took)
	}
	first.mustEnd("the oldest")
	eventually(t, "no more than the limit stay", func() bool { return m.metrics.Connections.Load() <= 501 })
}

// TestSilentGiveWayFirst: among connections before their login, one that is
// under way stays longer than one that said nothing.
func TestSilentGiveWayFirst(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) { c.Limits.Unauthenticated = 3 })
	speaks := m.raw()
	ask[*kmsg.ApiVersionsResponse](speaks, kmsg.NewPtrApiVersionsRequest())
	silent := m.raw()
	for range 2 {
		m.raw()
	}
	silent.mustEnd("the oldest that said nothing")
	if code, text := speaks.authenticate("app", password); code != 0 {
		t.Errorf("the one that spoke: %d %s", code, text)
	}
}

// TestMostGivesWay: when all connections are taken, the application with the
// most gives one to another that has fewer; with equal numbers nobody does.
func TestMostGivesWay(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 1), func(c *gateway.Config) {
		c.Limits.Unauthenticated, c.Limits.PerApplication, c.Limits.Connections = 2, 6, 8
	})
	var greedy []*raw
	for range 6 {
		greedy = append(greedy, m.login("app"))
	}
	for _, last := range []int{5, 4, 3} {
		ask[*kmsg.MetadataResponse](m.login("app2"), metadataRequest())
		greedy[last].mustEnd("the newest of the application with the most")
	}
	r := m.raw()
	if code, text := r.authenticate("app2", password); code == 0 || !strings.Contains(text, "too many") {
		t.Errorf("one more than the others have: %d %s", code, text)
	}
	ask[*kmsg.MetadataResponse](greedy[0], metadataRequest())
}

// TestSecret: with a secret that is kept, a user who does not exist is shown
// the same salt by the next run, as one who exists is.
func TestSecret(t *testing.T) {
	t.Parallel()
	salts := func(secret []byte) [2]string {
		m := mustMesh(t, mustCluster(t, 1), func(cfg *gateway.Config) { cfg.Secret = secret })
		defer m.stop()
		return [2]string{m.salt("nobody"), m.salt("nobody")}
	}
	kept := []byte("a secret of some bytes")
	first := salts(kept)
	if first[0] != first[1] || salts(kept) != first {
		t.Error("the salt of who does not exist changed")
	}
	if salts([]byte("another secret of some bytes")) == first || salts(nil) == first {
		t.Error("the salt does not depend on the secret")
	}
	m := mustMesh(t, mustCluster(t, 1), nil)
	cfg := gateway.Config{Upstream: m.cluster, Rights: m.live, Addr: "127.0.0.1:0", Secret: []byte("short")}
	if _, err := gateway.New(cfg); err == nil {
		t.Error("a short secret was taken")
	}
}

// salt is what a user is told when a login begins.
func (m *mesh) salt(user string) string {
	m.Helper()
	r := m.raw()
	hello := kmsg.NewPtrSASLHandshakeRequest()
	hello.Version, hello.Mechanism = 1, "SCRAM-SHA-256"
	ask[*kmsg.SASLHandshakeResponse](r, hello)
	req := kmsg.NewPtrSASLAuthenticateRequest()
	req.Version, req.SASLAuthBytes = 2, []byte("n,,n="+user+",r=abc")
	_, rest, _ := strings.Cut(string(ask[*kmsg.SASLAuthenticateResponse](r, req).SASLAuthBytes), ",s=")
	salt, _, _ := strings.Cut(rest, ",")
	return salt
}
