package measure

import (
	"context"
	"database/sql"
	"errors"
	"os"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// party is a row of those who move records and of what has them.
type party struct {
	id   int64
	name string
}

// way is a row of ways.
type way struct {
	direction weir.Direction
	how       weir.Evidence
	library   weir.Library
}

// Flush writes what was counted, in one transaction. What cannot be written
// waits for the next time. A file that turns out to be damaged, or is gone, is
// made anew.
func (s *Store) Flush(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	counts := s.table.take()
	s.mu.Unlock()
	if len(counts) == 0 && !s.broken.Load() {
		return nil
	}
	err := s.write(ctx, counts)
	if err != nil {
		s.mu.Lock()
		s.table.back(counts)
		s.mu.Unlock()
	}
	return s.fault(err)
}

func (s *Store) write(ctx context.Context, counts map[slot]*tally) error {
	if why := s.unusable(); why != "" {
		if err := s.restart(ctx, why); err != nil {
			return err
		}
	}
	put := func() error {
		return s.within(ctx, func() error { return s.put(ctx, counts) })
	}
	err := put()
	if sqlite.FaultOf(err) == sqlite.Broken {
		if err := s.restart(ctx, "the file is damaged"); err != nil {
			return err
		}
		err = put()
	}
	return err
}

// unusable says why the file must be made anew; "" if it need not.
func (s *Store) unusable() string {
	switch _, err := os.Stat(s.path); {
	case s.broken.Load():
		return "the file is damaged"
	case s.w == nil, errors.Is(err, os.ErrNotExist):
		return "the file is gone"
	}
	return ""
}

// restart begins anew while others count and ask.
func (s *Store) restart(ctx context.Context, why string) error {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.opt.Logger.Warn("measuring begins anew", "file", s.path, "because", why)
	_ = s.release() // it is of no use any more
	s.broken.Store(false)
	return s.anew(ctx)
}

func (s *Store) put(ctx context.Context, counts map[slot]*tally) error {
	var folded int64
	if err := s.w.Row(ctx, "select folded from meta", nil, &folded); err != nil {
		return err
	}
	for at, c := range counts {
		if at.hour < folded { // it had to wait for long
			at.hour = dayOf(at.hour)
		}
		of, err := s.partyOf(ctx, at.of, c.of)
		if err != nil {
			return err
		}
		who, err := s.partyOf(ctx, at.who, c.who)
		if err != nil {
			return err
		}
		by, err := s.wayOf(ctx, way{at.direction, at.how, at.library})
		if err != nil {
			return err
		}
		if _, err := s.w.Exec(ctx, `insert into counted (of, hour, who, way, records, bytes, first, last) values (?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (of, hour, who, way) do update set records = records + excluded.records, bytes = bytes + excluded.bytes,
			first = min(first, excluded.first), last = max(last, excluded.last)`,
			of, at.hour, who, by, c.records, c.bytes, c.first, c.last); err != nil {
			return err
		}
	}
	_, err := s.w.Exec(ctx, "update meta set flushed = ?", s.now())
	return err
}

// maxKnown bounds how many numbers of parties and ways are remembered.
const maxKnown = 20_000

// partyOf is the number of who or what has a uid; its name is kept as it was
// heard last.
func (s *Store) partyOf(ctx context.Context, uid weir.UID, r weir.Ref) (int64, error) {
	if p, ok := s.parties[uid]; ok && p.name == r.Name {
		return p.id, nil
	}
	text := ""
	if !uid.IsZero() {
		text = uid.String()
	}
	p := party{name: r.Name}
	err := s.w.Row(ctx, `insert into party (uid, noun, name) values (?, ?, ?)
		on conflict (uid) do update set name = excluded.name returning id`, []any{text, string(r.Noun), r.Name}, &p.id)
	if err != nil {
		return 0, err
	}
	if len(s.parties) >= maxKnown {
		clear(s.parties)
	}
	s.parties[uid] = p
	return p.id, nil
}

func (s *Store) wayOf(ctx context.Context, w way) (int64, error) {
	if id, ok := s.ways[w]; ok {
		return id, nil
	}
	args := []any{string(w.direction), string(w.how), w.library.Name, w.library.Version}
	var id int64
	err := s.w.Row(ctx, "select id from way where direction = ? and how = ? and library = ? and release = ?", args, &id)
	if errors.Is(err, sql.ErrNoRows) {
		err = s.w.Row(ctx, "insert into way (direction, how, library, release) values (?, ?, ?, ?) returning id", args, &id)
	}
	if err != nil {
		return 0, err
	}
	if len(s.ways) >= maxKnown {
		clear(s.ways)
	}
	s.ways[w] = id
	return id, nil
}
