package registry

import (
	"context"
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// Which selects subjects, or schemas.
type Which struct {
	Prefix        string // of the subject
	Deleted       Deleted
	LatestOnly    bool
	Offset, Limit int // Limit 0: all, as many as the registry lists
}

// page is the part of a list that is asked for.
func page[T any](all []T, w Which) []T {
	all = all[min(max(w.Offset, 0), len(all)):]
	if w.Limit > 0 && w.Limit < len(all) {
		all = all[:w.Limit]
	}
	return all
}

// listed is the subjects that a list is made of. Those of what Weir itself
// offers are listed only if the prefix asks for them: who copies or empties a
// registry by its lists means what people put there.
func (r *Registry) listed(p weir.Principal, w Which) []*weir.Subject {
	all := r.cfg.Index.list(w.Prefix, p.Scope())
	if strings.HasPrefix(w.Prefix, weir.OwnTopics) {
		return all
	}
	return slices.DeleteFunc(all, func(s *weir.Subject) bool { return strings.HasPrefix(s.Name, weir.OwnTopics) && s.Domain.Own() })
}

// Subjects lists names, sorted.
func (r *Registry) Subjects(_ context.Context, p weir.Principal, w Which) ([]string, error) {
	names := []string{}
	for _, s := range r.listed(p, w) {
		_, lives := s.Latest()
		if len(s.Versions) > 0 && w.Deleted.has(!lives) {
			names = append(names, s.Name)
		}
	}
	return page(names, w), nil
}

// Versions lists a subject's versions, ascending.
func (r *Registry) Versions(_ context.Context, p weir.Principal, subject string, w Which) ([]int, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return nil, err
	}
	vs := w.Deleted.of(s.versions())
	if len(vs) == 0 && (w.Deleted != DeletedOnly || len(s.versions()) == 0) {
		return nil, noSubject(subject)
	}
	return page(numbers(vs), w), nil
}

func numbers(vs []weir.SubjectVersion) []int {
	out := make([]int, len(vs))
	for i, v := range vs {
		out[i] = v.Version
	}
	return out
}

// spot is a version of a subject, before its text is fetched.
type spot struct {
	subject *weir.Subject
	version weir.SubjectVersion
}

// MaxListed bounds the bytes of the texts of one list.
const MaxListed = 64 << 20

// listing is how many lists of texts are read at once, and of one caller.
const (
	listing     = 16
	listingWait = 64
	listingEach = 4
)

// EachSchema gives versions of all subjects, by subject and version, one after
// the other: no more than one text is held for it. What has more than
// [MaxListed] bytes of texts is refused before the first one is given: a part
// that looks like all would be worse.
func (r *Registry) EachSchema(ctx context.Context, p weir.Principal, w Which) (*Listing, error) {
	leave, err := r.lists.enter(ctx, p.Ref.UID)
	if err != nil {
		return nil, err
	}
	l := &Listing{r: r, spots: page(r.spots(p, w), w), leave: leave}
	if err := l.measure(ctx); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// spots lists the places that a selection has.
func (r *Registry) spots(p weir.Principal, w Which) []spot {
	var all []spot
	for _, s := range r.listed(p, w) {
		vs := w.Deleted.of(s.Versions)
		if w.LatestOnly && len(vs) > 1 {
			vs = vs[len(vs)-1:]
		}
		for _, v := range vs {
			all = append(all, spot{s, v})
		}
	}
	return all
}

// Listing is a list of versions that is read one by one. Close it.
type Listing struct {
	r     *Registry
	spots []spot
	leave func()
}

// measure refuses what is too much.
func (l *Listing) measure(ctx context.Context) error {
	bytes := 0
	for i, at := range l.spots {
		v, err := l.r.at(ctx, at.subject, at.version)
		if err != nil {
			return err
		}
		if bytes += len(v.Text); bytes > MaxListed {
			return fault(TooLarge, weir.Limit, "the list has more than %d MB of schemas", MaxListed>>20).At("limit").
				WithFix("ask for at most %d at once (limit=%d, then offset=%d and so on), or for some: subjectPrefix, latestOnly", i, i, i)
		}
	}
	return nil
}

// Each calls yield with every version, until it fails.
func (l *Listing) Each(ctx context.Context, yield func(Version) error) error {
	for _, at := range l.spots {
		v, err := l.r.at(ctx, at.subject, at.version)
		if err == nil {
			err = yield(v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close gives the place to somebody else.
func (l *Listing) Close() { l.leave() }

// Uses lists where a schema is, by subject and version. Texts are left out.
func (r *Registry) Uses(_ context.Context, p weir.Principal, id weir.SchemaID, w Which) ([]Version, error) {
	uses, ok := r.cfg.Index.uses(id, p.Scope())
	if !ok {
		return nil, noSchemaID(id)
	}
	out := []Version{}
	for _, u := range uses {
		if w.Deleted.has(u.Deleted) && len(u.Subject) >= len(w.Prefix) && u.Subject[:len(w.Prefix)] == w.Prefix {
			out = append(out, u)
		}
	}
	return page(out, w), nil
}

// ReferencedBy lists the ids of the schemas that refer to a version.
func (r *Registry) ReferencedBy(_ context.Context, p weir.Principal, subject string, version int, w Which) ([]weir.SchemaID, error) {
	s, err := r.lookAs(p, subject)
	if err != nil {
		return nil, err
	}
	v, err := s.version(version, DeletedToo)
	if err != nil {
		return nil, err
	}
	return page(r.cfg.Index.referrers(place{s.name, v.Version}, p.Scope()), w), nil
}
