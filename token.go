package weir

import "time"

// Token lets a program act as a person at the API. Only its hash is kept.
type Token struct {
	UID     UID       `json:"uid"`
	Name    string    `json:"name"` // person/label, unique
	Person  UID       `json:"person"`
	Hash    Hash      `json:"hash" secret:"true"` // SHA-256 of the token's text
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
}

func (t *Token) Ref() Ref { return Ref{NounToken, t.UID, t.Name} }

// Readers: the person alone.
func (t *Token) Readers() []UID { return []UID{t.Person} }

// Refers lists the person.
func (t *Token) Refers() []Ref { return []Ref{{Noun: NounPerson, UID: t.Person}} }

// Validate checks both parts of the name.
func (t *Token) Validate() error { return checkPath("name", t.Name, shortName, "/", shortName) }
