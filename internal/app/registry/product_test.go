package registry_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/registry"
)

// product makes one of ours, in Avro.
func (m *mesh) product(cmd catalog.NewProduct) *weir.Product {
	m.t.Helper()
	if cmd.Encoding == "" {
		cmd.Encoding = weir.EncodingAvro
	}
	_, err := m.catalog.CreateProduct(context.Background(), m.admin, cmd)
	must(m.t, err)
	p := find[*weir.Product](m, weir.Ref{Noun: weir.NounProduct, Name: cmd.Name})
	m.shown()
	return p
}

// shown waits until the index shows all that was written.
func (m *mesh) shown() { must(m.t, m.index.Wait(context.Background(), m.ledger.Head().Offset)) }

// TestProductWithSchemas: key and value schema come in the entry that makes the
// product, with an id each, and are its domain's.
func TestProductWithSchemas(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	before := m.ledger.Head().Offset
	m.product(catalog.NewProduct{Name: "ours.orders", KeyEncoding: weir.KeyAvro, Schema: avro("v", "id", "x"), KeySchema: avro("k", "id"), Visibility: weir.VisibleDomain})
	if n := m.ledger.Head().Offset - before; n != 1 {
		t.Errorf("%d entries", n)
	}
	ids := map[weir.SchemaID]bool{}
	for _, subject := range []string{"ours.orders.v1-key", "ours.orders.v1-value"} {
		v, err := m.registry.Version(ctx, m.member("ours").By, subject, registry.Latest, registry.LivingOnly)
		must(t, err)
		ids[v.ID] = true
		s := find[*weir.Subject](m, weir.Ref{Noun: weir.NounSubject, Name: subject})
		if s.Domain != m.domains["ours"] || s.Visibility != weir.VisibleDomain {
			t.Errorf("%s belongs to %s, visible to %s", subject, s.Domain, s.Visibility)
		}
		if _, err := m.registry.Version(ctx, m.member("theirs").By, subject, 1, registry.LivingOnly); faultOf(err) != registry.NoSubject {
			t.Errorf("the other domain sees %s: %v", subject, err)
		}
	}
	if len(ids) != 2 {
		t.Errorf("ids %v", ids)
	}
}

// TestContractOfAProduct: the subjects of a product take what it promises and
// nothing else, from its domain's team alone, and are always checked.
func TestContractOfAProduct(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.orders", Schema: avro("v", "id"), Key: []string{"id"}})
	const value, key = "ours.orders.v1-value", "ours.orders.v1-key"
	ours, theirs := m.member("ours"), m.member("theirs")
	_, err := m.registry.SetConfig(ctx, m.admin, "", weir.SubjectConfig{Compatibility: weir.CompatNone})
	must(t, err)
	register := func(call weir.Call, reg registry.Registration) error {
		_, err := m.registry.Register(ctx, call, reg)
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		is   registry.Fault
		says string
	}{
		{"level NONE", errOf(m.registry.SetConfig(ctx, ours, value, weir.SubjectConfig{Compatibility: weir.CompatNone})), registry.InvalidLevel, "new major"},
		{"a breaking change though the mesh says NONE", register(ours, registry.Registration{Subject: value, Text: avro("v", "id", "must")}), registry.Incompatible, "new major"},
		{"another language", register(ours, registry.Registration{Subject: value, Format: weir.FormatJSON, Text: `{"type":"object"}`}), registry.InvalidSchema, "avro"},
		{"schemas of string keys", register(ours, registry.Registration{Subject: key, Text: avro("k", "id")}), registry.InvalidSchema, "string"},
		{"without the key's field", register(ours, registry.Registration{Subject: value, Text: avro("v", "other?")}), registry.InvalidSchema, "no field id"},
		{"deleting the last version", errOf(m.registry.DeleteVersion(ctx, ours, value, 1, false)), registry.NotPermitted, "last one"},
		{"deleting all", errOf(m.registry.DeleteSubject(ctx, ours, value, false)), registry.NotPermitted, "last one"},
	} {
		if faultOf(c.err) != c.is || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: fault %d, wanted %d saying %q: %v", c.name, faultOf(c.err), c.is, c.says, c.err)
		}
	}
	if err := register(theirs, registry.Registration{Subject: value, Text: avro("v", "id", "x?")}); !weir.Denied.In(err) {
		t.Errorf("another domain: %v", err)
	}
	must(t, register(ours, registry.Registration{Subject: value, Text: avro("v", "id", "x?")}))
	if _, err := m.registry.DeleteVersion(ctx, ours, value, 1, false); err != nil {
		t.Errorf("a version that is not the last one: %v", err)
	}
}

// TestKeysHoldTheKey: schemas of keys have the fields that --key names; what has
// no fields is a key of one.
func TestKeysHoldTheKey(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.one", KeyEncoding: weir.KeyAvro, Key: []string{"id"}})
	m.product(catalog.NewProduct{Name: "ours.two", KeyEncoding: weir.KeyAvro, Key: []string{"id", "region"}})
	ours := m.member("ours")
	for _, c := range []struct{ subject, text, says string }{
		{"ours.one.v1-key", avro("k", "other"), "no field id"},
		{"ours.two.v1-key", avro("k", "id"), "no field region"},
		{"ours.two.v1-key", `"long"`, "no field id"},
		{"ours.one.v1-key", `"long"`, ""},
		{"ours.two.v1-key", avro("k", "region", "id", "more?"), ""},
	} {
		_, err := m.registry.Register(ctx, ours, registry.Registration{Subject: c.subject, Text: c.text})
		if (err == nil) != (c.says == "") || err != nil && (faultOf(err) != registry.InvalidSchema || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s, %s: %v, want %q", c.subject, c.text, err, c.says)
		}
	}
	m.register(m.admin, "ours.later.v1-key", avro("k", "other"))
	if _, err := m.catalog.CreateProduct(ctx, m.admin, catalog.NewProduct{Name: "ours.later", KeyEncoding: weir.KeyAvro, Key: []string{"id"}}); !weir.Conflict.In(err) {
		t.Errorf("a product over keys without its key: %v", err)
	}
}

// TestFollowAProduct: a product that is made over schemas takes them if they are
// in its language; what it changes its subjects follow; they end with its data
// and not before.
func TestFollowAProduct(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	const value = "ours.orders.v1-value"
	m.register(m.admin, value, avro("v", "id"))
	if _, err := m.catalog.CreateProduct(ctx, m.admin, catalog.NewProduct{Name: "ours.orders", Encoding: weir.EncodingProtobuf}); !weir.Conflict.In(err) {
		t.Fatalf("a product in Protobuf over schemas in Avro: %v", err)
	}
	m.product(catalog.NewProduct{Name: "ours.orders"})
	if s := find[*weir.Subject](m, weir.Ref{Noun: weir.NounSubject, Name: value}); s.Domain != m.domains["ours"] {
		t.Errorf("the subject belongs to %s", s.Domain)
	}
	hidden := weir.VisibleDomain
	_, err := m.catalog.EditProduct(ctx, m.admin, "ours.orders", catalog.ProductEdit{Visibility: &hidden})
	must(t, err)
	m.shown()
	if _, err := m.registry.Versions(ctx, m.member("theirs").By, value, registry.Which{}); faultOf(err) != registry.NoSubject {
		t.Errorf("a hidden product's subject is seen: %v", err)
	}
	_, err = m.catalog.DeleteProduct(ctx, m.admin, "ours.orders", false)
	must(t, err)
	m.shown()
	if _, err := m.registry.Register(ctx, m.member("ours"), registry.Registration{Subject: value, Text: avro("v", "id", "x?")}); err != nil {
		t.Errorf("the domain of a product that ended has lost its subject: %v", err)
	}
	_, err = m.catalog.DeleteProduct(ctx, m.admin, "ours.orders", true)
	must(t, err)
	m.shown()
	if names, err := m.registry.Subjects(ctx, m.admin.By, registry.Which{Deleted: registry.DeletedToo}); err != nil || slices.Contains(names, value) {
		t.Errorf("the subject outlives the data: %v %v", names, err)
	}
}

// TestEndOfWhatIsReferredTo: the data of a product does not go while another
// subject's schema needs its schemas.
func TestEndOfWhatIsReferredTo(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.orders", Schema: avro("v", "id")})
	_, err := m.registry.Register(ctx, m.admin, registry.Registration{
		Subject: "report", Text: `{"type":"array","items":"v"}`,
		References: []weir.SchemaReference{{Name: "v", Subject: "ours.orders.v1-value", Version: 1}},
	})
	must(t, err)
	if _, err := m.catalog.DeleteProduct(ctx, m.admin, "ours.orders", true); faultOf(err) != registry.ReferenceExists {
		t.Fatalf("deleted: %v", err)
	}
	hidden := weir.VisibleDomain
	if _, err := m.catalog.EditProduct(ctx, m.admin, "ours.orders", catalog.ProductEdit{Visibility: &hidden}); !weir.Conflict.In(err) {
		t.Fatalf("hidden from who refers to it: %v", err)
	}
	_, err = m.registry.DeleteSubject(ctx, m.admin, "report", false)
	must(t, err)
	_, err = m.catalog.DeleteProduct(ctx, m.admin, "ours.orders", true)
	must(t, err)
}
