package registry

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// DeleteVersion deletes softly, or for ever what was deleted softly before.
func (r *Registry) DeleteVersion(ctx context.Context, call weir.Call, subject string, version int, permanent bool) (int, error) {
	if version < 1 && version != Latest {
		return 0, invalidVersion(version)
	}
	return answered[int](r.edit(ctx, call, edit{
		op: "schema.delete", event: "schema.deleted", name: subject, verb: rights.Delete, free: true,
		change: func(ctx context.Context, v weir.View, was seen, next *weir.Subject) (any, error) {
			e := ending{was, call.By, permanent}
			at, err := e.deletable(version)
			if err != nil {
				return nil, err
			}
			return at.Version, end(ctx, v, e, next, []weir.SubjectVersion{at})
		},
	}))
}

// deletable finds the version that is to be deleted.
func (e ending) deletable(version int) (weir.SubjectVersion, error) {
	s, permanent := e.was, e.permanent
	at, err := s.version(version, DeletedToo)
	switch {
	case err != nil:
		return at, err
	case !permanent && at.Deleted:
		return at, fault(VersionSoftDeleted, weir.NotFound, "Subject '%s' Version %d was soft deleted.Set permanent=true to delete permanently", s.name, at.Version)
	case s.writable() != nil:
		return at, s.writable()
	case permanent && at.Deleted && e.holds():
		return at, e.refuse()
	case permanent && !at.Deleted:
		return at, fault(VersionNotSoftDeleted, weir.NotFound, "Subject '%s' Version %d was not deleted first before being permanently deleted", s.name, at.Version)
	}
	return at, nil
}

// DeleteSubject deletes all versions of a subject and lists them.
func (r *Registry) DeleteSubject(ctx context.Context, call weir.Call, subject string, permanent bool) ([]int, error) {
	return answered[[]int](r.edit(ctx, call, edit{
		op: "subject.delete", event: "subject.deleted", name: subject, verb: rights.Delete, free: true,
		change: func(ctx context.Context, v weir.View, was seen, next *weir.Subject) (any, error) {
			_, lives := was.latest()
			e := ending{was, call.By, permanent}
			switch {
			case len(was.versions()) == 0:
				return nil, noSubject(subject)
			case !permanent && !lives:
				return nil, fault(SubjectSoftDeleted, weir.NotFound, "Subject '%s' was soft deleted.Set permanent=true to delete permanently", subject)
			case was.writable() != nil:
				return nil, was.writable()
			case permanent && lives:
				return nil, fault(SubjectNotSoftDeleted, weir.NotFound, "Subject '%s' was not deleted first before being permanently deleted", subject)
			case permanent && e.holds():
				return nil, e.refuse()
			}
			gone := was.versions()
			if !permanent {
				gone = LivingOnly.of(gone)
			}
			return numbers(gone), end(ctx, v, e, next, gone)
		},
	}))
}

// ending is how versions are to go: from what, by whom, softly or for ever.
type ending struct {
	was       seen
	by        weir.Principal
	permanent bool
}

// imports: while a history is imported, what deletes is part of it.
func (e ending) imports() bool {
	return e.was.mode() == weir.ModeImport && mayImport(e.by, e.was.name) == nil
}

// holds reports whether there are records that the schemas are needed to read.
func (e ending) holds() bool { return e.was.owner.kept && !e.imports() }

func (e ending) refuse() error {
	product, topic, _, _ := weir.SplitSubject(e.was.name)
	if p := e.was.owner.product; p != nil {
		product, topic = p.Name, p.OnCluster()
	}
	return fault(NotPermitted, weir.Conflict, "the schemas of subject %s are needed to read the records in topic %s", e.was.name, topic).
		WithFix("leave them deleted softly; they end with the data: weir product delete %s --destroy-data", product)
}

// end takes versions out of a subject. With the last living one its
// configuration and mode go.
func end(ctx context.Context, v weir.View, e ending, next *weir.Subject, gone []weir.SubjectVersion) error {
	was := e.was
	for _, at := range gone {
		by, err := referrer(ctx, v, was.name, at, func(*weir.Subject) bool { return false })
		if err != nil {
			return err
		}
		if by != nil {
			return fault(ReferenceExists, weir.Conflict, "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=%s,version=%d}.", was.name, at.Version).
				WithFix("delete what refers to it first: weir schema show %s --referenced-by lists it", was.name)
		}
	}
	for _, at := range gone {
		i := slices.IndexFunc(next.Versions, func(v weir.SubjectVersion) bool { return v.Version == at.Version })
		if e.permanent {
			next.Versions = slices.Delete(next.Versions, i, i+1)
		} else {
			next.Versions[i].Deleted = true
		}
	}
	_, lived := was.latest()
	if _, lives := next.Latest(); !lived || lives || e.imports() {
		return nil
	}
	if p := was.owner.product; p != nil {
		return fault(NotPermitted, weir.Conflict, "version %d is the last one of subject %s, the contract of %s", gone[len(gone)-1].Version, was.name, p.Ref()).
			WithFix("register another version first, or delete the product: weir product delete %s", p.Name)
	}
	next.Config, next.Mode = nil, ""
	return nil
}

// referrer finds a subject that has a living version whose schema refers to a
// version; nil if none does. Those that ignore names do not count.
func referrer(ctx context.Context, v weir.View, subject string, at weir.SubjectVersion, ignore func(*weir.Subject) bool) (*weir.Subject, error) {
	var by *weir.Subject
	err := weir.All(ctx, v, weir.ListQuery{Noun: weir.NounSchema, Scope: weir.Everything, Refers: []weir.UID{at.Schema}}, func(it weir.Item) error {
		e := it.Entity.(*weir.Schema)
		if by != nil || !slices.ContainsFunc(e.References, func(r weir.SchemaReference) bool { return r.Subject == subject && r.Version == at.Version }) {
			return nil
		}
		var err error
		by, err = livingUser(ctx, v, e.UID, ignore)
		return err
	})
	return by, err
}

// livingUser finds a subject that has a schema as a living version.
func livingUser(ctx context.Context, v weir.View, schema weir.UID, ignore func(*weir.Subject) bool) (*weir.Subject, error) {
	var by *weir.Subject
	err := weir.All(ctx, v, weir.ListQuery{Noun: weir.NounSubject, Scope: weir.Everything, Refers: []weir.UID{schema}}, func(it weir.Item) error {
		s := it.Entity.(*weir.Subject)
		if by == nil && !ignore(s) && slices.ContainsFunc(s.Versions, func(v weir.SubjectVersion) bool { return v.Schema == schema && !v.Deleted }) {
			by = s
		}
		return nil
	})
	return by, err
}

// answered reads what a decision answered.
func answered[T any](receipt weir.Receipt, err error) (T, error) {
	var out T
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(receipt.Answer, &out); err != nil {
		return out, weir.Errorf(weir.Internal, "the answer of the registry cannot be read").Because(err)
	}
	return out, nil
}
