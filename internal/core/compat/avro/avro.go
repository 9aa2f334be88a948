// Package avro says what stops a reader of one Avro schema from reading what
// was written with another.
//
// It decides by the schema resolution of the Avro specification, and where that
// leaves room as the Java library's SchemaCompatibility does, whose verdicts
// registries give. There is one difference: decimals whose scales differ do not
// match, as the specification says. The Java library reads 1.25 as 12.5 there.
package avro

import (
	"github.com/weirmesh/weir/internal/core/schema"
	"github.com/weirmesh/weir/internal/core/schema/avro"
)

// The rules, as the docs list them.
const (
	// The reader's type cannot hold the writer's.
	TypeMismatch = "TYPE_MISMATCH"
	// A named type has another name, and the reader no alias for it.
	NameMismatch = "NAME_MISMATCH"
	// A fixed has another number of bytes.
	FixedSizeMismatch = "FIXED_SIZE_MISMATCH"
	// The writer has symbols that the reader neither knows nor has a default for.
	MissingSymbols = "MISSING_ENUM_SYMBOLS"
	// No branch of the reader's union takes what the writer may write.
	MissingBranch = "MISSING_UNION_BRANCH"
	// A field of the reader is not in the writer and has no default.
	MissingDefault = "READER_FIELD_MISSING_DEFAULT_VALUE"
	// A field of the reader is, by its name and aliases, two of the writer's.
	AmbiguousAlias = "AMBIGUOUS_FIELD_ALIAS"
	// A decimal has another scale, or fewer digits than the writer's.
	DecimalMismatch = "DECIMAL_MISMATCH"
	// The comparison would take too long, so nothing is promised.
	TooComplex = "TOO_COMPLEX"
)

// MaxMismatches bounds what one comparison lists. That many are enough to say
// no, and for a person to begin.
const MaxMismatches = 50

// maxWork bounds one comparison: pairs of types, and the fields, branches and
// symbols that are looked at for them. Two schemas of 5,000 fields take 10,000,
// and 30,000 if each field is a union.
const maxWork = 100_000

// CanRead lists what stops one who has the reader's schema from reading all
// that may have been written with the writer's. Nothing stops him if the list
// is empty; a schema reads itself.
func CanRead(reader, writer *avro.Schema) []schema.Mismatch {
	if reader.Resolved() == writer.Resolved() {
		return nil
	}
	c := &checker{pairs: map[pair]*node{}, indexes: map[*avro.Type]*index{}}
	root := c.node(reader.Root(), writer.Root())
	for len(c.todo) > 0 && c.work <= maxWork {
		n := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		c.expand(n)
	}
	if c.work > maxWork {
		return []schema.Mismatch{tooComplex(reader, writer)}
	}
	return c.report(root)
}
