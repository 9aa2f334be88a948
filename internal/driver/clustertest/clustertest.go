// Package clustertest is the conformance suite of weir.Cluster,
// weir.Upstream and journals: every driver and every kind of broker runs it.
package clustertest

import (
	"context"
	"fmt"
	"maps"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
)

// Subject is what is tested.
type Subject struct {
	Cluster  weir.Cluster
	Upstream weir.Upstream
	// KeepWhole: topics are never compacted and Trim deletes records, as on
	// the embedded broker.
	KeepWhole bool
	// Journal makes the caller the only one that appends to a topic, under an id.
	Journal func(ctx context.Context, topic, id string) (Journal, error)
}

// Run runs the suite. The subject may hold other topics and groups; the suite
// leaves nothing of its own behind.
func Run(t *testing.T, s Subject) {
	tests := map[string]func(*testing.T, suite){
		"Upstream":            upstream,
		"Put":                 put,
		"PutInvalid":          putInvalid,
		"PutTaken":            putTaken,
		"PutConcurrently":     putConcurrently,
		"Settings":            settings,
		"Set":                 set,
		"Delete":              del,
		"Trim":                trim,
		"TrimStopsAtTheYoung": trimYoung,
		"DeleteGroups":        deleteGroups,
		"Cancelled":           cancelled,
	}
	maps.Copy(tests, readers)
	maps.Copy(tests, observers)
	maps.Copy(tests, journals)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newSuite(t, s))
		})
	}
}

// suite is a subject with what one test needs.
type suite struct {
	Subject
	ctx    context.Context
	client *kgo.Client
	admin  *kadm.Client
}

func newSuite(t *testing.T, s Subject) suite {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	client := Client(t, s.Upstream)
	return suite{s, ctx, client, kadm.NewClient(client)}
}

// Client makes a Kafka client that reaches brokers through an upstream, as the
// gateway does. It is closed at the end of the test.
func Client(t testing.TB, up weir.Upstream, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	dial := func(ctx context.Context, _, addr string) (net.Conn, error) {
		brokers, err := up.Brokers(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range brokers {
			if addr == "seed:1" || addr == net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))) {
				return up.Dial(ctx, b.ID)
			}
		}
		return nil, fmt.Errorf("no broker at %s", addr)
	}
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers("seed:1"), kgo.Dialer(dial), kgo.MetadataMinAge(20 * time.Millisecond),
		kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// name makes a name that nobody else uses.
func (s suite) name(t *testing.T) string {
	short := strings.ToLower(t.Name()[strings.LastIndex(t.Name(), "/")+1:])
	return "clustertest." + short + "-" + weir.NewUID(time.Now()).String()[24:]
}

// put makes a topic that ends with the test.
func (s suite) put(t *testing.T, spec weir.TopicSpec) weir.TopicID {
	t.Helper()
	id, err := s.Cluster.PutTopic(s.ctx, spec)
	if err != nil {
		t.Fatalf("PutTopic: %v", err)
	}
	s.endAfter(t, id)
	return id
}

func (s suite) endAfter(t *testing.T, id weir.TopicID) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.Cluster.DeleteTopic(ctx, id); err != nil {
			t.Errorf("DeleteTopic: %v", err)
		}
	})
}

// produce writes records with given ages to one partition.
func (s suite) produce(t *testing.T, topic string, partition int32, ages ...time.Duration) {
	t.Helper()
	client := Client(t, s.Upstream, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	now := time.Now()
	for i, age := range ages {
		r := &kgo.Record{Topic: topic, Partition: partition, Value: fmt.Append(nil, i), Timestamp: now.Add(-age)}
		if err := client.ProduceSync(s.ctx, r).FirstErr(); err != nil {
			t.Fatalf("produce to %s: %v", topic, err)
		}
	}
}

// offsets are the first and the end offset of a partition.
func (s suite) offsets(t *testing.T, topic string, partition int32) [2]int64 {
	t.Helper()
	starts, err := s.admin.ListStartOffsets(s.ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	ends, err := s.admin.ListEndOffsets(s.ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	start, _ := starts.Lookup(topic, partition)
	end, _ := ends.Lookup(topic, partition)
	if start.Err != nil || end.Err != nil {
		t.Fatalf("offsets of %s: %v, %v", topic, start.Err, end.Err)
	}
	return [2]int64{start.Offset, end.Offset}
}

func wantKind(t *testing.T, err error, kind weir.ErrKind) {
	t.Helper()
	if err == nil || weir.KindOf(err) != kind {
		t.Fatalf("got the error %v, want one of kind %q", err, kind)
	}
}
