// Package state is the [weir.State] of one node: a projection of the ledger in
// a SQLite file of its own.
//
// It promises: what it shows is exactly what the ledger's entries say up to the
// offset that it shows, whether it followed them one by one or was made again
// from nothing; the file can be deleted at any time, and a file of another
// version, of another ledger, or one that was damaged is deleted and made again.
// It is never the truth: only one thing in it matters, the offset it has seen,
// because a ledger that ends before that has lost its tail.
package state

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"

	_ "modernc.org/sqlite" // registers "sqlite"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// Options of a state. The zero value is what a node uses.
type Options struct {
	Logger *slog.Logger // nil: no log
	// Progress, if not nil, is called while the state catches up with the
	// ledger: how far it is, and where it must get. Open calls it, from one
	// goroutine.
	Progress func(at, head weir.Offset)
	// Views bounds how many views are open at a time; who asks for one more
	// waits. 0 is 8.
	Views int
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(_, _ weir.Offset) {}
	}
	if o.Views <= 0 {
		o.Views = 8
	}
	return o
}

// State is a [weir.State]. Close it when nothing uses it any more.
type State struct {
	path   string
	ledger weir.Ledger
	opt    Options

	db      *sql.DB
	w       *sqlite.Conn      // the batch's
	begun   chan struct{}     // holds one token while a batch is open
	readers chan *sqlite.Conn // free slots; nil is one that is not connected yet

	mu     sync.Mutex
	at     weir.Offset   // committed
	moved  chan struct{} // closed when at moves or the state closes
	closed bool
}

var _ weir.State = (*State)(nil)

// Open opens the state in a file and brings it to the ledger's head; it makes
// the file, or makes it again, when it must. Nothing but this state uses the
// file and the files with the same beginning of their name.
//
// Damaged: the ledger is not the one that this state has seen; the error names
// the ledger. Unavailable: a file cannot be used now.
func Open(ctx context.Context, path string, ledger weir.Ledger, opt Options) (*State, error) {
	s := newState(path, ledger, opt)
	if err := s.ensure(ctx); err != nil {
		return nil, err
	}
	if err := s.connect(ctx); err != nil {
		s.release()
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func newState(path string, ledger weir.Ledger, opt Options) *State {
	s := &State{
		path: path, ledger: ledger, opt: opt.withDefaults(),
		begun: make(chan struct{}, 1), moved: make(chan struct{}),
	}
	s.readers = make(chan *sqlite.Conn, s.opt.Views)
	for range s.opt.Views {
		s.readers <- nil
	}
	return s
}

// connect opens the file, which exists.
func (s *State) connect(ctx context.Context) error {
	db, err := sqlite.Open(s.path, s.opt.Views+1, runSettings())
	if err != nil {
		return s.fault(err)
	}
	s.db = db
	if s.w, err = sqlite.Connect(ctx, db); err != nil {
		return s.fault(err)
	}
	return nil
}

// start marks the file as in use and catches up.
func (s *State) start(ctx context.Context) error {
	if _, err := s.w.Exec(ctx, "update meta set clean = 0"); err != nil {
		return s.fault(err)
	}
	m, err := readMeta(ctx, s.w)
	if err != nil {
		return s.fault(err)
	}
	s.at = m.offset
	return s.catchUp(ctx)
}

// Close ends waiting, waits until the batch and the views were given back, and
// marks the file as closed in order. What is asked for later is Unavailable.
func (s *State) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.moved)
	s.mu.Unlock()

	s.begun <- struct{}{}
	defer func() { <-s.begun }() // whoever still waits learns that it is closed
	errs := []error{s.closeReaders()}
	if _, err := s.w.Exec(context.Background(), "update meta set clean = 1"); err != nil {
		errs = append(errs, s.fault(err))
	}
	return errors.Join(append(errs, s.release())...)
}

func (s *State) closeReaders() error {
	var errs []error
	for range s.opt.Views {
		if c := <-s.readers; c != nil {
			errs = append(errs, c.Close())
		}
	}
	for range s.opt.Views {
		s.readers <- nil
	}
	return errors.Join(errs...)
}

func (s *State) release() error {
	var errs []error
	if s.w != nil {
		errs = append(errs, s.w.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}

// Offset is the last entry that the committed state shows.
func (s *State) Offset() weir.Offset {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// Wait returns once the committed state shows an offset, or ctx's error.
// Unavailable when the state was closed.
func (s *State) Wait(ctx context.Context, at weir.Offset) error {
	for {
		s.mu.Lock()
		now, moved, closed := s.at, s.moved, s.closed
		s.mu.Unlock()
		if now >= at {
			return nil
		}
		if closed {
			return s.errClosed()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-moved:
		}
	}
}

// advance publishes what was committed.
func (s *State) advance(at weir.Offset) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = at
	if !s.closed {
		close(s.moved)
		s.moved = make(chan struct{})
	}
}

func (s *State) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// View gives the state as it is now. It holds one of the bounded number of
// connections, and keeps the file from shrinking: give it back soon. Its
// methods may be called from several goroutines, one runs at a time.
func (s *State) View(ctx context.Context) (weir.View, func(), error) {
	var c *sqlite.Conn
	select {
	case c = <-s.readers:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	v, c, err := s.beginView(ctx, c)
	if err != nil {
		s.readers <- c
		return nil, nil, err
	}
	return v, sync.OnceFunc(func() { s.endView(v, c) }), nil
}

// beginView starts a read transaction on a slot's connection and returns the
// slot's connection, also with an error.
func (s *State) beginView(ctx context.Context, c *sqlite.Conn) (*view, *sqlite.Conn, error) {
	if s.isClosed() {
		return nil, c, s.errClosed()
	}
	if c == nil {
		var err error
		if c, err = sqlite.Connect(ctx, s.db); err != nil {
			return nil, nil, s.fault(err)
		}
	}
	v := &view{state: s, c: c}
	_, err := c.Exec(ctx, "begin")
	if err == nil {
		v.meta, err = readMeta(ctx, c) // the first read fixes what the view shows
	}
	if err != nil {
		c.Discard() // it is within a transaction
		return nil, nil, s.fault(err)
	}
	return v, c, nil
}

func (s *State) endView(v *view, c *sqlite.Conn) {
	v.end()
	if _, err := c.Exec(context.Background(), "rollback"); err != nil {
		c.Discard() // a connection in a doubtful state is not used again
		c = nil
	}
	s.readers <- c
}

func (s *State) errClosed() error {
	return weir.Errorf(weir.Unavailable, "the state %s is closed", s.path)
}

// fault sorts an error of the file.
func (s *State) fault(err error) error {
	var e *weir.Error
	if errors.As(err, &e) {
		return err
	}
	switch sqlite.FaultOf(err) {
	case sqlite.None:
		return nil
	case sqlite.Ended:
		return err
	case sqlite.Busy, sqlite.Full, sqlite.Access:
		return weir.Errorf(weir.Unavailable, "the state %s cannot be used", s.path).
			WithFix("check the disk, its free space and the permissions, and that nothing else holds the file").Because(err)
	default:
		return weir.Errorf(weir.Damaged, "the state %s cannot be read", s.path).
			WithFix("stop weir, delete the file and start again; it is made again from the ledger").Because(err)
	}
}
