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
	Create  Verb = "create"
	Edit    Verb = "edit"    // anything about it
	Tell    Verb = "tell"    // what is told about a product; who may edit it may tell too
	Delete  Verb = "delete"  // its data too
	Publish Verb = "publish" // a topic as a product
	Allow   Verb = "allow"   // an application to read a product
	Revoke  Verb = "revoke"  // what was allowed, or credentials
	Appoint Verb = "appoint" // give and take roles there
	Watch   Verb = "watch"   // who reads and writes it, by name
	Answer  Verb = "answer"  // a question
	Export  Verb = "export"
	Verify  Verb = "verify"
)

// Verbs lists every verb, in the order in which people read them.
func Verbs() []Verb {
	return []Verb{Create, Edit, Tell, Delete, Publish, Allow, Revoke, Appoint, Watch, Answer, Export, Verify}
}

// Thing is what the verb is about: a noun, and whose it is. What does not
// apply is zero.
type Thing struct {
	Noun    weir.Noun
	Domain  weir.UID // the domain that it belongs to
	Product weir.UID // the product that it is, or belongs to
	Owner   weir.UID // the person who answers for that product
	Team    weir.UID // the team that owns it
	Person  weir.UID // the person whose it is
}

// OfProduct is something of a product: the product itself, its subjects, who is
// allowed to read it.
func OfProduct(n weir.Noun, p *weir.Product) Thing {
	return Thing{Noun: n, Domain: p.Domain, Product: p.UID, Owner: p.Owner}
}

// grounds is why somebody may do something.
type grounds uint8

const (
	meshAdmin    grounds = 1 << iota
	steward              // of the mesh or the domain
	domainOwner          // by a role on the domain
	productOwner         // by a role on the product, or named as its owner
	domainTeam           // a member of the team that owns the domain, or by a role on it
	owningTeam           // a member of the team
	oneself

	owners = meshAdmin | domainOwner | domainTeam
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
	{[]weir.Noun{weir.NounDomain}, []Verb{Edit}, owners},
	{[]weir.Noun{weir.NounPerson}, []Verb{Edit}, meshAdmin | oneself},
	{[]weir.Noun{weir.NounToken}, []Verb{Create, Delete}, meshAdmin | oneself},
	{[]weir.Noun{weir.NounProduct}, []Verb{Create}, owners},
	{[]weir.Noun{weir.NounProduct}, []Verb{Edit, Delete}, owners | productOwner},
	{[]weir.Noun{weir.NounProduct}, []Verb{Tell}, owners | productOwner | steward},
	{[]weir.Noun{weir.NounStream, weir.NounTopic}, []Verb{Create, Edit, Delete}, owners},
	{[]weir.Noun{weir.NounQuery}, []Verb{Create}, owners},
	{[]weir.Noun{weir.NounQuery}, []Verb{Edit, Delete}, owners | productOwner},
	{[]weir.Noun{weir.NounStream}, []Verb{Publish}, owners},
	{[]weir.Noun{weir.NounTopic}, []Verb{Publish}, meshAdmin},                            // one that the mesh does not know
	{[]weir.Noun{weir.NounSubject}, []Verb{Create, Edit, Delete}, owners | productOwner}, // without a domain: the mesh's
	{[]weir.Noun{weir.NounAccess}, []Verb{Allow, Revoke}, owners | productOwner | steward},
	{[]weir.Noun{weir.NounPlan}, []Verb{Create, Delete}, meshAdmin | owningTeam},
	{[]weir.Noun{weir.NounQuestion}, []Verb{Answer}, owners | productOwner | steward}, // who knows of the product asks
	{[]weir.Noun{weir.NounQuestion}, []Verb{Delete}, owners | productOwner | oneself}, // oneself is who asked
	{[]weir.Noun{weir.NounAnnouncement}, []Verb{Create, Delete}, owners | productOwner | steward},
	{[]weir.Noun{weir.NounTerm}, []Verb{Create, Edit, Delete}, meshAdmin | steward},                 // the glossary is the mesh's
	{[]weir.Noun{weir.NounPolicy}, []Verb{Create, Edit, Delete}, meshAdmin | steward | domainOwner}, // without a domain: the mesh's
	{[]weir.Noun{weir.NounMesh}, []Verb{Edit, Appoint}, meshAdmin},
	{[]weir.Noun{weir.NounDomain}, []Verb{Appoint}, meshAdmin | domainOwner},
	{[]weir.Noun{weir.NounProduct}, []Verb{Appoint}, meshAdmin | domainOwner | productOwner},
	{[]weir.Noun{weir.NounApplication}, []Verb{Create, Edit, Delete}, meshAdmin | owningTeam},
	{[]weir.Noun{weir.NounCredential}, []Verb{Create, Revoke}, meshAdmin | owningTeam},
	{[]weir.Noun{weir.NounProduct}, []Verb{Watch}, owners | productOwner | steward},
	{[]weir.Noun{weir.NounStream}, []Verb{Watch}, owners},
	{[]weir.Noun{weir.NounApplication}, []Verb{Watch}, meshAdmin | owningTeam},
	{[]weir.Noun{weir.NounMesh}, []Verb{Watch}, meshAdmin}, // where its brokers are, and what is wrong with them
	{[]weir.Noun{weir.NounMesh}, []Verb{Export, Verify}, meshAdmin},
}

// ofOwn is the whole table for what Weir itself offers in a mesh: its owners are
// the mesh admins, and nobody changes it. People may talk about it.
var ofOwn = []row{
	{[]weir.Noun{weir.NounQuestion}, []Verb{Answer}, meshAdmin | steward},
	{[]weir.Noun{weir.NounQuestion}, []Verb{Delete}, meshAdmin | oneself},
	{[]weir.Noun{weir.NounAnnouncement}, []Verb{Create, Delete}, meshAdmin | steward},
	{[]weir.Noun{weir.NounAccess}, []Verb{Allow, Revoke}, meshAdmin | steward},
	{[]weir.Noun{weir.NounDomain, weir.NounProduct}, []Verb{Appoint}, meshAdmin},
	{[]weir.Noun{weir.NounProduct}, []Verb{Watch}, meshAdmin | steward},
}

// own reports whether a thing, or where it belongs, is what Weir itself offers.
// An application of the mesh admins' team is theirs, not Weir's.
func (t Thing) own() bool {
	return t.Domain.Own() || t.Product.Own() || t.Noun == weir.NounTeam && t.Team.Own()
}

// rows is the table that holds for a thing.
func (t Thing) rows() []row {
	if t.own() {
		return ofOwn
	}
	return table
}

// May reports whether a principal may do something. Weir itself may.
func May(p weir.Principal, v Verb, t Thing) bool {
	if p.IsSystem() {
		return true
	}
	has := standing(p, t)
	return slices.ContainsFunc(t.rows(), func(r row) bool {
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
	for _, row := range t.rows() {
		if slices.Contains(row.verbs, v) && slices.Contains(row.nouns, t.Noun) {
			who |= row.who
		}
	}
	if v == Create {
		r.UID = weir.UID{} // it was never made
	}
	e := weir.Errorf(weir.Denied, "%s may not %s %s", p.Ref, v.does(), thing(t.Noun, r)).WithFix("ask %s", who.people(t))
	if who == 0 && t.own() {
		e = e.WithFix("nobody may: it is Weir's own, and follows from what else is decided")
	}
	e.Ref = r
	return e
}

// does is the verb as a refusal says it.
func (v Verb) does() string {
	switch v {
	case Tell:
		return "edit"
	case Appoint:
		return "give or take roles on"
	}
	return string(v)
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

// people names those who have some grounds for a thing.
func (g grounds) people(t Thing) string {
	var who []string
	add := func(is grounds, name string) {
		if g&is != 0 {
			who = append(who, name)
		}
	}
	if !t.Owner.IsZero() {
		add(productOwner, "the product's owner")
	}
	add(domainTeam, "a member of the team that owns the domain")
	if g&domainTeam == 0 {
		add(domainOwner, "an owner of the domain")
	}
	add(owningTeam, "a member of the owning team")
	add(steward, "a steward")
	return strings.Join(append(who, "a mesh admin"), " or ")
}

// standing collects what a principal is to a thing.
func standing(p weir.Principal, t Thing) grounds {
	var g grounds
	if !t.Domain.IsZero() && slices.Contains(p.Domains, t.Domain) {
		g |= domainTeam
	}
	if !t.Team.IsZero() && slices.Contains(p.Teams, t.Team) {
		g |= owningTeam
	}
	if !t.Person.IsZero() && p.Ref.UID == t.Person {
		g |= oneself
	}
	if !t.Owner.IsZero() && p.Ref.UID == t.Owner {
		g |= productOwner
	}
	for _, b := range p.Roles {
		g |= binding(b, t)
	}
	return g
}

// binding is what a role is to a thing: nothing, if it is on something else.
func binding(b weir.Binding, t Thing) grounds {
	on := func(n weir.Noun, u weir.UID) bool {
		return b.On.Noun == n && (n == weir.NounMesh || !u.IsZero() && b.On.UID == u)
	}
	switch {
	case b.Role == weir.RoleMeshAdmin && on(weir.NounMesh, weir.UID{}):
		return meshAdmin
	case b.Role == weir.RoleSteward && (on(weir.NounMesh, weir.UID{}) || on(weir.NounDomain, t.Domain)):
		return steward
	case b.Role == weir.RoleDomainOwner && on(weir.NounDomain, t.Domain):
		return domainOwner
	case b.Role == weir.RoleMember && on(weir.NounDomain, t.Domain):
		return domainTeam
	case b.Role == weir.RoleProductOwner && on(weir.NounProduct, t.Product):
		return productOwner
	}
	return 0
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
	Made      bool // a query makes what it holds
	Closed    bool // the product is deprecated: nobody new reads it
	Ended     bool // the product is retired: nobody else reads it
}

// OnTopic is the rule of access: applications of the owning team read and
// write the domain's products and private streams. Others see the products
// that are visible in the mesh, and read those that are open or that they were
// allowed to read. One that is deprecated is read by those alone that were
// allowed, and one that is retired by none of them. What a query makes no
// application writes, so that what its records say of themselves is true.
func OnTopic(f TopicFacts) Topic {
	switch {
	case f.OwnDomain && f.Made:
		return See | Read
	case f.OwnDomain:
		return See | Read | Write
	case !f.Product || !f.Mesh:
		return Nothing
	case f.Ended:
		return See
	case f.Allowed || f.Open && !f.Closed:
		return See | Read
	}
	return See
}
