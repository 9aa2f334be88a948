package kafka_test

import (
	"context"
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
	c := cluster(t, up, true)
	clustertest.Run(t, clustertest.Subject{Cluster: c, Upstream: up, KeepWhole: true, Journal: journal(c)})
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
	c := cluster(t, up, false)
	clustertest.Run(t, clustertest.Subject{Cluster: c, Upstream: up, Journal: journal(c)})
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

func journal(c *kafka.Cluster) func(context.Context, string, string) (clustertest.Journal, error) {
	return func(ctx context.Context, topic, id string) (clustertest.Journal, error) {
		return c.Journal(ctx, topic, id)
	}
}
