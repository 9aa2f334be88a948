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

func TestConformanceEmbedded(t *testing.T) {
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
	clustertest.Run(t, clustertest.Subject{Cluster: cluster(t, up, true), Upstream: up, KeepWhole: true})
}

func TestConformanceApacheKafka(t *testing.T) {
	t.Parallel()
	seeds := os.Getenv("WEIR_TEST_KAFKA")
	if seeds == "" {
		t.Log("NOT TESTED AGAINST APACHE KAFKA: run `make test-real`, or set WEIR_TEST_KAFKA=HOST:PORT")
		t.Skip("WEIR_TEST_KAFKA is not set")
	}
	up, err := kafka.NewUpstream(kafka.Config{Seeds: strings.Split(seeds, ",")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { up.Close() })
	clustertest.Run(t, clustertest.Subject{Cluster: cluster(t, up, false), Upstream: up})
}

func cluster(t *testing.T, up weir.Upstream, keepWhole bool) *kafka.Cluster {
	t.Helper()
	c, err := kafka.NewCluster(up, kafka.Options{KeepWhole: keepWhole})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}
