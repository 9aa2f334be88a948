package weir

import "time"

// Domain is a bounded context owned by a team. Every product belongs to
// exactly one.
type Domain struct {
	UID         UID       `json:"uid"`
	Name        string    `json:"name"`
	Team        UID       `json:"team"`
	Description string    `json:"description,omitempty"`
	Created     time.Time `json:"created"`
}

func (d *Domain) Ref() Ref       { return Ref{NounDomain, d.UID, d.Name} }
func (d *Domain) Readers() []UID { return nil }

// Refers lists the team.
func (d *Domain) Refers() []Ref { return []Ref{{Noun: NounTeam, UID: d.Team}} }

// Validate checks name and description.
func (d *Domain) Validate() error {
	return first(checkName(longName, "name", d.Name), checkText("description", d.Description))
}
