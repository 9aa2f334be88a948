package registry

import (
	"crypto/sha256"

	"github.com/weirmesh/weir"
)

// contentOf is what two schemas have in common that are the same: all but who
// registered them, when, and under which id.
func contentOf(s *weir.Schema) (weir.Hash, error) {
	b, err := weir.Canonical(weir.Schema{
		Format: s.Format, Text: s.Text, References: s.References, Referred: s.Referred,
		Metadata: s.Metadata, RuleSet: s.RuleSet,
	})
	if err != nil {
		return weir.Hash{}, weir.Errorf(weir.Internal, "the schema cannot be compared").Because(err)
	}
	return sha256.Sum256(b), nil
}
