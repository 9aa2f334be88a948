package kafka_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/broker"
	"github.com/weirmesh/weir/internal/driver/clustertest"
	"github.com/weirmesh/weir/internal/driver/kafka"
)

// over makes clusters of one kind.
func over(keepWhole bool) func(*testing.T, weir.Upstream) weir.Cluster {
	return func(t *testing.T, up weir.Upstream) weir.Cluster { return cluster(t, up, keepWhole) }
}

func TestSessionConformanceEmbedded(t *testing.T) {
	t.Parallel()
	up, err := broker.Open(t.Context(), broker.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := up.Close(); err != nil {
			t.Error(err)
		}
	})
	clustertest.RunSessions(t, up, over(true))
}

func TestSessionConformanceThreeBrokers(t *testing.T) {
	t.Parallel()
	clustertest.RunSessions(t, upstream(t, kafka.Config{Seeds: fake(t).ListenAddrs()[:1]}), over(true))
}

func TestSessionConformanceApacheKafka(t *testing.T) {
	t.Parallel()
	seeds := os.Getenv("WEIR_TEST_KAFKA")
	if seeds == "" {
		t.Log("NOT TESTED AGAINST APACHE KAFKA: run `make test-real`, or set WEIR_TEST_KAFKA=HOST:PORT")
		t.Skip("WEIR_TEST_KAFKA is not set")
	}
	clustertest.RunSessions(t, upstream(t, kafka.Config{Seeds: strings.Split(seeds, ",")}), over(false))
}

// TestSessionFollowsLeaders: a session reads on when partitions move to other
// brokers.
func TestSessionFollowsLeaders(t *testing.T) {
	t.Parallel()
	brokers := fake(t)
	up := upstream(t, kafka.Config{Seeds: brokers.ListenAddrs()[:1]})
	c := cluster(t, up, true)
	for topic, partitions := range map[string]int{"in": 4, "journal": 1} {
		if _, err := c.PutTopic(t.Context(), weir.TopicSpec{Name: topic, Partitions: partitions, Retention: weir.Forever}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := c.Session(t.Context(), weir.SessionSpec{ID: "q", Group: "q", Inputs: []string{"in"}, Journal: "journal", Run: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	client := clustertest.Client(t, up, kgo.DefaultProduceTopic("in"))
	const each = 40
	for round := range 4 {
		for i := range each {
			r := &kgo.Record{Key: fmt.Append(nil, round*each+i), Value: []byte("v")}
			if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[string]int{}
		for late := time.Now().Add(30 * time.Second); len(seen) < each; {
			if time.Now().After(late) {
				t.Fatalf("in round %d, %d of %d records", round, len(seen), each)
			}
			all, err := s.Poll(t.Context(), 1000, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				for _, k := range m.Keys {
					seen[string(k)]++
				}
			}
		}
		for k, n := range seen {
			if n != 1 {
				t.Fatalf("the record %s came %d times", k, n)
			}
		}
		brokers.ShufflePartitionLeaders()
	}
}
