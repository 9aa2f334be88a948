package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// SearchOptions of an index. The zero value is what a node uses.
type SearchOptions struct {
	Logger *slog.Logger // nil: no log
	// Behind bounds how long a search waits for the index to show what the
	// state shows. 0 is 3 seconds.
	Behind time.Duration
	// Readers bounds how many searches run at a time. 0 is 4.
	Readers int
	// Page is how many things are indexed in one transaction. 0 is 200.
	Page int
	// Beside is how many documents a segment has that is merged beside the
	// rest, and how many that are gone hurt nobody. 0 is 256.
	Beside int
	// Piece is how many bytes of such a segment are written in one
	// transaction. 0 is 1 MB.
	Piece int
}

func (o SearchOptions) withDefaults() SearchOptions {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Behind <= 0 {
		o.Behind = 3 * time.Second
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.Page <= 0 {
		o.Page = 200
	}
	if o.Beside <= 0 {
		o.Beside = 256
	}
	if o.Piece <= 0 {
		o.Piece = 1 << 20
	}
	return o
}

// Search is a [weir.Searcher] over a [State], in a file of its own.
//
// The file is not the state's, because an index is slow to write: in one file
// its transactions would hold back the writer's, and schemas would be parsed
// while everybody waits for a commit. So the state never knows of the index;
// the index follows it, and whoever searches waits a moment until it shows what
// the state shows. Within its part of the things, the index is exact at every
// offset that it shows, also while it is being built; that is why rights hold
// then too.
//
// Words are found in segments ([postings.Segment]), which are in memory and in
// the file. A document that changed is another document, in a new segment; small
// segments are merged at once, large ones beside. Ranks are of the documents in
// scope alone: they do not weigh a word by how many have it that the searcher
// may not know of.
type Search struct {
	path  string
	state *State
	opt   SearchOptions

	db      *sql.DB
	w       *sqlite.Conn      // the indexer's
	readers chan *sqlite.Conn // free slots; nil is one that is not connected yet
	merging *merging          // nil: nothing is merged now; the indexer's alone
	stored  weir.Offset       // in the file; the indexer's alone

	mu     sync.RWMutex // held for reading while a search runs, for writing while a transaction is committed
	done   progress
	shelf  *shelf // nil before the file was read
	moved  chan struct{}
	broken error // why there will be no index
	closed bool
}

var _ weir.Searcher = (*Search)(nil)

// OpenSearch opens the index in a file, or makes an empty one when it must. It
// answers once Run runs. Nothing but this index uses the file and the files
// with the same beginning of their name.
func OpenSearch(ctx context.Context, path string, s *State, opt SearchOptions) (*Search, error) {
	x := &Search{path: path, state: s, opt: opt.withDefaults(), moved: make(chan struct{})}
	why, err := x.open(ctx)
	if err == nil && why != "" {
		x.opt.Logger.Info("the search index is made from the state", "file", path, "because", why)
		err = x.remake(ctx)
	}
	if err != nil {
		x.release()
		return nil, x.fault(err)
	}
	x.readers = make(chan *sqlite.Conn, x.opt.Readers)
	for range x.opt.Readers {
		x.readers <- nil
	}
	return x, nil
}

// searchSettings are those of the index: what the last commits wrote may be
// lost with the power, it is made again.
func searchSettings(create bool) sqlite.Settings {
	return sqlite.Settings{Create: create, Pragmas: []string{
		"page_size(8192)", "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-8192)",
		"trusted_schema(OFF)", "wal_autocheckpoint(0)", "journal_size_limit(16777216)",
	}}
}

// open opens the file that is there; why says why it cannot be used.
func (x *Search) open(ctx context.Context) (why string, err error) {
	if _, err := os.Stat(x.path); errors.Is(err, fs.ErrNotExist) {
		return "there is none", nil
	}
	if err := x.connect(ctx, false); err != nil {
		return x.state.unusable(err)
	}
	p, err := readProgress(ctx, x.w)
	if err != nil {
		return x.state.unusable(err)
	}
	if p.version != searchVersion || p.ledger != x.state.ledger.UID().String() {
		return "it has another version, or is another ledger's", nil
	}
	if p.at > x.state.Offset() {
		return "it is ahead of the state", nil
	}
	if p.at > 0 {
		if hash, err := x.state.hashAt(ctx, p.at); err != nil || hash.String() != p.hash {
			return "it saw another history", err
		}
	}
	x.done, x.stored = p, p.at
	return "", nil
}

func (x *Search) connect(ctx context.Context, create bool) (err error) {
	if x.db, err = sqlite.Open(x.path, x.opt.Readers+1, searchSettings(create)); err != nil {
		return err
	}
	x.w, err = sqlite.Connect(ctx, x.db)
	return err
}

// remake makes the file again. Nobody reads it yet.
func (x *Search) remake(ctx context.Context) error {
	_ = x.release() // of what is thrown away
	if err := x.state.unlink(x.path); err != nil {
		return err
	}
	return x.create(ctx)
}

// create makes the file with nothing in it.
func (x *Search) create(ctx context.Context) error {
	if err := x.connect(ctx, true); err != nil {
		return err
	}
	if err := x.w.Script(ctx, searchSchema); err != nil {
		return err
	}
	x.stored = 0
	x.done = progress{version: searchVersion, ledger: x.state.ledger.UID().String(), noun: searched[0]}
	if _, err := x.w.Exec(ctx, "insert into meta (version, ledger, offset, hash, noun, name) values (?, ?, 0, '', ?, '')",
		x.done.version, x.done.ledger, string(x.done.noun)); err != nil {
		return err
	}
	return os.Chmod(x.path, 0o600)
}

// Close waits until the searches that run have ended, and closes the file. Run
// must have ended. What is asked for later is Unavailable.
func (x *Search) Close() error {
	x.mu.Lock()
	if x.closed {
		x.mu.Unlock()
		return nil
	}
	x.closed = true
	x.publish()
	x.mu.Unlock()
	var errs []error
	for range x.opt.Readers {
		if c := <-x.readers; c != nil {
			errs = append(errs, c.Close())
		}
	}
	for range x.opt.Readers {
		x.readers <- nil // whoever waits learns that it is closed
	}
	return errors.Join(append(errs, x.release())...)
}

func (x *Search) release() error {
	var errs []error
	if x.w != nil {
		errs = append(errs, x.w.Close())
	}
	if x.db != nil {
		errs = append(errs, x.db.Close())
	}
	x.w, x.db = nil, nil
	return errors.Join(errs...)
}

// Run keeps the index up to the state until ctx ends. When the file breaks, it
// is made again; when that does not help, searches are Unavailable and the rest
// of the node goes on.
func (x *Search) Run(ctx context.Context) error {
	err := x.follow(ctx)
	if ctx.Err() != nil || err == nil {
		return nil
	}
	if sqlite.FaultOf(errors.Unwrap(err)) == sqlite.Broken || weir.Damaged.In(err) {
		x.opt.Logger.Error("the search index is broken and will be made again at the next start", "file", x.path, "error", err)
		_, _ = x.w.Exec(ctx, "update meta set version = 0") // or the next start finds it broken
	} else {
		x.opt.Logger.Error("nothing can be searched until the next start", "error", err)
	}
	x.mu.Lock()
	x.broken = err
	x.publish()
	x.mu.Unlock()
	<-ctx.Done()
	return nil
}

// publish wakes who waits; mu is held.
func (x *Search) publish() {
	close(x.moved)
	x.moved = make(chan struct{})
}

// Wait returns once the index shows an offset, or ctx's error.
func (x *Search) Wait(ctx context.Context, at weir.Offset) error {
	for {
		x.mu.RLock()
		ready, moved, err := x.shelf != nil && x.done.at >= at, x.moved, x.unusable()
		x.mu.RUnlock()
		if ready || err != nil {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// unusable says why there is no index; mu is held.
func (x *Search) unusable() error {
	if x.closed || x.broken != nil {
		return weir.Errorf(weir.Unavailable, "nothing can be searched").WithFix("see the node's log").Because(x.broken)
	}
	return nil
}

// fault sorts an error of the file.
func (x *Search) fault(err error) error {
	var e *weir.Error
	if errors.As(err, &e) {
		return err
	}
	if f := sqlite.FaultOf(err); f == sqlite.None || f == sqlite.Ended {
		return err
	}
	return weir.Errorf(weir.Unavailable, "the search index cannot be used").
		WithFix("see the node's log; the file search.db can be deleted while weir is stopped").Because(fmt.Errorf("%s: %w", x.path, err))
}
