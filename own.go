package weir

import "crypto/sha256"

// What Weir itself offers in every mesh: a team of the mesh admins, a domain of
// that team, and the product that tells what happens. Their names are nobody
// else's to give; their uids are recognised ([UID.Own]), so that a thing of the
// same name from before the name was taken is never mistaken for them.
const (
	OwnName         = "weir" // of the team and of the domain
	ActivityProduct = OwnName + ".activity"

	OwnTopics = "_weir." // the beginning of the names of its topics on a cluster, and of their subjects
)

// OwnUID is the uid of something that Weir itself has in a mesh, the same at
// every time: a UUIDv8 (RFC 9562), made of the mesh's uid and the name.
func OwnUID(mesh UID, n Noun, name string) UID {
	sum := sha256.Sum256(append(mesh[:], string(n)+"/"+name...))
	var u UID
	copy(u[:6], mesh[:6]) // as old as the mesh
	copy(u[6:], sum[:])
	u[6] = u[6]&0x0f | ownVersion<<4
	u[8] = u[8]&0x3f | 0x80
	return u
}

const ownVersion = 8

// Own reports whether the uid is of something that Weir itself has.
func (u UID) Own() bool { return u[6]>>4 == ownVersion }

// NotOwn refuses a name that is Weir's own, to everybody but Weir itself.
func NotOwn(by Principal, name string) error {
	if name != OwnName || by.IsSystem() {
		return nil
	}
	return Errorf(Invalid, "the name %q is Weir's own", name).At("name").WithFix("choose another name")
}
