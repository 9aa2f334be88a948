package registry

import (
	"slices"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/format"
)

// ofProduct refuses a schema that the records of a product cannot have: another
// language than its encoding's, values without the fields of its key, or keys
// without them.
func ofProduct(p *weir.Product, subject string, s schema.Schema) error {
	k := kindOf(p, subject)
	if err := inLanguage(p, k, s.Format()); err != nil {
		return err
	}
	if k != weir.OfValue {
		return holdsKey(p, s)
	}
	return hasKey(p, s)
}

// holdsKey refuses keys that cannot hold the fields of the product's key. A
// record has a field for each, with its name; what has no fields holds one.
func holdsKey(p *weir.Product, s schema.Schema) error {
	names := format.Top(s)
	if len(names) == 0 && len(p.Key) <= 1 {
		return nil
	}
	for _, key := range p.Key {
		if !slices.Contains(names, key) {
			return fault(InvalidSchema, weir.Invalid, "the schema of the keys has no field %s, which the key of %s holds", key, p.Ref()).
				At("key").WithFix("give it a field %s, or use what has no fields for a key of one", key)
		}
	}
	return nil
}

// inLanguage refuses a language that is not the encoding's.
func inLanguage(p *weir.Product, k weir.SubjectKind, f weir.SchemaFormat) error {
	encoding := string(p.Encoding)
	if k == weir.OfKey {
		encoding = string(p.KeyEncoding)
	}
	switch want := p.SchemaFormat(k); want {
	case f:
		return nil
	case "":
		return fault(InvalidSchema, weir.Invalid, "%ss of %s are in the encoding %s, which has no schemas", k, p.Ref(), encoding).
			At("schemaType").WithFix("send them without a schema, or make a product whose %ss are in an encoding with schemas", k)
	default:
		return fault(InvalidSchema, weir.Invalid, "%ss of %s are in the encoding %s, whose schemas are %s, not %s", k, p.Ref(), encoding, want, f).
			At("schemaType").WithFix("use a serialiser for %s, or make a product in another encoding", want)
	}
}

// hasKey refuses values that lack a field that the key holds.
func hasKey(p *weir.Product, s schema.Schema) error {
	if len(p.Key) == 0 {
		return nil
	}
	names := format.Top(s)
	for _, key := range p.Key {
		if !slices.Contains(names, key) {
			return fault(InvalidSchema, weir.Invalid, "the schema has no field %s, which the key of %s holds", key, p.Ref()).
				At("key").WithFix("name the product's key by fields that stand at the top of its values, or add the field")
		}
	}
	return nil
}
