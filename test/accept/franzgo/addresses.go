package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// newest is the highest version that any request of the Kafka protocol has.
const newest = 20

// addresses asks everything that is answered with an address, in every version,
// and looks at the bytes as they came: a port of the broker must be in none,
// and behind the name of this machine only ports of the gateway.
func addresses(ctx context.Context, args []string) error {
	allowed, err := ports(args[1])
	if err != nil {
		return err
	}
	forbidden, err := ports(args[2])
	if err != nil {
		return err
	}
	w := &watch{allowed: allowed, forbidden: forbidden}
	answered := map[string]bool{}
	for v := range newest {
		if err := askAll(ctx, args[0], int16(v), w, answered); err != nil {
			return err
		}
	}
	if len(w.found) > 0 {
		return fmt.Errorf("%d answers carry another address: %s", len(w.found), strings.Join(w.found[:min(3, len(w.found))], "; "))
	}
	if w.seen == 0 {
		return fmt.Errorf("no answer had an address at all: nothing was looked at")
	}
	fmt.Printf("%d requests and versions answered, %d bytes, %d addresses, all the gateway's\n", len(answered), w.bytes, w.seen)
	return nil
}

func ports(list string) ([]int, error) {
	var ps []int
	for _, s := range strings.Split(list, ",") {
		if s == "" {
			continue
		}
		p, err := strconv.Atoi(s)
		if err != nil {
			return nil, err
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// askAll sends every request at a version, or the nearest below that it has.
func askAll(ctx context.Context, topic string, v int16, w *watch, answered map[string]bool) error {
	vs := kversion.Stable()
	for _, r := range requests(topic) {
		if r.MaxVersion() > v {
			vs.SetMaxKeyVersion(r.Key(), v)
		}
	}
	cl, err := connect(kgo.MaxVersions(vs), kgo.RequestRetries(1), kgo.Dialer(w.dial))
	if err != nil {
		return err
	}
	defer cl.Close()
	for _, r := range requests(topic) {
		resp, err := cl.Request(ctx, r)
		if err != nil {
			continue // a version that is too old, or a request that is refused: what came back was looked at all the same
		}
		answered[fmt.Sprintf("%s v%d", kmsg.NameForKey(resp.Key()), resp.GetVersion())] = true
	}
	return ctx.Err()
}

// requests are those whose answers have addresses, or text in which one could
// stand.
func requests(topic string) []kmsg.Request {
	user := os.Getenv("USERNAME")
	all := kmsg.NewPtrMetadataRequest()
	one := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	one.Topics = append(one.Topics, t)

	group := kmsg.NewPtrFindCoordinatorRequest()
	group.CoordinatorKey, group.CoordinatorKeys = user, []string{user}
	txn := kmsg.NewPtrFindCoordinatorRequest()
	txn.CoordinatorType, txn.CoordinatorKey, txn.CoordinatorKeys = 1, user, []string{user}

	partitions := kmsg.NewPtrDescribeTopicPartitionsRequest()
	pt := kmsg.NewDescribeTopicPartitionsRequestTopic()
	pt.Topic = topic
	partitions.Topics = append(partitions.Topics, pt)

	groups := kmsg.NewPtrDescribeGroupsRequest()
	groups.Groups = []string{user}
	return []kmsg.Request{
		all, one, group, txn, kmsg.NewPtrDescribeClusterRequest(), partitions, groups,
		configs(kmsg.ConfigResourceTypeTopic, topic), configs(kmsg.ConfigResourceTypeBroker, "1"), configs(kmsg.ConfigResourceTypeBroker, ""),
		produceRequest(topic), fetchRequest(topic), kmsg.NewPtrListGroupsRequest(), kmsg.NewPtrApiVersionsRequest(),
	}
}

func configs(kind kmsg.ConfigResourceType, name string) kmsg.Request {
	req := kmsg.NewPtrDescribeConfigsRequest()
	r := kmsg.NewDescribeConfigsRequestResource()
	r.ResourceType, r.ResourceName = kind, name
	req.Resources = append(req.Resources, r)
	return req
}

// produceRequest writes to a partition that does not exist, for an answer that
// may name another leader.
func produceRequest(topic string) kmsg.Request {
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis = -1, 1000
	t := kmsg.NewProduceRequestTopic()
	t.Topic = topic
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition = 0
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

// fetchRequest asks with a leader epoch that is too new, for the same reason.
func fetchRequest(topic string) kmsg.Request {
	req := kmsg.NewPtrFetchRequest()
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes, req.ReplicaID = 10, 1, 1<<20, -1
	t := kmsg.NewFetchRequestTopic()
	t.Topic = topic
	p := kmsg.NewFetchRequestTopicPartition()
	p.PartitionMaxBytes, p.CurrentLeaderEpoch = 1<<20, 1000
	t.Partitions = append(t.Partitions, p)
	req.Topics = append(req.Topics, t)
	return req
}

// watch looks at all bytes that come from the gateway, connection by
// connection.
type watch struct {
	allowed, forbidden []int

	mu          sync.Mutex
	found       []string
	seen, bytes int
}

func (w *watch) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &watched{Conn: c, watch: w}, nil
}

// watched is a connection whose answers are looked at frame by frame.
type watched struct {
	net.Conn
	watch *watch
	got   []byte
}

func (c *watched) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.got = append(c.got, b[:n]...)
	for len(c.got) >= 4 {
		size := int(binary.BigEndian.Uint32(c.got))
		if len(c.got) < 4+size {
			break
		}
		c.watch.look(c.got[4 : 4+size])
		c.got = c.got[4+size:]
	}
	return n, err
}

// look judges one answer.
func (w *watch) look(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes += len(frame)
	for _, p := range w.forbidden {
		if bytes.Contains(frame, binary.BigEndian.AppendUint32(nil, uint32(p))) || bytes.Contains(frame, fmt.Appendf(nil, ":%d", p)) {
			w.found = append(w.found, fmt.Sprintf("port %d in an answer of %d bytes", p, len(frame)))
		}
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		for rest := frame; ; {
			i := bytes.Index(rest, []byte(host))
			if i < 0 {
				break
			}
			rest = rest[i+len(host):]
			w.behind(host, rest)
		}
	}
}

// behind judges the port that follows a host, as a number or as text.
func (w *watch) behind(host string, rest []byte) {
	if len(rest) < 4 {
		return
	}
	port := int(binary.BigEndian.Uint32(rest))
	if rest[0] == ':' {
		text, _, _ := strings.Cut(string(rest[1:min(6, len(rest))]), ",")
		port, _ = strconv.Atoi(text) // no number is no port that is allowed
	}
	w.seen++
	if !slices.Contains(w.allowed, port) {
		w.found = append(w.found, fmt.Sprintf("%s:%d", host, port))
	}
}
