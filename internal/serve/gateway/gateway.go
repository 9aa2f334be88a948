// Package gateway is the only address that Kafka clients get: a proxy that
// speaks Kafka's protocol, with the cluster private behind it.
//
// It promises:
//
//   - What is not in the table of docs/reference/kafka-api.md does not reach a
//     broker, and no request does before the login.
//   - Every topic (by name and by id), group and transactional id in a request
//     is judged by the rights of the moment; what a Fetch carries is judged
//     again when it leaves. What an application may not know of is answered
//     exactly as what does not exist.
//   - No answer holds a broker's address.
//   - A producer id is good for the application and transactional id that it
//     was given to.
//   - What need not change passes as the bytes that were sent.
//   - A connection whose credential ended is closed within 2 s, busy or idle.
//   - Memory, connections and time that clients can take are bounded by
//     [Limits], and no input ends the process.
//
// DESIGN.md tells how a frame travels.
package gateway

import (
	"context"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/weirmesh/weir"
)

// Gateway serves Kafka clients.
type Gateway struct {
	upstream weir.Upstream
	rights   liveRights
	limits   Limits
	shares   bool
	metrics  *Metrics
	meter    weir.Meter
	log      *slog.Logger
	lines    sparse
	now      func() time.Time
	random   io.Reader
	cluster  string
	secret   []byte // behind the salts of users that do not exist

	table     []entry
	doors     *doors
	versions  *versions
	producers *producers
	visits    *visits
	lost      func(topic string) bool
	requests  *budget
	answers   *budget
	decoding  chan struct{} // held while a large request is decoded

	*seats
	running sync.WaitGroup
	callers callers
}

// New makes a gateway and opens its bootstrap listener; [Gateway.Run] accepts.
// Run must be called, if only with a context that has ended, to give the port
// back. Invalid or Unavailable when the address cannot be had.
func New(cfg Config) (*Gateway, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		upstream: cfg.Upstream, rights: cfg.Rights, limits: cfg.Limits, shares: cfg.Shares, metrics: cfg.Metrics, meter: cfg.Meter,
		log: cfg.Logger, now: cfg.Now, random: cfg.Random, cluster: cfg.ClusterID,
		table:     allowList(),
		producers: newProducers(cfg.Now, maxProducers),
		visits:    newVisits(cfg.Now),
		lost:      cfg.Lost,
		secret:    slices.Clone(cfg.Secret),
		requests:  newBudget(cfg.Limits.Requests, cfg.Limits.SlowTime, cfg.Limits.FrameTime, &cfg.Metrics.HeldRequests),
		answers:   newBudget(cfg.Limits.Answers, cfg.Limits.SlowTime, cfg.Limits.WriteTime, &cfg.Metrics.HeldAnswers),
		decoding:  make(chan struct{}, 1),
		seats:     newSeats(cfg.Limits, cfg.Metrics),
	}
	if g.secret == nil {
		g.secret = make([]byte, 32)
		if _, err := io.ReadFull(g.random, g.secret); err != nil {
			return nil, weir.Errorf(weir.Internal, "no randomness").Because(err)
		}
	}
	g.versions = newVersions(g)
	g.doors, err = openDoors(g, cfg)
	return g, err
}

// Addr is the host and port that clients begin with, as they reach it.
func (g *Gateway) Addr() string { return g.doors.bootstrap() }

// Run serves until ctx ends; requests under way then have Limits.DrainTime.
func (g *Gateway) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	workers.Go(func() { g.watchRights(ctx) })
	g.doors.serve(ctx)
	<-ctx.Done()
	g.doors.close()
	g.drain()
	workers.Wait()
	return nil
}

// watchRights closes connections whose credential has ended.
func (g *Gateway) watchRights(ctx context.Context) {
	for {
		changed := g.rights.Changed()
		snap := g.rights.Current()
		for _, c := range g.open() {
			if l := c.login.Load(); l != nil && !snap.Holds(*l) {
				c.end(errRevoked)
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// accept takes a connection in; not any more when the gateway ends.
func (g *Gateway) accept(nc net.Conn, to broker) {
	g.metrics.Accepted.Add(1)
	c := newConn(g, nc, to)
	if !g.enter(c, func() { g.running.Add(1) }) {
		nc.Close()
		return
	}
	go func() {
		defer g.running.Done()
		defer g.leave(c)
		c.run()
	}()
}

// drain lets every connection finish what is under way.
func (g *Gateway) drain() {
	g.enterNoMore()
	for _, c := range g.open() {
		c.drain()
	}
	late := time.AfterFunc(g.limits.DrainTime, func() {
		for _, c := range g.open() {
			c.end(errEnding)
		}
	})
	defer late.Stop()
	g.running.Wait()
}
