package registry

import (
	"context"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/compat"
	"github.com/weirmesh/weir/internal/core/schema"
)

// This file is only the agreed signatures until the use cases stand in files of
// their own (schema.go, subject.go, config.go, product.go, index.go).

// Index is every subject and schema in memory; it follows the ledger.
type Index struct{}

// NewIndex reads the state and goes on from there.
func NewIndex(ctx context.Context, state weir.State, ledger weir.Ledger) (*Index, error) { panic(1) }

// Run follows the ledger until ctx ends.
func (x *Index) Run(ctx context.Context) error { panic(1) }

// Wait returns once the index shows an offset, or ctx's error.
func (x *Index) Wait(ctx context.Context, at weir.Offset) error { panic(1) }

// Deleted says whether what was deleted softly is listed too.
type Deleted int

const (
	LivingOnly Deleted = iota
	DeletedToo
	DeletedOnly
)

// Which selects subjects, or schemas.
type Which struct {
	Prefix        string // of the subject
	Deleted       Deleted
	LatestOnly    bool
	Offset, Limit int // Limit 0: all, as many as the registry lists
}

// Register puts a schema into a subject, and answers when it is durable and the
// index shows it. A schema that is there already is answered as it is.
func (r *Registry) Register(ctx context.Context, call weir.Call, cmd Registration) (Version, error) {
	panic(1)
}

// Lookup finds the version of a subject that has a schema.
func (r *Registry) Lookup(ctx context.Context, p weir.Principal, cmd Registration, d Deleted) (Version, error) {
	panic(1)
}

// Check says whether a schema may follow in a subject, at its level: against the
// version that is said, or (0) those that the level compares.
func (r *Registry) Check(ctx context.Context, p weir.Principal, cmd Registration, version int) (compat.Verdict, error) {
	panic(1)
}

// Subjects lists names, sorted.
func (r *Registry) Subjects(ctx context.Context, p weir.Principal, w Which) ([]string, error) {
	panic(1)
}

// Versions lists a subject's versions, ascending.
func (r *Registry) Versions(ctx context.Context, p weir.Principal, subject string, w Which) ([]int, error) {
	panic(1)
}

// Version gives one version of a subject; version may be Latest.
func (r *Registry) Version(ctx context.Context, p weir.Principal, subject string, version int, d Deleted) (Version, error) {
	panic(1)
}

// LatestWith gives the greatest version whose metadata has all these properties.
func (r *Registry) LatestWith(ctx context.Context, p weir.Principal, subject string, properties map[string]string, d Deleted) (Version, error) {
	panic(1)
}

// Schemas lists versions of all subjects, by subject and version.
func (r *Registry) Schemas(ctx context.Context, p weir.Principal, w Which) ([]Version, error) {
	panic(1)
}

// ByID gives a schema by its id. The subject narrows what the caller may see by
// it; empty is any. Version and Subject of the answer are one place where it is.
func (r *Registry) ByID(ctx context.Context, p weir.Principal, id weir.SchemaID, subject string) (Version, error) {
	panic(1)
}

// MaxID is the greatest id that was given, 0 if none was.
func (r *Registry) MaxID() weir.SchemaID { panic(1) }

// Uses lists where a schema is, by subject and version. Texts are left out.
func (r *Registry) Uses(ctx context.Context, p weir.Principal, id weir.SchemaID, w Which) ([]Version, error) {
	panic(1)
}

// ReferencedBy lists the ids of the schemas that refer to a version.
func (r *Registry) ReferencedBy(ctx context.Context, p weir.Principal, subject string, version int, w Which) ([]weir.SchemaID, error) {
	panic(1)
}

// Fields walks the fields of one version.
func (r *Registry) Fields(ctx context.Context, p weir.Principal, subject string, version int) ([]schema.Field, error) {
	panic(1)
}

// DeleteVersion deletes softly, or for ever what was deleted softly before.
func (r *Registry) DeleteVersion(ctx context.Context, call weir.Call, subject string, version int, permanent bool) (int, error) {
	panic(1)
}

// DeleteSubject deletes all versions of a subject and lists them.
func (r *Registry) DeleteSubject(ctx context.Context, call weir.Call, subject string, permanent bool) ([]int, error) {
	panic(1)
}

// Config gives a subject's configuration, or the mesh's for "". orMesh: what
// the subject does not say is filled in from the mesh.
func (r *Registry) Config(ctx context.Context, p weir.Principal, subject string, orMesh bool) (weir.SubjectConfig, error) {
	panic(1)
}

// SetConfig sets the fields that are given, of a subject or (for "") the mesh,
// and answers with all of them.
func (r *Registry) SetConfig(ctx context.Context, call weir.Call, subject string, c weir.SubjectConfig) (weir.SubjectConfig, error) {
	panic(1)
}

// DeleteConfig removes a subject's own, or the mesh's, and gives what it was.
func (r *Registry) DeleteConfig(ctx context.Context, call weir.Call, subject string) (weir.SubjectConfig, error) {
	panic(1)
}

// Mode, SetMode and DeleteMode are the same for modes. IMPORT wants a subject
// (or registry) without versions, unless force is set.
func (r *Registry) Mode(ctx context.Context, p weir.Principal, subject string, orMesh bool) (weir.SubjectMode, error) {
	panic(1)
}

func (r *Registry) SetMode(ctx context.Context, call weir.Call, subject string, m weir.SubjectMode, force bool) (weir.SubjectMode, error) {
	panic(1)
}

func (r *Registry) DeleteMode(ctx context.Context, call weir.Call, subject string) (weir.SubjectMode, error) {
	panic(1)
}

// Comparison is two versions of a subject beside each other: what is the same,
// added, removed or changed among their fields, and whether each side could
// read the other.
type Comparison struct {
	From, To          Version
	Fields            []FieldChange
	Backward, Forward []schema.Mismatch
}

// FieldChange is one field on both sides; one side is nil if it is not there.
type FieldChange struct{ Old, New *schema.Field }

// Compare puts two versions of a subject beside each other.
func (r *Registry) Compare(ctx context.Context, p weir.Principal, subject string, from, to int) (Comparison, error) {
	panic(1)
}

// First prepares a new product's first schema: it parses before the queue and
// gives what to do inside it. The catalogue puts its changes into the entry
// that makes the product.
func (r *Registry) First(ctx context.Context, by weir.Principal, k weir.SubjectKind, text string, of *weir.Product) (func(context.Context, weir.View, *weir.Product) ([]weir.Change, error), error) {
	panic(1)
}

// Follow makes the subjects of a product that was made or changed belong to it:
// its domain's, and as visible as it is. Conflict when they hold what it cannot
// have.
func (r *Registry) Follow(ctx context.Context, v weir.View, p *weir.Product) ([]weir.Change, error) {
	panic(1)
}

// End deletes the subjects of a topic whose data is destroyed. Conflict when
// another subject's schema refers to one of them.
func (r *Registry) End(ctx context.Context, v weir.View, topic string) ([]weir.Change, error) {
	panic(1)
}
