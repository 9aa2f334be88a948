package measure

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/kit/sqlite"
)

// MaxFlows bounds how many flows one answer has: the largest.
const MaxFlows = 200_000

// Flows adds up all that was counted in the hours that a time touches, by who,
// what, which way and how it is known; not by the client library. A zero from is
// as far as counts are kept, a zero until is now.
func (s *Store) Flows(ctx context.Context, from, until time.Time) ([]weir.Usage, error) {
	var all []weir.Usage
	err := s.read(ctx, func(c *sqlite.Conn) error {
		var folded int64
		if err := c.Row(ctx, "select folded from meta", nil, &folded); err != nil {
			return err
		}
		first, last := int64(0), hourOf(s.opt.Now())+1
		if !from.IsZero() {
			first = hourOf(from)
		}
		if !until.IsZero() {
			last = hourOf(until.Add(time.Hour - 1))
		}
		if first < folded {
			first = dayOf(first)
		}
		return c.Rows(ctx, `
			with summed as (
				select of, who, direction, how, sum(records) as records, sum(bytes) as bytes, min(first) as first, max(last) as last
				from counted join way on way.id = counted.way where hour >= ? and hour < ?
				group by of, who, direction, how order by records desc limit ?
			)
			select o.uid, o.noun, o.name, w.uid, w.noun, w.name, direction, how, '', '', records, bytes, first, last
			from summed join party o on o.id = summed.of join party w on w.id = summed.who`,
			[]any{first, last, MaxFlows}, func(scan func(...any) error) error {
				u, err := usage(scan)
				all = append(all, u)
				return err
			})
	})
	return all, err
}
