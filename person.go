package weir

import (
	"slices"
	"time"
)

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

// MaxRoles bounds what one person has roles on.
const MaxRoles = 1000

// Validate checks the name, and that each role is where it can be, once.
func (p *Person) Validate() error {
	if len(p.Roles) > MaxRoles {
		return Errorf(Invalid, "%d roles", len(p.Roles)).At("roles").WithFix("use at most %d; a role on a domain holds for all in it", MaxRoles)
	}
	seen := make(map[Binding]bool, len(p.Roles))
	for _, b := range p.Roles {
		b.On.Name = ""
		if seen[b] || !slices.Contains(b.Role.On(), b.On.Noun) {
			return Errorf(Invalid, "the role %s on a %s", clip(string(b.Role)), b.On.Noun).At("roles").WithFix("give it once, and on %v", b.Role.On())
		}
		seen[b] = true
	}
	return checkName(shortName, "name", p.Name)
}
