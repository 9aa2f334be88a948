package registry_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestRefusalsSayWhatToDo: who may not register hears why, case by case, and
// nothing of what is hidden.
func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.orders"})
	m.product(catalog.NewProduct{Name: "ours.hidden", Visibility: weir.VisibleDomain})
	for _, c := range []struct{ by, subject, want string }{
		{"ours", "ours.nope.v1-value", "application ours-app may not register in subject ours.nope.v1-value; there is no product with this subject; make it first: weir product create ours.nope --schema FILE (its subjects are ours.nope.v1-key and -value)"},
		{"ours", "ours.orders.v2-value", "the subjects of product ours.orders are ours.orders.v1-key and ours.orders.v1-value"},
		{"ours", "ours.orders-value", "subjects of products are DOMAIN.PRODUCT.v1-key and -value, a domain's own are DOMAIN._private.NAME and DOMAIN._shared.NAME; any other is written by a mesh admin"},
		{"ours", "orders-value", "subjects of products are DOMAIN.PRODUCT.v1-key"},
		{"ours", "nobody.orders.v1-value", "there is no domain nobody"},
		{"ours", "nobody._private.x", "there is no domain nobody"},
		{"theirs", "ours.orders.v1-value", "team ours owns the domain ours: ask a member of it or a mesh admin"},
		{"theirs", "ours._private.x", "team ours owns the domain ours"},
		{"theirs", "ours._shared.x", "team ours owns the domain ours"},
	} {
		_, err := m.registry.Register(ctx, m.member(c.by), registry.Registration{Subject: c.subject, Text: `"string"`})
		if !weir.Denied.In(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: %v", c.by, c.subject, err)
		}
	}
	same := map[string]bool{}
	for _, name := range []string{"ours.hidden", "ours.absent"} {
		_, err := m.registry.Register(ctx, m.member("theirs"), registry.Registration{Subject: name + ".v1-value", Text: `"string"`})
		same[strings.ReplaceAll(err.Error(), name, "")] = true
	}
	if len(same) != 1 {
		t.Errorf("what is hidden is told from what is absent: %v", same)
	}
	if _, err := m.registry.SetMode(ctx, m.member("theirs"), "ours.orders.v1-value", weir.ModeReadOnly, false); !strings.Contains(err.Error(), "may not configure subject") {
		t.Errorf("%v", err)
	}
}

// TestWhatIsThereNeedsNoRight: a serialiser registers what its schema refers to;
// who may read that gets its id, and nobody gets anything new in.
func TestWhatIsThereNeedsNoRight(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	there := m.register(m.admin, "address.proto", avro("a", "x"))
	hidden := m.register(m.member("ours"), "ours._private.x", avro("a", "x"))
	if v := m.register(m.member("theirs"), "address.proto", " "+avro("a", "x")); v.ID != there.ID || v.Version != 1 {
		t.Errorf("%+v", v)
	}
	head := m.ledger.Head().Offset
	for subject, text := range map[string]string{"address.proto": avro("a", "x", "y?"), "ours._private.x": avro("a", "x")} {
		if v, err := m.registry.Register(ctx, m.member("theirs"), registry.Registration{Subject: subject, Text: text}); !weir.Denied.In(err) {
			t.Errorf("%s: %+v, %v (hidden %d)", subject, v, err, hidden.ID)
		}
	}
	if vs, err := m.registry.Versions(ctx, m.admin.By, "address.proto", registry.Which{}); err != nil || len(vs) != 1 {
		t.Errorf("%v, %v (from %d)", vs, err, head)
	}
}

// TestSharedSubjects: what lies below a domain's _shared is its own to write and
// everybody's to read and refer to, also if it was there before the domain.
func TestSharedSubjects(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "theirs.orders"})
	m.register(m.member("ours"), "ours._shared.address", avro("Address", "street"))
	_, err := m.registry.Register(ctx, m.member("theirs"), registry.Registration{
		Subject: "theirs.orders.v1-value", Text: `{"type":"record","name":"O","fields":[{"name":"to","type":"Address"}]}`,
		References: []weir.SchemaReference{{Name: "Address", Subject: "ours._shared.address", Version: 1}},
	})
	must(t, err)
	m.register(m.admin, "late._shared.x", avro("v", "id"))
	_, err = m.catalog.CreateDomain(ctx, m.admin, catalog.NewDomain{Name: "late", Team: "ours"})
	must(t, err)
	m.shown()
	s := find[*weir.Subject](m, weir.Ref{Noun: weir.NounSubject, Name: "late._shared.x"})
	if late := find[*weir.Domain](m, weir.Ref{Noun: weir.NounDomain, Name: "late"}); s.Domain != late.UID || s.Visibility != weir.VisibleMesh {
		t.Errorf("belongs to %s, visible to %s", s.Domain, s.Visibility)
	}
}

// TestVersionsLeaveRoom: no import takes the numbers that versions need.
func TestVersionsLeaveRoom(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	_, err := m.registry.SetMode(ctx, m.admin, "old", weir.ModeImport, false)
	must(t, err)
	m.shown()
	reg := registry.Registration{Subject: "old", Text: `"string"`, ID: 1, Version: 1_000_000_001}
	if _, err := m.registry.Register(ctx, m.admin, reg); faultOf(err) != registry.InvalidSchema || !strings.Contains(err.Error(), "1000000000") {
		t.Errorf("too great a version: %v", err)
	}
	reg.Version--
	_, err = m.registry.Register(ctx, m.admin, reg)
	must(t, err)
}
