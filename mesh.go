package weir

import "time"

// Mesh is the tenant: all domains under one name. Its UID is the home of every
// entity that was made in it.
type Mesh struct {
	UID     UID            `json:"uid"`
	Name    string         `json:"name"`
	Config  *SubjectConfig `json:"config,omitempty"` // of the subjects that have none of their own
	Mode    SubjectMode    `json:"mode,omitempty"`   // the same; empty: READWRITE
	Terms   UID            `json:"terms,omitzero"`   // a text: what who publishes agrees to; zero: the program's own
	Created time.Time      `json:"created"`
}

func (m *Mesh) Ref() Ref       { return Ref{NounMesh, m.UID, m.Name} }
func (m *Mesh) Readers() []UID { return nil }

// Refers lists the terms.
func (m *Mesh) Refers() []Ref {
	if m.Terms.IsZero() {
		return nil
	}
	return []Ref{{Noun: NounText, UID: m.Terms}}
}

// Validate checks every field by itself.
func (m *Mesh) Validate() error {
	if m.Mode != "" {
		if err := oneOf("mode", m.Mode, SubjectModes()...); err != nil {
			return err
		}
	}
	return first(checkName(shortName, "name", m.Name), m.Config.Validate())
}
