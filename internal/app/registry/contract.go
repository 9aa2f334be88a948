package registry

import (
	"context"
	"strings"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// First prepares a new product's first schema: it parses before the queue and
// gives what to do inside it. The catalogue puts its changes into the entry
// that makes the product.
func (r *Registry) First(ctx context.Context, by weir.Principal, k weir.SubjectKind, text string, of *weir.Product) (func(context.Context, weir.View, *weir.Product) ([]weir.Change, error), error) {
	if of.SchemaFormat(k) == "" {
		return nil, inLanguage(of, k, "")
	}
	name := of.Subject(k)
	reg := Registration{Subject: name, Format: of.SchemaFormat(k), Text: text}
	if of.UID.Own() {
		reg.ID = weir.OwnSchemaID
	}
	if text == "" {
		return nil, fault(InvalidSchema, weir.Invalid, "Empty schema").At("schema").WithFix("send the text of a schema")
	}
	s, err := r.cfg.Index.look(name)
	if err != nil {
		return nil, err
	}
	s.subject, s.rev, s.owner = nil, 0, owner{product: of} // a new one
	w, err := r.begin(ctx, by, len(text))
	if err != nil {
		return nil, err
	}
	defer w.end()
	c, err := r.candidate(ctx, by, w, reg, s)
	if err != nil {
		return nil, err
	}
	if err := ofProduct(of, name, c.schema); err != nil {
		return nil, err
	}
	if c, err = r.populated(ctx, s, c); err != nil {
		return nil, err
	}
	d := &registering{r: r, call: weir.Call{By: by}, c: c, schema: r.uid(), text: r.uid(), subject: r.uid()}
	return func(ctx context.Context, v weir.View, p *weir.Product) ([]weir.Change, error) {
		return d.first(ctx, v, k, p)
	}, nil
}

// first makes the subject of a product that the same entry makes.
func (d *registering) first(ctx context.Context, v weir.View, k weir.SubjectKind, p *weir.Product) ([]weir.Change, error) {
	name := p.Subject(k)
	was, err := d.r.seenIn(ctx, v, name)
	if err != nil {
		return nil, err
	}
	if err := rights.Must(d.call.By, rights.Create, rights.OfProduct(weir.NounSubject, p), weir.Ref{Noun: weir.NounSubject, Name: name}); err != nil {
		return nil, err
	}
	if err := was.writable(); err != nil && !p.UID.Own() {
		return nil, err
	}
	if len(was.versions()) > 0 {
		return nil, weir.Errorf(weir.Conflict, "the subject %s has schemas already", name).At("schema").
			WithFix("make the product without a schema to keep them, or delete them for ever first: weir schema delete %s --permanent", name)
	}
	was.owner = owner{domain: p.Domain, visibility: p.Visibility, product: p}
	d.seen = was
	next := d.next(was.subject, was.owner)
	next.Domain, next.Visibility = p.Domain, p.Visibility
	cs := d.r.changes()
	e, err := d.schemaIn(ctx, v, cs, next.Readers())
	if err != nil {
		return nil, err
	}
	if _, err := d.place(next, e); err != nil {
		return nil, err
	}
	cs.put(before(was.subject), was.rev, next)
	return cs.list, cs.err
}

// Follow makes the subjects of a product that was made or changed belong to it:
// its domain's, and as visible as it is. Conflict when they hold what it cannot
// have.
func (r *Registry) Follow(ctx context.Context, v weir.View, p *weir.Product) ([]weir.Change, error) {
	if err := ownNamesFree(ctx, v, p); err != nil {
		return nil, err
	}
	cs := r.changes()
	for _, k := range []weir.SubjectKind{weir.OfKey, weir.OfValue} {
		s, rev, err := weir.Find[*weir.Subject](ctx, v, weir.Ref{Noun: weir.NounSubject, Name: p.Subject(k)})
		if weir.NotFound.In(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		next := *s
		next.Domain, next.Visibility = p.Domain, p.Visibility
		if err := r.canHold(ctx, v, p, k, &next); err != nil {
			return nil, err
		}
		cs.put(s, rev, &next)
	}
	return cs.list, cs.err
}

// Leave gives the subjects of a product that was taken back to whom they would
// belong if they were made now: to the domain of a private stream, or to the
// mesh. The view shows the product no more. Conflict when another subject's
// schema refers to one that would be hidden from it.
func (r *Registry) Leave(ctx context.Context, v weir.View, p *weir.Product) ([]weir.Change, error) {
	cs := r.changes()
	for _, k := range []weir.SubjectKind{weir.OfKey, weir.OfValue} {
		s, rev, err := weir.Find[*weir.Subject](ctx, v, weir.Ref{Noun: weir.NounSubject, Name: p.Subject(k)})
		if weir.NotFound.In(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		o, err := inView(ctx, v).of(s.Name, nil)
		if err == nil {
			err = r.moved(ctx, v, o, rev, s, cs)
		}
		if err != nil {
			return nil, err
		}
	}
	return cs.list, cs.err
}

// canHold refuses schemas that a product's subject cannot have.
func (r *Registry) canHold(ctx context.Context, v weir.View, p *weir.Product, k weir.SubjectKind, next *weir.Subject) error {
	if err := r.keyed(ctx, v, p, k, next); err != nil {
		return err
	}
	for _, at := range LivingOnly.of(next.Versions) {
		e, err := r.schemaInView(ctx, v, at.Schema)
		if err != nil {
			return err
		}
		if err := inLanguage(p, k, e.Format); err != nil {
			return conflicting(next, err)
		}
		if err := shown(ctx, v, next, at, e); err != nil {
			return err
		}
	}
	return nil
}

// keyed refuses a latest version, of values or of keys, without the fields that
// the product's key holds.
func (r *Registry) keyed(ctx context.Context, v weir.View, p *weir.Product, k weir.SubjectKind, s *weir.Subject) error {
	check := hasKey
	if k == weir.OfKey {
		check = holdsKey
	}
	at, lives := s.Latest()
	if !lives || len(p.Key) == 0 {
		return nil
	}
	e, err := r.parsedIn(ctx, v, at.Schema)
	if err == nil {
		err = check(p, e)
	}
	if weir.Invalid.In(err) {
		return conflicting(s, err)
	}
	return err
}

// maxPrivate bounds the private subjects that one domain may find at its making.
const maxPrivate = 10_000

// FollowDomain gives a domain that was just made the subjects below its _private
// and _shared, which belonged to the mesh as long as there was no such domain.
func (r *Registry) FollowDomain(ctx context.Context, v weir.View, d *weir.Domain) ([]weir.Change, error) {
	cs := r.changes()
	if err := r.followBelow(ctx, v, d, d.Name+"._private.", weir.VisibleDomain, cs); err != nil {
		return nil, err
	}
	if err := r.followBelow(ctx, v, d, d.Name+"._shared.", weir.VisibleMesh, cs); err != nil {
		return nil, err
	}
	return cs.list, cs.err
}

// followBelow gives a domain the subjects with a prefix.
func (r *Registry) followBelow(ctx context.Context, v weir.View, d *weir.Domain, prefix string, visibility weir.Visibility, cs *changes) error {
	for after := prefix; ; {
		page, err := v.List(ctx, weir.ListQuery{Noun: weir.NounSubject, Scope: weir.Everything, After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			s := it.Entity.(*weir.Subject)
			if !strings.HasPrefix(s.Name, prefix) {
				return cs.err
			}
			if len(cs.list) == maxPrivate {
				return weir.Errorf(weir.Limit, "there are more than %d subjects below %s", maxPrivate, prefix).WithFix("delete those that nobody needs, or choose another name")
			}
			if err := r.moved(ctx, v, owner{domain: d.UID, visibility: visibility}, it.Rev, s, cs); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return cs.err
		}
		after = page.Next
	}
}

// moved gives one subject to a domain.
func (r *Registry) moved(ctx context.Context, v weir.View, o owner, rev weir.Revision, s *weir.Subject, cs *changes) error {
	next := *s
	next.Domain, next.Visibility = o.domain, o.visibility
	for _, at := range LivingOnly.of(next.Versions) {
		e, err := r.schemaInView(ctx, v, at.Schema)
		if err != nil {
			return err
		}
		if err := shown(ctx, v, &next, at, e); err != nil {
			return err
		}
	}
	cs.put(s, rev, &next)
	return cs.err
}

// conflicting tells of a subject what is wrong with its schemas.
func conflicting(s *weir.Subject, err error) error {
	return weir.Errorf(weir.Conflict, "the subject %s has schemas already that the product cannot have: %s", s.Name, faultText(err)).
		WithFix("choose the encoding that they have, or delete them for ever first: weir schema delete %s --permanent", s.Name)
}

// shown checks that who may know of a version may know of what its schema refers
// to, and that it is not hidden from those whose schemas refer to it.
func shown(ctx context.Context, v weir.View, s *weir.Subject, at weir.SubjectVersion, e *weir.Schema) error {
	for _, ref := range e.References {
		to, _, err := weir.Find[*weir.Subject](ctx, v, weir.Ref{Noun: weir.NounSubject, Name: ref.Subject})
		if weir.NotFound.In(err) || err == nil && to.UID == s.UID {
			continue
		}
		if err == nil {
			err = mayShow(to, ref, s.Readers())
		}
		if err != nil {
			return err
		}
	}
	if len(s.Readers()) == 0 {
		return nil
	}
	private := ""
	if d, ok := weir.SplitPrivateSubject(s.Name); ok {
		private = d + "._private." // what is private to one domain moves together
	}
	by, err := referrer(ctx, v, s.Name, at, func(o *weir.Subject) bool {
		return !o.Domain.IsZero() && o.Domain == s.Domain && len(o.Readers()) > 0 || o.UID == s.UID ||
			private != "" && strings.HasPrefix(o.Name, private)
	})
	if err == nil && by != nil {
		err = weir.Errorf(weir.Conflict, "the subject %s would be hidden from %s, whose schema refers to it", s.Name, toldOf(by, s.Domain)).
			WithFix("change what refers to it first")
	}
	return err
}

// toldOf names a subject to a domain, unless it may not know of it.
func toldOf(s *weir.Subject, domain weir.UID) string {
	if len(s.Readers()) > 0 && s.Domain != domain {
		return "a subject that another domain keeps to itself"
	}
	return s.Name
}

// schemaInView finds a schema; it never changes, so memory is as good.
func (r *Registry) schemaInView(ctx context.Context, v weir.View, u weir.UID) (*weir.Schema, error) {
	if e, ok := r.cfg.Index.schema(u); ok {
		return e, nil
	}
	e, _, err := weir.Find[*weir.Schema](ctx, v, weir.Ref{Noun: weir.NounSchema, UID: u})
	return e, err
}

// End deletes the subjects of a topic whose data is destroyed. Conflict when
// another subject's schema refers to one of them.
func (r *Registry) End(ctx context.Context, v weir.View, topic string) ([]weir.Change, error) {
	names := []string{weir.SubjectOfTopic(topic, weir.OfKey), weir.SubjectOfTopic(topic, weir.OfValue)}
	cs := r.changes()
	for _, name := range names {
		s, rev, err := weir.Find[*weir.Subject](ctx, v, weir.Ref{Noun: weir.NounSubject, Name: name})
		if weir.NotFound.In(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, at := range LivingOnly.of(s.Versions) {
			by, err := referrer(ctx, v, name, at, func(o *weir.Subject) bool { return o.Name == names[0] || o.Name == names[1] })
			if err != nil {
				return nil, err
			}
			if by != nil {
				return nil, fault(ReferenceExists, weir.Conflict, "version %d of subject %s cannot go: the schemas of %s refer to it", at.Version, name, toldOf(by, s.Domain)).
					WithFix("delete those first")
			}
		}
		cs.list = append(cs.list, weir.DeleteChange(r.cfg.Home, s, rev))
	}
	return cs.list, nil
}
