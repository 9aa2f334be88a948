package weir

import "time"

// Term is an entry of the mesh's glossary, which fields point to.
type Term struct {
	UID        UID       `json:"uid"`
	Name       string    `json:"name"` // as it is looked up: lower-case letters, digits and dashes
	Title      string    `json:"title,omitempty"`
	Definition string    `json:"definition"`
	Created    time.Time `json:"created"`
}

func (t *Term) Ref() Ref       { return Ref{NounTerm, t.UID, t.Name} }
func (t *Term) Refers() []Ref  { return nil }
func (t *Term) Readers() []UID { return nil }

// Validate checks every field by itself.
func (t *Term) Validate() error {
	if t.Definition == "" {
		return Errorf(Invalid, "a term without definition").At("definition").WithFix("say what the word means in this mesh")
	}
	return first(checkName(shortName, "name", t.Name), checkText("title", t.Title), checkText("definition", t.Definition))
}
