// Command load writes the events of the Nexmark benchmark into the products of a
// mesh, as any producer would: Avro values with the id of their schema, and the
// ids of people and auctions as keys.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/weirmesh/weir/test/nexmark"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// options are what the command line says.
type options struct {
	kafka, registry, user, password string
	events                          int64
	group                           int64
	delay                           time.Duration
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.StringVar(&o.kafka, "kafka", "", "HOST:PORT of the mesh, or of a cluster itself if there is no user")
	f.StringVar(&o.registry, "registry", "", "URL of the schema registry")
	f.StringVar(&o.user, "user", "", "name of an application that may write")
	f.StringVar(&o.password, "password", os.Getenv("WEIR_PASSWORD"), "its password; WEIR_PASSWORD")
	f.Int64Var(&o.events, "events", 1_000_000, "how many")
	f.Int64Var(&o.group, "group", 1, "events within a group of this size are out of order")
	f.DurationVar(&o.delay, "delay", 100*time.Microsecond, "of event time between two events")
	if err := f.Parse(args); err != nil {
		return err
	}
	if o.kafka == "" || o.registry == "" || f.NArg() > 0 {
		return fmt.Errorf("--kafka and --registry are needed, and nothing behind the flags")
	}
	return o.load(ctx, out)
}

// load writes all events, each product's in their order.
func (o options) load(ctx context.Context, out io.Writer) error {
	l, err := newLoader(ctx, o)
	if err != nil {
		return err
	}
	defer l.client.Close()
	begin, g := time.Now(), nexmark.New(nexmark.Config{Delay: o.delay, OutOfOrderGroupSize: o.group})
	for n := range o.events {
		e := g.Event(n)
		if err := l.write(ctx, n, &e); err != nil {
			return err
		}
	}
	if err := l.end(ctx); err != nil {
		return err
	}
	for _, t := range l.topics {
		_, _ = fmt.Fprintf(out, "%s %d\n", t.name, t.records)
	}
	_, _ = fmt.Fprintf(out, "loaded %d events in %.1f s\n", o.events, time.Since(begin).Seconds())
	return nil
}
