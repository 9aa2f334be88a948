package records

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/sqlang"
)

// Bounds of one trace. What is beyond one is left out, and counted.
const (
	traceDepth   = 16       // queries above each other
	traceRecords = 1000     // that are read
	tracePlaces  = 4000     // that stand in it
	traceBytes   = 16 << 20 // of keys and values
	tracesAtOnce = 8        // on a node
	ofRange      = 3        // records of a range that are shown
)

// queries knows what queries do.
type queries interface {
	// Plan is how a query's statement is understood now, with the rights of its
	// application. It fails with why it is not.
	Plan(ctx context.Context, q *weir.Query) (*sqlang.Plan, error)
	// State is how a query does, in a word.
	State(q *weir.Query) string
}

// PlaceState says what is known of a place.
type PlaceState string

const (
	PlaceRead   PlaceState = "read"   // its record is here
	PlaceRange  PlaceState = "range"  // some records of it are here
	PlaceHidden PlaceState = "hidden" // who asks may not read it
	PlaceGone   PlaceState = "gone"   // its record is not there any more
	PlaceUnread PlaceState = "unread" // a bound, or the cluster, was in the way
)

// Place is a record in a trace, or a range of records of which some count.
type Place struct {
	// Provenance is where it is. Its topic is empty when who asks may not know
	// whose it is.
	weir.Provenance
	Of    weir.Ref // the product or private stream; zero: likewise
	State PlaceState
	Why   string // it is not read, or what else is to be known of it

	Time       time.Time
	Key, Value []byte // JSON
	// Again: it stands in the trace before, and what it was made of is told there
	// alone.
	Again   bool
	Made    Made
	Records []*Place // of a range: some of them
	From    []*Place // what the record was made of
	More    int64    // records that count, and that the record does not name
}

// Made is how a query made a record.
type Made struct {
	Query        string // empty: who asks may not know of it, or there is none
	Plan         string // the fingerprint that stands in the record
	Standing     Standing
	Failed, Step string // of a record that was set aside
}

// Standing says whether a record was made by the plan that its query has now.
type Standing int

const (
	Unknown Standing = iota
	Current
	Another
)

// Maker is a query that made records of a trace. Fingerprint and Plan are those
// that it has now; Problem is why it has none.
type Maker struct {
	Name, State, Statement     string
	Fingerprint, Plan, Problem string
}

// Bound is why something was left out.
type Bound string

const (
	BoundDepth   Bound = "depth"
	BoundRecords Bound = "records"
	BoundBytes   Bound = "bytes"
	BoundPlaces  Bound = "places"
	BoundTime    Bound = "time"
)

// Bounds lists every bound.
func Bounds() []Bound {
	return []Bound{BoundDepth, BoundRecords, BoundBytes, BoundPlaces, BoundTime}
}

// Trace is a record with what it was made of, over as many queries as there are.
type Trace struct {
	Root    *Place
	Makers  []*Maker // in the order in which they were met
	Read    int      // records
	LeftOut map[Bound]int
}

// Tracing asks what a record was made of.
type Tracing struct {
	Of        weir.Ref // a product or a private stream
	Partition int32
	Offset    int64
	Library   weir.Library // what the asker reads with, for who counts
}

// Trace walks a record back to its sources by the headers that queries give to
// their records, and reads on the way what the principal may read. It goes no
// further than that: of the rest it says that it is hidden. again says who asks at
// a later moment. Errors: those of Open for the record itself, NotFound if it is
// not there, Limit when too many are being walked.
func (r *Records) Trace(ctx context.Context, p weir.Principal, again func(context.Context) (weir.Principal, error), t Tracing) (*Trace, error) {
	if t.Partition < 0 || t.Offset < 0 {
		return nil, weir.Errorf(weir.Invalid, "%d/%d is no place of a record", t.Partition, t.Offset).WithFix("partitions and offsets count from 0")
	}
	select {
	case r.traces <- struct{}{}:
		defer func() { <-r.traces }()
	default:
		return nil, weir.Errorf(weir.Limit, "%d records are being traced already", tracesAtOnce).WithFix("try again in a moment")
	}
	src, err := r.find(ctx, p, t.Of)
	if err != nil {
		return nil, err
	}
	root := &Place{Provenance: weir.Provenance{Topic: src.topic, Partition: t.Partition, Offset: t.Offset}}
	w := r.walk(p, again, t)
	if err := w.run(ctx, root); err != nil {
		return nil, err
	}
	return w.out, there(root, t)
}

// there refuses a trace of a record that is not there.
func there(root *Place, t Tracing) error {
	switch root.State {
	case PlaceGone:
		return weir.Errorf(weir.NotFound, "%s has no record at partition %d, offset %d: %s", t.Of, t.Partition, t.Offset, root.Why).
			WithFix("see which it has: weir read %s --from earliest -o json", t.Of.Name)
	case PlaceUnread, PlaceHidden:
		return weir.Errorf(weir.Unavailable, "the record at partition %d, offset %d cannot be read: %s", t.Partition, t.Offset, root.Why).
			WithFix("try again in a moment")
	}
	return nil
}
