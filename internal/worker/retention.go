package worker

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
)

// trimEvery is how often old records are dropped.
const trimEvery = time.Minute

// Retain drops records that are older than their topic keeps them, until ctx
// ends. It does nothing where the cluster does so itself.
func (r *Reconciler) Retain(ctx context.Context) error {
	if !r.Trim {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(trimEvery)
	defer tick.Stop()
	for {
		r.trim(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// trim goes over every topic once. A topic that fails is tried again next time.
func (r *Reconciler) trim(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, trimEvery)
	defer cancel()
	_, topics, _, err := r.wanted(ctx)
	if err != nil {
		return // look says so
	}
	for _, t := range topics {
		if t.State != weir.TopicMade || t.Retention == weir.Forever || t.Adopted {
			continue
		}
		before := r.Now().Add(-time.Duration(t.Retention))
		if err := r.Cluster.Trim(ctx, t.Name, before); err != nil && ctx.Err() == nil {
			r.Log.Warn("old records could not be dropped", "topic", t.Name, "error", err)
		}
	}
}
