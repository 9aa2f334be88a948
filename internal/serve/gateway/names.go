package gateway

import (
	"maps"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/access"
	"github.com/weirmesh/weir/internal/core/rights"
)

// A published topic has two names, its product's own and the one that it has on
// the cluster, and one id. Everything that judges a request or an answer sees
// the client's names; the cluster sees its own. Here is the one place between
// them: names are replaced after a request was judged, and before its answer is.
//
// An answer has the name that the request had. Where the request had none, it is
// the one that this connection subscribed to or asked for last, else the client
// on its other connections, else the product's own: an alias that a client uses
// is not taken from it by a list. In a request with both names of one topic the
// product's own goes and the alias is told that it is no topic; Metadata tells of
// both, of the alias without an id, since clients keep one name of an id.

// names is what an exchange knows of its request's names.
type names struct {
	then *access.Snapshot  // the rights of the request's moment
	used map[string]string // the client's names of published topics, by the cluster's
}

// readNames reads the request's names, before it is judged.
func (x *exchange) readNames() {
	x.then = x.snap
	note := x.notes()
	if !note && !x.then.Aliases() {
		return
	}
	renameRequest(x.req, func(name string) string {
		if t, ok := x.known(name); ok {
			x.read(t, name, note)
		}
		return name
	})
	for physical, name := range x.used {
		if note {
			x.c.remember(physical, name == physical)
		}
	}
	if x.entry.key == keyJoinGroup {
		x.c.joined.Store(&x.used)
	}
}

// read notes one name.
func (x *exchange) read(t access.Topic, name string, note bool) {
	if !t.Aliased() {
		if note && t.Of.Noun == weir.NounStream { // which may get another name one day
			x.c.remember(t.Physical, true)
		}
		return
	}
	if before, ok := x.used[t.Physical]; ok && before != name {
		name = t.Name
	}
	x.use(t.Physical, name)
}

func (x *exchange) use(physical, name string) {
	if x.used == nil {
		x.used = map[string]string{}
	}
	x.used[physical] = name
}

// notes reports whether the request says by which names its client knows
// topics: it asks for them, or subscribes.
func (x *exchange) notes() bool {
	switch x.req.(type) {
	case *kmsg.MetadataRequest, *kmsg.JoinGroupRequest, *kmsg.ConsumerGroupHeartbeatRequest:
		return true
	}
	return false
}

// known finds a topic by either name as it was at the request, if the
// application may know of it: names that come back must tell it nothing.
func (x *exchange) known(name string) (access.Topic, bool) {
	t, ok := x.then.Topic(name)
	return t, ok && x.then.Rights(x.login, t).Has(rights.See)
}

// called judges a topic by name, which must be the one that goes in this
// exchange.
func (x *exchange) called(name string, want rights.Topic) int16 {
	code := x.byName(name, want)
	if code != allowed || len(x.used) == 0 {
		return code
	}
	if t, ok := x.known(name); ok {
		if goes, ok := x.used[t.Physical]; ok && goes != name {
			return kerr.InvalidTopicException.Code
		}
	}
	return allowed
}

// toCluster replaces the client's names in a request.
func (x *exchange) toCluster() {
	if !x.then.Aliases() {
		return
	}
	changed := renameRequest(x.req, func(name string) string {
		if t, ok := x.known(name); ok {
			return t.Physical
		}
		return name
	})
	x.changed = x.changed || changed
}

// renames reports whether the answer may hold names that its client must not
// see as they are.
func (x *exchange) renames() bool {
	if !x.then.Aliases() {
		return false
	}
	switch x.entry.key {
	case keyJoinGroup, keySyncGroup:
		return true
	}
	for physical, name := range x.used {
		if physical != name {
			return true
		}
	}
	return x.entry.answer != nil
}

// toClient replaces the cluster's names in an answer.
func (x *exchange) toClient(resp kmsg.Response) bool {
	return renameResponse(resp, func(physical string) string {
		if name, ok := x.used[physical]; ok {
			return name
		}
		if name, ok := x.joined(physical); ok {
			return name
		}
		if t, ok := x.known(physical); ok {
			return x.shown(t)
		}
		return physical
	})
}

// joined is the name by which the member of a group that this connection is
// about has subscribed to a topic: what it is assigned goes by that alone.
func (x *exchange) joined(physical string) (name string, ok bool) {
	if used := x.c.joined.Load(); used != nil && x.entry.key == keySyncGroup {
		name, ok = (*used)[physical]
	}
	return name, ok
}

// shown is a topic's name for a client that did not say one.
func (x *exchange) shown(t access.Topic) string {
	if physical, ok := x.c.remembered(t.Physical); ok && physical {
		return t.Physical
	}
	return t.Name
}

// resumed gives an exchange the names of what its fetch session holds. False if
// the request has another name for a topic of the session.
func (s *session) resumed(x *exchange) bool {
	for physical, name := range x.used {
		if was, ok := s.names[physical]; ok && was != name {
			return false
		}
	}
	if len(x.used) > 0 {
		next := maps.Clone(x.used)
		maps.Copy(next, s.names)
		s.names = next
	}
	x.used = s.names
	return true
}

// rename finds the names of the session's topics anew: rights have moved.
func (s *session) rename(x *exchange) {
	s.names = nil
	for topic := range s.topics {
		if t, ok := x.known(topic.name); ok && t.Aliased() {
			if s.names == nil {
				s.names = map[string]string{}
			}
			s.names[t.Physical] = topic.name
		}
	}
}

// maxUses bounds the topics of which a client's name is remembered.
const maxUses = 1000

// uses is which topics somebody knows by their name on the cluster.
type uses struct {
	mu sync.Mutex
	by map[string]bool // false: by the product's own
}

func (u *uses) remember(physical string, is bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.by == nil {
		u.by = map[string]bool{}
	}
	if _, ok := u.by[physical]; ok || len(u.by) < maxUses {
		u.by[physical] = is
	}
}

func (u *uses) remembered(physical string) (is, ok bool) {
	if u == nil {
		return false, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	is, ok = u.by[physical]
	return is, ok
}

// remember notes by which name the client knows a topic.
func (c *conn) remember(physical string, is bool) {
	c.uses.remember(physical, is)
	c.peers.remember(physical, is)
}

// remembered says what this connection said last, else the client's others.
func (c *conn) remembered(physical string) (is, ok bool) {
	if is, ok = c.uses.remembered(physical); ok {
		return is, true
	}
	return c.peers.remembered(physical)
}

// caller is one client program, as far as it can be told apart.
type caller struct {
	application weir.UID
	host, id    string
}

// callers is what the connections of one caller share, as long as there are any.
type callers struct {
	mu sync.Mutex
	by map[caller]*sharedUses
}

type sharedUses struct {
	uses
	connections int
}

func (c *callers) join(who caller) *uses {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[caller]*sharedUses{}
	}
	s, ok := c.by[who]
	if !ok {
		s = new(sharedUses)
		c.by[who] = s
	}
	s.connections++
	return &s.uses
}

func (c *callers) leave(who caller) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.by[who]; ok {
		if s.connections--; s.connections == 0 {
			delete(c.by, who)
		}
	}
}
