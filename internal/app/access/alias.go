package access

import "github.com/weirmesh/weir"

// A published topic has two names: its product's own, which lists show, and the
// one that it has on the cluster. Clients use either.

// Aliased reports whether the topic has another name than the one that it has
// on the cluster.
func (t Topic) Aliased() bool { return t.Name != t.Physical }

// Aliases reports whether any topic may have two names.
func (s *Snapshot) Aliases() bool { return len(s.own) > 0 }

// Topic finds a topic by either name; the one on the cluster goes first, should
// another topic's product be called so. It says nothing about who may know of
// the topic.
func (s *Snapshot) Topic(name string) (Topic, bool) {
	if t, ok := s.topic(s.topicByName[name]); ok {
		return t, true
	}
	p, ok := s.products[s.own[name]]
	if !ok {
		return Topic{}, false
	}
	t, ok := s.topic(s.topicByName[p.Alias()])
	return t, ok && t.Name == name
}

// nameOf is the name of a product's topic that lists show: the product's own, if
// that finds this topic.
func (s *Snapshot) nameOf(u weir.UID, t *weir.Topic, p *weir.Product) string {
	own := p.Topic()
	if p.Alias() != t.Name || s.own[own] != p.UID {
		return t.Name
	}
	if other := s.topicByName[own]; other != u && s.lives(other) {
		return t.Name
	}
	return own
}

// lives reports whether a topic is made and belongs to something that lives.
func (s *Snapshot) lives(u weir.UID) bool {
	t, ok := s.topics[u]
	if !ok || t.State != weir.TopicMade {
		return false
	}
	_, product := s.products[t.Of]
	_, stream := s.streams[t.Of]
	return product || stream
}

// putProduct takes a product's new state, and the name that it gives to a topic
// that was there before it.
func (s *Snapshot) putProduct(u weir.UID, e weir.Entity) {
	if old, ok := s.products[u]; ok && s.own[old.Topic()] == u {
		delete(s.own, old.Topic())
	}
	put(s.products, u, e)
	if p, ok := s.products[u]; ok && p.Published != nil {
		s.own[p.Topic()] = u
	}
}
