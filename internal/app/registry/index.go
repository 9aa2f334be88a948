package registry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/weirmesh/weir"
)

// Index is every subject and schema in memory, without their texts. It is made
// from the state and then follows the ledger, change by change; what it costs
// does not grow with the number of subjects. The entities in it never change,
// so who got one keeps it as it was.
type Index struct {
	ledger weir.Ledger

	mu        sync.RWMutex
	at        weir.Offset
	moved     chan struct{} // closed and replaced when at moves
	mesh      *weir.Mesh
	meshRev   weir.Revision
	names     []string // of subjects, sorted
	byName    map[string]*held
	byUID     map[weir.UID]*held
	schemas   map[weir.UID]*known
	byID      map[weir.SchemaID]*known
	content   map[weir.Hash][]*known // the lowest id first
	referred  map[place][]*known     // the lowest id first
	greatest  weir.SchemaID
	products  map[string]*weir.Product
	published map[string]*weir.Product // by the topic that it was
	domains   map[string]weir.UID
	topics    map[string]bool     // those that are not ending
	named     map[weir.UID]string // the names of products, domains and topics
	texts     map[string]weir.UID // by name; only those that were asked for or came while following
}

// held is a subject as it is now.
type held struct {
	*weir.Subject
	rev weir.Revision
}

// known is a schema with the places where it is.
type known struct {
	*weir.Schema
	content weir.Hash
	uses    []place // by subject and version
}

// place is a version of a subject.
type place struct {
	subject string
	version int
}

func (p place) compare(q place) int {
	if c := strings.Compare(p.subject, q.subject); c != 0 {
		return c
	}
	return p.version - q.version
}

// NewIndex reads the state and goes on from there.
func NewIndex(ctx context.Context, state weir.State, ledger weir.Ledger) (*Index, error) {
	x := &Index{
		ledger: ledger, moved: make(chan struct{}),
		byName: map[string]*held{}, byUID: map[weir.UID]*held{},
		schemas: map[weir.UID]*known{}, byID: map[weir.SchemaID]*known{},
		content: map[weir.Hash][]*known{}, referred: map[place][]*known{},
		products: map[string]*weir.Product{}, published: map[string]*weir.Product{}, domains: map[string]weir.UID{}, topics: map[string]bool{}, named: map[weir.UID]string{},
		texts: map[string]weir.UID{},
	}
	if err := x.load(ctx, state); err != nil {
		return nil, err
	}
	return x, x.catchUp(ctx)
}

// load takes everything that the state shows.
func (x *Index) load(ctx context.Context, state weir.State) error {
	v, done, err := state.View(ctx)
	if err != nil {
		return err
	}
	defer done()
	x.at = v.Offset()
	for _, n := range []weir.Noun{weir.NounMesh, weir.NounDomain, weir.NounProduct, weir.NounTopic, weir.NounSchema, weir.NounSubject} {
		brief := n == weir.NounProduct // a subject's versions are long, and needed
		err := weir.All(ctx, v, weir.ListQuery{Noun: n, Scope: weir.Everything, Brief: brief}, func(it weir.Item) error {
			return x.put(it.Entity.Ref(), it.Entity, it.Rev)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Run follows the ledger until ctx ends.
func (x *Index) Run(ctx context.Context) error {
	for {
		at, _ := x.offset()
		if _, err := x.ledger.Wait(ctx, at); err != nil {
			return ended(ctx, err)
		}
		if err := x.catchUp(ctx); err != nil {
			return ended(ctx, err)
		}
	}
}

// Wait returns once the index shows an offset, or ctx's error.
func (x *Index) Wait(ctx context.Context, at weir.Offset) error {
	for {
		now, moved := x.offset()
		if now >= at {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return weir.Errorf(weir.Unavailable, "the registry does not show entry %d yet", at).
				WithFix("try again in a moment").Because(ctx.Err())
		}
	}
}

func (x *Index) offset() (weir.Offset, <-chan struct{}) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.at, x.moved
}

// catchUp applies everything that the ledger has and the index has not.
func (x *Index) catchUp(ctx context.Context) error {
	at, _ := x.offset()
	return x.ledger.Read(ctx, at+1, x.apply)
}

func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// subject finds a subject, with its revision; nil and 0 if there is none.
func (x *Index) subject(name string) (*weir.Subject, weir.Revision) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if h, ok := x.byName[name]; ok {
		return h.Subject, h.rev
	}
	return nil, 0
}

// schema finds a schema by its uid.
func (x *Index) schema(u weir.UID) (*weir.Schema, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	k, ok := x.schemas[u]
	if !ok {
		return nil, false
	}
	return k.Schema, true
}

// same lists the schemas with a content, the lowest id first.
func (x *Index) same(content weir.Hash) []*weir.Schema {
	x.mu.RLock()
	defer x.mu.RUnlock()
	out := make([]*weir.Schema, 0, len(x.content[content]))
	for _, k := range x.content[content] {
		out = append(out, k.Schema)
	}
	return out
}

// product finds a living product by its name.
func (x *Index) product(name string) *weir.Product {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.products[name]
}

// place says where a schema is that a principal may know of; subject, if
// it is one of them, else the first.
func (x *Index) place(id weir.SchemaID, scope weir.Scope, subject string) (*weir.Schema, *weir.Subject, int, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	k, ok := x.byID[id]
	if !ok {
		return nil, nil, 0, false
	}
	if i, _ := slices.BinarySearchFunc(k.uses, place{subject, 0}, place.compare); subject != "" && i < len(k.uses) && k.uses[i].subject == subject {
		if h := x.byName[subject]; scope.Knows(h.Readers()) {
			return k.Schema, h.Subject, k.uses[i].version, true
		}
	}
	for _, u := range k.uses {
		if h := x.byName[u.subject]; scope.Knows(h.Readers()) {
			return k.Schema, h.Subject, u.version, true
		}
	}
	return nil, nil, 0, false
}

// uses lists where a schema is, in scope, by subject and version; false if it is
// nowhere.
func (x *Index) uses(id weir.SchemaID, scope weir.Scope) ([]Version, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	k, ok := x.byID[id]
	if !ok {
		return nil, false
	}
	var out []Version
	for _, u := range k.uses {
		h := x.byName[u.subject]
		if v, ok := h.At(u.version); ok && scope.Knows(h.Readers()) {
			out = append(out, bare(u.subject, v, k.Schema))
		}
	}
	return out, len(out) > 0
}

// living reports whether a schema is a version that is not deleted, of a subject
// in scope.
func (x *Index) living(k *known, scope weir.Scope) bool {
	return slices.ContainsFunc(k.uses, func(u place) bool {
		h := x.byName[u.subject]
		v, _ := h.At(u.version)
		return !v.Deleted && scope.Knows(h.Readers())
	})
}

// referrers lists the schemas that refer to a place and are living versions of
// subjects in scope.
func (x *Index) referrers(at place, scope weir.Scope) []weir.SchemaID {
	x.mu.RLock()
	defer x.mu.RUnlock()
	ids := []weir.SchemaID{}
	for _, k := range x.referred[at] {
		if x.living(k, scope) {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

// maxID is the greatest id that was given.
func (x *Index) maxID() weir.SchemaID {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.greatest
}

// list gives the subjects whose name begins with a prefix, sorted by name, that
// are in scope.
func (x *Index) list(prefix string, scope weir.Scope) []*weir.Subject {
	x.mu.RLock()
	defer x.mu.RUnlock()
	i, _ := slices.BinarySearch(x.names, prefix)
	var out []*weir.Subject
	for ; i < len(x.names) && strings.HasPrefix(x.names[i], prefix); i++ {
		if s := x.byName[x.names[i]].Subject; scope.Knows(s.Readers()) {
			out = append(out, s)
		}
	}
	return out
}

// text finds the uid of a text that the index heard of.
func (x *Index) text(name string) (weir.UID, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	u, ok := x.texts[name]
	return u, ok
}

// heard remembers a text that the state has.
func (x *Index) heard(name string, u weir.UID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.texts[name] = u
}
