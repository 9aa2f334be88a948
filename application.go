package weir

import (
	"strings"
	"time"
)

// Application is a registered consumer or producer, owned by a team. Its Kafka
// user name is its name.
type Application struct {
	UID         UID       `json:"uid"`
	Name        string    `json:"name"`
	Team        UID       `json:"team"`
	Description string    `json:"description,omitempty"`
	Ending      bool      `json:"ending,omitempty"` // deleted; its groups on the cluster are being deleted
	Query       bool      `json:"query,omitempty"`  // a query acts as it; nobody logs in as it
	Created     time.Time `json:"created"`
}

func (a *Application) Ref() Ref { return Ref{NounApplication, a.UID, a.Name} }

// Readers: the whole mesh; of a query's the team, since its name tells of the
// product that the query makes.
func (a *Application) Readers() []UID {
	if a.Query {
		return []UID{a.Team}
	}
	return nil
}

// Refers lists the team.
func (a *Application) Refers() []Ref { return []Ref{{Noun: NounTeam, UID: a.Team}} }

// Validate checks name and description.
func (a *Application) Validate() error {
	return first(checkName(shortName, "name", a.Name), checkText("description", a.Description))
}

// OwnsName reports whether a consumer group or transactional id belongs to an
// application: it is the application's name, or that name, a dot and anything.
// Names hold no dot, so no application's prefix covers another's.
func OwnsName(application, id string) bool {
	rest, ok := strings.CutPrefix(id, application)
	return ok && (rest == "" || rest[0] == '.')
}
