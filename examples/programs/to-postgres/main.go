// Command to-postgres keeps a copy of a product in a table of PostgreSQL, to be
// joined there with whatever else is in that database:
//
//	to-postgres -product membership.users -table users
//
// The latest record of each key is a row of the table, with a column for each field;
// a record without a value takes its row away. How far it has read stands in the
// same database and is written in one transaction with the rows, so a crash neither
// loses a record nor counts one twice. -again empties the table and reads everything
// anew; -once ends when all is read that was there at the start.
//
// Environment: DATABASE_URL, as postgres://user@host/database; WEIR_APP and
// WEIR_PASSWORD of an application that may read the product; WEIR_KAFKA and
// WEIR_REGISTRY, unless Weir is on this machine with its usual ports.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/pkg/sr"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	product := flag.String("product", "", "which to copy, as domain.product")
	name := flag.String("table", "", "where to")
	again := flag.Bool("again", false, "empty the table and read everything anew")
	once := flag.Bool("once", false, "end when all is read that was there at the start")
	flag.Parse()
	if *product == "" || *name == "" {
		return errors.New("say which product goes into which table: to-postgres -product domain.product -table NAME")
	}
	db, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	t := &table{db: db, name: *name, topic: *product + ".v1"}
	if err := t.prepare(ctx, *again); err != nil {
		return err
	}
	s, err := newSource(ctx, t)
	if err != nil {
		return err
	}
	defer s.client.Close()
	rows := 0
	for !*once || s.behind(t) {
		changes, err := s.poll(ctx)
		if err != nil {
			return err
		}
		if err := t.write(ctx, changes); err != nil {
			return err
		}
		for _, c := range changes {
			if !c.none {
				rows++
			}
		}
	}
	fmt.Printf("%d records of %s are in %s\n", rows, *product, *name)
	return nil
}

// source is the product's topic.
type source struct {
	client  *kgo.Client
	schemas schemas
	ends    map[int32]int64 // behind the last record when it began, by partition
}

// newSource begins where the table ends.
func newSource(ctx context.Context, t *table) (*source, error) {
	app, password := os.Getenv("WEIR_APP"), os.Getenv("WEIR_PASSWORD")
	registry, err := sr.NewClient(sr.URLs(env("WEIR_REGISTRY", "http://127.0.0.1:8080/registry")), sr.BasicAuth(app, password))
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(env("WEIR_KAFKA", "127.0.0.1:9092")),
		kgo.SASL(scram.Auth{User: app, Pass: password}.AsSha256Mechanism()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // where transactions end counts as read too
	)
	if err != nil {
		return nil, err
	}
	s := &source{client: client, schemas: newSchemas(registry), ends: map[int32]int64{}}
	ends, err := kadm.NewClient(client).ListCommittedOffsets(ctx, t.topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		client.Close()
		return nil, err
	}
	from := map[int32]kgo.Offset{}
	ends.Each(func(o kadm.ListedOffset) {
		s.ends[o.Partition] = o.Offset
		from[o.Partition] = kgo.NewOffset().AtStart()
		if next, ok := t.next[o.Partition]; ok {
			from[o.Partition] = kgo.NewOffset().At(next)
		}
	})
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{t.topic: from})
	return s, nil
}

// behind reports whether the table does not have all that was there when the
// source began.
func (s *source) behind(t *table) bool {
	for partition, end := range s.ends {
		if end > 0 && t.next[partition] < end {
			return true
		}
	}
	return false
}

// poll waits for records.
func (s *source) poll(ctx context.Context) (all []change, err error) {
	fetches := s.client.PollRecords(ctx, 1000)
	if err := fetches.Err(); err != nil {
		return nil, err
	}
	for _, r := range fetches.Records() {
		c := change{partition: r.Partition, offset: r.Offset, key: string(r.Key), none: r.Attrs.IsControl()}
		if r.Value != nil && !c.none {
			if c.fields, c.values, err = s.schemas.decode(ctx, r.Value); err != nil {
				return nil, fmt.Errorf("%s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
			}
		}
		all = append(all, c)
	}
	return all, nil
}

func env(name, otherwise string) string { return cmp.Or(os.Getenv(name), otherwise) }
