package demo_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/demo"
	"github.com/weirmesh/weir/internal/node"
)

// TestSetupAgain sets the demo up on a node where it was set up before: with
// all as it was, with credentials that somebody changed, and without its file.
func TestSetupAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	ready := make(chan *node.Node, 1)
	go func() {
		ended <- node.Run(ctx, node.Config{
			Data: dir, HTTP: "127.0.0.1:0", Kafka: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: rand.Reader,
		}, func(_ context.Context, n *node.Node) error { ready <- n; return nil })
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	n := <-ready
	cl, err := client.New(n.Admin().URL, n.Admin().Token)
	must(t, err)
	defer cl.Close()
	setup := func() []demo.Application {
		t.Helper()
		apps, err := demo.Setup(t.Context(), cl, n.Kafka(), dir)
		must(t, err)
		for _, a := range apps {
			logsIn(t, n.Kafka(), a)
		}
		return apps
	}
	first := setup()
	if !slices.Equal(first[0].Reads, []string{"membership.users", "execution.stocktrades", "edge.pageviews", "membership.preferences"}) {
		t.Errorf("the reader reads %v", first[0].Reads)
	}
	if diff := cmp.Diff(first, setup()); diff != "" {
		t.Errorf("the second time differs:\n%s", diff)
	}
	_, err = cl.RotateCredential(t.Context(), demo.Reader)
	must(t, err)
	must(t, cl.RevokeCredential(t.Context(), "registration"))
	setup()
	must(t, os.Remove(filepath.Join(dir, demo.CredentialsFile)))
	setup()
}

func logsIn(t *testing.T, kafka string, a demo.Application) {
	t.Helper()
	k, err := kgo.NewClient(kgo.SeedBrokers(kafka), kgo.SASL(scram.Auth{User: a.Username, Pass: a.Password}.AsSha512Mechanism()))
	must(t, err)
	defer k.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := k.Ping(ctx); err != nil {
		t.Errorf("%s cannot log in: %v", a.Name, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
