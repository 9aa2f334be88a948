// Package access says which application gets which data: it allows and
// revokes, and compiles all rights into an immutable [Snapshot] that the
// gateway asks for every frame, without a query.
//
// A [Live] holds the newest snapshot. It follows the ledger: each record is
// applied to a copy, which then replaces the one before. Who keeps a snapshot
// keeps the rights as they were; so nobody keeps one longer than one frame.
package access

import (
	"bytes"
	"maps"
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/rights"
)

// Login is an application that can log in, with what it needs to.
type Login struct {
	Application weir.UID
	Name        string
	Team        weir.UID
	Credential  weir.UID
	Scram       weir.ScramVerifier
}

// Topic is a topic that exists on the cluster for a product or a private
// stream.
type Topic struct {
	Name     string // what lists show: of a product, its own
	Physical string // on the cluster
	ID       weir.TopicID
	Of       weir.Ref // the product or stream
	Domain   weir.UID
	Compact  bool // the product is a table
}

// Snapshot is the rights at one offset. It never changes.
type Snapshot struct {
	at           weir.Offset
	applications map[weir.UID]*weir.Application
	credentials  map[weir.UID]*weir.Credential
	byName       map[string]weir.UID // credential by name
	domains      map[weir.UID]*weir.Domain
	products     map[weir.UID]*weir.Product
	streams      map[weir.UID]*weir.Stream
	topics       map[weir.UID]*weir.Topic
	topicByName  map[string]weir.UID // on the cluster
	own          map[string]weir.UID // published product by the name that it gives its topic
	topicByID    map[weir.TopicID]weir.UID
	allowed      map[pair]weir.UID // access entity
	accesses     map[weir.UID]pair
	queries      map[weir.UID]*weir.Query
	made         map[weir.UID]weir.UID // query by the product, or the stream, that it alone writes
}

type pair struct{ product, application weir.UID }

// emptySnapshot knows nothing and allows nothing.
func emptySnapshot() *Snapshot {
	return &Snapshot{
		applications: map[weir.UID]*weir.Application{},
		credentials:  map[weir.UID]*weir.Credential{},
		byName:       map[string]weir.UID{},
		domains:      map[weir.UID]*weir.Domain{},
		products:     map[weir.UID]*weir.Product{},
		streams:      map[weir.UID]*weir.Stream{},
		topics:       map[weir.UID]*weir.Topic{},
		topicByName:  map[string]weir.UID{},
		own:          map[string]weir.UID{},
		topicByID:    map[weir.TopicID]weir.UID{},
		allowed:      map[pair]weir.UID{},
		accesses:     map[weir.UID]pair{},
		queries:      map[weir.UID]*weir.Query{},
		made:         map[weir.UID]weir.UID{},
	}
}

// Offset is the last entry that the snapshot shows.
func (s *Snapshot) Offset() weir.Offset { return s.at }

// Login finds the application that logs in under a user name.
func (s *Snapshot) Login(user string) (Login, bool) {
	c, ok := s.credentials[s.byName[user]]
	if !ok {
		return Login{}, false
	}
	a, ok := s.applications[c.Application]
	if !ok || a.Ending {
		return Login{}, false
	}
	return Login{Application: a.UID, Name: a.Name, Team: a.Team, Credential: c.UID, Scram: c.Scram}, true
}

// Holds reports whether a login is still good: its credential was not ended,
// and its application lives.
func (s *Snapshot) Holds(l Login) bool {
	now, ok := s.Login(l.Name)
	return ok && now.Credential == l.Credential && now.Application == l.Application
}

// ownedBy lists the domains that a team owns, in their order of making.
func (s *Snapshot) ownedBy(team weir.UID) []weir.UID {
	var of []weir.UID
	for u, d := range s.domains {
		if d.Team == team {
			of = append(of, u)
		}
	}
	slices.SortFunc(of, func(a, b weir.UID) int { return bytes.Compare(a[:], b[:]) })
	return of
}

// TopicByID finds a topic by the cluster's id for it.
func (s *Snapshot) TopicByID(id weir.TopicID) (Topic, bool) { return s.topic(s.topicByID[id]) }

// topic finds what is made and belongs to something that lives.
func (s *Snapshot) topic(u weir.UID) (Topic, bool) {
	t, ok := s.topics[u]
	if !ok || t.State != weir.TopicMade {
		return Topic{}, false
	}
	out := Topic{Name: t.Name, Physical: t.Name, ID: t.ID, Domain: t.Domain, Compact: t.Compact}
	if p, ok := s.products[t.Of]; ok {
		out.Of, out.Name = p.Ref(), s.nameOf(u, t, p)
	} else if st, ok := s.streams[t.Of]; ok {
		out.Of = st.Ref()
	} else {
		return Topic{}, false
	}
	return out, true
}

// Rights says what a logged-in application may do with a topic.
func (s *Snapshot) Rights(l Login, t Topic) rights.Topic {
	team := s.teamOf(l)
	return rights.OnTopic(s.facts(t,
		func(owner weir.UID) bool { return owner == team },
		func(p weir.UID) bool { _, ok := s.allowed[pair{p, l.Application}]; return ok }))
}

// PersonRights says what the applications of a person's teams could do with a
// topic: a person reads what they could. Who is in the team that owns what is
// Weir's own reads it too.
func (s *Snapshot) PersonRights(teams []weir.UID, t Topic) rights.Topic {
	owns := func(owner weir.UID) bool { return slices.Contains(teams, owner) }
	return rights.OnTopic(s.facts(t, owns, func(p weir.UID) bool {
		d, ok := s.domains[t.Domain]
		return ok && p.Own() && owns(d.Team) || s.allowedTo(teams, p)
	}))
}

// facts is what the rule decides by, for somebody who owns some teams' things
// and was allowed some products.
func (s *Snapshot) facts(t Topic, owns, allowed func(weir.UID) bool) rights.TopicFacts {
	f := rights.TopicFacts{}
	_, f.Made = s.made[t.Of.UID]
	if d, ok := s.domains[t.Domain]; ok && !d.UID.Own() { // what is Weir's own only Weir writes
		f.OwnDomain = owns(d.Team)
	}
	if p, ok := s.products[t.Of.UID]; ok {
		f.Product = true
		f.Mesh = p.Visibility == weir.VisibleMesh
		f.Open = p.Access == weir.AccessOpen
		f.Closed, f.Ended = p.Stage() == weir.Deprecated, p.Stage() == weir.Retired
		f.Allowed = allowed(p.UID)
	}
	return f
}

// allowedTo reports whether a living application of one of the teams was
// allowed to read a product.
func (s *Snapshot) allowedTo(teams []weir.UID, product weir.UID) bool {
	for u, a := range s.applications {
		if _, ok := s.allowed[pair{product, u}]; ok && !a.Ending && slices.Contains(teams, a.Team) {
			return true
		}
	}
	return false
}

// teamOf is the application's team now; it may have moved since the login.
func (s *Snapshot) teamOf(l Login) weir.UID {
	if a, ok := s.applications[l.Application]; ok {
		return a.Team
	}
	return weir.UID{1} // nobody's
}

// Visible calls yield with every topic that an application may know of, in no
// particular order, until it returns false.
func (s *Snapshot) Visible(l Login) func(yield func(Topic) bool) {
	return func(yield func(Topic) bool) {
		for u := range s.topics {
			t, ok := s.topic(u)
			if ok && s.Rights(l, t).Has(rights.See) && !yield(t) {
				return
			}
		}
	}
}

// fork is a copy that may be changed until somebody else sees it.
func (s *Snapshot) fork() *Snapshot {
	return &Snapshot{
		at:           s.at,
		applications: maps.Clone(s.applications),
		credentials:  maps.Clone(s.credentials),
		byName:       maps.Clone(s.byName),
		domains:      maps.Clone(s.domains),
		products:     maps.Clone(s.products),
		streams:      maps.Clone(s.streams),
		topics:       maps.Clone(s.topics),
		topicByName:  maps.Clone(s.topicByName),
		own:          maps.Clone(s.own),
		topicByID:    maps.Clone(s.topicByID),
		allowed:      maps.Clone(s.allowed),
		accesses:     maps.Clone(s.accesses),
		queries:      maps.Clone(s.queries),
		made:         maps.Clone(s.made),
	}
}

// apply takes one more record into a fork.
func (s *Snapshot) apply(r weir.Record) error {
	for _, c := range r.Entry.Changes {
		if err := s.applyChange(c); err != nil {
			return err
		}
	}
	s.at = r.Offset
	return nil
}

// decisive are the nouns that rights are made of.
var decisive = []weir.Noun{
	weir.NounApplication, weir.NounCredential, weir.NounDomain, weir.NounProduct, weir.NounStream, weir.NounTopic, weir.NounAccess,
	weir.NounQuery,
}

func (s *Snapshot) applyChange(c weir.Change) error {
	if c.Deleted || !slices.Contains(decisive, c.Ref.Noun) {
		s.put(c.Ref, nil)
		return nil
	}
	e, err := weir.DecodeEntity(c.Ref.Noun, c.Body)
	if err == nil {
		s.put(c.Ref, e)
	}
	return err
}

// put takes an entity's new state; nil is its end.
func (s *Snapshot) put(r weir.Ref, e weir.Entity) {
	switch u := r.UID; r.Noun {
	case weir.NounApplication:
		put(s.applications, u, e)
	case weir.NounDomain:
		put(s.domains, u, e)
	case weir.NounProduct:
		s.putProduct(u, e)
	case weir.NounStream:
		put(s.streams, u, e)
	case weir.NounCredential:
		s.putCredential(u, e)
	case weir.NounTopic:
		s.putTopic(u, e)
	case weir.NounAccess:
		s.putAccess(u, e)
	case weir.NounQuery:
		s.putQuery(u, e)
	}
}

func (s *Snapshot) putCredential(u weir.UID, e weir.Entity) {
	if old, ok := s.credentials[u]; ok && s.byName[old.Name] == u {
		delete(s.byName, old.Name)
	}
	put(s.credentials, u, e)
	if c, ok := s.credentials[u]; ok {
		s.byName[c.Name] = u
	}
}

func (s *Snapshot) putTopic(u weir.UID, e weir.Entity) {
	if old, ok := s.topics[u]; ok {
		delete(s.topicByName, old.Name)
		delete(s.topicByID, old.ID)
	}
	put(s.topics, u, e)
	if t, ok := s.topics[u]; ok {
		s.topicByName[t.Name] = u
		if t.ID != (weir.TopicID{}) {
			s.topicByID[t.ID] = u
		}
	}
}

func (s *Snapshot) putAccess(u weir.UID, e weir.Entity) {
	if old, ok := s.accesses[u]; ok {
		delete(s.allowed, old)
		delete(s.accesses, u)
	}
	if a, ok := e.(*weir.Access); ok {
		p := pair{a.Product, a.Application}
		s.allowed[p], s.accesses[u] = u, p
	}
}

// putQuery takes what a query makes: its product, and the stream of what it sets
// aside.
func (s *Snapshot) putQuery(u weir.UID, e weir.Entity) {
	if old, ok := s.queries[u]; ok {
		delete(s.made, old.Product)
		delete(s.made, old.Aside)
	}
	put(s.queries, u, e)
	if q, ok := s.queries[u]; ok {
		s.made[q.Product], s.made[q.Aside] = u, u // no topic is of the zero uid
	}
}

// put sets m[u] to e, or deletes it if e is nil.
func put[E weir.Entity](m map[weir.UID]E, u weir.UID, e weir.Entity) {
	if v, ok := e.(E); ok {
		m[u] = v
	} else {
		delete(m, u)
	}
}
