package gateway_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/serve/gateway"
)

// watched is a connection all of whose bytes are looked at for the upstream's
// addresses.
type watched struct {
	net.Conn
	w    *watch
	tail []byte
}

type watch struct {
	mu    sync.Mutex
	found []string
	bytes int
}

func (c *watched) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.tail = c.w.look(append(c.tail, b[:n]...), n)
	return n, err
}

// look searches what has come, and keeps its end, where an address may begin.
func (w *watch) look(b []byte, fresh int) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes += fresh
	marks := [][]byte{[]byte("hidden.example")}
	for n := range 3 {
		marks = append(marks, binary.BigEndian.AppendUint32(nil, uint32(hiddenPort+n)), []byte(strconv.Itoa(hiddenPort+n)))
	}
	for _, mark := range marks {
		if at := bytes.Index(b, mark); at >= 0 {
			w.found = append(w.found, fmt.Sprintf("%q", b[max(0, at-40):min(len(b), at+20)]))
		}
	}
	return append([]byte(nil), b[max(0, len(b)-len("hidden.exampl")):]...)
}

func (w *watch) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &watched{Conn: c, w: w}, nil
}

func (w *watch) check(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.found) > 0 {
		t.Errorf("the upstream's address in %d answers, the first %s", len(w.found), w.found[0])
	}
	if w.bytes == 0 {
		t.Error("nothing was looked at")
	}
}

// watchedRaw is a raw connection to a broker's door, watched.
func (m *mesh) watchedRaw(w *watch, addr string) *raw {
	m.Helper()
	r := m.rawTo(addr)
	r.Conn = &watched{Conn: r.Conn, w: w}
	if code, text := r.authenticate("app", password); code != 0 {
		m.Fatal(text)
	}
	return r
}

// TestNoAddresses: no answer to any request that may carry an address carries
// the upstream's, in any version, also when a leader has moved.
func TestNoAddresses(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 3), nil)
	var w watch
	r := m.watchedRaw(&w, m.gateway.Addr())
	const topic = "own.data.v1"
	id := m.cluster.TopicInfo(topic).TopicID
	host, _, _ := net.SplitHostPort(m.gateway.Addr())

	doors := map[int32]string{}
	for version := int16(4); version <= 13; version++ {
		req := kmsg.NewPtrMetadataRequest()
		req.Version = version
		resp := ask[*kmsg.MetadataResponse](r, req)
		if len(resp.Brokers) != 3 || *resp.ClusterID != "weir-test" {
			t.Fatalf("metadata %+v", resp)
		}
		for _, b := range resp.Brokers {
			doors[b.NodeID] = net.JoinHostPort(b.Host, fmt.Sprint(b.Port))
		}
	}
	for version := int16(0); version <= 6; version++ {
		req := kmsg.NewPtrFindCoordinatorRequest()
		req.Version, req.CoordinatorKey, req.CoordinatorKeys = version, "app", []string{"app", "other"}
		ask[*kmsg.FindCoordinatorResponse](r, req)
	}
	for version := int16(0); version <= 2; version++ {
		req := kmsg.NewPtrDescribeClusterRequest()
		req.Version, req.EndpointType = version, 1
		if resp := ask[*kmsg.DescribeClusterResponse](r, req); len(resp.Brokers) != 3 || resp.ClusterID != "weir-test" {
			t.Errorf("cluster %+v", resp)
		}
	}
	configs := kmsg.NewPtrDescribeConfigsRequest()
	configs.Version, configs.IncludeSynonyms = 4, true
	configs.Resources = []kmsg.DescribeConfigsRequestResource{
		{ResourceType: kmsg.ConfigResourceTypeBroker, ResourceName: "0"}, {ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: topic},
	}
	ask[*kmsg.DescribeConfigsResponse](r, configs)

	must(t, m.cluster.MoveTopicPartition(topic, 0, 1))
	elsewhere := m.watchedRaw(&w, doors[0])
	for version := int16(3); version <= 13; version++ {
		resp := produceOnce(elsewhere, version, topic, id)
		if code := resp.Topics[0].Partitions[0].ErrorCode; code != kerr.NotLeaderForPartition.Code {
			t.Errorf("produce version %d: %d", version, code)
		}
		if version >= 10 && len(resp.Brokers) == 0 {
			t.Errorf("produce version %d tells no broker", version)
		}
		for _, b := range resp.Brokers {
			if addr := net.JoinHostPort(b.Host, fmt.Sprint(b.Port)); addr != doors[b.NodeID] || b.Host != host {
				t.Errorf("produce version %d: broker %d at %s, want %s", version, b.NodeID, addr, doors[b.NodeID])
			}
		}
	}
	for version := int16(4); version <= 18; version++ {
		resp := fetchOnce(elsewhere, version, topic, id, -1)
		if version >= 16 && len(resp.Brokers) == 0 {
			t.Errorf("fetch version %d tells no broker", version)
		}
		for _, b := range resp.Brokers {
			if addr := net.JoinHostPort(b.Host, fmt.Sprint(b.Port)); addr != doors[b.NodeID] {
				t.Errorf("fetch version %d: broker %d at %s, want %s", version, b.NodeID, addr, doors[b.NodeID])
			}
		}
	}
	w.check(t)
}

// TestMovingLeaders: clients follow leaders from broker to broker through the
// gateway, without a loss or a duplicate, and see no address of the upstream.
func TestMovingLeaders(t *testing.T) {
	t.Parallel()
	m := mustMesh(t, mustCluster(t, 3), nil)
	var w watch
	const topic, n = "own.data.v1", 2000
	reader := m.client("app", kgo.ConsumeTopics(topic), kgo.Dialer(w.dial), kgo.ConsumerGroup("app.g"))
	writer := m.client("app", kgo.Dialer(w.dial), kgo.MaxBufferedRecords(50), kgo.ProducerBatchMaxBytes(1024))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 30 {
			m.cluster.MoveTopicPartition(topic, int32(i%3), int32(i/3%3))
			time.Sleep(5 * time.Millisecond)
		}
	}()
	for i := range n / 50 {
		produce(t, writer, topic, fmt.Sprint(i), 50)
	}
	<-done
	got, again := consumeMoving(t, reader, n)
	for v, times := range got {
		if times != 1 && !again {
			t.Errorf("%s came %d times", v, times)
		}
	}
	w.check(t)
}

// consumeMoving reads until n different records came. The test broker keeps no
// history of its leaders' epochs, so a client that asks at the wrong moment
// believes that records were lost, and reads a partition again.
func consumeMoving(t *testing.T, cl *kgo.Client, n int) (got map[string]int, again bool) {
	t.Helper()
	ctx := within(t, 20*time.Second)
	got = map[string]int{}
	for len(got) < n {
		fs := cl.PollFetches(ctx)
		for _, e := range fs.Errors() {
			var lost *kgo.ErrDataLoss
			if again = again || errors.As(e.Err, &lost); lost == nil {
				t.Fatalf("%d of %d records came; %s/%d: %v", len(got), n, e.Topic, e.Partition, e.Err)
			}
		}
		fs.EachRecord(func(r *kgo.Record) { got[string(r.Value)]++ })
	}
	return got, again
}

// TestBrokerPorts: with a fixed port broker n is at P+1+n, and a broker whose
// id has no port is an error that says what to do.
func TestBrokerPorts(t *testing.T) {
	t.Parallel()
	port := 21000 // below the ephemeral ones; the next free run of four
	for ; port < 30000; port += 10 {
		if free(port) && free(port+1) && free(port+2) && free(port+3) {
			break
		}
	}
	c := mustCluster(t, 3)
	m := mustMesh(t, c, func(cfg *gateway.Config) {
		cfg.Addr, cfg.BrokerPorts, cfg.AdvertisedHost = fmt.Sprintf("127.0.0.1:%d", port), 2, "localhost"
	})
	if m.gateway.Addr() != fmt.Sprintf("localhost:%d", port) {
		t.Errorf("bootstrap at %s", m.gateway.Addr())
	}
	resp := ask[*kmsg.MetadataResponse](m.login("app"), metadataRequest())
	got := map[int32]int32{}
	for _, b := range resp.Brokers {
		if got[b.NodeID] = b.Port; b.Host != "localhost" {
			t.Errorf("broker %d at %s", b.NodeID, b.Host)
		}
	}
	if len(got) != 2 || got[0] != int32(port+1) || got[1] != int32(port+2) {
		t.Errorf("brokers %v", got)
	}
}

func free(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err == nil {
		l.Close()
	}
	return err == nil
}

// TestConfig: a gateway that cannot work is refused with what to do.
func TestConfig(t *testing.T) {
	t.Parallel()
	c := mustCluster(t, 1)
	live := mustMesh(t, c, nil).live
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	for name, test := range map[string]struct {
		cfg  gateway.Config
		kind weir.ErrKind
	}{
		"no upstream":         {gateway.Config{Addr: "127.0.0.1:0", Rights: live}, weir.Internal},
		"no address":          {gateway.Config{Upstream: c, Rights: live}, weir.Invalid},
		"no port":             {gateway.Config{Upstream: c, Rights: live, Addr: "127.0.0.1"}, weir.Invalid},
		"a name as port":      {gateway.Config{Upstream: c, Rights: live, Addr: "127.0.0.1:kafka"}, weir.Invalid},
		"everywhere":          {gateway.Config{Upstream: c, Rights: live, Addr: "0.0.0.0:0"}, weir.Invalid},
		"no room for brokers": {gateway.Config{Upstream: c, Rights: live, Addr: "127.0.0.1:65500"}, weir.Invalid},
		"taken":               {gateway.Config{Upstream: c, Rights: live, Addr: taken.Addr().String(), BrokerPorts: 1}, weir.Unavailable},
	} {
		_, err := gateway.New(test.cfg)
		if weir.KindOf(err) != test.kind || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
