// Command franzgo is the franz-go client of the acceptance scripts: an ordinary
// application that logs in at the gateway, one job for each call. KAFKA,
// USERNAME and PASSWORD say where and as whom. It prints what it read or was
// told, one a line, and exits 1 with the error if the job failed. The jobs walk,
// write and read go through the schema registry at REGISTRY, as those of the
// clients in test/clients do.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// job is one thing that can be done, with the arguments that it wants.
type job struct {
	args string
	n    int
	run  func(context.Context, []string) error
}

func jobs() map[string]job {
	return map[string]job{
		"produce":   {"TOPIC N CODEC PREFIX", 4, produce},
		"consume":   {"TOPIC N", 2, consume},
		"group":     {"TOPIC GROUP classic|server N", 4, group},
		"transact":  {"TOPIC ID N commit|abort", 4, transact},
		"topicid":   {"TOPIC", 1, topicID},
		"fetchid":   {"TOPIC-ID", 1, fetchID},
		"addresses": {"TOPIC ALLOWED-PORTS FORBIDDEN-PORTS", 3, addresses},
		"walk":      {"FORMAT TOPIC GROUP N", 4, walk},
		"write":     {"FORMAT TOPIC N NAME", 4, writeNewest},
		"read":      {"FORMAT TOPIC GROUP N", 4, readRows},
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Second)
	defer cancel()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "franzgo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to do: one of %d jobs", len(jobs()))
	}
	j, ok := jobs()[args[0]]
	if !ok || len(args)-1 != j.n {
		return fmt.Errorf("usage: franzgo %s %s", args[0], j.args)
	}
	return j.run(ctx, args[1:])
}

// connect makes a client that logs in with SCRAM-SHA-512.
func connect(opts ...kgo.Opt) (*kgo.Client, error) {
	auth := scram.Auth{User: os.Getenv("USERNAME"), Pass: os.Getenv("PASSWORD")}
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(os.Getenv("KAFKA")),
		kgo.SASL(auth.AsSha512Mechanism()),
		kgo.RetryTimeout(20 * time.Second),
		kgo.RecordDeliveryTimeout(30 * time.Second),
	}, opts...)...)
}

// codec gives the compression of a name.
func codec(name string) (kgo.CompressionCodec, error) {
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	c, ok := codecs[name]
	if !ok {
		return c, fmt.Errorf("no codec %q", name)
	}
	return c, nil
}

// records are n values that begin with a prefix.
func records(topic, prefix string, n int) []*kgo.Record {
	rs := make([]*kgo.Record, n)
	for i := range rs {
		rs[i] = &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "%s-%d", prefix, i)}
	}
	return rs
}

// produce writes records with an idempotent producer.
func produce(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	c, err := codec(args[2])
	if err != nil {
		return err
	}
	cl, err := connect(kgo.ProducerBatchCompression(c), kgo.AllowIdempotentProduceCancellation())
	if err != nil {
		return err
	}
	defer cl.Close()
	return cl.ProduceSync(ctx, records(args[0], args[3], n)...).FirstErr()
}

// consume prints the first n values of a topic, committed ones only.
func consume(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	cl, err := connect(kgo.ConsumeTopics(args[0]), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return err
	}
	defer cl.Close()
	return poll(ctx, cl, n)
}

// poll prints n values, then looks once more whether there are others.
func poll(ctx context.Context, cl *kgo.Client, n int) error {
	got := 0
	for got < n {
		fs := cl.PollFetches(ctx)
		if err := fs.Err(); err != nil {
			return fmt.Errorf("after %d of %d records: %w", got, n, err)
		}
		got += show(fs)
	}
	more, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	show(cl.PollFetches(more))
	return nil
}

func show(fs kgo.Fetches) int {
	n := 0
	fs.EachRecord(func(r *kgo.Record) {
		n++
		fmt.Println(string(r.Value))
	})
	return n
}

// group reads as a member of a consumer group, by the classic protocol or by
// the one in which the server assigns, and commits.
func group(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[3])
	if err != nil {
		return err
	}
	opts := []kgo.Opt{
		kgo.ConsumeTopics(args[0]), kgo.ConsumerGroup(args[1]), kgo.DisableAutoCommit(), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.Balancers(kgo.CooperativeStickyBalancer()),
	}
	if args[2] == "server" {
		opts = append(opts, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	}
	cl, err := connect(opts...)
	if err != nil {
		return err
	}
	defer cl.Close()
	if err := poll(ctx, cl, n); err != nil {
		return err
	}
	return cl.CommitUncommittedOffsets(ctx)
}

// transact writes records in one transaction and ends it.
func transact(ctx context.Context, args []string) error {
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	cl, err := connect(kgo.TransactionalID(args[1]))
	if err != nil {
		return err
	}
	defer cl.Close()
	if err := cl.BeginTransaction(); err != nil {
		return err
	}
	produced := cl.ProduceSync(ctx, records(args[0], args[3], n)...).FirstErr()
	end := kgo.TryCommit
	if args[3] == "abort" {
		end = kgo.TryAbort
	}
	if produced != nil {
		end = kgo.TryAbort
	}
	if err := cl.EndTransaction(ctx, end); err != nil && produced == nil {
		return err
	}
	return produced
}
