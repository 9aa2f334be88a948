// Package catalog knows what the mesh offers: domains, their products and
// their private streams, and the topics that these want on a cluster.
//
// Each product and stream has a [weir.Topic] in the ledger, which says what the
// cluster shall hold and remembers what it was given. The catalogue only
// decides; the worker brings the cluster there.
package catalog

import (
	"time"

	"github.com/weirmesh/weir"
)

// Catalog is the use cases about domains, products, streams and topics.
type Catalog struct {
	state     weir.State
	writer    weir.Writer
	contracts contracts
	cluster   cluster
	shared    bool
	measures  measures
	rules     rulebook
	now       func() time.Time
	home      weir.UID
}

// Config is what Catalog needs. Every field is required but Contracts and
// Measures.
type Config struct {
	State     weir.State
	Writer    weir.Writer
	Contracts contracts // the registry; nil: there is none, and products have no schemas
	Cluster   cluster
	Shared    bool     // the cluster may hold topics that are not the mesh's
	Measures  measures // who read what; nil: nobody counted
	Now       func() time.Time
	Home      weir.UID // the mesh
}

// New makes the use cases.
func New(c Config) *Catalog {
	k := &Catalog{state: c.State, writer: c.Writer, contracts: c.Contracts, cluster: c.Cluster, shared: c.Shared, measures: c.Measures, now: c.Now, home: c.Home}
	if k.contracts == nil {
		k.contracts = unkept{}
	}
	if k.measures == nil {
		k.measures = uncounted{}
	}
	return k
}

func (c *Catalog) uid() weir.UID { return weir.NewUID(c.now()) }

// result collects the changes of one decision.
type result struct {
	home    weir.UID
	changes []weir.Change
	err     error
}

func (c *Catalog) result() *result { return &result{home: c.home} }

// put adds an entity's new state; what is the same as before is no change.
func (r *result) put(prev weir.Entity, rev weir.Revision, e weir.Entity) {
	if r.err != nil {
		return
	}
	ch, err := weir.NewChange(r.home, prev, rev, e)
	r.err = err
	if err == nil && (rev == 0 || len(ch.Diff) > 0) {
		r.changes = append(r.changes, ch)
	}
}

// end adds an entity's end.
func (r *result) end(e weir.Entity, rev weir.Revision) {
	r.changes = append(r.changes, weir.DeleteChange(r.home, e, rev))
}

// outcome answers with e's public state.
func (r *result) outcome(event string, e weir.Entity) (weir.Outcome, error) {
	if r.err != nil {
		return weir.Outcome{}, r.err
	}
	answer, err := weir.Public(e)
	out := weir.Outcome{Changes: r.changes, Answer: answer}
	if len(r.changes) > 0 {
		out.Events = []weir.Event{{Type: event, Ref: e.Ref()}}
	}
	return out, err
}
