package audit

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// doors are through what something can be done.
func doors() []string { return []string{"api", "gateway", "registry", "start", "web", "worker"} }

// beside are the nouns of operations that are no things of the mesh.
func beside() []string { return []string{"admin", "audit", "refusals", "role", "schema"} }

// verbs are those of operations that have neither a word in [past] nor a sentence.
func verbs() []string {
	return []string{"allow", "config", "export", "mode", "password", "register", "rotate", "terms", "verify"}
}

// operation refuses what is neither an operation, such as product.create, nor
// the noun of some.
func operation(op string) error {
	if op == "" {
		return nil
	}
	noun, verb, of := strings.Cut(op, ".")
	_, known := past()[verb]
	if _, said := sentences()[op]; said {
		return nil
	}
	if !slices.Contains(weir.Nouns(), weir.Noun(noun)) && !slices.Contains(beside(), noun) {
		return weir.Errorf(weir.Invalid, "%q is no operation", op).At("what").
			WithFix("write a noun, one of %v and %v, or one of its operations, such as product.create", weir.Nouns(), beside())
	}
	if of && !known && !slices.Contains(verbs(), verb) {
		return weir.Errorf(weir.Invalid, "%q is no operation", op).At("what").WithFix("weir audit list --what %s shows those there were", noun)
	}
	return nil
}

// throughDoor refuses what is no door.
func throughDoor(door string) error {
	if door == "" || slices.Contains(doors(), door) {
		return nil
	}
	return weir.Errorf(weir.Invalid, "%q is no door", door).At("door").WithFix("use one of %v", doors())
}
