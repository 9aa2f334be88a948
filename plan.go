package weir

import (
	"strings"
	"time"
)

// Bounds of what a team plans.
const (
	MaxPlanFields = 200
	MaxPlanNote   = 1000 // bytes
)

// Plan is what a team declares of an application that is to come: it will read a
// product. It gives no right; it tells who would be hurt. With it, the team can ask
// for the right, and whoever may allow it answers.
type Plan struct {
	UID         UID       `json:"uid"`
	Name        string    `json:"name"` // domain.product/application
	Product     UID       `json:"product"`
	Application UID       `json:"application"`
	Domain      UID       `json:"domain"`           // the product's
	Team        UID       `json:"team"`             // the application's
	Fields      []string  `json:"fields,omitempty"` // that it will need; none: it does not say
	Due         string    `json:"due,omitempty"`    // the day by which it will read: 2027-03-01
	Note        string    `json:"note,omitempty"`   // what for
	By          Ref       `json:"by"`               // who declared it, as named then
	Created     time.Time `json:"created"`
	Asked       time.Time `json:"asked,omitzero"`   // when it asked to be allowed to read it; zero: it did not
	Answer      *Answer   `json:"answer,omitempty"` // to that; nil: none yet
}

// Answer is what an application that asked to read a product was told.
type Answer struct {
	At      time.Time `json:"at"`
	By      Ref       `json:"by"` // as named then
	Allowed bool      `json:"allowed,omitempty"`
	Why     string    `json:"why,omitempty"`
}

// Waits reports whether the application asked to be allowed, and was not told
// yet.
func (p *Plan) Waits() bool { return !p.Asked.IsZero() && p.Answer == nil }

func (p *Plan) Ref() Ref { return Ref{NounPlan, p.UID, p.Name} }

// Readers: those who own the product, and those who plan.
func (p *Plan) Readers() []UID { return []UID{p.Domain, p.Product, p.Team} }

// Refers lists product and application.
func (p *Plan) Refers() []Ref {
	return []Ref{{Noun: NounProduct, UID: p.Product}, {Noun: NounApplication, UID: p.Application}}
}

// Validate checks every field by itself.
func (p *Plan) Validate() error {
	product, application, _ := strings.Cut(p.Name, "/")
	if len(p.Note) > MaxPlanNote {
		return Errorf(Invalid, "the note has %d bytes", len(p.Note)).At("note").WithFix("use at most %d", MaxPlanNote)
	}
	if a := p.Answer; a != nil && len(a.Why) > MaxPlanNote {
		return Errorf(Invalid, "the reason has %d bytes", len(a.Why)).At("why").WithFix("use at most %d", MaxPlanNote)
	}
	if len(p.Fields) > MaxPlanFields {
		return Errorf(Invalid, "%d fields", len(p.Fields)).At("fields").WithFix("use at most %d, or none for all", MaxPlanFields)
	}
	return first(checkProduct("product", product), checkName(shortName, "application", application), checkFields(p.Fields), checkDay("due", p.Due), checkText("note", p.Note), p.Answer.check())
}

func (a *Answer) check() error {
	if a == nil {
		return nil
	}
	return checkText("why", a.Why)
}

func checkFields(fields []string) error {
	for _, f := range fields {
		if f == "" {
			return Errorf(Invalid, "a field without a name").At("fields").WithFix("name each field by its path, such as address.city")
		}
		if err := checkText("fields", f); err != nil {
			return err
		}
	}
	return nil
}

func checkDay(field, day string) error {
	if day == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return Errorf(Invalid, "%q is no day", clip(day)).At(field).WithFix("write YEAR-MONTH-DAY, such as 2027-03-01")
	}
	return nil
}
