package catalog

import (
	"context"
	"errors"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/core/schema"
)

// contracts is what the catalogue needs of the registry: the schemas of a
// product come with it, are seen by those who see it, and end with its data.
type contracts interface {
	// First prepares a product's first schema of its keys or values. It parses
	// at once; what it gives decides inside the entry that makes the product.
	First(ctx context.Context, by weir.Principal, k weir.SubjectKind, text string, of *weir.Product) (func(context.Context, weir.View, *weir.Product) ([]weir.Change, error), error)
	// Follow makes the subjects of a product belong to it, and as visible as
	// it is. Conflict when they hold what it cannot have.
	Follow(ctx context.Context, v weir.View, p *weir.Product) ([]weir.Change, error)
	// Leave gives the subjects of a product that was taken back to whom they
	// belonged before it was published. Conflict when another subject's schema
	// refers to one that would be hidden from it. The view shows no product.
	Leave(ctx context.Context, v weir.View, p *weir.Product) ([]weir.Change, error)
	// FollowDomain gives a new domain the subjects below its _private.
	FollowDomain(ctx context.Context, v weir.View, d *weir.Domain) ([]weir.Change, error)
	// End deletes the subjects of a topic whose data is destroyed. Conflict
	// when another subject's schema refers to one of them.
	End(ctx context.Context, v weir.View, topic string) ([]weir.Change, error)
	// Fields lists the fields of a subject's version; NotFound when a principal
	// sees no such subject, or it has none.
	Fields(ctx context.Context, by weir.Principal, subject string, version int) ([]schema.Field, error)
}

// unkept stands for a registry where there is none.
type unkept struct{}

func (unkept) First(context.Context, weir.Principal, weir.SubjectKind, string, *weir.Product) (func(context.Context, weir.View, *weir.Product) ([]weir.Change, error), error) {
	return nil, weir.Errorf(weir.Unavailable, "no schemas are kept here").WithFix("create the product without its schema")
}

func (unkept) Follow(context.Context, weir.View, *weir.Product) ([]weir.Change, error) {
	return nil, nil
}

func (unkept) Leave(context.Context, weir.View, *weir.Product) ([]weir.Change, error) {
	return nil, nil
}

func (unkept) FollowDomain(context.Context, weir.View, *weir.Domain) ([]weir.Change, error) {
	return nil, nil
}

func (unkept) End(context.Context, weir.View, string) ([]weir.Change, error) { return nil, nil }

func (unkept) Fields(context.Context, weir.Principal, string, int) ([]schema.Field, error) {
	return nil, weir.NotFound
}

// first is what a new product's schemas add to the entry that makes it.
type first []func(context.Context, weir.View, *weir.Product) ([]weir.Change, error)

// first reads the schemas of a new product.
func (c *Catalog) first(ctx context.Context, by weir.Principal, cmd NewProduct, p *weir.Product) (first, error) {
	var all first
	for _, s := range []struct {
		field, encoding string
		kind            weir.SubjectKind
		text            string
	}{
		{"schema", string(p.Encoding), weir.OfValue, cmd.Schema},
		{"keySchema", string(p.KeyEncoding), weir.OfKey, cmd.KeySchema},
	} {
		if s.text == "" {
			continue
		}
		if p.SchemaFormat(s.kind) == "" {
			return nil, weir.Errorf(weir.Invalid, "%ss of encoding %s have no schema", s.kind, s.encoding).At(s.field).
				WithFix("leave the schema out, or use an encoding that has one: %s", withSchema(s.kind))
		}
		put, err := c.contracts.First(ctx, by, s.kind, s.text, p)
		if err != nil {
			return nil, inside(s.field, p.SchemaFormat(s.kind), err)
		}
		all = append(all, put)
	}
	return all, nil
}

// withSchema lists the encodings that have schemas.
func withSchema(k weir.SubjectKind) string {
	if k == weir.OfKey {
		return "json, avro or protobuf"
	}
	return "json, avro, protobuf or json-schema"
}

// inside says in which part of the request a schema's fault is, and as what the
// schema was read.
func inside(field string, f weir.SchemaFormat, err error) error {
	var e *weir.Error
	if !errors.As(err, &e) {
		return err
	}
	next := *e
	next.Where, next.Err = field+", read as "+string(f), err
	if e.Where != "" {
		next.Where += ", " + e.Where
	}
	return &next
}

// put adds what each schema changes, each after those before it.
func (f first) put(ctx context.Context, v weir.View, r *result, p *weir.Product) {
	for _, schema := range f {
		r.with(v, func(v weir.View) ([]weir.Change, error) { return schema(ctx, v, p) })
	}
}

// with adds what the registry decides, in view of what the entry holds already.
func (r *result) with(v weir.View, decide func(weir.View) ([]weir.Change, error)) {
	if r.err != nil {
		return
	}
	seen, err := newAhead(v, r.changes)
	if err != nil {
		r.err = err
		return
	}
	changes, err := decide(seen)
	r.err, r.changes = err, append(r.changes, changes...)
}
