package registry

import (
	"context"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// edit is a change of one subject that is decided wholly inside the queue.
type edit struct {
	op, event, name string
	verb            rights.Verb
	create          bool // of a subject that is not there; else it is not found
	free            bool // of what is read-only too, or change looks at that itself
	// change changes next, which is a copy, and gives the answer.
	change func(ctx context.Context, v weir.View, was seen, next *weir.Subject) (answer any, err error)
}

// does is what the edit does to a subject, as a refusal says it.
func (e edit) does() string {
	if e.verb == rights.Delete {
		return "delete"
	}
	return "configure"
}

// edit has a change decided, and waits until the index shows it.
func (r *Registry) edit(ctx context.Context, call weir.Call, e edit) (weir.Receipt, error) {
	if err := checkSubject(e.name); err != nil {
		return weir.Receipt{}, err
	}
	e.name = r.Canonical(call.By, e.name)
	uid := r.uid()
	receipt, err := r.cfg.Writer.Submit(ctx, call.Decision(e.op, func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		return r.decideEdit(ctx, v, call, e, uid)
	}))
	if err != nil {
		return receipt, err
	}
	return receipt, r.cfg.Index.Wait(ctx, receipt.Offset)
}

func (r *Registry) decideEdit(ctx context.Context, v weir.View, call weir.Call, e edit, uid weir.UID) (weir.Outcome, error) {
	was, err := r.seenIn(ctx, v, e.name)
	if err != nil {
		return weir.Outcome{}, err
	}
	if hidden := was.subject != nil && !call.By.Scope().Knows(was.subject.Readers()); !e.create && (was.subject == nil || hidden) {
		return weir.Outcome{}, noSubject(e.name)
	}
	if err := was.owner.must(call.By, e.verb, e.name, was.subject); err != nil {
		return weir.Outcome{}, refused(ctx, v, call.By, e.does(), e.name, was.owner, err)
	}
	next := &weir.Subject{UID: uid, Name: e.name, Domain: was.owner.domain, Visibility: was.owner.visibility, Created: r.cfg.Now().UTC()}
	if was.subject != nil {
		if err := call.Check(was.subject.Ref(), was.rev); err != nil {
			return weir.Outcome{}, err
		}
		*next = *was.subject
		next.Versions = slices.Clone(next.Versions)
	}
	if !e.free {
		if err := was.writable(); err != nil {
			return weir.Outcome{}, err
		}
	}
	answer, err := e.change(ctx, v, was, next)
	if err != nil {
		return weir.Outcome{}, err
	}
	cs := r.changes()
	cs.subject(was.subject, was.rev, next)
	return cs.outcome(e.event, next, answer)
}

// seenIn takes a subject as it is in a view.
func (r *Registry) seenIn(ctx context.Context, v weir.View, name string) (seen, error) {
	s, rev, o, err := r.inside(ctx, v, name)
	if err != nil {
		return seen{}, err
	}
	m, meshRev, err := weir.Find[*weir.Mesh](ctx, v, weir.Ref{Noun: weir.NounMesh, UID: r.cfg.Home})
	return seen{name: name, subject: s, rev: rev, mesh: m, meshRev: meshRev, owner: o}, err
}

// editMesh changes what holds for all subjects that say nothing of their own.
func (r *Registry) editMesh(ctx context.Context, call weir.Call, op string, change func(ctx context.Context, v weir.View, cs *changes, next *weir.Mesh) (answer any, err error)) (weir.Receipt, error) {
	receipt, err := r.cfg.Writer.Submit(ctx, call.Decision(op, func(ctx context.Context, v weir.View) (weir.Outcome, error) {
		m, rev, err := weir.Find[*weir.Mesh](ctx, v, weir.Ref{Noun: weir.NounMesh, UID: r.cfg.Home})
		if err != nil {
			return weir.Outcome{}, err
		}
		if err := rights.Must(call.By, rights.Edit, rights.Thing{Noun: weir.NounMesh}, m.Ref()); err != nil {
			return weir.Outcome{}, err
		}
		if err := call.Check(m.Ref(), rev); err != nil {
			return weir.Outcome{}, err
		}
		cs, next := r.changes(), *m
		answer, err := change(ctx, v, cs, &next)
		if err != nil {
			return weir.Outcome{}, err
		}
		cs.put(m, rev, &next)
		return cs.outcome("mesh.changed", &next, answer)
	}))
	if err != nil {
		return receipt, err
	}
	return receipt, r.cfg.Index.Wait(ctx, receipt.Offset)
}
