package schema

import (
	"slices"
	"strings"

	"github.com/weirmesh/weir"
)

// ClassOf is the classification that a field's tags say: the strictest of them,
// empty if they say none. The tags are those that registries come with, and our
// own words.
func ClassOf(tags []string) weir.Classification {
	order := []weir.Classification{"", weir.ClassPublic, weir.ClassInternal, weir.ClassPersonal, weir.ClassSecret}
	strictest := 0
	for _, t := range tags {
		word, _, _ := strings.Cut(strings.ToLower(t), ":")
		is := map[string]weir.Classification{
			"public": weir.ClassPublic, "private": weir.ClassInternal, "internal": weir.ClassInternal, "pii": weir.ClassPersonal,
			"personal": weir.ClassPersonal, "sensitive": weir.ClassPersonal, "secret": weir.ClassSecret,
		}[word]
		strictest = max(strictest, slices.Index(order, is))
	}
	return order[strictest]
}
