package registry

import (
	"github.com/weirmesh/weir"
)

// changes collects those of one decision.
type changes struct {
	home weir.UID
	list []weir.Change
	err  error
}

func (r *Registry) changes() *changes { return &changes{home: r.cfg.Home} }

// put adds an entity's new state; what is the same as before is no change.
func (c *changes) put(prev weir.Entity, rev weir.Revision, e weir.Entity) {
	if c.err != nil {
		return
	}
	ch, err := weir.NewChange(c.home, prev, rev, e)
	if c.err = err; err == nil && (rev == 0 || len(ch.Diff) > 0) {
		c.list = append(c.list, ch)
	}
}

// subject adds a subject's new state, or its end if nothing is left of it.
func (c *changes) subject(prev *weir.Subject, rev weir.Revision, next *weir.Subject) {
	switch {
	case !next.Empty():
		c.put(before(prev), rev, next)
	case rev != 0:
		c.list = append(c.list, weir.DeleteChange(c.home, next, rev))
	}
}

// outcome answers with what was done; an event is told if anything was.
func (c *changes) outcome(event string, e weir.Entity, answer any) (weir.Outcome, error) {
	out := weir.Outcome{Changes: c.list, Answer: answer}
	if len(c.list) > 0 {
		out.Events = []weir.Event{{Type: event, Ref: e.Ref()}}
	}
	return out, c.err
}

// before is an entity, or nil that is one of no type.
func before(s *weir.Subject) weir.Entity {
	if s == nil {
		return nil
	}
	return s
}
