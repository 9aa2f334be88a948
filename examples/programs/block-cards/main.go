// Command block-cards blocks each card that the product analytics.suspected-fraud
// names: a product that triggers an application. block_cards.py beside it does the
// same in Python.
//
// It reads in a group, so it goes on where it was, and commits when it has acted:
// should it die between the two, it acts again, which does nothing the second time.
// What it has blocked stands in the file BLOCKED, a card on each line.
//
// Environment: WEIR_APP and WEIR_PASSWORD of an application that may read the
// product; WEIR_KAFKA and WEIR_REGISTRY, unless Weir is on this machine with its
// usual ports; GROUP, if its group is not to be called like the application but
// application.ANYTHING; BLOCKED, unless blocked-cards.txt will do.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"strings"

	"github.com/twmb/avro"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/pkg/sr"
)

// fraud is a record of the product, as far as it matters here.
type fraud struct {
	Card     string `json:"card"`
	Payments int64  `json:"payments"`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	app, password := os.Getenv("WEIR_APP"), os.Getenv("WEIR_PASSWORD")
	registry, err := sr.NewClient(sr.URLs(env("WEIR_REGISTRY", "http://127.0.0.1:8080/registry")), sr.BasicAuth(app, password))
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(env("WEIR_KAFKA", "127.0.0.1:9092")),
		kgo.SASL(scram.Auth{User: app, Pass: password}.AsSha256Mechanism()),
		kgo.ConsumerGroup(env("GROUP", app)),
		kgo.ConsumeTopics("analytics.suspected-fraud.v1"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	schemas, blocked := schemas{registry: registry, known: map[int]*avro.Schema{}}, blocked(env("BLOCKED", "blocked-cards.txt"))
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fetches.EachError(func(topic string, _ int32, err error) { // the client tries again by itself
			fmt.Fprintln(os.Stderr, topic, err)
		})
		for _, r := range fetches.Records() {
			f, err := schemas.decode(ctx, r.Value)
			if err != nil {
				return fmt.Errorf("%s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
			}
			if err := blocked.add(f); err != nil {
				return err
			}
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			fmt.Fprintln(os.Stderr, err) // what was acted upon comes again
		}
	}
}

func env(name, otherwise string) string { return cmp.Or(os.Getenv(name), otherwise) }

// schemas decodes values that begin with the id of their schema.
type schemas struct {
	registry *sr.Client
	known    map[int]*avro.Schema
}

func (s schemas) decode(ctx context.Context, value []byte) (f fraud, err error) {
	var h sr.ConfluentHeader
	id, body, err := h.DecodeID(value)
	if err != nil {
		return f, err
	}
	if s.known[id] == nil {
		text, err := s.registry.SchemaByID(ctx, id)
		if err != nil {
			return f, err
		}
		if s.known[id], err = avro.Parse(text.Schema); err != nil {
			return f, err
		}
	}
	var record map[string]any
	if _, err := s.known[id].Decode(body, &record); err != nil {
		return f, err
	}
	card, ok := record["card"].(string)
	payments, many := record["payments"].(int64)
	if !ok || !many {
		return f, fmt.Errorf("no card, or no number of payments: %v", record)
	}
	return fraud{card, payments}, nil
}

// blocked is the file of the cards that are blocked.
type blocked string

// add blocks a card, unless it is blocked.
func (b blocked) add(f fraud) error {
	old, err := os.ReadFile(string(b))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for line := range strings.Lines(string(old)) {
		if strings.TrimSpace(line) == f.Card {
			return nil
		}
	}
	if err := os.WriteFile(string(b), append(old, f.Card+"\n"...), 0o600); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}
