package registry_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestModes: a subject's own mode wins over the mesh's, except over the mesh's
// READONLY_OVERRIDE; what is there is still answered.
func TestModes(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	r, p := m.registry, m.admin.By
	set := func(s string, mode weir.SubjectMode) {
		t.Helper()
		_, err := r.SetMode(ctx, m.admin, s, mode, false)
		must(t, err)
	}
	m.register(m.admin, "s", avro("o", "a"))
	set("s", weir.ModeReadWrite)
	set("", weir.ModeReadOnly)
	if _, err := r.Register(ctx, m.admin, registry.Registration{Subject: "other", Text: avro("o", "a")}); faultOf(err) != registry.NotPermitted {
		t.Errorf("the mesh is read-only: %v", err)
	}
	m.register(m.admin, "s", avro("o", "a", "b?"))
	set("", weir.ModeReadOnlyOverride)
	if _, err := r.Register(ctx, m.admin, registry.Registration{Subject: "s", Text: avro("o", "a", "c?")}); faultOf(err) != registry.NotPermitted {
		t.Errorf("the mesh overrides: %v", err)
	}
	if mode, err := r.Mode(ctx, p, "s", false); err != nil || mode != weir.ModeReadOnlyOverride {
		t.Errorf("%s, %v", mode, err)
	}
	if v := m.register(m.admin, "s", avro("o", "a")); v.Version != 1 {
		t.Errorf("what is there: %v", v)
	}
	if was, err := r.DeleteMode(ctx, m.admin, ""); err != nil || was != weir.ModeReadOnlyOverride {
		t.Errorf("%s, %v", was, err)
	}
	if was, err := r.DeleteMode(ctx, m.admin, "s"); err != nil || was != weir.ModeReadWrite {
		t.Errorf("%s, %v", was, err)
	}
	if mode, err := r.Mode(ctx, p, "s", true); err != nil || mode != weir.ModeReadWrite {
		t.Errorf("%s, %v", mode, err)
	}
	if _, err := r.SetMode(ctx, m.member("ours"), "", weir.ModeReadOnly, false); !weir.Denied.In(err) {
		t.Errorf("the mesh's by a member: %v", err)
	}
}

// TestImport: a history is taken as it was, with its ids, numbers and holes,
// also twice; the same schema may have two ids, and is found by the lowest.
func TestImport(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	r, p := m.registry, m.admin.By
	_, err := r.SetMode(ctx, m.admin, "", weir.ModeImport, false)
	must(t, err)
	for range 2 {
		for _, reg := range []registry.Registration{
			{Subject: "s", Version: 2, ID: 100, Text: avro("o", "a")},
			{Subject: "s", Version: 7, ID: 50, Text: `"int"`},
			{Subject: "t", Version: 1, ID: 70, Text: avro("o", "a")},
		} {
			v, err := r.Register(ctx, m.admin, reg)
			if err != nil || v.ID != reg.ID || v.Version != reg.Version {
				t.Errorf("%d/%d, %v", v.Version, v.ID, err)
			}
		}
		if _, err := r.DeleteVersion(ctx, m.admin, "s", 2, false); err != nil {
			t.Error(err)
		}
	}
	if vs, err := r.Versions(ctx, p, "s", registry.Which{Deleted: registry.DeletedToo}); err != nil || !cmp.Equal(vs, []int{2, 7}) {
		t.Errorf("%v, %v", vs, err)
	}
	_, err = r.DeleteMode(ctx, m.admin, "")
	must(t, err)
	if v := m.register(m.admin, "u", avro("o", "a")); v.ID != 70 {
		t.Errorf("the same schema has id %d", v.ID)
	}
	if v := m.register(m.admin, "u", avro("o", "a", "b?")); v.ID != 101 || r.MaxID() != 101 {
		t.Errorf("the next id is %d, the greatest %d", v.ID, r.MaxID())
	}
	if uses, err := r.Uses(ctx, p, 100, registry.Which{Deleted: registry.DeletedToo}); err != nil || len(uses) != 1 || uses[0].Subject != "s" {
		t.Errorf("%v, %v", uses, err)
	}
}
