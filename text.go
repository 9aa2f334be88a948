package weir

import (
	"crypto/sha256"
	"time"
)

// MaxBody bounds the bytes of one [Text].
const MaxBody = 1 << 20

// Text is something long that other entities point to, such as the text of a
// schema. It is named by its hash and never changes; the same text is stored
// once.
type Text struct {
	UID     UID       `json:"uid"`
	Name    string    `json:"name"` // SHA-256 of Body, in hexadecimal
	Body    string    `json:"body" long:"true"`
	Domains []UID     `json:"domains,omitempty"` // whose members knew of it when it was made; empty: the mesh
	Created time.Time `json:"created"`
}

// TextName is the name of the text entity with a body.
func TextName(body string) string { return Hash(sha256.Sum256([]byte(body))).String() }

func (t *Text) Ref() Ref       { return Ref{NounText, t.UID, t.Name} }
func (t *Text) Refers() []Ref  { return nil }
func (t *Text) Readers() []UID { return t.Domains }

// Validate checks size and name.
func (t *Text) Validate() error {
	if len(t.Body) > MaxBody {
		return Errorf(Invalid, "the text has %d bytes", len(t.Body)).At("body").WithFix("use at most %d", MaxBody)
	}
	if t.Name != TextName(t.Body) {
		return Errorf(Internal, "the text is not the one that its name says").At("name")
	}
	return nil
}
