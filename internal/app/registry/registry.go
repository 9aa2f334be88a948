// Package registry keeps the schemas of records: subjects with their versions,
// ids, compatibility levels and modes. Schemas are the contracts of products:
// the subjects of a product, and those below a domain's _private, belong to the
// domain; any other belongs to the mesh.
//
// Reads are answered from an [Index] in memory that follows the ledger, so they
// go on while nothing can be written. Writes parse and compare before the
// writer's queue; inside it only revisions, rights and names are checked, and
// the id is allocated in the entry that uses it.
//
// Every error has a [Fault] as its cause where registries have a code of their
// own for it, and registries' own words as its message.
package registry

import (
	"context"
	"time"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// Registry is the use cases.
type Registry struct {
	cfg    Config
	texts  *cache[weir.UID, string]
	stored *cache[weir.UID, parsedText]     // by schema
	came   *cache[weir.Hash, schema.Schema] // by what came: see sourceKey
	lists  *gate
	small  *gate // see work
	large  *gate
}

// Config is what Registry needs. Every field but Policies and Hurts is required.
type Config struct {
	State    weir.State
	Writer   weir.Writer
	Index    *Index
	Policies policies // nil: there are none
	Hurts    hurts    // nil: nobody knows
	Now      func() time.Time
	Home     weir.UID // the mesh
}

// policies is what the registry asks of the catalogue.
type policies interface {
	// KeepsWith refuses, inside a decision, a schema by which a published product
	// would break a policy that it keeps with the fields it has before.
	KeepsWith(ctx context.Context, v weir.View, by weir.Principal, p *weir.Product, before, after []schema.Field) error
}

// hurts is what the registry asks of who knows the lineage.
type hurts interface {
	// Hurts names, in one line, whom a change of a product would hurt, as somebody
	// may know; empty: nobody, as far as is known.
	Hurts(ctx context.Context, p weir.Principal, product string) string
}

// New makes the use cases.
func New(c Config) *Registry {
	return &Registry{
		cfg:    c,
		texts:  newCache[weir.UID, string](textRoom),
		stored: newCache[weir.UID, parsedText](parsedRoom),
		came:   newCache[weir.Hash, schema.Schema](parsedRoom),
		lists:  newGate("lists of schemas", listing, listingWait, listingEach),
		small:  newGate("schemas", smallAtOnce, smallWait, smallAtOnce+smallWait),
		large:  newGate("large schemas", largeAtOnce, largeWait, largeEach),
	}
}

func (r *Registry) uid() weir.UID { return weir.NewUID(r.cfg.Now()) }

// Registration is a schema on its way into a subject, or looked for in one.
type Registration struct {
	Subject    string
	Format     weir.SchemaFormat // empty: AVRO
	Text       string            // empty: the latest version's, with other metadata or rules
	References []weir.SchemaReference
	Metadata   *weir.Metadata
	RuleSet    *weir.RuleSet
	Normalize  bool

	// Version and ID are asked for where a subject is in mode IMPORT; 0 is
	// whatever comes next. Elsewhere a Version must be the next one, and an ID
	// the schema's own.
	Version int
	ID      weir.SchemaID
}

// Version is a schema as one version of a subject.
type Version struct {
	Subject    string
	Version    int
	ID         weir.SchemaID
	Format     weir.SchemaFormat
	Text       string
	References []weir.SchemaReference
	Metadata   *weir.Metadata
	RuleSet    *weir.RuleSet
	Deleted    bool
}

// Latest selects the greatest version.
const Latest = -1
