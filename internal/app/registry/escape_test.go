package registry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/internal/app/catalog"
	"github.com/weirmesh/weir/internal/app/registry"
)

// TestNothingEscapesTheContract: whoever may register in a product's subject
// finds no setting by which what breaks its contract comes in.
func TestNothingEscapesTheContract(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.orders", Schema: avro("v", "id")})
	ours, subject := m.member("ours"), "ours.orders.v1-value"
	breaking := registry.Registration{Subject: subject, Text: `"string"`}

	if _, err := m.registry.SetMode(ctx, ours, subject, weir.ModeImport, true); !weir.Denied.In(err) {
		t.Errorf("the team imports: %v", err)
	}
	if _, err := m.registry.SetConfig(ctx, ours, subject, weir.SubjectConfig{CompatibilityGroup: "major"}); faultOf(err) != registry.InvalidLevel {
		t.Errorf("the team sets a group: %v", err)
	}
	// What a mesh admin sets for everything does not open it either.
	_, err := m.registry.SetConfig(ctx, m.admin, "", weir.SubjectConfig{Compatibility: weir.CompatNone, CompatibilityGroup: "major"})
	must(t, err)
	m.shown()
	breaking.Metadata = &weir.Metadata{Properties: map[string]string{"major": "2"}}
	if _, err := m.registry.Register(ctx, ours, breaking); faultOf(err) != registry.Incompatible {
		t.Errorf("another group's schema: %v", err)
	}
	// Nor does an import that an admin does there.
	_, err = m.registry.SetMode(ctx, m.admin, subject, weir.ModeImport, true)
	must(t, err)
	m.shown()
	imported := breaking
	imported.ID, imported.Version = 777, 9
	if _, err := m.registry.Register(ctx, ours, imported); !weir.Denied.In(err) {
		t.Errorf("the team registers with an id: %v", err)
	}
	if _, err := m.registry.DeleteSubject(ctx, ours, subject, false); faultOf(err) != registry.NotPermitted {
		t.Errorf("the team deletes the last version: %v", err)
	}
	if _, err := m.registry.Register(ctx, m.admin, imported); err != nil {
		t.Errorf("a mesh admin imports: %v", err)
	}
}

// TestImportLeavesIDs: no import takes the ids away that registration needs.
func TestImportLeavesIDs(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	_, err := m.registry.SetMode(ctx, m.admin, "old", weir.ModeImport, false)
	must(t, err)
	m.shown()
	reg := registry.Registration{Subject: "old", Text: `"string"`, ID: weir.MaxImportedID + 1}
	if _, err := m.registry.Register(ctx, m.admin, reg); faultOf(err) != registry.InvalidSchema || !strings.Contains(err.Error(), "499999999") {
		t.Errorf("too great an id: %v", err)
	}
	reg.ID--
	_, err = m.registry.Register(ctx, m.admin, reg)
	must(t, err)
	if v := m.register(m.admin, "new", `"long"`); v.ID != weir.MaxImportedID+1 {
		t.Errorf("the next id is %d", v.ID)
	}
}

// TestHiddenProductDoesNotShowInConfig: the configuration that holds for a name
// says nothing about a product that one may not know of.
func TestHiddenProductDoesNotShowInConfig(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	_, err := m.registry.SetConfig(ctx, m.admin, "", weir.SubjectConfig{Compatibility: weir.CompatNone})
	must(t, err)
	m.product(catalog.NewProduct{Name: "ours.hidden", Visibility: weir.VisibleDomain})
	for by, want := range map[string]weir.Compatibility{"ours": weir.CompatBackward, "theirs": weir.CompatNone} {
		c, err := m.registry.Config(ctx, m.member(by).By, "ours.hidden.v1-value", true)
		if err != nil || c.Compatibility != want {
			t.Errorf("%s: %s, want %s (%v)", by, c.Compatibility, want, err)
		}
	}
}

// TestHiddenReferrerHasNoName: what may not be hidden or ended because of a
// subject that its own domain keeps to itself is told so without the name.
func TestHiddenReferrerHasNoName(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.orders", Schema: avro("Order", "id")})
	_, err := m.registry.Register(ctx, m.member("theirs"), registry.Registration{
		Subject: "theirs._private.merger", Text: `{"type":"record","name":"M","fields":[{"name":"o","type":"Order"}]}`,
		References: []weir.SchemaReference{{Name: "Order", Subject: "ours.orders.v1-value", Version: 1}},
	})
	must(t, err)
	hidden := weir.VisibleDomain
	_, hide := m.catalog.EditProduct(ctx, m.admin, "ours.orders", catalog.ProductEdit{Visibility: &hidden})
	_, end := m.catalog.DeleteProduct(ctx, m.admin, "ours.orders", true)
	for _, err := range []error{hide, end} {
		if !weir.Conflict.In(err) || strings.Contains(err.Error(), "merger") || !strings.Contains(err.Error(), "keeps to itself") {
			t.Errorf("%v", err)
		}
	}
}

// TestProductOverSchemasWithoutItsKey: a product takes over a subject only if
// the values have the fields of its key.
func TestProductOverSchemasWithoutItsKey(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.register(m.admin, "ours.users.v1-value", avro("v", "id"))
	cmd := catalog.NewProduct{Name: "ours.users", Kind: weir.KindTable, Encoding: weir.EncodingAvro, Key: []string{"nosuch"}}
	if _, err := m.catalog.CreateProduct(ctx, m.admin, cmd); !weir.Conflict.In(err) || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("%v", err)
	}
	cmd.Key = []string{"id"}
	_, err := m.catalog.CreateProduct(ctx, m.admin, cmd)
	must(t, err)
}

// TestPrivateSubjectsBeforeTheirDomain: they are the mesh's, and a domain that is
// made later gets its own, and keeps them to itself.
func TestPrivateSubjectsBeforeTheirDomain(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	for _, name := range []string{"late._private.a-value", "late._private.b-value", "later._private.x-value", "lat._private.y-value"} {
		m.register(m.admin, name, avro("v", "id"))
	}
	_, err := m.catalog.CreateDomain(ctx, m.admin, catalog.NewDomain{Name: "late", Team: "ours"})
	must(t, err)
	m.shown()
	late := find[*weir.Domain](m, weir.Ref{Noun: weir.NounDomain, Name: "late"}).UID
	names, err := m.registry.Subjects(ctx, m.member("theirs").By, registry.Which{})
	if got := strings.Join(names, " "); err != nil || got != "lat._private.y-value later._private.x-value" {
		t.Errorf("others see %q (%v)", got, err)
	}
	own := weir.Call{By: weir.Principal{Ref: weir.Ref{Noun: weir.NounApplication, UID: weir.UID{7}, Name: "a"}, Domains: []weir.UID{late}}}
	m.register(own, "late._private.a-value", avro("v", "id", "more?"))
}

// TestRecordsKeepTheirSchemas: as long as there may be records of a product, a
// version that was deleted counts, and none can be made unreadable.
func TestRecordsKeepTheirSchemas(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.orders", Schema: avro("v", "id")})
	ours, subject := m.member("ours"), "ours.orders.v1-value"
	second := m.register(ours, subject, `{"type":"record","name":"v","fields":[{"name":"id","type":"string"},{"name":"a","type":"int","default":0}]}`)
	_, err := m.registry.DeleteVersion(ctx, ours, subject, second.Version, false)
	must(t, err)
	if _, err := m.registry.Register(ctx, ours, registry.Registration{Subject: subject, Text: avro("v", "id", "a?")}); faultOf(err) != registry.Incompatible {
		t.Errorf("what cannot read the deleted version: %v", err)
	}
	readable := func(when string) {
		t.Helper()
		if _, err := m.registry.ByID(ctx, ours.By, second.ID, ""); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused := func(when string, err error) {
		t.Helper()
		if faultOf(err) != registry.NotPermitted || !strings.Contains(err.Error(), "--destroy-data") {
			t.Errorf("%s: %v", when, err)
		}
		readable(when)
	}
	_, err = m.registry.DeleteVersion(ctx, ours, subject, second.Version, true)
	refused("a version of a living product for ever", err)
	_, err = m.catalog.DeleteProduct(ctx, m.admin, "ours.orders", false)
	must(t, err)
	m.shown()
	_, err = m.registry.DeleteSubject(ctx, ours, subject, false)
	must(t, err)
	_, err = m.registry.DeleteSubject(ctx, ours, subject, true)
	refused("the subject while the data is kept", err)
	_, err = m.registry.DeleteVersion(ctx, ours, subject, second.Version, true)
	refused("a version while the data is kept", err)
	_, err = m.catalog.DeleteProduct(ctx, m.admin, "ours.orders", true)
	must(t, err)
	m.shown()
	if _, err := m.registry.ByID(ctx, ours.By, second.ID, ""); faultOf(err) != registry.NoSchema {
		t.Errorf("after the end of the data: %v", err)
	}
}

// TestAdminTakesOutWhatWasImported: in mode IMPORT a mesh admin may delete for
// ever what records could need.
func TestAdminTakesOutWhatWasImported(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.orders", Schema: avro("v", "id")})
	subject := "ours.orders.v1-value"
	m.register(m.admin, subject, avro("v", "id", "a?"))
	_, err := m.registry.SetMode(ctx, m.admin, subject, weir.ModeImport, true)
	must(t, err)
	for _, permanent := range []bool{false, true} {
		_, err = m.registry.DeleteVersion(ctx, m.admin, subject, 1, permanent)
		must(t, err)
	}
}

// TestKeyBehindALargeField: a key is found at the top of a schema, also behind a
// field that has more below it than a walk goes into.
func TestKeyBehindALargeField(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	deep := avro("r0", "x")
	for i := 1; i < 40; i++ {
		deep = fmt.Sprintf(`{"type":"record","name":"r%d","fields":[{"name":"a","type":%s},{"name":"b","type":"r%d"}]}`, i, deep, i-1)
	}
	cmd := catalog.NewProduct{
		Name: "ours.users", Kind: weir.KindTable, Encoding: weir.EncodingAvro, Key: []string{"zkey"},
		Schema: `{"type":"record","name":"v","fields":[{"name":"deep","type":` + deep + `},{"name":"zkey","type":"string"}]}`,
	}
	if _, err := m.catalog.CreateProduct(ctx, m.admin, cmd); err != nil {
		t.Error(err)
	}
	cmd.Name, cmd.Key = "ours.people", []string{"x"} // it is there, but deep inside
	if _, err := m.catalog.CreateProduct(ctx, m.admin, cmd); faultOf(err) != registry.InvalidSchema {
		t.Errorf("a key that is not at the top: %v", err)
	}
}

// TestCheckSaysWhatRegisterWould: what a product's subject would refuse for
// another reason than its versions is no schema that may follow.
func TestCheckSaysWhatRegisterWould(t *testing.T) {
	t.Parallel()
	m, ctx := newMesh(t), context.Background()
	m.product(catalog.NewProduct{Name: "ours.users", Kind: weir.KindTable, Key: []string{"id"}, Schema: avro("v", "id?", "name?")})
	reg := registry.Registration{Subject: "ours.users.v1-value", Text: avro("v", "name?")}
	v, err := m.registry.Check(ctx, m.member("ours").By, reg, 0)
	must(t, err)
	if v.Compatible() || !strings.Contains(v.Findings[0].Msg, "no field id") {
		t.Errorf("%+v", v)
	}
	if _, err := m.registry.Register(ctx, m.member("ours"), reg); faultOf(err) != registry.InvalidSchema {
		t.Errorf("%v", err)
	}
	reg.Text = avro("v", "id?")
	if v, err := m.registry.Check(ctx, m.member("ours").By, reg, 0); err != nil || !v.Compatible() {
		t.Errorf("%+v (%v)", v, err)
	}
}
