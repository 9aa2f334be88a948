package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestReferences: what is referred to is found through others, may be the latest,
// and stays what it was though its subject is made anew.
func TestReferences(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	r, p := m.registry, m.admin.By
	m.register(m.admin, "c", avro("c", "x"))
	ref := func(subject, name, of string, version int) registry.Registration {
		return registry.Registration{
			Subject: subject, Text: fmt.Sprintf(`{"type":"record","name":"%s","fields":[{"name":"f","type":"%s"}]}`, subject, name),
			References: []weir.SchemaReference{{Name: name, Subject: of, Version: version}},
		}
	}
	b, err := r.Register(ctx, m.admin, ref("b", "c", "c", registry.Latest))
	must(t, err)
	if want := []weir.SchemaReference{{Name: "c", Subject: "c", Version: 1}}; !cmp.Equal(b.References, want) {
		t.Error(cmp.Diff(want, b.References))
	}
	a, err := r.Register(ctx, m.admin, ref("a", "b", "b", 1))
	must(t, err)
	fields, err := r.Fields(ctx, p, "a", 1)
	must(t, err)
	if last := fields[len(fields)-1].Path; last != "f.f.x" {
		t.Errorf("fields %v", fields)
	}
	if ids, err := r.ReferencedBy(ctx, p, "b", registry.Latest, registry.Which{}); err != nil || !cmp.Equal(ids, []weir.SchemaID{a.ID}) {
		t.Errorf("%v, %v", ids, err)
	}
	for _, s := range []string{"a", "b", "c"} {
		for _, permanent := range []bool{false, true} {
			_, err := r.DeleteSubject(ctx, m.admin, s, permanent)
			must(t, err)
		}
	}
	m.register(m.admin, "c", avro("c", "y"))
	if again, err := r.Register(ctx, m.admin, ref("b", "c", "c", 1)); err != nil || again.ID == b.ID {
		t.Errorf("b over another c is %v, %v; it was %d", again.ID, err, b.ID)
	}
	if _, err := r.ByID(ctx, p, a.ID, ""); faultOf(err) != registry.NoSchema {
		t.Errorf("a schema that is in no subject any more: %v", err)
	}
}

// TestReferencesThatMultiply: a few short texts that lead to very many are
// refused, before anything is read through.
func TestReferencesThatMultiply(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.register(m.admin, "l0", avro("l0", "x"))
	var err error
	for i := 1; i < 30 && err == nil; i++ {
		below := fmt.Sprintf("l%d", i-1)
		_, err = m.registry.Register(ctx, m.admin, registry.Registration{
			Subject: fmt.Sprintf("l%d", i), Text: fmt.Sprintf(`{"type":"record","name":"l%d","fields":[{"name":"f","type":"%s"}]}`, i, below),
			References: []weir.SchemaReference{{Name: below, Subject: below, Version: 1}, {Name: below + "x", Subject: below, Version: 1}},
		})
	}
	if faultOf(err) != registry.TooLarge {
		t.Fatalf("a million texts: %v", err)
	}
	many := make([]weir.SchemaReference, weir.MaxReferences+1)
	if _, err := m.registry.Register(ctx, m.admin, registry.Registration{Subject: "s", Text: `"int"`, References: many}); faultOf(err) != registry.InvalidSchema {
		t.Errorf("%d references: %v", len(many), err)
	}
}

// TestReferenceDeletedMeanwhile: between looking and deciding, what is referred to
// may go; then the schema is refused.
func TestReferenceDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.register(m.admin, "base", avro("base", "x"))
	x, err := registry.NewIndex(ctx, m.state, m.ledger) // it does not follow
	must(t, err)
	_, err = m.registry.DeleteSubject(ctx, m.admin, "base", false)
	must(t, err)
	_, err = m.with(x).Register(ctx, m.admin, registry.Registration{
		Subject: "refers", Text: `{"type":"array","items":"base"}`,
		References: []weir.SchemaReference{{Name: "base", Subject: "base", Version: 1}},
	})
	if faultOf(err) != registry.InvalidSchema || !strings.Contains(err.Error(), "No schema reference found") {
		t.Error(err)
	}
}
