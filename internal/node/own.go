package node

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/driver/kafka"
	"github.com/weirmesh/weir/internal/worker"
)

// own makes what Weir itself offers, if it is not there. Where somebody has one
// of its names from before, the node runs without it and says so.
func (n *Node) own(ctx context.Context) error {
	err := n.identity.OwnTeam(ctx)
	if err == nil {
		err = n.catalog.Own(ctx)
	}
	if weir.Exists.In(err) || weir.Conflict.In(err) {
		n.cfg.Log.Error(weir.ActivityProduct+" is not made", "error", err)
		n.disowned, err = err, nil
	}
	return err
}

// startActivity copies events to weir.activity from now on.
func (n *Node) startActivity(ctx context.Context, cluster *kafka.Cluster) error {
	v, done, err := n.state.View(ctx)
	if err != nil {
		return err
	}
	m, _, err := weir.Find[*weir.Mesh](ctx, v, weir.Ref{Noun: weir.NounMesh, UID: n.home})
	done()
	if err != nil {
		return err
	}
	n.activity = worker.NewActivity(worker.ActivityConfig{
		Ledger: n.ledger, State: n.state, Reader: cluster, Lost: n.worker.Lost, Room: n.upstream.Room, Home: n.home, Mesh: m.Name, Log: n.cfg.Log,
		Open: func(ctx context.Context, topic, id string) (worker.Journal, error) {
			j, err := cluster.Journal(ctx, topic, id)
			if err != nil {
				return nil, err
			}
			return j, nil
		},
	})
	n.group.run("activity", n.activity.Run)
	return nil
}

// ownProblems says why weir.activity is not as it should be.
func (n *Node) ownProblems() []string {
	var out []string
	if n.disowned != nil {
		out = append(out, weir.ActivityProduct+" is not made: "+publicText(n.disowned))
	}
	if err := n.activity.Problem(); err != nil {
		out = append(out, weir.ActivityProduct+" is behind: "+publicText(err))
	}
	return out
}
