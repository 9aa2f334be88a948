// Package flow runs the plans of queries: columns in, columns out, with the state
// that the plan needs. It knows no cluster and no clock.
package flow

import (
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/record"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Job is a query that shall run: its plan, and what its inputs and its result
// are on the cluster.
type Job struct {
	Query       weir.UID
	Run         int    // counts up when the query begins anew
	Name        string // of the product that it makes, with its major
	Application string // its name begins every id that the cluster sees
	Plan        *sqlang.Plan
	Sources     []Source // for Plan.Inputs, in their order
	Sink        Sink
	// Journal is the topic of one partition that says where the query is: each
	// epoch's input offsets and changes of state.
	Journal string
	// Aside is the topic that gets the records that failed; empty: the query
	// stops at the first.
	Aside string
	// AtEnd: what the inputs hold when the query runs for the first time is left
	// out.
	AtEnd    bool
	Epoch    time.Duration // between two transactions, at least
	MaxState int64         // bytes of memory
}

// Source is where an input's records come from.
type Source struct {
	Topic string // on the cluster
	Value record.DecoderConfig
	Key   record.DecoderConfig
}

// Sink is where the result's records go to.
type Sink struct {
	Topic string // on the cluster
	Value record.EncoderConfig
	Key   record.EncoderConfig
}
