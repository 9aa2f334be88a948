package weir

import "time"

// Mesh is the tenant: all domains under one name. Its UID is the home of every
// entity that was made in it.
type Mesh struct {
	UID     UID       `json:"uid"`
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
}

func (m *Mesh) Ref() Ref       { return Ref{NounMesh, m.UID, m.Name} }
func (m *Mesh) Refers() []Ref  { return nil }
func (m *Mesh) Readers() []UID { return nil }

// Validate checks the name.
func (m *Mesh) Validate() error { return checkName(shortName, "name", m.Name) }
