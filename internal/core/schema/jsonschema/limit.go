package jsonschema

// The limits of a schema. What is over one is refused by the limit's name
// before any library sees it.
const (
	MaxText       = 256 << 10 // bytes of one text
	MaxTexts      = 1 << 20   // bytes of a text and all its references
	MaxSubschemas = 5000      // of a text and all its references
	MaxWeight     = 100_000   // product of branches: visits for one path through a record
	MaxList       = 10_000    // elements of a list or an object in the text
	MaxPointers   = 2 << 20   // bytes of the places of all subschemas
	MaxDigits     = 100       // characters of a number
	MaxPattern    = 1000      // bytes of a pattern
	MaxProgram    = 10_000    // steps of a pattern, repetitions written out
	MaxPrograms   = 100_000   // steps of all patterns together
	MaxIDs        = 200       // subschemas with a name of their own
	MaxTextsRead  = 1000      // references, each as often as it is referred to
)
