package weir

import (
	"context"
	"encoding/json"
	"time"
)

// View is the state of the mesh at one offset. It does not change while it is
// held, except a [Batch]'s own, which shows what was applied to it.
type View interface {
	// Offset is the last entry that the view shows.
	Offset() Offset
	// Get finds a living entity by UID, else by Name, with its revision.
	// NotFound when there is none.
	Get(ctx context.Context, r Ref) (Entity, Revision, error)
	// List gives living entities of one noun, sorted by name.
	List(ctx context.Context, q ListQuery) (Page, error)
	// Entries gives what the ledger says, newest first.
	Entries(ctx context.Context, q EntryQuery) (EntryPage, error)
	// Answer finds the entry that a principal's idempotency key made for an
	// operation; NotFound when there is none. Keys older than 24 hours before
	// the newest entry are forgotten.
	Answer(ctx context.Context, by Ref, op string, k IdempotencyKey) (Answered, error)
}

// Scope is what a principal may know of; a query filters by it. An entity is
// in scope if All is set, or Mesh is set and its readers are the whole mesh,
// or one of its readers is in Of. The zero Scope sees nothing.
type Scope struct {
	All  bool
	Mesh bool
	Of   []UID // domains, teams, or the person's own UID
}

// ListQuery asks for the living entities of one noun.
type ListQuery struct {
	Noun   Noun
	Scope  Scope
	Refers []UID  // only those that refer to all of these
	After  string // the cursor: names greater than this, or less if Desc; empty is the beginning
	Desc   bool   // the greatest name first
	Brief  bool   // entities come without what is long in them (see [Brief]); for who needs all of a noun soon
	Limit  int    // 1 to 1000; 0 is 100
}

// Item is an entity with its revision and the entry that made it so.
type Item struct {
	Entity Entity
	Rev    Revision
	At     Offset
}

// Page is a part of a list. Next is the cursor of the part after it, empty at
// the end.
type Page struct {
	Items []Item
	Next  string
}

// Result says how an attempt ended.
type Result string

const (
	Done    Result = "done"    // it changed something
	Refused Result = "refused" // by right or policy
)

// EntryQuery asks for entries whose changes are all in scope, or that the
// person Own made. Refusals are in scope for All, and for Own.
//
// What is zero does not narrow it. A page looks at 50,000 entries at most: it
// may be short, or empty, and still have a Next.
//
// An entry with events to somebody in scope is in scope too. Who may not know of
// all that it changed gets it without its changes, its answer and its bytes, and
// of its events those to them.
//
// An entry is about what it changed, and about the products, streams and
// applications that this points to, or of which its events to somebody are. By name, one asks about everything that has
// or ever had the name.
type EntryQuery struct {
	Scope  Scope
	Own    UID
	By     Ref    // by name: of everyone who has or ever had it
	About  []Ref  // about one of these, at most 8
	Noun   Noun   // of something that changed, or was refused
	Op     string // an operation, or a noun: all of its operations
	Door   string // through which it came
	Result Result
	Since  time.Time // not before
	Until  time.Time // before
	Why    string    // a part of the reason or of the refusal's message, in any case of ASCII letters
	Asc    bool      // the oldest first
	Before Offset    // the cursor, unless Asc: offsets less than this; 0 is the newest
	After  Offset    // the cursor, if Asc: offsets greater than this
	Limit  int       // 1 to 1000; 0 is 100
}

// EntryPage is a part of the list of entries. Next is the cursor of the part
// after it, 0 at the end.
type EntryPage struct {
	Records []Record
	Next    Offset
}

// Answered is what an earlier request with an idempotency key got.
type Answered struct {
	Offset  Offset
	At      time.Time
	Request Hash
	Answer  json.RawMessage
}

// State is a projection of the ledger in a file of its own: everything that is
// read. It can be deleted and made again.
type State interface {
	// View gives the state as it is; the func must be called when done.
	View(ctx context.Context) (View, func(), error)
	// Begin starts a batch; it is the writer's and the rebuilder's alone, and
	// there is one at a time.
	Begin(ctx context.Context) (Batch, error)
	// Wait returns once the committed state shows an offset, or ctx's error.
	Wait(ctx context.Context, at Offset) error
}

// Batch applies records to the state: all of them, or none. It is used by one
// goroutine.
type Batch interface {
	View
	// Apply takes the next record; its offset must be the view's plus one, else
	// Conflict. It is pure: nothing happens outside the file.
	Apply(ctx context.Context, r Record) error
	Commit() error
	Rollback() error
}
