package weir

import (
	"regexp"
	"time"
)

// TopicState says how far a topic is on its way.
type TopicState string

const (
	TopicWanted TopicState = "wanted" // to be made on the cluster
	TopicMade   TopicState = "made"   // there, with the ID that is recorded
	TopicEnding TopicState = "ending" // to be deleted on the cluster, with its data
)

// Topic is what the mesh wants of a cluster for one product or stream, and what
// it was given. It outlives a product that was deleted without its data: the
// name stays taken until the data is destroyed.
type Topic struct {
	UID        UID        `json:"uid"`
	Name       string     `json:"name"` // on the cluster
	Domain     UID        `json:"domain"`
	Of         UID        `json:"of"` // the product or stream, which may be gone
	Partitions int        `json:"partitions"`
	Retention  Duration   `json:"retention"`
	Compact    bool       `json:"compact,omitempty"` // the latest record of a key is enough
	State      TopicState `json:"state"`
	ID         TopicID    `json:"id,omitzero"`
	Behind     bool       `json:"behind,omitempty"`  // made, but the cluster was not told of the last change
	Adopted    bool       `json:"adopted,omitempty"` // it was on the cluster before, and Weir neither changes nor ends it
	Created    time.Time  `json:"created"`
}

func (t *Topic) Ref() Ref { return Ref{NounTopic, t.UID, t.Name} }

// Readers: the domain, and those with a role on the product.
func (t *Topic) Readers() []UID { return []UID{t.Domain, t.Of} }

// Refers lists the domain.
func (t *Topic) Refers() []Ref { return []Ref{{Noun: NounDomain, UID: t.Domain}} }

var topicName = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)

// Validate checks every field by itself.
func (t *Topic) Validate() error {
	if !topicName.MatchString(t.Name) || t.Name == "." || t.Name == ".." {
		return Errorf(Invalid, "%q is not the name of a topic", clip(t.Name)).At("name")
	}
	if t.State == TopicMade && t.ID == (TopicID{}) {
		return Errorf(Internal, "a topic that was made has an id").At("id")
	}
	return first(oneOf("state", t.State, TopicWanted, TopicMade, TopicEnding), checkAsked(t.Partitions, t.Adopted), t.Retention.check())
}
