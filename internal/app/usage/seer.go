package usage

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// seer says what a principal may see by name.
type seer struct {
	v     weir.View
	p     weir.Principal
	about map[weir.UID]sight // of products, streams, applications and persons
}

// sight is what is known of one of them.
type sight struct {
	ref   weir.Ref // with the name of now
	gone  bool
	knows bool // the principal may know of it
	watch bool // the principal may see who moves its records, or what it moves
	team  string
}

func newSeer(v weir.View, p weir.Principal) *seer { return &seer{v, p, map[weir.UID]sight{}} }

// party is one passage, with the names of now; named says whether the principal
// may see it as such.
func (s *seer) party(ctx context.Context, one weir.Usage) (p Party, named bool, err error) {
	of, err := s.look(ctx, one.Of)
	if err != nil || !of.knows {
		return Party{}, false, err
	}
	who, err := s.look(ctx, one.Who)
	if err != nil {
		return Party{}, false, err
	}
	one.Of, one.Who = of.ref, who.ref
	return Party{Usage: one, Team: who.team, Gone: of.gone || who.gone}, of.watch || who.watch, nil
}

// look finds what is known of something, once.
func (s *seer) look(ctx context.Context, r weir.Ref) (sight, error) {
	if r.UID.IsZero() { // others
		return sight{ref: r}, nil
	}
	if known, ok := s.about[r.UID]; ok {
		return known, nil
	}
	e, _, err := s.v.Get(ctx, weir.Ref{Noun: r.Noun, UID: r.UID})
	var out sight
	switch {
	case weir.NotFound.In(err):
		all := s.p.Scope().All // whose it was is not known any more
		out = sight{ref: r, gone: true, knows: all, watch: all}
	case err != nil:
		return sight{}, err
	default:
		if out, err = s.living(ctx, e); err != nil {
			return sight{}, err
		}
	}
	s.about[r.UID] = out
	return out, nil
}

func (s *seer) living(ctx context.Context, e weir.Entity) (sight, error) {
	out := sight{ref: e.Ref(), knows: s.p.Scope().Knows(e.Readers())}
	switch e := e.(type) {
	case *weir.Product:
		out.watch = s.watches(e)
	case *weir.Stream:
		out.watch = rights.May(s.p, rights.Watch, rights.Thing{Noun: weir.NounStream, Domain: e.Domain})
	case *weir.Application:
		out.watch = rights.May(s.p, rights.Watch, rights.Thing{Noun: weir.NounApplication, Team: e.Team})
		team, _, err := s.v.Get(ctx, weir.Ref{Noun: weir.NounTeam, UID: e.Team})
		if err != nil {
			return out, err
		}
		out.team = team.Ref().Name
	case *weir.Person:
		out.watch = e.UID == s.p.Ref.UID
	}
	return out, nil
}

// watches reports whether the principal may see who reads and writes a product.
func (s *seer) watches(p *weir.Product) bool {
	return rights.May(s.p, rights.Watch, rights.OfProduct(weir.NounProduct, p))
}
