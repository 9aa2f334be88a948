package weir

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is talked about a product. A number counts within the product,
// so that it tells of no other.
const (
	MaxQuestions     = 999
	MaxAnnouncements = 999
	MaxTold          = 1000 // teams that one announcement is told to
)

// Question is what a person asks those who answer for a product. Whoever knows of
// the product may read it and its answer.
type Question struct {
	UID        UID       `json:"uid"`
	Name       string    `json:"name"` // domain.product/007
	Product    UID       `json:"product"`
	Domain     UID       `json:"domain"` // the product's
	Owner      UID       `json:"owner"`  // who answered for the product when it was asked
	Text       string    `json:"text"`
	By         Ref       `json:"by"` // who asked, as named then
	Answer     string    `json:"answer,omitempty"`
	AnsweredBy *Ref      `json:"answeredBy,omitempty"` // who wrote the answer last
	Answered   time.Time `json:"answered,omitzero"`
	Created    time.Time `json:"created"`
}

func (q *Question) Ref() Ref { return Ref{NounQuestion, q.UID, q.Name} }

// Readers: those who answer for the product, and who asked.
func (q *Question) Readers() []UID { return []UID{q.Domain, q.Product, q.Owner, q.By.UID} }

// Refers lists the product.
func (q *Question) Refers() []Ref { return []Ref{{Noun: NounProduct, UID: q.Product}} }

// Validate checks every field by itself.
func (q *Question) Validate() error {
	if q.Answer == "" != (q.AnsweredBy == nil) || q.Answer == "" != q.Answered.IsZero() {
		return Errorf(Invalid, "an answer has a text, somebody who wrote it, and a time").At("answer")
	}
	if q.Answer != "" {
		if err := checkSaid("answer", q.Answer); err != nil {
			return err
		}
	}
	return first(checkNumbered("question", q.Name, MaxQuestions), checkSaid("text", q.Text))
}

// Announcement is what those who answer for a product tell its consumers.
type Announcement struct {
	UID     UID       `json:"uid"`
	Name    string    `json:"name"` // domain.product/003
	Product UID       `json:"product"`
	Domain  UID       `json:"domain"` // the product's
	Text    string    `json:"text"`
	By      Ref       `json:"by"` // who announced it, as named then
	Created time.Time `json:"created"`

	// To are the teams whose applications read the product then, may read it, or
	// plan to. Nobody but who may watch the product learns of them.
	To []UID `json:"to,omitempty" secret:"true" long:"true"`
}

func (a *Announcement) Ref() Ref { return Ref{NounAnnouncement, a.UID, a.Name} }

// Readers: those who answer for the product, and whom it was told to.
func (a *Announcement) Readers() []UID {
	return append([]UID{a.Domain, a.Product}, a.To...)
}

// Refers lists the product.
func (a *Announcement) Refers() []Ref { return []Ref{{Noun: NounProduct, UID: a.Product}} }

// Validate checks every field by itself.
func (a *Announcement) Validate() error {
	if len(a.To) > MaxTold {
		return Errorf(Invalid, "%d teams", len(a.To)).At("to").WithFix("tell at most %d", MaxTold)
	}
	return first(checkNumbered("announcement", a.Name, MaxAnnouncements), checkSaid("text", a.Text))
}

// Numbered is the name of the nth thing that is said about a product, so that
// names are in the order of their numbers.
func Numbered(product string, n int) string { return fmt.Sprintf("%s/%03d", product, n) }

// SplitNumbered gives the product and the number of such a name; 0 for what is
// none.
func SplitNumbered(name string) (product string, n int) {
	product, digits, _ := strings.Cut(name, "/")
	n, err := strconv.Atoi(digits)
	if err != nil || Numbered(product, n) != name {
		return product, 0
	}
	return product, n
}

func checkNumbered(what, name string, most int) error {
	product, n := SplitNumbered(name)
	if n < 1 || n > most {
		return Errorf(Invalid, "%q is no %s", clip(name), what).At("name").WithFix("it is the product's name, a slash and a number of three digits")
	}
	return checkProduct("product", product)
}

// checkSaid refuses a text that says nothing, or is none.
func checkSaid(field, text string) error {
	if strings.TrimSpace(text) == "" {
		return Errorf(Invalid, "the text is empty").At(field).WithFix("write what you want to say, in at most %d bytes", MaxText)
	}
	return checkText(field, text)
}
