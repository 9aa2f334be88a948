// Package records reads the records of products and private streams for people:
// decoded, from some place to another or for ever, committed ones only.
//
// A person reads what an application of one of their teams could; administering
// gives no right to data. The right is looked at again every second while a
// stream is read, so one that was taken away ends the stream within two.
//
// Every stream is bounded: in what it holds in memory, in how many there are of
// one person and of a node, and in how long it looks for a record that a
// condition holds for. What ends early says so and from where to go on.
//
// A record that a query made is walked back to what it was made of, over as many
// queries as there are, with the same rights.
package records

import (
	"context"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
	"github.com/weirmesh/weir/internal/core/schema"
)

// live tells who may read what at this moment.
type live interface {
	// PersonOn is what the applications of some teams could do with a topic,
	// and the uid of the product or stream that it belongs to.
	PersonOn(teams []weir.UID, topic string) (rights.Topic, weir.UID)
}

// schemas finds schemas by the ids that stand in records.
type schemas interface {
	// Parsed gives a schema that the caller may know of. NotFound if there is
	// none.
	Parsed(ctx context.Context, p weir.Principal, id weir.SchemaID) (schema.Schema, error)
}

// Limits bound streams. A zero is the default that the comment says.
type Limits struct {
	// OfPerson is how many streams one person may read at once: 128.
	OfPerson int
	// OfNode is how many all together may: 512.
	OfNode int
	// Scanned is how many records are looked at for one that a condition holds
	// for: 1,000,000. A stream that is followed has no such end.
	Scanned int64
	// Scanning is for how long: 20 s.
	Scanning time.Duration
	// Tracing is how long a trace reads: 6 s.
	Tracing time.Duration
	// Held is how many bytes of the newest records are held for one stream:
	// 16 MiB.
	Held int
	// Tick is how often a stream looks at what may have changed: 1 s.
	Tick time.Duration
}

func (l Limits) orDefaults() Limits {
	if l.OfPerson == 0 {
		l.OfPerson = 128
	}
	if l.OfNode == 0 {
		l.OfNode = 512
	}
	if l.Scanned == 0 {
		l.Scanned = 1_000_000
	}
	if l.Scanning == 0 {
		l.Scanning = 20 * time.Second
	}
	if l.Tracing == 0 {
		l.Tracing = 6 * time.Second
	}
	if l.Held == 0 {
		l.Held = 16 << 20
	}
	if l.Tick == 0 {
		l.Tick = time.Second
	}
	return l
}

// Config is what Records needs. Every field but Meter and Limits is required.
type Config struct {
	State   weir.State
	Reader  weir.Reader
	Live    live
	Schemas schemas
	Queries queries // asked by Trace alone
	Now     func() time.Time
	Meter   weir.Meter // counts who got how many rows; nil: nobody does
	Limits  Limits
}

// Records is the use case.
type Records struct {
	cfg  Config
	base context.Context // ends when the node stops
	end  context.CancelFunc

	mu   sync.Mutex
	open map[weir.UID]int // by person
	all  int

	samples chan struct{} // one for each profile that is being made
	traces  chan struct{} // likewise
}

// New makes the use case.
func New(c Config) *Records {
	c.Limits = c.Limits.orDefaults()
	r := &Records{cfg: c, open: map[weir.UID]int{}, samples: make(chan struct{}, samplesAtOne), traces: make(chan struct{}, tracesAtOnce)}
	r.base, r.end = context.WithCancel(context.Background())
	return r
}

// Run waits for ctx to end, and then ends every stream.
func (r *Records) Run(ctx context.Context) error {
	<-ctx.Done()
	r.end()
	return nil
}

// Streams is how many are read now.
func (r *Records) Streams() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

// enter counts one more stream of a person, if there may be one.
func (r *Records) enter(person weir.UID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch l := r.cfg.Limits; {
	case r.open[person] >= l.OfPerson:
		return weir.Errorf(weir.Limit, "you read %d streams at once already", l.OfPerson).WithFix("end one of them, then try again")
	case r.all >= l.OfNode:
		return weir.Errorf(weir.Limit, "%d streams are read from this node already", l.OfNode).WithFix("try again in a minute, or read with a Kafka client")
	}
	r.open[person]++
	r.all++
	return nil
}

func (r *Records) leave(person weir.UID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all--
	if r.open[person]--; r.open[person] == 0 {
		delete(r.open, person)
	}
}
