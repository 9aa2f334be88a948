package registry_test

import (
	"context"
	"fmt"
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

// TestManyIntoOneSubject: different schemas that come at once all get a place,
// each another version and id.
func TestManyIntoOneSubject(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	_, err := m.registry.SetConfig(context.Background(), m.admin, "s", weir.SubjectConfig{Compatibility: weir.CompatFullTransitive})
	must(t, err)
	got := make([]registry.Version, 32)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			var err error
			got[i], err = m.registry.Register(context.Background(), m.admin, registry.Registration{Subject: "s", Text: avro("o", fmt.Sprintf("f%d?", i))})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	versions, ids := map[int]bool{}, map[weir.SchemaID]bool{}
	for _, v := range got {
		versions[v.Version], ids[v.ID] = true, true
		if v.Version > len(got) || int(v.ID) > len(got) {
			t.Errorf("%d/%d", v.Version, v.ID)
		}
	}
	if len(versions) != len(got) || len(ids) != len(got) {
		t.Errorf("%d versions, %d ids", len(versions), len(ids))
	}
}

// TestIDsOfManySubjects: registering different schemas in different subjects at
// once gives each another id.
func TestIDsOfManySubjects(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	var ids sync.Map
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			v, err := m.registry.Register(context.Background(), m.admin, registry.Registration{Subject: fmt.Sprint("s", i), Text: avro("o", fmt.Sprintf("f%d", i))})
			if other, taken := ids.LoadOrStore(v.ID, i); err != nil || taken {
				t.Errorf("id %d is of %v and %d; %v", v.ID, other, i, err)
			}
		})
	}
	all.Wait()
}

// TestLookupIgnoresTheVersionsNumber: a schema that says its version's number in
// its metadata is found without it.
func TestLookupIgnoresTheVersionsNumber(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	v, err := m.registry.Register(ctx, m.admin, registry.Registration{Subject: "s", Text: avro("o", "a"), Version: -1})
	must(t, err)
	got, err := m.registry.Lookup(ctx, m.admin.By, registry.Registration{Subject: "s", Text: avro("o", "a")}, registry.LivingOnly)
	if err != nil || got.ID != v.ID || got.Metadata == nil {
		t.Errorf("%v, %v", got, err)
	}
	_, err = m.registry.Lookup(ctx, m.admin.By, registry.Registration{
		Subject: "s", Text: avro("o", "a"), Metadata: &weir.Metadata{Properties: map[string]string{"other": "x"}},
	}, registry.LivingOnly)
	if faultOf(err) != registry.NoSchema {
		t.Errorf("with other metadata: %v", err)
	}
}
