package registry_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestRegisterAndRead: what was registered is found by id, number, latest and
// text; registering it again changes nothing.
func TestRegisterAndRead(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	one := m.register(m.admin, "orders-value", avro("o", "a"))
	two := m.register(m.admin, "orders-value", avro("o", "a", "b?"))
	if one.ID != 1 || one.Version != 1 || two.ID != 2 || two.Version != 2 {
		t.Fatalf("registered as %d/%d and %d/%d", one.ID, one.Version, two.ID, two.Version)
	}
	head := m.ledger.Head()
	if again := m.register(m.admin, "orders-value", avro("o", "a")); !cmp.Equal(again, one) {
		t.Error(cmp.Diff(one, again))
	}
	if m.ledger.Head() != head {
		t.Error("registering again wrote an entry")
	}
	p := m.admin.By
	for _, read := range []func() (registry.Version, error){
		func() (registry.Version, error) { return m.registry.ByID(ctx, p, 2, "") },
		func() (registry.Version, error) {
			return m.registry.Version(ctx, p, "orders-value", 2, registry.LivingOnly)
		},
		func() (registry.Version, error) {
			return m.registry.Version(ctx, p, "orders-value", registry.Latest, registry.LivingOnly)
		},
		func() (registry.Version, error) {
			return m.registry.Lookup(ctx, p, registry.Registration{Subject: "orders-value", Text: avro("o", "a", "b?")}, registry.LivingOnly)
		},
	} {
		if got, err := read(); err != nil || !cmp.Equal(got, two) {
			t.Error(err, cmp.Diff(two, got))
		}
	}
	if same := m.register(m.admin, "other", avro("o", "a")); same.ID != 1 {
		t.Errorf("the same schema in another subject has id %d", same.ID)
	}
}

// TestOneSchemaOneID: whoever races to register one schema gets one id, one
// version, in one entry.
func TestOneSchemaOneID(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	head := m.ledger.Head().Offset
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			v, err := m.registry.Register(context.Background(), m.admin, registry.Registration{Subject: "s", Text: avro("o", "a")})
			if err != nil || v.ID != 1 || v.Version != 1 {
				t.Errorf("%d/%d, %v", v.ID, v.Version, err)
			}
		})
	}
	all.Wait()
	if got := m.ledger.Head().Offset - head; got != 1 {
		t.Errorf("%d entries", got)
	}
}

// TestAnotherDomainsSubject: nobody writes the subject of another domain.
func TestAnotherDomainsSubject(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.register(m.member("ours"), "ours._private.x-value", avro("o", "a"))
	_, err := m.registry.Register(ctx, m.member("theirs"), registry.Registration{Subject: "ours._private.x-value", Text: avro("o", "a", "b?")})
	if !weir.Denied.In(err) {
		t.Errorf("the other domain: %v", err)
	}
	if _, err := m.registry.ByID(ctx, m.member("theirs").By, 1, ""); !weir.NotFound.In(err) {
		t.Errorf("by id: %v", err)
	}
}
