package measure

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// settings: a write every few seconds can afford to be on disk when it is done.
func settings() sqlite.Settings {
	return sqlite.Settings{Create: true, Pragmas: []string{
		"busy_timeout(5000)", "page_size(8192)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-2048)",
		"trusted_schema(OFF)", "journal_size_limit(16777216)",
	}}
}

// readers is how many questions are answered at a time.
const readers = 3

// damagedSuffix is where a file that cannot be read is put aside; one is kept.
const damagedSuffix = ".damaged"

// open makes the file usable: the one that is there if it is whole.
func (s *Store) open(ctx context.Context) error {
	why, err := s.existing(ctx)
	if err != nil || why == "" {
		return err
	}
	s.opt.Logger.Info("measuring begins", "file", s.path, "because", why)
	return s.anew(ctx)
}

// existing opens the file that is there, or says why it cannot be used.
func (s *Store) existing(ctx context.Context) (why string, err error) {
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		return "there is no file", nil
	}
	err = s.connect(ctx)
	if err == nil {
		why, err = s.accept(ctx)
	}
	if f := sqlite.FaultOf(err); f == sqlite.Broken || f == sqlite.Unknown {
		why, err = "the file cannot be read", nil
	}
	if why != "" || err != nil {
		err = errors.Join(s.fault(err), s.release())
	}
	return why, err
}

// accept looks whether a file is of this version and whole, and notes that it
// was not closed in order.
func (s *Store) accept(ctx context.Context) (why string, err error) {
	var version, flushed, every, clean int64
	err = s.w.Row(ctx, "select version, flushed, every, clean from meta", nil, &version, &flushed, &every, &clean)
	if err != nil {
		return "", err
	}
	if version != schemaVersion {
		return "the file has another version", nil
	}
	if clean == 0 {
		var answer string
		if err := s.w.Row(ctx, "pragma quick_check(1)", nil, &answer); err != nil || answer != "ok" {
			return "the file is damaged", nil
		}
		if err := s.lost(ctx, flushed, s.now(), every); err != nil {
			return "", err
		}
	}
	_, err = s.w.Exec(ctx, "update meta set clean = 0, flushed = ?, every = ?", s.now(), s.opt.Every.Milliseconds())
	return "", err
}

// maxGaps bounds how many gaps are told apart; the oldest become one.
const maxGaps = 100

// lost notes that counts since a moment may be missing.
func (s *Store) lost(ctx context.Context, from, until, atMost int64) error {
	_, err := s.w.Exec(ctx, "insert into gap (began, ended, at_most, why) values (?, ?, ?, ?)", from, max(from, until), atMost,
		"the node was not stopped in order; what passed after the last write is missing")
	if err != nil {
		return err
	}
	var n int
	if err := s.w.Row(ctx, "select count(*) from gap", nil, &n); err != nil || n <= maxGaps {
		return err
	}
	return s.w.Script(ctx, `
		create temp table old as select rowid as id from gap order by began limit 2;
		update gap set
			ended = (select max(ended) from gap where rowid in (select id from old)),
			at_most = (select sum(at_most) from gap where rowid in (select id from old))
		where rowid = (select id from old limit 1);
		delete from gap where rowid = (select id from old limit 1 offset 1);
		drop table old;`)
}

// anew puts aside what is there, and makes an empty file.
func (s *Store) anew(ctx context.Context) error {
	if err := s.putAside(); err != nil {
		return weir.Errorf(weir.Unavailable, "%s cannot be written", s.path).
			WithFix("check the folder, its free space and permissions").Because(err)
	}
	if err := s.make(ctx); err != nil {
		return errors.Join(s.fault(err), s.release())
	}
	return nil
}

func (s *Store) make(ctx context.Context) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	if err := os.Chmod(s.path, 0o600); err != nil {
		return err
	}
	now := s.opt.Now()
	return s.within(ctx, func() error {
		if err := s.w.Script(ctx, schema); err != nil {
			return err
		}
		_, err := s.w.Exec(ctx, "insert into meta (version, since, flushed, every, clean, folded, squeezed) values (?, ?, ?, ?, 0, ?, 0)",
			schemaVersion, now.UnixMilli(), now.UnixMilli(), s.opt.Every.Milliseconds(), dayOf(hourOf(now.Add(-s.opt.Hourly))))
		return err
	})
}

// putAside keeps the bytes of a damaged file for who wants to look at them.
func (s *Store) putAside() error {
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		return unlink(s.path) // a log without its file
	}
	if err := unlink(s.path + damagedSuffix); err != nil {
		return err
	}
	if err := os.Rename(s.path, s.path+damagedSuffix); err != nil {
		return err
	}
	return unlink(s.path)
}

func (s *Store) connect(ctx context.Context) (err error) {
	if s.db, err = sqlite.Open(s.path, readers+1, settings()); err != nil {
		return err
	}
	s.parties, s.ways = map[weir.UID]party{}, map[way]int64{}
	s.w, err = sqlite.Connect(ctx, s.db)
	return err
}

// within runs fn in a transaction.
func (s *Store) within(ctx context.Context, fn func() error) error {
	if _, err := s.w.Exec(ctx, "begin immediate"); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		_, err = s.w.Exec(ctx, "commit")
	}
	if err != nil {
		_, undo := s.w.Exec(ctx, "rollback")
		s.parties, s.ways = map[weir.UID]party{}, map[way]int64{}
		if sqlite.FaultOf(undo) == sqlite.Broken { // it was undone already
			undo = nil
		}
		return errors.Join(err, undo)
	}
	return nil
}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
