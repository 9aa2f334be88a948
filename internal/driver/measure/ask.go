package measure

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// read answers a question on a connection of its own.
func (s *Store) read(ctx context.Context, fn func(*sqlite.Conn) error) error {
	s.asking.RLock()
	defer s.asking.RUnlock()
	if s.db == nil {
		return weir.Errorf(weir.Unavailable, "nothing is measured now")
	}
	c, err := sqlite.Connect(ctx, s.db)
	if err != nil {
		return s.fault(err)
	}
	defer c.Close()
	err = fn(c)
	if sqlite.FaultOf(err) == sqlite.Broken {
		s.broken.Store(true)
	}
	return s.fault(err)
}

// Coverage says what the counts cover.
func (s *Store) Coverage(ctx context.Context) (weir.Coverage, error) {
	var out weir.Coverage
	err := s.read(ctx, func(c *sqlite.Conn) error {
		var since int64
		if err := c.Row(ctx, "select since from meta", nil, &since); err != nil {
			return err
		}
		out.Since = timeOf(since)
		if kept := s.opt.Now().Add(-s.opt.Keep); out.Since.Before(kept) {
			out.Since = kept.UTC()
		}
		return c.Rows(ctx, "select began, ended, at_most, why from gap order by began", nil, func(scan func(...any) error) error {
			var began, ended, most int64
			var g weir.Gap
			if err := scan(&began, &ended, &most, &g.Why); err != nil {
				return err
			}
			g.From, g.Until, g.AtMost = timeOf(began), timeOf(ended), weir.Duration(time.Duration(most)*time.Millisecond)
			out.Gaps = append(out.Gaps, g)
			return nil
		})
	})
	return out, err
}

// where is a question as a condition.
func (s *Store) where(ctx context.Context, c *sqlite.Conn, q weir.UsageQuery) (string, []any, error) {
	if q.Of.IsZero() && q.Who.IsZero() && len(q.Among) == 0 {
		return "", nil, weir.Errorf(weir.Internal, "usage of nothing by nobody")
	}
	var folded int64
	if err := c.Row(ctx, "select folded from meta", nil, &folded); err != nil {
		return "", nil, err
	}
	from, until := int64(0), hourOf(s.opt.Now())+1
	if !q.From.IsZero() {
		from = hourOf(q.From)
	}
	if !q.Until.IsZero() {
		until = hourOf(q.Until.Add(time.Hour - 1))
	}
	if from < folded {
		from = dayOf(from)
	}
	cond, args := "hour >= ? and hour < ?", []any{from, until}
	for _, p := range []struct {
		column string
		uid    weir.UID
	}{{"of", q.Of}, {"who", q.Who}} {
		if !p.uid.IsZero() {
			cond += " and " + p.column + " = (select id from party where uid = ?)"
			args = append(args, p.uid.String())
		}
	}
	if len(q.Among) > 0 {
		among, err := json.Marshal(q.Among)
		if err != nil {
			return "", nil, err
		}
		cond += " and of in (select id from party where uid in (select value from json_each(?)))"
		args = append(args, string(among))
	}
	if q.Direction != "" {
		cond += " and direction = ?"
		args = append(args, string(q.Direction))
	}
	return cond, args, nil
}

// Usage adds up each passage.
func (s *Store) Usage(ctx context.Context, q weir.UsageQuery) ([]weir.Usage, error) {
	var all []weir.Usage
	err := s.read(ctx, func(c *sqlite.Conn) error {
		cond, args, err := s.where(ctx, c, q)
		if err != nil {
			return err
		}
		return c.Rows(ctx, `
			with summed as (
				select of, who, way, sum(records) as records, sum(bytes) as bytes, min(first) as first, max(last) as last
				from counted join way on way.id = counted.way where `+cond+` group by of, who, way
			)
			select o.uid, o.noun, o.name, w.uid, w.noun, w.name, direction, how, library, release, records, bytes, first, last
			from summed join party o on o.id = summed.of join party w on w.id = summed.who join way on way.id = summed.way`,
			args, func(scan func(...any) error) error {
				u, err := usage(scan)
				all = append(all, u)
				return err
			})
	})
	return bounded(all), err
}

func usage(scan func(...any) error) (weir.Usage, error) {
	var u weir.Usage
	var of, who string
	var first, last int64
	err := scan(&of, &u.Of.Noun, &u.Of.Name, &who, &u.Who.Noun, &u.Who.Name, &u.Direction, &u.How, &u.Library.Name, &u.Library.Version,
		&u.Records, &u.Bytes, &first, &last)
	if err != nil {
		return u, err
	}
	u.First, u.Last = timeOf(first), timeOf(last)
	if err := u.Of.UID.UnmarshalText([]byte(of)); err != nil {
		return u, err
	}
	return u, u.Who.UID.UnmarshalText([]byte(who))
}

// bounded sorts what was used, the most recent first. When it is too much, the
// smallest are added up as others of what they were of.
func bounded(all []weir.Usage) []weir.Usage {
	recent := func(a, b weir.Usage) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(b.Records, a.Records), cmp.Compare(a.Who.Name, b.Who.Name), cmp.Compare(a.Direction, b.Direction))
	}
	if len(all) > weir.MaxUsage {
		slices.SortFunc(all, func(a, b weir.Usage) int { return cmp.Compare(b.Records, a.Records) })
		all = addUp(all[:weir.MaxUsage/2], all[weir.MaxUsage/2:])
	}
	slices.SortFunc(all, recent)
	return all
}

// addUp adds the small to others: of each product while there is room, of all
// after that.
func addUp(large, small []weir.Usage) []weir.Usage {
	by := map[key]int{}
	for _, u := range small {
		k := key{of: u.Of.UID, direction: u.Direction, how: u.How}
		if _, ok := by[k]; !ok && len(large) >= weir.MaxUsage-10 {
			k.of, u.Of = weir.UID{}, weir.Ref{}
		}
		u.Who, u.Library = weir.Ref{}, weir.Library{}
		i, ok := by[k]
		if !ok {
			by[k] = len(large)
			large = append(large, u)
			continue
		}
		o := &large[i]
		o.Records, o.Bytes = o.Records+u.Records, o.Bytes+u.Bytes
		if u.First.Before(o.First) {
			o.First = u.First
		}
		if u.Last.After(o.Last) {
			o.Last = u.Last
		}
	}
	return large
}

// Hours adds up all passages by the hour.
func (s *Store) Hours(ctx context.Context, q weir.UsageQuery) ([]weir.UsageHour, error) {
	var all []weir.UsageHour
	err := s.read(ctx, func(c *sqlite.Conn) error {
		cond, args, err := s.where(ctx, c, q)
		if err != nil {
			return err
		}
		return c.Rows(ctx, `
			select hour, hour < (select folded from meta),
				sum(iif(direction = 'write', records, 0)), sum(iif(direction = 'write', bytes, 0)),
				sum(iif(direction = 'read', records, 0)), sum(iif(direction = 'read', bytes, 0))
			from counted join way on way.id = counted.way where `+cond+` group by hour order by hour`,
			args, func(scan func(...any) error) error {
				var hour int64
				var whole bool
				var h weir.UsageHour
				err := scan(&hour, &whole, &h.Written, &h.WrittenBytes, &h.Read, &h.ReadBytes)
				h.Start, h.Length = time.Unix(hour*3600, 0).UTC(), time.Hour
				if whole {
					h.Length = day * time.Hour
				}
				all = append(all, h)
				return err
			})
	})
	return all, err
}

// Turnovers adds up many products and streams, each for itself.
func (s *Store) Turnovers(ctx context.Context, of []weir.UID, from time.Time) (map[weir.UID]weir.Turnover, error) {
	all := map[weir.UID]weir.Turnover{}
	if len(of) == 0 {
		return all, nil
	}
	err := s.read(ctx, func(c *sqlite.Conn) error {
		cond, args, err := s.where(ctx, c, weir.UsageQuery{Among: of, From: from})
		if err != nil {
			return err
		}
		return c.Rows(ctx, `
			with summed as (
				select of, count(distinct iif(direction = 'read', who, null)) as readers, count(distinct iif(direction = 'write', who, null)) as writers,
					sum(iif(direction = 'write', records, 0)) as written
				from counted join way on way.id = counted.way where `+cond+` group by of
			)
			select uid, readers, writers, written from summed join party on party.id = summed.of`,
			args, func(scan func(...any) error) error {
				var text string
				var t weir.Turnover
				if err := scan(&text, &t.Readers, &t.Writers, &t.Written); err != nil {
					return err
				}
				var uid weir.UID
				err := uid.UnmarshalText([]byte(text))
				all[uid] = t
				return err
			})
	})
	return all, err
}
