package demo

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/weirmesh/weir/internal/demo/world"
)

// How often records are sent, and how many clicks a second there are; the
// products say that themselves.
const (
	clicksPerSecond = 2
	every           = 100 * time.Millisecond
	linger          = 800 * time.Millisecond // the embedded broker keeps a little memory for each batch
	complainEvery   = 30 * time.Second
)

// Producers feeds the demo's products.
type Producers struct {
	Kafka string // the gateway's address
	Apps  []Application
	Seed  uint64
	Now   func() time.Time
	Log   *slog.Logger
}

// feed is one producer: its client, its rate, and where its records come from.
type feed struct {
	app    Application
	rate   float64
	next   func(*world.World) world.Record
	encode encoder
	client *kgo.Client
	topic  string // empty: the client's own
	failed atomic.Pointer[error]
	silent time.Time // until then, nothing more is logged
}

// Run produces until ctx ends. What cannot be written is logged and left out;
// the next record is tried again.
func (p Producers) Run(ctx context.Context) error {
	w := world.New(p.Seed, p.Now)
	feeds, err := p.feeds()
	if err != nil {
		return err
	}
	defer closeAll(feeds)
	p.first(ctx, w, feeds)
	tick := time.NewTicker(every)
	defer tick.Stop()
	owed := make([]float64, len(feeds))
	for {
		for i, f := range feeds {
			for owed[i] += f.rate * every.Seconds(); owed[i] >= 1; owed[i]-- {
				f.send(ctx, f.next(w))
			}
			f.complain(p.Now(), p.Log)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// first writes what is known from the beginning, before what refers to it.
func (p Producers) first(ctx context.Context, w *world.World, feeds []*feed) {
	for i, of := range world.Products() {
		first := w.First(of)
		for _, r := range first {
			feeds[i].send(ctx, r)
		}
		if len(first) == 0 {
			continue
		}
		if err := feeds[i].settle(ctx); err != nil {
			p.Log.Warn("the demo's first records are not written yet", "product", of.Full(), "error", err)
		}
	}
}

// feeds opens a client for each producer. They share the world, so one
// goroutine asks for their records.
func (p Producers) feeds() (fs []*feed, err error) {
	for _, of := range products() {
		f := &feed{rate: of.Rate, next: of.Next}
		for _, a := range p.Apps {
			if a.Name == of.producer {
				f.app = a
			}
		}
		p.older(of, f.app.Form)
		if err := f.open(of, p.Kafka); err != nil {
			closeAll(fs)
			return nil, err
		}
		fs = append(fs, f)
	}
	for i, of := range products() {
		if of.Domain == clicksDomain {
			return append(fs, clicking(fs[i])), nil
		}
	}
	return fs, nil
}

// older says that a product is not written as the demo would make it today.
func (p Producers) older(of product, f Form) {
	if f.Encoding == of.Encoding {
		return
	}
	p.Log.Warn("a product of an older demo keeps its encoding, and has no schema; to get it as it is made now, end it with its data and start again",
		"product", of.Full(), "encoding", f.Encoding, "now", of.Encoding, "command", "weir product delete "+of.Full()+" --destroy-data")
}

// open makes what a feed writes with.
func (f *feed) open(of product, kafka string) (err error) {
	if f.encode, err = f.app.Form.encoder(of); err != nil {
		return err
	}
	f.client, err = f.app.client(kafka,
		kgo.DefaultProduceTopic(of.Full()+".v1"),
		kgo.ProducerLinger(linger),
		kgo.MaxBufferedRecords(2000),
		kgo.RecordDeliveryTimeout(30*time.Second),
	)
	return err
}

// client is a Kafka client with the application's credentials.
func (a Application) client(kafka string, opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(opts,
		kgo.SeedBrokers(kafka),
		kgo.ClientID(a.Name),
		kgo.SASL(scram.Auth{User: a.Username, Pass: a.Password}.AsSha256Mechanism()),
	)...)
}

// closeAll gives what is buffered a moment, then ends the clients.
func closeAll(fs []*feed) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var all sync.WaitGroup
	for _, c := range own(fs) {
		all.Go(func() {
			_ = c.Flush(ctx) // what is left is dropped
			c.Close()
		})
	}
	all.Wait()
}

// settle waits a moment until everything that was sent is written.
func (f *feed) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return f.client.Flush(ctx)
}

// send hands a record to the client; a buffer that is full drops it.
func (f *feed) send(ctx context.Context, r world.Record) {
	value, err := f.encode(r)
	if err != nil {
		f.failed.Store(&err)
		return
	}
	f.client.TryProduce(ctx, &kgo.Record{Topic: f.topic, Key: []byte(r.Key()), Value: value}, func(_ *kgo.Record, err error) {
		if err != nil && !errors.Is(err, context.Canceled) {
			f.failed.Store(&err)
		}
	})
}

// complain logs the last failure, not too often.
func (f *feed) complain(now time.Time, log *slog.Logger) {
	err := f.failed.Load()
	if err == nil || now.Before(f.silent) {
		return
	}
	f.failed.Store(nil)
	f.silent = now.Add(complainEvery)
	log.Warn("the demo cannot write", "application", f.app.Name, "error", *err)
}
