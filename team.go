package weir

import "time"

// Team is a group of people that owns domains and applications.
type Team struct {
	UID         UID       `json:"uid"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Members     []UID     `json:"members,omitempty"` // people
	Created     time.Time `json:"created"`
}

// MaxMembers bounds a team.
const MaxMembers = 1000

func (t *Team) Ref() Ref       { return Ref{NounTeam, t.UID, t.Name} }
func (t *Team) Readers() []UID { return nil }

// Refers lists the members.
func (t *Team) Refers() []Ref {
	rs := make([]Ref, len(t.Members))
	for i, m := range t.Members {
		rs[i] = Ref{Noun: NounPerson, UID: m}
	}
	return rs
}

// Validate checks name, description and size.
func (t *Team) Validate() error {
	if len(t.Members) > MaxMembers {
		return Errorf(Invalid, "a team has at most %d members", MaxMembers).At("members").WithFix("make a second team")
	}
	return first(checkName(shortName, "name", t.Name), checkText("description", t.Description))
}

// first is the first error that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
