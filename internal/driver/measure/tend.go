package measure

import (
	"context"
	"time"
)

const day = 24 // hours

func dayOf(hour int64) int64 { return hour - hour%day }

// Tend drops what is too old, adds up what is old, and keeps the file within
// its bound.
func (s *Store) Tend(ctx context.Context) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.unusable() != "" {
		return nil // the next flush makes it anew
	}
	return s.fault(s.tend(ctx))
}

func (s *Store) tend(ctx context.Context) error {
	now := s.opt.Now()
	for _, step := range []func(context.Context, time.Time) error{s.expire, s.fold, s.shrink, s.sweep} {
		if err := step(ctx, now); err != nil {
			return err
		}
	}
	rows, err := s.rows(ctx)
	s.state.Lock()
	s.health.Rows = rows
	s.state.Unlock()
	return err
}

func (s *Store) rows(ctx context.Context) (n int64, err error) {
	err = s.w.Row(ctx, "select count(*) from counted", nil, &n)
	return n, err
}

// expire drops the hours, and gaps, that were kept long enough.
func (s *Store) expire(ctx context.Context, now time.Time) error {
	oldest := now.Add(-s.opt.Keep)
	if _, err := s.w.Exec(ctx, "delete from gap where ended < ?", oldest.UnixMilli()); err != nil {
		return err
	}
	return s.drop(ctx, hourOf(oldest))
}

// drop deletes the counts before an hour, a day at a time so that no
// transaction is long.
func (s *Store) drop(ctx context.Context, before int64) error {
	for {
		first, found, err := s.oldest(ctx, 0, before)
		if err != nil || !found {
			return err
		}
		if _, err := s.w.Exec(ctx, "delete from counted where hour < ?", min(before, dayOf(first)+day)); err != nil {
			return err
		}
	}
}

// oldest is the first hour in [from, before) that has counts.
func (s *Store) oldest(ctx context.Context, from, before int64) (hour int64, found bool, err error) {
	err = s.w.Row(ctx, "select coalesce(min(hour), -1) from counted where hour >= ? and hour < ?", []any{from, before}, &hour)
	return hour, hour >= 0, err
}

// fold adds hours up to days once they are old.
func (s *Store) fold(ctx context.Context, now time.Time) error {
	return s.foldUntil(ctx, dayOf(hourOf(now.Add(-s.opt.Hourly))))
}

func (s *Store) foldUntil(ctx context.Context, until int64) error {
	for {
		var folded int64
		if err := s.w.Row(ctx, "select folded from meta", nil, &folded); err != nil || folded >= until {
			return err
		}
		hour, found, err := s.oldest(ctx, folded, until)
		if err != nil {
			return err
		}
		if !found {
			_, err := s.w.Exec(ctx, "update meta set folded = ?", until)
			return err
		}
		if err := s.foldDay(ctx, dayOf(hour)); err != nil {
			return err
		}
	}
}

func (s *Store) foldDay(ctx context.Context, d int64) error {
	return s.remake(ctx, d, "folded", `select of, ?1, who, way, sum(records), sum(bytes), min(first), max(last)
		from counted where hour >= ?1 and hour < ?2 group by of, who, way`)
}

// remake replaces the counts of a day by what a query makes of them, and notes
// how far that was done. The query gets the day's beginning and end first.
func (s *Store) remake(ctx context.Context, from int64, mark, query string, args ...any) error {
	until := from + day
	return s.within(ctx, func() error {
		if err := s.w.Script(ctx, "create temp table if not exists made (of, hour, who, way, records, bytes, first, last); delete from made"); err != nil {
			return err
		}
		if _, err := s.w.Exec(ctx, "insert into made "+query, append([]any{from, until}, args...)...); err != nil {
			return err
		}
		if _, err := s.w.Exec(ctx, "delete from counted where hour >= ? and hour < ?", from, until); err != nil {
			return err
		}
		if _, err := s.w.Exec(ctx, "insert into counted select * from made"); err != nil {
			return err
		}
		_, err := s.w.Exec(ctx, "update meta set "+mark+" = ?", until)
		return err
	})
}

// shrink brings the file below its bound.
func (s *Store) shrink(ctx context.Context, now time.Time) error {
	today := dayOf(hourOf(now))
	for _, do := range []func() (more bool, err error){
		func() (bool, error) { return false, s.foldUntil(ctx, today) },
		func() (bool, error) { return s.squeeze(ctx, today) },
		func() (bool, error) { return s.forget(ctx, today) },
	} {
		for more := true; more; {
			n, err := s.rows(ctx)
			if err != nil || n <= s.opt.Rows {
				return err
			}
			if more, err = do(); err != nil {
				return err
			}
		}
	}
	return nil
}

// toldApart is how many counts of a squeezed day stay by themselves: the
// largest.
const toldApart = 100

// squeeze adds up the small counts of the oldest day that still has them, as
// others of the same product and direction.
func (s *Store) squeeze(ctx context.Context, before int64) (more bool, err error) {
	var done int64
	if err := s.w.Row(ctx, "select squeezed from meta", nil, &done); err != nil {
		return false, err
	}
	hour, found, err := s.oldest(ctx, done, before)
	if err != nil || !found {
		return false, err
	}
	if err := s.others(ctx); err != nil {
		return false, err
	}
	d := dayOf(hour)
	return true, s.remake(ctx, d, "squeezed", `
		with ranked as (
			select *, row_number() over (order by records desc, bytes desc) as place from counted where hour >= ?1 and hour < ?2
		), plain as (
			select of, hour, records, bytes, first, last,
				case when place <= ?3 then who else (select id from party where uid = '') end as who,
				case when place <= ?3 then way else (
					select o.id from way w join way o on o.direction = w.direction and o.how = w.how and o.library = '' and o.release = ''
					where w.id = ranked.way) end as way
			from ranked
		)
		select of, hour, who, way, sum(records), sum(bytes), min(first), max(last) from plain group by of, hour, who, way`, toldApart)
}

// others makes sure that there are a party and ways that stand for others.
func (s *Store) others(ctx context.Context) error {
	return s.within(ctx, func() error {
		if _, err := s.w.Exec(ctx, "insert or ignore into party (uid, noun, name) values ('', '', '')"); err != nil {
			return err
		}
		_, err := s.w.Exec(ctx, "insert or ignore into way (direction, how, library, release) select distinct direction, how, '', '' from way")
		return err
	})
}

// forget drops the oldest day, and says that nothing before was counted.
func (s *Store) forget(ctx context.Context, today int64) (more bool, err error) {
	hour, found, err := s.oldest(ctx, 0, today)
	if err != nil || !found {
		return false, err
	}
	next := dayOf(hour) + day
	return true, s.within(ctx, func() error {
		if _, err := s.w.Exec(ctx, "delete from counted where hour < ?", next); err != nil {
			return err
		}
		_, err := s.w.Exec(ctx, "update meta set since = max(since, ?)", next*time.Hour.Milliseconds())
		return err
	})
}

// sweep drops parties and ways that no count points to any more.
func (s *Store) sweep(ctx context.Context, _ time.Time) error {
	return s.within(ctx, func() error {
		if _, err := s.w.Exec(ctx, `delete from party where id not in (select of from counted) and id not in (select who from counted)`); err != nil {
			return err
		}
		_, err := s.w.Exec(ctx, "delete from way where id not in (select way from counted)")
		clear(s.parties)
		clear(s.ways)
		return err
	})
}
