// Package ledger is the [weir.Ledger] of one node: one append-only table in one
// SQLite file.
//
// It promises: what Append said is durable is there after a crash or a loss of
// power (rollback journal, synchronous=FULL); an entry's stored bytes are
// readable JSON, `sqlite3 ledger.db 'select entry from entry'` shows them;
// every byte of every entry is covered by a chain of hashes, so that a flipped
// byte, a missing row or a cut file is found and named; and after damage was
// found nothing is written any more.
//
// Readers never hold the file for longer than it takes to read one chunk, and
// call back outside of it. Another program that reads the file makes writing
// wait for it, up to a bound, then fail as Unavailable.
//
// One process at a time may have the file open for writing; whoever opens the
// ledger holds the folder's lock (internal/kit/dirlock).
package ledger

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // registers "sqlite"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// Options of a ledger. The zero value is what a node uses.
type Options struct {
	Now    func() time.Time // for the UID of a new ledger; nil is time.Now
	Logger *slog.Logger     // nil: no log
	// VerifyAll is the size in bytes of a file up to which Open verifies the
	// whole chain; of a larger one it verifies the last VerifyTail bytes, and
	// VerifyRest the others. 0 is 256 MB and 64 MB. Both find what is not as it
	// was written; that every entry can also be read, Verify says.
	VerifyAll, VerifyTail int64
	// BusyTimeout bounds how long another program's reading may hold up a
	// write. 0 is 5 seconds.
	BusyTimeout time.Duration
}

const (
	format = 1 // of the tables; newer ones are refused
	schema = `
create table ledger (uid text not null, format integer not null, seal text not null) strict;
create table entry (offset integer primary key, hash text not null, entry text not null) strict;`
)

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.VerifyAll == 0 {
		o.VerifyAll = 256 << 20
	}
	if o.VerifyTail == 0 {
		o.VerifyTail = 64 << 20
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = 5 * time.Second
	}
	return o
}

// Ledger is a [weir.Ledger]. Close it when nothing uses it any more.
type Ledger struct {
	path string
	opt  Options
	uid  weir.UID
	db   *sql.DB

	writing sync.Mutex   // held by Append
	w       *sqlite.Conn // Append's

	// gate lets a commit wait for readers of this process without polling:
	// readers hold it shared for one chunk.
	gate sync.RWMutex

	mu      sync.Mutex
	head    weir.Head
	moved   chan struct{} // closed when head moves or the ledger closes
	stopped error         // why nothing is written any more
	closed  bool

	rest weir.Head // what Open verified begins after this place; zero: all
}

var _ weir.Ledger = (*Ledger)(nil)

// Open opens the ledger in a file, which it makes when it is absent (its folder
// must exist), and verifies the chain as [Options] says. Damaged: the error
// names the file and the offset. Unavailable: the file cannot be read now.
func Open(ctx context.Context, path string, opt Options) (*Ledger, error) {
	l := &Ledger{path: path, opt: opt.withDefaults(), moved: make(chan struct{})}
	if err := l.ensure(ctx); err != nil {
		return nil, err
	}
	removeLeftovers(path)
	if err := l.open(ctx); err != nil {
		l.release()
		return nil, err
	}
	return l, nil
}

// ensure makes the file if it is absent.
func (l *Ledger) ensure(ctx context.Context) error {
	st, err := os.Stat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l.create(ctx)
	case err != nil:
		return weir.Errorf(weir.Unavailable, "the ledger %s cannot be opened", l.path).
			WithFix("check the folder and its permissions").Because(err)
	case st.IsDir():
		return weir.Errorf(weir.Invalid, "%s is a folder, not a ledger", l.path)
	case st.Size() == 0: // it is made whole or not at all, see create
		return l.damaged(0, "the file is empty")
	}
	return nil
}

// create makes the file under another name and renames it when it is complete
// and on disk: a crash leaves no half ledger.
func (l *Ledger) create(ctx context.Context) error {
	if _, err := os.Stat(l.path + "-journal"); err == nil {
		return l.damaged(0, "the file is missing, but its journal is there")
	}
	tmp := l.path + newSuffix
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l.unavailable("cannot be made", err)
	}
	err := writeFile(ctx, tmp, weir.NewUID(l.opt.Now()), nil)
	if err == nil {
		err = os.Rename(tmp, l.path)
	}
	if err == nil {
		err = syncPath(filepath.Dir(l.path))
	}
	if err != nil {
		return l.unavailable("cannot be made", err)
	}
	l.opt.Logger.Info("new ledger", "file", l.path)
	return nil
}

// open connects, reads what ledger it is, and verifies it.
func (l *Ledger) open(ctx context.Context) error {
	db, err := sqlite.Open(l.path, maxConns, settings(l.opt.BusyTimeout))
	if err != nil {
		return l.unavailable("cannot be opened", err)
	}
	l.db = db
	if l.w, err = sqlite.Connect(ctx, db); err != nil {
		return l.fault(0, err)
	}
	if l.uid, err = l.readMeta(ctx); err != nil {
		return err
	}
	return l.verifyAtOpen(ctx)
}

// Close ends writing and waiting, and closes the file. Reads that run may fail.
func (l *Ledger) Close() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	close(l.moved)
	l.mu.Unlock()
	return l.release()
}

func (l *Ledger) release() error {
	var errs []error
	if l.w != nil {
		errs = append(errs, l.w.Close())
	}
	if l.db != nil {
		errs = append(errs, l.db.Close())
	}
	return errors.Join(errs...)
}

// UID identifies the ledger.
func (l *Ledger) UID() weir.UID { return l.uid }

// Path is the file's.
func (l *Ledger) Path() string { return l.path }

// Head is the place of the last entry.
func (l *Ledger) Head() weir.Head {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head
}

// Err is why the ledger takes no more writes; nil while it does.
func (l *Ledger) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

// Wait returns the head once it is beyond an offset, or ctx's error.
// Unavailable when the ledger was closed.
func (l *Ledger) Wait(ctx context.Context, beyond weir.Offset) (weir.Head, error) {
	for {
		l.mu.Lock()
		head, moved, closed := l.head, l.moved, l.closed
		l.mu.Unlock()
		if head.Offset > beyond {
			return head, nil
		}
		if closed {
			return head, l.errClosed()
		}
		select {
		case <-ctx.Done():
			return head, ctx.Err()
		case <-moved:
		}
	}
}

// advance publishes a new head.
func (l *Ledger) advance(head weir.Head) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head = head
	close(l.moved)
	l.moved = make(chan struct{})
}

// stop ends writing for good and returns the reason.
func (l *Ledger) stop(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped == nil {
		l.stopped = err
	}
	return err
}
