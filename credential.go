package weir

import "time"

// Credential is what an application logs in to the gateway with. It has the
// application's name; there is one at a time.
type Credential struct {
	UID         UID           `json:"uid"`
	Name        string        `json:"name"`
	Application UID           `json:"application"`
	Team        UID           `json:"team"`
	Scram       ScramVerifier `json:"scram" secret:"true"`
	Created     time.Time     `json:"created"`
}

// ScramVerifier is what a server keeps of a password (RFC 5802): enough to
// check a login, not enough to make one. Both hash functions share salt and
// iterations.
type ScramVerifier struct {
	Salt       []byte   `json:"salt"`
	Iterations int      `json:"iterations"`
	SHA256     ScramKey `json:"sha256"`
	SHA512     ScramKey `json:"sha512"`
}

// ScramKey is the pair of keys of one hash function.
type ScramKey struct {
	Stored []byte `json:"stored"`
	Server []byte `json:"server"`
}

func (c *Credential) Ref() Ref { return Ref{NounCredential, c.UID, c.Name} }

// Readers: the application's team.
func (c *Credential) Readers() []UID { return []UID{c.Team} }

// Refers lists the application.
func (c *Credential) Refers() []Ref { return []Ref{{Noun: NounApplication, UID: c.Application}} }

// Validate checks that there is something to log in with.
func (c *Credential) Validate() error {
	if c.Scram.Iterations < 4096 || len(c.Scram.Salt) < 16 || len(c.Scram.SHA256.Stored) != 32 || len(c.Scram.SHA512.Stored) != 64 {
		return Errorf(Internal, "a credential without verifier").At("scram")
	}
	return checkName(shortName, "name", c.Name)
}
