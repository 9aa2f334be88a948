package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirmesh/weir"
	"github.com/weirmesh/weir/client"
	"github.com/weirmesh/weir/internal/app/registry"
)

const (
	users  = `{"type":"record","name":"User","fields":[{"name":"userid","type":"string"}]}`
	userID = `{"type":"record","name":"UserKey","fields":[{"name":"userid","type":"string"}]}`
)

// weirs is Weir itself, to look past what people may see.
var weirs = weir.Call{By: weir.Principal{Ref: weir.System}}

// register puts an Avro schema into a subject, past the API.
func (m *mesh) register(subject, text string, refs ...weir.SchemaReference) registry.Version {
	m.t.Helper()
	v, err := m.registry.Register(m.t.Context(), weirs, registry.Registration{Subject: subject, Text: text, References: refs})
	must(m.t, err)
	return v
}

// subjects lists what the registry has, also what was deleted softly.
func (m *mesh) subjects() []string {
	m.t.Helper()
	names, err := m.registry.Subjects(m.t.Context(), weirs.By, registry.Which{Deleted: registry.DeletedToo})
	must(m.t, err)
	return names
}

// entries calls fn with what the ledger has after an offset.
func (m *mesh) entries(after weir.Offset, fn func(weir.Entry)) {
	m.t.Helper()
	must(m.t, m.ledger.Read(m.t.Context(), after+1, func(r weir.Record) error { fn(r.Entry); return nil }))
}

func TestProductTopicAndSchemasAreOneEntry(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	before := m.ledger.Head().Offset
	p, err := m.admin.CreateProduct(t.Context(), client.NewProduct{
		Name: "dom.users", Kind: "table", Encoding: "avro", KeyEncoding: "avro", Key: []string{"userid"}, Schema: users, KeySchema: userID,
	})
	must(t, err)
	want := []client.ProductSubject{
		{Of: "key", Subject: "dom.users.v1-key", Format: "AVRO", Version: 1, ID: 2},
		{Of: "value", Subject: "dom.users.v1-value", Format: "AVRO", Version: 1, ID: 1},
	}
	if diff := cmp.Diff(want, p.Subjects); diff != "" {
		t.Error(diff)
	}
	made := 0
	m.entries(before, func(e weir.Entry) {
		nouns := map[weir.Noun]int{}
		for _, c := range e.Changes {
			nouns[c.Ref.Noun]++
		}
		if e.Op != "product.create" {
			if nouns[weir.NounSubject]+nouns[weir.NounSchema]+nouns[weir.NounText] > 0 {
				t.Errorf("%s changes %v", e.Op, nouns)
			}
			return
		}
		made++
		want := map[weir.Noun]int{weir.NounProduct: 1, weir.NounTopic: 1, weir.NounText: 2, weir.NounSchema: 2, weir.NounSubject: 2}
		if diff := cmp.Diff(want, nouns); diff != "" {
			t.Error(diff)
		}
	})
	if made != 1 {
		t.Errorf("%d entries made the product", made)
	}
}

// TestSameTextOfKeyAndValue has one schema with one id, though both come at once.
func TestSameTextOfKeyAndValue(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	p, err := m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "dom.same", Encoding: "avro", KeyEncoding: "avro", Schema: users, KeySchema: users})
	must(t, err)
	if len(p.Subjects) != 2 || p.Subjects[0].ID != p.Subjects[1].ID || p.Subjects[0].ID == 0 {
		t.Errorf("%+v", p.Subjects)
	}
}

func TestCreateWithSchemaAgain(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	n := client.NewProduct{Name: "dom.users", Encoding: "avro", Schema: users}
	first, err := m.admin.CreateProduct(t.Context(), n, client.IdempotencyKey("once"))
	must(t, err)
	again, err := m.admin.CreateProduct(t.Context(), n, client.IdempotencyKey("once"))
	must(t, err)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the second time differs:\n%s", diff)
	}
	n.Schema = userID
	_, err = m.admin.CreateProduct(t.Context(), n, client.IdempotencyKey("once"))
	refused(t, err, http.StatusConflict)
}

// TestNothingIsMadeOfARefusedSchema looks for the product, its topic and
// subjects after each refusal.
func TestNothingIsMadeOfARefusedSchema(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	m.register("dom.taken.v1-value", users)
	before := m.ledger.Head().Offset
	for name, c := range map[string]struct {
		n      client.NewProduct
		status int
		says   []string
	}{
		"not Avro":           {client.NewProduct{Encoding: "avro", Schema: `{"type":"recrd"}`}, http.StatusBadRequest, []string{"schema, read as AVRO", "recrd"}},
		"another language":   {client.NewProduct{Encoding: "protobuf", Schema: users}, http.StatusBadRequest, []string{"schema, read as PROTOBUF"}},
		"a bad key":          {client.NewProduct{Encoding: "avro", Schema: users, KeyEncoding: "protobuf", KeySchema: users}, http.StatusBadRequest, []string{"keySchema, read as PROTOBUF"}},
		"bytes":              {client.NewProduct{Encoding: "bytes", Schema: users}, http.StatusBadRequest, []string{"values of encoding bytes have no schema", "protobuf or json-schema"}},
		"string keys":        {client.NewProduct{Encoding: "avro", KeySchema: userID}, http.StatusBadRequest, []string{"keys of encoding string have no schema", "avro or protobuf"}},
		"no such key field":  {client.NewProduct{Encoding: "avro", Schema: users, Key: []string{"userid", "region"}}, http.StatusBadRequest, []string{"no field region"}},
		"too large":          {client.NewProduct{Encoding: "protobuf", Schema: "syntax = \"proto3\";\n" + strings.Repeat("\n", 700<<10)}, http.StatusUnprocessableEntity, []string{"schema", "bytes"}},
		"longer than a text": {client.NewProduct{Encoding: "avro", Schema: strings.Repeat("x", weir.MaxBody+1)}, http.StatusUnprocessableEntity, []string{"schema, read as AVRO", "bytes"}},
		"taken":              {client.NewProduct{Name: "dom.taken", Encoding: "avro", Schema: users}, http.StatusConflict, []string{"dom.taken.v1-value has schemas already"}},
		"taken by others":    {client.NewProduct{Name: "dom.taken", Encoding: "protobuf"}, http.StatusConflict, []string{"dom.taken.v1-value has schemas already", "AVRO"}},
	} {
		if c.n.Name == "" {
			c.n.Name = "dom.bad"
		}
		_, err := m.admin.CreateProduct(t.Context(), c.n)
		t.Logf("%s: %v", name, err)
		refused(t, err, c.status, c.says...)
	}
	m.entries(before, func(e weir.Entry) {
		if len(e.Changes) > 0 {
			t.Errorf("%s changed %v", e.Op, e.Changes[0].Ref)
		}
	})
}

// TestLongSchemaOfAProduct takes texts whose JSON is longer than other requests
// may be.
func TestLongSchemaOfAProduct(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	text := strings.Replace(users, `"fields"`, `"doc":"`+strings.Repeat(`\"`, 250<<10)+`","fields"`, 1)
	p, err := m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "dom.long", Encoding: "avro", Schema: text, KeyEncoding: "avro", KeySchema: text})
	must(t, err)
	v, err := m.registry.Version(t.Context(), weirs.By, p.Subjects[0].Subject, registry.Latest, registry.LivingOnly)
	must(t, err)
	if len(v.Text) < 500<<10 {
		t.Errorf("%d bytes are kept of %d", len(v.Text), len(text))
	}
}

// TestSubjectsFollowTheProduct registers a subject before its product is there,
// and changes who may know of the product.
func TestSubjectsFollowTheProduct(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	stranger := m.person("stranger")
	m.register("dom.users.v1-value", users)
	p, err := m.admin.CreateProduct(t.Context(), client.NewProduct{Name: "dom.users", Encoding: "avro", Visibility: "domain"})
	must(t, err)
	if p.Subjects[0].Version != 1 {
		t.Errorf("it has no schema: %+v", p.Subjects)
	}
	known := func(want bool) {
		t.Helper()
		me, err := stranger.Me(t.Context())
		must(t, err)
		by := weir.Principal{Ref: weir.Ref{Noun: weir.NounPerson, Name: me.Name}}
		_, err = m.registry.Version(t.Context(), by, "dom.users.v1-value", registry.Latest, registry.LivingOnly)
		if (err == nil) != want {
			t.Errorf("a stranger asks for the schema: %v", err)
		}
	}
	known(false)
	open, closed := "mesh", "domain"
	_, err = m.admin.EditProduct(t.Context(), "dom.users", client.ProductEdit{Visibility: &open})
	must(t, err)
	known(true)
	_, err = m.admin.EditProduct(t.Context(), "dom.users", client.ProductEdit{Visibility: &closed})
	must(t, err)
	known(false)
}

// TestSchemasEndWithTheData keeps the schemas of a product that is deleted, as
// long as its data is kept; and those of a private stream the same.
func TestSchemasEndWithTheData(t *testing.T) {
	t.Parallel()
	m := newMesh(t)
	m.domain("dom")
	ctx := t.Context()
	made := func() {
		t.Helper()
		_, err := m.admin.CreateProduct(ctx, client.NewProduct{Name: "dom.users", Encoding: "avro", Schema: users})
		must(t, err)
		_, err = m.admin.CreateStream(ctx, client.NewStream{Name: "dom._private.raw"})
		must(t, err)
		m.register("dom._private.raw-value", users)
		if diff := cmp.Diff([]string{"dom._private.raw-value", "dom.users.v1-value"}, m.subjects()); diff != "" {
			t.Error(diff)
		}
	}
	deleted := func(destroy bool, want ...string) {
		t.Helper()
		want = append([]string{}, want...)
		m.ended(m.admin.DeleteProduct(ctx, "dom.users", destroy))
		m.ended(m.admin.DeleteStream(ctx, "dom._private.raw", destroy))
		if diff := cmp.Diff(want, m.subjects()); diff != "" {
			t.Errorf("destroyed %v:\n%s", destroy, diff)
		}
	}
	made()
	deleted(true)
	made()
	deleted(false, "dom._private.raw-value", "dom.users.v1-value")
	deleted(true)
	made()
	m.register("dom.other", `{"type":"record","name":"Other","fields":[{"name":"user","type":"User"}]}`,
		weir.SchemaReference{Name: "User", Subject: "dom.users.v1-value", Version: 1})
	_, err := m.admin.DeleteProduct(ctx, "dom.users", true)
	refused(t, err, http.StatusConflict, "dom.users.v1-value", "dom.other")
	if p, err := m.admin.Product(ctx, "dom.users"); err != nil || p.Status.Topic != "ready" {
		t.Errorf("the product that stays is %+v: %v", p.Status, err)
	}
	_, err = m.registry.DeleteSubject(context.Background(), weirs, "dom.other", false)
	must(t, err)
}
