package lineage

import (
	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/lineage"
	"github.com/weirmesh/weir/internal/core/rights"
)

// seer is somebody who looks at the graph of now.
type seer struct {
	p     weir.Principal
	scope weir.Scope
}

// Knows: what is gone is known to those alone who know everything, since nobody
// says any more whose it was.
func (s seer) Knows(t lineage.Thing) bool {
	if t.Gone {
		return s.scope.All
	}
	return s.scope.Knows(t.Readers)
}

func (s seer) Told(readers []weir.UID) bool { return s.scope.Knows(readers) }

func (s seer) Watches(t lineage.Thing) bool {
	if t.Gone {
		return s.scope.All
	}
	switch t.Noun {
	case weir.NounProduct:
		return rights.May(s.p, rights.Watch, rights.Thing{Noun: t.Noun, Domain: t.Domain, Product: t.UID, Owner: t.Owner})
	case weir.NounStream:
		return rights.May(s.p, rights.Watch, rights.Thing{Noun: t.Noun, Domain: t.Domain})
	case weir.NounApplication:
		return rights.May(s.p, rights.Watch, rights.Thing{Noun: t.Noun, Team: t.Team})
	case weir.NounPerson:
		return t.UID == s.p.Ref.UID
	}
	return false
}

// looker is somebody of now who looks at a graph of then. They see what could be
// seen then, and can be seen still: what was made private since is private; what
// is gone keeps the readers that it had last.
type looker struct {
	seer
	now   func(weir.UID) (lineage.Thing, bool)
	final map[weir.UID][]weir.UID // readers
}

func (s looker) Knows(t lineage.Thing) bool {
	return s.seer.Knows(t) && s.scope.Knows(s.final[t.UID])
}

func (s looker) Watches(t lineage.Thing) bool {
	if now, ok := s.now(t.UID); ok && !now.Gone {
		return s.seer.Watches(now)
	}
	t.Owner = weir.UID{} // who answered for it then need not be trusted now
	return s.seer.Watches(t)
}
