package weir

import (
	"regexp"
	"strings"
	"time"
)

// Stream is a private stream of a domain, invisible outside of it, until it is
// published as a product.
type Stream struct {
	UID         UID       `json:"uid"`
	Name        string    `json:"name"` // domain._private.name: the topic's name too
	Domain      UID       `json:"domain"`
	Description string    `json:"description,omitempty"`
	Partitions  int       `json:"partitions"`
	Retention   Duration  `json:"retention"`
	Created     time.Time `json:"created"`
}

func (s *Stream) Ref() Ref { return Ref{NounStream, s.UID, s.Name} }

// Topic is the name that Kafka clients use.
func (s *Stream) Topic() string { return s.Name }

// Readers: the domain.
func (s *Stream) Readers() []UID { return []UID{s.Domain} }

// Refers lists the domain.
func (s *Stream) Refers() []Ref { return []Ref{{Noun: NounDomain, UID: s.Domain}} }

// Validate checks every field by itself.
func (s *Stream) Validate() error {
	_, _, err := SplitStream(s.Name)
	return first(err, checkText("description", s.Description), checkPartitions(s.Partitions), s.Retention.check())
}

var streamName = regexp.MustCompile(`^[a-z0-9-]{2,63}\._private\.[a-z0-9-]{2,63}$`)

// SplitStream gives the domain's and the stream's own part of a name.
func SplitStream(name string) (domain, stream string, err error) {
	if !streamName.MatchString(name) {
		return "", "", Errorf(Invalid, "%q is not the name of a private stream", clip(name)).At("name").
			WithFix("write DOMAIN._private.NAME, each part 2 to 63 lower-case letters, digits and dashes")
	}
	domain, stream, _ = strings.Cut(name, "._private.")
	return domain, stream, nil
}
