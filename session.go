package weir

import (
	"context"
	"encoding/json"
	"time"
)

// SessionSpec says what a session reads and where it writes.
type SessionSpec struct {
	// ID: one session at a time has it; who opens it is the one from then on.
	ID string
	// Group is the consumer group that shows how far the session is.
	Group   string
	Inputs  []string // topics
	Outputs []string // topics
	// Journal is a topic of one partition that is written by this ID alone. It
	// must neither be compacted nor expire.
	Journal string
	// Run: a journal that tells of another run tells of nothing.
	Run int
	// AtEnd: a run that begins leaves out what the inputs hold by then.
	AtEnd bool
	// KeepEpochs is how many of the last epochs stay in the journal at least;
	// negative: all of them.
	KeepEpochs int
}

// Resumed is where a session goes on.
type Resumed struct {
	Epoch int64           // number of the last one; 0: the run begins
	Note  json.RawMessage // of the last one; nil if the run begins
	At    []Position      // of the inputs
	Lost  []LostRecords   // records that were deleted before they were read
}

// LostRecords are offsets of an input from one up to, not including, another.
type LostRecords struct {
	Topic     string
	Partition int32
	From, To  int64
}

// Messages are records of one partition of an input, in columns, in the order of
// their offsets.
type Messages struct {
	Input     int // of SessionSpec.Inputs
	Partition int32
	Offsets   []int64
	Times     []int64  // milliseconds since 1970
	Keys      [][]byte // nil is null, as in Values
	Values    [][]byte
	Headers   func(row int) []Header
	// Broken: there are no records in it, but some that cannot be read.
	Broken *Broken
}

// Broken is a batch of records that cannot be read, though it is as it was written.
type Broken struct {
	From, To int64  // offsets, from one up to, not including, another
	Bytes    []byte // as they came
	Err      error  // Invalid, or Limit: what is wrong with it
}

// Epoch is what a session commits besides what it was given to put.
type Epoch struct {
	// Note is kept for whoever opens the session next.
	Note json.RawMessage
	// Changes are kept, in order, for whoever restores.
	Changes [][]byte
	// Base is the place in the journal from which a restore reads from now on,
	// one that End gave. Nothing from there on is lost, whatever happens.
	Base int64
}

// Session is one job that reads topics and writes others, exactly once: it
// reads what is committed, and what it writes, how far it read and what it must
// not forget are committed together or not at all. One goroutine uses it. After
// an error of any method but Put it can only be closed: what was not committed
// never was, and whether the commit that failed did happen is what the next
// session with the ID says.
//
// Errors: Unavailable when the cluster does not answer, Limit when it has no
// room, Conflict when another session has the ID, NotFound for a topic that is
// not there, Damaged when an input ends before where the session was.
type Session interface {
	// Resumed is where it was when it was opened.
	Resumed() Resumed
	// Restore gives the changes that were committed since the base of the last
	// epoch. To be called before the first Poll.
	Restore(ctx context.Context, fn func(change []byte) error) error
	// Poll waits for records, no longer than so long, and gives at most so many;
	// none when there are none. They are valid until the next Commit. A batch that
	// is as it was written and holds no records that can be read is given as
	// Broken, by itself, in its place.
	Poll(ctx context.Context, records int, wait time.Duration) ([]Messages, error)
	// Put adds a record to what is committed next; of m, Partition and Offset
	// have no meaning. The key says the partition, as Kafka's clients do it;
	// without one they take turns. Nothing of m is kept. Limit: the record is
	// larger than MaxPut, and is not put.
	Put(ctx context.Context, output int, m *Message) error
	// Commit commits in one transaction: what was put, the changes and the note,
	// and that everything that Poll gave is read. With nothing of all that it
	// does nothing.
	Commit(ctx context.Context, e Epoch) error
	// Base is the base of the last epoch.
	Base() int64
	// End is the place in the journal behind everything that is committed.
	End() int64
	// Lag is how many records of the inputs Poll has not given yet, as far as is
	// known.
	Lag() int64
	// Behind is as much of one partition.
	Behind(input int, partition int32) int64
	// Close undoes what was not committed, if it can be done now; else the next
	// session with the ID does it.
	Close()
}

// MaxPut bounds the bytes of a record that a session writes.
const MaxPut = 1_000_000
