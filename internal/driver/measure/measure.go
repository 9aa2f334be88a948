// Package measure is the [weir.Meter] and the [weir.Measures] of one node: who
// read and wrote what, by the hour, in a SQLite file of its own.
//
// It promises:
//
//   - Counting never waits for the disk: it adds to a table in memory, which is
//     written every Options.Every in one transaction.
//   - A process that is killed loses the counts since the last write and nothing
//     more, and a file that was not closed in order says so from then on, as a
//     gap.
//   - Counts are kept by uid for Options.Keep; those of hours longer ago than
//     Options.Hourly are added up to days.
//   - The file is bounded: above Options.Rows counts, first all hours before
//     today become days, then the small of each day are added up as others, the
//     oldest days first, then the oldest days go.
//   - A file that is gone, damaged or of another version is no catastrophe:
//     counting starts anew and says since when.
//
// Four hundred days of one passage (one application that reads one product with
// one library in every hour) are 1,205 rows, some 100 KB: the usual bound is
// 1,600 of those that never pause.
package measure

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // registers "sqlite"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// Options of a store. The zero value is what a node uses.
type Options struct {
	Every  time.Duration // between two writes; 2 s
	Keep   time.Duration // of counts; weir.MeasuredFor
	Hourly time.Duration // of counts by the hour; 35 days
	Rows   int64         // counts in the file; 2,000,000
	Logger *slog.Logger  // nil: no log
	Now    func() time.Time
}

func (o Options) withDefaults() Options {
	or(&o.Every, 2*time.Second)
	or(&o.Keep, weir.MeasuredFor)
	or(&o.Hourly, 35*24*time.Hour)
	or(&o.Rows, 2_000_000)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func or[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Store counts and answers. Close it when nothing counts any more.
type Store struct {
	path string
	opt  Options

	mu    sync.Mutex // of what Add touches; held for moments
	table *table
	paces *paces

	writing sync.Mutex // of the file's one writer
	db      *sql.DB
	w       *sqlite.Conn
	parties map[weir.UID]party
	ways    map[way]int64

	asking sync.RWMutex // held while db is another
	broken atomic.Bool  // somebody who asked found the file damaged
	state  sync.Mutex
	health Health
	closed bool
}

// Health is how the counts are kept.
type Health struct {
	Rows    int64  // in the file, as last counted
	Problem string // why counts wait in memory; empty: they do not
}

var (
	_ weir.Meter    = (*Store)(nil)
	_ weir.Measures = (*Store)(nil)
)

// Open opens the counts in a file; it makes the file, or starts anew beside a
// damaged one, when it must. Unavailable: the folder cannot be used.
func Open(ctx context.Context, path string, opt Options) (*Store, error) {
	s := &Store{path: path, opt: opt.withDefaults(), table: newTable()}
	s.paces = newPaces(s.opt.Now())
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if err := s.tend(ctx); err != nil {
		return nil, errors.Join(s.fault(err), s.release())
	}
	return s, nil
}

// Run writes what was counted, every now and then, and tends the file every
// hour, until ctx ends; then it writes once more.
func (s *Store) Run(ctx context.Context) error {
	flush := time.NewTicker(s.opt.Every)
	defer flush.Stop()
	tend := time.NewTicker(time.Hour)
	defer tend.Stop()
	for {
		select {
		case <-flush.C:
			s.try(ctx, s.Flush)
		case <-tend.C:
			s.try(ctx, s.Tend)
		case <-ctx.Done():
			s.try(context.WithoutCancel(ctx), s.Flush)
			return nil
		}
	}
}

// try does something to the file; a problem is logged when it begins and when
// it ends.
func (s *Store) try(ctx context.Context, do func(context.Context) error) {
	err := do(ctx)
	text := ""
	if err != nil {
		text = err.Error()
	}
	s.state.Lock()
	before := s.health.Problem
	s.health.Problem = text
	s.state.Unlock()
	switch {
	case text != "" && before == "":
		s.opt.Logger.Warn("what was measured waits in memory", "error", err)
	case text == "" && before != "":
		s.opt.Logger.Info("what was measured is written again")
	}
}

// Health says how the counts are kept.
func (s *Store) Health() Health {
	s.state.Lock()
	defer s.state.Unlock()
	return s.health
}

// Bytes is the size of the file, 0 if it cannot be seen.
func (s *Store) Bytes() int64 {
	var n int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(s.path + suffix); err == nil {
			n += info.Size()
		}
	}
	return n
}

// Add counts a passage.
func (s *Store) Add(p weir.Passage, records, bytes int64) {
	now := s.opt.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table.add(p, records, bytes, now)
	if p.Direction == weir.Writing && p.How == weir.ByGateway {
		s.paces.add(p.Of.UID, records, now)
	}
}

// Pace is how fast a product or stream is written now.
func (s *Store) Pace(of weir.UID) weir.Pace {
	now := s.opt.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.paces.of(of, now)
}

// Close writes what was counted, and marks the file as closed in order.
func (s *Store) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	errs := []error{s.Flush(context.Background())}
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, err := s.w.Exec(context.Background(), "update meta set clean = 1, flushed = ?", s.now()); err != nil {
		errs = append(errs, s.fault(err))
	}
	return errors.Join(append(errs, s.release())...)
}

func (s *Store) now() int64 { return s.opt.Now().UnixMilli() }

func (s *Store) release() error {
	var errs []error
	if s.w != nil {
		errs = append(errs, s.w.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	s.w, s.db = nil, nil
	return errors.Join(errs...)
}

// fault is an error of SQLite as one of Weir.
func (s *Store) fault(err error) error {
	var known *weir.Error
	if errors.As(err, &known) {
		return err
	}
	switch sqlite.FaultOf(err) {
	case sqlite.None:
		return nil
	case sqlite.Ended:
		return err
	case sqlite.Full:
		return weir.Errorf(weir.Unavailable, "the disk of %s is full", s.path).WithFix("make room").Because(err)
	}
	return weir.Errorf(weir.Unavailable, "what was measured, %s, cannot be used now", s.path).
		WithFix("check the folder, its free space and permissions").Because(err)
}

// unlink removes a database and what SQLite keeps beside it.
func unlink(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm", path + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
