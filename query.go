package weir

import (
	"context"
	"strconv"
	"time"
)

// QueryWish is what a query shall do.
type QueryWish string

const (
	QueryRun   QueryWish = "run"
	QueryPause QueryWish = "pause" // it keeps its place and its state
	QueryStop  QueryWish = "stop"  // it gives up its state; started again, it begins anew
)

// OnFailure says what a query does with a record that it cannot compute.
type OnFailure string

const (
	FailureAside OnFailure = "aside" // it is set aside, with the reason
	FailureStop  OnFailure = "stop"
)

// Bounds of a query.
const (
	MaxStatement = 64 << 10 // bytes of SQL
	MinEpoch     = Duration(20 * time.Millisecond)
	MaxEpoch     = Duration(10 * time.Second)
	DefaultEpoch = Duration(200 * time.Millisecond)
	MaxInputs    = 16
	MaxLineage   = 20_000 // derivations
)

// Query is a statement in SQL that runs and makes a product of others. It acts
// as an application of its own.
type Query struct {
	UID         UID       `json:"uid"`
	Name        string    `json:"name"` // that of the product that it makes
	Domain      UID       `json:"domain"`
	Product     UID       `json:"product"`
	Application UID       `json:"application"`
	Aside       UID       `json:"aside,omitzero"` // the private stream of the records that failed
	Statement   string    `json:"statement" long:"true"`
	Inputs      []UID     `json:"inputs"` // products, each once
	Wish        QueryWish `json:"wish"`
	// Why says why Weir itself stopped it; empty if people did, or it runs.
	Why       string    `json:"why,omitempty"`
	Run       int       `json:"run"` // counts up when it begins anew
	AtEnd     bool      `json:"atEnd,omitempty"`
	OnFailure OnFailure `json:"onFailure"`
	Epoch     Duration  `json:"epoch"`
	Created   time.Time `json:"created"`
	// Lineage says of which fields its columns are made, as its statement was
	// understood when it was made. None, of an older query or of one that is
	// too large for it: that is not on record.
	Lineage []Derivation `json:"lineage,omitempty" long:"true"`
}

// Derivation says that a column of a query's result depends on a field of an
// input.
type Derivation struct {
	Column string `json:"column,omitempty"` // empty: every one, since it decides which rows there are
	Input  int    `json:"input"`            // of the query's inputs
	Field  string `json:"field"`            // its path
	Direct bool   `json:"direct,omitempty"` // else through a condition, a join or a grouping
	Masked string `json:"masked,omitempty"` // the function by which it is masked
}

func (q *Query) Ref() Ref { return Ref{NounQuery, q.UID, q.Name} }

// Readers: the domain.
func (q *Query) Readers() []UID { return []UID{q.Domain} }

// Journal is the topic that says where the query is in this run.
func (q *Query) Journal() string {
	return OwnTopics + "query." + q.UID.String() + "." + strconv.Itoa(q.Run)
}

// Refers lists domain, product, application and the stream of what failed. Not
// the inputs: a query may outlive one, and then says so.
func (q *Query) Refers() []Ref {
	rs := []Ref{{Noun: NounDomain, UID: q.Domain}, {Noun: NounProduct, UID: q.Product}, {Noun: NounApplication, UID: q.Application}}
	if !q.Aside.IsZero() {
		rs = append(rs, Ref{Noun: NounStream, UID: q.Aside})
	}
	return rs
}

// Validate checks every field by itself.
func (q *Query) Validate() error {
	if n := len(q.Statement); n == 0 || n > MaxStatement {
		return Errorf(Limit, "the statement has %d bytes", n).At("statement").WithFix("use 1 to %d", MaxStatement)
	}
	if len(q.Inputs) > MaxInputs {
		return Errorf(Limit, "%d inputs", len(q.Inputs)).At("inputs").WithFix("use at most %d", MaxInputs)
	}
	if q.Epoch < MinEpoch || q.Epoch > MaxEpoch {
		return Errorf(Invalid, "an epoch of %s", q.Epoch).At("epoch").WithFix("use %s to %s", MinEpoch, MaxEpoch)
	}
	return first(
		checkProduct("name", q.Name),
		q.checkLineage(),
		oneOf("wish", q.Wish, QueryRun, QueryPause, QueryStop),
		oneOf("onFailure", q.OnFailure, FailureAside, FailureStop),
		checkText("why", q.Why),
	)
}

func (q *Query) checkLineage() error {
	if n := len(q.Lineage); n > MaxLineage {
		return Errorf(Limit, "%d derivations", n).At("lineage").WithFix("use at most %d", MaxLineage)
	}
	for _, d := range q.Lineage {
		if d.Input < 0 || d.Input >= len(q.Inputs) || d.Field == "" {
			return Errorf(Internal, "a derivation of the field %q of input %d, of %d", clip(d.Field), d.Input, len(q.Inputs)).At("lineage")
		}
	}
	return nil
}

// Depth is how many queries stand one above the other from sources up to one that
// reads some products: 1 if no query makes what it reads.
func Depth(ctx context.Context, v View, products []UID) (int, error) {
	return depth(ctx, v, products, map[UID]bool{})
}

func depth(ctx context.Context, v View, products []UID, seen map[UID]bool) (int, error) {
	deepest := 0
	for _, p := range products {
		if seen[p] {
			continue
		}
		seen[p] = true
		page, err := v.List(ctx, ListQuery{Noun: NounQuery, Scope: Everything, Refers: []UID{p}, Limit: 1})
		if err != nil {
			return 0, err
		}
		for _, it := range page.Items {
			of, ok := it.Entity.(*Query)
			if !ok {
				continue
			}
			n, err := depth(ctx, v, of.Inputs, seen)
			if err != nil {
				return 0, err
			}
			deepest = max(deepest, n)
		}
	}
	return deepest + 1, nil
}

// QueryStatus is how a query does, as the node that runs it knows.
type QueryStatus struct {
	Running   bool
	Since     time.Time // it runs, or does not
	RowsIn    int64     // since it began
	RowsOut   int64
	Aside     int64     // records that were set aside
	Late      int64     // rows that came behind the watermark
	Lag       int64     // records that it has not read yet
	Watermark time.Time // zero: none yet
	State     int64     // bytes of memory
	Epoch     int64     // number of the last one
	EpochTime time.Duration
	Busy      time.Duration // how long all epochs took since it began to run
	Error     string        // the last one
}
