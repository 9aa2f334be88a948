package node

import (
	"context"
	"math/rand/v2"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/queries"
	"github.com/weirmesh/weir/internal/driver/engine"
	"github.com/weirmesh/weir/internal/worker"
)

// startQueries runs the queries that shall run.
func (n *Node) startQueries(context.Context) error {
	n.queries = queries.New(queries.Config{
		State: n.state, Writer: n.writer, Catalog: n.catalog, Identity: n.identity, Schemas: n.registry, Reader: n.reader, Statuses: runs{n},
		Now: n.cfg.Now, Home: n.home, MaxState: n.cfg.QueryMemory,
	})
	cfg := n.cfg.Engine
	cfg.Open, cfg.Now, cfg.Log, cfg.Rand = n.sessions, n.cfg.Now, n.cfg.Log, rand.Float64
	n.running = worker.NewQueries(worker.QueryConfig{
		State: n.state, Queries: n.queries, Now: n.cfg.Now, Log: n.cfg.Log,
		Engine: engine.New(cfg),
	})
	n.group.run("queries", n.running.Run)
	return nil
}

// runs is how the queries of this node do; nobody can ask before they run.
type runs struct{ n *Node }

func (r runs) Status(query weir.UID) (weir.QueryStatus, bool) { return r.n.running.Status(query) }
