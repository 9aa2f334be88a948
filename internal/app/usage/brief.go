package usage

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
)

// MaxBriefs bounds how many products are told of at once.
const MaxBriefs = 200

// oneDay is the time over which a slow product's records are counted.
const oneDay = 24 * time.Hour

// Brief is what a list says of a product. What is not known is zero.
type Brief struct {
	Of       weir.Ref
	Pace     weir.Pace
	Day      int64     // records that were written in the last day
	Readers  int       // in the last 30 days
	Counted  bool      // Day and Readers are known
	Last     time.Time // the latest time of any record
	Looked   bool      // Last is known; when it is zero there is no record
	onBroker string
}

// Briefs are what a list says of its products.
type Briefs struct {
	At       time.Time
	DayFrom  time.Time // what Day counts from: a day ago, or since when there are counts
	Coverage weir.Coverage
	Items    []Brief // of those that one may know of, in the order that was asked for
	Problems []string
}

// Briefs tells of several products, at most MaxBriefs, with a bounded number of
// questions whatever their number. One that does not exist, or that one may not
// know of, is left out. Errors: Invalid when it is too much.
func (u *Usages) Briefs(ctx context.Context, p weir.Principal, names []string) (Briefs, error) {
	b := Briefs{At: u.cfg.Now().UTC()}
	if len(names) > MaxBriefs {
		return b, weir.Errorf(weir.Invalid, "%d products at once", len(names)).At("product").WithFix("ask for at most %d", MaxBriefs)
	}
	if err := u.known(ctx, p, names, &b); err != nil {
		return b, err
	}
	b.Problems = noted(b.Problems, u.turns(ctx, &b))
	b.Problems = noted(b.Problems, u.latest(ctx, &b))
	return b, nil
}

// known begins with the products that the principal may know of, each once.
func (u *Usages) known(ctx context.Context, p weir.Principal, names []string, b *Briefs) error {
	seen := map[weir.UID]bool{}
	return u.view(ctx, func(v weir.View) error {
		for _, name := range names {
			e, _, err := weir.Known[*weir.Product](ctx, v, p, weir.Ref{Noun: weir.NounProduct, Name: name})
			if weir.NotFound.In(err) {
				continue
			}
			if err != nil {
				return err
			}
			if of := e.Ref(); !seen[of.UID] {
				seen[of.UID] = true
				b.Items = append(b.Items, Brief{Of: of, Pace: u.cfg.Measures.Pace(of.UID), onBroker: e.OnCluster()})
			}
		}
		return nil
	})
}

// turns adds what was counted.
func (u *Usages) turns(ctx context.Context, b *Briefs) (err error) {
	if b.Coverage, err = u.cfg.Measures.Coverage(ctx); err != nil {
		return err
	}
	if b.DayFrom = b.At.Add(-oneDay).Truncate(time.Hour); b.DayFrom.Before(b.Coverage.Since) {
		b.DayFrom = b.Coverage.Since
	}
	var of []weir.UID
	for _, one := range b.Items {
		of = append(of, one.Of.UID)
	}
	since := func(ago time.Duration) func(context.Context, []weir.UID) (map[weir.UID]weir.Turnover, error) {
		return func(ctx context.Context, of []weir.UID) (map[weir.UID]weir.Turnover, error) {
			return u.cfg.Measures.Turnovers(ctx, of, b.At.Add(-ago).Truncate(time.Hour))
		}
	}
	month, err := u.month.get(ctx, of, since(readLately))
	if err != nil {
		return err
	}
	day, err := u.day.get(ctx, of, since(oneDay))
	if err != nil {
		return err
	}
	for i, one := range b.Items {
		b.Items[i].Readers, b.Items[i].Day, b.Items[i].Counted = month[one.Of.UID].Readers, day[one.Of.UID].Written, true
	}
	return nil
}

// latest adds when the last record was written, as the cluster says it.
func (u *Usages) latest(ctx context.Context, b *Briefs) error {
	var topics []string
	for _, one := range b.Items {
		topics = append(topics, one.onBroker)
	}
	lasts, err := u.lasts.get(ctx, topics, func(ctx context.Context, topics []string) (map[string]time.Time, error) {
		return u.cfg.Observer.Latest(ctx, topics...)
	})
	for i, one := range b.Items {
		b.Items[i].Last, b.Items[i].Looked = lasts[one.onBroker], false
		if _, ok := lasts[one.onBroker]; ok {
			b.Items[i].Looked = true
		}
	}
	return err
}
