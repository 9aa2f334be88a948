package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// registering is the decision of one registration: what was looked at before the
// queue, and the uids of what may be new.
type registering struct {
	r                     *Registry
	call                  weir.Call
	seen                  seen
	c                     candidate
	schema, text, subject weir.UID
}

// inside finds a subject in a view, nil if there is none, and whose it is.
func (r *Registry) inside(ctx context.Context, v weir.View, name string) (*weir.Subject, weir.Revision, owner, error) {
	s, rev, err := weir.Find[*weir.Subject](ctx, v, weir.Ref{Noun: weir.NounSubject, Name: name})
	if err := unlessAbsent(err); err != nil {
		return nil, 0, owner{}, err
	}
	o, err := inView(ctx, v).of(name, s)
	return s, rev, o, err
}

// current refuses to go on where something else is decided upon than was looked
// at.
func (r *Registry) current(ctx context.Context, v weir.View, was seen, rev weir.Revision, o owner) error {
	_, meshRev, err := weir.Find[*weir.Mesh](ctx, v, weir.Ref{Noun: weir.NounMesh, UID: r.cfg.Home})
	if err != nil {
		return err
	}
	if rev != was.rev || meshRev != was.meshRev || o.kept != was.owner.kept || !sameContract(o.product, was.owner.product) {
		return stale{v.Offset()}
	}
	return nil
}

// sameContract compares what a product says of its records.
func sameContract(a, b *weir.Product) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.UID == b.UID && a.Encoding == b.Encoding && a.KeyEncoding == b.KeyEncoding && slices.Equal(a.Key, b.Key)
}

// decide checks rights and that nothing changed, allocates id and version, and
// makes text, schema and subject one entry.
func (d *registering) decide(ctx context.Context, v weir.View) (weir.Outcome, error) {
	name := d.seen.name
	s, rev, o, err := d.r.inside(ctx, v, name)
	if err != nil {
		return weir.Outcome{}, err
	}
	if err := o.must(d.call.By, rights.Edit, name, s); err != nil {
		return weir.Outcome{}, refused(ctx, v, d.call.By, "register in", name, o, err)
	}
	if s != nil {
		if err := d.call.Check(s.Ref(), rev); err != nil {
			return weir.Outcome{}, err
		}
	}
	if d.c.reg.ID != 0 {
		if err := mayImport(d.call.By, name); err != nil {
			return weir.Outcome{}, err
		}
	}
	if err := d.r.current(ctx, v, d.seen, rev, o); err != nil {
		return weir.Outcome{}, err
	}
	if err := d.keepsPolicies(ctx, v, o.product); err != nil {
		return weir.Outcome{}, err
	}
	next := d.next(s, o)
	if err := stillRefer(ctx, v, d.call.By, next.Readers(), d.c.res); err != nil {
		return weir.Outcome{}, err
	}
	cs := d.r.changes()
	e, err := d.schemaIn(ctx, v, cs, next.Readers())
	if err != nil {
		return weir.Outcome{}, err
	}
	at, err := d.place(next, e)
	if err != nil {
		return weir.Outcome{}, err
	}
	cs.put(before(s), rev, next)
	return cs.outcome("schema.registered", next, placed{name, at, e.ID})
}

// keepsPolicies refuses a schema by which a published product would break a
// policy.
func (d *registering) keepsPolicies(ctx context.Context, v weir.View, p *weir.Product) error {
	if d.c.after == nil || p == nil {
		return nil
	}
	err := d.r.cfg.Policies.KeepsWith(ctx, v, d.call.By, p, d.c.before, d.c.after)
	var e *weir.Error
	if weir.AgainstPolicy.In(err) && errors.As(err, &e) {
		return fault(InvalidSchema, weir.AgainstPolicy, "%s: %v", e.Msg, e.Err).WithFix("%s", e.Fix)
	}
	return err
}

// next is the subject to be written, still without the new version.
func (d *registering) next(s *weir.Subject, o owner) *weir.Subject {
	if s == nil {
		return &weir.Subject{UID: d.subject, Name: d.seen.name, Domain: o.domain, Visibility: o.visibility, Created: d.r.cfg.Now().UTC()}
	}
	next := *s
	next.Versions = slices.Clone(s.Versions)
	return &next
}

// schemaIn finds the schema, or makes it with the next id.
func (d *registering) schemaIn(ctx context.Context, v weir.View, cs *changes, readers []weir.UID) (*weir.Schema, error) {
	text, err := d.textIn(ctx, v, cs, readers)
	if err != nil {
		return nil, err
	}
	e := d.c.entity(text)
	id := d.c.reg.ID
	var there *weir.Schema
	if id != 0 {
		there, err = withID(ctx, v, id, e)
	} else if text != d.text { // a new text has no schema yet
		there, err = sameIn(ctx, v, e)
	}
	if err == nil && there == nil && id == 0 {
		id, err = nextID(ctx, v)
	}
	if err != nil || there != nil {
		return there, err
	}
	e.UID, e.ID, e.Domains, e.Created = d.schema, id, readers, d.r.cfg.Now().UTC()
	cs.put(nil, 0, e)
	return e, nil
}

// textIn finds the text, or makes it.
func (d *registering) textIn(ctx context.Context, v weir.View, cs *changes, readers []weir.UID) (weir.UID, error) {
	if !d.c.body.IsZero() {
		return d.c.body, nil
	}
	name := weir.TextName(d.c.reg.Text)
	t, _, err := weir.Find[*weir.Text](ctx, v, weir.Ref{Noun: weir.NounText, Name: name})
	if err == nil {
		return t.UID, nil
	}
	if err := unlessAbsent(err); err != nil {
		return weir.UID{}, err
	}
	cs.put(nil, 0, &weir.Text{UID: d.text, Name: name, Body: d.c.reg.Text, Domains: readers, Created: d.r.cfg.Now().UTC()})
	return d.text, nil
}

// sameIn finds the schema with the lowest id that is the same; nil if none is.
func sameIn(ctx context.Context, v weir.View, e *weir.Schema) (*weir.Schema, error) {
	want, err := contentOf(e)
	if err != nil {
		return nil, err
	}
	var there *weir.Schema
	err = weir.All(ctx, v, weir.ListQuery{Noun: weir.NounSchema, Scope: weir.Everything, Refers: []weir.UID{e.Text}}, func(it weir.Item) error {
		one := it.Entity.(*weir.Schema)
		h, err := contentOf(one)
		if there == nil && h == want {
			there = one
		}
		return err
	})
	return there, err
}

// withID finds the schema with an id; nil if none has it. It must be the same.
func withID(ctx context.Context, v weir.View, id weir.SchemaID, e *weir.Schema) (*weir.Schema, error) {
	there, _, err := weir.Find[*weir.Schema](ctx, v, weir.Ref{Noun: weir.NounSchema, Name: weir.SchemaName(id)})
	if err != nil {
		return nil, unlessAbsent(err)
	}
	want, err := contentOf(e)
	if err != nil {
		return nil, err
	}
	if has, err := contentOf(there); err != nil || has != want {
		return nil, fault(IDMismatch, weir.Conflict, "Overwrite new schema with id %d is not permitted.", id).
			WithFix("an id belongs to one schema for ever: import this one under an id that is free")
	}
	return there, nil
}

// nextID is the id after the greatest that was given, but for Weir's own.
func nextID(ctx context.Context, v weir.View) (weir.SchemaID, error) {
	page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounSchema, Scope: weir.Everything, Desc: true, After: weir.SchemaName(weir.OwnSchemaID), Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return 1, err
	}
	last := page.Items[0].Entity.(*weir.Schema).ID
	if last+1 >= weir.OwnSchemaID {
		return 0, weir.Errorf(weir.Limit, "every schema id up to %d is given", last)
	}
	return last + 1, nil
}

// place gives the schema its version in the subject, and forgets the softly
// deleted ones with the same id, which it replaces.
func (d *registering) place(s *weir.Subject, e *weir.Schema) (int, error) {
	imports := d.c.reg.ID != 0
	n := d.seen.next()
	if imports && d.c.reg.Version > 0 {
		n = d.c.reg.Version
	}
	if there, ok := s.At(n); ok && there.ID != e.ID {
		return 0, fault(NotPermitted, weir.Conflict, "Version %d of subject %s is schema %d, not %d", n, s.Name, there.ID, e.ID).
			WithFix("delete it for ever first, or import this schema as another version")
	}
	s.Versions = slices.DeleteFunc(s.Versions, func(v weir.SubjectVersion) bool {
		return v.Version == n || !imports && v.Deleted && v.ID == e.ID
	})
	i, _ := slices.BinarySearchFunc(s.Versions, n, func(v weir.SubjectVersion, n int) int { return v.Version - n })
	s.Versions = slices.Insert(s.Versions, i, weir.SubjectVersion{Version: n, Schema: e.UID, ID: e.ID})
	return n, nil
}
