package weir

import "time"

// Person is someone who logs in to pages, API and CLI. People have no Kafka
// login.
type Person struct {
	UID      UID       `json:"uid"`
	Name     string    `json:"name"`
	Roles    []Binding `json:"roles,omitempty"`
	Password string    `json:"password,omitempty" secret:"true"` // argon2id, PHC string format
	Created  time.Time `json:"created"`
}

func (p *Person) Ref() Ref       { return Ref{NounPerson, p.UID, p.Name} }
func (p *Person) Readers() []UID { return nil }
func (p *Person) Refers() []Ref {
	rs := make([]Ref, 0, len(p.Roles))
	for _, b := range p.Roles {
		rs = append(rs, b.On)
	}
	return rs
}

// Validate checks the name.
func (p *Person) Validate() error { return checkName(shortName, "name", p.Name) }
