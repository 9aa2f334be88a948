package adoption

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
)

// history is when things began and ended, as the ledger tells it. It is small:
// some words of each domain, product, application, and pair of these two.
type history struct {
	at       weir.Offset
	lives    map[weir.UID]*life
	requests map[pair]*request
}

// life is one domain, product or application.
type life struct {
	noun    weir.Noun
	uid     weir.UID
	name    string
	domain  weir.UID // of a product
	team    weir.UID // of a domain or an application
	readers []weir.UID
	from    time.Time // zero: a product that was only proposed so far
	until   time.Time // zero: it lives
}

// pair is an application and a product.
type pair struct{ application, product weir.UID }

// request is when an application of another team was first to read a product.
type request struct {
	at      time.Time
	readers []weir.UID
}

func newHistory() history {
	return history{lives: map[weir.UID]*life{}, requests: map[pair]*request{}}
}

// follow reads what the ledger has since the last time. After an error it goes on
// behind the last entry that it took in.
func (h *history) follow(ctx context.Context, l weir.Ledger) error {
	if h.at >= l.Head().Offset {
		return nil
	}
	return l.Read(ctx, h.at+1, func(r weir.Record) error {
		for _, c := range r.Entry.Changes {
			if err := h.take(c, r.Entry.At); err != nil {
				return err
			}
		}
		h.at = r.Offset
		return nil
	})
}

// take takes a change in. Taken twice it is as taken once.
func (h *history) take(c weir.Change, at time.Time) error {
	switch c.Ref.Noun {
	case weir.NounDomain, weir.NounProduct, weir.NounApplication, weir.NounPlan, weir.NounAccess:
	default:
		return nil
	}
	if c.Ref.UID.Own() {
		return nil // what Weir itself offers nobody took up
	}
	if c.Deleted {
		if l := h.lives[c.Ref.UID]; l != nil {
			l.until, l.readers = at, c.Domains
		}
		return nil
	}
	e, err := weir.DecodeEntity(c.Ref.Noun, c.Body)
	if err != nil {
		return err
	}
	switch e := e.(type) {
	case *weir.Domain:
		h.begin(e, at).team = e.Team
	case *weir.Application:
		h.begin(e, at).team = e.Team
	case *weir.Product:
		h.product(e, at)
	case *weir.Plan:
		h.request(pair{e.Application, e.Product}, at, e.Readers())
	case *weir.Access:
		h.request(pair{e.Application, e.Product}, at, e.Readers())
	}
	return nil
}

func (h *history) begin(e weir.Entity, at time.Time) *life {
	l := h.known(e)
	if l.from.IsZero() {
		l.from = at
	}
	return l
}

func (h *history) known(e weir.Entity) *life {
	r := e.Ref()
	l := h.lives[r.UID]
	if l == nil {
		l = &life{noun: r.Noun, uid: r.UID}
		h.lives[r.UID] = l
	}
	l.name, l.readers = r.Name, e.Readers()
	return l
}

// product begins when it is more than proposed, for good.
func (h *history) product(p *weir.Product, at time.Time) {
	h.known(p).domain = p.Domain
	if p.Stage() != weir.Proposed {
		h.begin(p, at)
	}
}

// request keeps the first time alone.
func (h *history) request(of pair, at time.Time, readers []weir.UID) {
	if h.requests[of] == nil {
		h.requests[of] = &request{at: at, readers: readers}
	}
}

// livedAt reports whether it counted at a time.
func (l *life) livedAt(t time.Time) bool {
	return !l.from.IsZero() && !l.from.After(t) && (l.until.IsZero() || l.until.After(t))
}
