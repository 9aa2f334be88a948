package weir

import "slices"

// Role is what a person may do somewhere, by name. What it allows is the table
// in internal/core/rights.
type Role string

// The roles of this version.
const (
	RoleMeshAdmin    Role = "mesh-admin"    // on the mesh: everything but reading data
	RoleSteward      Role = "steward"       // on the mesh or a domain: what is told about products, the glossary, who is allowed
	RoleDomainOwner  Role = "domain-owner"  // on a domain: everything in it, and who has roles there
	RoleProductOwner Role = "product-owner" // on a product: everything about it, and who has roles there
	RoleMember       Role = "domain-member" // on a domain: what members of its team may
	RoleReader       Role = "reader"        // on a domain or a product: knows of it though it is not visible to the mesh
)

// Roles lists every role, the widest first.
func Roles() []Role {
	return []Role{RoleMeshAdmin, RoleSteward, RoleDomainOwner, RoleProductOwner, RoleMember, RoleReader}
}

// On lists the nouns on which the role can be given; none for what is no role.
func (r Role) On() []Noun {
	switch r {
	case RoleMeshAdmin:
		return []Noun{NounMesh}
	case RoleSteward:
		return []Noun{NounMesh, NounDomain}
	case RoleDomainOwner, RoleMember:
		return []Noun{NounDomain}
	case RoleProductOwner:
		return []Noun{NounProduct}
	case RoleReader:
		return []Noun{NounDomain, NounProduct}
	}
	return nil
}

// Binding gives a role somewhere: on the mesh, a domain or a product.
type Binding struct {
	Role Role `json:"role"`
	On   Ref  `json:"on"`
}

// System is the name under which Weir itself acts.
var System = Ref{Noun: NounMesh, Name: "weir"}

// Principal is who acts, resolved at one offset from what was shown at a door.
// It is never taken from a request.
type Principal struct {
	Ref     Ref       // a person, an application, or the system itself
	Teams   []UID     // a person's teams, or the application's one
	Domains []UID     // what those teams own
	Roles   []Binding // a person's
	Via     Via
	AsOf    Offset
}

// IsSystem reports whether Weir itself acts.
func (p Principal) IsSystem() bool { return p.Ref == System }

// Has reports whether the principal has a role on the whole mesh.
func (p Principal) Has(r Role) bool {
	return slices.ContainsFunc(p.Roles, func(b Binding) bool { return b.Role == r && b.On.Noun == NounMesh })
}

// Scope is what the principal may know of.
func (p Principal) Scope() Scope {
	if p.IsSystem() || p.Has(RoleMeshAdmin) {
		return Scope{All: true}
	}
	of := append(append([]UID{p.Ref.UID}, p.Teams...), p.Domains...)
	for _, b := range p.Roles {
		if b.On.Noun != NounMesh {
			of = append(of, b.On.UID) // who has a role there knows of it
		}
	}
	return Scope{Mesh: true, Of: of}
}

// Knows reports whether something with these readers is in scope.
func (s Scope) Knows(readers []UID) bool {
	if s.All || len(readers) == 0 && s.Mesh {
		return true
	}
	return slices.ContainsFunc(readers, func(u UID) bool { return slices.Contains(s.Of, u) })
}
