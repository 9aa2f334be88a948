// Command killnode is a node that ends itself with SIGKILL at a chosen moment of
// a query's life. It is for the acceptance scripts and no part of the binary.
//
// It takes the flags of weir up that those scripts use, and from the environment
// WEIR_KILL, WHEN:POINT:N: at the N-th passing of the point, before or after it
// (see tap); WEIR_KILL_LOG, a file that gets a line before the end; WEIR_EPOCHS,
// a file that gets the record of every epoch on its way to the journal, one line
// of JSON each: the last one of a number is the one that was committed.
//
// Its queries make snapshots early, so that their journals are cut early, and
// wait for every partition, so that what they give does not depend on the clock.
package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/engine"
	"github.com/weirmesh/weir/internal/node"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "up" {
		fmt.Fprintln(os.Stderr, "killnode: use killnode up FLAGS")
		os.Exit(2)
	}
	cfg := configOf(os.Args[2:])
	k, err := newKill(os.Getenv("WEIR_KILL"), os.Getenv("WEIR_KILL_LOG"), os.Getenv("WEIR_EPOCHS"))
	if err == nil {
		cfg.Tap = func(up weir.Upstream) weir.Upstream { return &tap{Upstream: up, kill: k} }
		cfg.Engine.Hook = func(_ context.Context, at engine.Point) error { k.pass("before", string(at)); return nil }
		err = run(cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "killnode:", err)
		os.Exit(1)
	}
}

func configOf(args []string) node.Config {
	cfg := node.Config{
		Version: "killnode", Now: time.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Engine: engine.Config{Changes: 96 << 10, Idle: 24 * time.Hour, Rows: 4000},
	}
	f := flag.NewFlagSet("up", flag.ExitOnError)
	f.StringVar(&cfg.Data, "data", "", "the folder that holds everything")
	f.StringVar(&cfg.HTTP, "http", "127.0.0.1:0", "address of the API")
	f.StringVar(&cfg.Kafka, "kafka", "127.0.0.1:0", "address of the gateway")
	f.StringVar(&cfg.Registry, "registry", "127.0.0.1:0", "address of the schema registry")
	cluster := f.String("cluster", "", "a Kafka cluster: HOST:PORT,...")
	_ = f.Parse(args) // it exits
	if *cluster != "" {
		cfg.Cluster = strings.Split(*cluster, ",")
	}
	return cfg
}

func run(cfg node.Config) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return node.Run(ctx, cfg, func(_ context.Context, n *node.Node) error {
		_, err := fmt.Printf("ready http=http://%s kafka=%s registry=http://%s\n", n.HTTP(), n.Kafka(), n.Registry())
		return err
	})
}
