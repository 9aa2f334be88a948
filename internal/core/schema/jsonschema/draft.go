package jsonschema

import "strings"

// Draft is a version of JSON Schema. Later ones are greater.
type Draft int

// The drafts that are understood.
const (
	Draft4    Draft = 4
	Draft6    Draft = 6
	Draft7    Draft = 7
	Draft2019 Draft = 2019
	Draft2020 Draft = 2020
)

// drafts are the metaschemas by which a schema says its draft, without scheme
// and fragment.
func drafts() map[string]Draft {
	return map[string]Draft{
		"json-schema.org/draft-04/schema":      Draft4,
		"json-schema.org/draft-06/schema":      Draft6,
		"json-schema.org/draft-07/schema":      Draft7,
		"json-schema.org/draft/2019-09/schema": Draft2019,
		"json-schema.org/draft/2020-12/schema": Draft2020,
	}
}

// URL is the draft's metaschema.
func (d Draft) URL() string {
	for path, is := range drafts() {
		if is == d && d >= Draft2019 {
			return "https://" + path
		} else if is == d {
			return "http://" + path + "#"
		}
	}
	return ""
}

// idKey is the keyword that names a schema.
func (d Draft) idKey() string {
	if d == Draft4 {
		return "id"
	}
	return "$id"
}

// draftOf is the draft that a text says it is of: 7, as registries assume,
// where it says none or one that is unknown.
func draftOf(v *value) Draft {
	url := strings.TrimSuffix(v.str("$schema"), "#")
	for _, scheme := range []string{"http://", "https://"} {
		if d, ok := drafts()[strings.TrimPrefix(url, scheme)]; ok {
			return d
		}
	}
	return Draft7
}

// shape is what stands under a keyword that holds schemas.
type shape uint8

const (
	one    shape = iota // a schema
	list                // an array of schemas
	either              // a schema, or an array of them
	named               // an object of schemas
	mixed               // an object of schemas and of arrays of names
)

// holders are the keywords that hold schemas, with the drafts that know them.
type holder struct {
	keyword     string
	shape       shape
	first, last Draft
	inPlace     bool // judges the same value as the schema that holds it
}

func holders() []holder {
	return []holder{
		{"definitions", named, Draft4, Draft2020, false},
		{"$defs", named, Draft2019, Draft2020, false},
		{"contentSchema", one, Draft2019, Draft2020, false},
		{"allOf", list, Draft4, Draft2020, true},
		{"anyOf", list, Draft4, Draft2020, true},
		{"oneOf", list, Draft4, Draft2020, true},
		{"not", one, Draft4, Draft2020, true},
		{"if", one, Draft7, Draft2020, true},
		{"then", one, Draft7, Draft2020, true},
		{"else", one, Draft7, Draft2020, true},
		{"dependencies", mixed, Draft4, Draft2020, true},
		{"dependentSchemas", named, Draft2019, Draft2020, true},
		{"properties", named, Draft4, Draft2020, false},
		{"patternProperties", named, Draft4, Draft2020, false},
		{"additionalProperties", one, Draft4, Draft2020, false},
		{"propertyNames", one, Draft6, Draft2020, false},
		{"unevaluatedProperties", one, Draft2019, Draft2020, false},
		{"prefixItems", list, Draft2020, Draft2020, false},
		{"items", either, Draft4, Draft2019, false},
		{"items", one, Draft2020, Draft2020, false},
		{"additionalItems", one, Draft4, Draft2019, false},
		{"contains", one, Draft6, Draft2020, false},
		{"unevaluatedItems", one, Draft2019, Draft2020, false},
	}
}

func (h holder) in(d Draft) bool { return h.first <= d && d <= h.last }
