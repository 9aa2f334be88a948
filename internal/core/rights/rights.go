// Package rights says who may do what: one table of role × verb × noun, and
// the one rule by which an application may see, read and write a topic.
//
// It is pure. It decides from facts that the caller took from the state, and
// the caller records what was refused. What a principal may know of is a
// [weir.Scope], by which queries filter; it is not decided here.
package rights

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// Verb is what somebody wants to do with a thing.
type Verb string

// The verbs.
const (
	Create Verb = "create"
	Edit   Verb = "edit"
	Delete Verb = "delete"
	Allow  Verb = "allow"  // an application to read a product
	Revoke Verb = "revoke" // what was allowed, or credentials
	Export Verb = "export"
	Verify Verb = "verify"
)

// Thing is what the verb is about: a noun, and whose it is. What does not
// apply is zero.
type Thing struct {
	Noun   weir.Noun
	Domain weir.UID // the domain that it belongs to
	Team   weir.UID // the team that owns it
	Person weir.UID // the person whose it is
}

// grounds is why somebody may do something.
type grounds uint8

const (
	meshAdmin  grounds = 1 << iota
	domainTeam         // a member of the team that owns the domain
	owningTeam         // a member of the team
	oneself
)

// row is one line of the table.
type row struct {
	nouns []weir.Noun
	verbs []Verb
	who   grounds
}

// table is the whole of it. What stands in no row, nobody may do.
var table = []row{
	{[]weir.Noun{weir.NounPerson, weir.NounTeam, weir.NounDomain}, []Verb{Create, Edit, Delete}, meshAdmin},
	{[]weir.Noun{weir.NounDomain}, []Verb{Edit}, meshAdmin | domainTeam},
	{[]weir.Noun{weir.NounPerson}, []Verb{Edit}, meshAdmin | oneself},
	{[]weir.Noun{weir.NounToken}, []Verb{Create, Delete}, meshAdmin | oneself},
	{[]weir.Noun{weir.NounProduct, weir.NounStream, weir.NounTopic}, []Verb{Create, Edit, Delete}, meshAdmin | domainTeam},
	{[]weir.Noun{weir.NounSubject}, []Verb{Create, Edit, Delete}, meshAdmin | domainTeam}, // without a domain: the mesh's
	{[]weir.Noun{weir.NounMesh}, []Verb{Edit}, meshAdmin},
	{[]weir.Noun{weir.NounAccess}, []Verb{Allow, Revoke}, meshAdmin | domainTeam},
	{[]weir.Noun{weir.NounApplication}, []Verb{Create, Edit, Delete}, meshAdmin | owningTeam},
	{[]weir.Noun{weir.NounCredential}, []Verb{Create, Revoke}, meshAdmin | owningTeam},
	{[]weir.Noun{weir.NounMesh}, []Verb{Export, Verify}, meshAdmin},
}

// May reports whether a principal may do something. Weir itself may.
func May(p weir.Principal, v Verb, t Thing) bool {
	if p.IsSystem() {
		return true
	}
	has := standing(p, t)
	return slices.ContainsFunc(table, func(r row) bool {
		return r.who&has != 0 && slices.Contains(r.verbs, v) && slices.Contains(r.nouns, t.Noun)
	})
}

// Must refuses what the principal may not do: Denied, with a fix that says who
// may. r is the thing as the refusal names it.
func Must(p weir.Principal, v Verb, t Thing, r weir.Ref) error {
	if May(p, v, t) {
		return nil
	}
	var who grounds
	for _, row := range table {
		if slices.Contains(row.verbs, v) && slices.Contains(row.nouns, t.Noun) {
			who |= row.who
		}
	}
	if v == Create {
		r.UID = weir.UID{} // it was never made
	}
	e := weir.Errorf(weir.Denied, "%s may not %s %s", p.Ref, v, thing(t.Noun, r)).WithFix("ask %s", who.people())
	e.Ref = r
	return e
}

// thing names what the verb is about: r, or something of r's.
func thing(n weir.Noun, r weir.Ref) string {
	switch {
	case r.Name == "" && r.UID.IsZero():
		return "the " + string(n)
	case n != r.Noun:
		return "the " + string(n) + " of " + r.String()
	}
	return r.String()
}

// people names those who have some grounds.
func (g grounds) people() string {
	var who []string
	if g&domainTeam != 0 {
		who = append(who, "a member of the team that owns the domain")
	}
	if g&owningTeam != 0 {
		who = append(who, "a member of the owning team")
	}
	return strings.Join(append(who, "a mesh admin"), " or ")
}

// standing collects what a principal is to a thing.
func standing(p weir.Principal, t Thing) grounds {
	var g grounds
	if p.Has(weir.RoleMeshAdmin) {
		g |= meshAdmin
	}
	if !t.Domain.IsZero() && slices.Contains(p.Domains, t.Domain) {
		g |= domainTeam
	}
	if !t.Team.IsZero() && slices.Contains(p.Teams, t.Team) {
		g |= owningTeam
	}
	if !t.Person.IsZero() && p.Ref.UID == t.Person {
		g |= oneself
	}
	return g
}

// Topic is what an application may do with a topic, as a set.
type Topic uint8

// The rights on a topic. Nothing means that it does not exist for the
// application.
const (
	Nothing Topic = 0
	See     Topic = 1 << iota
	Read
	Write
)

// Has reports whether all of want is in the set.
func (t Topic) Has(want Topic) bool { return t&want == want }

// TopicFacts is what the rule on topics decides by.
type TopicFacts struct {
	OwnDomain bool // the topic's domain is owned by the application's team
	Product   bool // the topic is a product's, not a private stream
	Mesh      bool // the product is visible in the whole mesh
	Open      bool // the product is open
	Allowed   bool // the application was allowed to read it
}

// OnTopic is the rule of access: applications of the owning team read and
// write the domain's products and private streams. Others see the products
// that are visible in the mesh, and read those that are open or that they were
// allowed to read.
func OnTopic(f TopicFacts) Topic {
	switch {
	case f.OwnDomain:
		return See | Read | Write
	case !f.Product || !f.Mesh:
		return Nothing
	case f.Open || f.Allowed:
		return See | Read
	}
	return See
}
