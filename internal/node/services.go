package node

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/app/adoption"
	"github.com/weirmesh/weir/internal/app/audit"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/conversation"
	"github.com/weirmesh/weir/internal/app/records"
	"github.com/weirmesh/weir/internal/app/usage"
	"github.com/weirmesh/weir/internal/serve/api"
	"github.com/weirmesh/weir/internal/serve/gateway"
	"github.com/weirmesh/weir/internal/serve/ops"
	"github.com/weirmesh/weir/internal/serve/schemaregistry"
	"github.com/weirmesh/weir/internal/serve/web"
)

// startGateway compiles the rights and opens the Kafka listeners.
func (n *Node) startGateway(ctx context.Context) (err error) {
	if n.live, err = access.Load(ctx, n.state, n.ledger); err != nil {
		return err
	}
	n.group.run("rights", n.live.Run)
	secret, err := n.derive("salts of users who do not exist")
	if err != nil {
		return err
	}
	n.gateway, err = gateway.New(gateway.Config{
		Addr: n.cfg.Kafka, AdvertisedHost: n.cfg.Advertise, ClusterID: n.home.String(),
		Upstream: n.upstream, Rights: n.live, Lost: n.worker.Lost, Secret: secret, Metrics: &n.traffic, Meter: n.measures, Logger: n.cfg.Log, Now: n.cfg.Now,
		Shares: n.embedded != nil,
	})
	if err != nil {
		return err
	}
	n.group.run("gateway", n.gateway.Run)
	return nil
}

// registryPath is where the registry is on the HTTP listener.
const registryPath = "/registry"

// startRegistry opens the schema registry's own listener.
func (n *Node) startRegistry(ctx context.Context) error {
	secret, err := n.derive("passwords that were checked at the schema registry")
	if err != nil {
		return err
	}
	n.asked = schemaregistry.NewMetrics()
	n.schemas, err = openDoor(ctx, "--registry", n.cfg.registry(), schemaregistry.New(schemaregistry.Config{
		Registry: n.registry, Applications: access.NewPasswords(n.live, secret, n.cfg.Now), People: n.identity,
		Metrics: n.asked, Cluster: n.home.String(), Version: n.cfg.Version, Log: n.cfg.Log,
	}))
	if err != nil {
		return err
	}
	n.group.run("schema registry", n.schemas.run)
	return nil
}

// startServices puts the API, health and metrics behind the HTTP listener.
func (n *Node) startServices(ctx context.Context) error {
	metrics := prometheus.NewRegistry()
	n.measure(metrics)
	r := chi.NewRouter()
	ops.Routes(r, metrics, n.readiness())
	reading := records.New(records.Config{State: n.state, Reader: n.reader, Meter: n.measures, Live: n.live, Schemas: n.registry, Queries: n.queries, Now: n.cfg.Now})
	entries := audit.New(n.ledger, n.state, n.writer, n.cfg.Now)
	api.New(api.Config{
		State: n.state, Ledger: n.ledger, Identity: n.identity, Catalog: n.catalog, Registry: n.registry, Live: n.live, Schemas: n.index,
		Search:       catalog.NewFinder(n.search),
		Granting:     access.New(access.Config{Writer: n.writer, Now: n.cfg.Now, Home: n.home}),
		Records:      reading,
		Usage:        usage.New(usage.Config{State: n.state, Measures: n.measures, Observer: n.observer, Gateway: n.gateway, Topic: n.whose, Now: n.cfg.Now}),
		Queries:      n.queries,
		Lineage:      n.lineage,
		Adoption:     adoption.New(adoption.Config{State: n.state, Ledger: n.ledger, Measures: n.measures, Now: n.cfg.Now}),
		Conversation: conversation.New(conversation.Config{State: n.state, Writer: n.writer, Measures: n.measures, Now: n.cfg.Now, Home: n.home}),
		Audit:        entries,
		Node:         api.Node{Kafka: n.Kafka, Registry: func() string { return "http://" + n.Registry() }, Cluster: n.cluster, Problem: n.worker.Problem, Health: n.health},
		Version:      n.cfg.Version, Log: n.cfg.Log,
	}, r)
	r.Handle(registryPath, http.StripPrefix(registryPath, n.schemas.server.Handler))
	r.Handle(registryPath+"/*", http.StripPrefix(registryPath, n.schemas.server.Handler))
	pages, err := n.pages(ctx, metrics, r)
	if err != nil {
		return err
	}
	r.NotFound(pages.ServeHTTP)
	n.front.set(r)
	n.group.onStop("requests", n.front.drain)
	n.group.run("records", reading.Run) // ends them, so that requests end
	n.group.run("watchers", entries.Run)
	return nil
}

// whose says to which product or private stream a topic of the cluster belongs.
func (n *Node) whose(topic string) (weir.Ref, bool) {
	t, ok := n.live.Current().Topic(topic)
	return t.Of, ok
}

// pages are the web site, which calls the API in the process.
func (n *Node) pages(ctx context.Context, metrics *prometheus.Registry, handler http.Handler) (*web.Server, error) {
	name, err := n.meshName(ctx)
	if err != nil {
		return nil, err
	}
	site := web.New(web.Config{
		API: api.Through("web", handler), Families: web.Families(), Home: n.home.String(), Mesh: name,
		Brand: n.brand, Development: n.cfg.Stories, Now: n.cfg.Now, Random: n.cfg.Random, Log: n.cfg.Log,
	})
	metrics.MustRegister(prometheus.NewCounterFunc(
		prometheus.CounterOpts{Namespace: "weir", Subsystem: "web", Name: "csp_reports_total", Help: "Reports of browsers that they refused something on a page."},
		func() float64 { return float64(site.Reports()) }))
	return site, nil
}

// meshName is what the mesh is called.
func (n *Node) meshName(ctx context.Context) (string, error) {
	v, release, err := n.state.View(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	mesh, _, err := v.Get(ctx, weir.Ref{Noun: weir.NounMesh, UID: n.home})
	if err != nil {
		return "", err
	}
	return mesh.Ref().Name, nil
}

// readiness is what /readyz asks: whether changes can be made, and whether
// brokers answer.
func (n *Node) readiness() []ops.Readiness {
	return []ops.Readiness{
		{Name: "ledger", Check: n.ledger.Err},
		{Name: "cluster", Check: n.worker.Reached},
	}
}
