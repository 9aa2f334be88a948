package state

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// runSettings are those of a state in use: losing the last commits in a loss of
// power is harmless, the ledger has them.
func runSettings() sqlite.Settings {
	return sqlite.Settings{Pragmas: []string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-2048)",
		"trusted_schema(OFF)", "journal_size_limit(16777216)",
	}}
}

// buildSettings are those of a state that is being made: nothing of it is kept
// after a crash.
func buildSettings() sqlite.Settings {
	return sqlite.Settings{Create: true, Pragmas: []string{
		"page_size(8192)", "journal_mode(MEMORY)", "synchronous(OFF)", "cache_size(-16384)", "trusted_schema(OFF)",
	}}
}

const newSuffix = ".new"

// ensure leaves a file of this version and this ledger that is whole.
func (s *State) ensure(ctx context.Context) error {
	if err := s.unlink(s.path + newSuffix); err != nil {
		return err
	}
	why, err := s.inspect(ctx)
	if err != nil {
		return err
	}
	if why == "" {
		return nil
	}
	s.opt.Logger.Info("the state is made from the ledger", "file", s.path, "because", why)
	if err := s.unlink(s.path); err != nil {
		return err
	}
	return s.rebuild(ctx)
}

// inspect says why the file must be made again; "" if it need not. An error
// means that the ledger is damaged, or nothing can be said now.
func (s *State) inspect(ctx context.Context) (why string, err error) {
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		return "there is none", nil
	}
	db, err := sqlite.Open(s.path, 1, runSettings())
	if err != nil {
		return "", s.fault(err)
	}
	defer db.Close()
	c, err := sqlite.Connect(ctx, db)
	if err != nil {
		return s.unusable(err)
	}
	defer c.Close()
	m, err := readMeta(ctx, c)
	if err != nil {
		return s.unusable(err)
	}
	if why, err := s.compare(ctx, m); why != "" || err != nil {
		return why, err
	}
	if m.version != schemaVersion {
		return "it has another version", nil
	}
	if m.clean {
		return "", nil
	}
	return s.quickCheck(ctx, c)
}

// unusable tells a broken file, which is made again, from one that cannot be
// opened now.
func (s *State) unusable(err error) (string, error) {
	if f := sqlite.FaultOf(err); f == sqlite.Broken || f == sqlite.Unknown {
		return "it cannot be read", nil
	}
	return "", s.fault(err)
}

func (s *State) quickCheck(ctx context.Context, c *sqlite.Conn) (string, error) {
	var answer string
	if err := c.Row(ctx, "pragma quick_check(1)", nil, &answer); err != nil {
		return s.unusable(err)
	}
	if answer != "ok" {
		return "it is damaged", nil
	}
	return "", nil
}

// compare holds what the state has seen against the ledger.
func (s *State) compare(ctx context.Context, m meta) (why string, err error) {
	head := s.ledger.Head()
	if m.ledger != s.ledger.UID().String() {
		if head.Offset == 0 && m.offset > 0 {
			return "", s.lost("it is new and empty, but the state has seen %d entries of another ledger", m.offset).
				WithFix("put the ledger that belongs to %s back; only if it is meant to be gone, delete %s", s.path, s.path)
		}
		return "it belongs to another ledger", nil
	}
	if m.offset > head.Offset {
		return "", s.lost("it ends at offset %d, but entry %d was there", head.Offset, m.offset)
	}
	if m.offset == 0 {
		return "", nil
	}
	hash, err := s.hashAt(ctx, m.offset)
	if err != nil {
		return "", err
	}
	if hash.String() != m.hash {
		return "", s.lost("entry %d is not the one that was there", m.offset)
	}
	return "", nil
}

// lost says that the ledger is not the one that the state has followed.
func (s *State) lost(format string, args ...any) *weir.Error {
	name := "ledger.db"
	if p, ok := s.ledger.(interface{ Path() string }); ok {
		name = p.Path()
	}
	e := weir.Errorf(weir.Damaged, format, args...)
	e.Msg = "the ledger " + name + " is damaged: " + e.Msg
	return e.WithFix("keep a copy of the file, then restore the ledger from a backup")
}

var errSeen = errors.New("seen")

func (s *State) hashAt(ctx context.Context, at weir.Offset) (weir.Hash, error) {
	var h weir.Hash
	err := s.ledger.Read(ctx, at, func(r weir.Record) error {
		h = r.Hash
		return errSeen
	})
	if errors.Is(err, errSeen) {
		err = nil
	}
	return h, err
}

// rebuild makes the file from the whole ledger under another name, and renames
// it when it is complete and on disk.
func (s *State) rebuild(ctx context.Context) error {
	tmp := s.path + newSuffix
	if err := s.build(ctx, tmp); err != nil {
		return err
	}
	err := syncPath(tmp)
	if err == nil {
		err = os.Rename(tmp, s.path)
	}
	if err == nil {
		err = syncPath(filepath.Dir(s.path))
	}
	if err != nil {
		return s.unwritable(err)
	}
	return nil
}

func (s *State) build(ctx context.Context, tmp string) (err error) {
	b := newState(tmp, s.ledger, s.opt)
	if b.db, err = sqlite.Open(tmp, 1, buildSettings()); err != nil {
		return s.fault(err)
	}
	defer func() { err = errors.Join(err, s.fault(b.release())) }()
	if b.w, err = sqlite.Connect(ctx, b.db); err != nil {
		return s.fault(err)
	}
	if err := b.w.Script(ctx, schema); err != nil {
		return s.fault(err)
	}
	if _, err := b.w.Exec(ctx, "insert into meta (version, ledger, offset, hash, newest, clean) values (?, ?, 0, '', 0, 1)",
		schemaVersion, s.ledger.UID().String()); err != nil {
		return s.fault(err)
	}
	if err := os.Chmod(tmp, 0o600); err != nil {
		return s.unwritable(err)
	}
	return b.catchUp(ctx)
}

// catchUpEntries is how many entries are applied in one transaction.
const catchUpEntries = 2000

// catchUp applies what the ledger has and the state has not.
func (s *State) catchUp(ctx context.Context) error {
	head := s.ledger.Head().Offset
	s.opt.Progress(s.Offset(), head)
	if s.Offset() >= head {
		return nil
	}
	var b weir.Batch
	err := s.ledger.Read(ctx, s.Offset()+1, func(r weir.Record) (err error) {
		if b == nil {
			if b, err = s.Begin(ctx); err != nil {
				return err
			}
		}
		if err := b.Apply(ctx, r); err != nil {
			return entryFailed(r.Offset, err)
		}
		if r.Offset%catchUpEntries != 0 && r.Offset != head {
			return nil
		}
		err, b = b.Commit(), nil
		s.opt.Progress(r.Offset, head)
		return err
	})
	if b == nil {
		return err
	}
	if err != nil {
		return errors.Join(err, b.Rollback())
	}
	return b.Commit()
}

// entryFailed names the entry that cannot be applied.
func entryFailed(at weir.Offset, err error) error {
	e := weir.Errorf(weir.KindOf(err), "entry %d of the ledger cannot be applied to the state", at).Because(err)
	var inner *weir.Error
	if errors.As(err, &inner) {
		e.Msg += ": " + inner.Msg
		e.Fix = inner.Fix
	}
	return e
}

func (s *State) unwritable(err error) error {
	return weir.Errorf(weir.Unavailable, "the state %s cannot be written", s.path).
		WithFix("check the folder, its free space and permissions").Because(err)
}

// unlink removes a database and what SQLite keeps beside it.
func (s *State) unlink(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm", path + "-journal"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s.unwritable(err)
		}
	}
	return nil
}

// syncPath brings a file, or the names in a folder, to the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
