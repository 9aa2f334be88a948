package weir

import (
	"context"
	"io"
)

// Ledger is an append-only chain of entries. Any number of readers, one
// writer; all methods may be called at the same time from any goroutine.
type Ledger interface {
	// UID identifies this ledger for ever. An event is identified by it and
	// an offset.
	UID() UID
	// Head is the place of the last entry; the zero Head when there is none.
	Head() Head
	// Append writes all records or none, in one transaction; they are durable
	// when it returns nil. The first record must have been sealed after the
	// ledger's head and each other one after the record before it; else
	// Conflict and nothing is written. Unavailable: nothing was written.
	// OutcomeUnknown: it may have been; open the ledger again, read on, then
	// decide. Damaged: the ledger takes no more writes. The ledger keeps no
	// reference to the records.
	Append(ctx context.Context, records []Record) error
	// Read calls fn with every record from an offset on (0 and 1 are the
	// beginning) to the head as it was when Read began, in order, chain
	// checked. fn's error ends it and is returned. Damaged names the offset in
	// Where. A record handed to fn may be kept.
	Read(ctx context.Context, from Offset, fn func(Record) error) error
	// Wait returns the head once it is beyond an offset, or ctx's error.
	Wait(ctx context.Context, beyond Offset) (Head, error)
	// Snapshot writes a copy of the ledger that another ledger of the same
	// driver can be opened on, and says where it ends. Writing goes on
	// meanwhile.
	Snapshot(ctx context.Context, w io.Writer) (Head, error)
}
