// Package node wires a node: everything by hand, in one place, in the order in
// which it starts. It stops in reverse.
package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/app/audit"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/identity"
	"github.com/weirmesh/weir/internal/app/lineage"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/app/registry"
	"github.com/weirmesh/weir/internal/driver/broker"
	"github.com/weirmesh/weir/internal/driver/engine"
	"github.com/weirmesh/weir/internal/driver/kafka"
	"github.com/weirmesh/weir/internal/driver/ledger"
	"github.com/weirmesh/weir/internal/driver/measure"
	"github.com/weirmesh/weir/internal/driver/state"
	"github.com/weirmesh/weir/internal/kit/dirlock"
	"github.com/weirmesh/weir/internal/kit/secretfile"
	"github.com/weirmesh/weir/internal/serve/gateway"
	"github.com/weirmesh/weir/internal/serve/schemaregistry"
	"github.com/weirmesh/weir/internal/serve/web"
	"github.com/weirmesh/weir/internal/worker"
	"github.com/weirmesh/weir/internal/writer"
)

// Config is what a node is told.
type Config struct {
	// Data is the folder that holds everything; it is made if it is absent.
	Data string
	// HTTP is the address of API, health and metrics; port 0 is any free one.
	HTTP string
	// Kafka is the address that Kafka clients start from; port 0 is any free
	// one. Broker n of the cluster is shown at this port + 1 + n.
	Kafka string
	// Registry is the address of the schema registry's own listener; port 0 is
	// any free one. Empty is port 8081 of this machine or, if HTTP has port 0,
	// any free one. The HTTP listener has it too, below /registry.
	Registry string
	// Advertise is the host that Kafka clients are told; empty is Kafka's.
	Advertise string
	// Cluster is where a Kafka cluster is, as HOST:PORT each; empty is the
	// embedded broker.
	Cluster []string
	// Limit is how many bytes the embedded broker holds; 0 is 2 GB.
	Limit int64
	// QueryMemory is how many bytes one query may remember; 0 is 512 MB.
	QueryMemory int64
	// NoSync lets the embedded broker acknowledge before the disk has it.
	NoSync bool
	// Insecure allows addresses that are not loopback, where passwords and
	// data can be read on the network.
	Insecure bool
	// Mesh is the name that a new mesh gets; empty is "weir".
	Mesh string
	// Brand is a folder that says how the pages look; empty is Weir's own look.
	Brand string
	// Stories shows every page with canned data under /_stories.
	Stories bool
	// Version is what the node says of itself.
	Version string

	// Tap, if it is not nil, puts something between Weir's own client and the
	// brokers, and Engine says how epochs and snapshots of queries are bounded and
	// what is called within them. Both are for tests that end a node at a chosen
	// moment.
	Tap    func(weir.Upstream) weir.Upstream
	Engine engine.Config

	// Founded is called once in the life of a mesh, when it was made, with what
	// is shown once; nil is nobody.
	Founded func(Founding)

	Log    *slog.Logger
	Now    func() time.Time
	Random io.Reader // of cryptographic quality
}

// The files in a node's folder.
const (
	LedgerFile = "ledger.db"
	StateFile  = "state.db"
	SearchFile = "search.db"
	CountsFile = "measure.db"
	AdminFile  = "admin.json"
	BrokerDir  = "broker"
)

// adminName is the person that the first start makes.
const adminName = "admin"

// defaultRegistry is where serialisers look for a registry.
const defaultRegistry = "127.0.0.1:8081"

// stopFor bounds how long each part may take to stop.
const stopFor = 2 * time.Second

// Node is a node that runs.
type Node struct {
	cfg      Config
	group    *group
	front    *front
	ledger   *ledger.Ledger
	state    *state.State
	writer   *audit.Recorder
	home     weir.UID
	identity *identity.Identity
	upstream weir.Upstream
	embedded *broker.Broker // nil on a real cluster
	index    *registry.Index
	registry *registry.Registry
	catalog  *catalog.Catalog
	search   *state.Search
	measures *measure.Store
	lineage  *lineage.Lineage
	started  time.Time
	live     *access.Live
	reader   weir.Reader
	sessions func(context.Context, weir.SessionSpec) (weir.Session, error)
	queries  *queries.Queries
	running  *worker.Queries
	observer weir.Observer
	topics   topics // the same cluster
	worker   *worker.Reconciler
	activity *worker.Activity
	disowned error // why what Weir itself offers is not there
	gateway  *gateway.Gateway
	traffic  gateway.Metrics
	schemas  *door // the registry's listener
	asked    *schemaregistry.Metrics
	founding *Founding
	admin    Admin
	brand    *web.Brand // nil: Weir's own look
}

// Founding is what the first start shows once.
type Founding = identity.Founding

// Admin is what stands in the admin file.
type Admin struct {
	URL   string `json:"url"`
	User  string `json:"user"`
	Token string `json:"token"`
}

// HTTP is the address that the API listens on.
func (n *Node) HTTP() string { return n.front.addr() }

// Kafka is the address that Kafka clients start from.
func (n *Node) Kafka() string { return n.gateway.Addr() }

// Registry is the address that the schema registry listens on.
func (n *Node) Registry() string { return n.schemas.addr() }

// Founding is what the first start shows once; nil on later ones.
func (n *Node) Founding() *Founding { return n.founding }

// Admin is how a program on this machine acts as the mesh admin.
func (n *Node) Admin() Admin { return n.admin }

// Run runs something beside the node's own parts; it stops before them.
func (n *Node) Run(name string, fn func(context.Context) error) { n.group.run(name, fn) }

// Run runs a node until ctx ends or a part of it fails. ready is called once,
// when every listener accepts; what it returns with an error ends the node.
// When Run returns, everything has stopped.
func Run(ctx context.Context, cfg Config, ready func(context.Context, *Node) error) error {
	if err := cfg.check(); err != nil {
		return err
	}
	brand, err := cfg.brand()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return fmt.Errorf("the data folder cannot be made: %w", err)
	}
	held, err := dirlock.Lock(cfg.Data)
	if err != nil {
		return err
	}
	defer held.Release()

	n := &Node{cfg: cfg, group: newGroup(cfg.Log), started: cfg.Now(), brand: brand}
	err = n.start(ctx)
	if err == nil {
		err = ready(n.group.watch(ctx), n)
	}
	if err == nil {
		err = n.group.wait(ctx)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // it was told to stop while it started
	}
	return errors.Join(err, n.group.stop())
}

// start brings up every part. What is started is stopped by the group, in
// reverse, also when a later part cannot start.
func (n *Node) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		n.startFront,    // first, so that a node that rebuilds its state is seen to live
		n.startLedger,   // the truth
		n.startState,    // made from the ledger; catches up here
		n.startWriter,   // needs a state that shows the ledger's head
		n.found,         // the mesh and its admin must be there before anyone asks
		n.startMeasures, // before those who count and those who ask
		n.startCatalog,  // the registry's index of all schemas, and products, whose contracts they are
		n.own,           // what Weir itself offers in every mesh
		n.startCluster,  // the broker and the worker that shapes it
		n.startQueries,  // need topics, schemas and the cluster
		n.startGateway,  // before the API, which tells clients its address
		n.startRegistry, // the same
		n.startServices, // last: from here on, people come in
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) check() error {
	for _, f := range []struct{ name, addr string }{{"--http", c.HTTP}, {"--kafka", c.Kafka}, {"--registry", c.registry()}} {
		host, _, err := net.SplitHostPort(f.addr)
		if err != nil {
			return fmt.Errorf("%s %q is not an address; write HOST:PORT, such as 127.0.0.1:0", f.name, f.addr)
		}
		if ip := net.ParseIP(host); !c.Insecure && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("%s %s is not a loopback address, and without TLS tokens and data would be readable on the network; "+
				"use 127.0.0.1 and a tunnel, or --insecure in a network that you trust", f.name, f.addr)
		}
	}
	for _, addr := range c.Cluster {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return fmt.Errorf("--cluster %q is not the address of a broker; write HOST:PORT, such as kafka1.example.org:9092", addr)
		}
	}
	return nil
}

// registry is the address of the registry's listener, chosen if none was said.
func (c *Config) registry() string {
	if c.Registry != "" {
		return c.Registry
	}
	if _, port, err := net.SplitHostPort(c.HTTP); err == nil && port == "0" {
		return "127.0.0.1:0"
	}
	return defaultRegistry
}

// brand reads how the pages look, before anything is started.
func (c *Config) brand() (*web.Brand, error) {
	if c.Brand == "" {
		return nil, nil
	}
	return web.LoadBrand(c.Brand)
}

func (n *Node) startLedger(ctx context.Context) (err error) {
	n.ledger, err = ledger.Open(ctx, n.path(LedgerFile), ledger.Options{Now: n.cfg.Now, Logger: n.cfg.Log})
	if err != nil {
		return err
	}
	n.group.onStop("ledger", func(context.Context) error { return n.ledger.Close() })
	n.group.run("ledger check", n.ledger.VerifyRest)
	return nil
}

func (n *Node) startState(ctx context.Context) (err error) {
	n.state, err = state.Open(ctx, n.path(StateFile), n.ledger, state.Options{Logger: n.cfg.Log, Progress: n.front.progress})
	if err != nil {
		return err
	}
	n.group.onStop("state", func(context.Context) error { return n.state.Close() })
	return n.startSearch(ctx)
}

// startSearch lets the search index follow the state; nothing waits for it.
func (n *Node) startSearch(ctx context.Context) (err error) {
	if n.search, err = state.OpenSearch(ctx, n.path(SearchFile), n.state, state.SearchOptions{Logger: n.cfg.Log}); err != nil {
		return err
	}
	n.group.onStop("search file", func(context.Context) error { return n.search.Close() })
	n.group.run("search", n.search.Run)
	return nil
}

// startMeasures opens what counts who reads and writes what.
func (n *Node) startMeasures(ctx context.Context) (err error) {
	if n.measures, err = measure.Open(ctx, n.path(CountsFile), measure.Options{Logger: n.cfg.Log, Now: n.cfg.Now}); err != nil {
		return err
	}
	n.group.onStop("counts", func(context.Context) error { return n.measures.Close() })
	n.group.run("counting", n.measures.Run)
	return nil
}

func (n *Node) startWriter(context.Context) error {
	w := writer.New(n.ledger, n.state, writer.Options{Now: n.cfg.Now, Logger: n.cfg.Log})
	n.writer = audit.NewRecorder(w, n.cfg.Now, n.cfg.Log)
	n.group.run("writer", w.Run)
	n.group.run("refusals", n.writer.Run)
	n.group.onStop("refusals", func(ctx context.Context) error { n.writer.Flush(ctx); return nil })
	return nil
}

// found makes the mesh at the first start, and keeps the admin's token in the
// folder.
func (n *Node) found(ctx context.Context) error {
	name := n.cfg.Mesh
	if name == "" {
		name = "weir"
	}
	c := identity.Config{State: n.state, Writer: n.writer, Now: n.cfg.Now, Random: n.cfg.Random}
	home, founding, err := identity.Found(ctx, c, name, adminName, func(f identity.Founding) error {
		return secretfile.WriteJSON(n.path(AdminFile), Admin{URL: "http://" + n.HTTP(), User: f.Admin, Token: f.Token})
	})
	if err != nil {
		return err
	}
	if founding != nil && n.cfg.Founded != nil {
		n.cfg.Founded(*founding)
	}
	c.Home, n.home, n.founding = home, home, founding
	n.identity = identity.New(c)
	if n.admin, err = n.readAdmin(); err != nil {
		return err
	}
	if n.admin.Token == "" {
		n.cfg.Log.Warn("the admin file has no token; to make another, stop the node and run: weir admin reset --data "+n.cfg.Data, "file", n.path(AdminFile))
	}
	n.admin.URL = "http://" + n.HTTP()
	return secretfile.WriteJSON(n.path(AdminFile), n.admin)
}

// readAdmin reads the file of an earlier start. One that is gone stays without
// a token: weir admin reset makes another.
func (n *Node) readAdmin() (Admin, error) {
	a := Admin{User: adminName}
	b, err := os.ReadFile(n.path(AdminFile))
	if errors.Is(err, os.ErrNotExist) {
		return a, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &a)
	}
	if err != nil {
		return a, fmt.Errorf("%s cannot be read: %w; delete it, then make another: weir admin reset --data %s", n.path(AdminFile), err, n.cfg.Data)
	}
	return a, nil
}

func (n *Node) startCatalog(ctx context.Context) (err error) {
	if n.index, err = registry.NewIndex(ctx, n.state, n.ledger); err != nil {
		return err
	}
	n.group.run("schemas", n.index.Run)
	n.registry = registry.New(registry.Config{State: n.state, Writer: n.writer, Index: n.index, Policies: later{n}, Hurts: later{n}, Now: n.cfg.Now, Home: n.home})
	n.catalog = catalog.New(catalog.Config{
		State: n.state, Writer: n.writer, Contracts: n.registry, Cluster: later{n}, Shared: len(n.cfg.Cluster) > 0, Measures: n.measures,
		Now: n.cfg.Now, Home: n.home,
	})
	n.lineage = lineage.New(lineage.Config{
		State: n.state, Ledger: n.ledger, Writer: n.writer, Measures: n.measures, Schemas: n.registry, Now: n.cfg.Now, Home: n.home,
	})
	return nil
}

func (n *Node) startCluster(ctx context.Context) error {
	if err := n.startUpstream(ctx); err != nil {
		return err
	}
	up := n.upstream
	if n.cfg.Tap != nil {
		up = n.cfg.Tap(up)
	}
	cluster, err := kafka.NewCluster(up, kafka.Options{KeepWhole: n.embedded != nil})
	if err != nil {
		return err
	}
	n.group.onStop("cluster", func(context.Context) error { return cluster.Close() })
	n.reader, n.topics, n.observer, n.sessions = cluster, cluster, cluster, cluster.Session
	n.worker = worker.New(worker.Config{
		State: n.state, Cluster: cluster, Identity: n.identity, Now: n.cfg.Now, Log: n.cfg.Log, Trim: n.embedded != nil, Private: n.embedded != nil,
		Catalog: n.catalog,
	})
	n.group.run("topics", n.worker.Run)
	n.group.run("retention", n.worker.Retain)
	return n.startActivity(ctx, cluster)
}

func (n *Node) startUpstream(ctx context.Context) error {
	if len(n.cfg.Cluster) > 0 {
		up, err := kafka.NewUpstream(kafka.Config{Seeds: n.cfg.Cluster, Now: n.cfg.Now})
		if err != nil {
			return err
		}
		n.upstream = up
		n.group.onStop("upstream", func(context.Context) error { return up.Close() })
		return nil
	}
	b, err := broker.Open(ctx, broker.Config{
		Dir: n.path(BrokerDir), Limit: n.cfg.Limit, NoSync: n.cfg.NoSync, Logger: n.cfg.Log, Now: n.cfg.Now,
	})
	if err != nil {
		return err
	}
	n.embedded, n.upstream = b, b
	n.group.onStop("broker", func(context.Context) error {
		if err := b.Close(); err != nil {
			n.cfg.Log.Warn("the embedded broker is left as it is", "error", err) // nothing is lost by it
		}
		return nil
	})
	return nil
}

func (n *Node) path(name string) string { return filepath.Join(n.cfg.Data, name) }

// cluster is what the API tells of where the records are.
func (n *Node) cluster() client.Cluster {
	c := client.Cluster{Kind: "kafka"}
	if n.embedded != nil {
		c.Kind = "embedded"
		c.Used, c.Limit = n.embedded.Usage()
		if err := n.embedded.Room(); err != nil {
			c.Problems = append(c.Problems, publicText(err))
		}
		for _, w := range n.embedded.Warnings() {
			c.Problems = append(c.Problems, fmt.Sprintf("%s (%d times, last at %s)", w.Msg, w.Times, w.At.Format(time.RFC3339)))
		}
	}
	for name, p := range n.worker.Problems() {
		c.Problems = append(c.Problems, name+": "+p.Text)
	}
	c.Problems = append(c.Problems, n.ownProblems()...)
	return c
}

// publicText is an error as one reads it.
func publicText(err error) string {
	var e *weir.Error
	if errors.As(err, &e) {
		return e.Public()
	}
	return err.Error()
}
