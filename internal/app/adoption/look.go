package adoption

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// look is one answer as it is made.
type look struct {
	ctx   context.Context
	v     weir.View
	p     weir.Principal
	scope weir.Scope
	past  *history
	now   time.Time
	reads []reading
	err   error
}

// reading is what a consumer was given of a product that the caller may know of.
type reading struct {
	pair
	of          *life // the product
	who         *life // the application; nil: it is not known any more
	first, last time.Time
}

func (l *look) answer(ends []time.Time, flow []weir.Usage, seen weir.Coverage) (Answer, error) {
	l.reads = l.consumed(flow)
	out := Answer{At: l.now, Coverage: seen, Requests: l.requests(flow)}
	out.Points = l.points(ends)
	out.Reading = consumers(l.lately())
	out.Domains = l.domains(&out.Lacking)
	return out, l.err
}

// knows reports whether the caller may know of something, or of how it was at
// last.
func (l *look) knows(x *life) bool { return x != nil && l.scope.Knows(x.readers) }

// consumed are the readings of products by applications of other teams, each pair
// once.
func (l *look) consumed(flow []weir.Usage) []reading {
	by := map[pair]*reading{}
	for _, u := range flow {
		of := l.past.lives[u.Of.UID]
		if u.Direction != weir.Reading || u.Who.Noun != weir.NounApplication || u.Who.UID.IsZero() || u.Of.Noun != weir.NounProduct || !l.knows(of) {
			continue
		}
		who := l.past.lives[u.Who.UID]
		if d := l.past.lives[of.domain]; who != nil && d != nil && who.team == d.team {
			continue
		}
		key := pair{u.Who.UID, u.Of.UID}
		r := by[key]
		if r == nil {
			by[key] = &reading{pair: key, of: of, who: who, first: u.First, last: u.Last}
			continue
		}
		r.first, r.last = earlier(r.first, u.First), later(r.last, u.Last)
	}
	out := make([]reading, 0, len(by))
	for _, r := range by {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b reading) int {
		return cmp.Or(a.first.Compare(b.first), slices.Compare(a.application[:], b.application[:]), slices.Compare(a.product[:], b.product[:]))
	})
	return out
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// lately are the readings of the last 30 days.
func (l *look) lately() []reading {
	return slices.DeleteFunc(slices.Clone(l.reads), func(r reading) bool { return r.last.Before(l.now.Add(-lately)) })
}

// consumers counts applications, each once.
func consumers(all []reading) int {
	seen := map[weir.UID]bool{}
	for _, r := range all {
		seen[r.application] = true
	}
	return len(seen)
}

func (l *look) points(ends []time.Time) []Point {
	out := make([]Point, len(ends))
	for i, t := range ends {
		out[i].Until = t
		begun := slices.IndexFunc(l.reads, func(r reading) bool { return r.first.After(t) })
		if begun < 0 {
			begun = len(l.reads)
		}
		out[i].Consumers = consumers(l.reads[:begun]) // in the order in which they began
	}
	for _, x := range l.past.lives {
		if !l.knows(x) {
			continue
		}
		for i, t := range ends {
			switch {
			case !x.livedAt(t):
			case x.noun == weir.NounDomain:
				out[i].Domains++
			case x.noun == weir.NounProduct:
				out[i].Products++
			}
		}
	}
	return out
}

// domains tells of each domain, by name, and adds up what their products lack.
func (l *look) domains(lacking *Lacking) []Domain {
	by := map[weir.UID]*Domain{}
	for _, x := range l.past.lives {
		if x.noun == weir.NounDomain && x.livedAt(l.now) && l.knows(x) {
			by[x.uid] = &Domain{Name: x.name, Since: x.from, Team: l.name(weir.NounTeam, x.team)}
		}
	}
	for _, x := range l.products() {
		if d := by[x.domain]; d != nil {
			l.tell(d, x, lacking)
		}
	}
	for i, r := range l.reads { // the first to begin comes first
		d := by[r.of.domain]
		if d == nil {
			continue
		}
		if d.FirstConsumer.At.IsZero() {
			d.FirstConsumer = First{At: r.first, Name: l.consumer(l.reads[i])}
		}
	}
	for _, r := range byDomain(l.lately()) {
		if d := by[r.domain]; d != nil {
			d.Consumers = r.consumers
		}
	}
	out := make([]Domain, 0, len(by))
	for _, d := range by {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Domain) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// products are those that the caller may know of, living or gone, by name.
func (l *look) products() []*life {
	var out []*life
	for _, x := range l.past.lives {
		if x.noun == weir.NounProduct && !x.from.IsZero() && l.knows(x) {
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b *life) int { return strings.Compare(a.name, b.name) })
	return out
}

// tell adds a product to its domain.
func (l *look) tell(d *Domain, x *life, all *Lacking) {
	if d.FirstProduct.At.IsZero() || x.from.Before(d.FirstProduct.At) {
		d.FirstProduct = First{At: x.from, Name: x.name}
		if !x.until.IsZero() {
			d.FirstProduct.Name = ""
		}
	}
	if !x.livedAt(l.now) {
		return
	}
	d.Products++
	p, _, err := weir.Known[*weir.Product](l.ctx, l.v, l.p, weir.Ref{Noun: weir.NounProduct, UID: x.uid})
	if err != nil {
		l.fail(err)
		return
	}
	for _, s := range []*Lacking{all, &d.Lacking} {
		if !l.owned(p) {
			s.Owner.add(p.Name)
		}
		if p.Documentation.IsZero() {
			s.Documentation.add(p.Name)
		}
		if !slices.ContainsFunc(l.reads, func(r reading) bool { return r.product == p.UID && !r.last.Before(l.now.Add(-lately)) }) {
			s.Consumer.add(p.Name)
		}
	}
}

// owned reports whether the person who answers for a product is in a team.
func (l *look) owned(p *weir.Product) bool {
	page, err := l.v.List(l.ctx, weir.ListQuery{Noun: weir.NounTeam, Scope: weir.Everything, Refers: []weir.UID{p.Owner}, Limit: 1})
	l.fail(err)
	return len(page.Items) > 0
}

// fail keeps the first error. What ended meanwhile is none.
func (l *look) fail(err error) {
	if l.err == nil && err != nil && !weir.NotFound.In(err) {
		l.err = err
	}
}

// name is what something is called, if the caller may know of it.
func (l *look) name(n weir.Noun, u weir.UID) string {
	e, _, err := weir.Known[weir.Entity](l.ctx, l.v, l.p, weir.Ref{Noun: n, UID: u})
	if err != nil {
		l.fail(err)
		return ""
	}
	return e.Ref().Name
}

// consumer is who read, if the caller may watch the product or the application.
func (l *look) consumer(r reading) string {
	if r.who == nil || !r.who.until.IsZero() {
		return ""
	}
	p, _, err := weir.Known[*weir.Product](l.ctx, l.v, l.p, weir.Ref{Noun: weir.NounProduct, UID: r.product})
	l.fail(err)
	may := err == nil && rights.May(l.p, rights.Watch, rights.OfProduct(weir.NounProduct, p))
	if !may && !rights.May(l.p, rights.Watch, rights.Thing{Noun: weir.NounApplication, Team: r.who.team}) {
		return ""
	}
	return l.name(weir.NounApplication, r.application)
}

// busy is how many consumers a domain has.
type busy struct {
	domain    weir.UID
	consumers int
}

func byDomain(all []reading) []busy {
	groups := map[weir.UID][]reading{}
	for _, r := range all {
		groups[r.of.domain] = append(groups[r.of.domain], r)
	}
	out := make([]busy, 0, len(groups))
	for d, rs := range groups {
		out = append(out, busy{d, consumers(rs)})
	}
	return out
}

// requests is how long it took from a request to the first record, of those that
// the caller may know of. Who was given records before is in none of the numbers.
func (l *look) requests(flow []weir.Usage) Requests {
	first := map[pair]time.Time{}
	for _, u := range flow {
		key := pair{u.Who.UID, u.Of.UID}
		if at, ok := first[key]; u.Direction == weir.Reading && (!ok || u.First.Before(at)) {
			first[key] = u.First
		}
	}
	var out Requests
	var took []time.Duration
	for of, r := range l.past.requests {
		p, who := l.past.lives[of.product], l.past.lives[of.application]
		if !l.knows(p) || !l.scope.Knows(r.readers) {
			continue
		}
		at, given := first[of]
		switch {
		case given && !at.Before(r.at):
			took = append(took, at.Sub(r.at))
		case !given && p.until.IsZero() && who != nil && who.until.IsZero():
			out.Waiting++
		}
	}
	slices.Sort(took)
	if out.Done = len(took); out.Done > 0 {
		out.Median, out.Most = took[(len(took)-1)/2], took[(len(took)*9+9)/10-1]
	}
	return out
}
