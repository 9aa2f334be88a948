package weir

import (
	"strings"
	"time"
)

// Access says that an application of another team may read a product whose
// access mode is "request".
type Access struct {
	UID         UID       `json:"uid"`
	Name        string    `json:"name"` // domain.product/application
	Product     UID       `json:"product"`
	Application UID       `json:"application"`
	Domain      UID       `json:"domain"` // the product's
	Team        UID       `json:"team"`   // the application's
	Created     time.Time `json:"created"`
}

func (a *Access) Ref() Ref { return Ref{NounAccess, a.UID, a.Name} }

// Readers: those who gave it and those who got it.
func (a *Access) Readers() []UID { return []UID{a.Domain, a.Product, a.Team} }

// Refers lists product and application.
func (a *Access) Refers() []Ref {
	return []Ref{{Noun: NounProduct, UID: a.Product}, {Noun: NounApplication, UID: a.Application}}
}

// Validate checks the name.
func (a *Access) Validate() error {
	product, application, _ := strings.Cut(a.Name, "/")
	return first(checkProduct("product", product), checkName(shortName, "application", application))
}
