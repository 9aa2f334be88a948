package node

import (
	"context"
	"os"
	"runtime/metrics"

	"github.com/weirmesh/weir/client"
)

// health is how this process is.
func (n *Node) health(ctx context.Context) client.NodeHealth {
	h := client.NodeHealth{
		Version: n.cfg.Version, Started: n.started.UTC(), Kafka: n.Kafka(),
		Ledger: uint64(n.ledger.Head().Offset), State: uint64(n.state.Offset()), Rights: uint64(n.live.Current().Offset()),
		Memory: memory(), Connections: n.traffic.Connections.Load(), Measures: n.counting(ctx),
	}
	h.Name, _ = os.Hostname() // one that has none is shown without
	if err := n.ledger.Err(); err != nil {
		h.Problems = append(h.Problems, publicText(err))
	}
	if err := n.worker.Reached(); err != nil {
		h.Problems = append(h.Problems, publicText(err))
	}
	return h
}

// counting is how the counts are kept.
func (n *Node) counting(ctx context.Context) client.MeasureHealth {
	is := n.measures.Health()
	out := client.MeasureHealth{Rows: is.Rows, Bytes: n.measures.Bytes(), Problem: is.Problem}
	c, err := n.measures.Coverage(ctx)
	if err != nil {
		out.Problem = publicText(err)
	}
	out.Since, out.Gaps = c.Since, []client.Gap{}
	for _, g := range c.Gaps {
		out.Gaps = append(out.Gaps, client.Gap{From: g.From, Until: g.Until, AtMost: g.AtMost.String(), Why: g.Why})
	}
	return out
}

// memory is what the runtime has of the system.
func memory() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}
