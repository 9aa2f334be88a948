package kafka_test

import (
	"os"
	"strings"
	"testing"

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
