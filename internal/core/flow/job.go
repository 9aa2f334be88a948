// Package flow runs the plans of queries: columns in, columns out, with the state
// that the plan needs. It knows no cluster and no clock.
//
// Expressions are compiled once into kernels over columns; an expression is
// evaluated at the rows alone that need it, and one that cannot be computed fails
// its row, not the batch. Values behave as in PostgreSQL; testdata/forms shows
// every function.
//
// State is in memory: keys with values, for each operator that needs some. An
// epoch is any number of steps. Before it is committed, [Flow.Changes] gives the
// keys that changed, for a changelog; after it [Flow.Keep] makes that the state to
// go back to. An epoch that is aborted is undone in memory by [Flow.Undo], so that
// the same records can be given again; nothing is read back for that. A flow that
// starts elsewhere gets the changelog's last value of each key by [Flow.Restore],
// in any order, and may have another number of shards ([NewShards]). A flow made
// of another plan cannot use them.
//
// The same batches in the same order give the same rows, state and reasons, so
// that an epoch that is on record can be computed again. Of the order in which an
// epoch steps its inputs only this matters to a result: a table's rows come before
// those of streams that look them up, and rows of one key of a table, and those of
// windows that may be late, come in the order of their records.
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
	// Shards is how many parts of it compute at once, at most MaxShards; 0: as many
	// as pay.
	Shards int
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
